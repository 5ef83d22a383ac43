"""``/account/password``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther

from senfcall_avv.accounts import schemas, services_login, services_password
from senfcall_avv.accounts.errors import LoginRefused, TooMany
from senfcall_avv.accounts.identity import remember, session_of
from senfcall_avv.accounts.resources import AccountResource
from senfcall_avv.accounts.services import account_of
from senfcall_avv.accounts.views.common import Ground, later, new_hash
from senfcall_avv.errors import to_login
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FieldProblem, FormPage
from senfcall_avv.layout.forms import Button
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    import colander
    from pyramid.response import Response


class PasswordPage(Ground, FormPage):
    """Change the password. The old one is asked for here, so the page needs no fresh log-in."""

    title = _("Passwort ändern")
    buttons = (Button("save", _("Passwort ändern"), "go"),)

    def schema(self) -> colander.SchemaNode:
        return schemas.schema(
            schemas.password("old", _("Bisheriges Passwort")),
            schemas.password("new", _("Neues Passwort"), schemas.NEW_PASSWORD_HINT, new=True),
        )

    def more(self) -> dict[str, Any]:
        return {"username": account_of(self.request).email}

    def save(self, appstruct: dict[str, Any]) -> Response:
        found = session_of(self.request)
        if found is None:
            return to_login(self.request)
        now, email = self.request.now, found.account.email
        try:
            proven = services_login.check_password(self.factory, self.means, email, appstruct["old"], self.client, now)
        except TooMany as error:
            raise later(error) from None
        except LoginRefused:
            raise FieldProblem("old", _("Das bisherige Passwort stimmt nicht.")) from None
        hashed = new_hash(self.means, "new", appstruct["new"], email, found.account.name)
        account, db = account_of(self.request), self.request.db
        services_password.change(db, self.means.links, account, hashed, found.row.id, now)
        services_login.remember_device(db, account, self.client, now)
        cookie = services_login.refresh(db, found.row, proven, now)
        self.request.messages.add("ok", _("Das neue Passwort gilt. Alle anderen Anmeldungen sind beendet."))
        return remember(self.request, HTTPSeeOther("/account"), cookie)


def includeme(config: Any) -> None:
    config.add_form_page(
        PasswordPage,
        context=AccountResource,
        name="password",
        permission=Permission.OWN_ACCOUNT,
        renderer="senfcall_avv.accounts:templates/password.pt",
    )
