"""What people read about their files, in both languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from senfcall_avv.documents.findings import Reason
from senfcall_avv.documents.models import Document, DocumentState
from senfcall_avv.documents.reasons import SENTENCES, Level, level, refusal, seconds_until, sentence
from senfcall_avv.documents.services import UploadRefused
from senfcall_avv.i18n import Language, localizer
from senfcall_avv.settings import DocumentsSettings
from tests.factories.documents import NOW

SETTINGS = DocumentsSettings()


def rejected(reason: Reason, **more: Any) -> Document:
    facts: dict[str, Any] = {"original_name": "Bescheid.docx", "size": 10 * 1024 * 1024 + 1, "pages": 51} | more
    return Document(id="d", state=DocumentState.REJECTED, reason=reason, **facts)


def told(document: Document, language: Language = "de") -> str:
    said = sentence(document, SETTINGS)
    assert said is not None
    translated: str = localizer(language).translate(said)
    return translated


@pytest.mark.parametrize(
    ("reason", "german", "english"),
    [
        (
            Reason.MISMATCH,
            "Bescheid.docx heißt .docx, enthält aber etwas anderes. Exportiere sie noch einmal als PDF.",
            "Bescheid.docx is named .docx but holds something else. Export it as PDF again.",
        ),
        (
            Reason.SIZE,
            "Bescheid.docx hat 11 MB, erlaubt sind 10 MB. Graustufen und 200 dpi reichen.",
            "Bescheid.docx is 11 MB; 10 MB is the limit. Greyscale at 200 dpi is enough.",
        ),
        (
            Reason.PAGES,
            "Bescheid.docx hat 51 Seiten, erlaubt sind 50. Der Bescheid allein genügt.",
            "Bescheid.docx has 51 pages; 50 is the limit. The notice alone is enough.",
        ),
        (
            Reason.COUNT,
            "Mehr als 5 Dateien gehen nicht. Fass die Seiten in einem PDF zusammen.",
            "No more than 5 files. Combine the pages in one PDF.",
        ),
        (
            Reason.PIXELS,
            "Bescheid.docx hat mehr als 40 Millionen Bildpunkte. Graustufen und 200 dpi reichen.",
            "Bescheid.docx has more than 40 million pixels. Greyscale at 200 dpi is enough.",
        ),
        (
            Reason.QUOTA,
            "Mehr als 60 MB können wir für euch nicht aufheben. Entfernt zuerst eine andere Datei.",
            "We cannot keep more than 60 MB for you. Remove another file first.",
        ),
    ],
)
def test_a_sentence_names_file_and_limit(reason: Reason, german: str, english: str) -> None:
    assert told(rejected(reason)) == german
    assert told(rejected(reason), "en") == english


def test_a_file_without_a_name_is_called_the_file() -> None:
    nameless = rejected(Reason.TYPE, original_name="")
    assert told(nameless).startswith("Die Datei ist kein PDF")
    assert told(nameless, "en").startswith("The file is not a PDF")


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence_in_both_languages(reason: Reason) -> None:
    german, english = (localizer(language).translate(SENTENCES[reason]) for language in ("de", "en"))
    assert german != english
    for text in (told(rejected(reason)), told(rejected(reason), "en")):
        assert "${" not in text or reason is Reason.RATE


def test_a_good_file_needs_no_sentence_and_a_small_one_a_warning() -> None:
    good = Document(id="d", state=DocumentState.ACCEPTED, original_name="a.png", size=1)
    assert (sentence(good, SETTINGS), level(good)) == (None, None)
    small = Document(id="d", state=DocumentState.ACCEPTED, note=Reason.SMALL, original_name="a.png", size=1)
    assert told(small) == "a.png hat wenig Bildpunkte. Wenn die kleine Schrift lesbar ist, passt es."
    assert level(small) is Level.WARNING


def test_what_is_there_already_is_no_error() -> None:
    assert level(rejected(Reason.DUPLICATE)) is Level.INFO
    assert all(level(rejected(reason)) is Level.ERROR for reason in Reason if reason is not Reason.DUPLICATE)


def test_haste_is_told_with_the_time_at_which_it_goes_on() -> None:
    error = UploadRefused(Reason.RATE, "too many", NOW + timedelta(minutes=3, milliseconds=1))
    assert localizer("de").translate(refusal(error, "14:05")).endswith("Ab 14:05 geht es weiter.")
    assert localizer("en").translate(refusal(error, "14:05")).endswith("You can go on at 14:05.")
    assert seconds_until(error, NOW) == 181
    assert seconds_until(error, NOW + timedelta(hours=1)) == 1
    none = UploadRefused(Reason.NONE, "no file")
    assert localizer("en").translate(refusal(none)) == "Choose a file first."
    assert seconds_until(none, NOW) == 1
