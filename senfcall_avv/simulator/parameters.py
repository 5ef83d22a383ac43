"""Parameters as Tomcat hands them to BBB: lenient, first value first.

A parameter with a bad escape is dropped, bad UTF-8 becomes U+FFFD, ``;`` separates nothing. BBB then strips control
characters from names and values, and trims both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email import message_from_bytes
from typing import Final
from urllib.parse import quote_plus, unquote_to_bytes

from senfcall_avv.simulator.messages import Request

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
Pairs = list[tuple[str, str]]

_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """Remove control characters, then spaces at both ends."""
    return _CONTROL.sub("", text).strip(" ")


def media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _decode(text: str) -> str | None:
    if _BAD_ESCAPE.search(text):
        return None
    return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode("utf-8", "replace")


def read_encoded(text: str) -> Pairs:
    """Read a query string or form (one character a byte)."""
    pairs: Pairs = []
    for chunk in text.split("&"):
        raw_name, _, raw_value = chunk.partition("=")
        name, value = _decode(raw_name), _decode(raw_value)
        if name and value is not None:
            pairs.append((name, value))
    return pairs


def _read_multipart(content_type: str, body: bytes) -> Pairs:
    message = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
    pairs: Pairs = []
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is None:
            payload = part.get_payload(decode=True)
            pairs.append((name, payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""))
    return pairs


def read_form(request: Request) -> Pairs:
    """Read the parameters of a POST's body; none where it is no form."""
    if request.method != "POST" or not request.body:
        return []
    content_type = request.header("content-type")
    kind = media_type(content_type)
    if kind == FORM:
        return read_encoded(request.body.decode("latin-1"))
    return _read_multipart(content_type, request.body) if kind == MULTIPART else []


def rebuild(pairs: Pairs) -> str:
    """Rebuild the query that BBB up to 2.6.17 hashes where there is none: by name, values as Java encodes them."""
    rows = sorted((pair for pair in pairs if pair[0] != "checksum"), key=lambda pair: pair[0])
    return "&".join(f"{name}={quote_plus(value, safe='*-._').replace('~', '%7E')}" for name, value in rows)


class Parameters:
    """Names and values after cleaning. Of a repeated parameter the first value counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._raw: dict[str, str] = {}
        for name, value in pairs:
            self._raw.setdefault(clean(name), value)

    @classmethod
    def of(cls, request: Request) -> Parameters:
        """Read a request: the query's parameters come before the body's."""
        return cls([*read_encoded(request.query), *read_form(request)])

    def raw(self, name: str) -> str | None:
        """The value before cleaning."""
        return self._raw.get(name)

    def get(self, name: str) -> str | None:
        value = self._raw.get(name)
        return None if value is None else clean(value)

    def text(self, name: str, default: str = "") -> str:
        """The value, or the default where it is absent or empty."""
        return self.get(name) or default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """``true`` in any letter case; everything else that is not empty counts as false."""
        value = self.text(name)
        return value.lower() == "true" if value else default

    def number(self, name: str, default: int) -> int:
        """The whole number, or the default where it does not parse."""
        value = self.text(name)
        return int(value) if is_integral(value) else default

    def items(self) -> Pairs:
        return [(name, clean(value)) for name, value in self._raw.items()]


def is_integral(value: str) -> bool:
    return re.fullmatch(r"[+-]?\d{1,18}", value) is not None
