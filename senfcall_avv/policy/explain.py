"""How a decision came about, step by step, with the file and line of each rule.

Nothing is decided here: the steps are what ``deciding`` reported while it decided. Values are shown as they are;
whoever prints them hides those of people and passwords with ``masked``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from senfcall_avv.bbb.call import Call
from senfcall_avv.policy.deciding import Event
from senfcall_avv.policy.engine import BODY_NAME, INVALID_NAME, Decision, Outcome, Reason, Step
from senfcall_avv.policy.plans import Compiled, Field, Plan
from senfcall_avv.policy.ruleset import Preset

HIDDEN: Final = "•••"
"""Stands in the place of a value that is not shown."""
SENSITIVE: Final = frozenset(
    (
        *("attendeepw", "moderatorpw", "password", "sessiontoken", "replacesessiontoken"),
        *("fullname", "firstname", "lastname", "userid", "existinguserid", "username", "avatarurl"),
        *("welcome", "moderatoronlymessage", "message"),
    )
)
"""Parameters that hold passwords, people, or what is written to people; in lower case."""

TITLES: Final = MappingProxyType(
    {
        1: "call",
        2: "body",
        3: "names",
        4: "repeated",
        5: "set",
        6: "empty",
        7: "value",
        8: "default",
        9: "list",
        10: "limits",
        11: "refusal",
        12: "sent",
    }
)
_NAMES: Final = MappingProxyType(
    {
        Reason.NOT_LISTED: "BBB knows it; this policy does not pass it on",
        Reason.UNKNOWN_NAME: "BBB has no such parameter for this call",
        Reason.BAD_NAME: "no parameter can have such a name",
        Reason.RESERVED: "never passed on, for anyone",
        Reason.UNSIGNED: "in the body beside a query, where no checksum covers it",
        Reason.FORCED: "the service decides this itself",
        Reason.BODY_DROPPED: "the body is not passed on",
        Reason.REPEATED: "twice with the same value; counts once",
        Reason.DUPLICATE: "two different values",
        Reason.MISSING: "missing",
        Reason.EMPTY: "empty, so it counts as absent",
    }
)


def is_sensitive(name: str) -> bool:
    """Say whether a parameter's value is a password, a person, or a text for people; in any letter case."""
    return name.lower() in SENSITIVE


def hide(params: Mapping[str, str]) -> dict[str, str]:
    """Give parameters with the sensitive values hidden."""
    return {name: HIDDEN if is_sensitive(name) else value for name, value in params.items()}


