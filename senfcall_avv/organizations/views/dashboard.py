"""The organisation's front page: what to do now, what happened last, who belongs to it."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.i18n import _
from senfcall_avv.organizations import applications, members
from senfcall_avv.organizations.applications import ApplicationRefused
from senfcall_avv.organizations.chips import application_chip
from senfcall_avv.organizations.history import trail_of
from senfcall_avv.organizations.lifecycle import NotPossible, State
from senfcall_avv.organizations.next_steps import Situation, next_step
from senfcall_avv.organizations.resources import OrganizationResource
from senfcall_avv.organizations.roles import NAMES
from senfcall_avv.organizations.tasks import overview
from senfcall_avv.organizations.views.shared import applicant_of, facts_of, told
from senfcall_avv.security import Permission
from senfcall_avv.typing import Request

RECENT = 5
_REFUSED = {
    "address": _("Bestätige zuerst deine E-Mail-Adresse."),
    "open": _("Es gibt schon einen Antrag."),
    "misuse": _("Einen neuen Antrag nehmen wir hier nicht an. Schreib uns."),
}


def dashboard(context: OrganizationResource, request: Request) -> dict[str, Any]:
    """Say in one panel what to do now."""
    application = context.application
    people = members.members_of(request.db, context.organization.id)
    files = applications.files_of(request.db, application) if application else []
    draft = application is not None and application.state is State.DRAFT
    situation = Situation(
        context.organization.id,
        application,
        overview(facts_of(request, application, files)) if application and draft else None,
        len(people),
    )
    step = next_step(request.registry, situation)
    sees_history = request.has_permission(Permission.VIEW_HISTORY, context)
    rows = trail_of(request.db, context.organization.id, limit=RECENT) if sees_history else ()
    return {
        "title": context.organization.name,
        "chip": application_chip(application),
        "step": step,
        "buttons": [
            {"title": button.title, "url": request.resource_path(context, *button.path), "post": button.post}
            for button in step.buttons
            if request.has_permission(button.permission, context)
        ],
        "people": [(row.account.name, NAMES[row.role]) for row in people],
        "events": told(request, rows),
        "history_url": request.resource_path(context, "history") if sees_history else None,
        "members_url": request.resource_path(context, "members"),
        "all_url": request.resource_path(context.__parent__, query={"all": "1"}),
    }


def apply(context: OrganizationResource, request: Request) -> Response:
    """Begin an application, prefilled with what is known."""
    try:
        applications.start(request.db, context.organization, applicant_of(context, request), request.now)
    except ApplicationRefused as refused:
        request.messages.add("bad", _REFUSED[refused.reason])
        return HTTPSeeOther(request.resource_path(context))
    except NotPossible:
        return HTTPSeeOther(request.resource_path(context))
    return HTTPSeeOther(request.resource_path(context, "application"))


def includeme(config: Any) -> None:
    config.add_view(
        dashboard,
        context=OrganizationResource,
        permission=Permission.VIEW,
        renderer="senfcall_avv.organizations:templates/dashboard.pt",
    )
    config.add_view(
        apply, context=OrganizationResource, name="apply", permission=Permission.EDIT, request_method="POST"
    )
