"""What becomes of a call: exactly one of forward, answer and refuse, and what goes with each (P030 to P035)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from senfcall_avv.bbb.catalog import CallEntry
from senfcall_avv.bbb.errors import MESSAGES
from senfcall_avv.policy.checks.names import repeated
from senfcall_avv.policy.documents import Document, quoted
from senfcall_avv.policy.errors import Diagnostic
from senfcall_avv.policy.merging import VERBS, Chain
from senfcall_avv.policy.positions import Path
from senfcall_avv.policy.schema import MAX_MESSAGE
from senfcall_avv.policy.spelling import did_you_mean

ROOT_ANSWER: Final = "version"


def check(chain: Chain) -> Iterator[Diagnostic]:
    """Check what a file says becomes of each call, as far as the file alone can tell."""
    document = chain.leaf
    yield from _root(document)
    for call, table in document.model.calls.items():
        entry = chain.catalogue.calls.get(call)
        if entry is None:
            continue
        path: Path = ("calls", call)
        verbs = [verb for verb in VERBS if getattr(table, verb) is not None]
        if len(verbs) > 1:
            yield _several(document, path, verbs)
        elif verbs == ["answer"]:
            yield from _answer(document, entry, path, table.answer or "")
        elif verbs == ["refuse"]:
            yield from _refuse(document, path, table.refuse or "")
        elif verbs == ["forward"] and entry.session:
            message = f"{quoted(call)} is for the meeting client, not for frontends"
            yield document.report("P035", (*path, "forward"), message)
        if table.message is not None:
            yield from _message(document, path, table.message)
        if table.methods is not None:
            yield from _methods(document, entry, path, table.methods)


def check_merged(chain: Chain) -> Iterator[Diagnostic]:
    """Check what depends on the verb, which a parent may have said."""
    for call, table in chain.leaf.model.calls.items():
        verb = chain.verb(call)
        if table.message is not None and verb is not None and verb[1] != "refuse":
            message = f"a message goes with refuse, and {call} says {verb[1]}"
            yield chain.leaf.report("P030", ("calls", call, "message"), message)


def _several(document: Document, path: Path, verbs: list[str]) -> Diagnostic:
    first, second = sorted((document.place((*path, verb)) for verb in verbs), key=lambda place: place[:3])[:2]
    table = ".".join(str(part) for part in path)
    message = f"[{table}] says {'both ' if len(verbs) == 2 else ''}{' and '.join(verbs)}"
    later = max(verbs, key=lambda verb: document.place((*path, verb))[:3])
    del second
    return document.report("P030", (*path, later), message, note="a call has exactly one of the three", second=first)


def _root(document: Document) -> Iterator[Diagnostic]:
    root = document.model.root
    if root.answer is not None and root.refuse is not None:
        yield _several(document, ("root",), ["answer", "refuse"])
    elif root.answer is not None and root.answer != ROOT_ANSWER:
        message = f"{quoted(root.answer)} is no answer to the address without a call"
        yield document.report("P031", ("root", "answer"), message, of="value", hint=f'only "{ROOT_ANSWER}" is')
    elif root.refuse is not None:
        yield from _refuse(document, ("root",), root.refuse)


def _answer(document: Document, entry: CallEntry, path: Path, kind: str) -> Iterator[Diagnostic]:
    at: Path = (*path, "answer")
    if entry.effect == "write":
        message = f"a made-up success for {entry.name} would be false"
        note = "only calls that read can be answered without asking a server; this one can be forwarded or refused"
        yield document.report("P034", at, message, note=note)
    elif kind not in entry.answers:
        known = ", ".join(map(quoted, entry.answers)) or "none"
        message = f"{quoted(kind)} is no answer to {entry.name}"
        hint = did_you_mean(kind, entry.answers)
        yield document.report("P031", at, message, of="value", hint=hint, note=f"answers to {entry.name}: {known}")


def _refuse(document: Document, path: Path, key: str) -> Iterator[Diagnostic]:
    if key not in MESSAGES:
        message = f"BBB has no messageKey {quoted(key)}"
        yield document.report("P032", (*path, "refuse"), message, of="value", hint=did_you_mean(key, MESSAGES))


def _message(document: Document, path: Path, message: str) -> Iterator[Diagnostic]:
    at: Path = (*path, "message")
    if not message.strip():
        yield document.report("P032", at, "a message says something, or is left out", of="value")
    elif len(message) > MAX_MESSAGE:
        words = f"a message has {MAX_MESSAGE} characters at most, this one has {len(message)}"
        yield document.report("P032", at, words, of="value")
    elif not message.isprintable():
        yield document.report("P032", at, "a message is one line of printable text", of="value")


def _methods(document: Document, entry: CallEntry, path: Path, methods: list[str]) -> Iterator[Diagnostic]:
    at: Path = (*path, "methods")
    yield from repeated(document, at, methods)
    possible = " and ".join(entry.methods)
    if not methods:
        yield document.report("P033", at, "a call needs a method", of="value", note=f"{entry.name}: {possible}")
    for index, method in enumerate(methods):
        if method not in entry.methods:
            only = " only" if len(entry.methods) == 1 else ""
            message = f"{entry.name} is {possible}{only}, not {quoted(method)}"
            yield document.report("P033", (*at, index), message, hint=did_you_mean(method, entry.methods))
