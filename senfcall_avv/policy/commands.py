"""Check the policy, show what it allows, explain a decision."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from senfcall_avv.policy.engine import Policy
    from senfcall_avv.policy.errors import Diagnostic, PolicyError
    from senfcall_avv.policy.loading import Reading
    from senfcall_avv.policy.ruleset import Profile, Ruleset
    from senfcall_avv.policy.testing import TestReport

ERRORS: Final = 1
USAGE: Final = 2
WARNINGS_ONLY: Final = 3
SURROUNDINGS: Final = 4
_COLOURS: Final = {"error": "red", "warning": "yellow"}
_MOST_INPUT: Final = 64 * 1024

Function = TypeVar("Function", bound=Callable[..., Any])


def _shared(function: Function) -> Function:
    """Add the options that all commands here have."""
    function = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")(function)
    return click.option(
        "--directory",
        "-d",
        type=click.Path(path_type=Path),
        default=Path("policies"),
        show_default=True,
        help="Folder of the policy files.",
    )(function)


@click.group("policy")
def command() -> None:
    """Check the policy, show what it allows, explain a decision.

    Exit codes: 0 fine, 1 errors, 2 wrong usage, 3 only warnings (with --strict), 4 no such directory.
    """


@command.command("check")
@_shared
@click.option("--strict", is_flag=True, help="Exit with 3 if there are warnings.")
@click.option("--production", is_flag=True, help="Judge the rights of the files as the running service does.")
@click.option("--engine", default="declarative", show_default=True, help="The engine that compiles the files.")
def check(directory: Path, as_json: bool, strict: bool, production: bool, engine: str) -> None:
    """Read all policy files and run the tests beside them, as before every activation."""
    reading = _reading(directory, as_json, production=production)
    ruleset, diagnostics = _checked(reading)
    tests, revision, milliseconds = None, None, 0
    if ruleset is not None:
        policy = _compiled(reading, engine, as_json)
        revision = policy.revision
        started = time.perf_counter()
        tests = _tested(directory, policy, as_json)
        milliseconds = round((time.perf_counter() - started) * 1000)
        diagnostics = [*diagnostics, *tests.diagnostics]
    diagnostics.sort(key=lambda diagnostic: diagnostic.sort_key)
    errors = sum(diagnostic.level == "error" for diagnostic in diagnostics)
    warnings = len(diagnostics) - errors
    if as_json:
        _print_json(_check_fields(reading, ruleset, revision, tests, diagnostics))
    else:
        _print_check(reading, ruleset, diagnostics)
        counts = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
        if tests is not None:
            failed = f", {tests.failed} failed" if tests.failed else ""
            counts += f"; {_count(tests.passed, 'test')} passed{failed} in {milliseconds} ms"
        if errors:
            click.echo()
        would = "" if errors else f"; would become revision {revision}"
        click.echo(f"{'not ok' if errors else 'ok'}, {counts}{would}")
    sys.exit(ERRORS if errors else WARNINGS_ONLY if warnings and strict else 0)


@command.command("show")
@_shared
@click.argument("profile")
@click.argument("call", required=False)
def show(directory: Path, as_json: bool, profile: str, call: str | None) -> None:
    """Print what a profile allows, or all rules of one CALL of it, each with the line that says so."""
    from senfcall_avv.bbb.catalog import load
    from senfcall_avv.policy import showing

    found = _profile(_ruleset(directory, as_json), profile)
    if call is None:
        _print(as_json, lambda: showing.profile_fields(found, load()), lambda: showing.profile_lines(found))
    elif call in found.calls:
        rules = found.calls[call]
        _print(as_json, lambda: showing.call_fields(found, rules, load()), lambda: showing.call_lines(rules, load()))
    else:
        _unmentioned(found, call, as_json)


@command.command("explain")
@_shared
@click.argument("query")
@click.option("--profile", help="Name of the profile; needed where there are several.")
@click.option("--limit", "limits", multiple=True, metavar="NAME=NUMBER", help="A number of the organisation.")
@click.option("--method", help="Default: GET, or POST where there is a body.")
@click.option("--body", help="The body of the request.")
@click.option(
    "--content-type",
    default="application/x-www-form-urlencoded",
    show_default=True,
    help="What kind of body it is.",
)
@click.option("--values", is_flag=True, help="Show passwords, names of people and texts, too.")
@click.option("--engine", default="declarative", show_default=True, help="The engine that decides.")
def explain(
    directory: Path,
    as_json: bool,
    query: str,
    profile: str | None,
    limits: tuple[str, ...],
    method: str | None,
    body: str | None,
    content_type: str,
    values: bool,
    engine: str,
) -> None:
    """Say what would become of a request, and why.

    QUERY is "create?name=x" or a whole address as a frontend calls it; the checksum counts for nothing here. With "-"
    it is read from standard input, so that no password stays in the shell's history.
    """
    from senfcall_avv.bbb.call import RequestTooLarge
    from senfcall_avv.bbb.catalog import load
    from senfcall_avv.policy import asking
    from senfcall_avv.policy.engine import Subject
    from senfcall_avv.policy.explain import masked
    from senfcall_avv.policy.guard import Guard

    asked = sys.stdin.read(_MOST_INPUT) if query == "-" else query
    try:
        numbers = asking.read_limits(limits)
        call = asking.read_call(asked, method, body, content_type)
    except (ValueError, RequestTooLarge) as error:
        raise click.UsageError(str(error)) from None
    reading = _sound(directory, as_json)
    policy = _compiled(reading, engine, as_json)
    chosen = _chosen(policy, profile)
    steps = Guard(policy, load()).explain(call, Subject("explain", chosen, numbers))
    shown = steps if values else masked(steps)
    _print(
        as_json,
        lambda: asking.answer_fields(call, chosen, shown),
        lambda: list(asking.answer_lines(call, shown)),
    )


def _reading(directory: Path, as_json: bool, *, production: bool = False) -> Reading:
    from senfcall_avv.policy.errors import PolicyError
    from senfcall_avv.policy.loading import read_directory

    if not directory.is_dir():
        _stop(f"there is no directory {directory}", as_json, SURROUNDINGS)
    try:
        return read_directory(directory, production=production)
    except PolicyError as error:
        _refuse(error, as_json)


def _checked(reading: Reading) -> tuple[Ruleset | None, list[Diagnostic]]:
    from senfcall_avv.bbb.catalog import load
    from senfcall_avv.policy.language import check as check_texts

    ruleset, found = check_texts(reading.sources, load(), unreadable=reading.unreadable)
    diagnostics = [*reading.diagnostics, *found]
    if any(diagnostic.level == "error" for diagnostic in diagnostics):
        return None, diagnostics
    return ruleset, diagnostics


def _sound(directory: Path, as_json: bool) -> Reading:
    """Read a directory that must have no errors; its warnings are for ``check`` to say."""
    _, reading = _read_ruleset(directory, as_json)
    return reading


def _ruleset(directory: Path, as_json: bool) -> Ruleset:
    return _read_ruleset(directory, as_json)[0]


def _read_ruleset(directory: Path, as_json: bool) -> tuple[Ruleset, Reading]:
    from senfcall_avv.policy.errors import PolicyError

    reading = _reading(directory, as_json)
    ruleset, diagnostics = _checked(reading)
    if ruleset is None:
        _refuse(PolicyError(diagnostics, reading.sources.directory), as_json)
    return ruleset, reading


def _compiled(reading: Reading, engine: str, as_json: bool) -> Policy:
    from senfcall_avv.bbb.catalog import load
    from senfcall_avv.policy.engines import EngineNotFound, find
    from senfcall_avv.policy.errors import PolicyError

    try:
        return find(engine).compile(reading.sources, load())
    except EngineNotFound as error:
        _stop(str(error), as_json, SURROUNDINGS)
    except PolicyError as error:
        _refuse(error, as_json)


def _tested(directory: Path, policy: Policy, as_json: bool) -> TestReport:
    from dataclasses import replace

    from senfcall_avv.policy.errors import PolicyError
    from senfcall_avv.policy.loading import read_tests
    from senfcall_avv.policy.testing import run_tests

    try:
        files, diagnostics = read_tests(directory)
    except PolicyError as error:
        _refuse(error, as_json)
    report = run_tests(files, policy)
    return replace(report, diagnostics=[*diagnostics, *report.diagnostics])


def _profile(ruleset: Ruleset, name: str) -> Profile:
    from senfcall_avv.policy.spelling import did_you_mean

    found = ruleset.profiles.get(name)
    if found is None:
        hint = did_you_mean(name, ruleset.profiles) or f"there are {', '.join(sorted(ruleset.profiles))}"
        raise click.UsageError(f'there is no profile "{_safe(name)}"; {hint}')
    return found


def _chosen(policy: Policy, name: str | None) -> str:
    from senfcall_avv.policy.spelling import did_you_mean

    profiles = ", ".join(policy.profiles)
    if name is None:
        if len(policy.profiles) != 1:
            raise click.UsageError(f"there are several profiles ({profiles}): choose one with --profile")
        return policy.profiles[0]
    if name not in policy.profiles:
        hint = did_you_mean(name, policy.profiles) or f"there are {profiles}"
        raise click.UsageError(f'there is no profile "{_safe(name)}"; {hint}')
    return name


def _unmentioned(profile: Profile, call: str, as_json: bool) -> None:
    from senfcall_avv.bbb.catalog import load
    from senfcall_avv.policy.spelling import did_you_mean

    if call not in load().calls:
        hint = did_you_mean(call, load().calls)
        raise click.UsageError(f'BBB has no call "{_safe(call)}"' + (f"; {hint}" if hint else ""))
    fields = {"profile": profile.name, "call": call, "verb": "refuse", "parameters": []}
    _print(as_json, lambda: fields, lambda: [f"{call}: refused, because no file mentions it"])


def _safe(text: str) -> str:
    from senfcall_avv.policy.errors import printable

    return printable(text)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _check_fields(
    reading: Reading,
    ruleset: Ruleset | None,
    revision: str | None,
    tests: TestReport | None,
    diagnostics: list[Diagnostic],
) -> Mapping[str, object]:
    return {
        "ok": not any(diagnostic.level == "error" for diagnostic in diagnostics),
        "files": len(reading.sources.files) + len(reading.unreadable),
        "profiles": [] if ruleset is None else sorted(ruleset.profiles),
        "revision": revision,
        "lost": _lost(ruleset),
        "tests": None if tests is None else {"passed": tests.passed, "failed": tests.failed},
        "diagnostics": [diagnostic.as_json() for diagnostic in diagnostics],
    }


def _lost(ruleset: Ruleset | None) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Give what each profile leaves out although it only takes rights away, by profile and call."""
    from senfcall_avv.bbb.catalog import load
    from senfcall_avv.policy.showing import lost

    profiles = {} if ruleset is None else ruleset.profiles
    return {
        name: {call.name: names for call in profile.calls.values() if (names := lost(call, load()))}
        for name, profile in sorted(profiles.items())
    }


