"""What is kept of whoever sends a request: a network, a device in words, and a mark of the browser."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from senfcall_avv.accounts.tokens import digest, looks_like_secret, new_secret

if TYPE_CHECKING:
    from senfcall_avv.typing import Request

UNKNOWN: Final = "unknown"
_KEPT: Final = "device"
_PREFIXES: Final = {4: 24, 6: 48}
_BROWSERS: Final = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"(?:\bChrome|HeadlessChrome|\bCriOS|\bChromium)/")),
    ("Safari", re.compile(r"\bSafari/")),
)
_SYSTEMS: Final = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("macOS", re.compile(r"\bMac OS X\b|\bMacintosh\b")),
    ("Linux", re.compile(r"\bLinux\b|\bX11\b")),
)
LONGEST_AGENT: Final = 512


@dataclass(frozen=True)
class Client:
    """Where a request comes from."""

    network: str
    """``192.0.2.0/24`` or ``2001:db8::/48``: never a whole address."""
    device: str
    """Browser and system, such as ``Firefox · Linux``; empty if it says neither."""
    browser: str
    """SHA-256 of the mark in this browser's sealed cookie."""


def network_of(address: str | None) -> str:
    """Give the network of an address that the server told us; ``unknown`` for a socket without one."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return UNKNOWN
    mapped = found.ipv4_mapped if found.version == 6 else None
    found = mapped or found
    return str(ipaddress.ip_network((found, _PREFIXES[found.version]), strict=False))


def device_of(user_agent: str) -> str:
    """Say in words which browser on which system this is; nothing of the text itself is kept."""
    seen = user_agent[:LONGEST_AGENT]
    names = (next((name for name, form in table if form.search(seen)), "") for table in (_BROWSERS, _SYSTEMS))
    return " · ".join(filter(None, names))


def client_of(request: Request) -> Client:
    """Describe a request's sender, and give the browser its mark if it has none yet.

    The address is the one of the connection, or what the one trusted proxy says; no other header is believed.
    """
    mark = request.visitor.get(_KEPT)
    if not isinstance(mark, str) or not looks_like_secret(mark):
        mark = new_secret()
        request.visitor.set(_KEPT, mark)
    return Client(
        network=network_of(request.environ.get("REMOTE_ADDR")),
        device=device_of(request.headers.get("User-Agent", "")),
        browser=digest(mark),
    )
