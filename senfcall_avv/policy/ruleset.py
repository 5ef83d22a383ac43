"""What the policy files mean once they are read, checked and merged along ``extends``: the form between text and
engine.

Everything here is complete: types come from the catalogue, rules are narrowed along the chain, defaults of the language
are filled in. No file needs to be looked at again but for messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Otherwise = Literal["drop", "clamp", "refuse"]
Html = Literal["keep", "bbb", "none"]
Value = bool | int | str | tuple[str, ...]
"""What stands in ``set`` and ``default``, with its TOML type; a list as a tuple."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was written: file name and line, 1-based."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Rule:
    """How the value of one parameter of one call must look, and what happens otherwise.

    ``min`` and ``max`` are code points for texts, values for integers. ``choices`` are the catalogue's spellings.
    ``origins`` name the lines that made the rule, the nearest file first; none for a rule that is the language's
    default.
    """

    type: str
    min: int | None = None
    max: int | None = None
    patterns: tuple[str, ...] = ()
    choices: tuple[str, ...] | None = None
    schemes: tuple[str, ...] = ("https",)
    hosts: tuple[str, ...] | None = None
    max_items: int | None = None
    html: Html = "keep"
    required: bool = False
    otherwise: Otherwise = "drop"
    zero_is_unlimited: bool = False
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """Which names of a family (``meta_*``, ``userdata-*``) are forwarded: a closed list, or an RE2 pattern."""

    prefix: str
    names: tuple[str, ...] | None
    pattern: str | None
    max: int
    count: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class BodyRules:
    """What becomes of a request body. ``documents = "url"``: a forwarded document may hold addresses to load from."""

    form: Literal["when_query_is_empty", "never"] = "when_query_is_empty"
    xml: Literal["drop", "refuse", "forward"] = "drop"
    other: Literal["drop", "refuse"] = "drop"
    max_bytes: int | None = None
    documents: Literal["inline", "url"] = "inline"


@dataclass(frozen=True, slots=True)
class Preset:
    """A value of ``set``, ``default``, ``add`` or ``remove``."""

    value: Value
    origin: Origin


@dataclass(frozen=True, slots=True)
class CallRules:
    """One call of one profile. Exactly one of ``forward`` (names, may be empty), ``answer``, ``refuse`` is not None."""

    name: str
    origin: Origin
    forward: tuple[str, ...] | None = None
    answer: str | None = None
    refuse: str | None = None
    message: str | None = None
    methods: tuple[str, ...] = ("GET",)
    rules: Mapping[str, Rule] = ()  # type: ignore[assignment]  # always given by the loader
    families: tuple[Family, ...] = ()
    fixed: Mapping[str, Preset] = ()  # type: ignore[assignment]  # always given by the loader
    defaults: Mapping[str, Preset] = ()  # type: ignore[assignment]  # always given by the loader
    added: Mapping[str, Preset] = ()  # type: ignore[assignment]  # always given by the loader
    removed: Mapping[str, Preset] = ()  # type: ignore[assignment]  # always given by the loader
    body: BodyRules = BodyRules()


@dataclass(frozen=True, slots=True)
class LimitRange:
    """``default`` holds for an organisation without a number of its own, ``max`` is the most it may be given."""

    default: int
    max: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Profile:
    """One assignable file together with all that it extends. ``calls`` are in the order of the files, nearest first."""

    name: str
    title: str
    calls: Mapping[str, CallRules]
    limits: Mapping[str, LimitRange]
    root_answer: str | None
    root_refuse: str | None
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All assignable profiles, by name."""

    profiles: Mapping[str, Profile]
