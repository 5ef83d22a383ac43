"""``/login``, ``/login/confirm`` and ``/logout``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response

from senfcall_avv.accounts import freshness, schemas, services_login, sessions
from senfcall_avv.accounts.addresses import AddressRefused, normalise
from senfcall_avv.accounts.errors import LoginRefused, TooMany
from senfcall_avv.accounts.identity import forget, pending_of, remember, session_of
from senfcall_avv.accounts.keeping import KEPT, keep
from senfcall_avv.accounts.means import means_of
from senfcall_avv.accounts.resources import LoginResource
from senfcall_avv.accounts.services import account_of
from senfcall_avv.accounts.views.common import Ground, arrive, kept_entries, later, next_path, with_next
from senfcall_avv.errors import to_login
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FieldProblem, FormPage
from senfcall_avv.layout.forms import Button, Form, make_form
from senfcall_avv.layout.paths import own_path
from senfcall_avv.root import Root
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    import colander
    from pyramid.response import Response

    from senfcall_avv.typing import Request

_TEMPLATE = "senfcall_avv.accounts:templates/login.pt"
WRONG = _("E-Mail-Adresse oder Passwort stimmt nicht.")


class LoginPage(Ground, FormPage):
    """Log in with address and password."""

    title = _("Anmelden")
    buttons = (Button("login", _("Anmelden"), "go"),)
    action = ""

    def __call__(self) -> Any:
        if self.request.method != "POST":
            if self.request.identity is not None:
                return HTTPSeeOther(next_path(self.request))
            if pending_of(self.request) is not None:
                return HTTPSeeOther(with_next(self.request, "/login/second-factor"))
        return super().__call__()

    def schema(self) -> colander.SchemaNode:
        return schemas.schema(
            schemas.email(_("E-Mail-Adresse"), autocomplete="username", checked=False),
            schemas.password("password", _("Passwort")),
        )

    def form(self) -> Form:
        return make_form(self.request, self.schema(), self.buttons, action=self.action)

    def more(self) -> dict[str, Any]:
        return {"kept_name": KEPT, "kept": kept_entries(self.request), "next_query": with_next(self.request, "")}

    def save(self, appstruct: dict[str, Any]) -> Response:
        client, now = self.client, self.request.now
        try:
            try:
                email = normalise(appstruct["email"])
            except AddressRefused:
                email = ""
            proven = services_login.check_password(self.factory, self.means, email, appstruct["password"], client, now)
        except TooMany as error:
            raise later(error) from None
        except LoginRefused:
            raise FieldProblem("", WRONG) from None
        former = session_of(self.request)
        if former is not None:
            # Whoever logs in anew leaves the older log-in of this browser behind.
            sessions.end(self.request.db, former.account.id, former.row.id)
        return arrive(self.request, services_login.enter(self.request.db, self.means, proven, client, now))


class ConfirmAgainPage(Ground, FormPage):
    """Show the password again before a sensitive act."""

    title = _("Noch einmal das Passwort")
    buttons = (Button("confirm", _("Weiter"), "go"),)

    def schema(self) -> colander.SchemaNode:
        return schemas.schema(schemas.password("password", _("Passwort")))

    def more(self) -> dict[str, Any]:
        registry = self.request.registry
        minutes = int(self.means.lifetimes.fresh.total_seconds()) // 60
        return {
            "act": freshness.words_for(registry, self.request.GET.get("why", "")),
            "minutes": minutes,
            "address": session_of(self.request).account.email,  # type: ignore[union-attr]  # the permission says so
            "back": own_path(self.request, self.request.GET.get("next")),
        }

    def save(self, appstruct: dict[str, Any]) -> Response:
        found = session_of(self.request)
        if found is None:
            return to_login(self.request)
        now = self.request.now
        try:
            proven = services_login.check_password(
                self.factory, self.means, found.account.email, appstruct["password"], self.client, now
            )
        except TooMany as error:
            raise later(error) from None
        except LoginRefused:
            raise FieldProblem("password", _("Das Passwort stimmt nicht.")) from None
        cookie = services_login.refresh(self.request.db, found.row, proven, now)
        return remember(self.request, HTTPSeeOther(own_path(self.request, self.request.GET.get("next"))), cookie)


def log_out(_context: Root, request: Request) -> Response:
    """End this log-in, however far it has come."""
    found = session_of(request)
    if found is not None and request.identity is not None:
        services_login.log_out(request.db, account_of(request), found.row.id, request.now)
    elif found is not None:
        sessions.end(request.db, found.account.id, found.row.id)
    request.messages.add("ok", _("Du bist abgemeldet."))
    return forget(request, HTTPSeeOther("/"))


def answer_stranger(request: Request) -> Response:
    """Answer somebody without a log-in at a closed page; a form that came too late is kept."""
    kept = keep(request, means_of(request.registry).ring)
    if kept is None:
        if pending_of(request) is not None and request.method in {"GET", "HEAD"}:
            return HTTPSeeOther(f"/login/second-factor?{to_login(request).location.partition('?')[2]}".rstrip("?"))
        return to_login(request)
    page = LoginPage(LoginResource(request, "login", Root(request)), request)
    page.action = "/login"
    request.context, request.view_name = page.context, ""
    values = {**page.show(), "kept": kept, "next_query": "", "title": _("Melde dich noch einmal an"), "expired": True}
    return render_to_response(_TEMPLATE, values, request=request)


def includeme(config: Any) -> None:
    config.set_login(answer_stranger)
    config.add_form_page(LoginPage, context=LoginResource, permission=Permission.PUBLIC, renderer=_TEMPLATE)
    config.add_form_page(
        ConfirmAgainPage,
        context=LoginResource,
        name="confirm",
        permission=Permission.OWN_ACCOUNT,
        renderer="senfcall_avv.accounts:templates/confirm_again.pt",
    )
    config.add_view(log_out, context=Root, name="logout", request_method="POST", permission=Permission.PUBLIC)
