"""``/account/email``: a new address is proven by a link before it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther

from senfcall_avv.accounts import schemas, services_email
from senfcall_avv.accounts.addresses import mask, normalise
from senfcall_avv.accounts.errors import AccountRefused
from senfcall_avv.accounts.resources import AccountResource
from senfcall_avv.accounts.services import account_of
from senfcall_avv.accounts.views.common import Ground
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FieldProblem, FormPage
from senfcall_avv.layout.forms import Button
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    import colander
    from pyramid.response import Response

_REFUSALS = {
    "same": _("Das ist schon deine Adresse."),
    "too_often": _("Das waren viele neue Adressen in kurzer Zeit. In einer Stunde geht es weiter."),
}


class EmailPage(Ground, FormPage):
    """Ask for another address."""

    title = _("E-Mail-Adresse ändern")
    buttons = (Button("save", _("Link an die neue Adresse schicken"), "go"),)

    def schema(self) -> colander.SchemaNode:
        return schemas.schema(schemas.email(_("Neue E-Mail-Adresse")))

    def more(self) -> dict[str, Any]:
        return {"address": account_of(self.request).email}

    def save(self, appstruct: dict[str, Any]) -> Response:
        email = normalise(appstruct["email"])
        try:
            services_email.ask(self.request.db, self.means.links, account_of(self.request), email, self.request.now)
        except AccountRefused as error:
            raise FieldProblem("email", _REFUSALS[error.reason]) from None
        said = _(
            "Wir haben eine E-Mail an ${address} geschickt. Erst der Link darin ändert etwas.",
            mapping={"address": mask(email)},
        )
        self.request.messages.add("info", said)
        return HTTPSeeOther("/account/email")


def includeme(config: Any) -> None:
    config.add_form_page(
        EmailPage,
        context=AccountResource,
        name="email",
        permission=Permission.OWN_ACCOUNT,
        fresh=_("die E-Mail-Adresse ändern"),
        renderer="senfcall_avv.accounts:templates/email.pt",
    )
