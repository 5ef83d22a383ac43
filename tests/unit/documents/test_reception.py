"""The way of a file to its verdict: size, first bytes, name, process apart, scanner."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from senfcall_avv.documents.findings import MediaType, Reason
from senfcall_avv.documents.reception import Received, receive, signature_of
from senfcall_avv.documents.scanner import Scan
from senfcall_avv.settings import DocumentsSettings
from tests.clamd import Scanner, scanner
from tests.factories.documents import HEIC, HTML, SVG, encrypted_pdf, is_clean_of, make_image, make_pdf, telling_jpeg

__all__ = ["scanner"]

SETTINGS = DocumentsSettings()
PDF, PNG, JPEG = make_pdf(), make_image("PNG"), make_image("JPEG")
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def received(name: str, data: bytes, settings: DocumentsSettings = SETTINGS, declared: int | None = None) -> Received:
    return receive(name, io.BytesIO(data), declared, settings)


REFUSED: dict[str, tuple[str, bytes, Reason]] = {
    "page before a PDF": ("a.pdf", HTML + PDF, Reason.MISMATCH),
    "PDF at byte 9": ("a.pdf", b"<script> " + PDF, Reason.MISMATCH),
    "PDF at byte 2,000": ("a.pdf", bytes(2000) + PDF, Reason.MISMATCH),
    "PDF behind a mark of byte order": ("a.pdf", b"\xef\xbb\xbf" + PDF, Reason.MISMATCH),
    "PDF behind an empty line": ("a.pdf", b"\n" + PDF, Reason.MISMATCH),
    "PNG behind a page": ("a.png", HTML + PNG, Reason.MISMATCH),
    "GIF named PNG": ("a.png", make_image("GIF"), Reason.MISMATCH),
    "SVG named PNG": ("a.png", SVG, Reason.MISMATCH),
    "page named PDF": ("a.pdf", HTML, Reason.MISMATCH),
    "ZIP named PDF": ("a.pdf", b"PK\x03\x04" + bytes(60), Reason.MISMATCH),
    "script named JPEG": ("a.jpg", b"#!/bin/sh\n", Reason.MISMATCH),
    "PDF named PNG": ("a.png", PDF, Reason.MISMATCH),
    "PNG named JPEG": ("a.jpg", PNG, Reason.MISMATCH),
    "PDF that ends in .exe": ("a.pdf.exe", PDF, Reason.MISMATCH),
    "PDF that ends in .html": ("a.html", PDF, Reason.MISMATCH),
    "percent and nought": ("a.pdf%00.png", PDF, Reason.MISMATCH),
    "nought": ("a.pdf\0.png", PDF, Reason.MISMATCH),
    "extension turned round": ("\u202efdp.exe", PDF, Reason.MISMATCH),
    "letters that look like an extension": ("a.рdf", PDF, Reason.TYPE),
    "no extension": ("Bescheid", PDF, Reason.TYPE),
    "extension in another stream": ("a.pdf::$DATA", PDF, Reason.TYPE),
    "extension and a folder": ("a.pdf/", PDF, Reason.TYPE),
    "dots": ("..", PDF, Reason.TYPE),
    "device": ("CON", PDF, Reason.TYPE),
    "no name": ("", PDF, Reason.TYPE),
    "SVG": ("a.svg", SVG, Reason.TYPE),
    "GIF": ("a.gif", make_image("GIF"), Reason.TYPE),
    "TIFF": ("a.tiff", make_image("TIFF"), Reason.TYPE),
    "WebP": ("a.webp", make_image("WEBP"), Reason.TYPE),
    "BMP": ("a.bmp", make_image("BMP"), Reason.TYPE),
    "Word": ("a.docx", b"PK\x03\x04" + bytes(60), Reason.TYPE),
    "program": ("a.exe", b"MZ" + bytes(60), Reason.TYPE),
    "PostScript": ("a.ps", b"%!PS-Adobe-3.0", Reason.TYPE),
    "telephone's photo": ("IMG_0001.HEIC", HEIC, Reason.HEIC),
    "telephone's photo, renamed": ("a.jpg", HEIC, Reason.HEIC),
    "nothing in it": ("a.pdf", b"", Reason.EMPTY),
    "neither name nor content": ("", b"", Reason.NONE),
    "half a PDF": ("a.pdf", PDF[: len(PDF) // 2], Reason.DAMAGED),
    "signature of a PDF": ("a.pdf", b"%PDF-1.7\n", Reason.DAMAGED),
    "signature of a JPEG": ("a.jpg", b"\xff\xd8\xff", Reason.DAMAGED),
    "JPEG frame around a page": ("a.jpg", b"\xff\xd8\xff\xe0" + HTML, Reason.DAMAGED),
    "PDF under a password": ("a.pdf", encrypted_pdf(user="geheim"), Reason.ENCRYPTED),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_all_of_one_kind_is_refused(case: str) -> None:
    name, data, reason = REFUSED[case]
    found = received(name, data)
    assert found.reason is reason
    assert (found.body, found.preview) == (b"", b"")
    assert found.size == len(data)


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("Bescheid.pdf", PDF, MediaType.PDF),
        ("BESCHEID.PDF", PDF, MediaType.PDF),
        ("scan.2026.11.pdf", PDF, MediaType.PDF),
        ("../../x.pdf", PDF, MediaType.PDF),
        ("x\r\nSet-Cookie:a=b.pdf", PDF, MediaType.PDF),
        ("a.jpg", JPEG, MediaType.JPEG),
        ("a.JPEG", JPEG, MediaType.JPEG),
        ("a.png", PNG, MediaType.PNG),
    ],
)
def test_what_is_all_of_one_kind_is_taken(name: str, data: bytes, media_type: MediaType) -> None:
    found = received(name, data)
    assert (found.reason, found.media_type, found.pages) == (None, media_type, 1)
    assert found.size == len(found.body)
    assert found.body == data or media_type is not MediaType.PDF
    assert signature_of(found.body) is media_type


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.jpg", telling_jpeg(b"planted-words-4711")), ("a.png", PNG + b"PK\x03\x04planted-words-4711")],
)
def test_tails_do_not_come_along(name: str, data: bytes) -> None:
    found = received(name, data)
    assert found.reason is None
    assert is_clean_of(found.body + found.preview, b"planted-words-4711")


def test_as_many_bytes_as_allowed_are_taken_and_one_more_is_not() -> None:
    settings = DocumentsSettings(max_file_bytes=len(PDF))
    assert received("a.pdf", PDF, settings).reason is None
    assert received("a.pdf", PDF + b"\n", settings).reason is Reason.SIZE


def test_no_more_of_a_file_is_read_than_one_byte_too_many() -> None:
    stream = io.BytesIO(b"%PDF-" + bytes(1_000_000))
    found = receive("a.pdf", stream, 1_000_005, DocumentsSettings(max_file_bytes=100_000))
    assert (found.reason, found.size, stream.tell()) == (Reason.SIZE, 1_000_005, 100_001)


def test_a_file_that_breaks_off_is_named_so() -> None:
    assert received("a.pdf", PDF, declared=len(PDF)).reason is None
    assert received("a.pdf", PDF[:300], declared=len(PDF)).reason is Reason.BROKEN
    assert received("a.pdf", b"", declared=len(PDF)).reason is Reason.BROKEN


def test_a_connection_that_breaks_is_named_so() -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    assert receive("a.pdf", Breaking(), None, SETTINGS).reason is Reason.BROKEN


def with_scanner(path: Path, *, required: bool = False) -> DocumentsSettings:
    return DocumentsSettings(scanner_socket=path, scanner_seconds=0.3, scanner_required=required)


INFECTED = make_pdf(lambda pdf: pdf.pages[0].contents_add(EICAR), compress_streams=False)


def test_what_the_scanner_finds_is_refused(scanner: Scanner) -> None:
    settings = with_scanner(scanner.path)
    found = received("a.pdf", INFECTED, settings)
    assert (found.reason, found.scan, found.body) == (Reason.MALWARE, Scan.FOUND, b"")
    clean = received("a.pdf", PDF, settings)
    assert (clean.reason, clean.scan) == (None, Scan.CLEAN)
    assert scanner.scanned == [INFECTED, PDF]


def test_the_scanner_sees_the_file_as_it_came(scanner: Scanner) -> None:
    assert received("a.png", PNG + EICAR, with_scanner(scanner.path)).reason is Reason.MALWARE


def test_without_a_scanner_a_file_is_marked_as_not_scanned(tmp_path: Path) -> None:
    for settings in (SETTINGS, with_scanner(tmp_path / "none")):
        found = received("a.pdf", INFECTED, settings)
        assert (found.reason, found.scan) == (None, Scan.NOT_AVAILABLE)


@pytest.mark.parametrize("mood", ["silent", "error", "nonsense", "gone"])
def test_a_scanner_that_fails_counts_as_none(scanner: Scanner, mood: str) -> None:
    scanner.mood = mood
    found = received("a.pdf", PDF, with_scanner(scanner.path))
    assert (found.reason, found.scan) == (None, Scan.NOT_AVAILABLE)
    refused = received("a.pdf", PDF, with_scanner(scanner.path, required=True))
    assert (refused.reason, refused.scan, refused.body) == (Reason.UNSCANNED, Scan.NOT_AVAILABLE, b"")


def test_where_scanning_is_required_a_scanner_must_be_set() -> None:
    assert received("a.pdf", PDF, DocumentsSettings(scanner_required=True)).reason is Reason.UNSCANNED
