"""The calls that BBB makes itself when a meeting has ended, and its patience with those who do not answer."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote_plus, urlsplit

from senfcall_avv.simulator.state import Meeting

RETRIES: Final = (30.0, 60.0, 120.0, 300.0)
"""Seconds from each failed attempt to the next."""
TIMEOUT: Final = 5.0
"""Seconds."""

Deliver = Callable[[str], int]
"""Fetch a URL; gives the HTTP status, 0 where nobody answered."""


@dataclass(slots=True)
class Callback:
    url: str
    due: float
    statuses: list[int] = field(default_factory=list)
    """What each attempt met so far."""

    @property
    def done(self) -> bool:
        return any(200 <= status < 300 for status in self.statuses) or len(self.statuses) > len(RETRIES)


def fetch(url: str) -> int:
    """GET a URL as it is written, following nothing."""
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    try:
        parts = urlsplit(url)
        kind = kinds.get(parts.scheme)
        if kind is None or not parts.hostname:
            return 0
        connection = kind(parts.hostname, parts.port, timeout=TIMEOUT)
        try:
            connection.request("GET", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
            status: int = connection.getresponse().status
            return status
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return 0


def end_url_of(meeting: Meeting) -> str:
    """The address of ``meta_endCallbackUrl`` with the two parameters that BBB adds; empty where there is none."""
    url = meeting.metadata.get("endcallbackurl", "")
    if not url or meeting.breakout:
        return ""
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}recordingmarks=false&meetingID={quote_plus(meeting.external_id)}"


class Callbacks:
    """What is to be called, and what became of it."""

    def __init__(self) -> None:
        self.all: list[Callback] = []

    def ended(self, meetings: Iterable[Meeting], now: float) -> None:
        """Note the callbacks of meetings that have just been removed."""
        for meeting in meetings:
            urls = (end_url_of(meeting), meeting.ended_url)
            self.all += [Callback(url, now) for url in urls if url]

    def due(self, now: float) -> list[Callback]:
        return [one for one in self.all if not one.done and one.due <= now]

    @staticmethod
    def attempted(callback: Callback, status: int, now: float) -> None:
        """Note an attempt, and when the next one is due."""
        callback.statuses.append(status)
        if not callback.done:
            callback.due = now + RETRIES[len(callback.statuses) - 1]
