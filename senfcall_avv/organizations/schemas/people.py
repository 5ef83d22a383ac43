"""Task: who represents the organisation, and by what right the applicant acts."""

from __future__ import annotations

from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.organizations.schemas.fields import Choice, Field, Kind, fixed, never

AUTHORITIES: Final = (
    Choice("board", _("Ich vertrete die Organisation selbst."), _("Zum Beispiel als Vorstand laut Satzung.")),
    Choice("power_of_attorney", _("Ich habe eine Vollmacht."), _("Ladet sie oben auf dieser Seite hoch.")),
)

FIELDS: Final = (
    Field("representative_1_name", _("Name der vertretenden Person"), length=120, hint=_("Vor- und Nachname.")),
    Field(
        "representative_1_function", _("Funktion"), length=120, hint=_("Zum Beispiel Vorsitz oder Geschäftsführung.")
    ),
    Field(
        "representative_2_name",
        _("Zweite vertretende Person"),
        length=120,
        hint=_("Wenn ihr laut Satzung nur zu zweit vertretet."),
        required=never,
    ),
    Field("representative_2_function", _("Funktion der zweiten Person"), length=120, required=never),
    Field("representative_3_name", _("Dritte vertretende Person"), length=120, required=never),
    Field("representative_3_function", _("Funktion der dritten Person"), length=120, required=never),
    Field(
        "applicant_function",
        _("Deine Funktion"),
        length=120,
        hint=_("Was du in der Organisation machst, zum Beispiel Vorstand oder Technik."),
        autocomplete="organization-title",
    ),
    Field("authority", _("Warum darfst du den Vertrag schließen?"), Kind.RADIO, choices=fixed(*AUTHORITIES)),
)
