"""What an organisation's answers put into the contract's text, and what this room needs of the room that keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from senfcall_avv.organizations.schemas.contact import COUNTRIES
from senfcall_avv.organizations.schemas.fields import EMPTY, Facts
from senfcall_avv.organizations.tasks import BY_NAME


class FilledText(Protocol):
    """A contract's text with one organisation's data in it; ``sha256`` is of its canonical form."""

    version: str
    terms_version: str
    sha256: str
    sample: bool
    parts: tuple[Any, ...]


class ContractTexts(Protocol):
    """The texts that are offered now, as the registry holds them under ``avv.contract_texts``."""

    @property
    def version(self) -> str:
        """The version that is offered."""
        ...

    @property
    def terms_version(self) -> str:
        """The version of the terms of use that goes with it."""
        ...

    def filled(self, values: Mapping[str, str], modules: frozenset[str]) -> FilledText:
        """Fill the text that is offered; ``modules`` names the additions that were chosen."""
        ...


def _shown(facts: Facts, task: str, name: str) -> str:
    field = next(one for one in BY_NAME[task].fields if one.name == name)
    lines = field.shown(facts.answers.get(task, EMPTY), facts)
    return ", ".join(str(line) for line in lines) or "–"


def _representatives(facts: Facts) -> str:
    found = []
    for number in "123":
        name = facts.get("people", f"representative_{number}_name")
        function = facts.get("people", f"representative_{number}_function")
        if name:
            found.append(f"{name} ({function})" if function else str(name))
    return "; ".join(found) or "–"


def _officer(facts: Facts) -> str:
    if facts.get("privacy", "officer") != "named":
        return "keine Benennung"
    return f"{facts.get('privacy', 'officer_name')}, {facts.get('privacy', 'officer_email')}"


def _instructors(facts: Facts) -> str:
    lines = str(facts.get("privacy", "instructors")).split("\n")
    return "; ".join(line for line in lines if line) or _representatives(facts)


def _register(facts: Facts) -> str:
    if facts.get("register", "register_type") in {"", "none"}:
        return "kein Register"
    return ", ".join(_shown(facts, "register", name) for name in ("court", "register_type", "register_number"))


def variables(facts: Facts) -> dict[str, str]:
    """Give a value for every variable of the contract's text, in German, which is the binding language."""
    return {
        "organization_name": str(facts.get("organization", "legal_name")) or "–",
        "legal_form": _shown(facts, "organization", "legal_form"),
        "street": str(facts.get("contact", "street")) or "–",
        "postcode": str(facts.get("contact", "postcode")) or "–",
        "town": str(facts.get("contact", "town")) or "–",
        "country": str(COUNTRIES.get(facts.country, facts.country)),
        "organization_email": str(facts.get("contact", "email")) or "–",
        "register": _register(facts),
        "representatives": _representatives(facts),
        "data_protection_officer": _officer(facts),
        "privacy_email": str(facts.get("privacy", "privacy_email")) or "–",
        "instructors": _instructors(facts),
        "church_authority": str(facts.get("privacy", "church_authority")) or "–",
        "regime": _shown(facts, "privacy", "regime"),
    }


def modules(facts: Facts) -> frozenset[str]:
    """Name the additions to the contract that the answers ask for: ``church``, ``secrecy``."""
    church = {"church"} if facts.get("privacy", "regime") in {"dsg_ekd", "kdg"} else set()
    secrecy = {"secrecy"} if facts.get("privacy", "professional_secrecy") else set()
    return frozenset(church | secrecy)
