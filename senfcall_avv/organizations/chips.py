"""The chips of applications and tasks: one table each, from state to icon and word."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.layout.chips import Chip
from senfcall_avv.organizations.lifecycle import State
from senfcall_avv.organizations.models import Application
from senfcall_avv.organizations.tasks import Status

_IN_REVIEW: Final = Chip("info", "hourglass", _("In Prüfung"))
APPLICATION: Final = MappingProxyType(
    {
        State.DRAFT: Chip("quiet", "pencil", _("Entwurf")),
        State.SUBMITTED: Chip("info", "hourglass", _("Eingereicht")),
        State.IN_REVIEW: _IN_REVIEW,
        State.DEFERRED: _IN_REVIEW,
        State.SECOND_REVIEW: _IN_REVIEW,
        State.INFO_REQUESTED: Chip("warn", "warning", _("Rückfrage an euch")),
        State.APPROVED: Chip("ok", "check", _("Freigeschaltet")),
        State.DECLINED: Chip("quiet", "cross", _("Abgelehnt")),
        State.WITHDRAWN: Chip("quiet", "back", _("Zurückgezogen")),
        State.EXPIRED: Chip("quiet", "back", _("Ohne Antwort geschlossen")),
    }
)
"""As applicants see it: who reads, and that it waits inside, is not told."""
TASK: Final = MappingProxyType(
    {
        Status.TODO: Chip("quiet", "ring", _("Noch offen")),
        Status.PARTIAL: Chip("info", "half", _("Angefangen")),
        Status.DONE: Chip("plain", "check", _("Fertig")),
        Status.PROBLEM: Chip("bad", "warning", _("Bitte ändern")),
    }
)
BLOCKED: Final = _("Erst danach möglich")


def application_chip(application: Application | None) -> Chip:
    """Give the chip of an organisation's application."""
    return APPLICATION[application.state] if application else Chip("quiet", "ring", _("Kein Antrag"))
