"""Pages for people when something fails: what happened, a way on, and the reference that finds the log line.

They stand in the frame; where the frame itself fails, ``bare_page`` says the same without it, in both languages.
Plugins never see any of these: their door answers in BBB's words, whatever happens.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import (
    HTTPException,
    HTTPForbidden,
    HTTPNotFound,
    HTTPRedirection,
    HTTPSeeOther,
    HTTPTooManyRequests,
)
from pyramid.renderers import render
from pyramid.response import Response

from senfcall_avv.i18n import _
from senfcall_avv.layout.failures import NOTICES, TOO_LONG_OPEN, notice_for
from senfcall_avv.layout.formats import Formats
from senfcall_avv.layout.notice import Notice, reference_of
from senfcall_avv.layout.notice import render as render_bare
from senfcall_avv.layout.paths import HOME, own_path
from senfcall_avv.logs import log
from senfcall_avv.root import Resource, lineage_of
from senfcall_avv.security import Permission
from senfcall_avv.security.csrf import from_our_origin
from senfcall_avv.security.headers import PORTAL_HEADERS

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import Request

__all__ = ["NOTICES", "PORTAL_HEADERS", "TooManyTries", "bare_page"]

_TEMPLATE: Final = "senfcall_avv.layout:templates/error.pt"
_LOGIN: Final = "avv.login"
Login = Callable[["Request"], Response]


class TooManyTries(HTTPTooManyRequests):  # type: ignore[misc]  # Pyramid has no types
    """Refuses what was tried too often; the page says when it goes on."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


