"""Which of two statements is narrower, and what holds when a file and its parents both say something.

A statement is a value at a key path. Along ``extends`` each file may only narrow what the files above it say; where
they differ, the narrower one holds. A key path in a parent's ``widen`` is the exception: there the child's word
replaces.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from senfcall_avv.policy.documents import Document
from senfcall_avv.policy.positions import Path
from senfcall_avv.policy.schema import BodyTable, CallTable, FamilyTable, RuleTable


class Narrowing(NamedTuple):
    """``allows(parent, child)`` says if the child only narrows, ``meet(parent, child)`` gives what holds of the two."""

    allows: Callable[[Any, Any], bool]
    meet: Callable[[Any, Any], Any]


def _subset() -> Narrowing:
    return Narrowing(
        lambda parent, child: set(child) <= set(parent),
        lambda parent, child: [item for item in child if item in set(parent)],
    )


def _ranked(*words: object) -> Narrowing:
    """Widest first."""

    def allows(parent: object, child: object) -> bool:
        return words.index(child) >= words.index(parent)

    return Narrowing(allows, lambda parent, child: child if allows(parent, child) else parent)


_AT_LEAST: Final = Narrowing(lambda parent, child: child >= parent, max)
_AT_MOST: Final = Narrowing(lambda parent, child: child <= parent, min)
_OTHERWISE: Final = Narrowing(
    lambda parent, child: child in {parent, "refuse"},
    lambda parent, child: "refuse" if "refuse" in {parent, child} else child,
)
_ADDED: Final = Narrowing(lambda _, __: True, lambda parent, child: (*parent, *(c for c in child if c not in parent)))
_SAME: Final = Narrowing(lambda parent, child: parent == child, lambda parent, _: parent)
_CHILDS: Final = Narrowing(lambda _, __: True, lambda _, child: child)

NARROWINGS: Final[Mapping[str, Narrowing]] = {
    "min": _AT_LEAST,
    "max": _AT_MOST,
    "max_items": _AT_MOST,
    "max_bytes": _AT_MOST,
    "count": _AT_MOST,
    "choices": _subset(),
    "schemes": _subset(),
    "hosts": _subset(),
    "names": _subset(),
    "methods": _subset(),
    "forward": _subset(),
    "patterns": _ADDED,
    "pattern": _SAME,  # of a family: one pattern, both files must mean the same names
    "html": _ranked("keep", "bbb", "none"),
    "required": _ranked(False, True),
    "otherwise": _OTHERWISE,
    "form": _ranked("when_query_is_empty", "never"),
    "xml": _ranked("forward", "drop", "refuse"),
    "other": _ranked("drop", "refuse"),
    "documents": _ranked("url", "inline"),
    "accept_risk": _CHILDS,
}
"""By the last key of a path."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a chain of files says at one path. ``document`` is the last that had a say there.

    ``free``: a parent's ``widen`` let a child loosen it, so the rule for all calls does not bind it either.
    """

    path: Path
    value: Any
    document: Document
    free: bool = False


def statements(document: Document) -> Iterator[Statement]:
    """Give all that a file says and a child could narrow, but limits and verbs, which have rules of their own."""
    model = document.model
    for name, rule in model.rules.items():
        yield from _table(document, ("rules", name), rule)
    yield from _table(document, ("body",), model.body)
    for call, table in model.calls.items():
        yield from _of_call(document, ("calls", call), table)


def _of_call(document: Document, path: Path, table: CallTable) -> Iterator[Statement]:
    for key in ("forward", "methods"):
        value = getattr(table, key)
        if value is not None:
            yield Statement((*path, key), value, document)
    for name, rule in table.rules.items():
        yield from _table(document, (*path, "rules", name), rule)
    for name, family in table.families.items():
        yield from _table(document, (*path, "families", name), family)
    yield from _table(document, (*path, "body"), table.body)


def _table(document: Document, path: Path, table: RuleTable | FamilyTable | BodyTable) -> Iterator[Statement]:
    for key in type(table).model_fields:
        value = getattr(table, key)
        if value is None:
            continue
        if key == "pattern" and isinstance(table, RuleTable):  # all patterns of a chain must match
            yield Statement((*path, "patterns"), (value,), document)
        else:
            yield Statement((*path, key), value, document)


def common_path(path: Path) -> Path | None:
    """Give the path of the rule for all calls that stands behind one call's rule; None if there is no such thing."""
    if len(path) == 5 and path[0] == "calls" and path[2] == "rules":
        return path[2:]
    if len(path) == 4 and path[0] == "calls" and path[2] == "body":
        return path[2:]
    return None


def widened(document: Document) -> frozenset[Path]:
    """Give the key paths that a file lets its children loosen. Raises nothing: what is no key path is left out."""
    return frozenset(filter(None, map(key_path, document.model.widen)))


def key_path(text: str) -> Path | None:
    """Read a dotted key as TOML does; None if it is none. A rule's ``pattern`` counts among its chain's patterns."""
    if "\n" in text or "=" in text:
        return None
    try:
        table: object = tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return None
    path: Path = ()
    while isinstance(table, dict):
        ((key, table),) = table.items()
        path = (*path, key)
    return (*path[:-1], "patterns") if path[-1] == "pattern" and "rules" in path else path


Effective = Mapping[Path, Statement]


def fold(chain: Sequence[Document]) -> Effective:
    """Give what a chain of files (root first) says together, by path."""
    effective: dict[Path, Statement] = {}
    loose: frozenset[Path] = frozenset()
    for document in chain:
        for statement in statements(document):
            before = effective.get(statement.path)
            free = statement.path in loose or common_path(statement.path) in loose
            if before is None or statement.path in loose:
                effective[statement.path] = replace(statement, free=free)
                continue
            value = NARROWINGS[str(statement.path[-1])].meet(before.value, statement.value)
            effective[statement.path] = replace(statement, value=value, free=free or before.free)
        loose |= widened(document)
    return effective


def said(effective: Effective, call: str, name: str, key: str) -> Statement | None:
    """Give what holds for one key of a parameter's rule: the call's own statement, met with the one for all calls."""
    own = effective.get(("calls", call, "rules", name, key))
    common = effective.get(("rules", name, key))
    if own is None or own.free:
        return own or common
    if common is None:
        return own
    return replace(own, value=NARROWINGS[key].meet(common.value, own.value))
