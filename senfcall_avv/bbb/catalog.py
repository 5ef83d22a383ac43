"""BBB's calls and parameters as data: names, types, first version, what they are about.

Read from ``catalog.toml`` beside this file. It feeds the policy's types and spelling help, the portal's topics and the API
reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of one call. ``min``/``max`` are BBB's own bounds (code points for texts, values for integers)."""

    name: str
    type: str
    since: str
    group: str
    topic: str
    summary: str
    summary_de: str
    min: int | None = None
    max: int | None = None
    choices: tuple[str, ...] | None = None
    zero_is_unlimited: bool = False
    restricts: bool = False
    risk: str | None = None
    reserved: bool = False
    old_name: str | None = None
    neutral: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FamilyRule:
    """A family of names with a common prefix (``meta_``): ``pattern`` is BBB's own rule for the whole name."""

    prefix: str
    pattern: str


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One call. ``answers`` are the kinds of ``bbb.xml.ANSWERS`` that fit it, ``session`` marks the meeting client's own."""

    name: str
    methods: tuple[str, ...]
    effect: Literal["read", "write"]
    format: Literal["xml", "json"]
    since: str
    summary: str
    summary_de: str
    until: str | None = None
    session: bool = False
    answers: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = ()  # type: ignore[assignment]  # always given by the reader
    families: tuple[FamilyRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything known of BBB's API, dated (``2026-11``)."""

    date: str
    calls: Mapping[str, CallEntry]
    reserved: frozenset[str]
    """Names that no policy may ever pass on, case-folded."""


def load() -> Catalogue:
    """Read the shipped catalogue."""
    raise NotImplementedError
