"""BBB's documents: written in its layout, read without trust."""

from __future__ import annotations

import pytest

from senfcall_avv.bbb import xml
from senfcall_avv.bbb.errors import MESSAGES, failure


def test_a_failure_is_written_as_bbb_writes_it() -> None:
    assert xml.failed(failure("notFound")) == (
        b"<response>\n<returncode>FAILED</returncode>\n<messageKey>notFound</messageKey>\n"
        b"<message>A meeting with that ID does not exist</message>\n</response>"
    )


def test_the_five_characters_are_escaped_and_forbidden_ones_left_out() -> None:
    written = xml.document((("name", "A & B <C> \"D\" 'E'\x0b\ufffe\ud800"),))
    assert written == b"<response>\n<name>A &amp; B &lt;C&gt; &quot;D&quot; &apos;E&apos;</name>\n</response>"
    assert xml.text(xml.read(written), "name") == "A & B <C> \"D\" 'E'"


def test_white_space_is_reduced_as_bbb_reduces_it() -> None:
    assert b"<a>x y</a>" in xml.document((("a", "x  \t y"),))
    assert b"<a>x\ny</a>" in xml.document((("a", "x \r\n  y"),))


def test_an_empty_list_stands_on_two_lines() -> None:
    assert xml.document((("attendees", ()),)) == b"<response>\n<attendees>\n</attendees>\n</response>"


@pytest.mark.parametrize("kind", sorted(set(xml.ANSWERS) - {"noTextTracks"}))
def test_every_answer_of_ours_is_a_document_that_says_success(kind: str) -> None:
    body, content_type = xml.ANSWERS[kind]
    assert content_type.startswith("text/xml")
    assert xml.succeeded(xml.read(body))


def test_every_message_key_has_a_sentence() -> None:
    for key in MESSAGES:
        assert failure(key).message
    assert failure("sizeError", "name").message != failure("sizeError", "meetingID").message


BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<response><returncode>&b;</returncode></response>"
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Bad gateway</body></html>",
        b"<response><returncode>SUCCESS</returncode>",
        b"<response><returncode>SUCCESS</returncode></response>trailing",
        BOMB,
        b'<!DOCTYPE r SYSTEM "file:///etc/hostname"><response/>',
        b'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]><response>&e;</response>',
        b"<!doctype r><response/>",
        '<?xml version="1.0" encoding="UTF-16"?><response/>'.encode("utf-16"),
        b'<response xmlns="urn:x"><returncode>SUCCESS</returncode></response>',
        b'<b:response xmlns:b="urn:x"/>',
        b"<response>\xff</response>",
        b"<response>" + b"<a>" * 300 + b"</a>" * 300 + b"</response>",
        b"<response><a>&undefined;</a></response>",
    ],
)
def test_a_document_that_bbb_would_not_write_is_refused(body: bytes) -> None:
    with pytest.raises(xml.BrokenAnswer):
        xml.succeeded(xml.read(body))


@pytest.mark.parametrize(
    ("codes", "success"),
    [
        (b"<returncode>SUCCESS</returncode>", True),
        (b"<returncode> success </returncode>", True),
        (b"<returncode>Failed</returncode>", False),
    ],
)
def test_the_return_code_is_read_in_any_letter_case(codes: bytes, success: bool) -> None:
    assert xml.succeeded(xml.read(b"\xef\xbb\xbf<?xml version='1.0'?>\n<response>" + codes + b"</response>")) is success


@pytest.mark.parametrize(
    "codes", [b"", b"<returncode/>", b"<returncode>MAYBE</returncode>", b"<returncode>SUCCESS</returncode>" * 2]
)
def test_an_answer_that_says_neither_success_nor_failure_is_broken(codes: bytes) -> None:
    with pytest.raises(xml.BrokenAnswer):
        xml.succeeded(xml.read(b"<response>" + codes + b"</response>"))


def test_the_return_code_is_found_by_its_place_alone() -> None:
    """Tenants can make elements of nearly any name inside metadata and customdata."""
    root = xml.read(
        b"<response><metadata><returncode>SUCCESS</returncode></metadata><returncode>FAILED</returncode></response>"
    )
    assert not xml.succeeded(root)


def test_a_document_that_was_read_keeps_its_layout() -> None:
    body = b"<response>\n<returncode>SUCCESS</returncode>\n<name>A &amp; B</name>\n</response>"
    assert xml.write(xml.read(body)) == body
