"""The tests beside a policy, run before anybody relies on it (P080 to P082)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from senfcall_avv.policy.cases import Case, CaseError, Difference, coverage, read, run
from senfcall_avv.policy.documents import SUFFIX, make_place, quoted
from senfcall_avv.policy.engine import Policy
from senfcall_avv.policy.errors import WARNINGS, Diagnostic, Place
from senfcall_avv.policy.positions import Span


@dataclass(frozen=True, slots=True)
class TestReport:
    """What the tests say. ``passed`` and ``failed`` count cases; ``diagnostics`` say why, and what no case covers."""

    __test__ = False  # not a test of ours, whatever pytest thinks of the name
    passed: int
    failed: int
    diagnostics: Sequence[Diagnostic]


def run_tests(files: Mapping[str, str], policy: Policy) -> TestReport:
    """Run the cases of test files, given by name within the policy directory (``tests/senfcall.test.toml``)."""
    diagnostics: list[Diagnostic] = []
    cases: list[Case] = []
    failed = 0
    for file, text in sorted(files.items()):
        try:
            found = read(text, file.rpartition("/")[2])
        except CaseError as error:
            diagnostics.append(_diagnostic("P080", file, text, error.line, error.message))
            continue
        known, unknown = _by_profile(found, policy)
        for case in unknown:
            message = f"case {quoted(case.id)} names the profile {quoted(case.subject.profile)}, which there is not"
            diagnostics.append(_diagnostic("P080", file, text, case.line, message))
        cases += known
        for _, differences in groupby(run(known, policy), key=lambda difference: difference.id):
            failed += 1
            diagnostics.append(_failure(file, text, list(differences)))
    diagnostics += _uncovered(cases, policy)
    return TestReport(len(cases) - failed, failed, diagnostics)


def _by_profile(cases: Iterable[Case], policy: Policy) -> tuple[list[Case], list[Case]]:
    known: list[Case] = []
    unknown: list[Case] = []
    for case in cases:
        (known if case.subject.profile in policy.profiles else unknown).append(case)
    return known, unknown


def _diagnostic(code: str, file: str, text: str, line: int, message: str, note: str | None = None) -> Diagnostic:
    lines = tuple(text.split("\n"))
    width = len(lines[line - 1].rstrip()) if line <= len(lines) else 1
    place = make_place(file, lines, Span(line, 1, max(2, width + 1)), {})
    return Diagnostic(code, "warning" if code in WARNINGS else "error", place, "", message, None, note)


def _failure(file: str, text: str, differences: Sequence[Difference]) -> Diagnostic:
    first, *others = differences
    message = f"{quoted(first.id)}: {_words(first)}"
    note = "; ".join([first.about, *map(_words, others)])
    return _diagnostic("P081", file, text, first.line, message, note)


def _words(difference: Difference) -> str:
    return f"{difference.path}: expected {difference.expected}, got {difference.got}"


def _uncovered(cases: Sequence[Case], policy: Policy) -> Iterator[Diagnostic]:
    for profile in policy.profiles:
        place = Place(profile + SUFFIX)
        if not any(case.subject.profile == profile for case in cases):
            yield Diagnostic("P082", "warning", place, "", f"the profile {quoted(profile)} has no test")
            continue
        found = coverage(cases, policy, profile)
        missing = ", ".join(sorted(found.calls - found.calls_tested))
        if missing:
            yield Diagnostic("P082", "warning", place, "", f"no test of {quoted(profile)} for {missing}")
