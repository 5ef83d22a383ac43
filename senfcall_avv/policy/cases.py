"""Tests beside a policy: what must become of a request, written by whoever writes the policy.

A file ``<profile>.test.toml`` holds ``[[case]]`` tables.

| key | what |
|---|---|
| ``id``, ``about`` | a name that is unique in the file, and one sentence |
| ``profile`` | default: the file's name |
| ``call``, ``method``, ``query`` | as on the wire; the query without the checksum |
| ``content_type``, ``body`` | of the request, default none |
| ``limits`` | numbers of the organisation |
| ``variables`` | what stands in templates: ``"organization.name"`` and the like |
| ``fill`` | ``{A = 257}``: each ``{A}`` in query, body and ``forward`` is that many times the letter x |
| ``forward`` | the parameters passed on, all of them; with ``ignored`` and ``changed`` (name = reason), both complete |
| ``answer`` | the kind of the answer |
| ``refuse`` | the messageKey; with ``reason`` and ``param`` |

``[always.<call>]`` adds parameters to every ``forward`` of a call: what the policy sets.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from senfcall_avv.bbb.call import Call, parse
from senfcall_avv.policy.engine import Decision, Limits, Outcome, Policy, Subject
from senfcall_avv.policy.positions import locate

SUFFIX: Final = ".test.toml"
_TEXTS: Final = frozenset(
    ("id", "about", "profile", "call", "method", "query", "content_type", "body", "answer", "refuse", "reason", "param")
)
_TABLES: Final = frozenset(("limits", "variables", "fill", "forward", "ignored", "changed"))
_VERBS: Final = ("forward", "answer", "refuse")
_ONLY_WITH: Final[Mapping[str, str]] = {
    "ignored": "forward",
    "changed": "forward",
    "reason": "refuse",
    "param": "refuse",
}
ABSENT: Final = "nothing"
"""Stands in a difference for what is not there."""


class CaseError(ValueError):
    """A test file does not load. ``line`` counts from 1."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Case:
    """One case. ``call`` is the request as read from the wire; the expectation is one of the three verbs."""

    id: str
    about: str
    file: str
    line: int
    call: Call
    subject: Subject
    verb: str
    detail: str = ""
    """The kind of the answer, or the messageKey."""
    forward: Mapping[str, str] = field(default_factory=dict)
    ignored: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    param: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a decision is not what a case expects. ``path`` is a key path of the case (``ignored.record``)."""

    id: str
    about: str
    file: str
    line: int
    path: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which forwarded calls of a profile, and which of their parameters (call, name), some case passes on."""

    calls: frozenset[str]
    calls_tested: frozenset[str]
    parameters: frozenset[tuple[str, str]]
    parameters_tested: frozenset[tuple[str, str]]


