"""A profile made ready for deciding: what can be known before the first call comes is worked out here, once.

A plan is made for each call of a profile. It holds the names that are passed on as a set, the parameters sorted by name
with their checks, and for every other known name the reason for leaving it out, so that deciding is two loops.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal
from urllib.parse import quote

from senfcall_avv.bbb.catalog import CallEntry, Catalogue, FamilyRule, Parameter
from senfcall_avv.policy.engine import Decision, Limits, Reason
from senfcall_avv.policy.ruleset import BodyRules, CallRules, Family, LimitRange, Preset, Profile, Rule
from senfcall_avv.policy.values import Check, canonical, ceiling, checker, compile_pattern

Fill = Callable[[Mapping[str, str]], str | None]
"""Gives a preset for an organisation's variables, or None where a name is missing or the result breaks the rule."""

NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""What a parameter's name can be."""
ROOT_METHODS: Final = frozenset(("GET", "HEAD", "POST"))
"""The document without a call is static; some clients post to it."""
LIMITED: Final = MappingProxyType({"duration": "duration", "maxParticipants": "participants"})
"""Parameters of ``create`` whose number an organisation's limits bound, with the limit's name."""

_TEMPLATE: Final = re.compile(r"\{\{|\}\}|\{([a-z]+\.[a-z]+)\}")
_TEMPLATED: Final = frozenset(("string", "text", "url"))
_NONE: Final[Mapping[str, Any]] = MappingProxyType({})
_BODY: Final = BodyRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What happens to one parameter. ``strict``: a misfit refuses the call instead of dropping the value.

    ``awaited``: there is something to do although the client did not send it. ``special``: there is something to do
    although what the client sent is right. ``limit`` names the organisation's limit that bounds the number, ``ceiling``
    the rule's own bound where zero means "unlimited".
    """

    name: str
    type: str
    rule: Rule
    listed: bool = True
    required: bool = False
    strict: bool = False
    fixed: str | None = None
    fill: Fill | None = None
    default: Fill | None = None
    added: tuple[str, ...] = ()
    removed: frozenset[str] = frozenset()
    limit: Literal["duration", "participants"] | None = None
    ceiling: int | None = None
    bounded: bool = False
    """Whether one of the two may bind."""
    awaited: bool = False
    special: bool = False


Slot = tuple[str, Check | None, Field]
"""Name, check (None: the client's value never counts), and the rest."""


@dataclass(frozen=True, slots=True)
class Members:
    """Which names of a family are passed on. ``pattern`` is None where only names listed one by one are."""

    rule: FamilyRule
    pattern: Any
    check: Check
    count: int
    folded: bool
    """BBB reads the names in lower case: two spellings are one name."""

    def admits(self, name: str) -> bool:
        """Say whether the pattern takes a name that BBB would read as one of the family."""
        return self.pattern is not None and self.rule.holds(name) and self.pattern.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Plan:
    """One call of one profile. ``constant`` is the whole decision where only the method of the request matters."""

    call: str
    methods: frozenset[str]
    constant: Decision | None
    wrong_method: Decision
    slots: tuple[Slot, ...] = ()
    listed: frozenset[str] = frozenset()
    known: Mapping[str, Reason] = field(default_factory=lambda: _NONE)
    """For each name that is known and not listed, why it is left out."""
    lookalikes: frozenset[str] = frozenset()
    """All known names, case-folded."""
    forced: frozenset[str] = frozenset()
    """Names that the policy sets, in lower case."""
    entry: CallEntry | None = None
    members: tuple[Members, ...] = ()
    body: BodyRules = _BODY
    source: CallRules | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """One profile. The plan of the empty name is the root document's."""

    profile: Profile
    plans: Mapping[str, Plan]
    limits: Limits

    def bound(self, name: str, asked: int | None) -> int | None:
        """Give an organisation's number within the file's range; the file's default where it has none."""
        allowed: LimitRange | None = self.profile.limits.get(name)
        if asked is None:
            return None if allowed is None else allowed.default
        asked = max(asked, 1)  # BBB reads zero as "unlimited"
        return asked if allowed is None else min(asked, allowed.max)


def shared(decision: Decision) -> Decision:
    """Make a decision that is given out again and again safe from whoever receives it."""
    return replace(decision, params=_NONE, ignored=_NONE, changed=_NONE)


def compile_profile(profile: Profile, catalogue: Catalogue, revision: str) -> Compiled:
    """Make a profile ready. Raises KeyError for unknown calls and types, ValueError for a bad pattern."""
    plans = {name: _plan(rules, catalogue, revision) for name, rules in profile.calls.items()}
    plans[""] = _root(profile, revision)
    limits = Limits(**{name: allowed.default for name, allowed in profile.limits.items()})
    return Compiled(profile, MappingProxyType(plans), limits)


def _constant(
    call: str, methods: frozenset[str], answer: str | None, refuse: str | None, message: str | None, revision: str
) -> Plan:
    wrong = shared(Decision.refusing("unsupportedRequest", Reason.METHOD_NOT_ALLOWED, revision))
    if answer is not None:
        return Plan(call, methods, shared(Decision.answering(answer, revision)), wrong)
    refused = Decision.refusing(refuse or "unsupportedRequest", Reason.CALL_NOT_ALLOWED, revision, message=message)
    return Plan(call, methods, shared(refused), shared(refused))


def _root(profile: Profile, revision: str) -> Plan:
    return _constant("", ROOT_METHODS, profile.root_answer, profile.root_refuse, None, revision)


def _plan(rules: CallRules, catalogue: Catalogue, revision: str) -> Plan:
    entry = catalogue.calls[rules.name]
    methods = frozenset(rules.methods)
    if rules.forward is None:
        return replace(
            _constant(rules.name, methods, rules.answer, rules.refuse, rules.message, revision),
            entry=entry,
            source=rules,
        )
    slots = tuple(sorted(_slots(rules, entry), key=lambda slot: slot[0]))
    listed = frozenset(name for name, check, _ in slots if check is not None)
    known = dict.fromkeys(entry.parameters, Reason.NOT_LISTED)
    known.update(dict.fromkeys(rules.fixed, Reason.FORCED))
    for name in known:
        if catalogue.is_reserved(name):
            known[name] = Reason.RESERVED
    return Plan(
        rules.name,
        methods,
        None,
        shared(Decision.refusing("unsupportedRequest", Reason.METHOD_NOT_ALLOWED, revision)),
        slots,
        listed,
        MappingProxyType({name: reason for name, reason in known.items() if name not in listed}),
        frozenset(name.casefold() for name in (*known, *listed)),
        frozenset(name.lower() for name in rules.fixed),
        entry,
        tuple(_members(family, entry) for family in rules.families),
        rules.body,
        rules,
    )


def _members(family: Family, entry: CallEntry) -> Members:
    rule = next(rule for rule in entry.families if rule.prefix == family.prefix)
    pattern = None if family.pattern is None else compile_pattern(family.pattern)
    return Members(rule, pattern, checker(_member_rule(family)), family.count, family.prefix == "meta_")


def _member_rule(family: Family) -> Rule:
    return Rule("string", max=family.max, origins=(family.origin,))


def _slots(rules: CallRules, entry: CallEntry) -> Iterator[Slot]:
    if rules.forward is None:
        return
    closed = {name: _member_rule(family) for family in rules.families for name in family.names or ()}
    names = dict.fromkeys((*rules.forward, *closed, *rules.fixed))
    if rules.name == "create":  # a limit holds whether or not a profile lets clients name a number
        names.update(dict.fromkeys(LIMITED))
    for name in names:
        rule = rules.rules.get(name) or closed.get(name) or _rule_of(entry.find(name))
        listed = (name in rules.forward or name in closed) and name not in rules.fixed
        yield _slot(name, rule, rules, listed=listed)


def _rule_of(parameter: Parameter | None) -> Rule:
    """Give the rule of a parameter that no client's value is accepted for: BBB's own bounds, where there are any."""
    if parameter is None:
        return Rule("string")
    return Rule(
        parameter.type,
        parameter.min,
        parameter.max,
        choices=parameter.choices,
        zero_is_unlimited=parameter.zero_is_unlimited,
    )


def _slot(name: str, rule: Rule, rules: CallRules, *, listed: bool) -> Slot:
    check = checker(rule)
    limit: Any = LIMITED.get(name) if rules.name == "create" else None
    fixed, fill = _preset(rules.fixed.get(name), rule, check)
    default = _preset(rules.defaults.get(name), rule, check) if listed else (None, None)
    added = rules.added.get(name) if listed else None
    removed = rules.removed.get(name) if listed else None
    most = ceiling(rule)
    bounded = limit is not None or most is not None
    field = Field(
        name=name,
        type=rule.type,
        rule=rule,
        listed=listed,
        required=rule.required,
        strict=rule.required or rule.otherwise == "refuse",
        fixed=None if bounded else fixed,
        fill=_constantly(fixed) if bounded and fixed is not None else fill,
        default=default[1] if default[0] is None else _constantly(default[0]),
        added=() if added is None else _items(added),
        removed=frozenset() if removed is None else frozenset(_items(removed)),
        limit=limit,
        ceiling=most,
        bounded=bounded,
        awaited=rule.required or bounded or added is not None or name in rules.defaults,
        special=bounded or added is not None or removed is not None,
    )
    return (name, check if listed else None, field)


def _items(preset: Preset) -> tuple[str, ...]:
    return preset.value if isinstance(preset.value, tuple) else (canonical(preset.value),)


def _constantly(value: str) -> Fill:
    return lambda _: value


def _preset(preset: Preset | None, rule: Rule, check: Check) -> tuple[str | None, Fill | None]:
    """Give a preset as a text, or as a function where it depends on the organisation."""
    if preset is None:
        return None, None
    value = preset.value
    if not isinstance(value, str) or rule.type not in _TEMPLATED or "{" not in value:
        return canonical(value), None
    if not any(found[1] for found in _TEMPLATE.finditer(value)):
        return _TEMPLATE.sub(lambda found: found[0][0], value), None
    return None, _template(value, rule, check)


def _template(text: str, rule: Rule, check: Check) -> Fill:
    if rule.type == "url":
        write: Callable[[str], str] = _in_url
    elif rule.type == "text" and rule.html != "none":
        write = html.escape
    else:
        write = str

    def fill(variables: Mapping[str, str]) -> str | None:
        if any(found[1] and found[1] not in variables for found in _TEMPLATE.finditer(text)):
            return None
        made = _TEMPLATE.sub(lambda found: write(variables[found[1]]) if found[1] else found[0][0], text)
        result = check(made)
        return result if isinstance(result, str) else None

    return fill


def _in_url(value: str) -> str:
    return quote(value, safe="")
