"""From a chain of files to one profile: rules met along ``extends``, types from the catalogue, defaults filled in.

Takes for granted that the files were checked; what a check refuses is not looked for again here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from senfcall_avv.bbb.catalog import Catalogue, Parameter
from senfcall_avv.policy.documents import Document
from senfcall_avv.policy.narrowing import Effective, fold, said
from senfcall_avv.policy.ruleset import (
    BodyRules,
    CallRules,
    Family,
    LimitRange,
    Origin,
    Preset,
    Profile,
    Rule,
    Value,
)
from senfcall_avv.policy.schema import ExtraTable, LimitsTable
from senfcall_avv.policy.values import compile_pattern

PREFIX: Final = 17
"""Characters that the gateway puts before a meeting's ID: an organisation's key and a hyphen."""
LONGEST_ID: Final = 256 - PREFIX
LONGEST_URL: Final = 2000
INTEGERS: Final = (0, 2**31 - 1)
"""BBB's own range where neither the file nor the catalogue says another."""
FAMILY_MAX: Final = 256
FAMILY_COUNT: Final = 20
_TEXT_KEYS: Final = frozenset(("min", "max", "patterns"))
_OWN_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "string": _TEXT_KEYS | {"choices"},
    "text": _TEXT_KEYS | {"html"},
    "boolean": frozenset(),
    "integer": frozenset(("min", "max")),
    "enum": frozenset(("choices",)),
    "list": frozenset(("choices", "max_items")),
    "url": frozenset(("max", "patterns", "schemes", "hosts")),
    "colour": frozenset(),
    "id": _TEXT_KEYS,
    "password": _TEXT_KEYS,
}
CLAMPED: Final = frozenset(("string", "text", "integer"))
"""Types whose values can be brought to a bound."""
VERBS: Final = ("forward", "answer", "refuse")
"""Widest first."""


@dataclass(frozen=True)
class Chain:
    """A file with all that it extends, nearest first."""

    documents: tuple[Document, ...]
    catalogue: Catalogue

    @property
    def leaf(self) -> Document:
        return self.documents[0]

    @property
    def parents(self) -> tuple[Document, ...]:
        return self.documents[1:]

    @cached_property
    def effective(self) -> Effective:
        """What all files say together."""
        return fold(tuple(reversed(self.documents)))

    @cached_property
    def inherited(self) -> Effective:
        """What the parents say together."""
        return fold(tuple(reversed(self.parents)))

    @cached_property
    def calls(self) -> tuple[str, ...]:
        """The calls that any file mentions, in the order of the files, nearest first."""
        return tuple(dict.fromkeys(call for document in self.documents for call in document.model.calls))

    def verb(self, call: str) -> tuple[Document, str] | None:
        """Give the nearest file that says what becomes of a call, and the verb."""
        return _verb(self.documents, call)

    def inherited_verb(self, call: str) -> tuple[Document, str] | None:
        """Give what the parents say becomes of a call."""
        return _verb(self.parents, call)

    def forwarded(self, call: str) -> tuple[str, ...]:
        """Give the names that a call may carry, families among them; none if the call is not forwarded."""
        verb = self.verb(call)
        if verb is None or verb[1] != "forward":
            return ()
        return tuple(self.effective["calls", call, "forward"].value)

    def parameter(self, call: str, name: str) -> Parameter | None:
        """Give a parameter of a call as the catalogue has it, or else as a file's ``extra`` has it."""
        entry = self.catalogue.calls.get(call)
        known = None if entry is None else entry.parameters.get(name)
        return known or self.extras(call).get(name)

    def extras(self, call: str) -> Mapping[str, Parameter]:
        """Give the parameters that the files of the chain add to a call of the catalogue."""
        found: dict[str, Parameter] = {}
        for document in reversed(self.documents):
            table = document.model.calls.get(call)
            if table is not None:
                found.update({name: _extra(name, extra) for name, extra in table.extra.items()})
        return found


def _verb(documents: Sequence[Document], call: str) -> tuple[Document, str] | None:
    for document in documents:
        table = document.model.calls.get(call)
        if table is not None:
            verb = next((verb for verb in VERBS if getattr(table, verb) is not None), None)
            if verb is not None:
                return document, verb
    return None


