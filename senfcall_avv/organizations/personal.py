"""What this room keeps about people, for their own copy of it and for its end with the account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from senfcall_avv.accounts.models import Account
from senfcall_avv.i18n import _
from senfcall_avv.organizations import retention
from senfcall_avv.organizations.lifecycle import CLOSED_UNAPPROVED
from senfcall_avv.organizations.models import (
    Answers,
    Application,
    ApplicationEvent,
    Invitation,
    Membership,
    Organization,
    Role,
)


def exported(session: Session, account_id: str) -> list[dict[str, Any]]:
    """List somebody's memberships."""
    rows = session.scalars(select(Membership).where(Membership.account_id == account_id)).all()
    return [
        {
            "organization": row.organization.name,
            "role": row.role.value,
            "since": row.created_at.isoformat(timespec="seconds"),
        }
        for row in rows
    ]


def _to(account_id: str) -> ColumnElement[bool]:
    return Invitation.email.in_(select(Account.email).where(Account.id == account_id))


def exported_invitations(session: Session, account_id: str) -> list[dict[str, Any]]:
    """List the invitations of somebody's address."""
    rows = session.scalars(select(Invitation).where(_to(account_id)).order_by(Invitation.created_at)).all()
    return [
        {
            "organization": row.organization.name,
            "role": row.role.value,
            "created_at": row.created_at.isoformat(timespec="seconds"),
        }
        for row in rows
    ]


def erase(session: Session, account_id: str, now: datetime) -> None:
    """Take somebody out of everything; what he sent stays the organisation's, without his number.

    An organisation that nobody belongs to any more goes, too, unless something else hangs on it.
    """
    homes = session.scalars(select(Membership.organization_id).where(Membership.account_id == account_id)).all()
    session.execute(delete(Membership).where(Membership.account_id == account_id))
    session.execute(update(Answers).where(Answers.saved_by == account_id).values(saved_by=None))
    session.execute(update(ApplicationEvent).where(ApplicationEvent.account_id == account_id).values(account_id=None))
    session.execute(update(Application).where(Application.submitted_by == account_id).values(submitted_by=None))
    for organization_id in homes:
        retention.forget_if_empty(session, organization_id, now)


def erase_invitations(session: Session, account_id: str, now: datetime) -> None:  # noqa: ARG001  # the directive's
    """Delete the invitations of somebody's address."""
    session.execute(delete(Invitation).where(_to(account_id)))


def sole_ownerships(session: Session, account_id: str) -> list[str]:
    """Name the organisations that need this person: others belong to them, or something is under way or in force.

    One that holds nobody else, and nothing but closed applications, does not.
    """
    own = select(Membership.organization_id).where(Membership.account_id == account_id, Membership.role == Role.OWNER)
    owners = (
        select(Membership.organization_id)
        .where(Membership.role == Role.OWNER, Membership.organization_id.in_(own))
        .group_by(Membership.organization_id)
        .having(func.count() == 1)
    )
    others = exists().where(Membership.organization_id == Organization.id, Membership.account_id != account_id)
    alive = exists().where(Application.organization_id == Organization.id, Application.state.not_in(CLOSED_UNAPPROVED))
    rows = session.scalars(
        select(Organization.name).where(Organization.id.in_(owners), or_(others, alive)).order_by(Organization.name)
    )
    return list(rows)


def hindrance(session: Session, account_id: str) -> str | None:
    """Say why somebody can't go yet: nobody else could do what an owner does."""
    names = sole_ownerships(session, account_id)
    if not names:
        return None
    told: str = _(
        "Ohne dich hat niemand mehr die Verwaltung von ${names}. Gib die Rolle zuerst jemandem. Bist du dort allein, "
        "verwirf den Entwurf oder zieh den Antrag zurück.",
        mapping={"names": ", ".join(names)},
    )
    return told


def declare(config: Any) -> None:
    """Tell the room of accounts."""
    config.add_personal_data("memberships", export=exported, erase=erase, hindrance=hindrance)
    config.add_personal_data("invitations", export=exported_invitations, erase=erase_invitations)
