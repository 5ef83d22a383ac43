"""Several workers: one leads, and when it is gone another does, which goes on where the first one ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from senfcall_avv.db import SessionFactory, make_engine, make_session_factory, session_scope
from senfcall_avv.jobs import Job, jobs_of
from senfcall_avv.jobs.leader import LOCK, Leadership, LeaseLeadership, LockLeadership, make_leadership
from senfcall_avv.jobs.models import JobRun
from senfcall_avv.jobs.worker import Worker, last_runs
from senfcall_avv.typing import JobContext
from tests.conftest import Clock
from tests.factories.registries import make_registry

LEASE = timedelta(seconds=20)
LogLines = Callable[[], list[dict[str, Any]]]
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def leaderships(database_url: str) -> Iterator[Callable[[], Leadership]]:
    """Makes the places of workers, as if each were a process."""
    engines: list[Engine] = []
    made: list[Leadership] = []

    def make() -> Leadership:
        engines.append(make_engine(database_url))
        made.append(make_leadership(make_session_factory(engines[-1]), LEASE))
        return made[-1]

    yield make
    for leadership in made:
        leadership.release()
    for engine in engines:
        engine.dispose()


def test_one_leads_and_the_others_stand_by(leaderships: Callable[[], Leadership], clock: Clock) -> None:
    first, *others = [leaderships() for _ in range(3)]
    assert first.keep(clock.moment)
    assert not any(other.keep(clock.moment) for other in others)
    for _ in range(10):
        clock.forward(15)
        assert first.keep(clock.moment)
        assert not any(other.keep(clock.moment) for other in others)


def test_a_leader_that_leaves_is_followed_at_once(leaderships: Callable[[], Leadership], clock: Clock) -> None:
    first, second = leaderships(), leaderships()
    assert first.keep(clock.moment)
    assert not second.keep(clock.moment)
    first.release()
    assert second.keep(clock.moment)
    assert not first.keep(clock.moment)


def test_who_never_led_takes_nothing_along_when_leaving(leaderships: Callable[[], Leadership], clock: Clock) -> None:
    first, second, third = leaderships(), leaderships(), leaderships()
    assert first.keep(clock.moment)
    assert not second.keep(clock.moment)
    second.release()
    assert not third.keep(clock.moment)
    assert first.keep(clock.moment)


def test_of_many_that_begin_at_once_one_leads(leaderships: Callable[[], Leadership], clock: Clock) -> None:
    places = [leaderships() for _ in range(5)]
    together, leading = threading.Barrier(len(places)), []

    def begin(place: Leadership) -> None:
        together.wait(30)
        leading.append(place.keep(clock.moment))

    threads = [threading.Thread(target=begin, args=(place,)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(leading) == [False] * 4 + [True]


@SQLITE
def test_a_dead_leader_is_followed_when_its_lease_has_ended(
    leaderships: Callable[[], Leadership], clock: Clock
) -> None:
    dead, second = leaderships(), leaderships()
    assert isinstance(dead, LeaseLeadership)
    assert dead.keep(clock.moment)
    clock.forward(19)
    assert not second.keep(clock.moment)
    clock.forward(1)
    assert second.keep(clock.moment)
    assert not dead.keep(clock.moment), "back from the dead, it must not believe that it leads"


@POSTGRESQL
def test_a_dead_leader_is_followed_the_moment_its_connection_ends(
    leaderships: Callable[[], Leadership], engine: Engine, clock: Clock
) -> None:
    dead, second = leaderships(), leaderships()
    assert isinstance(dead, LockLeadership)
    assert dead.keep(clock.moment)
    assert not second.keep(clock.moment)
    kill = text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
        "AND (classid::bigint << 32) + objid::bigint = :lock"
    )
    with engine.connect() as connection:
        assert connection.execute(kill, {"lock": LOCK}).scalars().all() == [True]
        # The server says that it will; this waits until it has.
        connection.execute(text("SELECT pg_advisory_lock(:lock), pg_advisory_unlock(:lock)"), {"lock": LOCK})
    assert second.keep(clock.moment)
    with pytest.raises(SQLAlchemyError):
        dead.keep(clock.moment)
    assert not dead.keep(clock.moment)


class Place:
    """A place whose owner is decided by the test."""

    def __init__(self) -> None:
        self.ours, self.broken, self.released = True, False, False

    def keep(self, now: datetime) -> bool:
        if self.broken:
            raise OperationalError("SELECT 1", {}, Exception("gone"))
        return self.ours

    def release(self) -> None:
        self.released = True


class Work:
    """A job that tells when it was run, and waits to be let go on."""

    def __init__(self) -> None:
        self.started, self.may_end, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.may_end.set()

    def __call__(self, context: JobContext) -> str:
        self.started.set()
        assert self.may_end.wait(30)
        self.ended.set()
        return "worked"


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def registry(database_url: str, work: Work) -> Iterator[Any]:
    """A registry whose only job is ours, by the real time, which the timetable goes by."""
    made = make_registry(database_url, lambda: datetime.now(UTC))
    made["avv.jobs"] = {"planted": Job("planted", timedelta(days=1), work)}
    assert list(jobs_of(made)) == ["planted"]
    yield made
    made["avv.engine"].dispose()


def noted(registry: Any) -> str | None:
    run = last_runs(registry).get("planted")
    return run.result if run else None


def events(log_lines: LogLines) -> list[str]:
    return [line["event"] for line in log_lines() if line["event"].startswith("worker")]


def test_a_leader_runs_what_is_due_and_notes_it(registry: Any, work: Work, log_lines: LogLines) -> None:
    place = Place()
    worker = Worker(registry, place)
    worker.turn()
    assert worker.leads
    assert work.ended.wait(30)
    worker.turn()
    worker.close()
    assert (noted(registry), place.released, worker.leads) == ("worked", True, False)
    assert events(log_lines) == ["worker.leads"]


def test_who_stands_by_runs_nothing(registry: Any, work: Work, log_lines: LogLines) -> None:
    place = Place()
    place.ours = False
    worker = Worker(registry, place)
    for _ in range(3):
        worker.turn()
    worker.close()
    assert not work.started.is_set()
    assert events(log_lines) == ["worker.stands_by"]


@pytest.mark.parametrize("loss", ["ours", "broken"])
def test_a_leader_that_loses_the_lead_finishes_its_job_and_stands_by(
    registry: Any, work: Work, log_lines: LogLines, loss: str
) -> None:
    place = Place()
    worker = Worker(registry, place)
    work.may_end.clear()
    worker.turn()
    assert work.started.wait(30)
    if loss == "ours":
        place.ours = False
    else:
        place.broken = True
    letting_go = threading.Timer(0, work.may_end.set)
    letting_go.start()
    worker.turn()
    letting_go.join()
    assert work.ended.is_set()
    assert not worker.leads
    assert noted(registry) == "worked"
    place.ours, place.broken = True, False
    worker.turn()
    assert worker.leads
    worker.close()
    assert events(log_lines) == [
        "worker.leads",
        *(["worker.round_failed"] if loss == "broken" else []),
        "worker.stands_by",
        "worker.leads",
    ]


def test_the_next_leader_does_not_repeat_what_the_last_one_did(
    registry: Any, work: Work, session_factory: SessionFactory
) -> None:
    now = registry["avv.clock"]()
    with session_scope(session_factory) as session:
        session.add(JobRun(name="planted", started_at=now, ended_at=now, result="before", failures=0))
    worker = Worker(registry, Place())
    worker.turn()
    (planned,) = worker._timetable._scheduler.get_jobs()  # type: ignore[union-attr]  # the plan has no other face
    assert planned.next_run_time == now + timedelta(days=1)
    worker.close()
    assert not work.started.is_set()


def test_a_worker_works_until_it_is_told_to_stop(registry: Any, work: Work, log_lines: LogLines) -> None:
    worker = Worker(registry)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert work.ended.wait(30)
    worker.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert noted(registry) == "worked"
    assert events(log_lines) == ["worker.started", "worker.leads", "worker.ended"]
    next_one = make_leadership(registry["avv.session_factory"], LEASE)
    assert next_one.keep(registry["avv.clock"]())
    next_one.release()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_never_answers_ends_in_no_lead_and_no_crash(
    registry: Any, work: Work, log_lines: LogLines, tmp_path: Any
) -> None:
    nowhere = make_session_factory(create_engine(f"sqlite:///{tmp_path}/no/such/folder.sqlite"))
    worker = Worker(registry, LeaseLeadership(nowhere, LEASE))
    worker.turn()
    worker.close()
    assert not work.started.is_set()
    assert events(log_lines) == ["worker.round_failed", "worker.stands_by", "worker.round_failed"]
