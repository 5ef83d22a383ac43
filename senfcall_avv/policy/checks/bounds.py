"""Rules: do their keys fit the type, are their bounds possible, does BBB take what they let through (P041 to P048)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from senfcall_avv.bbb.catalog import Parameter
from senfcall_avv.policy.checks import patterns
from senfcall_avv.policy.checks.names import firsts, repeated
from senfcall_avv.policy.documents import Document, quoted
from senfcall_avv.policy.errors import Diagnostic
from senfcall_avv.policy.merging import CLAMPED, LONGEST_ID, PREFIX, Chain, keys_of, known_bounds, rule
from senfcall_avv.policy.narrowing import said
from senfcall_avv.policy.positions import Path
from senfcall_avv.policy.schema import RuleTable
from senfcall_avv.policy.spelling import did_you_mean

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\]")
_UNSAFE: Final = frozenset(("javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source"))
_LENGTHS: Final = frozenset(("min", "max", "max_items"))


@dataclass(frozen=True, slots=True)
class _Written:
    """A rule as a file has it, with every parameter that it is about: one, or one for each call that has the name."""

    document: Document
    path: Path
    name: str
    table: RuleTable
    parameters: Sequence[Parameter]
    where: str

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(parameter.type for parameter in self.parameters))

    def report(self, code: str, key: str, message: str, note: str | None = None) -> Diagnostic:
        return self.document.report(code, (*self.path, key), message, of="value", note=note)


def _written(chain: Chain) -> Iterator[_Written]:
    model = chain.leaf.model
    for name, table in model.rules.items():
        entries = chain.catalogue.calls
        found = [p for call in entries if (p := chain.parameter(call, name)) is not None]
        if found and not chain.catalogue.is_reserved(name):
            yield _Written(chain.leaf, ("rules", name), name, table, found, "any call")
    for call, call_table in model.calls.items():
        for name, table in call_table.rules.items():
            parameter = chain.parameter(call, name)
            if parameter is not None and not chain.catalogue.is_reserved(name):
                yield _Written(chain.leaf, ("calls", call, "rules", name), name, table, [parameter], call)


def check(chain: Chain) -> Iterator[Diagnostic]:
    """Check the rules of a file as they stand there."""
    for written in _written(chain):
        yield from _one(written)


def _one(written: _Written) -> Iterator[Diagnostic]:
    unfit = set(_unfit_keys(written))
    for key in unfit:
        shown = " or ".join(written.types)
        fitting = [k for k in RuleTable.model_fields if any(_fits(k, type_) for type_ in written.types)]
        message = f"{quoted(key)} is not for {shown}, which {written.name} is"
        yield written.document.report("P041", (*written.path, key), message, note="possible: " + ", ".join(fitting))
    table = written.table
    bounds = list(_bounds(written)) if "min" not in unfit and "max" not in unfit else []
    yield from bounds
    if not bounds:
        yield from _outside(written, unfit)
    yield from _lists(written, unfit)
    if table.pattern is not None and "pattern" not in unfit:
        found = patterns.problem(table.pattern)
        if found is not None:
            yield written.report("P045", "pattern", found.message, found.note)
    yield from _otherwise(written)


def _fits(key: str, type_: str) -> bool:
    return ("patterns" if key == "pattern" else key) in keys_of(type_)


def _unfit_keys(written: _Written) -> Iterable[str]:
    for key in RuleTable.model_fields:
        if getattr(written.table, key) is not None and not any(_fits(key, type_) for type_ in written.types):
            yield key


def _bounds(written: _Written) -> Iterator[Diagnostic]:
    table = written.table
    lengths = written.types != ("integer",)
    for key in ("min", "max", "max_items"):
        value = getattr(table, key)
        if value is not None and value < 0 and (lengths or key == "max_items"):
            yield written.report("P042", key, f"{key} is a length and cannot be {value}")
            return
    if table.max == 0 and lengths:
        yield written.report("P042", "max", "max 0 leaves no value at all")
    elif table.max_items == 0:
        yield written.report("P042", "max_items", "max_items 0 leaves no value at all")
    elif table.min is not None and table.max is not None and table.min > table.max:
        yield written.document.report(
            "P042",
            (*written.path, "min"),
            f"min {table.min} is above max {table.max}",
            of="value",
            second=written.document.place((*written.path, "max"), "value"),
        )


def _outside(written: _Written, unfit: set[str]) -> Iterator[Diagnostic]:
    """Compare with BBB's own bounds: the widest, where several calls have the name."""
    table = written.table
    bounded = [parameter for parameter in written.parameters if "max" in keys_of(parameter.type)]
    lows, highs = zip(*map(known_bounds, bounded), strict=True) if bounded else ((), ())
    if table.max is not None and "max" not in unfit:
        if any(parameter.type == "id" for parameter in bounded) and table.max > LONGEST_ID:
            message = f"max {table.max} leaves no room for the prefix ({PREFIX})"
            note = f"BBB takes 256 characters, so {LONGEST_ID} are left"
            yield written.report("P044", "max", message, note)
        elif (high := _widest(highs, max)) is not None and table.max > high:
            yield written.report("P043", "max", f"{written.name}: max {table.max}, BBB takes {high}")
    if table.min is not None and "min" not in unfit:
        low = _widest(lows, min)
        if low is not None and table.min < low:
            yield written.report("P043", "min", f"{written.name}: min {table.min}, BBB takes nothing under {low}")


