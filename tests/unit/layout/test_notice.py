"""The page that says one thing in two languages: order, escaping, reference, nothing of the request."""

from __future__ import annotations

import re

import pytest
from lxml import html

from senfcall_avv.errors import NOTICES, bare_page
from senfcall_avv.gateway import pages
from senfcall_avv.layout.notice import Language, Notice, Text, first_language, reference_of, render

NOTICE = Notice(
    Text("de", "Überschrift", "Ein Satz.", "Weiter", "/weiter"), Text("en", "Heading", "A sentence.", "Go on", "/on")
)
ID = "0123456789abcdef" * 2
EVERY_NOTICE = [
    *NOTICES.values(),
    *(page.notice for page in (*pages.BY_KEY.values(), pages.NOT_ALLOWED)),
]


@pytest.mark.parametrize(
    ("header", "first"),
    [
        ("", "de"), ("de", "de"), ("de-AT,en;q=0.9", "de"), ("en", "en"), ("en-GB,de;q=0.8", "en"), ("EN-us", "en"),
        ("fr,en;q=0.5,de;q=0.4", "en"), ("fr", "de"), ("*", "de"), ("tr,de", "de"), (",,,en", "en"), ("\0\xff", "de"),
        ("fr," * 20 + "en", "de"), ("x" * 5000, "de"), ("de;q=0.1, en;q=0.9", "de"),
    ],
)  # fmt: skip
def test_the_first_language_is_the_first_that_we_speak(header: str, first: Language) -> None:
    assert first_language(header) == first
    root = html.fromstring(render(NOTICE, ID, header))
    assert root.get("lang") == first
    assert [section.get("lang") for section in root.iter("section")] == [first, "en" if first == "de" else "de"]
    assert root.findtext(".//h1") == ("Überschrift" if first == "de" else "Heading")
    assert root.findtext(".//h2") == ("Heading" if first == "de" else "Überschrift")
    assert root.findtext("head/title") == f"{root.findtext('.//h1')} – Senfcall AV"


def test_pages_of_one_notice_differ_in_the_reference_alone() -> None:
    one, other = render(NOTICE, ID), render(NOTICE, "f" * 32)
    assert one != other
    assert one.replace(b"0123-4567", b"FFFF-FFFF") == other
    assert html.fromstring(one).findtext(".//code") == reference_of(ID) == "0123-4567"


def test_texts_are_escaped() -> None:
    nasty = "<b onclick='x()'>&amp;\"</b>"
    page = render(Notice(Text("de", nasty, nasty, nasty, '/?a=<b>&c="'), NOTICE.en), ID).decode()
    assert "<b onclick" not in page
    root = html.fromstring(page)
    assert root.findtext(".//h1") == nasty
    assert root.find(".//a").get("href") == '/?a=<b>&c="'  # type: ignore[union-attr]  # it is there, or the test fails


def test_an_action_is_shown_where_there_is_one() -> None:
    bare = Notice(Text("de", "Überschrift", "Ein Satz."), Text("en", "Heading", "A sentence."))
    assert html.fromstring(render(bare, ID)).find(".//a") is None
    again = Notice(Text("de", "a", "b", "Nochmal"), Text("en", "a", "b", "Again"))
    assert [link.get("href") for link in html.fromstring(render(again, ID)).iter("a")] == ["", ""]


@pytest.mark.parametrize("number", range(len(EVERY_NOTICE)))
def test_every_notice_is_whole_in_both_languages(number: int) -> None:
    notice = EVERY_NOTICE[number]
    for text, language in ((notice.de, "de"), (notice.en, "en")):
        assert text.language == language
        assert text.heading
        assert text.sentence.endswith(".")
        assert bool(text.action) is bool(notice.de.action)
    assert notice.de.target == notice.en.target
    page = render(notice, ID).decode()
    assert not re.search(r"<(?:script|style|form|iframe|img|input)\b|\son\w+=|\sstyle=|https?://", page)
    assert re.findall(r'<link[^>]*href="([^"]*)"', page) == ["/static/avv.css"]
    assert "\N{OBJECT REPLACEMENT CHARACTER}" not in page
    root = html.fromstring(page)
    assert len(root.findall(".//h1")) == 1
    assert root.find(".//main[@id='main']") is not None
    assert root.find("head/meta[@name='viewport']") is not None


@pytest.mark.parametrize(
    ("status", "like"),
    [(400, 400), (404, 404), (405, 404), (410, 404), (411, 400), (418, 400), (500, 500), (501, 500), (502, 500)],
)
def test_a_status_without_a_page_of_its_own_has_a_neighbours(status: int, like: int) -> None:
    body, headers = bare_page(status, ID, "en")
    assert body == render(NOTICES[like], ID, "en")
    assert dict(headers)["Content-Type"] == "text/html; charset=utf-8"
    assert dict(headers)["Cache-Control"] == "no-store"
    assert "script-src 'self'" in dict(headers)["Content-Security-Policy"]
