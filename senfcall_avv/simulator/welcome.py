"""Welcome texts: placeholders replaced at creation, and what BBB 3 leaves of the HTML."""

from __future__ import annotations

import re
from html.entities import codepoint2name
from typing import Final

import nh3

_TAGS: Final = frozenset(("a", "b", "br", "i", "img", "li", "small", "span", "strong", "u", "ul"))
_EVENT_LINK: Final = re.compile(r"(<a\b[^>]*\bhref\s*=\s*[\"']?)event:", re.IGNORECASE)


def escape_html4(text: str) -> str:
    """Escape every character that has a name in HTML 4, so ``ö`` becomes ``&ouml;``."""
    return "".join(
        f"&{codepoint2name[ord(character)]};" if ord(character) in codepoint2name else character for character in text
    )


def grouped(number: str) -> str:
    """Group a number of more than five digits in threes, from the right."""
    if len(number) <= 5:
        return number
    head = len(number) % 3
    return " ".join(([number[:head]] if head else []) + [number[at : at + 3] for at in range(head, len(number), 3)])


def replace_placeholders(text: str, *, dial_number: str, voice_bridge: str, name: str, server_url: str) -> str:
    """Replace BBB's four placeholders, one after the other (so a replacement may bring the next one in)."""
    for placeholder, value in (
        ("%%DIALNUM%%", dial_number),
        ("%%CONFNUM%%", grouped(voice_bridge)),
        ("%%CONFNAME%%", escape_html4(name)),
        ("%%SERVERURL%%", server_url),
    ):
        text = text.replace(placeholder, value)
    return text


def sanitise(text: str) -> str:
    """Keep the tags, attributes and protocols that BBB 3 keeps; every link opens a new window."""
    return nh3.clean(
        _EVENT_LINK.sub(r"\1", text),
        tags=set(_TAGS),
        attributes={"a": {"href", "target"}, "img": {"src", "width", "height"}},
        url_schemes={"https", "mailto", "tel"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel=None,
    )
