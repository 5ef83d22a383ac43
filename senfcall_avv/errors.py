"""Pages for people when something fails: what happened, a way on, and the reference that finds the log line.

Plugins never see these: their door answers in BBB's words, whatever happens.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pyramid.httpexceptions import HTTPException
from pyramid.response import Response

from senfcall_avv.layout.notice import Notice, Text, render
from senfcall_avv.logs import log

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import Request

_CONTENT_SECURITY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
PORTAL_HEADERS: Final = (
    ("Content-Security-Policy", _CONTENT_SECURITY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)

_HOME_DE, _HOME_EN = "Zur Startseite", "Go to the start page"
NOTICES: Final = MappingProxyType(
    {
        400: Notice(
            Text(
                "de",
                "Das haben wir nicht verstanden",
                "Die Seite hat etwas bekommen, das nicht passt. Geh einmal zurück, deine Eingaben sind meist noch da.",
                _HOME_DE,
                "/",
            ),
            Text(
                "en",
                "We could not read that",
                "The page received something that does not fit. Go back once; what you typed is usually still there.",
                _HOME_EN,
                "/",
            ),
        ),
        404: Notice(
            Text(
                "de",
                "Diese Seite gibt es nicht",
                "Vielleicht ein alter Link, oder sie gehört zu einem anderen Konto.",
                _HOME_DE,
                "/",
            ),
            Text("en", "Page not found", "An old link perhaps, or it belongs to another account.", _HOME_EN, "/"),
        ),
        500: Notice(
            Text(
                "de",
                "Da ist bei uns etwas schiefgegangen",
                "Deine letzte Eingabe wurde nicht gespeichert. Wir haben es mit dieser Kennung festgehalten.",
                "Noch einmal versuchen",
            ),
            Text(
                "en",
                "Something broke on our side",
                "Your last entry was not saved. We recorded it under this reference.",
                "Try again",
            ),
        ),
    }
)


def bare_page(status: int, request_id: str, accept_language: str = "") -> tuple[bytes, list[tuple[str, str]]]:
    """Give the page and its headers for a status: of those without a page of their own, 4xx read as 400, others as
    500.
    """
    notice = NOTICES.get(status) or NOTICES[404 if status == 405 else 400 if status < 500 else 500]
    body = render(notice, request_id, accept_language)
    return body, [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"), *PORTAL_HEADERS]


def _respond(status: int, request: Request) -> Response:
    body, headers = bare_page(status, request.request_id, request.headers.get("Accept-Language", ""))
    response = Response(body, status=status, headerlist=[*headers, ("X-Request-Id", request.request_id)])
    response.content_length = len(body)
    return response


def http_error(error: HTTPException, request: Request) -> Response:
    """Answer what the framework or a view refused."""
    return _respond(error.status_code, request)


def failed(error: Exception, request: Request) -> Response:
    """Answer what nobody foresaw, and log it."""
    log.exception("request.failed", error, request_id=request.request_id, door="portal")
    return _respond(500, request)


class PortalOnly:
    """Predicate: these pages are not for plugins, whose tween answers every exception itself."""

    def __init__(self, value: bool, _config: Configurator) -> None:
        self.value = value

    def text(self) -> str:
        return f"portal_only = {self.value}"

    phash = text

    def __call__(self, _context: object, request: Request) -> bool:
        return (not request.is_gateway) is self.value


def includeme(config: Configurator) -> None:
    config.add_view_predicate("portal_only", PortalOnly)
    config.add_exception_view(http_error, context=HTTPException, portal_only=True)
    config.add_exception_view(failed, context=Exception, portal_only=True)
