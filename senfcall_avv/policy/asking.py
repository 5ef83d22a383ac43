"""What ``avv policy explain`` is asked, and what it answers.

Values are printed as they come: ``explain.masked`` hides those of people beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Final

from senfcall_avv.bbb.call import Call, parse
from senfcall_avv.policy.engine import Decision, Limits, Outcome, Reason, Step
from senfcall_avv.policy.errors import printable

_API: Final = "/api/"
_WORDS: Final[Mapping[Reason, str]] = {
    Reason.CLAMPED: "changed",
    Reason.CLEANED: "changed",
    Reason.ITEM_REMOVED: "changed",
    Reason.REPEATED: "changed",
}


def read_call(asked: str, method: str | None, body: str | None, content_type: str) -> Call:
    """Read a call from what people paste: ``create?name=x``, a path, or a whole address.

    Scheme, host and path up to the call are cut off, and so is the checksum. The method is POST where there is a body,
    else GET. Raises RequestTooLarge.
    """
    address, _, query = asked.strip().partition("#")[0].partition("?")
    data = (body or "").encode()
    return parse(_call_name(address), method or ("POST" if data else "GET"), query, content_type, data).call


def _call_name(address: str) -> str:
    scheme, separator, rest = address.partition("://")
    path = "/" + rest.partition("/")[2] if separator else "/" + scheme.lstrip("/")
    _, found, name = path.rpartition(_API)
    if found:
        return name.strip("/")
    if path.endswith("/api"):  # the document without a call
        return ""
    parts = path.strip("/").split("/")
    return "/".join(parts[-2:]) if parts[-2:-1] == ["hooks"] else parts[-1]


def read_limits(pairs: Sequence[str]) -> Limits:
    """Read ``duration=120`` and the like. Raises ValueError with a sentence for people."""
    known = [field.name for field in fields(Limits)]
    numbers: dict[str, int] = {}
    for pair in pairs:
        name, _, number = pair.partition("=")
        if name not in known:
            raise ValueError(f'there is no limit "{printable(name)}"; there are {", ".join(known)}')
        if not (number.isascii() and number.isdigit() and len(number) <= 10):
            raise ValueError(f'"{printable(pair)}" is not like {name}=120')
        numbers[name] = int(number)
    return Limits(**numbers)


def answer_lines(call: Call, steps: Sequence[Step]) -> Iterator[str]:
    """Give the explanation in lines: what comes of it, then step by step what made it so."""
    decision = _decision(steps)
    name = printable(call.name) or "(no call)"
    yield f"{name}: {_outcome(decision)}, revision {decision.revision}"
    told = [(step, _happened(step, decision)) for step in steps]
    widths = (
        max((len(printable(step.name)) for step, _ in told), default=0),
        max((len(happened) for _, happened in told), default=0),
    )
    number = 0
    for step, happened in told:
        head = f"{step.number:>4} {step.title:<9}" if step.number != number else " " * 14
        number = step.number
        text = printable(step.text)
        origin = f"  ({step.origin})" if step.origin else ""
        columns = f"{printable(step.name):<{widths[0]}}  {happened:<{widths[1]}}"
        yield f"{head} {columns}  {text}{origin}".rstrip()


def _decision(steps: Sequence[Step]) -> Decision:
    decision = steps[-1].decision
    if decision is None:
        raise TypeError("an explanation ends with the decision")
    return decision


def _outcome(decision: Decision) -> str:
    if decision.outcome is Outcome.ANSWER:
        return f"answered here with {decision.answer}"
    if decision.refusal is not None:
        return f"refused with {decision.refusal.key}"
    return "forwarded with changes" if decision.ignored or decision.changed else "forwarded"


def _happened(step: Step, decision: Decision) -> str:
    """Give what happened to a parameter and why, in two words."""
    if step.reason is None:
        return ""
    if step.name in decision.ignored and decision.ignored[step.name] == step.reason:
        return f"ignored {step.reason.value}"
    return f"{_WORDS.get(step.reason, '')} {step.reason.value}".strip()


def answer_fields(call: Call, profile: str, steps: Sequence[Step]) -> dict[str, object]:
    """Give the explanation for ``--json``."""
    decision = _decision(steps)
    refusal = decision.refusal
    return {
        "call": call.name,
        "profile": profile,
        "outcome": decision.outcome.value,
        "params": dict(decision.params),
        "ignored": {name: reason.value for name, reason in decision.ignored.items()},
        "changed": {name: reason.value for name, reason in decision.changed.items()},
        "answer": decision.answer,
        "refusal": None
        if refusal is None
        else {
            "key": refusal.key,
            "reason": refusal.reason.value,
            "param": refusal.param,
            "message": refusal.message,
        },
        "body": decision.body,
        "revision": decision.revision,
        "steps": [
            {
                "step": step.number,
                "title": step.title,
                "name": step.name,
                "text": step.text,
                "reason": None if step.reason is None else step.reason.value,
                "origin": step.origin or None,
            }
            for step in steps
        ],
    }
