"""Who belongs to an organisation: members in three roles, and addresses that were invited.

An organisation never loses its last owner. Whoever changes roles takes the organisation's row first, so two owners who
remove each other at the same moment do so one after the other, and the second is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session, contains_eager, joinedload

from senfcall_avv.accounts.models import Passkey, Totp
from senfcall_avv.audit import services as audit
from senfcall_avv.organizations import letters
from senfcall_avv.organizations.models import Membership, Organization, Role
from senfcall_avv.organizations.roles import may_give

if TYPE_CHECKING:
    from senfcall_avv.settings import Settings

LINE_LENGTH = 200


class MembersRefused(Exception):
    """It can't be done so.

    ``reason`` is ``address`` (no address, or another one's invitation), ``member`` (is one already), ``limit`` (too
    many invitations today), ``role`` (more than one's own), ``last_owner``, ``ended`` (invitation) or ``unknown``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Acting:
    """The member who does something."""

    account_id: str
    role: Role

    @property
    def actor(self) -> audit.Actor:
        return audit.Actor("account", self.account_id, self.role.value)


def membership_of(session: Session, account_id: str, organization_id: str) -> Membership | None:
    """Find somebody's membership, with the organisation; None if there is none."""
    return session.scalar(
        select(Membership)
        .join(Membership.organization)
        .options(contains_eager(Membership.organization))
        .where(Membership.account_id == account_id, Membership.organization_id == organization_id)
    )


def memberships_of(session: Session, account_id: str) -> Sequence[Membership]:
    """List somebody's memberships with their organisations, by name."""
    return session.scalars(
        select(Membership)
        .join(Membership.organization)
        .options(contains_eager(Membership.organization))
        .where(Membership.account_id == account_id)
        .order_by(Organization.name, Organization.id)
    ).all()


def members_of(session: Session, organization_id: str) -> Sequence[Membership]:
    """List the members with their accounts, those of longest standing first."""
    return session.scalars(
        select(Membership)
        .options(joinedload(Membership.account))
        .where(Membership.organization_id == organization_id)
        .order_by(Membership.created_at, Membership.account_id)
    ).all()


def with_second_factor(session: Session, account_ids: Sequence[str]) -> frozenset[str]:
    """Name those of some accounts that log in with an authenticator or a passkey."""
    kept = [
        select(factor.account_id).where(factor.account_id.in_(account_ids)).distinct() for factor in (Totp, Passkey)
    ]
    return frozenset(session.scalars(union(*kept)).all())


def add_member(session: Session, organization: Organization, account_id: str, role: Role, now: datetime) -> Membership:
    """Make somebody a member, without asking and without a word to anybody."""
    membership = Membership(organization_id=organization.id, account_id=account_id, role=role, created_at=now)
    session.add(membership)
    session.flush()
    return membership


def take(session: Session, organization_id: str) -> Organization:
    """Take the organisation's row until the transaction ends: whoever changes its people waits for his turn."""
    return session.scalars(select(Organization).where(Organization.id == organization_id).with_for_update()).one()


def _member(session: Session, organization_id: str, account_id: str) -> Membership:
    found = session.scalar(
        select(Membership)
        .options(joinedload(Membership.account))
        .where(Membership.organization_id == organization_id, Membership.account_id == account_id)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise MembersRefused("unknown")
    return found


def is_last_owner(session: Session, membership: Membership) -> bool:
    """Say whether nobody else could do what an owner does."""
    if membership.role is not Role.OWNER:
        return False
    others = session.scalar(
        select(func.count())
        .select_from(Membership)
        .where(
            Membership.organization_id == membership.organization_id,
            Membership.role == Role.OWNER,
            Membership.account_id != membership.account_id,
        )
    )
    return not others


def change_role(
    session: Session,
    settings: Settings,
    *,
    organization_id: str,
    acting: Acting,
    account_id: str,
    role: Role,
    now: datetime,
) -> Membership:
    """Give a member another role, and tell him. Raises MembersRefused (``unknown``, ``role``, ``last_owner``)."""
    if not may_give(acting.role, role):
        raise MembersRefused("role")
    organization = take(session, organization_id)
    membership = _member(session, organization_id, account_id)
    if membership.role is role:
        return membership
    if is_last_owner(session, membership):
        raise MembersRefused("last_owner")
    membership.role = role
    audit.record(
        session,
        acting.actor,
        "member.role_changed",
        organization_id=organization_id,
        thing=account_id,
        details={"role": role.value},
        now=now,
    )
    letters.role_changed(session, settings, membership.account, organization, role, now)
    return membership


def remove_member(session: Session, *, organization_id: str, acting: Acting, account_id: str, now: datetime) -> None:
    """End a membership, one's own or another's, and tell the person.

    Raises MembersRefused (``unknown``, ``role``, ``last_owner``).
    """
    if acting.role is not Role.OWNER and acting.account_id != account_id:
        raise MembersRefused("role")
    organization = take(session, organization_id)
    membership = _member(session, organization_id, account_id)
    if is_last_owner(session, membership):
        raise MembersRefused("last_owner")
    audit.record(
        session,
        acting.actor,
        "member.left" if acting.account_id == account_id else "member.removed",
        organization_id=organization_id,
        thing=account_id,
        details={"role": membership.role.value},
        now=now,
    )
    letters.member_removed(session, membership.account, organization, now)
    session.delete(membership)
    session.flush()
