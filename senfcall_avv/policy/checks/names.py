"""Names: of calls, of parameters in every table that has some, of groups (P020 to P028)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from senfcall_avv.bbb.call import MAX_PARAMETERS
from senfcall_avv.bbb.catalog import GROUPS, CallEntry, Catalogue, Parameter
from senfcall_avv.policy.checks import patterns
from senfcall_avv.policy.documents import Document, dotted, quoted
from senfcall_avv.policy.errors import Diagnostic, Place
from senfcall_avv.policy.merging import Chain, preset_value
from senfcall_avv.policy.positions import Path
from senfcall_avv.policy.spelling import did_you_mean, suggestion
from senfcall_avv.policy.values import canonical

RISKS: Final = {
    "fetch": "makes a server load an address that a tenant names",
    "code": "brings foreign code or settings into the meeting client",
    "tracking": "puts an address or text of a tenant before every participant",
    "numbers": "takes from a space of numbers that all organisations share",
    "session": "weakens the protection of a person's session",
    "ban": "can undo what another parameter forbids",
}
TABLES: Final = ("rules", "set", "default", "add", "remove", "accept_risk")
_CASE: Final = "BBB's names are case-sensitive: no frontend would ever send this one"


def check(chain: Chain) -> Iterator[Diagnostic]:
    """Check every name in a file."""
    yield from _groups(chain.leaf)
    yield from _common(chain)
    for call, table in chain.leaf.model.calls.items():
        entry = chain.catalogue.calls.get(call)
        if entry is None:
            hint = did_you_mean(call, chain.catalogue.calls)
            yield chain.leaf.report("P020", ("calls", call), f"BBB has no call {quoted(call)}", hint=hint)
            continue
        yield from _extra(chain, entry)
        yield from _listed(chain, entry)
        for key in TABLES:
            for name in getattr(table, key):
                problem = _unusable(chain, entry, ("calls", call, key, name), name)
                if problem is not None:
                    yield problem


def repeated(document: Document, path: Path, items: list[str], *, any_case: bool = False) -> Iterator[Diagnostic]:
    """Report what stands twice in a list, ``any_case``: also in another letter case."""
    seen: dict[str, int] = {}
    for index, item in enumerate(items):
        key = item.casefold() if any_case else item
        if key in seen:
            first = document.place((*path, seen[key]))
            message = f"{quoted(item)} is listed twice"
            yield document.report("P027", (*path, index), message, second=first)
        else:
            seen[key] = index


def firsts(items: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Give each different item once, with its first index: repetitions are reported as such and as nothing else."""
    seen: set[str] = set()
    for index, item in enumerate(items):
        if item not in seen:
            seen.add(item)
            yield index, item


def ruled_out(chain: Chain, parameter: Parameter) -> Place | None:
    """Give the place where ``never`` rules a parameter's group out, or None."""
    for document in chain.documents:
        if parameter.group in document.model.never:
            return document.place(("never", document.model.never.index(parameter.group)))
    return None


def forbidden(chain: Chain, entry: CallEntry, path: Path, parameter: Parameter, name: str) -> Diagnostic | None:
    """Say why a known name cannot be passed on: its group is ruled out, or it is dangerous and nobody says why."""
    document = chain.leaf
    place = ruled_out(chain, parameter)
    if place is not None:
        where = f"{place.file}:{place.line}"
        return document.report(
            "P025", path, f"{quoted(name)} is {parameter.group}, which {where} rules out", second=place
        )
    if parameter.risk is None or _accepted(chain, entry.name, name):
        return None
    reason = RISKS.get(parameter.risk, "is dangerous")
    note = f'say why it is worth it: {dotted(("calls", entry.name, "accept_risk", name))} = "…"'
    return document.report("P026", path, f"{quoted(name)} {reason}", note=note)


def _accepted(chain: Chain, call: str, name: str) -> bool:
    tables = (document.model.calls.get(call) for document in chain.documents)
    return any(table.accept_risk.get(name, "").strip() for table in tables if table is not None)


