"""What every transport promises. The suite in ``tests/contracts_of/transport.py`` says the same as tests.

A transport sends GET requests only: every parameter of a BBB call travels in the query. What it sends is the target it
was given, byte for byte, with four headers of its own and nothing else; what it hands back is a status, a body as it
came, and where a redirect would have led. It follows nothing, keeps no cookies, decompresses nothing, and reads neither
proxy variables nor ``.netrc`` nor variables that name other authorities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, Protocol

Reason = Literal["connect", "tls", "timeout", "closed", "too_large", "protocol"]

_SENTENCES: Final = MappingProxyType(
    {
        "connect": "no connection to the backend",
        "tls": "no trusted connection to the backend",
        "timeout": "no complete answer of the backend within the time allowed",
        "closed": "the backend closed the connection before its answer was complete",
        "too_large": "the backend's answer is larger than allowed",
        "protocol": "the backend's answer is not HTTP as expected",
    }
)


class UpstreamError(Exception):
    """There is no answer, and ``reason`` says why. After ``connect`` and ``tls`` no byte of the request had been sent.

    After any other reason the backend may have carried out the call. The text, the cause and the context never hold
    anything of the request: its query is signed and names people.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason

    def __str__(self) -> str:
        return f"{self.reason}: {_SENTENCES[self.reason]}"


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer. ``location`` is the Location header as sent, or None; ``body`` is not decompressed."""

    status: int
    location: str | None
    body: bytes


def read_location(sent: Sequence[str]) -> str | None:
    """Give the one Location of an answer. Raises UpstreamError (protocol) if there are several, or unprintable ones."""
    found = {location.strip() for location in sent}
    if len(found) > 1 or not all(location.isprintable() for location in found):
        raise UpstreamError("protocol")
    return found.pop() if found else None


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one transport, for all backends.

    ``connect_seconds`` bounds name look-up, connection and TLS handshake together, within the total of an exchange.
    ``max_bytes`` bounds a body. ``max_connections`` counts per backend. ``ca_bundle`` is a PEM file that *replaces* the
    public authorities. ``verify=False`` accepts any certificate: for laboratories. A connection that rested longer than
    ``idle_seconds`` is not used again: BBB's nginx closes after 65, and a call that must not be repeated should not
    meet a connection that is just being closed. Raises ValueError where a value makes no sense.
    """

    connect_seconds: float = 1.0
    max_bytes: int = 8 * 1024 * 1024
    max_connections: int = 64
    ca_bundle: str | None = None
    verify: bool = True
    user_agent: str = "senfcall-avv"
    idle_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.connect_seconds <= 0 or self.idle_seconds < 0:
            raise ValueError("connect_seconds must be above 0 and idle_seconds must not be negative")
        if self.max_bytes < 1 or self.max_connections < 1:
            raise ValueError("max_bytes and max_connections must be at least 1")
        if not (self.user_agent.isascii() and self.user_agent.isprintable() and self.user_agent.strip()):
            raise ValueError("user_agent must be printable ASCII")

    @property
    def headers(self) -> dict[str, str]:
        """Every header that is sent, apart from Host."""
        return {
            "User-Agent": self.user_agent,
            "Accept": "application/xml, text/xml, */*",
            "Accept-Encoding": "identity",
        }


class Transport(Protocol):
    """Safe to use from any number of threads. ``name`` is the one it is chosen by in the settings."""

    name: str

    def get(self, url: str, *, total_seconds: float, repeatable: bool) -> Reply:
        """Send one request and wait for its complete answer, ``total_seconds`` at most, waiting for a turn included.

        ``url`` is absolute and already encoded. An exchange is repeated once, if ``repeatable``, and only when a kept
        connection ended before an answer began: then the backend most likely never saw the request.
        Raises UpstreamError, and ValueError for a URL that cannot be sent as it is.
        """
        ...

    def close(self) -> None:
        """Close all connections, those in use as soon as their exchange is over. Afterwards ``get`` fails (closed)."""
        ...