def masked(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Give an explanation with the sensitive values hidden, in its words and in its decision."""
    return tuple(_masked(step) for step in steps)


def _masked(step: Step) -> Step:
    if step.decision is not None:
        decision = replace(step.decision, params=hide(step.decision.params))
        text = _listed(decision.params) if decision.outcome is Outcome.FORWARD else step.text
        return replace(step, text=text, decision=decision)
    if step.number in {5, 7, 8, 9, 10} and is_sensitive(step.name):
        return replace(step, text=HIDDEN)
    return step


def narrate(
    plan: Plan | None, call: Call, decision: Decision, events: Sequence[Event], compiled: Compiled | None
) -> tuple[Step, ...]:
    """Put what happened into words. The last step carries the decision."""
    first = Step(1, TITLES[1], call.name, _verb(plan, decision), _reason_of(decision, 1), _origin_of(plan))
    told = _Told(plan, compiled)
    steps = sorted((told.step(event) for event in events), key=lambda step: step.number)
    return (first, *steps, _last(decision))


def _reason_of(decision: Decision, step: int) -> Reason | None:
    """Give the reason of a refusal that no parameter caused, for the step that it belongs to."""
    refusal = decision.refusal
    if refusal is None or refusal.param is not None:
        return None
    return refusal.reason if (refusal.reason is Reason.BODY_REFUSED) == (step == 2) else None


def _origin_of(plan: Plan | None) -> str:
    return "" if plan is None or plan.source is None else str(plan.source.origin)


def _verb(plan: Plan | None, decision: Decision) -> str:
    refusal = decision.refusal
    if refusal is not None and refusal.param is None:
        if refusal.reason is Reason.CALL_UNKNOWN:
            return "BBB has no such call"
        if refusal.reason is Reason.METHOD_NOT_ALLOWED:
            return "not possible with this method"
        if refusal.reason is Reason.CALL_NOT_ALLOWED:
            return "refused" if plan is not None else "not offered: no policy file mentions it"
        if refusal.reason is Reason.ENGINE_ERROR:
            return "there is no such profile"
    return f"answered here with {decision.answer}" if decision.answer is not None else "forwarded"


def _last(decision: Decision) -> Step:
    if decision.outcome is Outcome.FORWARD:
        return Step(12, TITLES[12], "", _listed(decision.params), decision=decision)
    if decision.refusal is None:
        return Step(12, "answered", "", decision.answer or "", Reason.ANSWERED_HERE, decision=decision)
    refusal = decision.refusal
    text = refusal.key if refusal.message is None else f"{refusal.key}: {refusal.message}"
    return Step(12, "refused", refusal.param or "", text, refusal.reason, decision=decision)


def _listed(params: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in params.items())


def _shown(value: str | None) -> str:
    return "(unreadable)" if value is None else value


class _Told:
    """The words and places for what happened to the parameters of one call."""

    def __init__(self, plan: Plan | None, compiled: Compiled | None) -> None:
        self.plan = plan
        self.compiled = compiled
        self.fields: dict[str, Field] = {} if plan is None else {name: field for name, _, field in plan.slots}

    def step(self, event: Event) -> Step:
        return Step(event.step, TITLES[event.step], event.name, self._text(event), event.reason, self._origin(event))

    def _text(self, event: Event) -> str:
        number, reason = event.step, event.reason
        if number <= 4 or number == 6:
            return self._name_text(event)
        if number == 5:
            return (
                f"sent as {event.after}, whatever the client says" if event.after else "left out: breaks its own rule"
            )
        if number == 7:
            return self._value_text(event)
        if number == 8:
            return f"sent as {event.after} where the client sends nothing"
        if number == 11:
            return f"{event.after}: {_NAMES.get(reason, reason.value) if reason else ''}"
        before = event.before if event.before is not None else "(nothing)"
        return f"{before} → {event.after or '(nothing)'}" + self._unlimited(event)

    def _unlimited(self, event: Event) -> str:
        return "; 0 means unlimited" if event.step == 10 and event.before in {"0", None} else ""

    def _name_text(self, event: Event) -> str:
        reason = event.reason
        if reason is Reason.LOOKALIKE and self.plan is not None:
            return f'did the client mean "{self._meant(event.name)}"?'
        text = _NAMES.get(reason, "") if reason is not None else ""
        if reason is Reason.NOT_LISTED and self.plan is not None and self.plan.entry is not None:
            known = self.plan.entry.find(event.name)
            return text if known is None else f"{text} ({known.group})"
        return text

    def _meant(self, name: str) -> str:
        folded = name.casefold()
        candidates = () if self.plan is None else (*self.plan.listed, *self.plan.known)
        return min(known for known in candidates if known.casefold() == folded)

    def _value_text(self, event: Event) -> str:
        field = self.fields.get(event.name)
        if event.after is not None:
            return f"{_shown(event.before)} → {event.after}"
        if field is None:
            more = ", one too many of its family" if event.reason is Reason.NOT_LISTED else ""
            return f"{_shown(event.before)}: left out{more}"
        return f"{_shown(event.before)}: {'refused' if field.strict else 'left out'}, expected {_expected(field)}"

    def _origin(self, event: Event) -> str:
        if event.name in {BODY_NAME, INVALID_NAME} or self.plan is None or self.plan.source is None:
            return ""
        source, field = self.plan.source, self.fields.get(event.name)
        presets: dict[int, Sequence[Preset | None]] = {
            5: (source.fixed.get(event.name),),
            8: (source.defaults.get(event.name),),
            9: (source.added.get(event.name), source.removed.get(event.name)),
        }
        if event.step in presets:
            return ", ".join(str(preset.origin) for preset in presets[event.step] if preset is not None)
        if event.step == 10 and field is not None:
            return self._limit_origin(field, event.after)
        return ", ".join(map(str, field.rule.origins)) if event.step in {6, 7} and field is not None else ""

    def _limit_origin(self, field: Field, most: str | None) -> str:
        if field.ceiling is not None and str(field.ceiling) == most:
            return ", ".join(map(str, field.rule.origins))
        allowed = (
            None if self.compiled is None or field.limit is None else self.compiled.profile.limits.get(field.limit)
        )
        return str(allowed.origin) if allowed is not None and str(allowed.default) == most else "organisation"


def _expected(field: Field) -> str:
    """Say in a few words what a rule accepts."""
    rule = field.rule
    if rule.choices:
        return f"one of {', '.join(rule.choices)}"
    words = rule.type
    if rule.min is not None or rule.max is not None:
        low, high = (0 if rule.min is None else rule.min), ("" if rule.max is None else rule.max)
        words += f" of {low} to {high}" if high != "" else f" from {low}"
    return words
