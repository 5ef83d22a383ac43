"""How long a tax office's notice counts, to the day."""

from __future__ import annotations

from datetime import date

from senfcall_avv.i18n import _
from senfcall_avv.organizations.numbers import Warned
from senfcall_avv.organizations.schemas.fields import Facts, german_day


def valid_until(day: date, years: int) -> date:
    """Give the last day on which a notice of ``day`` counts for ``years`` years; of 29 February, the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def window_of(facts: Facts) -> date | None:
    """Give the last day of the notice that was declared; None while it is not known or its kind has no window."""
    years = facts.rules.proof_years.get(str(facts.get("proof", "kind")))
    day = str(facts.get("proof", "date"))
    return valid_until(date.fromisoformat(day), years) if years and day else None


def proof_warnings(facts: Facts) -> list[Warned]:
    """Say when the notice is too old, before somebody sends it, and when its years are the wrong way round."""
    found = []
    last = window_of(facts)
    if last is not None and last < facts.rules.today:
        found.append(
            Warned(
                "date",
                _(
                    "Dieser Bescheid galt für uns bis ${day}. Habt ihr einen neueren?",
                    mapping={"day": german_day(last)},
                ),
            )
        )
    first_year, last_year = facts.get("proof", "year_from"), facts.get("proof", "year_to")
    if first_year and last_year and first_year > last_year:
        found.append(Warned("year_to", _("Das Ende liegt vor dem Anfang. Stimmen die Jahre?")))
    return found
