"""Children only narrow: each statement of a file against what the files above it say (P060 to P063, P070, P090)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from senfcall_avv.policy.documents import Document, dotted, quoted
from senfcall_avv.policy.errors import Diagnostic, Place
from senfcall_avv.policy.merging import VERBS, Chain, body, default_rule, limits
from senfcall_avv.policy.narrowing import NARROWINGS, Statement, common_path, key_path, said, statements
from senfcall_avv.policy.positions import Path
from senfcall_avv.policy.schema import LimitsTable

_UNWRITTEN: Final = ("otherwise", "schemes", "min", "max")
"""Keys of a rule that mean something where no file says them."""


def check(chain: Chain) -> Iterator[Diagnostic]:
    """Check a file against its parents."""
    loose = frozenset(path for document in chain.parents for item in document.model.widen if (path := key_path(item)))
    wider: set[Path] = set()
    for call in chain.leaf.model.calls:
        for problem in _verb(chain, call, loose):
            wider.add(("calls", call, "forward"))
            yield problem
    yield from _root(chain, loose)
    own = {statement.path: statement for statement in statements(chain.leaf)}
    for statement in own.values():
        if statement.path in wider:
            continue
        for problem in _statement(chain, statement, own, loose):
            wider.add(statement.path)
            yield problem
    yield from _fixed(chain, loose)
    yield from _limits(chain, loose)
    yield from _bodies(chain, wider)


def _written(path: Path) -> Path:
    """Give a statement's path as it is written: a rule's patterns are its ``pattern`` there."""
    return (*path[:-1], "pattern") if path[-1] == "patterns" else path


def _widens(document: Document, path: Path, message: str, second: Place) -> Diagnostic:
    owner = second.file.removesuffix(".toml")
    where = f"{second.file}:{second.line}"
    note = f"{quoted(owner)} would have to say: widen = [{quoted(dotted(path))}]"
    return document.report("P060", path, f"{message} widens {where}", second=second, note=note)


def _verb(chain: Chain, call: str, loose: frozenset[Path]) -> Iterator[Diagnostic]:
    table = chain.leaf.model.calls[call]
    mine = next((verb for verb in VERBS if getattr(table, verb) is not None), None)
    theirs = chain.inherited_verb(call)
    if mine is None or theirs is None:
        return
    document, verb = theirs
    if VERBS.index(mine) < VERBS.index(verb):
        if ("calls", call, verb) not in loose:
            second = document.place(("calls", call, verb))
            message = f"{call}: {verb} → {mine}"
            where = f"{second.file}:{second.line}"
            note = f"{quoted(document.name)} would have to say: widen = [{quoted(dotted(('calls', call, verb)))}]"
            yield chain.leaf.report(
                "P060", ("calls", call, mine), f"{message} widens {where}", second=second, note=note
            )
    elif mine == verb != "forward" and getattr(table, mine) == getattr(document.model.calls[call], mine):
        second = document.place(("calls", call, verb))
        yield _already(chain.leaf, ("calls", call, mine), f"{mine} = {quoted(getattr(table, mine))}", second)


def _already(document: Document, path: Path, shown: str, second: Place) -> Diagnostic:
    return document.report("P090", path, f"{shown} is {second.file}:{second.line} already", second=second)


def _root(chain: Chain, loose: frozenset[Path]) -> Iterator[Diagnostic]:
    mine = chain.leaf.model.root
    parent = next(
        (d for d in chain.parents if d.model.root.answer is not None or d.model.root.refuse is not None), None
    )
    if parent is None or (mine.answer is None and mine.refuse is None):
        return
    theirs = parent.model.root
    if mine.answer is not None and theirs.refuse is not None and ("root", "refuse") not in loose:
        second = parent.place(("root", "refuse"))
        yield _widens(chain.leaf, ("root", "answer"), "root: refuse → answer", second)
    for verb in ("answer", "refuse"):
        value = getattr(mine, verb)
        if value is not None and value == getattr(theirs, verb):
            yield _already(chain.leaf, ("root", verb), f"{verb} = {quoted(value)}", parent.place(("root", verb)))


def _statement(
    chain: Chain, statement: Statement, own: dict[Path, Statement], loose: frozenset[Path]
) -> Iterator[Diagnostic]:
    """Compare one statement with what the parents say there, and a call's rule with the rule for all calls."""
    path, key = statement.path, str(statement.path[-1])
    inherited = chain.inherited.get(path)
    common = common_path(path)
    behind = None
    if common is not None:
        behind = chain.inherited.get(common) if path[2] == "body" else own.get(common) or chain.inherited.get(common)
        if path[2] == "body" and inherited is not None:
            behind = None  # a call's own word stands before the one for all calls
    free = path in loose or common in loose
    for other in (inherited, behind):
        if other is not None and not free and not NARROWINGS[key].allows(other.value, statement.value):
            yield _wider(chain, statement, other)
            return
    if inherited is None and behind is None and not free:
        yield from _against_defaults(chain, statement)
    if inherited is not None and key != "accept_risk" and _same(key, inherited.value, statement.value):
        second = _place(inherited)
        yield _already(chain.leaf, _written(path), f"{_written(path)[-1]} = {_shown(statement.value)}", second)


def _same(key: str, inherited: Any, value: Any) -> bool:
    if key == "patterns":
        return set(value) <= set(inherited)
    return set(inherited) == set(value) if isinstance(value, list) else bool(inherited == value)


def _shown(value: Any) -> str:
    return quoted(value[0]) if isinstance(value, tuple) else quoted(value)


def _place(statement: Statement) -> Place:
    return statement.document.place(_written(statement.path))


