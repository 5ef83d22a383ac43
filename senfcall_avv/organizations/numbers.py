"""Numbers that German offices give out: what looks unusual is said, and never refused.

Lists of courts and formats grow old, and a real organisation must not be kept out because a library has not heard of
its court. Only characters and lengths that no such number can have are an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from stdnum.de import handelsregisternummer, stnr, vat
from stdnum.exceptions import ValidationError

from senfcall_avv.i18n import _
from senfcall_avv.organizations.schemas.checks import NotValid
from senfcall_avv.organizations.schemas.contact import LAENDER
from senfcall_avv.organizations.schemas.fields import Facts

_TAX_CHARACTERS: Final = re.compile(r"[0-9 /.,-]+")
_REGISTER: Final = re.compile(r"(?:VR|HRB|HRA|GnR|PR|GsR)? ?([1-9][0-9]{0,5}) ?([A-ZÄÖÜ]{0,3})", re.IGNORECASE)
_BUSINESS: Final = re.compile(r"DE[0-9]{9}(?:-?[0-9]{5})?")
_COURT_PREFIX: Final = re.compile(r"(?:amtsgericht|registergericht|ag)\s+", re.IGNORECASE)
_ABBREVIATIONS: Final = (("i. br.", ""), ("i. breisgau", ""), ("im breisgau", ""), ("a. m.", "am main"))
_LEADING_ZERO: Final = frozenset(("HE", "BB", "MV", "SL"))
"""States whose tax numbers begin with a zero that people leave out."""


class Warned(NamedTuple):
    """Something unusual about a field."""

    field: str
    message: str


def tax_number(text: str) -> str:
    """Accept what may be a tax number: 10, 11 or 13 digits with the usual separators. Raises NotValid."""
    digits = re.sub(r"[^0-9]", "", text)
    # One digit less is the number without its leading zero: unusual, and said as a warning.
    if not _TAX_CHARACTERS.fullmatch(text) or len(digits) not in {9, 10, 11, 13}:
        raise NotValid(_("Eine Steuernummer hat 10, 11 oder 13 Ziffern, zum Beispiel 007 250 12345."))
    return text


def register_number(text: str) -> str:
    """Accept a number in a register, with up to three letters behind it; a type before it is left out."""
    found = _REGISTER.fullmatch(text)
    if found is None:
        raise NotValid(_("Eine Registernummer sieht so aus: 1234 oder 1234 B."))
    return f"{found[1]} {found[2].upper()}".strip()


def business_number(text: str) -> str:
    """Accept ``DE`` and nine digits, with or without five more behind a dash."""
    made = re.sub(r"\s", "", text).upper()
    if not _BUSINESS.fullmatch(made):
        raise NotValid(_("Die Nummer beginnt mit DE und neun Ziffern, zum Beispiel DE123456788-00001."))
    return made if len(made) == 11 or "-" in made else f"{made[:11]}-{made[11:]}"


def _tax_number_warnings(facts: Facts) -> Iterator[Warned]:
    number, land = str(facts.get("register", "tax_number")), str(facts.get("contact", "land"))
    if not number or land not in LAENDER or stnr.is_valid(number, LAENDER[land]):
        return
    if land in _LEADING_ZERO and stnr.is_valid("0" + stnr.compact(number), LAENDER[land]):
        message = _("In ${land} beginnt die Nummer mit einer Null. Fehlt sie?", mapping={"land": LAENDER[land]})
    else:
        message = _(
            "Die Nummer sieht für ${land} ungewöhnlich aus. Stimmt sie? Dann einfach weiter.",
            mapping={"land": LAENDER[land]},
        )
    yield Warned("tax_number", message)


def court_name(text: str) -> str:
    """Give a court's town as the list of courts writes it: without „Amtsgericht“ and additions."""
    made = _COURT_PREFIX.sub("", text.strip(), count=1)
    for written, meant in _ABBREVIATIONS:
        if made.lower().endswith(written):
            made = f"{made[: -len(written)].rstrip()} {meant}".strip()
    return made


def _register_warnings(facts: Facts) -> Iterator[Warned]:
    kind = str(facts.get("register", "register_type"))
    court, number = str(facts.get("register", "court")), str(facts.get("register", "register_number"))
    # The list knows courts only: a foundation's authority is in none.
    if facts.country != "DE" or kind not in handelsregisternummer.REGISTRY_TYPES or not court or not number:
        return
    if not handelsregisternummer.is_valid(f"{court_name(court)} {kind} {number.partition(' ')[0]}"):
        yield Warned(
            "court", _("Dieses Registergericht steht nicht auf unserer Liste. Stimmt es? Dann einfach weiter.")
        )


def _register_type_warnings(facts: Facts) -> Iterator[Warned]:
    usual = {"ev": "VR", "ggmbh": "HRB", "gug": "HRB", "eg": "GnR"}.get(facts.legal_form)
    kind = facts.get("register", "register_type")
    if usual and kind and kind != usual:
        yield Warned(
            "register_type",
            _(
                "Zu eurer Rechtsform gehört meist das Register ${register}. Stimmt es? Dann einfach weiter.",
                mapping={"register": usual},
            ),
        )


def _business_number_warnings(facts: Facts) -> Iterator[Warned]:
    number = str(facts.get("register", "business_number"))
    if not number:
        return
    try:
        vat.validate(number[:11])
    except ValidationError:
        yield Warned("business_number", _("Die Prüfziffer passt nicht. Stimmt die Nummer? Dann einfach weiter."))


_REGISTER_PAGE: Final[tuple[Callable[[Facts], Iterator[Warned]], ...]] = (
    _register_type_warnings,
    _register_warnings,
    _tax_number_warnings,
    _business_number_warnings,
)


def number_warnings(facts: Facts) -> list[Warned]:
    """List what looks unusual on the page „Register und Finanzamt“, in the order of its fields."""
    return [warned for check in _REGISTER_PAGE for warned in check(facts)]
