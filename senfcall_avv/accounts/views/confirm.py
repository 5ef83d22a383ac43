"""``/confirm``: the page with the button behind the links of mails, for a new account or an account's new address.

Looking at the page changes nothing: programs that scan mails open links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import colander
from pyramid.httpexceptions import HTTPSeeOther

from senfcall_avv.accounts import schemas, services_email, services_login, services_signup
from senfcall_avv.accounts.addresses import mask
from senfcall_avv.accounts.errors import LoginRefused, TokenRefused, TooMany
from senfcall_avv.accounts.identity import forget, remember
from senfcall_avv.accounts.views.common import START, Ground, later
from senfcall_avv.accounts.views.signup import to_sent
from senfcall_avv.db import session_scope
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FieldProblem, FormPage
from senfcall_avv.layout.forms import Button
from senfcall_avv.root import Root
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from pyramid.response import Response


class ConfirmPage(Ground, FormPage):
    """Confirm an address."""

    title = _("E-Mail-Adresse bestätigen")

    def __init__(self, context: Any, request: Any) -> None:
        super().__init__(context, request)
        self.token = str(request.GET.get("token", ""))
        self.new_address = request.GET.get("address")
        self.state, self.name, self.address, self.needs_password = "open", "", "", False
        with session_scope(self.factory, write=False) as session:
            try:
                if self.new_address is not None:
                    self.address = services_email.waiting(session, self.new_address, request.now)
                else:
                    found = services_signup.waiting(session, self.token, self.client, request.now)
                    self.name, self.address = found.account.name, found.account.email
                    self.needs_password = found.needs_password
            except TokenRefused as error:
                self.state = error.reason
        self.buttons = self._buttons()

    def _buttons(self) -> tuple[Button, ...]:
        if self.state == "open":
            return (Button("confirm", _("E-Mail-Adresse bestätigen"), "go"),)
        if self.state == "expired" and self.new_address is None:
            return (Button("again", _("Neuen Link schicken"), "go"),)
        return ()

    def schema(self) -> colander.SchemaNode:
        if not self.needs_password or self.state != "open":
            return schemas.schema()
        hint = _("Du bist gerade in einem anderen Browser als beim Anlegen. Das Passwort zeigt, dass du es warst.")
        return schemas.schema(schemas.password("password", _("Passwort"), hint))

    def more(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "name": self.name,
            "address": mask(self.address) if self.address else "",
            # Who asks for a password tells password managers whose it is.
            "username": self.address if self.needs_password else "",
        }

    def save(self, appstruct: dict[str, Any]) -> Response:
        if self.state == "expired" and self.new_address is None:
            return self._again()
        if self.state != "open":
            return HTTPSeeOther("/login")
        if self.new_address is not None:
            return self._change_address(self.new_address)
        if self.needs_password:
            self._check(appstruct["password"])
        return self._confirm()

    def _confirm(self) -> Response:
        try:
            account = services_signup.confirm(self.request.db, self.token, self.request.now)
        except TokenRefused:
            return HTTPSeeOther(self.request.path_qs)
        db, means = self.request.db, self.means
        entered = services_login.enter_confirmed(db, means, account, self.client, self.request.now)
        welcome = _("Willkommen, ${name}. Deine Adresse ist bestätigt.", mapping={"name": account.name})
        self.request.messages.add("ok", welcome)
        return remember(self.request, HTTPSeeOther(START), entered.cookie)

    def _check(self, password: str) -> None:
        try:
            services_signup.check_password(
                self.factory, self.means, self.address, password, self.client, self.request.now
            )
        except TooMany as error:
            raise later(error) from None
        except LoginRefused:
            message = _("Das Passwort stimmt nicht. Weißt du es nicht mehr, leg das Konto einfach noch einmal an.")
            raise FieldProblem("password", message) from None

    def _again(self) -> Response:
        email = services_signup.send_new_link(self.request.db, self.means.links, self.token, self.request.now)
        if email is None:
            return HTTPSeeOther("/login")
        self.request.messages.add("info", _("Der Link galt 24 Stunden. Wir haben einen neuen geschickt."))
        return to_sent(self.request, email)

    def _change_address(self, token: str) -> Response:
        try:
            services_email.change(self.request.db, self.means.links, token, self.request.now)
        except TokenRefused:
            self.request.tm.doom()
            return HTTPSeeOther(self.request.path_qs)
        self.request.messages.add("ok", _("Die neue Adresse gilt. Melde dich damit an."))
        return forget(self.request, HTTPSeeOther("/login"))


def includeme(config: Any) -> None:
    config.add_form_page(
        ConfirmPage,
        context=Root,
        name="confirm",
        permission=Permission.PUBLIC,
        renderer="senfcall_avv.accounts:templates/confirm.pt",
    )