def bare_page(status: int, request_id: str, accept_language: str = "") -> tuple[bytes, list[tuple[str, str]]]:
    """Give the page without the frame and its headers, for the edge and for a frame that fails."""
    body = render_bare(notice_for(status), request_id, accept_language)
    return body, [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"), *PORTAL_HEADERS]


def _bare(status: int, request: Request) -> Response:
    body, headers = bare_page(status, request.request_id, request.headers.get("Accept-Language", ""))
    response = Response(body, status=status, headerlist=[*headers, ("X-Request-Id", request.request_id)])
    response.content_length = len(body)
    return response


def _page(status: int, request: Request, notice: Notice, *, sentence: str = "", more: str = "") -> Response:
    """Say something in the frame. Nothing in it may fail: then it is said without the frame."""
    bare = status >= 500
    if bare and "language" not in request.__dict__:
        # Whoever is logged in stands in the database, which may be what fails.
        request.language = request.language_without_account
    try:
        text = notice.en if request.language == "en" else notice.de
        body = render(
            _TEMPLATE,
            {
                "title": text.heading,
                "sentence": sentence or text.sentence,
                "more": more,
                "action": text.action,
                "target": text.target or _way_back(request),
                "reference": reference_of(request.request_id),
                "status": status,
                "bare": bare,
                # Whoever may not be told that something is there is not told where it is, either.
                "placed": status == 403,
                # Nor is what was asked for repeated, by the switch that keeps the page.
                "here": HOME,
            },
            request=request,
        )
    except Exception as error:  # noqa: BLE001  # whatever the frame needs may be what is broken
        log.exception("request.failed", error, request_id=request.request_id, door="portal")
        return _bare(status, request)
    return Response(body, status=status, content_type="text/html", charset="utf-8")


def _way_back(request: Request) -> str:
    """Give the page that the browser came from if it is ours, or this one if it can be asked again.

    This one is the empty reference: nothing of what was asked for is repeated in the page.
    """
    if request.method in {"GET", "HEAD"}:
        return ""
    at = urlsplit(request.headers.get("Referer", "")) if from_our_origin(request) else None
    return own_path(request, f"{at.path}?{at.query}" if at and at.query else at.path if at else HOME)


def http_error(error: HTTPException, request: Request) -> Response:
    """Answer what the framework or a view refused."""
    if isinstance(error, HTTPRedirection):
        return error
    status = error.status_code
    if isinstance(error, (BadCSRFToken, BadCSRFOrigin)):
        return _page(status, request, TOO_LONG_OPEN)
    response = _page(status, request, notice_for(status), **_details(error, request))
    for name in ("Retry-After", "Allow"):
        if name in error.headers:
            response.headers[name] = error.headers[name]
    return response


def _details(error: HTTPException, request: Request) -> dict[str, str]:
    if isinstance(error, TooManyTries):
        return {"sentence": _until(error.until, request)}
    if error.status_code == 413:
        allowed = request.registry["avv.settings"].documents.max_file_bytes
        said = _("Erlaubt sind ${size} je Datei.", mapping={"size": Formats(request.language).size(allowed)})
        return {"more": request.localizer.translate(said)}
    return {}


def _until(until: datetime, request: Request) -> str:
    time = Formats(request.language).time_of_day(until)
    said = _("Das waren viele Versuche in kurzer Zeit. Ab ${time} geht es weiter.", mapping={"time": time})
    text: str = request.localizer.translate(said)
    return text


def too_many(error: TooManyTries, request: Request) -> Response:
    """Answer somebody who tried too often."""
    response = http_error(error, request)
    response.headers["Retry-After"] = str(max(1, int((error.until - request.now).total_seconds()) + 1))
    return response


def missing(error: HTTPNotFound, request: Request) -> Response:
    """Answer for what there isn't. A stranger below a private resource cannot tell it from what there is."""
    at = getattr(request, "context", None)
    if any(resource.private for resource in lineage_of(at)) and request.identity is None:
        return _log_in(request)
    return http_error(error, request)


def forbidden(error: HTTPForbidden, request: Request) -> Response:
    """Answer for what somebody may not: log in first, not here, or as if it were not there."""
    if request.identity is None:
        return _log_in(request)
    context: Any = getattr(request, "context", None)
    if not isinstance(context, Resource) or not request.has_permission(Permission.VIEW, context):
        return http_error(HTTPNotFound(), request)
    permission = getattr(getattr(error, "result", None), "permission", "")
    holders = next((found for at in lineage_of(context) if (found := at.holders(permission))), None)
    if holders is None:
        return http_error(error, request)
    said = _(
        "Dafür braucht es die Rolle ${role}. Die hat in eurer Organisation: ${names}.",
        mapping={"role": request.localizer.translate(holders.role), "names": ", ".join(holders.names)},
    )
    return _page(403, request, NOTICES[403], sentence=request.localizer.translate(said))


def _log_in(request: Request) -> Response:
    login: Login = request.registry.get(_LOGIN, to_login)
    return login(request)


def to_login(request: Request) -> Response:
    """Lead to the log-in, and from there back to this page if it can be asked again."""
    back = own_path(request, request.path_qs) if request.method in {"GET", "HEAD"} else HOME
    return HTTPSeeOther("/login" if back == HOME else f"/login?next={quote(back, safe='/')}")


def failed(error: Exception, request: Request) -> Response:
    """Answer what nobody foresaw, and log it."""
    log.exception("request.failed", error, request_id=request.request_id, door="portal")
    return _page(500, request, NOTICES[500])


class PortalOnly:
    """Predicate: these pages are not for plugins, whose tween answers every exception itself."""

    def __init__(self, value: bool, _config: Configurator) -> None:
        self.value = value

    def text(self) -> str:
        return f"portal_only = {self.value}"

    phash = text

    def __call__(self, _context: object, request: Request) -> bool:
        return (not request.is_gateway) is self.value


def set_login(config: Configurator, function: Login) -> None:
    """Directive: say how a stranger at a closed page is answered."""
    config.action(_LOGIN, lambda: config.registry.__setitem__(_LOGIN, function))


def includeme(config: Configurator) -> None:
    config.add_directive("set_login", set_login)
    config.add_view_predicate("portal_only", PortalOnly)
    for view, kind in (
        (http_error, HTTPException),
        (missing, HTTPNotFound),
        (forbidden, HTTPForbidden),
        (too_many, TooManyTries),
        (failed, Exception),
    ):
        config.add_exception_view(view, context=kind, portal_only=True)
