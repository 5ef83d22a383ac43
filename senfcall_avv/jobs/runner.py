"""Running one job: once, noted with its result, or as a try that leaves no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from senfcall_avv.db import BEGIN_IMMEDIATE, SessionFactory, session_scope
from senfcall_avv.jobs.models import JobRun
from senfcall_avv.jobs.schedule import Job
from senfcall_avv.logs import log

if TYPE_CHECKING:
    from senfcall_avv.typing import JobContext

Clock = Callable[[], datetime]
UNCHANGED: Final = timedelta(minutes=1)
"""How long a job that says the same again and again is not noted anew: some run every few seconds."""
LONGEST_RESULT: Final = 200


class Outcome(NamedTuple):
    """What a job said, or the type of what it raised."""

    result: str | None
    error: str | None


class Runner:
    """Runs jobs of an application, and notes what came of it."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._clock: Clock = registry["avv.clock"]
        self._factory: SessionFactory = registry["avv.session_factory"]

    def run(self, job: Job) -> Outcome:
        """Run a job and note it. Never raises: what the job raises is logged by type and place."""
        started = self._clock()
        outcome, error = self._call(job, self._context(self._factory, started, dry_run=False))
        failures = self._note(job, outcome, started)
        if error is not None:
            log.exception("job.failed", error, job=job.name, failures=failures, todo="see `avv jobs list`")
        return outcome

    def try_out(self, job: Job) -> Outcome:
        """Run a job, roll back what its sessions wrote, and note nothing. Never raises."""
        with _rolled_back(self._factory) as factory:
            outcome, error = self._call(job, self._context(factory, self._clock(), dry_run=True))
        if error is not None:
            log.exception("job.failed", error, job=job.name, failures=1, todo="it was only a try")
        return outcome

    def _context(self, factory: SessionFactory, now: datetime, *, dry_run: bool) -> JobContext:
        from senfcall_avv.typing import JobContext  # it loads Pyramid

        registry = self._registry
        return JobContext(factory, registry["avv.settings"], registry["avv.key_ring"], registry, now, dry_run)

    @staticmethod
    def _call(job: Job, context: JobContext) -> tuple[Outcome, Exception | None]:
        try:
            return Outcome(job.run(context)[:LONGEST_RESULT], None), None
        except Exception as error:  # noqa: BLE001  # whatever a job raises, the others go on
            return Outcome(None, type(error).__name__[:64]), error

    def _note(self, job: Job, outcome: Outcome, started: datetime) -> int:
        """Write down a run; gives how often in a row the job has failed by now."""
        with session_scope(self._factory, write=False) as session:
            last = session.get(JobRun, job.name)
        same = last is not None and (last.result, last.error) == outcome and not outcome.error
        if same and last is not None and started - last.started_at < UNCHANGED:
            return 0
        with session_scope(self._factory) as session:
            failures = (last.failures if last else 0) + 1 if outcome.error else 0
            values = {"started_at": started, "ended_at": self._clock(), "failures": failures}
            session.merge(JobRun(name=job.name, result=outcome.result, error=outcome.error, **values))
        return failures


@contextmanager
def _rolled_back(factory: SessionFactory) -> Iterator[SessionFactory]:
    """Give a factory whose sessions commit into a transaction that ends with a rollback."""
    engine: Engine = factory.kw["bind"]
    with engine.connect().execution_options(**{BEGIN_IMMEDIATE: True}) as connection:
        transaction = connection.begin()
        options = {**factory.kw, "bind": connection, "join_transaction_mode": "create_savepoint"}
        try:
            yield sessionmaker(**options)
        finally:
            transaction.rollback()
