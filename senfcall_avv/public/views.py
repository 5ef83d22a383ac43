"""The start page: what this address is for, and what it supports, generated from the policy in force."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chameleon import PageTemplateFile
from pyramid.response import Response

from senfcall_avv.errors import PORTAL_HEADERS
from senfcall_avv.layout.notice import STYLESHEET, first_language
from senfcall_avv.policy.engine import Outcome
from senfcall_avv.root import Root

if TYPE_CHECKING:
    from senfcall_avv.typing import Request


@cache
def _template() -> PageTemplateFile:
    return PageTemplateFile(str(Path(__file__).with_name("templates") / "start.pt"))


def start(_context: Root, request: Request) -> Response:
    """Say what plugins enter here and which calls work."""
    registry: Any = request.registry
    settings = registry["avv.settings"]
    description = registry["avv.policy"].describe(settings.policy.default_profile)
    calls = [call for call in description.calls if call.verb is Outcome.FORWARD]
    page = _template()(
        first=first_language(request.headers.get("Accept-Language", "")),
        stylesheet=STYLESHEET,
        address=settings.endpoint_url("KEY"),
        calls=calls,
    )
    response = Response(page, headerlist=[("Content-Type", "text/html; charset=utf-8"), *PORTAL_HEADERS])
    response.headers["X-Request-Id"] = request.request_id
    return response
