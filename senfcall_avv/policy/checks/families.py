"""Families of names: ``meta_*``, ``userdata-*`` (P029 and what their names and patterns may be)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from senfcall_avv.bbb.catalog import CallEntry, FamilyRule
from senfcall_avv.policy.checks import patterns
from senfcall_avv.policy.checks.names import firsts, forbidden, repeated
from senfcall_avv.policy.documents import quoted
from senfcall_avv.policy.errors import Diagnostic
from senfcall_avv.policy.merging import FAMILY_COUNT, Chain
from senfcall_avv.policy.positions import Path
from senfcall_avv.policy.schema import FamilyTable
from senfcall_avv.policy.spelling import did_you_mean

METADATA: Final = "meta_"
LONGEST: Final = 8000
"""Code points that a value of a family may have at most: a request's address has no room for more."""


def check(chain: Chain) -> Iterator[Diagnostic]:
    """Check families where they are forwarded and where they are described."""
    for call, table in chain.leaf.model.calls.items():
        entry = chain.catalogue.calls.get(call)
        if entry is None:
            continue
        families = {family.prefix + "*": family for family in entry.families}
        for index, name in firsts(table.forward or ()):
            if name.endswith("*"):
                yield from _forwarded(chain, entry, ("calls", call, "forward", index), name, families)
        for name, family in table.families.items():
            path: Path = ("calls", call, "families", name)
            if name not in families:
                yield _unknown(chain, entry, path, name, families)
            else:
                yield from _described(chain, entry, path, family, families[name])


def _unknown(chain: Chain, entry: CallEntry, path: Path, name: str, families: dict[str, FamilyRule]) -> Diagnostic:
    if name == "*":
        note = "what is not listed is left out; that is what the list is for"
        return chain.leaf.report("P029", path, '"*" is not offered: list what you mean', note=note)
    known = f"{entry.name} has {', '.join(map(quoted, families))}" if families else f"{entry.name} has none"
    message = f"{quoted(name)} is no family of names of {entry.name}"
    return chain.leaf.report("P029", path, message, hint=did_you_mean(name, families), note=known)


def _forwarded(
    chain: Chain, entry: CallEntry, path: Path, name: str, families: dict[str, FamilyRule]
) -> Iterator[Diagnostic]:
    if name not in families:
        yield _unknown(chain, entry, path, name, families)
        return
    at = ("calls", entry.name, "families", name)
    if (*at, "names") not in chain.effective and (*at, "pattern") not in chain.effective:
        note = f"[calls.{entry.name}.families.{quoted(name)}] must have names or a pattern"
        yield chain.leaf.report("P029", path, f"which names of {quoted(name)} are meant is not said", note=note)


def _described(
    chain: Chain, entry: CallEntry, path: Path, table: FamilyTable, rule: FamilyRule
) -> Iterator[Diagnostic]:
    document = chain.leaf
    if table.names is not None and table.pattern is not None:
        message = "a family has either names or a pattern, not both"
        yield document.report("P029", (*path, "pattern"), message, second=document.place((*path, "names")))
        return
    yield from _names(chain, entry, path, table, rule)
    if table.pattern is not None:
        yield from _pattern(chain, entry, path, table.pattern)
    for key, most in (("max", LONGEST), ("count", FAMILY_COUNT)):
        value = getattr(table, key)
        if value is not None and not 1 <= value <= most:
            yield document.report("P042", (*path, key), f"{key} must be 1 to {most}, not {value}", of="value")


def _names(chain: Chain, entry: CallEntry, path: Path, table: FamilyTable, rule: FamilyRule) -> Iterator[Diagnostic]:
    document, names = chain.leaf, table.names or []
    if table.names == []:
        yield document.report("P042", (*path, "names"), "names is empty: no name could ever pass", of="value")
    # BBB lower-cases names of metadata: two spellings would be one parameter twice.
    yield from repeated(document, (*path, "names"), names, any_case=rule.prefix == METADATA)
    for index, name in firsts(names):
        at = (*path, "names", index)
        known = entry.find(name)
        if chain.catalogue.is_reserved(name):
            yield document.report("P024", at, f"{quoted(name)} is never passed on, for anyone")
        elif not rule.holds(name):
            hint = f"did you mean {quoted(rule.prefix + name)}?" if rule.holds(rule.prefix + name) else None
            message = f"{quoted(name)} is no name that BBB would read as one of {quoted(rule.prefix + '*')}"
            yield document.report("P029", at, message, hint=hint)
        elif known is not None:
            problem = forbidden(chain, entry, at, known, name)
            if problem is not None:
                yield problem


def _pattern(chain: Chain, entry: CallEntry, path: Path, pattern: str) -> Iterator[Diagnostic]:
    """Check that a pattern can be used, and that it lets no name slip through that would have to be listed."""
    at = (*path, "pattern")
    problem = patterns.problem(pattern)
    if problem is not None:
        yield chain.leaf.report("P045", at, problem.message, of="value", note=problem.note)
        return
    matches = patterns.matcher_in_any_case(pattern)
    for known in entry.parameters.values():
        if known.reserved or not matches(known.name):
            continue
        found = forbidden(chain, entry, at, known, known.name)
        if found is not None:
            yield chain.leaf.report(
                found.code,
                at,
                f"the pattern lets through {found.message}",
                of="value",
                note=found.note,
                second=found.second,
            )
            return
