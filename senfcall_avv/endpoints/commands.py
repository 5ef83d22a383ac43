"""``avv endpoints``: make and list endpoints, change their secrets, pause them.

A secret is printed once, by the command that made it; nothing prints it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from senfcall_avv.db import session_scope
from senfcall_avv.endpoints.models import Endpoint
from senfcall_avv.endpoints.services import (
    EndpointRefused,
    create_endpoint,
    find_endpoint,
    pause,
    resume,
    rotate_secret,
)
from senfcall_avv.organizations.services import OrganizationRefused, create_organization, find_organization

if TYPE_CHECKING:  # it would load Pyramid
    from senfcall_avv.typing import Workplace

OVERLAPS = {"0": timedelta(0), "24h": timedelta(hours=24), "7d": timedelta(days=7)}

Shown = dict[str, str | list[dict[str, str | None]]]

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def _writing(workplace: Workplace) -> Iterator[Session]:
    """Give a session; refusals become the command's error, and nothing is stored."""
    try:
        with session_scope(workplace.session_factory) as session:
            yield session
    except (EndpointRefused, OrganizationRefused, LookupError) as error:
        raise click.ClickException(str(error)) from None


@click.group("endpoints")
def command() -> None:
    """Make and list endpoints, change their secrets, pause them."""


@command.command()
@click.argument("organization")
@click.option("--new", is_flag=True, help="Make an organisation of this name first.")
@click.option("--profile", help="The policy's profile for a new organisation; else that of the settings.")
@_json
@click.pass_obj
def create(workplace: Workplace, organization: str, new: bool, profile: str | None, as_json: bool) -> None:
    """Make an endpoint for ORGANIZATION and print its secret.

    ORGANIZATION is an id, or a name that only one has.
    """
    if profile is not None and not new:
        raise click.UsageError("--profile is for a new organisation: use it together with --new")
    assigned = _profile(workplace, profile) if new else ""
    with _writing(workplace) as session:
        if new:
            owner = create_organization(session, organization, assigned)
        else:
            owner = find_organization(session, organization)
        endpoint, secret = create_endpoint(session, workplace.key_ring, owner)
        shown = _shown(workplace, endpoint, datetime.now(UTC))
    _print_with_secret(shown, secret, as_json)


@command.command("list")
@_json
@click.pass_obj
def list_(workplace: Workplace, as_json: bool) -> None:
    """List all endpoints, without their secrets."""
    with session_scope(workplace.session_factory, write=False) as session:
        endpoints = session.scalars(
            select(Endpoint)
            .options(selectinload(Endpoint.organization), selectinload(Endpoint.secrets))
            .order_by(Endpoint.created_at, Endpoint.id)
        )
        now = datetime.now(UTC)
        rows = [_shown(workplace, endpoint, now) for endpoint in endpoints]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(_line(row))


@command.command()
@click.argument("key")
@click.option(
    "--overlap",
    type=click.Choice(tuple(OVERLAPS)),
    default="24h",
    show_default=True,
    help="How long the old secret stays valid.",
)
@click.option("--confirm", is_flag=True, help="End an overlap that is still running.")
@_json
@click.pass_obj
def rotate(workplace: Workplace, key: str, overlap: str, confirm: bool, as_json: bool) -> None:
    """Give the endpoint KEY a new secret and print it."""
    now = datetime.now(UTC)
    with _writing(workplace) as session:
        endpoint = find_endpoint(session, key)
        secret = rotate_secret(session, workplace.key_ring, endpoint, OVERLAPS[overlap], now, confirm=confirm)
        session.refresh(endpoint, ("secrets",))
        shown = _shown(workplace, endpoint, now)
    _print_with_secret(shown, secret, as_json)


@command.command("pause")
@click.argument("key")
@_json
@click.pass_obj
def pause_(workplace: Workplace, key: str, as_json: bool) -> None:
    """Let the endpoint KEY look like an unknown one."""
    _change(workplace, key, pause, as_json)


@command.command("resume")
@click.argument("key")
@_json
@click.pass_obj
def resume_(workplace: Workplace, key: str, as_json: bool) -> None:
    """Let the paused endpoint KEY answer again."""
    _change(workplace, key, resume, as_json)


def _change(workplace: Workplace, key: str, change: Callable[[Endpoint], None], as_json: bool) -> None:
    with _writing(workplace) as session:
        endpoint = find_endpoint(session, key)
        change(endpoint)
        shown = _shown(workplace, endpoint, datetime.now(UTC))
    click.echo(json.dumps(shown, indent=2) if as_json else _line(shown))


def _profile(workplace: Workplace, profile: str | None) -> str:
    """Give a profile that the policy has, or say which there are."""
    from senfcall_avv.bbb import catalog
    from senfcall_avv.policy import engines
    from senfcall_avv.policy.errors import PolicyError
    from senfcall_avv.policy.loading import load

    settings = workplace.settings
    wanted = profile or settings.policy.default_profile
    try:
        engine = engines.find(settings.policy.engine)
        policy = load(settings.policy.directory, engine, catalog.load(), production=settings.production)
    except (PolicyError, engines.EngineNotFound) as error:
        raise click.ClickException(f"The policy can't be used: {error}") from None
    if wanted not in policy.profiles:
        raise click.ClickException(f"there is no profile {wanted}; there are: {', '.join(policy.profiles)}")
    return wanted


def _shown(workplace: Workplace, endpoint: Endpoint, now: datetime) -> Shown:
    valid = [secret for secret in endpoint.secrets if secret.valid_until is None or secret.valid_until > now]
    return {
        "key": endpoint.key,
        "organization": endpoint.organization.id,
        "name": endpoint.organization.name,
        "profile": endpoint.organization.policy_profile,
        "state": endpoint.state.value,
        "url": workplace.settings.endpoint_url(endpoint.key),
        "created_at": endpoint.created_at.isoformat(),
        "secrets": [
            {
                "id": secret.id,
                "created_at": secret.created_at.isoformat(),
                "valid_until": secret.valid_until.isoformat() if secret.valid_until else None,
            }
            for secret in valid
        ],
    }


def _line(shown: Shown) -> str:
    return f"{shown['key']}  {shown['state']:<11}  {len(shown['secrets'])} valid  {shown['profile']}  {shown['name']}"


def _print_with_secret(shown: Shown, secret: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(shown | {"secret": secret}, indent=2))
        return
    click.echo(f"Organisation  {shown['name']} ({shown['organization']})")
    click.echo(f"Address       {shown['url']}")
    click.echo(f"Secret        {secret}")
    click.echo("The secret is not shown again by any command.")
