"""The operators' own texts: terms, privacy, imprint, accessibility, sub-processors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from senfcall_avv.i18n import _
from senfcall_avv.public.installed import settings_of, texts_of
from senfcall_avv.public.retention import retention

if TYPE_CHECKING:
    from senfcall_avv.public.resources import SubProcessorsResource, TextResource
    from senfcall_avv.typing import Request


def text(context: TextResource, request: Request) -> dict[str, Any]:
    """Show one text with version, date and contents; below the privacy notice what is kept for how long."""
    found = texts_of(request).document(context.__name__, request.language)
    kept = list(retention(settings_of(request))) if found.name == "privacy" else []
    return {"title": found.title, "text": found, "kept": kept}


def sub_processors(_context: SubProcessorsResource, request: Request) -> dict[str, Any]:
    """List who works for us."""
    return {
        "title": _("Unterauftragsverarbeiter"),
        "listed": texts_of(request).sub_processors,
        "member": request.identity is not None,
    }
