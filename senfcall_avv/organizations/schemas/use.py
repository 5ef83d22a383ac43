"""Task: what for and with which frontend."""

from __future__ import annotations

from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.organizations.schemas.fields import Choice, Field, Kind, fixed, never

FRONTENDS: Final = (
    Choice("nextcloud", "Nextcloud"),
    Choice("moodle", "Moodle"),
    Choice("wordpress", "WordPress"),
    Choice("greenlight", "Greenlight"),
    Choice("pilos", "PILOS"),
    Choice("ilias", "ILIAS"),
    Choice("mattermost", "Mattermost"),
    Choice("rocketchat", "Rocket.Chat"),
    Choice("discourse", "Discourse"),
    Choice("canvas", "Canvas"),
    Choice("drupal", "Drupal"),
    Choice("own", _("selbst entwickelt")),
    Choice("other", _("ein anderes")),
)
LARGEST: Final = (
    Choice("25", _("bis 25 Personen")),
    Choice("50", _("bis 50 Personen")),
    Choice("100", _("bis 100 Personen")),
    Choice("more", _("mehr als 100 Personen")),
)
SIZES: Final = (
    Choice("volunteers", _("nur Ehrenamtliche")),
    Choice("small", _("bis 5 bezahlte Stellen")),
    Choice("medium", _("6 bis 50 bezahlte Stellen")),
    Choice("large", _("mehr als 50 bezahlte Stellen")),
)

FIELDS: Final = (
    Field(
        "frontends",
        _("Womit öffnet ihr Konferenzen?"),
        Kind.BOXES,
        hint=_("Das Frontend ist das System, in dem eure Leute auf „Konferenz“ klicken."),
        choices=fixed(*FRONTENDS),
    ),
    Field("other_frontend", _("Ein anderes Frontend, und zwar"), length=200, required=never),
    Field(
        "frontend_url",
        _("Adresse des Frontends"),
        Kind.URL,
        300,
        hint="https://cloud.verein.example.org",
        required=never,
    ),
    Field("largest", _("Größte Konferenz"), Kind.SELECT, choices=fixed(*LARGEST), required=never),
    Field(
        "size",
        _("Wie groß seid ihr?"),
        Kind.SELECT,
        hint=_("Unser Angebot ist für kleine Organisationen mit wenig Geld gedacht."),
        choices=fixed(*SIZES),
        visible=lambda facts: facts.rules.size_band,
    ),
    Field(
        "purpose",
        _("Wofür nutzt ihr die Konferenzen?"),
        Kind.LONG,
        1000,
        hint=_("Zwei Sätze genügen."),
        required=never,
    ),
)
