"""What becomes of what a frontend sends, under the policy in force: asked of the policy, never noted beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from senfcall_avv.bbb.catalog import CallEntry, Catalogue
from senfcall_avv.policy.engine import BODY_NAME, CallDescription, Description, Outcome
from senfcall_avv.public.advice import ADVICE, OTHER, Advice, topic_of_call

Sent = Mapping[str, Iterable[str]]
"""What a frontend sends: the names of parameters by call; ``(body)`` stands for a document in the request's body."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What is not passed on of one topic: names of parameters as ``call.name``, and whole calls."""

    topic: str
    names: tuple[str, ...]

    @property
    def advice(self) -> Advice:
        return ADVICE[self.topic]


def passes(call: CallDescription, name: str) -> bool:
    """Say whether a profile passes a parameter on as the client gave it, within its rules."""
    if name == BODY_NAME:
        return call.passes_body
    return any(_covers(known.name, name) for known in call.parameters if known.value is None)


def _covers(described: str, name: str) -> bool:
    return name.startswith(described[:-1]) if described.endswith("*") else described == name


def _topic(entry: CallEntry | None, name: str) -> str:
    if name == BODY_NAME:
        return "slides"
    known = None if entry is None else entry.find(name)
    return OTHER if known is None else known.topic


def _lost(described: Mapping[str, CallDescription], catalogue: Catalogue, sent: Sent) -> Iterator[tuple[str, str]]:
    for call, names in sent.items():
        rules = described.get(call)
        if rules is None or rules.verb is not Outcome.FORWARD:
            yield topic_of_call(call), call
            continue
        for name in names:
            if not passes(rules, name):
                yield _topic(catalogue.calls.get(call), name), f"{call}.{name}"


def losses(description: Description, catalogue: Catalogue, sent: Sent) -> tuple[Loss, ...]:
    """Give what of this is left out, answered or refused by a profile, by topic, gravest first."""
    described = {call.name: call for call in description.calls}
    found: dict[str, list[str]] = {topic: [] for topic in ADVICE}
    for topic, name in _lost(described, catalogue, sent):
        found[topic].append(name)
    return tuple(Loss(topic, tuple(dict.fromkeys(names))) for topic, names in found.items() if names)
