"""Taking files in, and the box that lists them: a form of its own, so that no other mistake can lose a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from senfcall_avv.audit import services as audit
from senfcall_avv.documents import reasons
from senfcall_avv.documents import services as documents
from senfcall_avv.documents.findings import Reason
from senfcall_avv.documents.models import Document, DocumentKind
from senfcall_avv.documents.reception import Received, receive
from senfcall_avv.layout.formats import Formats
from senfcall_avv.organizations import applications
from senfcall_avv.organizations.lifecycle import NotPossible, State
from senfcall_avv.organizations.resources import UploadTaskResource
from senfcall_avv.organizations.views.shared import settings_of
from senfcall_avv.security import MIB, Permission

if TYPE_CHECKING:
    from senfcall_avv.typing import Request

FIELD = "files"
FRAGMENT = "files"


def file_row(request: Request, file: Document, *, removable: bool, base: str) -> Mapping[str, Any]:
    """Give a file as the list of uploads shows it."""
    formats = Formats(request.language)
    details = [formats.size(file.size)]
    if file.pages:
        details.append(formats.plural("1 Seite", "${n} Seiten", file.pages))
    said = reasons.sentence(file, settings_of(request).documents)
    wrong = reasons.level(file) is reasons.Level.ERROR
    return {
        "id": f"file-{file.number}",
        "name": file.original_name,
        "url": f"{base}{file.number}" if file.kept else None,
        "detail": ", ".join(details),
        "problem": said if wrong else None,
        "note": None if wrong else said,
        "remove_url": f"{base}{file.number}/remove" if removable else None,
    }


def upload_box(context: UploadTaskResource, request: Request) -> Mapping[str, Any]:
    """Give the box of a task's page: its files, rejected ones with their reason, and the form for more."""
    own = settings_of(request).documents
    above = context.application_resource
    base = request.resource_path(above, "documents", "")
    files = [file for file in above.files if file.kind.value == context.task.uploads]
    return {
        "url": request.resource_path(context, "upload"),
        "field": FIELD,
        "files": [file_row(request, file, removable=True, base=base) for file in files],
        "megabytes": own.max_file_bytes // (1024 * 1024),
        "most": own.max_files,
    }


def upload(context: UploadTaskResource, request: Request) -> Response:
    """Take files in, each by itself: what is accepted stays, whatever becomes of the others."""
    back = HTTPSeeOther(request.resource_path(context, anchor=FRAGMENT))
    if context.application.state is not State.DRAFT:
        return HTTPSeeOther(request.resource_path(context.application_resource, "status"))
    chosen = [part for part in request.POST.getall(FIELD) if getattr(part, "filename", None)]
    if not chosen:
        request.messages.add("bad", reasons.SENTENCES[Reason.NONE])
        return back
    received = _received(request, chosen)
    try:
        applications.touch(request.db, context.application, request.now)
    except NotPossible:
        return HTTPSeeOther(request.resource_path(context.application_resource, "status"))
    taken = []
    for file in received:
        try:
            taken.append(_keep(context, request, file))
        except documents.UploadRefused as refused:
            request.messages.add("bad", _refusal(request, refused))
            break
    _say(request, taken)
    return back


def _received(request: Request, parts: list[Any]) -> list[Received]:
    """Look into the files, outside of any transaction: that takes long, and SQLite lets nobody else write meanwhile."""
    request.tm.abort()
    try:
        own = settings_of(request).documents
        return [receive(part.filename, part.file, None, own) for part in parts]
    finally:
        request.tm.begin()


def _refusal(request: Request, refused: documents.UploadRefused) -> str:
    formats = Formats(request.language)
    return reasons.refusal(refused, formats.time_of_day(refused.free_at) if refused.free_at else "")


def _keep(context: UploadTaskResource, request: Request, received: Received) -> Document:
    document = documents.keep(
        request.db,
        request.registry["avv.key_ring"],
        received,
        organization_id=context.organization.id,
        application_id=context.application.id,
        account_id=context.acting.account_id,
        settings=settings_of(request).documents,
        now=request.now,
        kind=DocumentKind(context.task.uploads or DocumentKind.PROOF),
    )
    if document.accepted:
        audit.record(
            request.db,
            context.acting.actor,
            "document.uploaded",
            organization_id=context.organization.id,
            thing=f"document:{document.id}",
            details={"kind": document.kind.value},
            now=request.now,
        )
    return document


def _say(request: Request, taken: list[Document]) -> None:
    accepted = sum(document.accepted for document in taken)
    rejected = len(taken) - accepted
    formats = Formats(request.language)
    if accepted:
        request.messages.add("ok", formats.plural("1 Datei ist da.", "${n} Dateien sind da.", accepted))
    if rejected:
        said = formats.plural(
            "1 Datei konnten wir nicht annehmen. Der Grund steht bei der Datei.",
            "${n} Dateien konnten wir nicht annehmen. Die Gründe stehen bei den Dateien.",
            rejected,
        )
        request.messages.add("bad", said)


def includeme(config: Any) -> None:
    config.add_view(
        upload,
        context=UploadTaskResource,
        name="upload",
        permission=Permission.EDIT,
        request_method="POST",
        max_body=60 * MIB,
    )
