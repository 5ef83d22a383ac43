"""When jobs run, and how they are registered."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError

from senfcall_avv.jobs import Job, jobs_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def job(every: timedelta | time) -> Job:
    return Job("some-job", every, lambda _context: "")


@pytest.mark.parametrize(
    ("every", "last", "expected"),
    [
        (HOUR, None, NOON),
        (HOUR, at(24, 11, 30), at(24, 12, 30)),
        (HOUR, at(24, 9), NOON),
        (HOUR, at(24, 12), at(24, 13)),
        (time(3, 20), None, NOON),
        (time(3, 20), at(24, 3, 20), at(25, 3, 20)),
        (time(3, 20), at(24, 11), at(25, 3, 20)),
        (time(3, 20), at(23, 3, 20), NOON),
        (time(3, 20), at(24, 3, 19), NOON),
        (time(23, 0), at(23, 23, 0), at(24, 23, 0)),
        (time(23, 0), at(22, 23, 0), NOON),
        (time(23, 0), at(24, 1), at(24, 23, 0)),
    ],
)
def test_a_job_runs_at_its_time_and_at_once_when_it_was_missed(
    every: timedelta | time, last: datetime | None, expected: datetime
) -> None:
    assert job(every).next_after(last, NOON) == expected


def test_times_of_day_are_utc_whatever_the_clock_says() -> None:
    berlin = NOON.astimezone(timezone(HOUR))
    assert job(time(11, 30)).next_after(at(24, 11, 29), berlin) == NOON
    assert job(time(12, 30)).next_after(at(24, 11, 29), berlin) == at(24, 12, 30)


def configured(*names: str, every: Any = HOUR) -> Configurator:
    config = Configurator()
    config.include("senfcall_avv.jobs")
    for name in names:
        config.add_job(name, every, lambda _context: "")
    return config


def test_jobs_are_known_by_name() -> None:
    config = configured("b-job", "a-job")
    config.commit()
    assert list(jobs_of(config.registry)) == ["a-job", "b-job"]
    assert [row["introspectable"].title for row in config.introspector.get_category("jobs")] == ["b-job", "a-job"]


def test_two_rooms_cannot_claim_one_name() -> None:
    config = Configurator()
    config.include("senfcall_avv.jobs")
    config.add_job("a-job", HOUR, lambda _context: "")
    config.commit()
    config.begin()
    config.add_job("b-job", HOUR, lambda _context: "one")
    config.add_job("b-job", HOUR, lambda _context: "two")
    with pytest.raises(ConfigurationConflictError):
        config.commit()
    config.end()


@pytest.mark.parametrize("name", ["", "A-job", "a_job", "-a", "a--b", "a" * 65])
def test_a_name_that_cannot_be_typed_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        configured(name)


def test_a_job_rests_a_second_at_least() -> None:
    with pytest.raises(ValueError, match="second"):
        configured("a-job", every=timedelta(milliseconds=10))


@pytest.mark.parametrize(
    ("every", "words"),
    [(time(3, 20), "daily at 03:20 UTC"), (timedelta(seconds=5), "every 5 s"), (timedelta(minutes=5), "every 300 s")],
)
def test_a_job_says_when_it_runs(every: timedelta | time, words: str) -> None:
    assert job(every).when == words
