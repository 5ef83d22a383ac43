"""Task: the tax office's notice."""

from __future__ import annotations

from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.organizations.schemas.fields import Choice, Facts, Field, Kind, fixed, never

_GERMAN: Final = (
    Choice(
        "freistellungsbescheid",
        _("Freistellungsbescheid"),
        _("Der übliche Nachweis: Bescheid zur Körperschaft- und Gewerbesteuer."),
    ),
    Choice(
        "anlage_kst",
        _("Anlage zum Körperschaftsteuerbescheid"),
        _("Wenn ihr auch einen steuerpflichtigen Betrieb habt."),
    ),
    Choice(
        "feststellung_60a",
        _("Feststellungsbescheid nach § 60a AO"),
        _("Für neue Organisationen; bestätigt nur die Satzung."),
    ),
    Choice(
        "kdoer",
        _("Bestätigung einer Körperschaft des öffentlichen Rechts"),
        _("Zum Beispiel einer Kirchengemeinde; einen Freistellungsbescheid gibt es dann nicht."),
    ),
    Choice(
        "parent",
        _("Bescheid des Trägers"),
        _("Wenn euch der Bescheid eines Dachverbands mit abdeckt, mit dessen Bestätigung."),
    ),
)
_AUSTRIAN: Final = Choice(
    "foreign_at", _("Vereinsregisterauszug und Statuten (Österreich)"), _("Der Auszug soll aktuell sein.")
)
_SWISS: Final = Choice("foreign_ch", _("Kantonaler Entscheid zur Steuerbefreiung (Schweiz)"))
WITH_PURPOSES: Final = frozenset(("freistellungsbescheid", "anlage_kst", "feststellung_60a"))
PURPOSES: Final = (
    Choice("52", _("gemeinnützig (§ 52 AO)")),
    Choice("53", _("mildtätig (§ 53 AO)")),
    Choice("54", _("kirchlich (§ 54 AO)")),
)


def _kinds(facts: Facts) -> tuple[Choice, ...]:
    found: tuple[Choice, ...] = _GERMAN if "DE" in facts.rules.countries else ()
    found += (_AUSTRIAN,) if "AT" in facts.rules.countries else ()
    return found + ((_SWISS,) if "CH" in facts.rules.countries else ())


def _purposes_printed(facts: Facts) -> bool:
    return facts.get("proof", "kind") in WITH_PURPOSES


def _public_benefit(facts: Facts) -> bool:
    return _purposes_printed(facts) and "52" in (facts.get("proof", "purposes") or ())


FIELDS: Final = (
    Field("kind", _("Was für ein Nachweis ist es?"), Kind.RADIO, choices=_kinds),
    Field("date", _("Datum des Bescheids"), Kind.DAY, 12, hint=_("Steht oben rechts, zum Beispiel 01.03.2022.")),
    Field(
        "year_from", _("Veranlagungszeitraum von"), Kind.YEAR, 4, hint=_("Ein Jahr, zum Beispiel 2019."), required=never
    ),
    Field("year_to", _("Veranlagungszeitraum bis"), Kind.YEAR, 4, required=never),
    Field(
        "purposes",
        _("Welche Zwecke nennt der Bescheid?"),
        Kind.BOXES,
        choices=fixed(*PURPOSES),
        required=_purposes_printed,
    ),
    Field(
        "purpose_numbers",
        _("Nummern nach § 52 Absatz 2 AO"),
        Kind.PURPOSES,
        100,
        required=_public_benefit,
        hint=_("So wie im Bescheid, zum Beispiel 1, 7, 23. Nur bei gemeinnützigen Zwecken."),
    ),
)
