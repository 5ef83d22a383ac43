"""``avv staff``: who works for the operator of this installation."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from senfcall_avv.accounts import services_staff
from senfcall_avv.accounts.addresses import AddressRefused, normalise
from senfcall_avv.accounts.errors import AccountRefused
from senfcall_avv.accounts.models import Account, Role
from senfcall_avv.audit.services import SHELL
from senfcall_avv.db import session_scope

if TYPE_CHECKING:  # it would load Pyramid
    from sqlalchemy.orm import Session

    from senfcall_avv.audit.services import Actor
    from senfcall_avv.typing import Workplace

COMMANDS: Final[dict[str, str]] = {"staff": "Say who reviews applications and who runs the installation."}

_ROLES: Final = click.Choice([role.value for role in Role])
_WORDS: Final = {
    "unknown": "Nobody with this address is meant. People sign up and confirm their address first.",
    "already": "This role is theirs already.",
    "last_operators": "Two operators must remain. Add another one first.",
    "address": "This is no mail address.",
}
_Change = Callable[["Session", str, Role, "Actor", datetime], Account]


@click.group("staff")
def staff() -> None:
    """Say who reviews applications and who runs the installation."""


def _change(workplace: Workplace, change: _Change, email: str, role: str) -> Account:
    try:
        with session_scope(workplace.session_factory) as session:
            return change(session, normalise(email), Role(role), SHELL, datetime.now(UTC))
    except AddressRefused:
        raise click.ClickException(_WORDS["address"]) from None
    except AccountRefused as error:
        raise click.ClickException(_WORDS[error.reason]) from None


@staff.command()
@click.argument("email")
@click.argument("role", type=_ROLES)
@click.pass_obj
def add(workplace: Workplace, email: str, role: str) -> None:
    """Give a role to the person with this address."""
    account = _change(workplace, services_staff.add, email, role)
    click.echo(f"{account.email} is {role}. At the next log-in they set up a second factor.")
    with session_scope(workplace.session_factory, write=False) as session:
        if services_staff.operators(session) < services_staff.LEAST_OPERATORS:
            click.echo("There should be two operators at least, so that one can help the other.")


@staff.command()
@click.argument("email")
@click.argument("role", type=_ROLES)
@click.pass_obj
def remove(workplace: Workplace, email: str, role: str) -> None:
    """Take a role from the person with this address. Two operators remain."""
    account = _change(workplace, services_staff.remove, email, role)
    click.echo(f"{account.email} is {role} no more, and logged out everywhere.")


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(workplace: Workplace, as_json: bool) -> None:
    """List the staff."""
    with session_scope(workplace.session_factory, write=False) as session:
        rows = [
            {
                "email": member.account.email,
                "role": member.role.value,
                "since": member.since.isoformat(timespec="seconds"),
                "second_factor": member.second_factor,
            }
            for member in services_staff.members(session)
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        factor = "" if row["second_factor"] else "  (no second factor yet)"
        click.echo(f"{row['role']:<10}{row['email']}{factor}")
    if not rows:
        click.echo("Nobody yet: avv staff add EMAIL operator")
