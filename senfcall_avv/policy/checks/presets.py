"""Values that the service itself sends: of which type, within the rule, and beside which list (P050 to P054)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from senfcall_avv.bbb.catalog import Parameter
from senfcall_avv.policy.checks.names import ruled_out
from senfcall_avv.policy.documents import quoted
from senfcall_avv.policy.engine import Reason
from senfcall_avv.policy.errors import Diagnostic, Place
from senfcall_avv.policy.merging import Chain, preset_value, rule
from senfcall_avv.policy.positions import Path
from senfcall_avv.policy.ruleset import Rule, Value
from senfcall_avv.policy.values import canonical, ceiling, checker

KEYS: Final = ("set", "default", "add", "remove")
_TEMPLATE: Final = re.compile(r"\{\{|(\{[^{}]*\}?)")
_PRINTF: Final = re.compile(r"(?<!%)%(?:\([^)]*\))?[sdr](?![A-Za-z0-9])")
_WORDS: Final[Mapping[Reason, str]] = {
    Reason.EMPTY: "is empty",
    Reason.MALFORMED: "holds a control character or a line break",
    Reason.BAD_VALUE: "does not have the form that this type has",
    Reason.BAD_URL: "is no web address with {schemes} that could be passed on",
    Reason.NOT_A_CHOICE: "is not one of {choices}",
    Reason.NO_MATCH: "does not match the pattern",
    Reason.TOO_LONG: "has {length} characters, and max is {max}",
    Reason.TOO_SHORT: "has {length} characters, and min is {min}",
    Reason.CLEANED: "holds HTML that would be removed",
    Reason.ITEM_REMOVED: "is not one of {choices}",
}


def check(chain: Chain) -> Iterator[Diagnostic]:
    """Check the type of each value, what ``never`` says about it, and that nothing looks like a template."""
    for call, table in chain.leaf.model.calls.items():
        for key in KEYS:
            for name, value in getattr(table, key).items():
                parameter = chain.parameter(call, name)
                if parameter is None or chain.catalogue.is_reserved(name):
                    continue
                problem = _value(chain, ("calls", call, key, name), parameter, value)
                if problem is not None:
                    yield problem
        for name in table.add.keys() & table.remove.keys():
            yield from _both(chain, call, name, table.add[name], table.remove[name])


def _value(chain: Chain, path: Path, parameter: Parameter, value: Any) -> Diagnostic | None:
    document, key, name = chain.leaf, path[2], parameter.name
    if key in {"add", "remove"}:
        if parameter.type != "list":
            return document.report("P053", path, f"{name} is no list: it has nothing to {key}")
        if not isinstance(value, list) or not value:
            return document.report("P007", path, f"{key}.{name} must be a list of texts in quotes", of="value")
    expected = _expected(parameter.type)
    if not _has_type(parameter.type, value):
        return document.report("P007", path, f"{key}.{name} must be {expected}", of="value")
    texts = value if isinstance(value, list) else [value]
    for text in texts:
        template = _template(text) if isinstance(text, str) else None
        if template is not None:
            return _no_template(chain, path, parameter, template)
    if key in {"set", "default"}:
        place = ruled_out(chain, parameter)
        if place is not None and canonical(preset_value(value, parameter.choices)) not in parameter.neutral:
            return _means_something(chain, path, parameter, place)
    return None


def _expected(type_: str) -> str:
    return {"boolean": "true or false", "integer": "an integer", "list": "a list of texts in quotes"}.get(
        type_, "text in quotes"
    )


def _has_type(type_: str, value: object) -> bool:
    if type_ == "boolean":
        return isinstance(value, bool)
    if type_ == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if type_ == "list":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _template(text: str) -> str | None:
    for match in _TEMPLATE.finditer(text):
        if match[1] is not None:
            return match[1]
    found = _PRINTF.search(text)
    return None if found is None else found[0]


def _no_template(chain: Chain, path: Path, parameter: Parameter, template: str) -> Diagnostic:
    secret = parameter.type == "password"
    shown = "a template" if secret else quoted(template)
    note = "a brace that is meant as a brace is doubled: {{" if template.startswith("{") else None
    message = f"this version of the program fills in no templates: {shown} would be sent as it stands"
    return chain.leaf.report("P054", path, message, of="value", note=note)


def _means_something(chain: Chain, path: Path, parameter: Parameter, place: Place) -> Diagnostic:
    neutral = parameter.neutral
    only = f"only {' or '.join(neutral)} can be {path[2]}" if neutral else f"{parameter.name} cannot be {path[2]}"
    message = f"{parameter.group} is ruled out by {place.file}:{place.line}; {only}"
    return chain.leaf.report("P052", path, message, of="value", second=place)


def _both(chain: Chain, call: str, name: str, add: Any, remove: Any) -> Iterator[Diagnostic]:
    if not (isinstance(add, list) and isinstance(remove, list)):
        return
    for index, item in enumerate(remove):
        if item in add:
            second = chain.leaf.place(("calls", call, "add", name, add.index(item)))
            path: Path = ("calls", call, "remove", name, index)
            yield chain.leaf.report("P053", path, f"{quoted(item)} is added and removed", second=second)


def check_merged(chain: Chain) -> Iterator[Diagnostic]:
    """Check each value against the rule in force, and that a name is not both set and something else."""
    for call in chain.calls:
        for key in ("set", "default", "add"):
            for path in _nearest(chain, call, key).values():
                problem = _misfit(chain, path)
                if problem is not None:
                    yield problem
        yield from _conflicts(chain, call)


def _misfit(chain: Chain, path: Path) -> Diagnostic | None:
    """Report a value that breaks its rule: where it stands, or where this file makes the rule too narrow for it."""
    _, call, key, name = map(str, path)
    document = next(d for d in chain.documents if path in d.positions.entries)
    value = getattr(document.model.calls[call], key)[name]
    made = rule(chain, call, name)
    if value == [] or (made.min is not None and made.max is not None and made.min > made.max):
        return None  # bounds that cross are reported as such
    words = misfit(preset_value(value, None), made)
    if words is None:
        return None
    shown = "the value" if made.type == "password" else quoted(value)
    where = f" ({made.origins[0]})" if made.origins else ""
    message = f"{key}.{name}: {shown} {words}{where}"
    if document is chain.leaf:
        return chain.leaf.report("P050", path, message, of="value")
    rules = (("calls", call, "rules", name), ("rules", name))
    at = next((rule_path for rule_path in rules if rule_path in chain.leaf.positions.entries), None)
    return None if at is None else chain.leaf.report("P050", at, message, second=document.place(path))


def misfit(value: Value, made: Rule) -> str | None:
    """Say how a value breaks a rule, to be read after the value; None if it does not. The engine's check decides."""
    text = canonical(value)
    if made.zero_is_unlimited and value == 0 and ceiling(made) is not None:
        return f"means unlimited, and max is {made.max}"
    # A value of ours must be right as it stands: nothing is brought to a bound.
    verdict = checker(replace(made, otherwise="refuse", zero_is_unlimited=False))(text)
    if isinstance(verdict, str):
        same = verdict == text or made.type in {"list", "colour", "enum"}
        return None if same else "begins or ends with a space"
    if verdict.reason is Reason.OUT_OF_RANGE:
        above = made.max is not None and isinstance(value, int) and value > made.max
        return f"is above max {made.max}" if above else f"is below min {made.min}"
    return _WORDS[verdict.reason].format(
        length=len(text),
        min=made.min,
        max=made.max,
        choices=", ".join(made.choices or ()),
        schemes=" or ".join(made.schemes),
    )


