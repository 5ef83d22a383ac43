"""``/account``: how somebody is called and written to, and how safe the account is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther

from senfcall_avv.accounts import schemas, two_factor
from senfcall_avv.accounts.errors import AccountRefused
from senfcall_avv.accounts.resources import AccountResource
from senfcall_avv.accounts.services import account_of, change_profile
from senfcall_avv.accounts.views.common import Ground
from senfcall_avv.i18n import Language, _
from senfcall_avv.layout.form_page import FieldProblem, FormPage
from senfcall_avv.layout.forms import Button
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    import colander
    from pyramid.response import Response

    from senfcall_avv.i18n import Language
    from senfcall_avv.typing import Request


class AccountPage(Ground, FormPage):
    """Name and language."""

    title = _("Konto")
    buttons = (Button("save", _("Speichern"), "go"),)

    def schema(self) -> colander.SchemaNode:
        return schemas.schema(schemas.display_name(), schemas.language())

    def values(self) -> dict[str, Any]:
        account = account_of(self.request)
        return {"name": account.name, "language": account.language}

    def more(self) -> dict[str, Any]:
        account, db = account_of(self.request), self.request.db
        return {
            "account": account,
            "authenticator": two_factor.has_authenticator(db, account.id),
            "passkeys": len(two_factor.passkeys_of(db, account.id)),
            "codes_left": two_factor.recovery_codes_left(db, account.id),
        }

    def save(self, appstruct: dict[str, Any]) -> Response:
        account = account_of(self.request)
        try:
            change_profile(self.request.db, account, appstruct["name"], appstruct["language"], self.request.now)
        except AccountRefused as error:
            raise FieldProblem(error.reason, _("Das geht so nicht.")) from None
        self.request.visitor.set("language", account.language)
        self.request.messages.add("ok", _("Gespeichert."))
        return HTTPSeeOther("/account")


def keep_language(request: Request, language: Language) -> None:
    """Write to somebody in the language that she has chosen for the pages."""
    if request.identity is not None:
        account = account_of(request)
        change_profile(request.db, account, account.name, language, request.now)


def includeme(config: Any) -> None:
    config.add_language_listener(keep_language)
    config.add_form_page(
        AccountPage,
        context=AccountResource,
        permission=Permission.OWN_ACCOUNT,
        renderer="senfcall_avv.accounts:templates/account.pt",
    )
