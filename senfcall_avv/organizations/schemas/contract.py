"""Task: the contract's text and what is declared with it, each in a box of its own that nobody ticked before."""

from __future__ import annotations

from typing import Final

from senfcall_avv.i18n import _
from senfcall_avv.organizations.schemas.fields import Field, Kind

FIELDS: Final = (
    Field("authority", _("Ich darf diesen Vertrag für die Organisation schließen."), Kind.TICK),
    Field("text", _("Wir nehmen den AV-Vertrag mit allen Anlagen in der gezeigten Fassung an."), Kind.TICK),
    Field("terms", _("Wir nehmen die Nutzungsbedingungen in der gezeigten Fassung an."), Kind.TICK),
    Field("truth", _("Die Angaben stimmen, und wir melden Änderungen."), Kind.TICK),
    Field(
        "own_frontend",
        _("Wir nutzen ein eigenes Frontend und bauen keinen offenen Zugang für andere."),
        Kind.TICK,
    ),
)
