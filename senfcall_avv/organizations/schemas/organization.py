"""Task: name and legal form."""

from __future__ import annotations

from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.organizations.schemas.fields import Choice, Field, Kind, fixed, never

REGISTERED: Final = frozenset(("ev", "ggmbh", "gug", "eg"))
"""Legal forms that stand in a court's register."""
UNREGISTERED: Final = frozenset(("nev", "trust", "kdoer"))
"""Legal forms that stand in none; of others it depends."""

LEGAL_FORMS: Final = (
    Choice("ev", _("eingetragener Verein (e. V.)")),
    Choice("nev", _("nicht eingetragener Verein")),
    Choice("ggmbh", _("gemeinnützige GmbH (gGmbH)")),
    Choice("gug", _("gemeinnützige Unternehmergesellschaft (gUG)")),
    Choice("foundation", _("rechtsfähige Stiftung")),
    Choice("trust", _("Treuhandstiftung")),
    Choice("eg", _("eingetragene Genossenschaft (eG)")),
    Choice("kdoer", _("Körperschaft des öffentlichen Rechts")),
    Choice("other", _("andere Rechtsform")),
)

FIELDS: Final = (
    Field(
        "legal_name",
        _("Name der Organisation"),
        length=200,
        hint=_("Genau so, wie er im Register oder im Bescheid steht."),
        autocomplete="organization",
    ),
    Field(
        "short_name",
        _("Kurzname"),
        length=60,
        hint=_("Falls ihr im Alltag anders heißt."),
        required=never,
    ),
    Field(
        "legal_form",
        _("Rechtsform"),
        Kind.SELECT,
        hint=_("Davon hängt ab, was wir auf den nächsten Seiten fragen."),
        choices=fixed(*LEGAL_FORMS),
    ),
)
