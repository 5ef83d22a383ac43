"""Running jobs: what came of them is noted, a failing one harms no other, and a try leaves no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from senfcall_avv.audit.models import AuditEntry
from senfcall_avv.audit.services import SYSTEM, entries, record
from senfcall_avv.db import session_scope
from senfcall_avv.endpoints.models import EndpointSecret
from senfcall_avv.endpoints.services import find_endpoint, rotate_secret
from senfcall_avv.jobs import Job, jobs_of
from senfcall_avv.jobs.models import JobRun
from senfcall_avv.jobs.runner import Runner
from senfcall_avv.ledger.folding import RowKey, Tally
from senfcall_avv.ledger.models import LedgerEntry
from senfcall_avv.ledger.services import store
from senfcall_avv.mail.models import MailState, OutgoingMail
from senfcall_avv.typing import JobContext
from tests.conftest import Clock
from tests.factories.endpoints import make_endpoint
from tests.factories.ledger import KEY, ORGANIZATION
from tests.factories.mails import make_mail
from tests.factories.registries import make_registry

LogLines = Callable[[], list[dict[str, Any]]]
OLD = datetime(2010, 1, 1, tzinfo=UTC)


@pytest.fixture
def registry(database_url: str, clock: Clock) -> Iterator[Any]:
    made = make_registry(database_url, lambda: clock.moment)
    yield made
    made["avv.engine"].dispose()


def run(registry: Any) -> dict[str, JobRun]:
    with session_scope(registry["avv.session_factory"], write=False) as session:
        return {one.name: one for one in session.scalars(select(JobRun))}


def count(registry: Any, table: Any) -> int:
    with session_scope(registry["avv.session_factory"], write=False) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def job(function: Callable[[JobContext], str], name: str = "some-job") -> Job:
    return Job(name, timedelta(seconds=5), function)


def test_a_run_is_noted_with_what_the_job_said(registry: Any, clock: Clock) -> None:
    seen: list[JobContext] = []

    def work(context: JobContext) -> str:
        seen.append(context)
        clock.forward(3)
        return "x" * 300

    started = clock.moment
    outcome = Runner(registry).run(job(work))
    assert outcome == ("x" * 200, None)
    noted = run(registry)["some-job"]
    assert (noted.started_at, noted.ended_at) == (started, clock.moment)
    assert (noted.result, noted.error, noted.failures) == ("x" * 200, None, 0)
    (context,) = seen
    assert (context.now, context.dry_run) == (started, False)
    assert context.settings is registry["avv.settings"]
    assert context.key_ring is registry["avv.key_ring"]


def test_a_failure_is_noted_by_its_type_and_counted_until_it_is_over(
    registry: Any, clock: Clock, log_lines: LogLines
) -> None:
    def fail(context: JobContext) -> str:
        raise LookupError("ada@example.org is not there")

    runner = Runner(registry)
    for failures in (1, 2):
        assert runner.run(job(fail)) == (None, "LookupError")
        assert run(registry)["some-job"].failures == failures
        clock.forward(1)
    lines = log_lines()
    assert [(line["event"], line["job"], line["error"], line["failures"]) for line in lines] == [
        ("job.failed", "some-job", "LookupError", 1),
        ("job.failed", "some-job", "LookupError", 2),
    ]
    assert "ada@example.org" not in str(lines)
    assert runner.run(job(lambda _context: "well")) == ("well", None)
    assert (run(registry)["some-job"].failures, run(registry)["some-job"].error) == (0, None)


def test_a_job_that_says_the_same_every_few_seconds_is_noted_once_a_minute(registry: Any, clock: Clock) -> None:
    first, runner = clock.moment, Runner(registry)
    for _ in range(12):
        runner.run(job(lambda _context: "nothing to do"))
        assert run(registry)["some-job"].started_at == first
        clock.forward(5)
    runner.run(job(lambda _context: "nothing to do"))
    assert run(registry)["some-job"].started_at == clock.moment
    clock.forward(5)
    runner.run(job(lambda _context: "1 done"))
    assert run(registry)["some-job"].started_at == clock.moment


def test_a_try_leaves_no_trace(registry: Any, clock: Clock) -> None:
    def work(context: JobContext) -> str:
        with session_scope(context.session_factory) as session:
            session.add(JobRun(name="planted", started_at=OLD, ended_at=OLD, failures=0))
            record(session, SYSTEM, "a.b", organization_id=None, thing="x", now=context.now)
        with session_scope(context.session_factory, write=False) as session:
            assert session.get(JobRun, "planted") is not None
            assert len(entries(session)) == 1
        make_mail(context.session_factory)
        assert context.dry_run
        return "done"

    assert Runner(registry).try_out(job(work)) == ("done", None)
    assert run(registry) == {}
    assert (count(registry, AuditEntry), count(registry, OutgoingMail)) == (0, 0)


def test_a_try_that_fails_leaves_no_trace_either(registry: Any, log_lines: LogLines) -> None:
    def work(context: JobContext) -> str:
        make_mail(context.session_factory)
        raise LookupError

    assert Runner(registry).try_out(job(work)) == (None, "LookupError")
    assert (run(registry), count(registry, OutgoingMail)) == ({}, 0)
    assert [line["event"] for line in log_lines()] == ["job.failed"]


def test_the_rooms_bring_these_jobs(registry: Any) -> None:
    assert {name: one.when for name, one in jobs_of(registry).items()} == {
        "audit-retention": "daily at 03:40 UTC",
        "audit-verify": "daily at 03:30 UTC",
        "ledger-retention": "daily at 03:10 UTC",
        "mail-delivery": "every 5 s",
        "mail-retention": "daily at 03:20 UTC",
        "secrets-wiping": "every 300 s",
    }


def test_the_outbox_is_emptied_and_cleared_up(registry: Any, clock: Clock) -> None:
    factory, jobs, runner = registry["avv.session_factory"], jobs_of(registry), Runner(registry)
    mail_id = make_mail(factory, now=clock.moment)
    assert runner.try_out(jobs["mail-delivery"]).result == "1 mails would be sent"
    assert runner.run(jobs["mail-delivery"]).result == "1 sent, 0 to be tried again, 0 given up"
    with session_scope(factory, write=False) as session:
        assert session.get_one(OutgoingMail, mail_id).state is MailState.SENT
    clock.forward(91 * 86400)
    assert runner.try_out(jobs["mail-retention"]).result == "1 mails deleted, 0 wiped"
    assert runner.run(jobs["mail-retention"]).result == "1 mails deleted, 0 wiped"
    assert count(registry, OutgoingMail) == 0


def test_the_ledger_is_cleared_up(registry: Any, clock: Clock) -> None:
    row = RowKey(ORGANIZATION, date(2020, 1, 1), KEY, "create", "logo", "not_listed")
    with session_scope(registry["avv.session_factory"]) as session:
        store(session, {row: Tally(1, 0, OLD, OLD, "r")}, {})
    assert Runner(registry).run(jobs_of(registry)["ledger-retention"]).result == "1 rows deleted"
    assert count(registry, LedgerEntry) == 0


def test_ended_secrets_are_wiped(registry: Any, clock: Clock) -> None:
    factory, ring, runner = registry["avv.session_factory"], registry["avv.key_ring"], Runner(registry)
    made = make_endpoint(factory, ring, clock.moment)
    with session_scope(factory) as session:
        rotate_secret(session, ring, find_endpoint(session, made.key), timedelta(hours=24), clock.moment)
    wipe = jobs_of(registry)["secrets-wiping"]
    assert runner.run(wipe).result == "0 secrets wiped"
    clock.forward(86400)
    assert runner.run(wipe).result == "1 secrets wiped"
    with session_scope(factory, write=False) as session:
        kept = [secret.sealed is not None for secret in session.scalars(select(EndpointSecret))]
    assert sorted(kept) == [False, True]


def test_the_audit_trail_is_verified_and_shortened(registry: Any, clock: Clock, log_lines: LogLines) -> None:
    factory, jobs, runner = registry["avv.session_factory"], jobs_of(registry), Runner(registry)
    for now in (OLD, clock.moment):
        with session_scope(factory) as session:
            record(session, SYSTEM, "a.b", organization_id=None, thing="x", now=now)
    assert runner.run(jobs["audit-verify"]).result == "2 entries hold, the last is 2"
    (line,) = log_lines()
    assert (line["event"], line["number"], len(line["hash"])) == ("audit.verified", 2, 64)
    assert runner.try_out(jobs["audit-retention"]).result == "1 entries deleted"
    assert runner.run(jobs["audit-retention"]).result == "1 entries deleted"
    assert runner.run(jobs["audit-verify"]).result == "2 entries hold, the last is 3"


@pytest.mark.parametrize("every", [time(3, 0), timedelta(seconds=1)])
def test_the_application_keeps_jobs_of_both_kinds(database_url: str, clock: Clock, every: time | timedelta) -> None:
    def add(config: Any) -> None:
        config.add_job("planted", every, lambda _context: "x")

    registry = make_registry(database_url, lambda: clock.moment, add=add)
    assert jobs_of(registry)["planted"].every == every
    registry["avv.engine"].dispose()
