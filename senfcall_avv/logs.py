"""JSON lines, one event a line, with fields from an allow-list per event.

What is not on the list does not get into the log, whoever hands it over: query strings, names of people, passwords,
checksums, secrets, texts, full network addresses. Exceptions are logged by type and place, without their message and
without local variables, for both may hold what a client sent.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, Final, TextIO

import structlog

_ERROR: Final = frozenset(("error", "error_at", "request_id"))
_CALL: Final = frozenset(("request_id", "key", "organization_id", "call", "revision"))

EVENTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        # the application as a whole
        "app.started": frozenset(("environment", "revision", "profiles", "transport")),
        "request.failed": _ERROR | {"door"},
        "library": frozenset(("logger", "template", "error", "error_at")),
        # a plugin's call
        "call.refused": _CALL | {"key_of_refusal", "reason", "parameter"},
        "call.trimmed": _CALL | {"ignored", "changed"},
        "call.failed": _ERROR | _CALL,
        "call.too_large": frozenset(("request_id",)),
        # backends
        "backend.failed": frozenset(("request_id", "call", "reason", "todo")),
        "backend.refused_us": frozenset(("request_id", "call", "todo")),
        "isolation.disagreement": frozenset(("request_id", "key", "call", "count", "todo")),
        # policy
        "policy.engine_failing": frozenset(("request_id", "revision", "todo")),
        # endpoints and ledger
        "endpoints.reload_failed": frozenset(("error", "error_at", "todo")),
        "endpoints.reloaded": frozenset(("epoch", "endpoints")),
        "endpoints.secret_unreadable": frozenset(("key", "secret_id", "todo")),
        # people
        "accounts.limited": frozenset(("kind", "network")),
        "accounts.login_failed": frozenset(("network",)),
        # what is remembered, and what runs by itself
        "audit.broken": frozenset(("number", "reason", "todo")),
        "audit.verified": frozenset(("entries", "number", "hash")),
        "mail.failed": frozenset(("mail", "kind", "reason", "attempts", "todo")),
        "mail.limited": frozenset(("kind", "organization_id")),
        "mail.unreachable": frozenset(("reason", "waiting", "todo")),
        "job.failed": frozenset(("job", "error", "error_at", "failures", "todo")),
        "worker.started": frozenset(("jobs",)),
        "worker.leads": frozenset(),
        "worker.stands_by": frozenset(),
        "worker.round_failed": frozenset(("error", "error_at", "todo")),
        "worker.ended": frozenset(),
        "ledger.flush_failed": frozenset(("error", "error_at", "waiting", "todo")),
        "ledger.overflow": frozenset(("dropped", "todo")),
    }
)
"""Every event that may be logged, with the fields that it may have."""


def place_of(error: BaseException) -> str:
    """Say where an exception arose, as ``file:line``, without anything that it carries."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""


class EventLog(structlog.BoundLoggerBase):
    """Writes events of the list."""

    def info(self, event: str, **fields: Any) -> None:
        self._proxy_to_logger("info", event, **fields)

    def warning(self, event: str, **fields: Any) -> None:
        self._proxy_to_logger("warning", event, **fields)

    def error(self, event: str, **fields: Any) -> None:
        self._proxy_to_logger("error", event, **fields)

    def exception(self, event: str, error: BaseException, **fields: Any) -> None:
        """Log an exception by its type and place."""
        self.error(event, error=type(error).__name__, error_at=place_of(error), **fields)


def _only_listed(_logger: object, level: str, row: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep what the event may have; name, but do not show, what it may not. An unknown event is a mistake of ours."""
    event = row.pop("event")
    allowed = EVENTS[event]
    kept = {name: value for name, value in row.items() if name in allowed}
    if len(kept) != len(row):
        kept["left_out"] = sorted(set(row) - allowed)
    return {"level": level, "event": event, **kept}


class _Output:
    """Where lines go and how they look: changeable, while the logger that everybody holds stays the same."""

    def __init__(self) -> None:
        self.renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
        self.writer = structlog.WriteLogger(sys.stderr)

    def render(self, logger: Any, level: str, row: MutableMapping[str, Any]) -> Any:
        return self.renderer(logger, level, row)

    def line(self, text: str) -> None:
        self.writer.msg(text)

    info = warning = error = line


_output: Final = _Output()
# Bound once by hand: structlog's lazy proxy would put logger and processors together anew for every line.
log: Final = EventLog(
    _output,
    [_only_listed, structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"), _output.render],
    {},
)


def configure(stream: TextIO | None = None, *, plain: bool = False) -> None:
    """Send events to a stream (default: standard error); ``plain`` is for people's eyes in development."""
    _output.writer = structlog.WriteLogger(stream or sys.stderr)
    _output.renderer = (
        structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24) if plain else structlog.processors.JSONRenderer()
    )


class _Library(logging.Handler):
    """Takes over what libraries log: the message's template, never its arguments, which may hold what a client sent."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        # Somebody may log an exception itself, whose text is no template.
        template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        fields: dict[str, Any] = {"logger": record.name, "template": template}
        if error is not None:
            fields |= {"error": type(error).__name__, "error_at": place_of(error)}
        (log.error if record.levelno >= logging.ERROR else log.warning)("library", **fields)


def take_over_logging() -> None:
    """Route the standard library's loggers, warnings and above, through our lines."""
    root = logging.getLogger()
    root.handlers[:] = [_Library()]
    root.setLevel(logging.WARNING)


def includeme(config: Any) -> None:
    """Write for eyes in development, for programs in production."""
    configure(plain=not config.registry["avv.settings"].production)
    take_over_logging()
