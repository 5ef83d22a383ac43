"""A page that says one thing, in German and in English: what happened and what to do. No script, no form, no cookie."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from chameleon import PageTemplateFile

from senfcall_avv.i18n import Language, first_language

STYLESHEET: Final = "/static/avv.css"
_TEMPLATE: Final = Path(__file__).with_name("notice.pt")


class Text(NamedTuple):
    """One half of the page. ``target`` is where ``action`` leads; empty: the same address again."""

    language: Language
    heading: str
    sentence: str
    action: str = ""
    target: str = ""


class Notice(NamedTuple):
    """Both halves."""

    de: Text
    en: Text


def reference_of(request_id: str) -> str:
    """Give the short form of a request id that a person can read to somebody: its first eight digits."""
    return f"{request_id[:4]}-{request_id[4:8]}".upper()


@cache
def _template() -> PageTemplateFile:
    return PageTemplateFile(str(_TEMPLATE), auto_reload=False)


@cache
def _halves(notice: Notice, first: Language) -> tuple[str, str]:
    """Render once per text and order; the mark in between is where each request's reference goes."""
    texts = (notice.de, notice.en) if first == "de" else (notice.en, notice.de)
    before, _, after = str(
        _template()(texts=texts, stylesheet=STYLESHEET, reference="\N{OBJECT REPLACEMENT CHARACTER}")
    ).partition("\N{OBJECT REPLACEMENT CHARACTER}")
    return before, after


def render(notice: Notice, request_id: str, accept_language: str = "") -> bytes:
    """Give the page's bytes; equal but for the reference for the same notice and order of languages."""
    before, after = _halves(notice, first_language(accept_language))
    return f"{before}{reference_of(request_id)}{after}".encode()
