"""What is known now about the five parts, and the disturbances that operators announced in the last thirty days.

Only what was measured is claimed. Where nothing is measured the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from senfcall_avv.i18n import _
from senfcall_avv.mail.models import MailState, OutgoingMail
from senfcall_avv.public.probe import Seen
from senfcall_avv.public.texts import Announcement, Part

DAYS: Final = 30
LATE: Final = timedelta(minutes=15)
"""A mail that waits longer than this is late."""
RECENT: Final = timedelta(days=1)
"""A mail that went within this time shows that sending works."""
_BERLIN: Final = ZoneInfo("Europe/Berlin")

NAMES: Final = MappingProxyType(
    {
        "portal": _("Portal"),
        "api": _("API-Zugang"),
        "conference": _("Videokonferenz"),
        "phone": _("Telefon-Einwahl"),
        "mail": _("Mailversand"),
    }
)
PARTS: Final[tuple[Part, ...]] = get_args(Part)


class State(NamedTuple):
    """How a part is: a chip, a sentence, and when that was seen; ``at`` None: it was not measured."""

    part: Part
    kind: str
    words: str
    note: str
    at: datetime | None


class Trouble(NamedTuple):
    """A part that did not work for some minutes of a day."""

    day: date
    part: Part
    minutes: int


UP: Final = _("Erreichbar")
DOWN: Final = _("Nicht erreichbar")
LIMITED: Final = _("Eingeschränkt")
UNKNOWN: Final = _("Keine Messung")
_KINDS: Final[Mapping[str, str]] = MappingProxyType({UP: "ok", DOWN: "bad", LIMITED: "warn", UNKNOWN: "quiet"})


def _state(part: Part, words: str, note: str, at: datetime | None) -> State:
    return State(part, _KINDS[words], words, note, at)


def portal(now: datetime) -> State:
    """Say of the portal what this page proves."""
    return _state("portal", UP, _("Diese Seite kam gerade von ihm."), now)


def api(recent_failures: int, now: datetime) -> State:
    """Judge the access by the rules that decide about every call."""
    if recent_failures:
        return _state("api", LIMITED, _("Manche Aufrufe ließen sich in der letzten Minute nicht entscheiden."), now)
    return _state("api", UP, _("Aufrufe werden angenommen und geprüft."), now)


def conference(seen: Seen | None) -> State:
    """Judge the conference servers by the last look at them."""
    if seen is None:
        return _state("conference", UNKNOWN, _("Die Messung läuft noch. Lade die Seite gleich noch einmal."), None)
    if seen.answered:
        return _state("conference", UP, _("Der Server hat auf unsere Anfrage geantwortet."), seen.at)
    return _state("conference", DOWN, _("Der Server hat auf unsere Anfrage nicht geantwortet."), seen.at)


def phone() -> State:
    """Admit that nobody measures the telephone."""
    return _state("phone", UNKNOWN, _("Dafür messen wir nichts. Störungen tragen wir hier von Hand ein."), None)


def mail(session: Session, now: datetime) -> State:
    """Judge the sending of mails by the outbox."""
    oldest = session.scalar(select(func.min(OutgoingMail.created_at)).where(OutgoingMail.state == MailState.WAITING))
    if oldest is not None and now - oldest > LATE:
        return _state("mail", LIMITED, _("Mails kommen zurzeit später an."), now)
    sent = session.scalar(select(func.max(OutgoingMail.ended_at)).where(OutgoingMail.state == MailState.SENT))
    if sent is not None and now - sent < RECENT:
        return _state("mail", UP, _("Die letzte Mail ging ohne Verzögerung hinaus."), sent)
    return _state("mail", UNKNOWN, _("In den letzten 24 Stunden war keine Mail zu verschicken."), None)


def announced(states: Iterable[State], open_now: Sequence[Announcement]) -> tuple[State, ...]:
    """Let an announced disturbance count: operators know more than our measurements."""
    down = {part for announcement in open_now for part in announcement.down}
    note = _("Das Team hat eine Störung gemeldet, siehe oben.")
    return tuple(_state(s.part, DOWN, note, s.at) if s.part in down and s.words != DOWN else s for s in states)


def trouble(announcements: Iterable[Announcement], now: datetime) -> tuple[Trouble, ...]:
    """Count the announced minutes of the last thirty days, by day (of Berlin) and part, newest first."""
    first = now.astimezone(_BERLIN).date() - timedelta(days=DAYS - 1)
    spans: dict[tuple[date, Part], list[tuple[datetime, datetime]]] = {}
    for announcement in announcements:
        for part in announcement.down:
            for day, start, end in _days(announcement.begin, min(announcement.end or now, now)):
                if day >= first:
                    spans.setdefault((day, part), []).append((start, end))
    found = (Trouble(day, part, _minutes(pieces)) for (day, part), pieces in spans.items())
    return tuple(sorted(found, key=lambda row: (-row.day.toordinal(), PARTS.index(row.part))))


def _days(begin: datetime, end: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    """Cut a span at midnight."""
    start = begin.astimezone(_BERLIN)
    while start < end:
        midnight = datetime.combine(start.date() + timedelta(days=1), time(), _BERLIN)
        stop = min(midnight, end.astimezone(_BERLIN), key=lambda moment: moment.timestamp())
        yield start.date(), start, stop
        start = stop


def _minutes(pieces: list[tuple[datetime, datetime]]) -> int:
    """Add up spans, counting what overlaps once."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted((a.timestamp(), b.timestamp()) for a, b in pieces):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return max(1, round(total / 60))
