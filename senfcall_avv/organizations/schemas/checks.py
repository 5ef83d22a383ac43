"""Checks of single values: what can be stored, and what certainly is no postcode, address or day.

Libraries let too much through here (a trailing line feed, other scripts' digits, ``x.de`` as an address), so each check
is written out. They say what is wrong in a sentence that shows the form; whether something is missing is not theirs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from senfcall_avv.accounts.addresses import AddressRefused, normalise
from senfcall_avv.i18n import _

_FORBIDDEN_CATEGORIES: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4}|[0-9]{2})")
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.IGNORECASE)
_URL_CHARACTERS: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]+")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()/.-]{3,38}")
EARLIEST_NOTICE: Final = date(1990, 1, 1)


class NotValid(ValueError):
    """A value that is none of its kind; ``message`` says so to the person who typed it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def _allowed(text: str, at: int, *, multiline: bool) -> bool:
    character = text[at]
    if character == "\n":
        return multiline
    if character in _JOINERS:
        return 0 < at < len(text) - 1 and text[at - 1].isalpha() and text[at + 1].isalpha()
    return unicodedata.category(character) not in _FORBIDDEN_CATEGORIES


def clean(text: str, length: int, *, multiline: bool = False) -> str:
    """Trim a text and bring it to Unicode's form C.

    Raises NotValid for control, direction and other invisible characters, and for more than ``length`` characters.
    """
    made = unicodedata.normalize("NFC", text)
    if multiline:
        made = made.replace("\r\n", "\n")
    made = made.strip(" \t\n" if multiline else " \t\N{NO-BREAK SPACE}")
    if not all(_allowed(made, at, multiline=multiline) for at in range(len(made))):
        raise NotValid(
            _(
                "Hier steht ein unsichtbares Zeichen, das wir nicht speichern können. Tippe den Text neu, statt ihn zu "
                "kopieren."
            )
        )
    if len(made) > length:
        raise NotValid(_("Das ist zu lang: höchstens ${n} Zeichen.", mapping={"n": length}))
    return made


def is_postcode(text: str, country: str) -> bool:
    """Say whether a text is a postcode of the country (``DE``, ``AT``, ``CH``) by its form."""
    return re.fullmatch("[0-9]{5}" if country == "DE" else "[0-9]{4}", text) is not None


def postcode_message(country: str) -> str:
    """Give the sentence that shows what the country's postcodes look like."""
    german: str = _("Die Postleitzahl hat fünf Ziffern, zum Beispiel 64283.")
    other: str = _("Die Postleitzahl hat vier Ziffern, zum Beispiel 1010.")
    return german if country == "DE" else other


def https_url(text: str) -> str:
    """Accept an address that can be linked: https, a host's name, no user. Adds nothing and removes nothing."""
    message = _("Schreib die Adresse mit https davor, zum Beispiel https://verein.example.org.")
    if not _URL_CHARACTERS.fullmatch(text):
        raise NotValid(message)
    try:
        at = urlsplit(text)
        port = at.port
    except ValueError:
        raise NotValid(message) from None
    host = at.hostname or ""
    if at.scheme != "https" or at.username is not None or port == 0 or not _HOST.fullmatch(host):
        raise NotValid(message)
    return text


def email(text: str) -> str:
    """Accept one mail address, and give it as accounts have theirs."""
    try:
        return normalise(text)
    except AddressRefused:
        raise NotValid(_("Das ist keine E-Mail-Adresse. Sie sieht so aus: vorstand@verein.example.org.")) from None


def phone(text: str) -> str:
    """Accept a telephone number as people write it."""
    if not _PHONE.fullmatch(text):
        raise NotValid(_("Schreib die Telefonnummer mit Ziffern, zum Beispiel +49 6151 123456."))
    return text


def day(text: str) -> date:
    """Read a day as people write it: ``1.3.22``, ``01.03.2022`` or ``2022-03-01``."""
    message = _("Schreib das Datum so: 01.03.2022.")
    if found := _DAY_FIRST.fullmatch(text):
        day_, month, year = (int(part) for part in found.groups())
        year += 2000 if len(found[3]) == 2 else 0
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day_ = (int(part) for part in found.groups())
    else:
        raise NotValid(message)
    try:
        return date(year, month, day_)
    except ValueError:
        raise NotValid(_("Diesen Tag gibt es nicht.")) from None


def day_of_notice(text: str, today: date) -> date:
    """Read the day of a notice: not in the future, not before 1990."""
    found = day(text)
    if found > today:
        raise NotValid(_("Das Datum des Bescheids liegt in der Zukunft."))
    if found < EARLIEST_NOTICE:
        raise NotValid(_("Das Datum des Bescheids liegt vor 1990. Stimmt das Jahr?"))
    return found


def year_of_assessment(text: str, today: date) -> str:
    """Accept a year with four digits, from 1990 to this one."""
    if not re.fullmatch(r"[0-9]{4}", text) or not EARLIEST_NOTICE.year <= int(text) <= today.year:
        raise NotValid(_("Schreib das Jahr mit vier Ziffern, zum Beispiel 2022."))
    return text


def purpose_numbers(text: str) -> str:
    """Accept numbers of § 52 (2) of the Fiscal Code, and give them in order: ``1, 7, 23``."""
    parts = [part for part in re.split(r"[ ,;]+", text) if part]
    if not all(re.fullmatch(r"[0-9]{1,2}", part) and 1 <= int(part) <= 27 for part in parts):
        raise NotValid(_("Schreib die Nummern mit Komma dazwischen, zum Beispiel 1, 7, 23."))
    return ", ".join(str(number) for number in sorted({int(part) for part in parts}))


def lines(text: str, most: int, length: int) -> str:
    """Accept at most ``most`` lines of at most ``length`` characters; empty ones are left out."""
    found = [line.strip() for line in text.split("\n") if line.strip()]
    if len(found) > most:
        raise NotValid(_("Höchstens ${n} Zeilen.", mapping={"n": most}))
    if any(len(line) > length for line in found):
        raise NotValid(_("Eine Zeile hat höchstens ${n} Zeichen.", mapping={"n": length}))
    return "\n".join(found)


Check = Callable[[str], Any]
