"""Task: contacts, data protection officer, and which law of data protection applies."""

from __future__ import annotations

from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.organizations.schemas.fields import Choice, Facts, Field, Kind, fixed, never

REGIMES: Final = (
    Choice("dsgvo", _("DSGVO"), _("Das allgemeine Recht; es gilt für die meisten.")),
    Choice("dsg_ekd", _("evangelisch (DSG-EKD)")),
    Choice("kdg", _("katholisch (KDG)")),
    Choice("other", _("anderes")),
)
OFFICERS: Final = (
    Choice("named", _("Wir haben eine oder einen.")),
    Choice("none", _("Keine Benennungspflicht.")),
)


def _named(facts: Facts) -> bool:
    return bool(facts.get("privacy", "officer") == "named")


def _church(facts: Facts) -> bool:
    return facts.get("privacy", "regime") in {"dsg_ekd", "kdg"}


FIELDS: Final = (
    Field(
        "technical_email",
        _("E-Mail-Adresse für Technik"),
        Kind.EMAIL,
        254,
        hint=_("Wer euer Frontend betreut. Dorthin melden wir Störungen."),
    ),
    Field(
        "privacy_email",
        _("E-Mail-Adresse für Datenschutz"),
        Kind.EMAIL,
        254,
        hint=_("Dorthin melden wir Änderungen am Vertrag und Datenpannen."),
    ),
    Field(
        "officer",
        _("Datenschutzbeauftragte"),
        Kind.RADIO,
        choices=fixed(*OFFICERS),
        hint=_("Kleine Organisationen müssen meist niemanden benennen."),
    ),
    Field(
        "officer_name",
        _("Name der oder des Datenschutzbeauftragten"),
        length=120,
        required=_named,
        hint=_("Nur, wenn ihr eine Person benannt habt."),
    ),
    Field(
        "officer_email",
        _("E-Mail-Adresse der oder des Datenschutzbeauftragten"),
        Kind.EMAIL,
        254,
        required=_named,
        hint=_("Nur, wenn ihr eine Person benannt habt."),
    ),
    Field("regime", _("Welches Datenschutzrecht gilt für euch?"), Kind.RADIO, choices=fixed(*REGIMES)),
    Field(
        "church_authority",
        _("Kirchliche Aufsichtsbehörde"),
        length=200,
        required=_church,
        hint=_("Nur bei kirchlichem Datenschutzrecht."),
    ),
    Field(
        "professional_secrecy",
        _("Wir unterliegen der Schweigepflicht nach § 203 StGB."),
        Kind.TICK,
        hint=_("Zum Beispiel Beratungsstellen, Psychologie, Sozialarbeit. Dann kommt ein Zusatz in den Vertrag."),
        required=never,
    ),
    Field(
        "instructors",
        _("Wer darf uns Weisungen geben?"),
        Kind.LINES,
        160,
        most=5,
        required=never,
        hint=_("Eine Person je Zeile, mit Funktion, höchstens fünf. Bleibt es leer, ist es eure Vertretung."),
    ),
)
