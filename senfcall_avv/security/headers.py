"""What every answer of the portal tells a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pyramid.response import Response

    from senfcall_avv.typing import Request

CONTENT_SECURITY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
PORTAL_HEADERS: Final = (
    ("Content-Security-Policy", CONTENT_SECURITY),
    ("X-Content-Type-Options", "nosniff"),
    # Not no-referrer: browsers would send "Origin: null" with our own forms.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
STRICT_TRANSPORT: Final = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


def add(request: Request, response: Response, *, secure: bool) -> None:
    """Add the headers, and forbid keeping pages of people who are logged in, unless the view said how to keep it."""
    for name, value in PORTAL_HEADERS:
        response.headers.setdefault(name, value)
    if secure:
        response.headers.setdefault(*STRICT_TRANSPORT)
    response.headers.setdefault("X-Request-Id", request.request_id)
    if "Cache-Control" not in response.headers:
        # Every page has a form with this browser's token.
        response.headers["Cache-Control"] = "no-store"
