"""Documents: files that people upload, judged before they are kept, sealed while they are kept.

A page that takes files does this for each of them, in its own form and transaction::

    for part in request.POST.getall("files"):             # a cgi-like field storage, or b"" where nothing was chosen
        try:
            document = services.accept(
                request.db, ring, organization_id=…, application_id=…, account_id=request.identity.account_id,
                kind=DocumentKind.PROOF, name=part.filename, stream=part.file, declared_size=None,
                settings=settings.documents, now=request.now,
            )
        except services.UploadRefused as error:           # nothing was chosen, or too many within the hour
            reasons.refusal(error, local_time)            # the sentence; reasons.seconds_until for Retry-After

What comes back is a row of the list in either case. ``document.accepted`` says whether the file was taken;
``reasons.sentence(document, settings.documents)`` is the text beside it (None: nothing to say) and
``reasons.level(document)`` how to show it: error, warning (taken, yet look at it) or info (it was there already). A
refused file never raises, so the others of the same form stay. Then answer with a redirect. On SQLite nobody else can
write while a transaction of a POST lasts; ``reception.receive`` before it and ``services.keep`` in it shorten that.

- ``services.list_for(session, application_id=…, kind=…)``: what the page lists, rejected ones until they are dismissed.
- ``services.find(session, application_id=…, number=…)``: the row behind ``documents/<n>``; raises DocumentNotFound.
- ``services.remove(session, document)``: "Entfernen", or a rejected one dismissed; ``dismiss_rejected`` for all.
- ``delivery.download(document, services.open_document(session, ring, document))``: the answer that saves the file.
- ``preview.thumbnail`` and ``preview.page`` with ``delivery.inline_image``: pictures, for images alone.
- ``services.forget_for``, ``remove_for``, ``remove_organization``: the ends that retention and deletion need.

Whether somebody may upload, see or remove in this state of the application is for the caller to ask.

The parts: ``reception`` the way of a file · ``child`` and ``inspection`` the process apart · ``pdfs images`` what is
asked of each kind · ``findings`` what crosses the pipe · ``scanner`` viruses · ``names`` names · ``shelf`` counting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Say what is kept of the people who upload."""
    from senfcall_avv.documents import personal_data

    config.add_personal_data(
        "documents", export=personal_data.export, erase=personal_data.erase, files=personal_data.files
    )