def _nearest(chain: Chain, call: str, key: str) -> Mapping[str, Path]:
    """Give the names in one table of a call, over all files, with where the nearest file says each."""
    found: dict[str, Path] = {}
    for document in chain.documents:
        table = document.model.calls.get(call)
        for name in getattr(table, key) if table is not None else ():
            found.setdefault(name, ("calls", call, key, name))
    return found


def _place(chain: Chain, path: Path) -> Place:
    document = next(d for d in chain.documents if path in d.positions.entries)
    return document.place(path)


def _conflicts(chain: Chain, call: str) -> Iterator[Diagnostic]:
    """Find names that are set and forwarded, set and defaulted, or defaulted though required."""
    fixed, defaults = _nearest(chain, call, "set"), _nearest(chain, call, "default")
    listed = _listed(chain, call)
    for name, path in fixed.items():
        if name in listed:
            message = f"{name} is set: what clients send would never count"
            yield from _conflict(chain, listed[name], path, message)
        elif name in defaults:
            yield from _conflict(chain, defaults[name], path, f"{name} is set: its default would never be used")
    for name, path in defaults.items():
        if name not in fixed and rule(chain, call, name).required:
            rules = (("calls", call, "rules", name, "required"), ("rules", name, "required"))
            at = next(rule_path for rule_path in rules if rule_path in chain.effective)
            yield from _conflict(chain, path, at, f"{name} is required: its default would never be used")


def _listed(chain: Chain, call: str) -> Mapping[str, Path]:
    verb = chain.verb(call)
    if verb is None or verb[1] != "forward":
        return {}
    listed = verb[0].model.calls[call].forward or []
    return {name: ("calls", call, "forward", index) for index, name in enumerate(listed)}


def _conflict(chain: Chain, one: Path, other: Path, message: str) -> Iterator[Diagnostic]:
    """Report a conflict of two places, if this file made one of them."""
    entries = chain.leaf.positions.entries
    if one in entries:
        yield chain.leaf.report("P051", one, message, second=_place(chain, other))
    elif other in entries:
        yield chain.leaf.report("P051", other, message, second=_place(chain, one))
