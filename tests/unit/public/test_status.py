"""The status: what is measured is told, what is not is admitted, and announced minutes are counted once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.mail.models import MailState, OutgoingMail
from senfcall_avv.public import status
from senfcall_avv.public.probe import Seen
from senfcall_avv.public.status import DOWN, LIMITED, UNKNOWN, UP, Trouble
from senfcall_avv.public.texts import Announcement

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def announced(begin: datetime, end: datetime | None, *down: str) -> Announcement:
    return Announcement.model_validate({"words": {"de": "Störung"}, "begin": begin, "end": end, "down": down})


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_the_conference_is_what_the_last_look_saw() -> None:
    assert status.conference(None).words == UNKNOWN
    assert status.conference(None).at is None
    assert status.conference(Seen(NOW, answered=True))[2:] == (
        UP,
        status.conference(Seen(NOW, answered=True)).note,
        NOW,
    )
    assert status.conference(Seen(NOW, answered=False)).words == DOWN


def test_nobody_claims_to_measure_the_telephone() -> None:
    assert (status.phone().words, status.phone().at) == (UNKNOWN, None)


def test_calls_that_could_not_be_decided_limit_the_access() -> None:
    assert status.api(0, NOW).words == UP
    assert status.api(1, NOW).words == LIMITED


@pytest.mark.parametrize(
    ("mails", "words"),
    [
        ([], UNKNOWN),
        ([("waiting", 14, None)], UNKNOWN),
        ([("waiting", 16, None)], LIMITED),
        ([("sent", 60, 59)], UP),
        ([("sent", 60, 59), ("waiting", 16, None)], LIMITED),
        ([("sent", 60 * 30, 60 * 29)], UNKNOWN),
        ([("failed", 60, 50)], UNKNOWN),
    ],
)
def test_the_mails_are_judged_by_the_outbox(
    session_factory: SessionFactory, mails: list[tuple[str, int, int | None]], words: str
) -> None:
    with session_scope(session_factory) as session:
        for state, created, ended in mails:
            created_at = NOW - timedelta(minutes=created)
            session.add(
                OutgoingMail(
                    message="confirm",
                    language="de",
                    recipient="a@example.org",
                    state=MailState(state),
                    created_at=created_at,
                    next_at=created_at,
                    ended_at=None if ended is None else NOW - timedelta(minutes=ended),
                )
            )
    with session_scope(session_factory, write=False) as session:
        assert status.mail(session, NOW).words == words


def test_an_announced_disturbance_counts_more_than_a_measurement() -> None:
    states = (status.portal(NOW), status.phone(), status.conference(Seen(NOW, answered=False)))
    open_now = [announced(NOW, None, "phone", "conference")]
    told = {state.part: state for state in status.announced(states, open_now)}
    assert told["portal"].words == UP
    assert (told["phone"].words, told["phone"].kind) == (DOWN, "bad")
    assert told["conference"] == states[2]


def test_minutes_are_counted_by_day_of_berlin_and_part() -> None:
    over_midnight = announced(at(22, 22, 30), at(22, 23, 30), "api")  # 23:30 to 0:30 in Berlin
    assert status.trouble([over_midnight], NOW) == (
        Trouble(date(2026, 11, 23), "api", 30),
        Trouble(date(2026, 11, 22), "api", 30),
    )


def test_what_overlaps_is_counted_once_and_what_goes_on_counts_until_now() -> None:
    told = status.trouble(
        [
            announced(at(24, 10), at(24, 11), "conference", "phone"),
            announced(at(24, 10, 30), at(24, 11, 15), "conference"),
            announced(at(24, 11, 50), None, "mail"),
            announced(at(24, 13), None, "api"),
            announced(at(24, 9), at(24, 10)),
        ],
        NOW,
    )
    assert [(row.part, row.minutes) for row in told] == [("conference", 75), ("phone", 60), ("mail", 10)]


def test_thirty_days_are_remembered() -> None:
    first, before = at(24, 12) - timedelta(days=29), at(24, 12) - timedelta(days=30)
    spans = [announced(day, day + timedelta(minutes=5), "mail") for day in (first, before)]
    assert [row.day for row in status.trouble(spans, NOW)] == [first.date()]


def test_the_night_of_the_changed_clock_has_its_true_length() -> None:
    began = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)  # 1:00 in Berlin, where 3:00 comes twice
    told = status.trouble([announced(began, began + timedelta(hours=3), "mail")], datetime(2026, 10, 26, tzinfo=UTC))
    assert told == (Trouble(date(2026, 10, 25), "mail", 180),)
