"""The last task: everything once more, and the button that sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.i18n import _
from senfcall_avv.organizations import applications, contract_data
from senfcall_avv.organizations.applications import ApplicationRefused
from senfcall_avv.organizations.lifecycle import NotPossible, State
from senfcall_avv.organizations.resources import CheckTaskResource
from senfcall_avv.organizations.tasks import overview
from senfcall_avv.organizations.views.listing import answer_groups
from senfcall_avv.organizations.views.shared import applicant_of, facts_of, settings_of, texts_of
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from senfcall_avv.typing import Request

HASH = "text"
_REFUSED = {
    "address": _("Bestätige zuerst deine E-Mail-Adresse. Dann kannst du den Antrag absenden."),
    "text": _(
        "Der Vertrag ist nicht mehr der, den diese Seite gezeigt hat: Text oder Angaben haben sich inzwischen "
        "geändert. Lies ihn noch einmal; abgeschickt ist nichts."
    ),
}


def check(context: CheckTaskResource, request: Request, problem: str = "") -> dict[str, Any] | Response:
    """Show all answers with a way to change each, and the contract as it will be fixed."""
    above = context.application_resource
    if context.application.state is not State.DRAFT:
        return HTTPSeeOther(request.resource_path(above, "status"))
    facts = facts_of(request, context.application, above.files)
    if not overview(facts).ready:
        request.messages.add("info", _("Ein paar Angaben fehlen noch."))
        return HTTPSeeOther(request.resource_path(above))
    filled = texts_of(request).filled(contract_data.variables(facts), contract_data.modules(facts))
    return {
        "title": context.task.title,
        "problem": problem,
        "groups": answer_groups(above, request, editing=True),
        "contract": filled,
        "hash_field": HASH,
        "back_url": request.resource_path(above),
    }


def submit(context: CheckTaskResource, request: Request) -> dict[str, Any] | Response:
    """Send the application, with the contract that stood on the page."""
    above = context.application_resource
    try:
        applications.submit(
            request.db,
            settings_of(request),
            texts_of(request),
            context.application,
            applicant_of(context, request),
            shown_hash=str(request.POST.get(HASH, "")),
            now=request.now,
        )
    except NotPossible:
        return HTTPSeeOther(request.resource_path(above, "status"))
    except ApplicationRefused as refused:
        if refused.reason == "incomplete":
            request.messages.add("info", _("Ein paar Angaben fehlen noch."))
            return HTTPSeeOther(request.resource_path(above))
        request.response.status_int = 409
        return check(context, request, _REFUSED[refused.reason])
    return HTTPSeeOther(request.resource_path(above, "submitted"))


def includeme(config: Any) -> None:
    for view, method in ((check, ("GET", "HEAD")), (submit, "POST")):
        config.add_view(
            view,
            context=CheckTaskResource,
            permission=Permission.SUBMIT,
            request_method=method,
            renderer="senfcall_avv.organizations:templates/check.pt",
        )
