"""Names of uploaded files: harmless wherever they are shown, in a page, a header or a folder."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senfcall_avv.documents.names import LONGEST_NAME, clean_name, content_disposition, extension_of


@pytest.mark.parametrize(
    ("given_name", "clean"),
    [
        ("Bescheid 2024.pdf", "Bescheid 2024.pdf"),
        ("Freistellungsbescheid für „Verein“ – Seite 1.PDF", "Freistellungsbescheid für „Verein“ – Seite 1.PDF"),
        ("u\u0308ber.pdf", "über.pdf"),
        ("../../x.pdf", "x.pdf"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\anna\\x.pdf", "x.pdf"),
        ("C:x.pdf", "C_x.pdf"),
        ("x\r\nSet-Cookie:a=b.pdf", "x Set-Cookie_a=b.pdf"),
        ('"><img src=x>.pdf', "___img src=x_.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("a\u200bb\ufeffc\u2028d\u2029e.pdf", "abc d e.pdf"),
        ("a\0.pdf", "a.pdf"),
        ("a\ud800\ue000.pdf", "a.pdf"),
        ("..", ""),
        (".", ""),
        ("...pdf", "pdf"),
        ("x.pdf . . ", "x.pdf"),
        ("CON", "_CON"),
        ("nul.pdf", "_nul.pdf"),
        ("COM1.tar.gz", "_COM1.tar.gz"),
        ("console.pdf", "console.pdf"),
        ("", ""),
        ("a/", ""),
        ("{name} ${x} %s.pdf", "{name} ${x} %s.pdf"),
    ],
)
def test_a_name_becomes_harmless(given_name: str, clean: str) -> None:
    assert clean_name(given_name) == clean


def test_a_long_name_keeps_its_extension() -> None:
    clean = clean_name("ä" * 300 + ".pdf")
    assert len(clean) == LONGEST_NAME
    assert clean.endswith("ä.pdf")
    assert len(clean_name("x" * 300)) == LONGEST_NAME


@given(st.text(max_size=400))
def test_whatever_the_name_was_it_is_one_short_visible_line(name: str) -> None:
    clean = clean_name(name)
    assert len(clean) <= LONGEST_NAME
    assert not set(clean) & set('/\\<>:"|?*')
    assert not any(unicodedata.category(char)[0] in "CZ" and char != " " for char in clean)
    assert clean == clean.strip(". ")
    assert clean_name(clean) == clean


@given(st.text(max_size=400))
def test_whatever_the_name_was_the_header_is_one_line_of_ascii(name: str) -> None:
    header = content_disposition("document-3.pdf", clean_name(name))
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith('attachment; filename="document-3.pdf"')
    assert header.count('"') == 2
    assert header.count(";") <= 2


def test_the_header_carries_both_names() -> None:
    assert content_disposition("document-3.pdf", "Bescheid für uns.pdf") == (
        "attachment; filename=\"document-3.pdf\"; filename*=UTF-8''Bescheid%20f%C3%BCr%20uns.pdf"
    )
    assert content_disposition("document-3.pdf", "") == 'attachment; filename="document-3.pdf"'


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.PDF", "pdf"), ("a.pdf.exe", "exe"), ("a", ""), ("a.", ""), (".pdf", "pdf"), ("a.p df", ""), ("a.рdf", "")],
)
def test_the_last_extension_counts(name: str, extension: str) -> None:
    assert extension_of(name) == extension
