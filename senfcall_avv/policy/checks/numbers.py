"""Limits, bodies and what children may loosen, as far as one file can tell (P061, P063)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from senfcall_avv.policy.checks.names import repeated
from senfcall_avv.policy.documents import Document, dotted, quoted
from senfcall_avv.policy.errors import Diagnostic
from senfcall_avv.policy.merging import INTEGERS, VERBS, Chain
from senfcall_avv.policy.narrowing import key_path
from senfcall_avv.policy.positions import Path
from senfcall_avv.policy.schema import BodyTable, FamilyTable, LimitsTable, RuleTable
from senfcall_avv.policy.spelling import did_you_mean

MOST_BYTES: Final = 1024 * 1024
"""Bytes of a body that the gateway reads at all (``bbb.call.MAX_BODY``)."""


def check(chain: Chain) -> Iterator[Diagnostic]:
    """Check a file's numbers, and the key paths in ``widen``."""
    yield from _limits(chain.leaf)
    yield from _bytes(chain.leaf, ("body",), chain.leaf.model.body)
    for call, table in chain.leaf.model.calls.items():
        yield from _bytes(chain.leaf, ("calls", call, "body"), table.body)
    yield from _widen(chain)


def _limits(document: Document) -> Iterator[Diagnostic]:
    for name in LimitsTable.model_fields:
        limit = getattr(document.model.limits, name)
        if limit is None:
            continue
        path: Path = ("limits", name)
        wrong = next((key for key in ("default", "max") if getattr(limit, key) <= 0), None)
        large = next((key for key in ("default", "max") if getattr(limit, key) > INTEGERS[1]), None)
        if wrong is not None:
            message = f"{name}: {wrong} must be at least 1, not {getattr(limit, wrong)}"
            yield document.report(
                "P063", (*path, wrong), message, of="value", note="no limit at all: leave the key out"
            )
        elif large is not None:
            message = f"{name}: {large} is above {INTEGERS[1]}, the most that BBB can count"
            yield document.report("P063", (*path, large), message, of="value")
        elif limit.default > limit.max:
            second = document.place((*path, "max"), "value")
            message = f"{name}: default {limit.default} is above max {limit.max}"
            yield document.report("P063", (*path, "default"), message, of="value", second=second)


def _bytes(document: Document, path: Path, body: BodyTable) -> Iterator[Diagnostic]:
    if body.max_bytes is not None and not 1 <= body.max_bytes <= MOST_BYTES:
        message = f"max_bytes must be 1 to {MOST_BYTES}, not {body.max_bytes}"
        yield document.report("P042", (*path, "max_bytes"), message, of="value")


def _widen(chain: Chain) -> Iterator[Diagnostic]:
    items = chain.leaf.model.widen
    yield from repeated(chain.leaf, ("widen",), items)
    written = {dotted(path): path for document in chain.documents for path in document.positions.entries}
    known = {text for text, path in written.items() if _loosenable(path)}
    for index, item in enumerate(items):
        path = key_path(item)
        at: Path = ("widen", index)
        if path is not None and path[-1] == "patterns":
            path = (*path[:-1], "pattern")
        if path is None:
            yield chain.leaf.report(
                "P061", at, f"{quoted(item)} is no key path", note='like "calls.create.rules.name.max"'
            )
        elif dotted(path) not in written:
            hint = did_you_mean(item, known)
            yield chain.leaf.report("P061", at, f"there is nothing at {quoted(item)}", hint=hint)
        elif not _loosenable(path):
            message = f"{quoted(item)} cannot be loosened"
            note = "possible: one key of a rule, family, body or limit, a verb, methods, a parameter that is set"
            yield chain.leaf.report("P061", at, message, note=note)


def _loosenable(path: Path) -> bool:
    match path:
        case ("rules", _, str(key)) | ("calls", _, "rules", _, str(key)):
            return key in RuleTable.model_fields
        case ("calls", _, "families", _, str(key)):
            return key in FamilyTable.model_fields
        case ("body", str(key)) | ("calls", _, "body", str(key)):
            return key in BodyTable.model_fields
        case ("limits", _) | ("limits", _, "default" | "max"):
            return True
        case ("root", str(key)):
            return key in {"answer", "refuse"}
        case ("calls", _, str(key)):
            return key in {*VERBS, "methods"}
        case ("calls", _, "set", _):
            return True
    return False