def _wider(chain: Chain, statement: Statement, other: Statement) -> Diagnostic:
    key, path = str(statement.path[-1]), _written(statement.path)
    second = _place(other)
    if isinstance(statement.value, list):
        more = [index for index, item in enumerate(statement.value) if item not in other.value]
        shown = ", ".join(quoted(statement.value[index]) for index in more[:3])
        message = f"{key} with {shown}"
        at: Path = (*path, more[0])
    else:
        message, at = f"{key} {_shown(other.value)} → {_shown(statement.value)}", path
    if other.document is chain.leaf:
        where = f"{second.file}:{second.line}"
        note = "a call's rule narrows the rule for all calls"
        return chain.leaf.report("P060", at, f"{message} widens {where}", second=second, note=note)
    widened = dotted(_written(other.path))
    note = f"{quoted(other.document.name)} would have to say: widen = [{quoted(widened)}]"
    return chain.leaf.report("P060", at, f"{message} widens {second.file}:{second.line}", second=second, note=note)


def _against_defaults(chain: Chain, statement: Statement) -> Iterator[Diagnostic]:
    """Compare with what the language means where nothing is said, if a parent forwards the parameter so."""
    path, key = statement.path, str(statement.path[-1])
    if key not in _UNWRITTEN:
        return
    if path[0] == "rules":
        calls, name = list(chain.calls), str(path[1])
    elif path[2] == "rules":
        calls, name = [str(path[1])], str(path[3])
    else:
        return
    for call in calls:
        theirs = chain.inherited_verb(call)
        parameter = chain.parameter(call, name)
        if theirs is None or theirs[1] != "forward" or parameter is None or said(chain.inherited, call, name, key):
            continue
        listed = chain.inherited["calls", call, "forward"].value
        silent = getattr(default_rule(parameter), key)
        if name in listed and silent is not None and not NARROWINGS[key].allows(silent, statement.value):
            document = theirs[0]
            index = (document.model.calls[call].forward or []).index(name)
            second = document.place(("calls", call, "forward", index))
            shown = _shown(list(silent) if isinstance(silent, tuple) else silent)
            message = f"{key} {shown} (where nothing is said) → {_shown(statement.value)}"
            yield _widens(chain.leaf, path, message, second)
            return


def _fixed(chain: Chain, loose: frozenset[Path]) -> Iterator[Diagnostic]:
    for call, table in chain.leaf.model.calls.items():
        for key in ("set", "default"):
            for name, value in getattr(table, key).items():
                path: Path = ("calls", call, key, name)
                parent = next((d for d in chain.parents if path in d.positions.entries), None)
                if parent is None:
                    continue
                second = parent.place(path)
                theirs = getattr(parent.model.calls[call], key)[name]
                if theirs == value and type(theirs) is type(value):
                    yield _already(chain.leaf, path, f"{key}.{name}", second)
                elif key == "set" and path not in loose:
                    message = f"{name} is set by {second.file}:{second.line}"
                    yield chain.leaf.report(
                        "P062", path, message, second=second, note="a child adds values, and changes none"
                    )


def _limits(chain: Chain, loose: frozenset[Path]) -> Iterator[Diagnostic]:
    inherited = limits(chain.parents)
    for name in LimitsTable.model_fields:
        mine, theirs = getattr(chain.leaf.model.limits, name), inherited.get(name)
        if mine is None or theirs is None:
            continue
        path: Path = ("limits", name)
        parent = next(d for d in chain.parents if d.file == theirs.origin.file)
        second = parent.place(path)
        if (mine.default, mine.max) == (theirs.default, theirs.max):
            yield _already(chain.leaf, path, f"{name} = {mine.default}, {mine.max} at most,", second)
        for key in ("default", "max"):
            before, now = getattr(theirs, key), getattr(mine, key)
            if now > before and path not in loose and (*path, key) not in loose:
                message = f"{name}: {key} {before} → {now} raises {second.file}:{second.line}"
                note = f"{quoted(parent.name)} would have to say: widen = [{quoted(dotted((*path, key)))}]"
                yield chain.leaf.report("P063", (*path, key), message, of="value", second=second, note=note)
                break


def _bodies(chain: Chain, wider: set[Path]) -> Iterator[Diagnostic]:
    """Demand what a forwarded body needs (P070)."""
    places: list[tuple[Path, str]] = [(("body",), "")]
    places += [(("calls", call, "body"), call) for call in chain.leaf.model.calls]
    for path, call in places:
        at: Path = (*path, "xml")
        if at not in chain.leaf.positions.entries or at in wider:
            continue
        rules = body(chain.effective, call)
        if rules.xml != "forward":
            continue
        upload = next((d for d in chain.documents if "upload" in d.model.never), None)
        if upload is not None:
            second = upload.place(("never", upload.model.never.index("upload")))
            message = f'xml = "forward" passes slides on, and {second.file}:{second.line} rules upload out'
            yield chain.leaf.report("P070", at, message, of="value", second=second)
        elif rules.max_bytes is None:
            yield chain.leaf.report("P070", at, 'xml = "forward" needs max_bytes', of="value")
        elif not _risk_accepted(chain, path):
            note = f'say why it is worth it: {dotted((*path, "accept_risk"))} = "…"'
            yield chain.leaf.report("P070", at, 'xml = "forward" needs accept_risk', of="value", note=note)


def _risk_accepted(chain: Chain, path: Path) -> bool:
    statement = chain.effective.get((*path, "accept_risk")) or chain.effective.get(("body", "accept_risk"))
    return statement is not None and bool(str(statement.value).strip())
