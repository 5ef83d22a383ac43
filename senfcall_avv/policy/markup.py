"""HTML in texts: what BigBlueButton 3 keeps is kept, for every version of it that may stand behind us.

A cleaner that parses and writes HTML also respells it: ``&`` becomes ``&amp;``, ``<br />`` becomes ``<br>``. Where
nothing else would happen the text goes on as it was sent.
"""

from __future__ import annotations

import html
import re
from typing import Final

import nh3

_BBB: Final = nh3.Cleaner(
    tags={"a", "b", "br", "i", "img", "li", "small", "span", "strong", "u", "ul"},
    attributes={"a": {"href", "target"}, "img": {"src", "width", "height"}, "*": set()},
    url_schemes={"https", "mailto", "tel"},
    link_rel=None,
)
_NOTHING: Final = nh3.Cleaner(tags=set(), attributes={})

_TAG: Final = re.compile(r"(<[A-Za-z/!?][^<>]*>)")
_SELF_CLOSED: Final = re.compile(r"\s*/>\Z")


def _pieces(text: str) -> list[str]:
    """Split into texts and tags by turns, entities read, tags that close themselves written like those that do not.

    Two texts of the same pieces mean the same to a browser: a tag of the one is a tag of the other, letter for letter.
    """
    pieces = _TAG.split(text.replace("\r\n", "\n").replace("\r", "\n"))
    pieces[1::2] = [_SELF_CLOSED.sub(">", tag) for tag in pieces[1::2]]
    return [html.unescape(piece) for piece in pieces]


def clean(text: str, *, keep_tags: bool) -> str:
    """Remove what BigBlueButton 3 would remove, or every tag; the text itself where nothing is to be removed."""
    if "<" not in text:
        return text
    cleaned = (_BBB if keep_tags else _NOTHING).clean(text)
    if cleaned == text or _pieces(cleaned) == _pieces(text):
        return text
    return cleaned
