"""What is said to people when something fails: by status, in both languages, with the way on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from senfcall_avv.layout.notice import Notice, Text

_HOME_DE, _HOME_EN = "Zur Startseite", "Go to the start page"


def _notice(de: tuple[str, str], en: tuple[str, str], way_on: tuple[str, str] = ("", ""), target: str = "") -> Notice:
    return Notice(Text("de", *de, way_on[0], target), Text("en", *en, way_on[1], target))


NOTICES: Final[Mapping[int, Notice]] = MappingProxyType(
    {
        400: _notice(
            (
                "Das haben wir nicht verstanden",
                "Die Seite hat etwas bekommen, das nicht passt. Geh einmal zurück, deine Eingaben sind meist noch da.",
            ),
            (
                "We could not read that",
                "The page received something that does not fit. Go back once; what you typed is usually still there.",
            ),
            (_HOME_DE, _HOME_EN),
            "/",
        ),
        403: _notice(
            (
                "Das darf dein Konto hier nicht",
                "Dafür braucht es eine andere Rolle in eurer Organisation.",
            ),
            ("Your account may not do this", "This needs another role in your organisation."),
            (_HOME_DE, _HOME_EN),
            "/",
        ),
        404: _notice(
            ("Diese Seite gibt es nicht", "Vielleicht ein alter Link, oder sie gehört zu einem anderen Konto."),
            ("Page not found", "An old link perhaps, or it belongs to another account."),
            (_HOME_DE, _HOME_EN),
            "/",
        ),
        409: _notice(
            (
                "Das hat sich inzwischen geändert",
                "Jemand anderes war schneller, oder die Seite war noch in einem zweiten Fenster offen.",
            ),
            (
                "This has changed in the meantime",
                "Somebody else was quicker, or the page was open in a second window.",
            ),
            ("Den neuen Stand ansehen", "See how it is now"),
        ),
        413: _notice(
            ("Die Datei ist zu groß", "Beim Scannen reichen 200 dpi in Graustufen."),
            ("File too large", "For scans, 200 dpi in greyscale is enough."),
            ("Zurück zum Hochladen", "Back to the upload"),
        ),
        429: _notice(
            (
                "Einen Moment Geduld",
                "Das waren viele Versuche in kurzer Zeit. Warte ein paar Minuten, dann geht es weiter.",
            ),
            ("One moment", "Many tries in a short time. Wait a few minutes, then you can go on."),
        ),
        500: _notice(
            (
                "Da ist bei uns etwas schiefgegangen",
                "Deine letzte Eingabe wurde nicht gespeichert. Wir haben es mit dieser Kennung festgehalten.",
            ),
            (
                "Something broke on our side",
                "Your last entry was not saved. We recorded it under this reference.",
            ),
            ("Noch einmal versuchen", "Try again"),
        ),
        503: _notice(
            ("Kurze Pause", "Wir arbeiten am Portal. Laufende Konferenzen gehen weiter."),
            ("Short break", "We are working on the portal. Running meetings go on."),
            ("Noch einmal versuchen", "Try again"),
        ),
    }
)
TOO_LONG_OPEN: Final = _notice(
    (
        "Die Seite war zu lange offen",
        "Geh einmal zurück und lade sie neu; dann nimmt sie deine Eingaben an. Gespeichert wurde nichts.",
    ),
    (
        "The page was open for too long",
        "Go back once and load it again; then it takes your entries. Nothing was saved.",
    ),
    ("Seite neu laden", "Load the page again"),
)
"""A form without our token, or from another origin."""


def notice_for(status: int) -> Notice:
    """Give the notice of a status: of those without one, 405 reads as 404, other 4xx as 400, all others as 500."""
    if status in NOTICES:
        return NOTICES[status]
    return NOTICES[404 if status in {405, 410} else 400 if 400 <= status < 500 else 500]
