"""``avv ledger``: what happened to an organisation's calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from senfcall_avv.db import session_scope
from senfcall_avv.ledger.notes import CHECKSUM, FORWARDED, VERDICTS
from senfcall_avv.ledger.reasons import gravity, meaning
from senfcall_avv.ledger.services import Entry, entries

if TYPE_CHECKING:  # it would load Pyramid
    from senfcall_avv.typing import Workplace


@click.group("ledger")
def command() -> None:
    """Show what was passed on, left out, changed or refused."""


@command.command()
@click.argument("organization")
@click.option("--days", type=click.IntRange(1, 396), default=7, show_default=True, help="Today and the days before it.")
@click.option("--all", "everything", is_flag=True, help="Also the parameters that were passed on unchanged.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(workplace: Workplace, organization: str, days: int, everything: bool, as_json: bool) -> None:
    """Show what happened to the calls of ORGANIZATION (id or name), the gravest first."""
    since = datetime.now(UTC).date() - timedelta(days=days - 1)
    with session_scope(workplace.session_factory, write=False) as session:
        try:
            organization_id = workplace.organization_id(session, organization)
        except LookupError as error:
            raise click.ClickException(str(error)) from None
        found = entries(session, organization_id, since)
    calls = [entry for entry in found if not entry.name and entry.reason in VERDICTS]
    shown = [entry for entry in found if entry not in calls and (everything or entry.reason != FORWARDED)]
    shown.sort(key=lambda entry: (gravity(entry.reason), -entry.count, entry.call, entry.name, entry.reason))
    if as_json:
        click.echo(json.dumps(_as_json(organization_id, since.isoformat(), calls, shown), indent=2))
    else:
        click.echo("\n".join(_as_table(days, calls, shown)))


def sentence(entry: Entry) -> str:
    """Say in English what an entry means."""
    return meaning(entry.reason).sentence.replace("{name}", entry.name or entry.call)


def _totals(calls: Sequence[Entry]) -> dict[str, int]:
    totals = dict.fromkeys(sorted(VERDICTS), 0)
    for entry in calls:
        totals[entry.reason] += entry.count
    return totals


def _as_json(
    organization_id: str, since: str, calls: Sequence[Entry], shown: Sequence[Entry]
) -> dict[str, str | dict[str, int] | list[dict[str, str | int]]]:
    return {
        "organization": organization_id,
        "since": since,
        "calls": _totals(calls),
        "entries": [
            {
                "group": meaning(entry.reason).group,
                "reason": entry.reason,
                "call": entry.call,
                "name": entry.name,
                "count": entry.count,
                "neutral": entry.neutral,
                "first_at": entry.first_at.isoformat(),
                "last_at": entry.last_at.isoformat(),
                "revision": entry.revision,
                "sentence": sentence(entry),
            }
            for entry in shown
        ],
    }


def _as_table(days: int, calls: Sequence[Entry], shown: Sequence[Entry]) -> list[str]:
    totals = _totals(calls)
    wrong = sum(entry.count for entry in shown if entry.reason == CHECKSUM)
    summary = (
        f"{sum(totals.values())} calls in {days} days: {totals['forwarded']} passed on, {totals['partly']} in part, "
        f"{totals['answered_here']} answered here, {totals['refused']} refused; {wrong} with a wrong checksum."
    )
    if not shown:
        return [summary, "Nothing was left out, changed or refused."]
    lines = [summary]
    rows = [("", "COUNT", "CALL", "NAME", "LAST", "WHAT IT MEANS")]
    for entry in shown:
        group = meaning(entry.reason).group
        last = f"{entry.last_at:%Y-%m-%d %H:%M}"
        rows.append((group, str(entry.count), entry.call, entry.name, last, sentence(entry) + _harmless(entry)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        group, count, *texts = row[:5]
        cells = [group.ljust(widths[0]), count.rjust(widths[1])]
        cells += [text.ljust(width) for text, width in zip(texts, widths[2:], strict=True)]
        lines.append("  ".join([*cells, row[5]]))
    return lines


def _harmless(entry: Entry) -> str:
    return f" ({entry.neutral} of them made no difference.)" if entry.neutral else ""
