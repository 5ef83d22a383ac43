"""``avv mail``: see what waits, went or failed, and try again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from senfcall_avv.db import session_scope
from senfcall_avv.mail.models import MailState, OutgoingMail
from senfcall_avv.mail.services import MailNotFound, mails
from senfcall_avv.mail.services import retry as try_again
from senfcall_avv.mail.values import MailRefused

if TYPE_CHECKING:  # it would load Pyramid
    from senfcall_avv.typing import Workplace

_STATES = click.Choice([state.value for state in MailState])
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("mail")
def command() -> None:
    """See which mails wait, went or failed, and try again."""


@command.command("list")
@click.option("--state", type=_STATES, help="Only these.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Mails at most.")
@_json
@click.pass_obj
def list_(workplace: Workplace, state: str | None, limit: int, as_json: bool) -> None:
    """List the newest mails, without their texts."""
    with session_scope(workplace.session_factory, write=False) as session:
        found = [_shown(mail) for mail in mails(session, MailState(state) if state else None, limit)]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for row in found:
        click.echo(_line(row))


@command.command()
@click.argument("mail", required=False)
@click.option("--all", "everything", is_flag=True, help="All that were given up and can still be made.")
@_json
@click.pass_obj
def retry(workplace: Workplace, mail: str | None, everything: bool, as_json: bool) -> None:
    """Try MAIL (its id), which was given up, once more from the beginning."""
    if (mail is None) is not everything:
        raise click.UsageError("name one mail by its id, or say --all")
    now = datetime.now(UTC)
    with session_scope(workplace.session_factory) as session:
        if mail is None:
            ids = [one.id for one in mails(session, MailState.FAILED, 10_000) if one.sealed is not None]
        else:
            ids = [mail]
        try:
            tried = [_shown(try_again(session, mail_id, now)) for mail_id in ids]
        except (MailNotFound, MailRefused) as error:
            raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(tried, indent=2))
    else:
        click.echo(f"{len(tried)} to be sent by the worker.")


def _shown(mail: OutgoingMail) -> dict[str, str | int | None]:
    return {
        "id": mail.id,
        "state": mail.state.value,
        "message": mail.message,
        "language": mail.language,
        "recipient": mail.recipient,
        "attempts": mail.attempts,
        "created_at": mail.created_at.isoformat(),
        "next_at": mail.next_at.isoformat() if mail.state is MailState.WAITING else None,
        "ended_at": mail.ended_at.isoformat() if mail.ended_at else None,
        "error": mail.error,
    }


def _line(row: dict[str, str | int | None]) -> str:
    created = str(row["created_at"])[:16].replace("T", " ")
    what = f"{row['id']:<22}  {created}  {row['state']:<7}  {row['message']:<16}  {row['recipient']}"
    return what + (f"  ({row['error']} after {row['attempts']})" if row["error"] else "")
