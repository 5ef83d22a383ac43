"""The status page: what is known now, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from senfcall_avv.i18n import _
from senfcall_avv.layout.chips import Chip
from senfcall_avv.public import status as judging
from senfcall_avv.public.installed import probe_of, texts_of

if TYPE_CHECKING:
    from senfcall_avv.public.resources import StatusResource
    from senfcall_avv.typing import Request

_ICONS = {"ok": "check", "bad": "cross", "warn": "warning", "quiet": "ring"}


def status(_context: StatusResource, request: Request) -> dict[str, Any]:
    """Measure what can be measured, and show it with what the team announced."""
    now = request.now
    announcements = texts_of(request).announcements
    open_now = announcements.now(now)
    failures = request.registry["avv.policy"].failures.recent()
    states = judging.announced(
        (
            judging.portal(now),
            judging.api(failures, now),
            judging.conference(probe_of(request).look()),
            judging.phone(),
            judging.mail(request.db, now),
        ),
        open_now,
    )
    troubled = [judging.NAMES[state.part] for state in states if state.kind in {"bad", "warn"}]
    translate = request.localizer.translate
    return {
        "title": _("Status"),
        "now": now,
        "news": open_now,
        "troubled": ", ".join(translate(name) for name in troubled),
        "rows": [
            (judging.NAMES[state.part], Chip(state.kind, _ICONS[state.kind], state.words), state.note, state.at)
            for state in states
        ],
        "past": [
            (row.day, judging.NAMES[row.part], row.minutes) for row in judging.trouble(announcements.announcements, now)
        ],
        "days": judging.DAYS,
    }
