"""``/login/second-factor``: a code, a recovery code or a passkey; staff without any sets up an authenticator first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response

from senfcall_avv.accounts import schemas, services_factors, services_login, two_factor
from senfcall_avv.accounts.errors import CodeRefused, TooMany
from senfcall_avv.accounts.identity import pending_of, remember
from senfcall_avv.accounts.keeping import KEPT
from senfcall_avv.accounts.models import Account, Stage
from senfcall_avv.accounts.resources import LoginResource
from senfcall_avv.accounts.views.codes import WRONG_CODE, codes_page, setup_values
from senfcall_avv.accounts.views.common import Ground, arrive, kept_entries, later, next_path, with_next
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FieldProblem, FormPage
from senfcall_avv.layout.forms import Button, Form, make_form
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    import colander
    from pyramid.response import Response

    from senfcall_avv.accounts.services_login import Entered
    from senfcall_avv.typing import Request

_TEMPLATE = "senfcall_avv.accounts:templates/second_step.pt"


class SecondStepPage(Ground, FormPage):
    """Prove the second factor."""

    title = _("Zweiter Schritt")
    buttons = (Button("check", _("Weiter"), "go"),)
    action = ""

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        self.pending = pending_of(request)
        self.stage = self.pending.row.stage if self.pending is not None else Stage.FACTOR
        self.account: Account | None = self.pending.account if self.pending is not None else None

    def __call__(self) -> Any:
        if self.account is None:
            target = "/login" if self.request.identity is None else next_path(self.request)
            return HTTPSeeOther(with_next(self.request, target) if target == "/login" else target)
        return super().__call__()

    def schema(self) -> colander.SchemaNode:
        if self.stage is Stage.ENROLMENT:
            return schemas.schema(
                schemas.hidden("key"),
                schemas.code(_("Code aus der App"), _("Sechs Ziffern, die gerade angezeigt werden.")),
            )
        hint = _("Sechs Ziffern aus deiner App. Ohne Gerät geht auch ein Wiederherstellungscode.")
        return schemas.schema(schemas.code(_("Code"), hint))

    def values(self) -> dict[str, Any] | None:
        if self.stage is not Stage.ENROLMENT or self.account is None:
            return None
        key = two_factor.new_key()
        return {"key": two_factor.seal_pending(self.means.ring, self.account.id, key, self.request.now)}

    def form(self) -> Form:
        return make_form(self.request, self.schema(), self.buttons, action=self.action, values=self.values())

    def show(self, form: Form | None = None) -> Any:
        shown = form or self.form()
        values = {
            **super().show(shown),
            "enrolment": self.stage is Stage.ENROLMENT,
            "kept_name": KEPT,
            "kept": kept_entries(self.request),
            "next_query": with_next(self.request, ""),
        }
        if self.stage is Stage.ENROLMENT and self.account is not None:
            values |= setup_values(self.means, self.account, shown, self.request)
        return values

    def save(self, appstruct: dict[str, Any]) -> Response:
        if self.pending is None or self.account is None:
            return HTTPSeeOther("/login")
        return self._enrol(appstruct) if self.stage is Stage.ENROLMENT else self._check(appstruct["code"])

    def _check(self, code: str) -> Response:
        account_id, client, now = self.pending.account.id, self.client, self.request.now  # type: ignore[union-attr]  # asked in save
        try:
            attempt = services_login.begin_factor(self.factory, self.means, account_id, client, now)
            db = self.request.db
            account = db.get_one(Account, account_id)
            how = services_login.check_factor(db, self.means, account, code, now)
        except TooMany as error:
            raise later(error) from None
        except CodeRefused:
            raise FieldProblem("code", WRONG_CODE) from None
        row = self.pending.row  # type: ignore[union-attr]  # asked in save
        entered = services_login.pass_factor(db, self.means, row, account, attempt, client, how, now)
        return arrive(self.request, entered)

    def _enrol(self, appstruct: dict[str, Any]) -> Response:
        pending, now = self.pending, self.request.now
        account = self.request.db.get_one(Account, pending.account.id)  # type: ignore[union-attr]  # asked in save
        key = two_factor.open_pending(self.means.ring, account.id, appstruct["key"], now)
        row, db = pending.row, self.request.db  # type: ignore[union-attr]  # asked in save
        if key is None:
            raise FieldProblem("code", WRONG_CODE)
        try:
            codes = services_factors.add_authenticator(db, self.means, account, key, appstruct["code"], row.id, now)
        except CodeRefused:
            raise FieldProblem("code", WRONG_CODE) from None
        entered = services_login.pass_factor(db, self.means, row, account, None, self.client, "code", now)
        response = codes_page(self.request, codes, next_path(self.request))
        return remember(self.request, response, entered.cookie)


def page_after_password(request: Request, entered: Entered, kept: str) -> Response:
    """Show the second step as the answer to the password, so that kept entries go along in its form."""
    page = SecondStepPage(LoginResource(request, "login", request.root), request)
    page.stage, page.account, page.action = entered.stage, entered.account, with_next(request, "/login/second-factor")
    values = {**page.show(), "kept": kept, "title": page.title}
    return render_to_response(_TEMPLATE, values, request=request)


def includeme(config: Any) -> None:
    config.add_form_page(
        SecondStepPage,
        context=LoginResource,
        name="second-factor",
        permission=Permission.PUBLIC,
        renderer=_TEMPLATE,
    )
