"""Why an application is not accepted, and what would help: the words for each code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from senfcall_avv.i18n import _


class Reason(NamedTuple):
    """Both sentences; empty ones are written by the person who decides."""

    sentence: str
    help: str


MISUSE: Final = "misuse"
_SMALL: Final = Reason(
    _("Unser Angebot ist für kleine Organisationen mit wenig Geld gedacht."),
    _("Eigene Server oder ein bezahlter Anbieter; für Schulen oft das Land."),
)
DECLINE_REASONS: Final[Mapping[str, Reason]] = MappingProxyType(
    {
        "not_tax_privileged": Reason(
            _("Aus dem Bescheid geht keine Steuerbegünstigung hervor."),
            _("Ein Freistellungsbescheid, die Anlage zum Körperschaftsteuerbescheid oder ein Bescheid nach § 60a AO."),
        ),
        "proof_out_of_date": Reason(
            _("Der Bescheid ist älter, als wir ihn annehmen können."),
            _("Der neueste Bescheid. Liegt er noch nicht vor, fragt euer Finanzamt nach dem Stand."),
        ),
        "proof_illegible": Reason(
            _("Die Datei ist unvollständig oder nicht lesbar."), _("Ein Scan aller Seiten als PDF.")
        ),
        "proof_other_body": Reason(
            _("Der Bescheid gehört zu einer anderen Organisation."),
            _("Ein eigener Bescheid, oder eine Bestätigung eures Trägers, dass ihr dazugehört."),
        ),
        "no_authority": Reason(
            _("Wir können nicht erkennen, dass du für die Organisation handeln darfst."),
            _("Eine Vollmacht der Vertretung oder ein aktueller Registerauszug."),
        ),
        "outside_target_group": _SMALL,
        "school_or_university": _SMALL,
        "no_own_frontend": Reason(
            _("Der Vertrag gilt nur mit eigenem Frontend."),
            _(
                "Ein Plugin in eurer Nextcloud, eurem Moodle oder WordPress. Die öffentliche Senfcall-Seite könnt ihr "
                "ohne Antrag nutzen."
            ),
        ),
        "duplicate": Reason(
            _("Für eure Organisation gibt es schon ein Konto."), _("Lasst euch von eurer Verwaltung einladen.")
        ),
        "country_not_served": Reason(
            _("Nachweise aus diesem Land können wir noch nicht prüfen."),
            _("Schreibt uns, wenn ihr einen deutschen Träger habt."),
        ),
        "no_reply": Reason(
            _("Auf unsere Frage kam keine Antwort."), _("Neu beantragen; alle Angaben sind vorausgefüllt.")
        ),
        MISUSE: Reason("", ""),
        "other": Reason("", ""),
    }
)
