"""The worker and its jobs on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from senfcall_avv.jobs.models import JobRun
    from senfcall_avv.jobs.schedule import Job
    from senfcall_avv.typing import Installation

COMMANDS: Final = {
    "jobs": "List what runs by itself, and what came of it last.",
    "worker": "Run what runs by itself: mails, clearing up, reminders.",
}
"""Names and helps, read as text by ``avv --help``: keep it a literal."""


@contextmanager
def _registry(workplace: Installation) -> Iterator[Any]:
    """Give what the rooms have registered: the application is made, but serves nothing."""
    from senfcall_avv import make_app

    app = make_app(workplace.settings, workplace.ini)
    try:
        yield app.registry
    finally:
        app.close()


@click.command(help=COMMANDS["worker"])
@click.option("--once", metavar="NAME", help="Run this job now, here, whoever leads, and end.")
@click.option("--dry-run", is_flag=True, help="With --once: roll back what the job writes; nothing leaves the machine.")
@click.pass_obj
def worker(workplace: Installation, once: str | None, dry_run: bool) -> None:
    if dry_run and once is None:
        raise click.UsageError("--dry-run goes together with --once NAME")
    with _registry(workplace) as registry:
        from senfcall_avv.jobs.runner import Runner
        from senfcall_avv.jobs.schedule import jobs_of
        from senfcall_avv.jobs.worker import work

        if once is None:
            work(registry, lambda: click.echo("Working."))
            return
        jobs = jobs_of(registry)
        if once not in jobs:
            raise click.ClickException(f"There is no job {once}; there are: {', '.join(jobs)}")
        runner = Runner(registry)
        outcome = runner.try_out(jobs[once]) if dry_run else runner.run(jobs[once])
    if outcome.error:
        raise click.ClickException(f"{once} failed with {outcome.error}.")
    click.echo(f"{once}: {outcome.result}" + (" (a try: nothing was changed)" if dry_run else ""))


@click.group(help=COMMANDS["jobs"])
def jobs() -> None:
    """Group of the commands about jobs."""


@jobs.command("list", help=COMMANDS["jobs"])
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(workplace: Installation, as_json: bool) -> None:
    with _registry(workplace) as registry:
        from senfcall_avv.jobs.schedule import jobs_of
        from senfcall_avv.jobs.worker import last_runs

        last, now = last_runs(registry), datetime.now(UTC)
        rows = [_shown(job, last.get(job.name), now) for job in jobs_of(registry).values()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        came = f"{row['error']}, {row['failures']} times in a row" if row["error"] else row["result"] or "never ran"
        click.echo(f"{row['name']:<24}  {row['when']:<18}  next {row['next'][:16].replace('T', ' ')}  {came}")


def _shown(job: Job, run: JobRun | None, now: datetime) -> dict[str, Any]:
    return {
        "name": job.name,
        "when": job.when,
        "last": run.started_at.isoformat() if run else None,
        "ended": run.ended_at.isoformat() if run else None,
        "next": job.next_after(run.started_at if run else None, now).isoformat(),
        "result": run.result if run else None,
        "error": run.error if run else None,
        "failures": run.failures if run else 0,
    }
