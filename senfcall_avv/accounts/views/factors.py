"""``/account/second-factor``: set up an authenticator app, take it away, renew the recovery codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther

from senfcall_avv.accounts import schemas, services_factors, services_login, two_factor
from senfcall_avv.accounts.errors import AccountRefused, CodeRefused
from senfcall_avv.accounts.identity import remember, session_of
from senfcall_avv.accounts.resources import AccountResource
from senfcall_avv.accounts.services import account_of
from senfcall_avv.accounts.views.codes import WRONG_CODE, codes_page, setup_values
from senfcall_avv.accounts.views.common import Ground
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FieldProblem, FormPage
from senfcall_avv.layout.forms import Button, Form
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    import colander
    from pyramid.response import Response

LAST_FACTOR = _("Das ist dein letzter zweiter Faktor. Im Team braucht es einen; richte zuerst einen anderen ein.")
_HERE = "/account/second-factor"


class SecondFactorPage(Ground, FormPage):
    """The authenticator app of an account."""

    title = _("Zweiter Faktor")

    def __init__(self, context: Any, request: Any) -> None:
        super().__init__(context, request)
        self.account = account_of(request)
        self.there = two_factor.has_authenticator(request.db, self.account.id)
        if self.there:
            self.buttons = (
                Button("renew", _("Neue Wiederherstellungscodes")),
                Button("remove", _("App entfernen"), "danger"),
            )
        else:
            self.buttons = (Button("add", _("App einrichten"), "go"),)

    def schema(self) -> colander.SchemaNode:
        if self.there:
            return schemas.schema()
        hint = _("Sechs Ziffern, die gerade angezeigt werden.")
        return schemas.schema(schemas.hidden("key"), schemas.code(_("Code aus der App"), hint))

    def values(self) -> dict[str, Any] | None:
        if self.there:
            return None
        key = two_factor.new_key()
        return {"key": two_factor.seal_pending(self.means.ring, self.account.id, key, self.request.now)}

    def show(self, form: Form | None = None) -> Any:
        shown = form or self.form()
        identity = self.request.identity
        values = {
            **super().show(shown),
            "there": self.there,
            "codes_left": two_factor.recovery_codes_left(self.request.db, self.account.id),
            "staff": bool(identity and identity.staff),
        }
        return values if self.there else {**values, **setup_values(self.means, self.account, shown, self.request)}

    def save(self, appstruct: dict[str, Any]) -> Response:
        this = self.request.identity.session_id
        if not self.there:
            return self._add(appstruct, this)
        return self._remove(this) if self.pressed == "remove" else self._renew(this)

    def _add(self, appstruct: dict[str, Any], this: str) -> Response:
        db, now = self.request.db, self.request.now
        key = two_factor.open_pending(self.means.ring, self.account.id, appstruct["key"], now)
        if key is None:
            raise FieldProblem("code", WRONG_CODE)
        try:
            codes = services_factors.add_authenticator(db, self.means, self.account, key, appstruct["code"], this, now)
        except CodeRefused:
            raise FieldProblem("code", WRONG_CODE) from None
        found = session_of(self.request)
        self.request.messages.add("ok", _("Die App ist eingerichtet. Beim Anmelden fragen wir jetzt nach einem Code."))
        response = codes_page(self.request, codes, _HERE) if codes else HTTPSeeOther(_HERE)
        # Whoever shows the first code has shown the second factor: the session gets it under a new id.
        cookie = services_login.raise_session(db, found.row, now) if found is not None else ""
        return remember(self.request, response, cookie)

    def _renew(self, this: str) -> Response:
        codes = services_factors.renew_recovery_codes(self.request.db, self.means, self.account, this, self.request.now)
        return codes_page(self.request, codes, _HERE)

    def _remove(self, this: str) -> Response:
        db, now = self.request.db, self.request.now
        try:
            services_factors.remove_authenticator(db, self.means, self.account, this, now)
        except AccountRefused:
            raise FieldProblem("", LAST_FACTOR) from None
        self.request.messages.add("ok", _("Die App ist entfernt."))
        return HTTPSeeOther(_HERE)


def includeme(config: Any) -> None:
    config.add_form_page(
        SecondFactorPage,
        context=AccountResource,
        name="second-factor",
        permission=Permission.OWN_ACCOUNT,
        fresh=_("den zweiten Faktor ändern"),
        renderer="senfcall_avv.accounts:templates/second_factor.pt",
    )
