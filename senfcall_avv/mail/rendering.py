"""Making a mail's text: templates with names in braces, a closed list of them, and nothing else.

``{name}`` gives a value, ``{name|one|many}`` a number with its word. Values are put in once, so braces inside of a
value stay what they are. Paragraphs are wrapped; a link stands on a line of its own, however long.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from senfcall_avv.mail.catalogue import LANGUAGES, MESSAGES, OPTIONAL

FOLDER: Final = Path(__file__).parent / "messages"
WIDTH: Final = 72
PREFIX: Final = "[Senfcall AV] "
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)(?:\|([^|{}]+)\|([^|{}]+))?\}")
_FOOTER: Final = "footer"
_ALONE: Final = re.compile(r"\{[a-z_]*link\}")


class Text(NamedTuple):
    """A mail for people: its subject on one line, and its text with a line feed after each line."""

    subject: str
    body: str


@cache
def _template(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8").strip("\n")


def placeholders(template: str) -> set[str]:
    """Name the values that a template shows."""
    return {found[1] for found in _PLACEHOLDER.finditer(template)}


def filled(template: str, values: Mapping[str, str]) -> str:
    """Put values in. Raises KeyError for a name that has none."""

    def value(found: re.Match[str]) -> str:
        text = values[found[1]]
        return text if found[2] is None else f"{text} {found[2] if text == '1' else found[3]}"

    return _PLACEHOLDER.sub(value, template)


def render(message: str, language: str, values: Mapping[str, str], *, portal: str, support: str) -> Text:
    """Make the text of a message from its values, which ``values.written`` has made.

    ``portal`` and ``support`` are the addresses in the footer. Raises KeyError where values and message don't fit.
    """
    if values.keys() != MESSAGES[message].keys() or language not in LANGUAGES:
        raise KeyError(message)
    subject = filled(_template(f"{message}.{language}.subject"), values)
    paragraphs = [*_paragraphs(_template(f"{message}.{language}.txt"), values), "-- "]
    footer = _paragraphs(_template(f"{_FOOTER}.{language}.txt"), {"portal": portal, "support": support})
    return Text(subject, "\n\n".join(paragraphs) + "\n" + "\n".join(footer) + "\n")


def _paragraphs(template: str, values: Mapping[str, str]) -> list[str]:
    made = []
    for paragraph in template.split("\n\n"):
        if any(not values[name] for name in placeholders(paragraph) & OPTIONAL):
            continue
        text = filled(paragraph, values)
        made.append(text if _ALONE.fullmatch(paragraph) else _wrapped(text))
    return made


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
