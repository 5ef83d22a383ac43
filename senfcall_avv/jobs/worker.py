"""The worker: in every round it looks whether it leads; while it does, its timetable runs the jobs.

The timetable begins where the last leader's ended, because every run is noted: a daily job that was missed is caught
up, one that ran an hour ago is not run again.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any, Final, Protocol

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from senfcall_avv.db import session_scope
from senfcall_avv.jobs.leader import Leadership, make_leadership
from senfcall_avv.jobs.models import JobRun
from senfcall_avv.jobs.runner import Runner
from senfcall_avv.jobs.schedule import Job, jobs_of
from senfcall_avv.logs import log

SPREAD: Final = timedelta(seconds=2)
"""Between the first starts of a new leader's jobs, so that they do not all begin at once."""


class Timetable(Protocol):
    """Runs jobs at their times, in threads."""

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """Begin no job any more, and wait for those under way."""
        ...


class ScheduledTimetable:
    """A timetable kept by APScheduler. A job never runs beside itself, and what was missed is run once."""

    def __init__(
        self, jobs: Mapping[str, Job], runner: Runner, last: Mapping[str, datetime], threads: int, now: datetime
    ) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(threads)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for place, job in enumerate(jobs.values()):
            first = max(job.next_after(last.get(job.name), now), now + place * SPREAD / max(1, len(jobs)))
            self._scheduler.add_job(runner.run, _trigger(job), args=(job,), id=job.name, next_run_time=first)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Begin no job any more, and wait for those under way."""
        self._scheduler.shutdown(wait=True)


def _trigger(job: Job) -> Any:
    if isinstance(job.every, timedelta):
        return IntervalTrigger(seconds=job.every.total_seconds(), timezone=UTC)
    at = job.every
    return CronTrigger(hour=at.hour, minute=at.minute, second=at.second, timezone=UTC)


def last_runs(registry: Any) -> dict[str, JobRun]:
    """Give the last runs of all jobs by name."""
    with session_scope(registry["avv.session_factory"], write=False) as session:
        return {run.name: run for run in session.query(JobRun)}


class Worker:
    """One worker: takes part in leading, and runs the jobs while it leads."""

    def __init__(self, registry: Any, leadership: Leadership | None = None) -> None:
        self._registry, self._clock = registry, registry["avv.clock"]
        chosen = registry["avv.settings"].jobs
        lease = timedelta(seconds=chosen.lease_seconds)
        self._leadership = leadership or make_leadership(registry["avv.session_factory"], lease)
        self._timetable: Timetable | None = None
        self._stands_by = False
        self._stopping = threading.Event()

    @property
    def leads(self) -> bool:
        """Whether its timetable runs."""
        return self._timetable is not None

    def turn(self) -> None:
        """Look once who leads, and begin or end accordingly. A database that does not answer means: not we."""
        try:
            leads = self._leadership.keep(self._clock())
            if leads and not self.leads:
                self._begin()
        except SQLAlchemyError as error:
            leads = False
            log.exception("worker.round_failed", error, todo="the database does not answer; the worker keeps trying")
        if not leads:
            if self.leads or not self._stands_by:
                log.info("worker.stands_by")
            self._stands_by = True
            self._end()

    def stop(self) -> None:
        """Have ``run`` end after the round under way."""
        self._stopping.set()

    def run(self, ready: Callable[[], object] = lambda: None) -> None:
        """Take turns until ``stop`` is called, then finish the jobs under way and leave the lead to others."""
        log.info("worker.started", jobs=len(jobs_of(self._registry)))
        try:
            ready()
            while not self._stopping.is_set():
                self.turn()
                self._stopping.wait(self._registry["avv.settings"].jobs.round_seconds)
        finally:
            self.close()
            log.info("worker.ended")

    def close(self) -> None:
        """End the timetable, and leave the lead to others."""
        self._end()
        try:
            self._leadership.release()
        except SQLAlchemyError as error:
            log.exception("worker.round_failed", error, todo="the lead ends by itself")

    def _begin(self) -> None:
        last = {name: run.started_at for name, run in last_runs(self._registry).items()}
        threads = self._registry["avv.settings"].jobs.threads
        runner = Runner(self._registry)
        self._timetable = ScheduledTimetable(jobs_of(self._registry), runner, last, threads, self._clock())
        self._timetable.start()
        self._stands_by = False
        log.info("worker.leads")

    def _end(self) -> None:
        timetable, self._timetable = self._timetable, None
        if timetable is not None:
            timetable.stop()


def work(registry: Any, ready: Callable[[], object] = lambda: None) -> None:
    """Work until SIGTERM or SIGINT. ``ready`` is called when these would be heard."""
    worker = Worker(registry)

    def leave(_signal: int, _frame: FrameType | None) -> None:
        worker.stop()

    previous = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        worker.run(ready)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