def _groups(document: Document) -> Iterator[Diagnostic]:
    yield from repeated(document, ("never",), document.model.never)
    for index, group in enumerate(document.model.never):
        if group not in GROUPS:
            message = f"the catalogue has no group {quoted(group)}"
            note = "groups: " + ", ".join(sorted(GROUPS))
            yield document.report("P025", ("never", index), message, hint=did_you_mean(group, GROUPS), note=note)


def _common(chain: Chain) -> Iterator[Diagnostic]:
    """Check the names in the rules for all calls: some call must have them, or an ``extra`` of this file's chain."""
    for name in chain.leaf.model.rules:
        path: Path = ("rules", name)
        if chain.catalogue.is_reserved(name):
            yield _reserved(chain.leaf, path, name)
        elif all(chain.parameter(call, name) is None for call in chain.catalogue.calls):
            known = {known for entry in chain.catalogue.calls.values() for known in entry.parameters}
            note = "no call has a parameter of this name"
            message = f"{dotted(path)} is used nowhere"
            yield chain.leaf.report("P040", path, message, hint=did_you_mean(name, known), note=note)


def check_inherited(chain: Chain) -> Iterator[Diagnostic]:
    """Find what a parent forwards or sets although this file rules its group out."""
    for index, group in enumerate(chain.leaf.model.never):
        found = [*_inherited_names(chain, group), *_inherited_presets(chain, group)]
        if found:
            (name, call, place), *others = found
            message = f"{group} is ruled out here, and {call} has {quoted(name)} from {place.file}:{place.line}"
            note = f"also: {', '.join(other[0] for other in others)}" if others else None
            yield chain.leaf.report("P025", ("never", index), message, second=place, note=note)


def _inherited_names(chain: Chain, group: str) -> Iterator[tuple[str, str, Place]]:
    for call in chain.calls:
        verb = chain.verb(call)
        if verb is None or verb[0] is chain.leaf or verb[1] != "forward":
            continue
        listed = verb[0].model.calls[call].forward or []
        for index, name in enumerate(listed):
            parameter = chain.parameter(call, name)
            if parameter is not None and parameter.group == group:
                yield name, call, verb[0].place(("calls", call, "forward", index))
            elif name.endswith("*"):
                for member in _members(chain, call, name):
                    if member.group == group:
                        yield member.name, call, verb[0].place(("calls", call, "forward", index))


def _members(chain: Chain, call: str, family: str) -> Iterator[Parameter]:
    """Give the known parameters that a family lets through."""
    path: Path = ("calls", call, "families", family)
    names, pattern = chain.effective.get((*path, "names")), chain.effective.get((*path, "pattern"))
    entry = chain.catalogue.calls[call]
    if names is not None:
        yield from (known for name in names.value if (known := entry.find(name)) is not None)
    elif pattern is not None:
        matches = patterns.matcher_in_any_case(pattern.value)
        yield from (known for known in entry.parameters.values() if not known.reserved and matches(known.name))


def _inherited_presets(chain: Chain, group: str) -> Iterator[tuple[str, str, Place]]:
    for document in chain.parents:
        for call, table in document.model.calls.items():
            for key in ("set", "default"):
                for name, value in getattr(table, key).items():
                    parameter = chain.parameter(call, name)
                    if parameter is None or parameter.group != group:
                        continue
                    if canonical(preset_value(value, parameter.choices)) not in parameter.neutral:
                        yield name, call, document.place(("calls", call, key, name))


def _reserved(document: Document, path: Path, name: str) -> Diagnostic:
    return document.report("P024", path, f"{quoted(name)} is never passed on, for anyone")


def _unusable(chain: Chain, entry: CallEntry, path: Path, name: str) -> Diagnostic | None:
    """Say what is wrong with a name as such, wherever it stands."""
    if chain.catalogue.is_reserved(name):
        return _reserved(chain.leaf, path, name)
    if chain.parameter(entry.name, name) is not None:
        return None
    return unknown(chain, entry, path, name)


