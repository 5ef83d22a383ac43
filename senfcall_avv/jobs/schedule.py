"""When jobs run: the directive that registers one, and the arithmetic of its next time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import JobContext

_JOBS: Final = "avv.jobs"
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
DAY: Final = timedelta(days=1)

Run = Callable[["JobContext"], str]


class Job(NamedTuple):
    """A job. ``every`` is a time of day in UTC, or the time from one start to the next."""

    name: str
    every: timedelta | time
    run: Run

    @property
    def when(self) -> str:
        """Say in words when it runs."""
        if isinstance(self.every, time):
            return f"daily at {self.every:%H:%M} UTC"
        return f"every {self.every.total_seconds():g} s"

    def next_after(self, last: datetime | None, now: datetime) -> datetime:
        """Give the next start: at once for one that never ran or is overdue."""
        if isinstance(self.every, timedelta):
            return now if last is None else max(now, last + self.every)
        today = datetime.combine(now.astimezone(UTC), self.every, UTC)
        due = today if today <= now else today - DAY
        return now if last is None or last < due else due + DAY


def add_job(config: Configurator, name: str, every: timedelta | time, function: Run) -> None:
    """Directive: register a job. Two rooms claiming one name is a start-up error."""
    if _NAME.fullmatch(name) is None or len(name) > 64:
        raise ValueError("a job's name has small letters, digits and single hyphens")
    if isinstance(every, timedelta) and every < timedelta(seconds=1):
        raise ValueError("a job rests a second at least")

    def register() -> None:
        config.registry.setdefault(_JOBS, {})[name] = Job(name, every, function)

    entry = config.introspectable("jobs", name, name, "job")
    entry["every"], entry["function"] = every, function
    config.action(("job", name), register, introspectables=(entry,))


def jobs_of(registry: Any) -> Mapping[str, Job]:
    """Give all registered jobs by name."""
    return MappingProxyType(dict(sorted(registry.get(_JOBS, {}).items())))
