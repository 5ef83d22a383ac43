"""Policies made by hand, without a file: rules as the loader would give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from senfcall_avv.bbb import catalog
from senfcall_avv.policy.declarative import DeclarativePolicy, compile_ruleset
from senfcall_avv.policy.ruleset import CallRules, Family, LimitRange, Origin, Preset, Profile, Rule, Ruleset

PLACE = Origin("made.toml", 7)
BASE = Origin("base.toml", 3)


def preset(value: Any) -> Preset:
    return Preset(value, PLACE)


def presets(values: Mapping[str, Any]) -> dict[str, Preset]:
    return {name: preset(value) for name, value in values.items()}


def family(prefix: str, *, names: tuple[str, ...] | None = None, pattern: str | None = None, **more: int) -> Family:
    return Family(prefix, names, pattern, more.get("max", 100), more.get("count", 20), PLACE)


def call_rules(name: str, forward: Mapping[str, Rule] | None = None, **more: Any) -> CallRules:
    """Make the rules of one call: parameters with their rules, or ``answer`` or ``refuse``."""
    for key in ("fixed", "defaults", "added", "removed"):
        more[key] = presets(more.get(key, {}))
    more.setdefault("methods", catalog.load().calls[name].methods)
    return CallRules(name, PLACE, None if forward is None else tuple(forward), rules=dict(forward or {}), **more)


def profile(*calls: CallRules, name: str = "made", limits: Mapping[str, tuple[int, int]] | None = None) -> Profile:
    ranges = {key: LimitRange(default, most, BASE) for key, (default, most) in (limits or {}).items()}
    return Profile(name, "Made by hand", {call.name: call for call in calls}, ranges, "version", None, (name, "base"))


def policy_of(*profiles: Profile) -> DeclarativePolicy:
    return compile_ruleset(Ruleset({each.name: each for each in profiles}), catalog.load())
