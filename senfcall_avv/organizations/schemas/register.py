"""Task: register and tax office."""

from __future__ import annotations

from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.organizations.schemas.contact import in_germany
from senfcall_avv.organizations.schemas.fields import Choice, Facts, Field, Kind, fixed, never
from senfcall_avv.organizations.schemas.organization import REGISTERED, UNREGISTERED

REGISTERS: Final = (
    Choice("VR", _("Vereinsregister (VR)")),
    Choice("HRB", _("Handelsregister B (HRB)")),
    Choice("HRA", _("Handelsregister A (HRA)")),
    Choice("GnR", _("Genossenschaftsregister (GnR)")),
    Choice("PR", _("Partnerschaftsregister (PR)")),
    Choice("foundations", _("Stiftungsverzeichnis")),
    Choice("none", _("kein Register")),
)


def registered(facts: Facts) -> bool:
    return facts.legal_form in REGISTERED


def maybe_registered(facts: Facts) -> bool:
    return facts.legal_form not in UNREGISTERED


def has_tax_number(facts: Facts) -> bool:
    return in_germany(facts) and facts.legal_form != "kdoer"


FIELDS: Final = (
    Field(
        "register_type",
        _("Register"),
        Kind.SELECT,
        choices=fixed(*REGISTERS),
        required=registered,
        visible=maybe_registered,
    ),
    Field(
        "court",
        _("Registergericht oder Behörde"),
        length=120,
        hint=_("Zum Beispiel Amtsgericht Darmstadt."),
        required=registered,
        visible=maybe_registered,
    ),
    Field(
        "register_number",
        _("Registernummer"),
        Kind.REGISTER_NUMBER,
        16,
        hint=_("Nur die Nummer, zum Beispiel 1234."),
        required=registered,
        visible=maybe_registered,
    ),
    Field(
        "tax_office",
        _("Finanzamt"),
        length=120,
        hint=_("Das Finanzamt, das den Bescheid geschickt hat."),
        required=has_tax_number,
        visible=has_tax_number,
    ),
    Field(
        "tax_number",
        _("Steuernummer"),
        Kind.TAX_NUMBER,
        20,
        hint=_("Steht oben auf dem Bescheid, zum Beispiel 007 250 12345. Führende Nullen gehören dazu."),
        required=has_tax_number,
        visible=has_tax_number,
    ),
    Field(
        "business_number",
        _("Wirtschafts-Identifikationsnummer"),
        Kind.BUSINESS_NUMBER,
        17,
        hint=_("Beginnt mit DE, zum Beispiel DE123456788-00001."),
        required=never,
        visible=in_germany,
    ),
)
