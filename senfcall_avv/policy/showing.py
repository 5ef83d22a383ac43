"""A profile as ``avv policy show`` prints it: each line with the place that made it so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import NamedTuple

from senfcall_avv.bbb.catalog import Catalogue
from senfcall_avv.policy.documents import SECRETS, quoted
from senfcall_avv.policy.explain import HIDDEN
from senfcall_avv.policy.merging import INTEGERS
from senfcall_avv.policy.ruleset import CallRules, Family, Preset, Profile, Rule
from senfcall_avv.policy.values import canonical


class Row(NamedTuple):
    """One parameter of a call. ``fields`` is the same for machines."""

    name: str
    words: str
    origins: tuple[str, ...]
    fields: dict[str, object]


def headline(call: CallRules) -> str:
    """Say in a few words what becomes of a call."""
    if call.answer is not None:
        return f"answered here with {call.answer}"
    if call.forward is None:
        return f"refused with {call.refuse}"
    listed = len(call.forward) + len(call.families)
    return f"forward {listed}" + (f", set {len(call.fixed)}" if call.fixed else "")


def verb(call: CallRules) -> str:
    """Give the verb of a call."""
    if call.forward is not None:
        return "forward"
    return "answer" if call.answer is not None else "refuse"


def rows(call: CallRules) -> list[Row]:
    """Give what holds for each parameter of a forwarded call, by name."""
    found = [_forwarded(call, name) for name in call.forward or ()]
    found += (_family(family) for family in call.families)
    found += (_fixed(name, preset) for name, preset in call.fixed.items())
    return sorted(found, key=lambda row: (row.name.casefold(), row.name))


def _forwarded(call: CallRules, name: str) -> Row:
    rule = call.rules[name]
    presets = (("default", call.defaults), ("add", call.added), ("remove", call.removed))
    given = [(key, table[name]) for key, table in presets if name in table]
    words = [*_rule_words(rule), *(f"{key} {_shown(preset, rule)}" for key, preset in given)]
    origins = (*map(str, rule.origins), *(str(preset.origin) for _, preset in given)) or (str(call.origin),)
    return Row(name, ", ".join(words), origins, {"name": name, **_rule_fields(rule), "origin": list(origins)})


def _shown(preset: Preset, rule: Rule) -> str:
    return HIDDEN if rule.type == "password" else quoted(canonical(preset.value))


def _rule_words(rule: Rule) -> Iterator[str]:
    yield rule.type
    if rule.zero_is_unlimited:
        yield "0 = unlimited"
    yield from _range_words(rule)
    if rule.choices is not None:
        yield f"one of {' '.join(rule.choices)}"
    if rule.type == "url":
        yield "/".join(rule.schemes) + (f" on {' '.join(rule.hosts)}" if rule.hosts is not None else "")
    yield from (f"pattern {pattern}" for pattern in rule.patterns)
    if rule.max_items is not None:
        yield f"{rule.max_items} items at most"
    if rule.html != "keep":
        yield f"html {rule.html}"
    if rule.required:
        yield "required"
    if rule.otherwise != "drop":
        yield f"otherwise {rule.otherwise}"


def _range_words(rule: Rule) -> Iterator[str]:
    low, high = rule.min, rule.max
    if rule.type == "integer" and (low, high) == INTEGERS:
        return  # what every integer of BBB's may be is not worth a word
    if low is not None and high is not None:
        yield f"{low}..{high}"
    elif low is not None or high is not None:
        yield f"{low} or more" if high is None else f"{high} at most"


def _rule_fields(rule: Rule) -> dict[str, object]:
    return {key: value for key, value in asdict(rule).items() if key != "origins"}


def _family(family: Family) -> Row:
    name = family.prefix + "*"
    names = " ".join(family.names) if family.names is not None else f"names like {family.pattern}"
    words = f"{names}; {family.count} at most, {family.max} characters each"
    fields: dict[str, object] = {"name": name, "type": "family", "names": family.names, "pattern": family.pattern}
    fields |= {"max": family.max, "count": family.count, "origin": [str(family.origin)]}
    return Row(name, words, (str(family.origin),), fields)


def _fixed(name: str, preset: Preset) -> Row:
    value = HIDDEN if name in SECRETS else canonical(preset.value)
    fields: dict[str, object] = {"name": name, "set": value, "origin": [str(preset.origin)]}
    return Row(name, f"set to {value}", (str(preset.origin),), fields)


def lost(call: CallRules, catalogue: Catalogue) -> tuple[str, ...]:
    """Give the parameters of a forwarded call that are left out although each only takes rights away.

    A frontend that sends one of them means to restrict somebody, and does not.
    """
    if call.forward is None:
        return ()
    entry = catalogue.calls[call.name]
    sent = {*call.forward, *call.fixed, *(name for family in call.families for name in family.names or ())}
    restricting = (p.name for p in entry.parameters.values() if p.restricts and not p.reserved)
    return tuple(name for name in restricting if name not in sent and entry.newer_name(name) is None)


def columns(lines: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """Lay out name, words and origin in columns; very long words push their origin to the right."""
    first = max((len(line[0]) for line in lines), default=0)
    second = max((len(line[1]) for line in lines if len(line[1]) <= 80), default=0)
    for name, words, origin in lines:
        yield f"{name:<{first}}  {words:<{second}}  {origin}".rstrip()


def call_lines(call: CallRules, catalogue: Catalogue) -> list[str]:
    """Give the lines for one call: the verb, then each parameter, then what is lost."""
    lines: list[tuple[str, str, str]] = []
    if call.message:
        lines.append(("  message", call.message, ""))
    lines.append(("  methods", " ".join(call.methods), ""))
    lines += ((f"  {row.name}", row.words, ", ".join(row.origins)) for row in rows(call))
    if verb(call) == "forward":
        body = call.body
        size = f", {body.max_bytes} bytes at most" if body.max_bytes is not None else ""
        lines.append(("  (body)", f"form {body.form}, xml {body.xml}, other {body.other}{size}", ""))
    head = f"{call.name}: {headline(call)}  {call.origin}"
    without = lost(call, catalogue)
    tail = [f"  left out although they only restrict: {' '.join(without)}"] if without else []
    return [head, *columns(lines), *tail]


def call_fields(profile: Profile, call: CallRules, catalogue: Catalogue) -> dict[str, object]:
    """Give one call for ``--json``."""
    fields: dict[str, object] = {"profile": profile.name, "call": call.name, "verb": verb(call)}
    if call.answer is not None:
        fields["answer"] = call.answer
    if call.refuse is not None:
        fields |= {"refuse": call.refuse, "message": call.message}
    fields |= {"methods": list(call.methods), "origin": str(call.origin), "lost": list(lost(call, catalogue))}
    return {**fields, "parameters": [row.fields for row in rows(call)]}


def profile_lines(profile: Profile) -> list[str]:
    """Give the lines for a whole profile: each call in a line, then limits."""
    lines: list[tuple[str, str, str]] = []
    root = f"answered here with {profile.root_answer}" if profile.root_answer else "refused"
    lines.append(("  (no call)", root, ""))
    lines += ((f"  {call.name}", headline(call), str(call.origin)) for call in profile.calls.values())
    lines.append(("  (other calls)", "refused", ""))
    for name, limit in profile.limits.items():
        lines.append((f"  {name}", f"{limit.default}, {limit.max} at most", str(limit.origin)))
    head = [f"{profile.name}: {profile.title}", f"  read from {', '.join(f'{name}.toml' for name in profile.chain)}"]
    return [*head, *columns(lines)]


def profile_fields(profile: Profile, catalogue: Catalogue) -> dict[str, object]:
    """Give a whole profile for ``--json``."""
    return {
        "profile": profile.name,
        "title": profile.title,
        "chain": list(profile.chain),
        "root": {"answer": profile.root_answer, "refuse": profile.root_refuse},
        "limits": {
            name: {"default": limit.default, "max": limit.max, "origin": str(limit.origin)}
            for name, limit in profile.limits.items()
        },
        "calls": [call_fields(profile, call, catalogue) for call in profile.calls.values()],
    }
