"""The start page: what is offered, to whom, and how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from senfcall_avv.i18n import _
from senfcall_avv.layout.chips import Chip
from senfcall_avv.organizations.figures import usual_days
from senfcall_avv.public.installed import settings_of, texts_of
from senfcall_avv.public.selfcheck import READY

if TYPE_CHECKING:
    from senfcall_avv.root import Root
    from senfcall_avv.typing import Request


def start(_context: Root, request: Request) -> dict[str, Any]:
    """Explain the offer, so that nobody applies in vain."""
    settings = settings_of(request)
    known = request.identity is not None
    return {
        "title": _("Videokonferenzen in eurem eigenen System"),
        "news": texts_of(request).announcements.now(request.now),
        "days": usual_days(request.db, settings.application.usual_days),
        "begin": _("Weiter zum Antrag") if known else _("Antrag beginnen"),
        "begin_url": "/organizations" if known else "/signup",
        "address": settings.endpoint_url("k7m2…").removesuffix("/bigbluebutton/"),
        "active": Chip("ok", "check", _("Aktiv")),
        "ready": READY,
    }
