"""The outermost layer: what reaches the application has one spelling of its path, a known host and an id of ours.

Pyramid's traverser drops empty, ``.`` and ``..`` segments and honours ``X-Vhm-Root``; whoever looks at the path before
it would see another address than it. So ambiguous paths are refused here and dangerous headers removed, for both doors.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from senfcall_avv.bbb import xml
from senfcall_avv.bbb.errors import failure
from senfcall_avv.edge_names import DOOR, GATEWAY_ROOTS, REQUEST_ID
from senfcall_avv.errors import bare_page
from senfcall_avv.logs import log

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from senfcall_avv.settings import Settings

GATEWAY_HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
"""On every XML answer: an XHTML script inside XML would otherwise run in our origin."""

_FAILURES: Final = {key: xml.failed(failure(key)) for key in ("internalError", "unsupportedRequest")}
"""Written at start: the last resort must not need anything that may just have failed."""
_SAFE_SEGMENT = re.compile(r"(?!\.{1,2}$|@@)[!-$&-:<-\[\]-~]+")
_TARGET = re.compile(r"/[!-\"$-~]*")
"""A request's target as sent, where the server tells. Of others servers make something else: they cut off a host or a
fragment and drop tabs, so what a checksum covers would not be what arrived.
"""
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def _netloc(url: str) -> str:
    at = urlsplit(url)
    return at.netloc.lower().removesuffix(_DEFAULT_PORTS[at.scheme])


def _split(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


class Edge:
    """The WSGI application that servers run; ``close`` ends what the application runs in the background."""

    def __init__(
        self, app: WSGIApplication, settings: Settings, registry: Any, on_close: list[Callable[[], None]]
    ) -> None:
        self.app = app
        self.registry = registry
        self._on_close = on_close
        self._portal = _netloc(settings.public_url)
        self._gateway = _netloc(settings.gateway_url)

    def close(self) -> None:
        """End background work, newest first, and write what is still in memory."""
        while self._on_close:
            self._on_close.pop()()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request_id = os.urandom(16).hex()
        environ[REQUEST_ID] = request_id
        environ.pop("HTTP_X_VHM_ROOT", None)
        environ.pop("HTTP_X_VHM_HOST", None)
        segments = _split(environ.get("PATH_INFO", ""))
        gateway = bool(segments) and segments[0] in GATEWAY_ROOTS
        environ[DOOR] = "gateway" if gateway else "portal"
        refused = self._refusal(environ, segments, gateway=gateway)
        if refused is None:
            try:
                return self.app(environ, start_response)
            except Exception as error:  # noqa: BLE001  # the last resort: nothing may escape to the server's own error page
                log.exception("request.failed", error, request_id=request_id, door=environ[DOOR])
                refused = "500 Internal Server Error"
        return _refuse(refused, environ, start_response, gateway=gateway)

    def _refusal(self, environ: WSGIEnvironment, segments: list[str], *, gateway: bool) -> str | None:
        if not _TARGET.fullmatch(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "/"):
            return "400 Bad Request"
        scheme = environ.get("wsgi.url_scheme", "http")
        host = environ.get("HTTP_HOST", "").lower().removesuffix(_DEFAULT_PORTS.get(scheme, ""))
        if host not in (self._portal, self._gateway):
            return "400 Bad Request"
        if self._portal != self._gateway and host != (self._gateway if gateway else self._portal):
            return "404 Not Found"
        if gateway:
            return None if all(map(_SAFE_SEGMENT.fullmatch, segments)) else "200 OK"
        return "400 Bad Request" if _unreadable(segments) else None


def _unreadable(segments: list[str]) -> bool:
    if any(segment in {".", ".."} or "\0" in segment for segment in segments):
        return True
    try:
        "/".join(segments).encode("latin-1").decode()
    except UnicodeError:
        return True
    return False


def _refuse(status: str, environ: WSGIEnvironment, start_response: StartResponse, *, gateway: bool) -> Iterable[bytes]:
    request_id = environ[REQUEST_ID]
    if gateway:
        key = "internalError" if status.startswith("500") else "unsupportedRequest"
        # Plugins treat any other status than 200 as "server down"; a wrong host is a set-up fault and may say so.
        status = "200 OK" if status.startswith("500") else status
        body, headers = _FAILURES[key], [("Content-Type", xml.CONTENT_TYPE), *GATEWAY_HEADERS]
    else:
        body, headers = bare_page(int(status[:3]), request_id)
    headers += [("Content-Length", str(len(body))), ("X-Request-Id", request_id)]
    start_response(status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
