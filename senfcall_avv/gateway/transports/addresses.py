"""A URL taken apart into where to connect and what to ask for there, without changing a byte of it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_SENDABLE: Final = re.compile(r"(https?://[^/?#@\\]+)(/[!-\"$-~]*)", re.ASCII)
"""Origin and target: visible ASCII, no fragment, nobody's name or password before the host."""


class Address(NamedTuple):
    """Where a backend listens. ``host`` has no brackets, ``origin`` is scheme, host and port as they were written."""

    origin: str
    secure: bool
    host: str
    port: int


@lru_cache(maxsize=256)
def _address(origin: str) -> Address:
    parts = urlsplit(origin)
    secure = parts.scheme == "https"
    if not parts.hostname or not origin.isascii() or not origin.isprintable() or " " in origin:
        raise ValueError("the URL's host cannot be read")
    port = parts.port
    return Address(origin, secure, parts.hostname, (443 if secure else 80) if port is None else port)


def split(url: str) -> tuple[Address, str]:
    """Give the address, and the target (path and query) exactly as it stands in the URL.

    Raises ValueError, without quoting the URL, for one that is not absolute http or https or not encoded for the wire.
    """
    found = _SENDABLE.fullmatch(url)
    if found is None:
        raise ValueError("not an absolute, encoded http or https URL")
    return _address(found[1]), found[2]
