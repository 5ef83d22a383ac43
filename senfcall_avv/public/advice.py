"""What it means for people when something is left out, by topic: one text for the API page and every guide.

The texts stay true whether a frontend's switch is on or off, for nobody knows its position here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

from senfcall_avv.i18n import _


class Advice(NamedTuple):
    """One topic. ``weight``: 2 changes who gets in or what people rely on, 1 is worth knowing, 0 is harmless."""

    weight: int
    title: str
    text: str


WRITING_RECORDINGS: Final = "recording-changes"
CALLS: Final = "calls"
OTHER: Final = "other"

ADVICE: Final = MappingProxyType(
    {
        "waiting-room": Advice(
            2,
            _("Warteraum"),
            _(
                "Der Warteraum wirkt hier nicht. Habt ihr im Plugin „Warteraum“ oder „Zutritt nur nach Freigabe“ "
                "eingestellt, kommen trotzdem alle mit dem Link direkt hinein. Teilt den Link nur mit Eingeladenen."
            ),
        ),
        "locks": Advice(
            2,
            _("Sperren für Teilnehmende"),
            _(
                "Sperren für Teilnehmende (zum Beispiel Kamera oder privater Chat) wirken aus dem Plugin nicht. "
                "Moderierende können sie in der Konferenz einschalten."
            ),
        ),
        "end": Advice(
            1,
            _("Konferenz beenden"),
            _("„Konferenz beenden“ aus dem Plugin geben wir nicht weiter. Beendet sie in der Konferenz über das Menü."),
        ),
        "recording": Advice(
            1,
            _("Aufzeichnung"),
            _(
                "Aufzeichnung bieten wir nicht an, zum Schutz der Teilnehmenden. Den Schalter eures Plugins lassen wir "
                "weg, die Konferenz läuft normal. Ist er an, schaltet ihn aus, damit niemand eine Aufzeichnung "
                "erwartet, auch nicht im Begrüßungstext."
            ),
        ),
        "slides": Advice(
            1,
            _("Folien"),
            _("Folien, die das Plugin mitschickt, übernehmen wir nicht. Ladet sie in der Konferenz hoch."),
        ),
        "callbacks": Advice(
            1,
            _("Rückmeldungen an euer System"),
            _(
                "Rückmeldungen an euer System (zum Beispiel „Konferenz beendet“) gibt es nicht. Das Plugin merkt das "
                "Ende erst beim nächsten Abfragen, je nach Plugin nach bis zu 30 Minuten."
            ),
        ),
        WRITING_RECORDINGS: Advice(
            0,
            _("Aufzeichnungen ändern"),
            _(
                "Aufrufe, die Aufzeichnungen veröffentlichen, ändern oder löschen, weisen wir ab. Es gibt keine "
                "Aufzeichnungen, also fehlt dabei nichts."
            ),
        ),
        "recording-lists": Advice(
            0,
            _("Liste der Aufzeichnungen"),
            _("Das Plugin fragt nach Aufzeichnungen. Wir antworten „keine vorhanden“, damit es weiterläuft."),
        ),
        "design": Advice(
            0,
            _("Aussehen"),
            _("Farben, Logo oder Anordnung lassen sich nicht ändern. Alle sehen die übliche Oberfläche."),
        ),
        "dial-in": Advice(
            0,
            _("Telefon-Einwahl"),
            _("Telefonnummer und PIN vergeben wir. Nutzt %%DIALNUM%% und %%CONFNUM%%# im Willkommenstext."),
        ),
        "breakout": Advice(
            0, _("Gruppenräume, Statistik, Herkunft"), _("Zusatzangaben des Plugins, die hier nichts bewirken.")
        ),
        CALLS: Advice(
            0,
            _("Weitere Aufrufe"),
            _(
                "Diese Aufrufe gibt es in unserem Angebot nicht. Das Plugin bekommt eine Absage in BigBlueButtons "
                "Sprache."
            ),
        ),
        OTHER: Advice(
            0,
            _("Weitere Angaben"),
            _("Diese Angaben stehen nicht auf der Liste der erlaubten. Der Aufruf geht ohne sie weiter."),
        ),
    }
)
"""By topic, gravest first."""

CALL_TOPICS: Final = MappingProxyType(
    {
        "end": "end",
        "getRecordings": "recording-lists",
        "publishRecordings": WRITING_RECORDINGS,
        "deleteRecordings": WRITING_RECORDINGS,
        "updateRecordings": WRITING_RECORDINGS,
        "getRecordingTextTracks": WRITING_RECORDINGS,
        "putRecordingTextTrack": WRITING_RECORDINGS,
        "insertDocument": "slides",
    }
)
"""What a whole call is about where it is not passed on."""


def topic_of_call(name: str) -> str:
    """Say what a call is about that is not passed on."""
    return "callbacks" if name.startswith("hooks/") else CALL_TOPICS.get(name, CALLS)
