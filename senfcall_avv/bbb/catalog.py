"""BBB's calls and parameters as data: names, types, first version, what they are about.

Read from ``catalog.toml`` beside this file. It feeds the policy's types and spelling help, the portal's topics and the
API reference.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal

TYPES: Final = frozenset(
    ("string", "text", "boolean", "integer", "enum", "list", "url", "colour", "id", "password"),
)
"""What a value can be; ``policy.values`` says what each of them accepts."""
GROUPS: Final = frozenset(
    (
        *("basic", "recording", "design", "callback", "upload", "code"),
        *("access", "lock", "voice", "features", "breakout", "person", "lifecycle"),
    )
)
"""What a parameter is about, as a policy's ``never`` names it."""
TOPICS: Final = frozenset(
    (
        *("waiting-room", "locks", "end", "recording", "recording-lists"),
        *("design", "slides", "callbacks", "dial-in", "breakout", "other"),
    )
)
"""What a parameter is about in the words of the portal's advice."""
RISKS: Final = frozenset(("fetch", "code", "tracking", "numbers", "session", "ban"))
"""Why a parameter may be passed on only with a reason in the policy's file; ``catalog.toml`` says what each means."""
ALWAYS: Final = "always"
"""Stands as ``since`` for what is as old as the interface itself."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of one call.

    ``min``/``max`` are BBB's own bounds (code points for texts, values for integers). ``old_name`` is what the
    parameter was called before; that name has an entry of its own. ``neutral`` values change nothing where they are
    lost.
    """

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

    def holds(self, name: str) -> bool:
        """Say whether BBB would read this name as one of the family."""
        return name.startswith(self.prefix) and re.fullmatch(self.pattern, name) is not None


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One call.

    ``answers`` are the kinds of ``bbb.xml.ANSWERS`` that fit it, ``session`` marks the meeting client's own.
    """

    name: str
    methods: tuple[str, ...]
    effect: Literal["read", "write"]
    format: Literal["xml", "json", "text"]
    since: str
    summary: str
    summary_de: str
    until: str | None = None
    session: bool = False
    answers: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = ()  # type: ignore[assignment]  # always given by the reader
    families: tuple[FamilyRule, ...] = ()

    def family(self, name: str) -> FamilyRule | None:
        """Give the family that a name belongs to by BBB's rule, or None."""
        return next((family for family in self.families if family.holds(name)), None)

    def find(self, name: str) -> Parameter | None:
        """Give what is known of a name.

        Metadata is found in any letter case: BBB lower-cases what follows ``meta_``.
        """
        found = self.parameters.get(name)
        if found is None and name.startswith("meta_"):
            folded = name.lower()
            return next((known for key, known in self.parameters.items() if key.lower() == folded), None)
        return found

    def newer_name(self, name: str) -> str | None:
        """Give what an old name's parameter is called today, or None if the name is not an old one."""
        return next((known.name for known in self.parameters.values() if known.old_name == name), None)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything known of BBB's API, dated (``2026-11``)."""

    date: str
    calls: Mapping[str, CallEntry]
    reserved: frozenset[str]
    """Names that no policy may ever pass on, case-folded."""
    reserved_prefixes: tuple[str, ...] = ()
    """Beginnings of such names, case-folded."""

    def is_reserved(self, name: str) -> bool:
        """Say whether a name can never be passed on, in whatever letter case it is written."""
        folded = name.casefold()
        return folded in self.reserved or folded.startswith(self.reserved_prefixes)


def _read_parameter(name: str, row: dict[str, Any], reserved: frozenset[str]) -> Parameter:
    choices = row.get("choices")
    return Parameter(
        name=name,
        type=row["type"],
        since=row.get("since", ALWAYS),
        group=row.get("group", "basic"),
        topic=row.get("topic", "other"),
        summary=row["en"],
        summary_de=row["de"],
        min=row.get("min"),
        max=row.get("max"),
        choices=None if choices is None else tuple(choices),
        zero_is_unlimited=row.get("zero") == "unlimited",
        restricts=row.get("restricts", False),
        risk=row.get("risk"),
        reserved=name.casefold() in reserved,
        old_name=row.get("old_name"),
        neutral=tuple(row.get("neutral", ())),
    )


def _read_call(name: str, row: dict[str, Any], reserved: frozenset[str]) -> CallEntry:
    parameters = {key: _read_parameter(key, value, reserved) for key, value in row.get("parameters", {}).items()}
    return CallEntry(
        name=name,
        methods=tuple(row.get("methods", ("GET", "POST"))),
        effect=row["effect"],
        format=row.get("format", "xml"),
        since=row.get("since", ALWAYS),
        summary=row["en"],
        summary_de=row["de"],
        until=row.get("until"),
        session=row.get("session", False),
        answers=tuple(row.get("answers", ())),
        parameters=MappingProxyType(parameters),
        families=tuple(FamilyRule(pattern.partition("[")[0], pattern) for pattern in row.get("families", ())),
    )


def read(text: str) -> Catalogue:
    """Read a catalogue. Raises KeyError or ValueError for a text that is none; ``catalog.toml`` explains the form."""
    data = tomllib.loads(text)
    reserved = frozenset(name.casefold() for name in data["reserved"])
    return Catalogue(
        date=data["date"],
        calls=MappingProxyType({name: _read_call(name, row, reserved) for name, row in data["calls"].items()}),
        reserved=reserved,
        reserved_prefixes=tuple(prefix.casefold() for prefix in data["reserved_prefixes"]),
    )


@cache
def load() -> Catalogue:
    """Read the shipped catalogue, once for each process."""
    return read(resources.files("senfcall_avv.bbb").joinpath("catalog.toml").read_text("utf-8"))
