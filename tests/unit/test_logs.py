"""The log: one line an event, only what is on the event's list, exceptions without what they carry."""

from __future__ import annotations

import ast
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from senfcall_avv import logs
from senfcall_avv.logs import EVENTS, log, place_of

PACKAGE = Path(logs.__file__).parent
NASTY = 'a"b\\c\r\nd\te\x00f\x1b[31mg\u2028h\u2029i\x85j\ud800k<script>'
ALWAYS = {"level", "event", "time"}

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def library() -> Iterator[logging.Logger]:
    """A library's logger, while we have taken over."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.take_over_logging()
    yield logging.getLogger("somebodys.library")
    root.handlers[:] = handlers
    root.setLevel(level)


def fail_with(secret: str) -> Exception:
    """Raise and catch an error that carries a secret in its message, its cause and the frames' variables."""
    try:
        password = secret
        try:
            {}[password]
        except KeyError as error:
            raise ValueError(f"bad value {password}") from error
    except ValueError as error:
        return error


@pytest.mark.parametrize("event", sorted(EVENTS))
@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_what_an_event_lists_is_shown_and_nothing_else_is(event: str, level: str, log_lines: Lines) -> None:
    fields = {name: f"shown-{name}" for name in EVENTS[event]}
    getattr(log, level)(event, **fields, password="mp-geheim", query="fullName=Ada")
    (line,) = log_lines()
    assert line.pop("time").endswith("Z")
    assert line == {"level": level, "event": event, **fields, "left_out": ["password", "query"]}


def test_a_line_without_anything_else_says_nothing_of_it(log_lines: Lines) -> None:
    log.info("call.too_large", request_id="r1")
    (line,) = log_lines()
    assert line.keys() == ALWAYS | {"request_id"}


def test_no_event_may_have_what_a_client_sent() -> None:
    forbidden = {
        "query", "body", "params", "value", "values", "name", "full_name", "meeting_id", "password", "secret",
        "checksum", "url", "path", "location", "referer", "cookie", "client", "address", "message", "text", "agent",
    }  # fmt: skip
    for event, fields in EVENTS.items():
        assert fields & (forbidden | ALWAYS | {"left_out"}) == set(), event


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_an_event_that_nobody_listed_is_a_mistake_of_ours(level: str, log_lines: Lines) -> None:
    with pytest.raises(KeyError, match="no_such_event"):
        getattr(log, level)("no_such_event", request_id="r1")
    assert log_lines() == []


@pytest.mark.parametrize("plain", [False, True], ids=["JSON", "plain"])
def test_a_record_is_one_line_whatever_is_in_its_values(plain: bool) -> None:
    stream = io.StringIO()
    logs.configure(stream, plain=plain)
    try:
        log.info("call.trimmed", call=NASTY, ignored={NASTY: NASTY}, changed=[NASTY], request_id="r1")
        log.info("call.trimmed", request_id="r2")
    finally:
        logs.configure()
    text = stream.getvalue()
    assert len(text.splitlines()) == 2
    assert text.count("\n") == 2
    assert not any(control in text for control in ("\r", "\0", "\x1b", "\x85", "\u2028"))


def test_lines_are_ascii_json_that_reads_back(log_lines: Lines) -> None:
    stream = io.StringIO()
    logs.configure(stream)
    log.info("call.refused", call="Löwe", parameter=NASTY)
    assert stream.getvalue().isascii()
    line = json.loads(stream.getvalue())
    assert (line["call"], line["parameter"]) == ("Löwe", NASTY)


def test_an_exception_is_its_type_and_place(log_lines: Lines) -> None:
    error = fail_with("mp-geheim")
    log.exception("request.failed", error, request_id="r1", door="portal")
    (line,) = log_lines()
    assert line["level"] == "error"
    assert line["error"] == "ValueError"
    assert line["error_at"].startswith("test_logs.py:")
    assert line.keys() == ALWAYS | {"error", "error_at", "request_id", "door"}
    assert "mp-geheim" not in json.dumps(line)


def test_the_place_is_where_it_arose_without_folders() -> None:
    error = fail_with("x")
    raised = next(
        number for number, text in enumerate(Path(__file__).read_text().splitlines(), 1) if "bad value" in text
    )
    assert place_of(error) == f"test_logs.py:{raised}"
    assert place_of(ValueError("never raised")) == ""


def test_libraries_lines_are_templates_without_arguments(library: logging.Logger, log_lines: Lines) -> None:
    library.warning("cannot reach %s as %s", "https://bbb.example.org/?checksum=abc", "mp-geheim")
    library.error("failed for %(who)s", {"who": "mp-geheim"}, exc_info=fail_with("mp-geheim"), stack_info=True)
    library.error(fail_with("mp-geheim"))
    library.info("not worth a line")
    lines = log_lines()
    assert [(line["level"], line["event"], line["template"]) for line in lines] == [
        ("warning", "library", "cannot reach %s as %s"),
        ("error", "library", "failed for %(who)s"),
        ("error", "library", "ValueError"),
    ]
    assert {line["logger"] for line in lines} == {"somebodys.library"}
    assert lines[1]["error"] == "ValueError"
    assert lines[1]["error_at"].startswith("test_logs.py:")
    assert "mp-geheim" not in json.dumps(lines)


def logged() -> Iterator[tuple[str, str, set[str]]]:
    """Give each place in the package where an event is logged: place, event, names of its fields."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "log"
                and node.func.attr in {"info", "warning", "error", "exception"}
            ):
                event = ast.literal_eval(node.args[0])
                implied = {"error", "error_at"} if node.func.attr == "exception" else set()
                place = f"{path.name}:{node.lineno}"
                yield place, event, {keyword.arg for keyword in node.keywords if keyword.arg} | implied


def test_everything_that_is_logged_is_on_the_list_and_the_list_holds_nothing_else() -> None:
    places = list(logged())
    for place, event, fields in places:
        assert event in EVENTS, place
        assert fields <= EVENTS[event], place
    assert {event for _, event, _ in places} | {"library"} == set(EVENTS)
