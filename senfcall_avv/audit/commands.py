"""``avv audit``: read the audit trail, and prove that it is whole."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from senfcall_avv.audit.models import AuditEntry
from senfcall_avv.audit.services import entries, head, holds
from senfcall_avv.audit.services import verify as first_broken
from senfcall_avv.db import session_scope

if TYPE_CHECKING:  # it would load Pyramid
    from senfcall_avv.typing import Workplace

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_MEANING = {
    "altered": "is not what was recorded",
    "missing": "is missing",
    "does_not_follow": "does not follow the entry before it",
    "end": "is not where the trail was last written",
    "noted": "is not the one that was noted",
}


@click.group("audit")
def command() -> None:
    """Read the audit trail, and prove that it is whole."""


def _noted(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, str] | None:
    if value is None:
        return None
    found = re.fullmatch(r"(\d{1,9}):([0-9a-f]{64})", value)
    if found is None:
        raise click.BadParameter("is written NUMBER:HASH, as `avv audit verify` prints it")
    return int(found[1]), found[2]


@command.command()
@click.option("--noted", callback=_noted, help="NUMBER:HASH that an earlier run printed: it must still be there.")
@_json
@click.pass_obj
def verify(workplace: Workplace, noted: tuple[int, str] | None, as_json: bool) -> None:
    """Go through the whole trail. Ends with 1 and names the first entry that does not hold."""
    with session_scope(workplace.session_factory, write=False) as session:
        broken, end = first_broken(session), head(session)
        if broken is None and noted is not None and not holds(session, *noted):
            broken = (noted[0], "noted")  # type: ignore[assignment]  # one reason that only this command has
    result: dict[str, Any] = {"holds": broken is None, "entries": end.entries}
    if broken is None:
        result |= {"number": end.number, "hash": end.hash}
    else:
        result |= {"number": broken[0], "reason": broken[1]}
    if as_json:
        click.echo(json.dumps(result))
    elif broken is None:
        click.echo(f"{end.entries} entries hold. The last one, to be noted elsewhere:\n{end.number}:{end.hash}")
    else:
        click.echo(f"Entry {broken[0]} {_MEANING[broken[1]]}.", err=True)
    if broken is not None:
        raise click.exceptions.Exit(1)


@command.command()
@click.option("--organization", help="Only what concerns this organisation (id or name).")
@click.option("--action", help="Only this action, such as endpoint.rotated.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Entries at most.")
@_json
@click.pass_obj
def show(workplace: Workplace, organization: str | None, action: str | None, limit: int, as_json: bool) -> None:
    """Show the newest entries, the newest first."""
    with session_scope(workplace.session_factory, write=False) as session:
        try:
            organization_id = workplace.organization_id(session, organization) if organization else None
        except LookupError as error:
            raise click.ClickException(str(error)) from None
        found = entries(session, organization_id=organization_id, action=action, limit=limit)
    if as_json:
        click.echo(json.dumps([_as_json(entry) for entry in found], indent=2))
        return
    for entry in found:
        click.echo(_line(entry))


def _as_json(entry: AuditEntry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id, "role": entry.actor_role},
        "action": entry.action,
        "organization": entry.organization_id,
        "thing": entry.thing,
        "details": entry.facts,
    }


def _line(entry: AuditEntry) -> str:
    who = f"{entry.actor_role} {entry.actor_id}" if entry.actor_id else entry.actor_role
    facts = "  ".join(f"{name}={value}" for name, value in entry.facts.items())
    at = f"{entry.at:%Y-%m-%d %H:%M:%S}"
    return f"{entry.number:>7}  {at}  {entry.action:<28}  {who:<12}  {entry.thing}  {facts}".rstrip()
