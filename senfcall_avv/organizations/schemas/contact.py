"""Task: address and contact."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.organizations.schemas.fields import Choice, Facts, Field, Kind, fixed, never

COUNTRIES: Final = MappingProxyType({"DE": _("Deutschland"), "AT": _("Österreich"), "CH": _("Schweiz")})
LAENDER: Final = MappingProxyType(
    {
        "BW": "Baden-Württemberg",
        "BY": "Bayern",
        "BE": "Berlin",
        "BB": "Brandenburg",
        "HB": "Bremen",
        "HH": "Hamburg",
        "HE": "Hessen",
        "MV": "Mecklenburg-Vorpommern",
        "NI": "Niedersachsen",
        "NW": "Nordrhein-Westfalen",
        "RP": "Rheinland-Pfalz",
        "SL": "Saarland",
        "SN": "Sachsen",
        "ST": "Sachsen-Anhalt",
        "SH": "Schleswig-Holstein",
        "TH": "Thüringen",
    }
)
"""Our codes of the German states; their names are proper names in both languages."""


def in_germany(facts: Facts) -> bool:
    return facts.country == "DE"


def _countries(facts: Facts) -> tuple[Choice, ...]:
    return tuple(Choice(code, COUNTRIES[code]) for code in facts.rules.countries if code in COUNTRIES)


FIELDS: Final = (
    Field("street", _("Straße und Hausnummer"), length=120, autocomplete="street-address"),
    Field("postcode", _("Postleitzahl"), Kind.POSTCODE, 5, autocomplete="postal-code"),
    Field("town", _("Ort"), length=100, autocomplete="address-level2"),
    Field(
        "country",
        _("Land"),
        Kind.SELECT,
        choices=_countries,
        visible=lambda facts: len(facts.rules.countries) > 1,
        autocomplete="country",
    ),
    Field(
        "land",
        _("Bundesland"),
        Kind.SELECT,
        hint=_("Davon hängt ab, wie eure Steuernummer aussieht."),
        choices=fixed(*(Choice(code, name) for code, name in LAENDER.items())),
        required=in_germany,
        visible=lambda facts: in_germany(facts) or len(facts.rules.countries) > 1,
    ),
    Field(
        "website", _("Website"), Kind.URL, 300, hint="https://verein.example.org", required=never, autocomplete="url"
    ),
    Field(
        "email",
        _("E-Mail-Adresse der Organisation"),
        Kind.EMAIL,
        254,
        hint=_("Am besten eine Adresse, die mehrere lesen, zum Beispiel vorstand@ oder info@."),
        autocomplete="email",
    ),
    Field("phone", _("Telefon"), Kind.PHONE, 40, required=never, autocomplete="tel"),
)
