"""What only the whole set shows: calls without a verb in any profile (P030), words used nowhere (P040)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from senfcall_avv.policy.documents import dotted, quoted
from senfcall_avv.policy.errors import Diagnostic
from senfcall_avv.policy.merging import Chain
from senfcall_avv.policy.positions import Path
from senfcall_avv.policy.spelling import did_you_mean


def check(chains: Mapping[str, Chain]) -> Iterator[Diagnostic]:
    """Check the set; every file in it must be sound."""
    profiles = [chain for chain in chains.values() if not chain.leaf.model.abstract]
    carried: dict[str, dict[str, frozenset[str]]] = {}
    for profile in profiles:
        carried[profile.leaf.name] = {call: _carried(profile, call) for call in profile.calls}
    for chain in chains.values():
        users = [profile for profile in profiles if chain.leaf in profile.documents]
        yield from _verbless(chain, users)
        yield from _unused(chain, users, carried)


def _carried(profile: Chain, call: str) -> frozenset[str]:
    """Give the names that a call may carry: forwarded one by one, as a family or in a family's list."""
    names = set(profile.forwarded(call))
    for family in tuple(name for name in names if name.endswith("*")):
        statement = profile.effective.get(("calls", call, "families", family, "names"))
        names.update(statement.value if statement is not None else ())
    return frozenset(names)


def _verbless(chain: Chain, users: list[Chain]) -> Iterator[Diagnostic]:
    for call in chain.leaf.model.calls:
        if not any(user.verb(call) is not None for user in users):
            message = f"nothing says what becomes of {call}: forward, answer or refuse"
            note = "a call that no file mentions is refused; then the table can go"
            yield chain.leaf.report("P030", ("calls", call), message, note=note)


def _unused(
    chain: Chain, users: list[Chain], carried: Mapping[str, Mapping[str, frozenset[str]]]
) -> Iterator[Diagnostic]:
    """Find rules, defaults and families that no profile built on this file makes any use of."""
    anywhere = {name for user in users for names in carried[user.leaf.name].values() for name in names}
    fixed = {name for user in users for call in user.calls for name in _set_names(user, call)}
    for name in chain.leaf.model.rules:
        if name not in anywhere | fixed:
            yield _nowhere(chain, ("rules", name), anywhere)
    for call in chain.leaf.model.calls:
        if any(user.verb(call) is not None for user in users):
            here = {name for user in users for name in carried[user.leaf.name].get(call, ())}
            fixed_here = {name for user in users for name in _set_names(user, call)}
            yield from _unused_in_call(chain, call, here, fixed_here)


def _unused_in_call(chain: Chain, call: str, here: set[str], fixed: set[str]) -> Iterator[Diagnostic]:
    table = chain.leaf.model.calls[call]
    for name in table.rules:
        if name not in here | fixed:
            yield _nowhere(chain, ("calls", call, "rules", name), here)
    # A reason for a danger may be meant for names that only a family's pattern lets through.
    by_pattern = any(name.endswith("*") for name in here)
    for key in ("default", "add", "remove", "accept_risk"):
        for name in getattr(table, key):
            if name not in here and not (key == "accept_risk" and by_pattern):
                yield _nowhere(chain, ("calls", call, key, name), here)
    for family in table.families:
        if family not in here:
            yield _nowhere(chain, ("calls", call, "families", family), here)


def _set_names(user: Chain, call: str) -> set[str]:
    tables = (document.model.calls.get(call) for document in user.documents)
    return {name for table in tables if table is not None for name in table.set}


def _nowhere(chain: Chain, path: Path, known: set[str]) -> Diagnostic:
    name = str(path[-1])
    call = f" in {path[1]}" if path[0] == "calls" else ""
    note = f"no profile forwards {quoted(name)}{call}"
    return chain.leaf.report("P040", path, f"{dotted(path)} is used nowhere", hint=did_you_mean(name, known), note=note)
