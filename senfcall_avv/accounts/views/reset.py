"""``/reset``: ask for a link, and set a new password with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther

from senfcall_avv.accounts import schemas, services_password, throttle
from senfcall_avv.accounts.addresses import normalise
from senfcall_avv.accounts.errors import TokenRefused, TooMany
from senfcall_avv.accounts.identity import forget
from senfcall_avv.accounts.models import Attempted
from senfcall_avv.accounts.views.common import Ground, later, new_hash
from senfcall_avv.db import session_scope
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FormPage
from senfcall_avv.layout.forms import Button
from senfcall_avv.root import Root
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    import colander
    from pyramid.response import Response

    from senfcall_avv.typing import Request


class ResetPage(Ground, FormPage):
    """Without a token: ask for a link. With one: set a new password."""

    title = _("Neues Passwort")

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        self.token = request.GET.get("token")
        self.state, self.about = "ask", ("", "")
        if self.token is not None:
            self._look(self.token)
        elif "sent" in request.GET and request.method != "POST":
            self.state = "sent"
        self.buttons = {
            "ask": (Button("ask", _("Link schicken"), "go"),),
            "open": (Button("reset", _("Passwort ändern"), "go"),),
        }.get(self.state, ())

    def _look(self, token: str) -> None:
        with session_scope(self.factory, write=False) as session:
            try:
                account = services_password.reset_for(session, token, self.request.now)
                self.state, self.about = "open", (account.email, account.name)
            except TokenRefused:
                self.state = "over"

    def schema(self) -> colander.SchemaNode:
        if self.state == "open":
            hint = schemas.NEW_PASSWORD_HINT
            return schemas.schema(schemas.password("password", _("Neues Passwort"), hint, new=True))
        if self.state == "ask":
            return schemas.schema(schemas.email(_("E-Mail-Adresse"), autocomplete="username"))
        return schemas.schema()

    def more(self) -> dict[str, Any]:
        return {"state": self.state, "minutes": services_password.RESET_MINUTES, "username": self.about[0]}

    def save(self, appstruct: dict[str, Any]) -> Response:
        if self.state == "open":
            return self._reset(str(self.token), appstruct["password"])
        if self.state != "ask":
            return HTTPSeeOther("/reset")
        email, now = normalise(appstruct["email"]), self.request.now
        try:
            with session_scope(self.factory) as session:
                subject = throttle.subject_of(self.means.ring, email)
                throttle.count(session, Attempted.RESET, subject, self.client, now)
        except TooMany as error:
            raise later(error) from None
        services_password.ask_for_reset(self.request.db, self.means.links, email, now)
        return HTTPSeeOther("/reset?sent=1")

    def _reset(self, token: str, password: str) -> Response:
        hashed = new_hash(self.means, "password", password, *self.about)
        try:
            services_password.reset(self.request.db, self.means.links, token, hashed, self.request.now)
        except TokenRefused:
            return HTTPSeeOther(self.request.path_qs)
        self.request.messages.add("ok", _("Das neue Passwort gilt. Melde dich damit an."))
        return forget(self.request, HTTPSeeOther("/login"))


def includeme(config: Any) -> None:
    config.add_form_page(
        ResetPage,
        context=Root,
        name="reset",
        permission=Permission.PUBLIC,
        renderer="senfcall_avv.accounts:templates/reset.pt",
    )
