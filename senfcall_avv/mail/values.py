"""Making values fit to stand in a mail: one line each, nothing that a mail program would take for something else.

What people typed is changed, not refused: a mail about an organisation with an odd name must still go out. What we
ourselves hand over is refused, for that would be a fault of ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from senfcall_avv.mail.catalogue import MESSAGES, OPTIONAL, Kind, Language

LONGEST_TEXT: Final = 200
LONGEST_LINK: Final = 500

_JOINERS: Final = "\u200c\u200d"
_HOST: Final = re.compile(r"(?<=[\w-])\.(?=[A-Za-z]{2,}\b)|(?<=\d)\.(?=\d{1,3}\.|\d{1,3}\b/)")
_TRUSTED_LINK: Final = re.compile(r"https?://[!-~]+")


class MailRefused(ValueError):
    """A mail can't be queued.

    ``reason`` is ``message``, ``language``, ``address``, ``values`` or ``value``; never shown to people.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def written(message: str, values: Mapping[str, Any], language: Language) -> dict[str, str]:
    """Give a message's values as texts. Raises MailRefused for missing, unknown or unfit ones."""
    kinds = MESSAGES.get(message)
    if kinds is None:
        raise MailRefused("message", f"there is no message {message}")
    if kinds.keys() != values.keys():
        raise MailRefused(
            "values",
            f"{message}: missing {sorted(kinds.keys() - values.keys())}, "
            f"unknown {sorted(values.keys() - kinds.keys())}",
        )
    made = {name: _write(kinds[name], value, language) for name, value in values.items()}
    empty = [name for name, text in made.items() if not text and name not in OPTIONAL]
    if empty:
        raise MailRefused("value", f"{message}: {', '.join(empty)} must not be empty")
    return made


def _write(kind: Kind, value: Any, language: Language) -> str:
    match kind:
        case Kind.TEXT:
            return defanged(one_line(str(value)))
        case Kind.LINK:
            return _link(value)
        case Kind.NUMBER:
            return _number(value)
        case Kind.MOMENT:
            return _moment(value, language)
        case Kind.WORDS:
            return one_line(str(value))


def one_line(text: str) -> str:
    """Give a text on one line of 200 characters at most, without control characters and encoded words."""
    kept = "".join(character if _is_plain(character) else " " for character in unicodedata.normalize("NFC", text))
    # Mail libraries decode what looks like an encoded word even in a header that they were given as text.
    line = " ".join(kept.replace("=?", "= ?").replace("?=", "? =").split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1].rstrip() + "…"


def _is_plain(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def defanged(text: str) -> str:
    """Give a text in which no mail program finds an address to click on; host names stay readable."""
    return _HOST.sub("[.]", text.replace("://", "[:]//"))


def _link(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_LINK or _TRUSTED_LINK.fullmatch(value) is None:
        raise MailRefused("value", f"a link is an address of at most {LONGEST_LINK} ASCII characters")
    parts = urlsplit(value)
    if not parts.hostname or parts.username is not None:
        raise MailRefused("value", "a link names a host and no user")
    return value


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise MailRefused("value", "a number is a whole number")
    return str(value)


def _moment(value: object, language: Language) -> str:
    if not isinstance(value, date):
        return one_line(str(value))
    from senfcall_avv.layout.formats import Formats

    formats = Formats(language)
    if not isinstance(value, datetime):
        return formats.date(value)
    if value.tzinfo is None:
        raise MailRefused("value", "a moment needs a time zone")
    return formats.datetime_(value)
