"""A request read as a BBB call, and beside it the bytes that its checksum covers.

One reader for everything: it splits at ``&`` only, each piece at its first ``=``, turns ``+`` into a space and decodes
percent escapes once and strictly. Where web frameworks guess (bad escapes, bad UTF-8, ``;``), this reader says
``None``, and the policy decides what becomes of such a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple
from urllib.parse import unquote_to_bytes

Pairs = tuple[tuple[str, str | None], ...]
"""Decoded names and values in the order of the wire. A value is None where it could not be decoded.

A name that cannot be decoded is kept raw: it then holds a ``%`` and so can never be a parameter's name.
"""

Body = Literal["form", "xml", "other"] | None

MAX_PARAMETERS: Final = 200
MAX_TARGET: Final = 8190
"""Bytes of path and query together, as in BBB's own embedded server (8 KiB for the request line)."""
MAX_FORM: Final = 64 * 1024
MAX_BODY: Final = 1024 * 1024
"""Bytes of any other body; it is read only to be thrown away."""

FORM: Final = "application/x-www-form-urlencoded"
XML_TYPES: Final = frozenset(("application/xml", "text/xml"))


@dataclass(frozen=True, slots=True)
class Call:
    """What a client asks for. ``name`` is BBB's call name as in the path; the empty name is the root document."""

    name: str
    method: str = "GET"
    query: Pairs = ()
    form: Pairs = ()
    body: Body = None


class Signature(NamedTuple):
    """A checksum, and the query string it was made for (BBB hashes call name + ``covered`` + secret).

    ``covered`` may hold a second reading: until 2.6.17 BBB rebuilt a query from the form when there was none.
    """

    checksum: bytes
    covered: tuple[bytes, ...]


class Received(NamedTuple):
    """A request as it came in. ``signature`` is None where no checksum can be taken from it without guessing."""

    call: Call
    signature: Signature | None


class RequestTooLarge(ValueError):
    """More parameters, a longer target or a longer body than any client sends."""


_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PRINTABLE = re.compile(r"[\x21-\x7e]*")
_DISGUISE = re.compile(r"[\x00-\x20\x7f-\xa0]+")


def decode(text: str) -> str | None:
    """Decode one name or value of a form-encoded string; None for a bad escape or bad UTF-8."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text if text.isascii() else None
    if _BAD_ESCAPE.search(text):
        return None
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return None


def _pairs(pieces: list[str]) -> Pairs:
    read: list[tuple[str, str | None]] = []
    for piece in pieces:
        if not piece:
            continue
        raw_name, _, raw_value = piece.partition("=")
        name = decode(raw_name)
        read.append((raw_name if name is None else name, decode(raw_value)))
    if len(read) > MAX_PARAMETERS:
        raise RequestTooLarge(f"more than {MAX_PARAMETERS} parameters")
    return tuple(pair for pair in read if pair[0] != "checksumHash")


def _take_checksum(query: str) -> tuple[list[str], str, bytes] | None:
    """Split a raw string into its pieces without the checksum, the string they cover, and the checksum.

    None if there is no checksum, more than one, or one in disguise (BBB trims and strips control characters before it
    compares names, so ``%20checksum`` would be read as a checksum behind our back).
    """
    found: str | None = None
    kept: list[str] = []
    for piece in query.split("&"):
        if piece.startswith("checksum="):
            if found is not None:
                return None
            found = piece[9:]
            continue
        raw_name = piece.partition("=")[0]
        if len(raw_name) >= 8 and ("checksum" in raw_name.lower() or "%" in raw_name or "+" in raw_name):
            name = decode(raw_name)
            if name is not None and _DISGUISE.sub("", name).casefold() == "checksum":
                return None
        kept.append(piece)
    if found is None:
        return None
    return kept, "&".join(kept), found.encode("latin-1")


def _kind_of(content_type: str) -> Body:
    essence = content_type.partition(";")[0].strip().lower()
    if essence == FORM:
        return "form"
    return "xml" if essence in XML_TYPES else "other"


def _java_encode(value: str) -> str:
    """Encode as ``java.net.URLEncoder`` does: letters, digits and ``*-._`` stay, a space becomes ``+``."""
    out: list[str] = []
    for byte in value.encode():
        character = chr(byte)
        if byte < 0x80 and (character.isalnum() or character in "*-._"):
            out.append(character)
        else:
            out.append("+" if byte == 0x20 else f"%{byte:02X}")
    return "".join(out)


def rebuild(form: Pairs) -> bytes | None:
    """Rebuild the query that BBB up to 2.6.17 hashes when there is none: the form, sorted by name. None if
    unreadable.
    """
    rows: list[str] = []
    for name, value in sorted(form, key=lambda pair: pair[0]):
        if value is None:
            return None
        rows.append(f"{name}={_java_encode(value)}")
    return "&".join(rows).encode()


def parse(name: str, method: str, query: str, content_type: str = "", body: bytes = b"") -> Received:
    """Read a request as a call.

    ``query`` is the raw query string as received (WSGI: ``QUERY_STRING``, one character a byte), ``body`` the raw body.
    A form counts as parameters only when the query holds nothing but a checksum: beside a query no checksum covers it,
    then it is kept in ``Call.form`` for the record, and the policy ignores it.

    Raises RequestTooLarge for more than MAX_PARAMETERS parameters.
    """
    kind: Body = _kind_of(content_type) if body else None
    if kind and method != "POST":
        kind = "other"
    readable = _PRINTABLE.fullmatch(query) is not None
    taken = _take_checksum(query) if readable else None
    pieces = taken[0] if taken else query.split("&")
    call_query = _pairs([piece for piece in pieces if not piece.startswith("checksum=")])
    form_text = body.decode("latin-1") if kind == "form" else ""
    in_form = _take_checksum(form_text) if form_text and _PRINTABLE.fullmatch(form_text) else None
    form_pieces = in_form[0] if in_form else form_text.split("&")
    form = _pairs([piece for piece in form_pieces if not piece.startswith("checksum=")])
    call = Call(name, method, call_query, form, kind)
    if not readable or (taken and in_form):
        return Received(call, None)
    if taken:
        _, covered, checksum = taken
        old_rule = rebuild(form) if form and not covered and not in_form else None
        return Received(call, Signature(checksum, (covered.encode(),) if old_rule is None else (b"", old_rule)))
    if not query and in_form:
        old_rule = rebuild(form)
        return Received(call, Signature(in_form[2], (b"",) if old_rule is None else (b"", old_rule)))
    return Received(call, None)
