"""A profile in the words of the API page: which calls, which parameters, what holds for each."""

from __future__ import annotations

from collections.abc import Iterator

from senfcall_avv.bbb.catalog import CallEntry, Catalogue
from senfcall_avv.policy.engine import CallDescription, Description, Outcome, ParameterDescription
from senfcall_avv.policy.merging import INTEGERS
from senfcall_avv.policy.plans import Compiled
from senfcall_avv.policy.ruleset import CallRules, Family, Preset, Rule
from senfcall_avv.policy.values import canonical


def describe(compiled: Compiled, catalogue: Catalogue, revision: str) -> Description:
    """Describe a profile, calls and parameters in the order of its files; what a call is given last."""
    profile = compiled.profile
    calls = tuple(_call(rules, catalogue.calls[name]) for name, rules in profile.calls.items())
    return Description(profile.name, profile.title, calls, compiled.limits, revision)


def _call(rules: CallRules, entry: CallEntry) -> CallDescription:
    origin = str(rules.origin)
    if rules.answer is not None:
        return CallDescription(rules.name, Outcome.ANSWER, rules.answer, "", rules.methods, (), origin)
    if rules.forward is None:
        key = rules.refuse or "unsupportedRequest"
        return CallDescription(rules.name, Outcome.REFUSE, key, rules.message or "", rules.methods, (), origin)
    parameters = (*_forwarded(rules, entry), *_families(rules, entry), *_fixed(rules, entry))
    body = rules.body.xml == "forward"
    return CallDescription(rules.name, Outcome.FORWARD, "", "", rules.methods, parameters, origin, body)


def _summary(entry: CallEntry, name: str) -> str:
    known = entry.find(name)
    return "" if known is None else known.summary


def _forwarded(rules: CallRules, entry: CallEntry) -> Iterator[ParameterDescription]:
    for name in rules.forward or ():
        known = entry.parameters.get(name)
        rule = rules.rules.get(name) or Rule("string" if known is None else known.type)
        default = rules.defaults.get(name)
        edits = (rules.added.get(name), rules.removed.get(name))
        presets = [preset for preset in (default, *edits) if preset is not None]
        yield ParameterDescription(
            name,
            rule.type,
            _summary(entry, name),
            rule.required,
            "refuse" if rule.required and rule.otherwise == "drop" else rule.otherwise,
            None if default is None else canonical(default.value),
            None,
            (*map(str, rule.origins), *(str(preset.origin) for preset in presets)) or (str(rules.origin),),
            # What every integer of BBB's may be is no bound that anybody chose.
            *((None, None) if rule.type == "integer" and (rule.min, rule.max) == INTEGERS else (rule.min, rule.max)),
            zero_is_unlimited=rule.zero_is_unlimited,
            choices=rule.choices,
            schemes=rule.schemes if rule.type == "url" else (),
            hosts=rule.hosts,
            patterns=rule.patterns,
            html=rule.html,
            count=rule.max_items,
        )


def _families(rules: CallRules, entry: CallEntry) -> Iterator[ParameterDescription]:
    for family in rules.families:
        for name in family.names or ():
            yield _member(family, name, _summary(entry, name))
        if family.pattern is not None:
            yield _member(family, f"{family.prefix}*", f"Names in the form {family.pattern}")


def _member(family: Family, name: str, summary: str) -> ParameterDescription:
    origins = (str(family.origin),)
    return ParameterDescription(name, "string", summary, origins=origins, maximum=family.max, count=family.count)


def _fixed(rules: CallRules, entry: CallEntry) -> Iterator[ParameterDescription]:
    fixed: dict[str, Preset] = dict(rules.fixed)
    for name, preset in fixed.items():
        known = entry.parameters.get(name)
        yield ParameterDescription(
            name,
            "string" if known is None else known.type,
            _summary(entry, name),
            value=canonical(preset.value),
            origins=(str(preset.origin),),
        )
