"""The engine that decides by policy files: strict lists, rules for values, and a reason for everything left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final

from senfcall_avv.bbb.call import Call
from senfcall_avv.bbb.catalog import Catalogue
from senfcall_avv.policy.deciding import Deciding, Event
from senfcall_avv.policy.describing import describe
from senfcall_avv.policy.engine import Decision, Description, Limits, Policy, Reason, Sources, Step, Subject
from senfcall_avv.policy.explain import narrate
from senfcall_avv.policy.language import read
from senfcall_avv.policy.plans import Compiled, Plan, compile_profile, shared
from senfcall_avv.policy.ruleset import Profile, Ruleset

VERSION: Final = 1
"""Raised whenever the same files would decide differently; part of the revision."""
REVISION_DIGITS: Final = 12
_UNORDERED: Final = frozenset(("forward", "names", "choices", "schemes", "hosts", "patterns", "methods"))
"""Fields whose order means nothing."""


def _meaning(value: Any, key: str = "") -> Any:
    """Reduce a profile to what it means: no places, no order where order means nothing."""
    if is_dataclass(value):
        made = {field.name: _meaning(getattr(value, field.name), field.name) for field in fields(value)}
        return {name: part for name, part in made.items() if name not in {"origin", "origins", "chain"}}
    if isinstance(value, Mapping):
        return {name: _meaning(part) for name, part in value.items()}
    if isinstance(value, tuple):
        parts = [_meaning(part) for part in value]
        return sorted(parts) if key in _UNORDERED else parts
    return value


def revision_of(profiles: Mapping[str, Profile], catalogue: Catalogue) -> str:
    """Give the hash of what the profiles mean to this engine, with this catalogue."""
    meaning = {
        "engine": [Declarative.name, VERSION],
        "catalogue": catalogue.date,
        "profiles": {name: _meaning(profile) for name, profile in profiles.items()},
    }
    text = json.dumps(meaning, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:REVISION_DIGITS]


class DeclarativePolicy:
    """Profiles ready for deciding. Immutable; decisions about one call share nothing with those about another."""

    __slots__ = ("_catalogue", "_not_allowed", "_profiles", "_unknown_call", "_unknown_profile", "profiles", "revision")

    def __init__(self, ruleset: Ruleset, catalogue: Catalogue) -> None:
        """Raise KeyError for calls and types that the catalogue lacks, ValueError for a bad pattern."""
        self.revision = revision_of(ruleset.profiles, catalogue)
        self.profiles: Sequence[str] = tuple(sorted(ruleset.profiles))
        self._catalogue = catalogue
        self._profiles: Mapping[str, Compiled] = MappingProxyType(
            {name: compile_profile(profile, catalogue, self.revision) for name, profile in ruleset.profiles.items()}
        )
        self._unknown_profile = self._constant("internalError", Reason.ENGINE_ERROR)
        self._unknown_call = self._constant("unsupportedRequest", Reason.CALL_UNKNOWN)
        self._not_allowed = self._constant("unsupportedRequest", Reason.CALL_NOT_ALLOWED)

    def _constant(self, key: str, reason: Reason) -> Decision:
        return shared(Decision.refusing(key, reason, self.revision))

    def limits(self, subject: Subject) -> Limits:
        """Give the numbers in force; without any for a profile that does not exist, for which nothing is forwarded."""
        compiled = self._profiles.get(subject.profile)
        if compiled is None:
            return subject.limits
        if subject.limits == Limits():
            return compiled.limits
        return Limits(**{f.name: compiled.bound(f.name, getattr(subject.limits, f.name)) for f in fields(Limits)})

    def decide(self, call: Call, subject: Subject) -> Decision:
        return self._decide(call, subject, None)

    def explain(self, call: Call, subject: Subject) -> Sequence[Step]:
        trace: list[Event] = []
        decision = self._decide(call, subject, trace)
        compiled = self._profiles.get(subject.profile)
        plan = None if compiled is None else compiled.plans.get(call.name)
        return narrate(plan, call, decision, trace, compiled)

    def describe(self, profile: str) -> Description:
        return describe(self._profiles[profile], self._catalogue, self.revision)

    def left_out(self, subject: Subject) -> tuple[tuple[str, str], ...]:
        """Give (call, parameter) wherever a value made for this organisation does not fit its own rule."""
        compiled = self._profiles.get(subject.profile)
        if compiled is None:
            return ()
        return tuple(
            (plan.call, name)
            for plan in compiled.plans.values()
            for name, _, field in plan.slots
            for fill in (field.fill, field.default)
            if fill is not None and fill(subject.variables) is None
        )

    def _decide(self, call: Call, subject: Subject, trace: list[Event] | None) -> Decision:
        compiled = self._profiles.get(subject.profile)
        if compiled is None:
            return self._unknown_profile
        plan: Plan | None = compiled.plans.get(call.name)
        if plan is None:
            return self._not_allowed if call.name in self._catalogue.calls else self._unknown_call
        if call.method not in plan.methods:
            return plan.wrong_method
        if plan.constant is not None:
            return plan.constant
        return Deciding(plan, call, subject, compiled, self._catalogue, trace).decide(self.revision)


def compile_ruleset(ruleset: Ruleset, catalogue: Catalogue) -> DeclarativePolicy:
    """Make a policy of rules that are read already."""
    return DeclarativePolicy(ruleset, catalogue)


class Declarative:
    """The shipped engine. See ``PolicyEngine``."""

    api: ClassVar[int] = 1
    name: ClassVar[str] = "declarative"

    def compile(self, sources: Sources, catalogue: Catalogue) -> Policy:
        """Raise PolicyError, with every diagnostic at once, for files that do not load."""
        return compile_ruleset(read(sources, catalogue), catalogue)
