"""Documents in the database: taken, counted, opened, and gone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pyramid.config import Configurator
from sqlalchemy import Engine, func, inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from senfcall_avv.accounts.personal_data import add_personal_data, every
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.documents import preview
from senfcall_avv.documents.findings import MediaType, Reason
from senfcall_avv.documents.models import Document, DocumentKind, DocumentShelf, DocumentState
from senfcall_avv.documents.personal_data import erase, export, files
from senfcall_avv.documents.scanner import Scan
from senfcall_avv.documents.services import (
    MOST_REJECTED,
    DocumentGone,
    DocumentNotFound,
    UploadRefused,
    dismiss_rejected,
    find,
    forget,
    forget_for,
    list_for,
    open_document,
    open_preview,
    remove,
    remove_for,
    remove_organization,
)
from senfcall_avv.sealing import KeyRing, SealBroken
from senfcall_avv.settings import DocumentsSettings
from tests.factories.documents import (
    ACCOUNT,
    APPLICATION,
    HTML,
    NOW,
    ORGANIZATION,
    flat_png,
    make_image,
    make_pdf,
    marked_pdf,
    store,
)

MARKER = "planted-words-4711"
HOUR = timedelta(hours=1)


def rejected_page(session: Session, ring: KeyRing, name: str = "seite.pdf", **more: Any) -> Document:
    return store(session, ring, HTML, name, **more)


def test_a_good_file_is_kept_with_what_is_known_of_it(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    data = make_pdf(pages=3)
    with session_scope(session_factory) as session:
        made = store(session, key_ring, data, "../Bescheid 2026.pdf", kind=DocumentKind.AUTHORITY)
    with session_scope(session_factory, write=False) as session:
        document = find(session, application_id=APPLICATION, number=1)
        assert document.id == made.id
        assert len(document.id) == 22
        assert (document.state, document.reason, document.note) == (DocumentState.ACCEPTED, None, None)
        assert (document.original_name, document.media_type) == ("Bescheid 2026.pdf", MediaType.PDF)
        assert (document.size, document.pages, document.scan) == (len(data), 3, Scan.NOT_AVAILABLE)
        assert (document.kind, document.uploaded_by, document.created_at) == (DocumentKind.AUTHORITY, ACCOUNT, NOW)
        assert open_document(session, key_ring, document) == data
        assert preview.page(session, key_ring, document) is None
        assert preview.thumbnail(session, key_ring, document) is None


def test_listing_does_not_load_the_bytes(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        store(session, key_ring)
    with session_scope(session_factory, write=False) as session:
        [document] = list_for(session, application_id=APPLICATION)
        assert {"sealed", "sealed_preview"} <= inspect(document).unloaded


def test_an_image_is_kept_as_it_was_made_anew_and_has_pictures(
    session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    photo = make_image("JPEG", (1500, 1300), comment=MARKER.encode())
    with session_scope(session_factory) as session:
        document = store(session, key_ring, photo, "bild.jpg")
        kept = open_document(session, key_ring, document)
        assert document.size == len(kept)
        assert MARKER.encode() in photo
        assert MARKER.encode() not in kept
        page, small = preview.page(session, key_ring, document), preview.thumbnail(session, key_ring, document)
        assert page == preview.Picture(kept, MediaType.JPEG)
        assert small is not None
        assert len(small.body) < len(kept)
        assert small.media_type is MediaType.JPEG


def test_a_refused_file_is_listed_without_bytes_until_it_is_dismissed(
    session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    with session_scope(session_factory) as session:
        good, bad = store(session, key_ring), rejected_page(session, key_ring)
        assert (bad.state, bad.reason, bad.sha256) == (DocumentState.REJECTED, Reason.MISMATCH, None)
    with session_scope(session_factory) as session:
        assert [each.id for each in list_for(session, application_id=APPLICATION)] == [good.id, bad.id]
        assert [each.id for each in list_for(session, application_id=APPLICATION, rejected=False)] == [good.id]
        with pytest.raises(DocumentGone) as caught:
            open_document(session, key_ring, bad)
        assert caught.value.reason == "rejected"
        assert dismiss_rejected(session, application_id=APPLICATION) == 1
    with session_scope(session_factory) as session:
        assert [each.id for each in list_for(session, application_id=APPLICATION)] == [good.id]
        assert dismiss_rejected(session, application_id=APPLICATION) == 0


def test_lists_are_by_application_and_kind(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    other = "another-application-xx"
    with session_scope(session_factory) as session:
        proof = store(session, key_ring, name="a.pdf")
        answer = store(session, key_ring, name="b.pdf", kind=DocumentKind.ANSWER)
        foreign = store(session, key_ring, name="c.pdf", application_id=other)
        assert [each.id for each in list_for(session, application_id=APPLICATION)] == [proof.id, answer.id]
        assert [d.id for d in list_for(session, application_id=APPLICATION, kind=DocumentKind.ANSWER)] == [answer.id]
        assert [each.id for each in list_for(session, application_id=other)] == [foreign.id]
        for number in (foreign.number, 0, -1, 99, 2**31, 10**30):
            with pytest.raises(DocumentNotFound):
                find(session, application_id=APPLICATION, number=number)


def test_numbers_are_never_given_again(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        first, second = store(session, key_ring, name="a.pdf"), store(session, key_ring, name="b.pdf")
        remove(session, second)
        third = store(session, key_ring, name="c.pdf")
        assert [first.number, third.number] == [1, 3]
        elsewhere = store(session, key_ring, name="a.pdf", organization_id="other", application_id="other")
        assert elsewhere.number == 1


def test_old_refusals_make_room_for_new_ones(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    settings = DocumentsSettings(max_uploads_per_hour=100)
    with session_scope(session_factory) as session:
        good = store(session, key_ring, settings=settings)
        for number in range(MOST_REJECTED + 3):
            rejected_page(session, key_ring, f"{number}.pdf", settings=settings)
        names = [each.original_name for each in list_for(session, application_id=APPLICATION)]
        assert names == [good.original_name, *(f"{number}.pdf" for number in range(3, MOST_REJECTED + 3))]


def test_the_same_bytes_are_taken_once_in_an_application(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    data = make_pdf()
    with session_scope(session_factory) as session:
        first = store(session, key_ring, data, "a.pdf")
        again = store(session, key_ring, data, "b.pdf")
        assert (again.state, again.reason, again.sha256) == (DocumentState.REJECTED, Reason.DUPLICATE, None)
        elsewhere = store(session, key_ring, data, "a.pdf", application_id="other")
        assert elsewhere.accepted
        remove(session, first)
        assert store(session, key_ring, data, "b.pdf").accepted


def test_a_photo_is_the_same_whatever_hangs_on_it(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        assert store(session, key_ring, make_image("JPEG"), "a.jpg").accepted
        assert store(session, key_ring, make_image("JPEG", comment=b"x") + b"tail", "b.jpg").reason is Reason.DUPLICATE


def test_a_sixth_file_finds_no_place_until_one_goes(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        rejected_page(session, key_ring)
        kept = [store(session, key_ring, name=f"{number}.pdf") for number in range(5)]
        assert all(each.accepted for each in kept)
        assert store(session, key_ring, name="sechs.pdf").reason is Reason.COUNT
        assert store(session, key_ring, name="sechs.pdf", application_id="other").accepted
        remove(session, kept[0])
        assert store(session, key_ring, name="sechs.pdf").accepted


def test_bytes_are_counted_for_the_whole_organisation(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    files_ = [marked_pdf(f"file number {number}") for number in range(3)]
    exactly = DocumentsSettings(max_stored_bytes=len(files_[0]) + len(files_[1]))
    with session_scope(session_factory) as session:
        first = store(session, key_ring, files_[0], settings=exactly)
        assert store(session, key_ring, files_[1], settings=exactly, application_id="other").accepted
        assert store(session, key_ring, files_[2], settings=exactly).reason is Reason.QUOTA
        assert store(session, key_ring, files_[2], settings=exactly, organization_id="b", application_id="b").accepted
        forget(session, first, NOW)
        assert store(session, key_ring, files_[2], settings=exactly).accepted


def test_the_twenty_first_upload_within_an_hour_waits(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        for number in range(20):
            document = rejected_page(session, key_ring, now=NOW + timedelta(minutes=number))
            remove(session, document)
        with pytest.raises(UploadRefused) as caught:
            store(session, key_ring, now=NOW + timedelta(minutes=30))
        assert caught.value.reason is Reason.RATE
        assert caught.value.free_at == NOW + HOUR
        assert store(session, key_ring, name="b.pdf", organization_id="other", application_id="other").accepted
        assert store(session, key_ring, name="c.pdf", now=NOW + HOUR).accepted
        with pytest.raises(UploadRefused) as caught:
            store(session, key_ring, name="d.pdf", now=NOW + HOUR)
        assert caught.value.free_at == NOW + HOUR + timedelta(minutes=1)


def test_choosing_no_file_is_told_and_costs_nothing(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        with pytest.raises(UploadRefused) as caught:
            store(session, key_ring, b"", "")
        assert caught.value.reason is Reason.NONE
        assert session.scalar(select(func.count()).select_from(DocumentShelf)) == 0


Outcome = list[object]


def at_once(factory: SessionFactory, *uploads: Callable[[Session], Document]) -> Outcome:
    """Let uploads meet at the counter: each in a thread and transaction of its own."""
    gate = threading.Barrier(len(uploads))
    outcome: Outcome = []

    def run(upload: Callable[[Session], Document]) -> None:
        try:
            with session_scope(factory) as session:
                gate.wait(30)
                outcome.append(upload(session).reason)
        except UploadRefused as refused:
            outcome.append(refused.reason)

    threads = [threading.Thread(target=run, args=(upload,)) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcome


def test_two_at_once_cannot_both_take_the_last_place(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    settings = DocumentsSettings(max_files=1)
    outcome = at_once(
        session_factory,
        *(
            lambda s, n=n: store(s, key_ring, marked_pdf(f"at once {n}"), f"{n}.pdf", settings=settings)
            for n in range(4)
        ),
    )
    assert sorted(map(str, outcome)) == ["None", "count", "count", "count"]
    with session_scope(session_factory, write=False) as session:
        listed = list_for(session, application_id=APPLICATION)
        assert [each.number for each in listed] == [1, 2, 3, 4]
        assert sum(each.accepted for each in listed) == 1


def test_two_at_once_cannot_both_fill_the_organisations_room(
    session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    data = [marked_pdf(f"at once {number}") for number in range(3)]
    settings = DocumentsSettings(max_stored_bytes=2 * max(map(len, data)))
    outcome = at_once(
        session_factory,
        *(
            lambda s, n=n: store(s, key_ring, data[n], f"{n}.pdf", settings=settings, application_id=f"application-{n}")
            for n in range(3)
        ),
    )
    assert sorted(map(str, outcome)) == ["None", "None", "quota"]


def test_two_at_once_cannot_both_be_the_last_of_the_hour(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    settings = DocumentsSettings(max_uploads_per_hour=2)
    outcome = at_once(
        session_factory,
        *(lambda s, n=n: rejected_page(s, key_ring, f"{n}.pdf", settings=settings) for n in range(4)),
    )
    assert sorted(map(str, outcome)) == ["mismatch", "mismatch", "rate", "rate"]


def test_the_same_file_sent_twice_at_once_is_taken_once(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    data = make_pdf()
    outcome = at_once(session_factory, *(lambda s: store(s, key_ring, data) for _ in range(3)))
    assert sorted(map(str, outcome)) == ["None", "duplicate", "duplicate"]


def test_nothing_readable_of_a_file_lies_in_the_database(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        document = store(session, key_ring, marked_pdf(MARKER))
        assert MARKER.encode() in open_document(session, key_ring, document)
        raw = session.scalars(select(Document.sealed)).one()
        assert raw is not None
        assert MARKER.encode() not in raw
        assert b"%PDF" not in raw


def test_bytes_open_only_in_the_row_and_column_they_were_sealed_for(
    session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    with session_scope(session_factory) as session:
        mine = store(session, key_ring, flat_png((1200, 1200)), "a.png")
        theirs = store(session, key_ring, flat_png((1300, 1300)), "b.png", organization_id="b", application_id="b")
        sealed = session.scalars(select(Document.sealed).where(Document.id == theirs.id)).one()
        before = open_preview(session, key_ring, mine)
        assert before is not None
        session.execute(
            update(Document).where(Document.id == mine.id).values(sealed=sealed, sealed_preview=sealed),
            execution_options={"synchronize_session": False},
        )
        for opening in (open_document, open_preview):
            with pytest.raises(SealBroken) as caught:
                opening(session, key_ring, mine)
            assert caught.value.reason == "not_authentic"
        own = session.scalars(select(Document.sealed).where(Document.id == theirs.id)).one()
        session.execute(
            update(Document).where(Document.id == theirs.id).values(sealed_preview=own),
            execution_options={"synchronize_session": False},
        )
        with pytest.raises(SealBroken):
            open_preview(session, key_ring, theirs)


def whole_database(engine: Engine) -> bytes:
    """Give all bytes of a SQLite database after everything superfluous was swept out."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        if raw.in_transaction:
            raw.execute("COMMIT")
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()  # closing a file of SQLite's in its own process would drop the locks of its connections
    path = str(engine.url.database)
    found = b""
    for name in (path, f"{path}-wal", f"{path}-shm"):
        try:
            with open(name, "rb") as file:  # noqa: PTH123  # the names that SQLite makes
                found += file.read()
        except FileNotFoundError:
            continue
    return found


