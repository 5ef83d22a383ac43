"""The shape of a field's declaration, and the facts on which it depends what a page asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from senfcall_avv.i18n import _


class Kind(Enum):
    """How a field is asked and checked."""

    TEXT = "text"
    LONG = "long"
    LINES = "lines"
    SELECT = "select"
    RADIO = "radio"
    BOXES = "boxes"
    TICK = "tick"
    EMAIL = "email"
    URL = "url"
    PHONE = "phone"
    POSTCODE = "postcode"
    TAX_NUMBER = "tax_number"
    REGISTER_NUMBER = "register_number"
    BUSINESS_NUMBER = "business_number"
    DAY = "day"
    YEAR = "year"
    PURPOSES = "purposes"


@dataclass(frozen=True)
class Rules:
    """What the installation has decided, and today: all that a page depends on beside the answers."""

    today: date
    countries: tuple[str, ...] = ("DE",)
    size_band: bool = False
    proof_years: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"freistellungsbescheid": 5, "anlage_kst": 5, "feststellung_60a": 3})
    )
    text_version: str = ""
    terms_version: str = ""


@dataclass(frozen=True)
class Facts:
    """All answers of an application by task, the number of usable files by kind, and the rules."""

    answers: Mapping[str, Mapping[str, Any]]
    uploads: Mapping[str, int]
    rules: Rules

    def get(self, task: str, name: str) -> Any:
        """Give an answer; the empty string where there is none."""
        return self.answers.get(task, {}).get(name, "")

    @property
    def legal_form(self) -> str:
        return str(self.get("organization", "legal_form"))

    @property
    def country(self) -> str:
        return str(self.get("contact", "country") or "DE")

    def with_page(self, task: str, values: Mapping[str, Any]) -> Facts:
        """Give the facts as they would be with other values on one page."""
        return Facts({**self.answers, task: values}, self.uploads, self.rules)


When = Callable[[Facts], bool]


def always(_facts: Facts) -> bool:
    return True


def never(_facts: Facts) -> bool:
    return False


class Choice(NamedTuple):
    """One of the values that can be chosen; ``hint`` explains it in a line."""

    value: str
    title: str
    hint: str = ""


Choices = Callable[[Facts], tuple[Choice, ...]]


def fixed(*choices: Choice) -> Choices:
    """Give choices that depend on nothing."""
    return lambda _facts: choices


def no_choices(_facts: Facts) -> tuple[Choice, ...]:
    return ()


@dataclass(frozen=True)
class Field:
    """One field of a page. ``length`` is in characters; ``required`` counts when the application is submitted."""

    name: str
    title: str
    kind: Kind = Kind.TEXT
    length: int = 200
    hint: str = ""
    required: When = always
    visible: When = always
    choices: Choices = no_choices
    autocomplete: str = ""
    most: int = 1
    """For LINES: how many."""

    def answered(self, values: Mapping[str, Any]) -> bool:
        """Say whether the values hold an answer to this field; a box that must be ticked is one when it is."""
        return bool(values.get(self.name))

    def shown(self, values: Mapping[str, Any], facts: Facts) -> tuple[str, ...]:
        """Give an answer's lines as people read them: choices by their titles, days as 24.11.2026."""
        value = values.get(self.name) or ""
        if self.kind in {Kind.SELECT, Kind.RADIO, Kind.BOXES}:
            titles = {choice.value: choice.title for choice in self.choices(facts)}
            chosen = value if isinstance(value, list) else [value] if value else []
            return tuple(titles.get(one, one) for one in chosen)
        if self.kind is Kind.TICK:
            return (_("Ja"),) if value else (_("Nein"),)
        if self.kind is Kind.DAY and value:
            return (german_day(date.fromisoformat(value)),)
        return tuple(str(value).split("\n")) if value else ()


def german_day(day: date) -> str:
    """Write a day as both our languages do here: 24.11.2026."""
    return f"{day:%d.%m.%Y}"


EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})
