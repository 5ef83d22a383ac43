"""Help: which frontend, and for each of them what to enter, what is different here and what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from senfcall_avv.i18n import _
from senfcall_avv.public.guides import Addresses, guides, shown_fields, verdict
from senfcall_avv.public.installed import described, settings_of
from senfcall_avv.public.own_addresses import own_keys

if TYPE_CHECKING:
    from senfcall_avv.public.resources import GuideResource, HelpResource, UnknownGuideResource
    from senfcall_avv.typing import Request


def overview(_context: HelpResource, request: Request) -> dict[str, Any]:
    """List the guides."""
    return {"title": _("Hilfe"), "guides": guides().values(), "unknown": False, "language": request.language}


def unknown(_context: UnknownGuideResource, request: Request) -> dict[str, Any]:
    """List the guides, because there is none of this name."""
    request.response.status_int = 404
    return {"title": _("Hilfe"), "guides": guides().values(), "unknown": True, "language": request.language}


def guide(context: GuideResource, request: Request) -> dict[str, Any]:
    """Show one guide. Members who may see the access find their own address in it, never the secret."""
    found = context.guide
    settings = settings_of(request)
    keys = own_keys(request)
    address = settings.endpoint_url(keys[0].key if keys else "KEY")
    description, catalogue = described(request)
    judged = verdict(found, description, catalogue)
    return {
        "title": found.title.plain(request.language),
        "guide": found,
        "fields": shown_fields(found, request.language, Addresses(address, f"{address}api/")),
        "own": keys[0] if keys else None,
        "refused": judged.refused,
        "losses": judged.losses,
        "revision": description.revision,
    }
