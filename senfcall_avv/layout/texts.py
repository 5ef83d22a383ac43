"""What all text from people goes through before anything looks at it, and the validators that we trust.

colander's own patterns pass a trailing line feed and digits of other scripts, its e-mail pattern 300 characters, its
URL pattern a quotation mark: these do not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import colander

from senfcall_avv.i18n import _

MOST_CHARACTERS: Final = 10_000
"""Of a text whose field says nothing else."""
_JOINERS: Final = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
_INVISIBLE = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
"""Direction marks and what has no width: they come along when people copy, and make equal texts unequal."""
_STRAY_JOINER = re.compile(rf"(?<![^\W\d_])[{_JOINERS}]|[{_JOINERS}](?![^\W\d_])")
_LINES = re.compile("\r\n?|[\u2028\u2029\u0085]")
_UNWANTED: Final = frozenset(("Cc", "Cs", "Co", "Cn"))

Prepare = Callable[[Any], Any]


def clean(value: Any) -> Any:
    """Bring a text of one line into form: NFC, nothing invisible, single spaces for line ends and tabs, trimmed.

    A text without anything in it is colander's null, so that a required field notices. What is no text stays as it is.
    """
    if not isinstance(value, str):
        return value
    return re.sub(r"[\t\n]+", " ", _readable(value)).strip() or colander.null


def clean_lines(value: Any) -> Any:
    """Bring a text of several lines into form: as ``clean``, with line ends kept as line feeds."""
    if not isinstance(value, str):
        return value
    lines = [line.rstrip() for line in _readable(value).split("\n")]
    return "\n".join(lines).strip() or colander.null


def clean_password(value: Any) -> Any:
    """Make a password the same from every keyboard (NFC); what is typed counts, spaces included."""
    return unicodedata.normalize("NFC", value) or colander.null if isinstance(value, str) else value


def _readable(value: str) -> str:
    text = _LINES.sub("\n", unicodedata.normalize("NFC", value))
    return _STRAY_JOINER.sub("", _INVISIBLE.sub("", text))


def readable(node: colander.SchemaNode, value: Any) -> None:
    """Validator: refuse control characters and what Unicode has no character for."""
    if isinstance(value, str) and any(
        unicodedata.category(character) in _UNWANTED and character not in "\n\t" for character in value
    ):
        raise colander.Invalid(node, _("Darin sind Zeichen, die sich nicht lesen lassen. Schreib es noch einmal ab."))


def not_too_long(node: colander.SchemaNode, value: Any) -> None:
    """Validator: refuse what no field takes."""
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        raise colander.Invalid(
            node,
            _("Das ist zu lang: Es dürfen höchstens ${max} Zeichen sein.", mapping={"max": MOST_CHARACTERS}),
        )


def must_be_true(node: colander.SchemaNode, value: Any) -> None:
    """Validator for a declaration: it must be ticked."""
    if value is not True:
        raise colander.Invalid(node, _("Setz hier das Häkchen, sonst geht es nicht weiter."))


def matching(pattern: str, message: str) -> Callable[[colander.SchemaNode, Any], None]:
    """Make a validator: the whole text has this form, in which digits and letters are ASCII."""
    compiled = re.compile(pattern, re.ASCII)

    def matches(node: colander.SchemaNode, value: Any) -> None:
        if not compiled.fullmatch(value):
            raise colander.Invalid(node, message)

    return matches


_MAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@[^\s@\"(),:;<>\[\\\]]{1,253}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])", re.ASCII)


def _host_is_real(host: str) -> bool:
    try:
        ascii_host = host.encode("idna").decode().lower()
    except UnicodeError:
        return False
    return bool(_HOST.fullmatch(ascii_host)) and len(ascii_host) <= 253


def mail_address(node: colander.SchemaNode, value: Any) -> None:
    """Validator: an e-mail address by its form; whether somebody reads it only a mail tells."""
    local, _at, host = str(value).rpartition("@")
    fits = _MAIL.fullmatch(value) and len(value) <= 254 and not re.search(r"^\.|\.\.|\.$", local)
    if not fits or not _host_is_real(host):
        raise colander.Invalid(node, _("Das ist keine E-Mail-Adresse. Sie sieht aus wie name@example.org."))


def web_address(node: colander.SchemaNode, value: Any) -> None:
    """Validator: ``http(s)://host[/…]`` without user, port or anything that could break out of an attribute."""
    wrong = colander.Invalid(node, _("Das ist keine Adresse im Web. Sie sieht aus wie https://www.example.org."))
    if re.search(r"[\s\"'<>\\`{}|^]", value) or len(value) > 500:
        raise wrong
    try:
        at = urlsplit(value)
        with_port = at.port
    except ValueError:
        raise wrong from None
    if at.scheme not in {"http", "https"} or at.username is not None or with_port is not None:
        raise wrong
    if not _host_is_real(at.hostname or ""):
        raise wrong