@pytest.mark.parametrize("way", ["remove", "forget", "remove_for", "forget_for", "remove_organization"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_a_deleted_file_no_byte_is_left_in_the_whole_database(
    session_factory: SessionFactory, engine: Engine, key_ring: KeyRing, way: str
) -> None:
    name = f"{MARKER}.png"
    with session_scope(session_factory) as session:
        document = store(session, key_ring, make_image(size=(1300, 1300)), name)
        rejected_page(session, key_ring, f"{MARKER}.pdf")
        sealed, small = session.execute(
            select(Document.sealed, Document.sealed_preview).where(Document.id == document.id)
        ).one()
    assert sealed is not None
    assert small is not None
    traces = {
        "name": MARKER.encode(),
        "bytes": bytes(sealed[40:72]),
        "end": bytes(sealed[-32:]),
        "preview": bytes(small[40:72]),
    }
    before = whole_database(engine)
    # The end of one of SQLite's pages may cut one of them in two.
    assert sum(trace in before for trace in traces.values()) >= len(traces) - 1
    with session_scope(session_factory) as session:
        found = find(session, application_id=APPLICATION, number=1)
        if way == "remove":
            remove(session, found)
        elif way == "forget":
            forget(session, found, NOW)
        elif way == "remove_for":
            assert remove_for(session, application_id=APPLICATION) == 2
        elif way == "forget_for":
            assert forget_for(session, application_id=APPLICATION, now=NOW) == 1
        else:
            assert remove_organization(session, ORGANIZATION) == 2
            assert session.get(DocumentShelf, ORGANIZATION) is None
        if way in {"remove", "forget"}:
            dismiss_rejected(session, application_id=APPLICATION)
    after = whole_database(engine)
    assert [what for what, trace in traces.items() if trace in after] == []


def test_a_forgotten_file_leaves_its_hash_and_dates(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    later = NOW + timedelta(days=90)
    with session_scope(session_factory) as session:
        document = store(session, key_ring, flat_png((1200, 1200)), "a.png")
        sha256 = document.sha256
        forget(session, document, later)
        forget(session, document, later + HOUR)
    with session_scope(session_factory) as session:
        document = find(session, application_id=APPLICATION, number=1)
        assert (document.sha256, document.created_at, document.forgotten_at) == (sha256, NOW, later)
        assert (document.kept, document.accepted, document.original_name) == (False, True, "")
        with pytest.raises(DocumentGone) as caught:
            open_document(session, key_ring, document)
        assert caught.value.reason == "forgotten"
        assert open_preview(session, key_ring, document) is None
        assert preview.page(session, key_ring, document) is None
        assert forget_for(session, application_id=APPLICATION, now=later) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"reason": Reason.DAMAGED},
        {"state": DocumentState.REJECTED},
        {"sha256": None},
        {"sealed": None},
        {"forgotten_at": NOW},
        {"size": -1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_database_keeps_a_row_consistent(
    session_factory: SessionFactory, key_ring: KeyRing, change: dict[str, Any]
) -> None:
    with session_scope(session_factory) as session:
        store(session, key_ring)
    with session_scope(session_factory) as session:
        with pytest.raises(IntegrityError):
            session.execute(update(Document).values(change))
        session.rollback()


def test_people_get_what_they_uploaded_and_can_be_taken_off_it(
    session_factory: SessionFactory, key_ring: KeyRing
) -> None:
    with session_scope(session_factory) as session:
        mine, photo = make_pdf(), flat_png((1200, 1200))
        store(session, key_ring, mine, "a.pdf")
        store(session, key_ring, photo, "b.png")
        rejected_page(session, key_ring)
        store(session, key_ring, name="theirs.pdf", account_id="somebody-else")
        told = export(session, ACCOUNT)
        assert [(each["name"], each["state"]) for each in told] == [
            ("a.pdf", "accepted"),
            ("b.png", "accepted"),
            ("seite.pdf", "rejected"),
        ]
        assert "sealed" not in told[0]
        given = list(files(session, key_ring, ACCOUNT))
        assert [file.extension for file in given] == ["pdf", "png"]
        assert given[0].content == mine
        erase(session, ACCOUNT, NOW)
    with session_scope(session_factory) as session:
        assert export(session, ACCOUNT) == []
        assert [each.uploaded_by for each in list_for(session, application_id=APPLICATION)] == [None] * 3 + [
            "somebody-else"
        ]
        assert open_document(session, key_ring, find(session, application_id=APPLICATION, number=1)) == mine


def test_the_room_tells_the_accounts_what_it_keeps_of_people() -> None:
    config = Configurator()
    config.add_directive("add_personal_data", add_personal_data)
    config.include("senfcall_avv.documents")
    config.commit()
    assert [(each.name, each.export, each.erase, each.files) for each in every(config.registry)] == [
        ("documents", export, erase, files)
    ]
