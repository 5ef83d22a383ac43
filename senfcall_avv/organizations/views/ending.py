"""Taking an application back, and throwing a draft away: a page that says what happens, and a button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.i18n import _
from senfcall_avv.organizations import applications, retention
from senfcall_avv.organizations.lifecycle import Event, NotPossible, Who, may
from senfcall_avv.organizations.resources import ApplicationResource
from senfcall_avv.organizations.views.shared import applicant_of, settings_of
from senfcall_avv.security import Permission

if TYPE_CHECKING:
    from senfcall_avv.typing import Request


def ask_withdraw(context: ApplicationResource, request: Request) -> dict[str, Any] | Response:
    """Say what becomes of an application that is taken back."""
    if not may(context.application.state, Event.WITHDRAW, Who.OWNER):
        return HTTPSeeOther(request.resource_path(context))
    own = settings_of(request).application
    return {
        "title": _("Antrag zurückziehen"),
        "files_until": retention.forgotten_at(request.now, own.keep_uploads_days),
        "data_until": retention.forgotten_at(request.now, own.keep_closed_days),
        "back_url": request.resource_path(context, "status"),
    }


def withdraw(context: ApplicationResource, request: Request) -> Response:
    """Take an application back."""
    applicant = applicant_of(context, request)
    try:
        applications.withdraw(request.db, settings_of(request), context.application, applicant, request.now)
    except NotPossible:
        request.messages.add("info", _("Das geht bei diesem Stand nicht mehr."))
    else:
        request.messages.add("ok", _("Der Antrag ist zurückgezogen."))
    return HTTPSeeOther(request.resource_path(context, "status"))


def ask_discard(context: ApplicationResource, request: Request) -> dict[str, Any] | Response:
    """Say what goes with a draft."""
    if not may(context.application.state, Event.DISCARD, Who.OWNER):
        return HTTPSeeOther(request.resource_path(context))
    return {"title": _("Entwurf verwerfen"), "back_url": request.resource_path(context)}


def discard(context: ApplicationResource, request: Request) -> Response:
    """Throw a draft away."""
    try:
        applications.discard(request.db, context.application, applicant_of(context, request), request.now)
    except NotPossible:
        request.messages.add("info", _("Das geht bei diesem Stand nicht mehr."))
        return HTTPSeeOther(request.resource_path(context))
    request.messages.add("ok", _("Der Entwurf ist verworfen."))
    return HTTPSeeOther(request.resource_path(context.home))


def includeme(config: Any) -> None:
    for name, ask, act in (("withdraw", ask_withdraw, withdraw), ("discard", ask_discard, discard)):
        config.add_view(
            ask,
            context=ApplicationResource,
            name=name,
            permission=Permission.EDIT,
            renderer=f"senfcall_avv.organizations:templates/{name}.pt",
        )
        config.add_view(act, context=ApplicationResource, name=name, permission=Permission.EDIT, request_method="POST")