def _widest(bounds: Sequence[int | None], of: Callable[[list[int]], int]) -> int | None:
    known = [bound for bound in bounds if bound is not None]
    return of(known) if known and len(known) == len(bounds) else None


def _lists(written: _Written, unfit: set[str]) -> Iterator[Diagnostic]:
    for key in ("choices", "schemes", "hosts"):
        items = getattr(written.table, key)
        if items is None or key in unfit:
            continue
        if not items:
            yield written.report("P042", key, f"{key} is empty: no value could ever fit")
        yield from repeated(written.document, (*written.path, key), items)
        for index, item in firsts(items):
            problem = _item(written, key, (*written.path, key, index), item)
            if problem is not None:
                yield problem


def _item(written: _Written, key: str, path: Path, item: str) -> Diagnostic | None:
    document = written.document
    if key == "choices":
        known = {choice for p in written.parameters for choice in p.choices or ()}
        if known and item not in known:
            message = f"BBB does not know {quoted(item)} as a value of {written.name}"
            return document.report("P043", path, message, hint=did_you_mean(item, known))
        if not item or "," in item:
            return document.report("P042", path, "a choice is one text without a comma")
        return None
    if key == "hosts":
        if _HOST.fullmatch(item):
            return None
        note = "small letters, digits, hyphens and dots; umlauts in their xn-- form; no port, no path"
        return document.report("P048", path, f"{quoted(item)} is no host name", note=note)
    if not _SCHEME.fullmatch(item):
        note = "schemes are written in small letters and without a colon"
        return document.report("P048", path, f"{quoted(item)} is no scheme", note=note)
    if item in _UNSAFE:
        return document.report("P048", path, f"{quoted(item)} is no scheme for a link")
    if item != "https" and any(p.group == "callback" for p in written.parameters):
        message = f"{written.name} is called by a server and needs https, not {quoted(item)}"
        return document.report("P048", path, message)
    return None


def _otherwise(written: _Written) -> Iterator[Diagnostic]:
    table = written.table
    if table.otherwise == "clamp" and not any(type_ in CLAMPED for type_ in written.types):
        message = f"a value of type {' or '.join(written.types)} cannot be clamped"
        yield written.report(
            "P047", "otherwise", message, "texts are cut at max, integers brought to the nearest bound"
        )
    elif table.otherwise == "drop" and any(p.restricts for p in written.parameters):
        message = f"dropping {written.name} gives somebody more than was meant"
        yield written.report("P046", "otherwise", message, 'otherwise = "refuse" is safe')


def check_merged(chain: Chain) -> Iterator[Diagnostic]:
    """Check what only a file and its parents together get wrong: bounds that cross, patterns too long for max."""
    reported: set[Path] = set()
    for call in chain.calls:
        for name in _names(chain, call):
            yield from _merged(chain, call, name, reported)


def _names(chain: Chain, call: str) -> Iterable[str]:
    table = chain.leaf.model.calls.get(call)
    names = dict.fromkeys(table.rules if table is not None else ())
    names.update(dict.fromkeys(name for name in chain.leaf.model.rules))
    return [name for name in names if chain.parameter(call, name) is not None]


def _mine(chain: Chain, call: str, name: str, key: str) -> Path | None:
    """Give the path where this file itself says a key of a rule, the call's own word first."""
    for path in (("calls", call, "rules", name, key), ("rules", name, key)):
        if path in chain.leaf.positions.entries:
            return path
    return None


def _merged(chain: Chain, call: str, name: str, reported: set[Path]) -> Iterator[Diagnostic]:
    parameter = chain.parameter(call, name)
    if parameter is None or "max" not in keys_of(parameter.type):
        return
    made = rule(chain, call, name)
    path = _mine(chain, call, name, "min") or _mine(chain, call, name, "max")
    if path is not None and made.min is not None and made.max is not None and made.min > made.max:
        if path not in reported:
            reported.add(path)
            other = said(chain.effective, call, name, "max" if path[-1] == "min" else "min")
            second = None if other is None else other.document.place(other.path, "value")
            message = f"min {made.min} is above max {made.max}"
            yield chain.leaf.report("P042", path, message, of="value", second=second)
        return
    at = _mine(chain, call, name, "pattern") or path
    if at is None or at in reported:
        return
    for pattern in made.patterns:
        found = patterns.problem(pattern, made.min, made.max) if parameter.type != "integer" else None
        if found is not None:
            reported.add(at)
            yield chain.leaf.report("P045", at, found.message, of="value", note=found.note)
            return