def _print_check(reading: Reading, ruleset: Ruleset | None, diagnostics: list[Diagnostic]) -> None:
    from senfcall_avv.bbb.catalog import load

    files = _count(len(reading.sources.files) + len(reading.unreadable), "file")
    profiles = "" if ruleset is None else f", {_count(len(ruleset.profiles), 'profile')}"
    click.echo(f"{reading.sources.directory}: {files}{profiles}, catalogue {load().date}")
    for profile, calls in _lost(ruleset).items():
        for call, names in calls.items():
            click.echo(f"{profile}: {call} leaves out {_count(len(names), 'parameter')} that could only restrict")
    for diagnostic in diagnostics:
        if diagnostic.level == "error":
            click.echo(_coloured(f"\n{diagnostic.render(reading.sources.directory)}", diagnostic))
        else:
            click.echo(_coloured(diagnostic.brief(), diagnostic))


def _coloured(text: str, diagnostic: Diagnostic) -> str:
    head = f"{diagnostic.level}[{diagnostic.code}]"
    return text.replace(head, click.style(head, fg=_COLOURS[diagnostic.level], bold=True), 1)


def _print(as_json: bool, fields: Callable[[], Mapping[str, object]], lines: Callable[[], list[str]]) -> None:
    if as_json:
        _print_json(fields())
    else:
        for line in lines():
            click.echo(line)


def _print_json(fields: Mapping[str, object]) -> None:
    click.echo(json.dumps(fields))  # ASCII only: names from clients cannot act upon a terminal


def _refuse(error: PolicyError, as_json: bool) -> NoReturn:
    """Say why there is no policy, and end."""
    if as_json:
        _print_json({"ok": False, "diagnostics": [diagnostic.as_json() for diagnostic in error.errors]})
    else:
        for diagnostic in error.errors:
            click.echo(_coloured(diagnostic.render(error.directory) + "\n", diagnostic), err=True)
    sys.exit(ERRORS)


def _stop(message: str, as_json: bool, code: int) -> NoReturn:
    if as_json:
        _print_json({"ok": False, "error": message})
    else:
        click.echo(_safe(message), err=True)
    sys.exit(code)