def _extra(name: str, table: ExtraTable) -> Parameter:
    choices = None if table.choices is None else tuple(table.choices)
    words = "not in the catalogue yet"
    return Parameter(name, table.type, "", "extra", "", words, "", table.min, table.max, choices)


def merge(chain: Chain) -> Profile:
    """Make the profile that an organisation is given."""
    calls: dict[str, CallRules] = {}
    for call in chain.calls:
        if chain.verb(call) is not None:
            calls[call] = _call(chain, call)
    answer, refuse = _root(chain.documents)
    return Profile(
        chain.leaf.name,
        chain.leaf.model.title,
        MappingProxyType(calls),
        MappingProxyType(limits(chain.documents)),
        answer,
        refuse,
        tuple(document.name for document in chain.documents),
    )


def _root(documents: Sequence[Document]) -> tuple[str | None, str | None]:
    for document in documents:
        root = document.model.root
        if root.answer is not None or root.refuse is not None:
            return root.answer, root.refuse
    return None, None


def limits(documents: Sequence[Document]) -> dict[str, LimitRange]:
    """Give the limits of a chain (nearest first): each number is the nearest file's."""
    found: dict[str, LimitRange] = {}
    for document in documents:
        for name in LimitsTable.model_fields:
            limit = getattr(document.model.limits, name)
            if limit is not None and name not in found:
                found[name] = LimitRange(limit.default, limit.max, document.origin(("limits", name)))
    return found


def _call(chain: Chain, call: str) -> CallRules:
    verb = chain.verb(call)
    if verb is None:
        raise AssertionError(call)  # only calls with a verb are asked for
    document, word = verb
    base = CallRules(
        call,
        document.origin(("calls", call, word)),
        methods=_methods(chain, call),
        rules=MappingProxyType({}),
        fixed=MappingProxyType({}),
        defaults=MappingProxyType({}),
        added=MappingProxyType({}),
        removed=MappingProxyType({}),
        body=body(chain.effective, call),
    )
    table = document.model.calls[call]
    if word == "answer":
        return replace(base, answer=table.answer)
    if word == "refuse":
        return replace(base, refuse=table.refuse, message=_message(chain, call))
    listed = chain.forwarded(call)
    names = tuple(name for name in listed if not name.endswith("*"))
    return replace(
        base,
        forward=names,
        rules=MappingProxyType({name: rule(chain, call, name) for name in names}),
        families=tuple(_family(chain, call, name) for name in listed if name.endswith("*")),
        fixed=_presets(chain, call, "set", None),
        defaults=_presets(chain, call, "default", names),
        added=_presets(chain, call, "add", names),
        removed=_presets(chain, call, "remove", names),
    )


def _message(chain: Chain, call: str) -> str | None:
    tables = (document.model.calls.get(call) for document in chain.documents)
    return next((table.message for table in tables if table is not None and table.message is not None), None)


def _methods(chain: Chain, call: str) -> tuple[str, ...]:
    known = chain.catalogue.calls[call].methods
    statement = chain.effective.get(("calls", call, "methods"))
    return known if statement is None else tuple(method for method in known if method in statement.value)


def body(effective: Effective, call: str) -> BodyRules:
    """Give what becomes of a call's body: what is said for the call, or else for all calls."""
    found: dict[str, Any] = {}
    for item in fields(BodyRules):
        statement = effective.get(("calls", call, "body", item.name)) or effective.get(("body", item.name))
        if statement is not None:
            found[item.name] = statement.value
    return BodyRules(**found)


def _family(chain: Chain, call: str, name: str) -> Family:
    def value(key: str, otherwise: Any = None) -> Any:
        statement = chain.effective.get(("calls", call, "families", name, key))
        return otherwise if statement is None else statement.value

    names, pattern = value("names"), value("pattern")
    if names is not None and pattern is not None:  # one file lists, another gives a pattern: both must let a name pass
        matching = compile_pattern(pattern)
        names, pattern = [name for name in names if matching.fullmatch(name)], None
    document = next(d for d in chain.documents if call in d.model.calls and name in d.model.calls[call].families)
    return Family(
        name.removesuffix("*"),
        None if names is None else tuple(names),
        pattern,
        value("max", FAMILY_MAX),
        value("count", FAMILY_COUNT),
        document.origin(("calls", call, "families", name)),
    )


