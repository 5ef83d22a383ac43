"""HTTP requests and answers as the simulator sees them: raw where a test wants to look at the bytes."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, replace
from html import escape
from http import HTTPStatus
from typing import Any, Final, Literal
from urllib.parse import unquote

Headers = tuple[tuple[str, str], ...]

XML_TYPE: Final = "text/xml;charset=utf-8"
PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
NO_CACHE: Final[Headers] = (("Cache-Control", "no-cache"),)
_API: Final = re.compile(r"/bigbluebutton(?:/(?:api(?:/(?P<call>.*))?)?)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as received. ``target`` is the raw one, one character a byte; ``headers`` keep their order."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    peer: str = "127.0.0.1"
    chunked: bool = False

    @property
    def query(self) -> str:
        """The raw query string; empty where there is none."""
        return self.target.partition("?")[2]

    @property
    def path(self) -> str:
        """The path as Tomcat reads it: decoded, path parameters and doubled slashes removed."""
        raw = re.sub(r";[^/]*", "", self.target.partition("?")[0])
        return re.sub(r"/{2,}", "/", unquote(raw))

    @property
    def call(self) -> str | None:
        """The name behind ``/api/``, empty for the root document, None outside the API."""
        found = _API.fullmatch(self.path)
        return (found["call"] or "").rstrip("/") if found else None

    def header(self, name: str) -> str:
        """The first header of that name, in any letter case; empty where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait before the answer: until ``released``, at most ``seconds`` (None: for ever)."""

    released: threading.Event
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the ways in which a fault wants it sent."""

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    length: int | None = None
    """The Content-Length that is claimed; None: the body's own."""
    hold: Hold | None = None
    pace: float = 0.0
    """Seconds between single bytes; 0 sends everything at once."""
    ending: Literal["keep", "close", "reset"] = "keep"
    """What happens to the connection afterwards. A reset is sent as TCP RST."""
    silent: bool = False
    """Nothing at all is sent."""

    def all_headers(self) -> Headers:
        """The headers with the Content-Length that is to be claimed."""
        length = len(self.body) if self.length is None else self.length
        return (*self.headers, ("Content-Length", str(length)))

    def adding(self, *headers: tuple[str, str]) -> Answer:
        """The same answer with further headers."""
        return replace(self, headers=(*self.headers, *headers))


def xml(body: bytes, *, cached: bool = False) -> Answer:
    """Answer a document of the API; most forbid caching."""
    return Answer(headers=(("Content-Type", XML_TYPE), *(() if cached else NO_CACHE)), body=body)


def as_json(value: Any, status: int = 200, indent: int | None = None) -> Answer:
    body = json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8", "replace")
    return Answer(status, (("Content-Type", "application/json"),), body)


def html(text: str, status: int = 200, headers: Headers = ()) -> Answer:
    return Answer(status, (("Content-Type", "text/html;charset=utf-8"), *headers), text.encode("utf-8", "replace"))


def redirect(url: str, status: int = 302) -> Answer:
    return Answer(status, (("Location", url),))


def container_error(status: int, message: str = "") -> Answer:
    """The servlet container's own page, which is no BBB document."""
    title = f"HTTP Status {status} – {HTTPStatus(status).phrase}"
    detail = f"<p><b>Message</b> {escape(message)}</p>" if message else ""
    return html(
        f'<!doctype html><html lang="en"><head><title>{title}</title></head>'
        f'<body><h1>{title}</h1><hr class="line" />{detail}<p><b>Type</b> Status Report</p></body></html>',
        status,
        (("Content-Language", "en"),),
    )
