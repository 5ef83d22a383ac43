"""``/account/export`` and ``/account/delete``: somebody's own data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.accounts import personal_data, schemas, services_deletion, services_export
from senfcall_avv.accounts.errors import AccountRefused, TooMany
from senfcall_avv.accounts.identity import forget
from senfcall_avv.accounts.resources import AccountResource
from senfcall_avv.accounts.services import account_of
from senfcall_avv.accounts.views.common import Ground
from senfcall_avv.i18n import _
from senfcall_avv.layout.form_page import FieldProblem, FormPage
from senfcall_avv.layout.formats import Formats
from senfcall_avv.layout.forms import Button
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    import colander

    from senfcall_avv.typing import Request

_HINDERED = _("Das Konto kann noch nicht gelöscht werden.")


def show_export(_context: AccountResource, request: Request) -> dict[str, Any]:
    """Say what is in the archive."""
    return {"title": _("Meine Daten"), "exported_at": account_of(request).exported_at}


def export(_context: AccountResource, request: Request) -> Response:
    """Give the archive."""
    every = personal_data.every(request.registry)
    ring = request.registry["avv.key_ring"]
    try:
        content = services_export.export(request.db, ring, account_of(request), every, request.now)
    except TooMany as error:
        time = Formats(request.language).time_of_day(error.until)
        said = _("Das geht einmal in der Stunde. Ab ${time} wieder.", mapping={"time": time})
        request.messages.add("warn", said)
        return HTTPSeeOther("/account/export")
    name = f"senfcall-av-{request.now:%Y-%m-%d}.zip"
    disposition = f'attachment; filename="{name}"'
    return Response(content, content_type="application/zip", content_disposition=disposition)


class DeletePage(Ground, FormPage):
    """Delete the account."""

    title = _("Konto löschen")

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        every = personal_data.every(request.registry)
        self.hindrances = services_deletion.hindrances(request.db, account_of(request).id, every)
        self.buttons = () if self.hindrances else (Button("delete", _("Konto endgültig löschen"), "danger filled"),)

    def schema(self) -> colander.SchemaNode:
        return schemas.schema()

    def more(self) -> dict[str, Any]:
        return {"hindrances": self.hindrances}

    def save(self, appstruct: dict[str, Any]) -> Response:  # noqa: ARG002  # the form has no field
        every = personal_data.every(self.request.registry)
        try:
            services_deletion.delete_account(self.request.db, account_of(self.request), every, self.request.now)
        except AccountRefused:
            raise FieldProblem("", _HINDERED) from None
        self.request.messages.add("ok", _("Dein Konto ist gelöscht."))
        return forget(self.request, HTTPSeeOther("/"))


def includeme(config: Any) -> None:
    own = {"context": AccountResource, "permission": Permission.OWN_ACCOUNT}
    templates = "senfcall_avv.accounts:templates"
    config.add_view(
        show_export, name="export", renderer=f"{templates}/export.pt", request_method=("GET", "HEAD"), **own
    )
    config.add_view(export, name="export", request_method="POST", **own)
    config.add_form_page(
        DeletePage, name="delete", fresh=_("das Konto löschen"), renderer=f"{templates}/delete.pt", **own
    )
