"""What people read about a file: why it was not taken, or what to look at. Each sentence says what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from translationstring import TranslationString

from senfcall_avv.documents.findings import Reason
from senfcall_avv.documents.models import Document
from senfcall_avv.documents.names import extension_of
from senfcall_avv.documents.services import UploadRefused
from senfcall_avv.i18n import _
from senfcall_avv.settings import DocumentsSettings

MEBIBYTE: Final = 1024 * 1024

SENTENCES: Final[Mapping[Reason, TranslationString]] = MappingProxyType(
    {
        Reason.NONE: _("Wähl zuerst eine Datei aus."),
        Reason.TYPE: _("${datei} ist kein PDF, JPEG oder PNG. Öffne sie und speichere sie als PDF."),
        Reason.HEIC: _(
            "${datei} ist ein HEIC-Foto. Am iPhone: Einstellungen → Kamera → Formate → Maximale Kompatibilität, "
            "dann neu fotografieren. Oder als PDF teilen."
        ),
        Reason.MISMATCH: _(
            "${datei} heißt .${endung}, enthält aber etwas anderes. Exportiere sie noch einmal als PDF."
        ),
        Reason.SIZE: _("${datei} hat ${n} MB, erlaubt sind ${mb} MB. Graustufen und 200 dpi reichen."),
        Reason.COUNT: _("Mehr als ${dateien} Dateien gehen nicht. Fass die Seiten in einem PDF zusammen."),
        Reason.EMPTY: _("${datei} ist leer. Wahrscheinlich war sie beim Auswählen noch nicht fertig gespeichert."),
        Reason.DAMAGED: _("${datei} lässt sich nicht öffnen. Scanne oder speichere sie neu."),
        Reason.ENCRYPTED: _("${datei} ist mit einem Passwort geschützt. Speichere eine Fassung ohne Passwort."),
        Reason.ACTIVE: _("${datei} enthält Programmteile oder Anhänge. Drucke sie als neues PDF und lade das hoch."),
        Reason.MALWARE: _("${datei} wurde vom Virenscanner abgelehnt. Prüfe dein Gerät und nimm das Original."),
        Reason.UNSCANNED: _(
            "${datei} konnten wir gerade nicht auf Viren prüfen. Das liegt an uns; versuch es in ein paar Minuten noch "
            "einmal."
        ),
        Reason.DUPLICATE: _("${datei} ist schon da."),
        Reason.PAGES: _("${datei} hat ${n} Seiten, erlaubt sind ${seiten}. Der Bescheid allein genügt."),
        Reason.PIXELS: _("${datei} hat mehr als ${millionen} Millionen Bildpunkte. Graustufen und 200 dpi reichen."),
        Reason.QUOTA: _("Mehr als ${gesamt} MB können wir für euch nicht aufheben. Entfernt zuerst eine andere Datei."),
        Reason.RATE: _("Das waren viele Dateien in kurzer Zeit. Ab ${uhrzeit} geht es weiter."),
        Reason.SMALL: _("${datei} hat wenig Bildpunkte. Wenn die kleine Schrift lesbar ist, passt es."),
        Reason.BROKEN: _(
            "Das Hochladen ist abgebrochen. Deine anderen Dateien sind da; versuch nur ${datei} noch einmal."
        ),
    }
)
NAMELESS: Final = _("Die Datei")


class Level(StrEnum):
    """How a sentence is shown."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


def sentence(document: Document, settings: DocumentsSettings) -> TranslationString | None:
    """Say what there is to say about a document; None for one that is simply good."""
    reason = document.reason or document.note
    if reason is None:
        return None
    text = SENTENCES[reason]
    amount = document.pages if reason is Reason.PAGES else -(-document.size // MEBIBYTE)
    return TranslationString(
        text,
        domain=text.domain,
        mapping={
            "datei": document.original_name or NAMELESS,
            "endung": extension_of(document.original_name),
            "n": amount,
            "mb": settings.max_file_bytes // MEBIBYTE,
            "dateien": settings.max_files,
            "seiten": settings.max_pages,
            "millionen": settings.max_pixels // 1_000_000,
            "gesamt": settings.max_stored_bytes // MEBIBYTE,
        },
    )


def refusal(error: UploadRefused, local_time: str = "") -> TranslationString:
    """Say why nothing was even listed. ``local_time``: ``error.free_at`` as the reader's clock shows it."""
    text = SENTENCES[error.reason]
    return TranslationString(text, domain=text.domain, mapping={"uhrzeit": local_time})


def level(document: Document) -> Level | None:
    """Say how the sentence is shown; None if there is none."""
    if document.reason is Reason.DUPLICATE:
        return Level.INFO
    if document.reason is not None:
        return Level.ERROR
    return Level.WARNING if document.note is not None else None


def seconds_until(error: UploadRefused, now: datetime) -> int:
    """Give the value of ``Retry-After`` for a refusal: whole seconds, at least one."""
    return 1 if error.free_at is None else max(1, -int(-(error.free_at - now).total_seconds() // 1))
