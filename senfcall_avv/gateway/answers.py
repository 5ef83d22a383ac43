"""What plugins get back: a light answer object, always HTTP 200, always with the same headers.

Building a full ``pyramid.response.Response`` costs as much as all the checks before it, and plugins need four headers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from pyramid.interfaces import IResponse
from zope.interface import implementer

from senfcall_avv.bbb import xml
from senfcall_avv.edge import GATEWAY_HEADERS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from senfcall_avv.bbb.errors import Failure

PAGE_HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_XML_HEADERS: Final = (("Content-Type", xml.CONTENT_TYPE), *GATEWAY_HEADERS)
_JSON_HEADERS: Final = (("Content-Type", xml.JSON_TYPE), *GATEWAY_HEADERS)
_REASONS: Final = {
    200: "200 OK",
    302: "302 Found",
    403: "403 Forbidden",
    404: "404 Not Found",
    409: "409 Conflict",
    410: "410 Gone",
    502: "502 Bad Gateway",
    503: "503 Service Unavailable",
}


@implementer(IResponse)
class Answer:
    """A finished answer: status line, headers, body in one piece. Kept for one request, never shared."""

    __slots__ = ("body", "headerlist", "status")

    def __init__(self, status: int, headers: Iterable[tuple[str, str]], body: bytes, request_id: str) -> None:
        self.status = _REASONS[status]
        self.body = body
        self.headerlist = [*headers, ("Content-Length", str(len(body))), ("X-Request-Id", request_id)]

    @property
    def status_int(self) -> int:
        return int(self.status[:3])

    @property
    def app_iter(self) -> list[bytes]:
        return [self.body]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response(self.status, self.headerlist)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.body]


def document(body: bytes, request_id: str, content_type: str = xml.CONTENT_TYPE) -> Answer:
    """Answer with a finished document."""
    return Answer(200, _XML_HEADERS if content_type is xml.CONTENT_TYPE else _JSON_HEADERS, body, request_id)


def failed(what: Failure, request_id: str, *, as_json: bool = False) -> Answer:
    """Answer with BBB's failure document; the two text-track calls speak JSON."""
    if as_json:
        return Answer(200, _JSON_HEADERS, xml.failed_json(what), request_id)
    return Answer(200, _XML_HEADERS, xml.failed(what), request_id)


def redirect(location: str, request_id: str) -> Answer:
    """Send a browser on. The body is empty: a page that repeats the address would repeat name and checksum."""
    headers = (("Location", location), ("Content-Type", "text/plain; charset=utf-8"), *GATEWAY_HEADERS)
    return Answer(302, headers, b"", request_id)


def page(status: int, body: bytes, request_id: str) -> Answer:
    """Answer a person who followed a join link."""
    return Answer(status, PAGE_HEADERS, body, request_id)