def _filled(text: str, fill: Mapping[str, int]) -> str:
    for letter, times in fill.items():
        text = text.replace(f"{{{letter}}}", "x" * times)
    return text


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.file = file
        try:
            self.data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise CaseError(file, getattr(error, "lineno", 1), str(error)) from error
        self.places = locate(text)
        self.profile = file.removesuffix(SUFFIX)

    def error(self, message: str, *path: str | int) -> CaseError:
        entry = self.places.nearest(path)
        return CaseError(self.file, 1 if entry is None else entry.key.line, message)

    def cases(self) -> tuple[Case, ...]:
        unknown = sorted(self.data.keys() - {"case", "always"})
        if unknown:
            raise self.error(f'unknown key "{unknown[0]}"', unknown[0])
        rows = self.data.get("case", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.error("cases are written as [[case]]", "case")
        cases = tuple(self.case(row, index) for index, row in enumerate(rows))
        seen: set[str] = set()
        for index, case in enumerate(cases):
            if case.id in seen:
                raise self.error(f'two cases are called "{case.id}"', "case", index)
            seen.add(case.id)
        return cases

    def shape(self, row: Mapping[str, Any], index: int) -> str:
        """Check the keys of a case; give its verb."""
        name = f'case "{row.get("id", index + 1)}"'
        for key, value in row.items():
            if key not in _TEXTS and key not in _TABLES:
                raise self.error(f'{name}: unknown key "{key}"', "case", index, key)
            if not isinstance(value, str if key in _TEXTS else dict):
                kind = "a text" if key in _TEXTS else "a table"
                raise self.error(f'{name}: "{key}" must be {kind}', "case", index, key)
        for key in ("id", "call"):
            if key not in row:
                raise self.error(f'{name}: "{key}" is missing', "case", index)
        verbs = [verb for verb in _VERBS if verb in row]
        if len(verbs) != 1:
            words = f"says both {verbs[0]} and {verbs[1]}" if verbs else f"says none of {', '.join(_VERBS)}"
            raise self.error(f"{name} {words}", "case", index)
        for key, verb in _ONLY_WITH.items():
            if key in row and verb != verbs[0]:
                raise self.error(f'{name}: "{key}" goes with {verb} only', "case", index, key)
        return verbs[0]

    def case(self, row: Mapping[str, Any], index: int) -> Case:
        verb = self.shape(row, index)
        fill = self.numbers(row, index, "fill")
        numbers = self.numbers(row, index, "limits")
        unknown = sorted(numbers.keys() - {item.name for item in fields(Limits)})
        if unknown:
            raise self.error(f'there is no limit "{unknown[0]}"', "case", index, "limits", unknown[0])
        call = parse(
            row["call"],
            row.get("method", "GET"),
            _filled(row.get("query", ""), fill),
            row.get("content_type", ""),
            _filled(row.get("body", ""), fill).encode(),
        ).call
        entry = self.places.nearest(("case", index))
        texts = {key: self.texts(row.get(key, {}), "case", index, key) for key in ("forward", "ignored", "changed")}
        always = self.texts(self.data.get("always", {}).get(row["call"], {}), "always", row["call"])
        forward = {name: _filled(value, fill) for name, value in texts["forward"].items()}
        variables = self.texts(row.get("variables", {}), "case", index, "variables")
        return Case(
            id=row["id"],
            about=row.get("about", ""),
            file=self.file,
            line=1 if entry is None else entry.key.line,
            call=call,
            subject=Subject("test", row.get("profile", self.profile), Limits(**numbers), variables),
            verb=verb,
            detail="" if verb == "forward" else row[verb],
            forward={**always, **forward} if verb == "forward" else {},
            ignored=texts["ignored"],
            changed=texts["changed"],
            reason=row.get("reason"),
            param=row.get("param"),
        )

    def texts(self, table: object, *path: str | int) -> dict[str, str]:
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise self.error(f'"{path[-1]}" must be a table of texts', *path)
        return dict(table)

    def numbers(self, row: Mapping[str, Any], index: int, key: str) -> dict[str, int]:
        table = row.get(key, {})
        if not all(type(value) is int and value >= 0 for value in table.values()):
            raise self.error(f'"{key}" must be a table of numbers', "case", index, key)
        return dict(table)


def read(text: str, file: str) -> tuple[Case, ...]:
    """Read a test file; ``file`` is its name. Raises CaseError for the first thing that is wrong with it."""
    return _Reader(text, file).cases()


def run(cases: Iterable[Case], policy: Policy) -> list[Difference]:
    """Decide every case and give what differs, in the order of the cases."""
    return [difference for case in cases for difference in compare(case, policy.decide(case.call, case.subject))]


def compare(case: Case, decision: Decision) -> list[Difference]:
    """Hold a decision against what a case expects."""
    found: list[tuple[str, str, str]] = []
    got = _verb(decision)
    if got != (case.verb, case.detail):
        found.append((case.verb, _words(case.verb, case.detail), _words(*got)))
    elif case.verb == "forward":
        for path in ("forward", "ignored", "changed"):
            there = decision.params if path == "forward" else getattr(decision, path)
            found.extend(_tables(path, getattr(case, path), there))
        if list(decision.params) != sorted(decision.params):
            found.append(("forward", "parameters sorted by name", " ".join(decision.params)))
    elif decision.refusal is not None:
        refusal = decision.refusal
        if case.reason is not None and case.reason != refusal.reason.value:
            found.append(("reason", case.reason, refusal.reason.value))
        if case.reason is not None and case.param != refusal.param:
            found.append(("param", case.param or ABSENT, refusal.param or ABSENT))
    return [Difference(case.id, case.about, case.file, case.line, *difference) for difference in found]


def _verb(decision: Decision) -> tuple[str, str]:
    if decision.outcome is Outcome.FORWARD:
        return "forward", ""
    if decision.refusal is not None:
        return "refuse", decision.refusal.key
    return "answer", decision.answer or ""


def _words(verb: str, detail: str) -> str:
    return f"{verb} {detail}".rstrip()


def _tables(path: str, expected: Mapping[str, str], got: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [
        (f"{path}.{name}", str(expected.get(name, ABSENT)), str(got.get(name, ABSENT)))
        for name in sorted({*expected, *got})
        if expected.get(name) != got.get(name)
    ]


def coverage(cases: Sequence[Case], policy: Policy, profile: str) -> Coverage:
    """Say how much of a profile the cases pass on. Raises KeyError for an unknown profile."""
    calls = [call for call in policy.describe(profile).calls if call.verb is Outcome.FORWARD]
    parameters = frozenset((call.name, p.name) for call in calls for p in call.parameters if p.value is None)
    tested = [case for case in cases if case.subject.profile == profile and case.verb == "forward"]
    passed = frozenset((case.call.name, name) for case in tested for name in case.forward)
    names = frozenset(call.name for call in calls)
    return Coverage(names, names & {case.call.name for case in tested}, parameters, parameters & passed)
