"""One uploaded file: looking at it, and taking it away again."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.audit import services as audit
from senfcall_avv.documents import delivery
from senfcall_avv.documents import services as documents
from senfcall_avv.i18n import _
from senfcall_avv.organizations import applications
from senfcall_avv.organizations.lifecycle import State
from senfcall_avv.organizations.resources import DocumentResource
from senfcall_avv.organizations.tasks import TASKS
from senfcall_avv.security import Permission
from senfcall_avv.typing import Request


def view(context: DocumentResource, request: Request) -> Response:
    """Deliver a file, and note who looked at it."""
    document = context.document
    try:
        body = documents.open_document(request.db, request.registry["avv.key_ring"], document)
    except documents.DocumentGone:
        raise HTTPNotFound from None
    audit.record_apart(
        request.registry["avv.session_factory"],
        context.acting.actor,
        "document.viewed",
        thing=f"document:{document.id}",
        now=request.now,
        organization_id=context.organization.id,
        details={"kind": document.kind.value},
    )
    return delivery.download(document, body)


def remove(context: DocumentResource, request: Request) -> Response:
    """Take a file away, or a rejected one off the list."""
    above, document = context.application_resource, context.document
    if above.application.state is not State.DRAFT:
        request.messages.add("info", _("Der Antrag ist schon abgeschickt und lässt sich nicht mehr ändern."))
        return HTTPSeeOther(request.resource_path(above, "status"))
    applications.touch(request.db, above.application, request.now)
    task = next((task.name for task in TASKS if task.uploads == document.kind.value), "")
    if document.accepted:
        audit.record(
            request.db,
            context.acting.actor,
            "document.removed",
            organization_id=context.organization.id,
            thing=f"document:{document.id}",
            details={"kind": document.kind.value},
            now=request.now,
        )
    documents.remove(request.db, document)
    request.messages.add("ok", _("Die Datei ist entfernt."))
    return HTTPSeeOther(request.resource_path(above, task, anchor="files"))


def includeme(config: Any) -> None:
    config.add_view(view, context=DocumentResource, permission=Permission.VIEW_DOCUMENTS)
    config.add_view(remove, context=DocumentResource, name="remove", permission=Permission.EDIT, request_method="POST")