def keys_of(type_: str) -> frozenset[str]:
    """Give the keys that a rule for this type may have; a file's ``pattern`` counts as ``patterns`` here."""
    return _OWN_KEYS[type_] | {"required", "otherwise"}


def known_bounds(parameter: Parameter) -> tuple[int | None, int | None]:
    """Give BBB's own bounds of a parameter, less our prefix for IDs; None where there is no bound."""
    low, high = parameter.min, parameter.max
    if parameter.type == "integer":
        return (INTEGERS[0] if low is None else low), (INTEGERS[1] if high is None else high)
    if parameter.type == "id":
        return low, (LONGEST_ID if high is None else min(high, LONGEST_ID))
    return low, high


def default_rule(parameter: Parameter) -> Rule:
    """Give the rule of a parameter about which no file says anything."""
    low, high = known_bounds(parameter)
    if parameter.type == "url":
        high = LONGEST_URL if high is None else high
    return Rule(
        parameter.type,
        low,
        high,
        choices=parameter.choices,
        zero_is_unlimited=parameter.zero_is_unlimited,
    )


def rule(chain: Chain, call: str, name: str) -> Rule:
    """Give the rule of a parameter of a call: the catalogue's bounds, narrowed by what the files say."""
    parameter = chain.parameter(call, name)
    if parameter is None:
        raise AssertionError(name)  # the checks refuse unknown names
    made = default_rule(parameter)
    changes: dict[str, Any] = {"origins": _rule_origins(chain.documents, call, name)}
    for key in keys_of(parameter.type) - {"choices"}:
        statement = said(chain.effective, call, name, key)
        if statement is not None:
            changes[key] = tuple(statement.value) if isinstance(statement.value, list) else statement.value
    if parameter.type not in CLAMPED and changes.get("otherwise") == "clamp":
        changes["otherwise"] = "drop"
    low, high = known_bounds(parameter)
    if "min" in changes and low is not None:
        changes["min"] = max(changes["min"], low)
    if "max" in changes and high is not None:
        changes["max"] = min(changes["max"], high)
    choices = said(chain.effective, call, name, "choices") if "choices" in keys_of(parameter.type) else None
    if choices is not None:
        changes["choices"] = tuple(item for item in parameter.choices or choices.value if item in choices.value)
    return replace(made, **changes)


def _rule_origins(documents: Sequence[Document], call: str, name: str) -> tuple[Origin, ...]:
    found: list[Origin] = []
    for document in documents:
        table = document.model.calls.get(call)
        if table is not None and name in table.rules:
            found.append(document.origin(("calls", call, "rules", name)))
        if name in document.model.rules:
            found.append(document.origin(("rules", name)))
    return tuple(found)


def _presets(chain: Chain, call: str, key: str, only: tuple[str, ...] | None) -> Mapping[str, Preset]:
    found: dict[str, Preset] = {}
    for document in reversed(chain.documents):
        table = document.model.calls.get(call)
        if table is None:
            continue
        for name, value in getattr(table, key).items():
            if only is None or name in only:
                parameter = chain.parameter(call, name)
                made = preset_value(value, parameter.choices if parameter else None)
                found[name] = Preset(made, document.origin(("calls", call, key, name)))
    return MappingProxyType(found)


def preset_value(value: Any, choices: tuple[str, ...] | None) -> Value:
    """Give a value of ``set`` or ``default`` as it is meant: choices in BBB's spelling. Braces are for the engine."""
    if isinstance(value, list):
        return tuple(str(preset_value(item, choices)) for item in value)
    if not isinstance(value, str):
        return bool(value) if isinstance(value, bool) else int(value)
    return next((choice for choice in choices or () if choice.casefold() == value.casefold()), value)
