"""The API reference, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from senfcall_avv.bbb.errors import MESSAGES
from senfcall_avv.i18n import _
from senfcall_avv.public import api_reference
from senfcall_avv.public.installed import described, settings_of

if TYPE_CHECKING:
    from senfcall_avv.public.resources import ApiJsonResource, ApiResource
    from senfcall_avv.typing import Request


def reference(_context: ApiResource, request: Request) -> dict[str, Any]:
    """Show what the policy in force says."""
    settings = settings_of(request)
    description, catalogue = described(request)
    return {
        "title": _("API-Referenz"),
        "api": api_reference.reference(description, catalogue, request.language),
        "errors_table": [(key, words, MESSAGES[key]) for key, words in api_reference.ERRORS.items()],
        "example": api_reference.example(),
        "algorithms": settings.gateway.algorithms,
        "address": settings.endpoint_url("KEY"),
        "today": request.now,
    }


def machine_readable(_context: ApiJsonResource, request: Request) -> dict[str, Any]:
    """Give the same as JSON."""
    description, catalogue = described(request)
    return api_reference.machine_readable(description, catalogue, settings_of(request).gateway.algorithms)
