"""Dates, times, numbers and sizes in the reader's way, in Berlin's time. Templates have these functions by name."""

from __future__ import annotations

import datetime as dt
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from chameleon.utils import Markup

from senfcall_avv.i18n import DOMAIN, Language, _, localizer

BERLIN: Final = ZoneInfo("Europe/Berlin")
_LOCALES: Final = {"de": Locale("de", "DE"), "en": Locale("en", "GB")}
_DATES: Final = {"de": "dd.MM.y", "en": "d MMM y"}
_MOMENTS: Final = {"de": "dd.MM.y, HH:mm 'Uhr'", "en": "d MMM y, HH:mm"}
_TIMES: Final = {"de": "HH:mm 'Uhr'", "en": "HH:mm"}
_UNITS: Final = ("Byte", "kB", "MB", "GB")


def local(moment: datetime) -> datetime:
    """Give a moment in the time of Berlin. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone can't be shown")
    return moment.astimezone(BERLIN)


class Formats:
    """The functions for one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._locale = _LOCALES[language]

    def date(self, value: dt.date | datetime) -> str:
        """Give a day: ``24.11.2026``."""
        day = local(value).date() if isinstance(value, datetime) else value
        return format_date(day, _DATES[self._language], self._locale)

    def datetime_(self, value: datetime) -> str:
        """Give a moment: ``24.11.2026, 14:31 Uhr``."""
        return format_datetime(local(value), _MOMENTS[self._language], locale=self._locale)

    def time_of_day(self, value: datetime) -> str:
        """Give a moment of a day that is known: ``14:31 Uhr``."""
        return format_datetime(local(value), _TIMES[self._language], locale=self._locale)

    def stamp(self, value: dt.date | datetime) -> Markup:
        """Give a day or moment as an element that programs can read, too. Not for attributes."""
        moment = local(value) if isinstance(value, datetime) else None
        machine = moment.isoformat(timespec="minutes") if moment else value.isoformat()
        text = self.datetime_(moment) if moment else self.date(value)
        return Markup(f'<time datetime="{machine}">{text}</time>')

    def number(self, value: float) -> str:
        """Give a number: ``1.204``; at most two places behind the comma."""
        return format_decimal(value, "#,##0.##", self._locale)

    def size(self, count: int) -> str:
        """Give a size in bytes: ``1,2 MB``. A kilobyte has 1000 bytes."""
        value, unit = float(count), 0
        while value >= 999.5 and unit < len(_UNITS) - 1:
            value, unit = value / 1000, unit + 1
        digits = "0" if unit == 0 or value >= 10 else "0.#"
        return f"{format_decimal(value, digits, self._locale)}\N{NO-BREAK SPACE}{_UNITS[unit]}"

    def plural(self, one: str, more: str, number: float, **mapping: object) -> str:
        """Give the text for a number of things; ``${n}`` in it is the number."""
        shown = {"n": self.number(number), **mapping}
        text: str = localizer(self._language).pluralize(one, more, number, domain=DOMAIN, mapping=shown)
        return text

    def ago(self, value: datetime, now: datetime) -> str:
        """Say how long ago a moment was; from 24 hours on give it itself."""
        passed = now - value
        if not timedelta() <= passed < timedelta(days=1):
            return self.datetime_(value)
        minutes = int(passed.total_seconds()) // 60
        if minutes < 1:
            return self._translate(_("gerade eben"))
        if minutes < 60:
            return self.plural("vor ${n} Minute", "vor ${n} Minuten", minutes)
        return self.plural("vor ${n} Stunde", "vor ${n} Stunden", minutes // 60)

    def duration(self, seconds: float) -> str:
        """Give a length of time: ``2 Std. 15 Min.``."""
        hours, minutes = divmod(int(seconds) // 60, 60)
        parts = [f"{self.number(hours)} {self._translate(_('Std.'))}"] if hours else []
        if minutes or not hours:
            parts.append(f"{minutes} {self._translate(_('Min.'))}")
        return " ".join(parts)

    def _translate(self, text: str) -> str:
        translated: str = localizer(self._language).translate(text)
        return translated