def unknown(chain: Chain, entry: CallEntry, path: Path, name: str) -> Diagnostic:
    """Report a name that the call does not have: of another call, or of none."""
    document = chain.leaf
    others = [call.name for call in chain.catalogue.calls.values() if name in call.parameters and not call.session]
    if others:
        message = f"{quoted(name)} belongs to {_some(others)}, not to {entry.name}"
        return document.report("P022", path, message)
    known = {*entry.parameters, *chain.extras(entry.name)}
    found = suggestion(name, known)
    note = _CASE if found is not None and found.casefold() == name.casefold() else None
    family = entry.family(name)
    if family is not None:
        key = dotted(("calls", entry.name, "families", family.prefix + "*", "names"))
        note = f'names of a family are listed under {key}, and forward gets "{family.prefix}*"'
    message = f"{quoted(name)} is no parameter of {entry.name}"
    return document.report("P021", path, message, hint=did_you_mean(name, known), note=note)


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:3])}{' and others' if len(names) > 3 else ''}"


def _listed(chain: Chain, entry: CallEntry) -> Iterator[Diagnostic]:
    """Check the names that a call forwards."""
    path: Path = ("calls", entry.name, "forward")
    items = chain.leaf.model.calls[entry.name].forward or []
    if len(items) > MAX_PARAMETERS:
        message = (
            f"{entry.name} lists {len(items)} names, and no request can have more than {MAX_PARAMETERS} parameters"
        )
        yield chain.leaf.report("P027", path, message)
        return
    yield from repeated(chain.leaf, path, items)
    for index, name in firsts(items):
        if name.endswith("*"):
            continue
        at: Path = (*path, index)
        problem = _unusable(chain, entry, at, name)
        if problem is None:
            parameter = chain.parameter(entry.name, name)
            known = _anywhere(chain.catalogue, name) if name in chain.extras(entry.name) else parameter
            problem = None if known is None else forbidden(chain, entry, at, known, name)
        if problem is not None:
            yield problem
            continue
        newer = entry.newer_name(name)
        if newer is not None:
            since = entry.parameters[newer].since
            when = "" if since == "always" else f" since BBB {since}"
            yield chain.leaf.report("P028", at, f"{quoted(name)} is called {quoted(newer)}{when}")


def _anywhere(catalogue: Catalogue, name: str) -> Parameter | None:
    """Give what any call knows of a name, in any letter case: an ``extra`` is no way around a danger."""
    folded = name.casefold()
    for entry in catalogue.calls.values():
        for key, parameter in entry.parameters.items():
            if key.casefold() == folded:
                return parameter
    return None


def _extra(chain: Chain, entry: CallEntry) -> Iterator[Diagnostic]:
    """Check the parameters that a file adds to the catalogue's."""
    document = chain.leaf
    for name, table in document.model.calls[entry.name].extra.items():
        path: Path = ("calls", entry.name, "extra", name)
        near = next((known for known in entry.parameters if known.casefold() == name.casefold()), None)
        if chain.catalogue.is_reserved(name):
            yield _reserved(document, path, name)
        elif name == near:
            message = f"{quoted(name)} is in the catalogue of {chain.catalogue.date}"
            yield document.report("P023", path, message, note="the line under extra can go")
        elif near is not None:
            hint = f"did you mean {quoted(near)}?"
            yield document.report(
                "P021", path, f"{quoted(name)} is no parameter of {entry.name}", hint=hint, note=_CASE
            )
        elif entry.family(name) is not None:
            yield unknown(chain, entry, path, name)
        elif not is_name(name):
            message = f"{quoted(name)} cannot be a parameter's name"
            note = "names have 1 to 64 letters, digits, hyphens, underscores and points"
            yield document.report("P021", path, message, note=note)
        elif table.type == "enum" and not table.choices:
            yield document.report("P042", path, f"{quoted(name)} is an enum and needs choices")
        else:
            message = f"{quoted(name)} is newer than the catalogue of {chain.catalogue.date}"
            yield document.report("P023", path, message)


def is_name(name: str) -> bool:
    """Say whether a text has the form of a parameter's name."""
    return 1 <= len(name) <= 64 and name.isascii() and all(c.isalnum() or c in "_.-" for c in name)
