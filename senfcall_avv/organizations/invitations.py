"""Inviting people to an organisation by mail, and what they answer.

An invitation is bound to its address: only the account that has confirmed that address can answer it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from senfcall_avv.accounts.models import Account
from senfcall_avv.audit import services as audit
from senfcall_avv.organizations import letters
from senfcall_avv.organizations.members import (
    Acting,
    MembersRefused,
    add_member,
    members_of,
    membership_of,
    take,
)
from senfcall_avv.organizations.models import LINE_LENGTH, Invitation, Membership, Role
from senfcall_avv.organizations.roles import may_give
from senfcall_avv.organizations.schemas.checks import NotValid, clean
from senfcall_avv.organizations.schemas.checks import email as checked_email

if TYPE_CHECKING:
    from senfcall_avv.settings import Settings


def open_invitations(session: Session, organization_id: str, now: datetime) -> Sequence[Invitation]:
    """List invitations that can still be accepted, the newest first."""
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.organization_id == organization_id, Invitation.ended_at.is_(None), Invitation.expires_at > now
        )
        .order_by(Invitation.created_at.desc(), Invitation.id)
    ).all()


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invite(
    session: Session,
    settings: Settings,
    *,
    organization_id: str,
    acting: Acting,
    address: str,
    role: Role,
    line: str,
    language: str,
    now: datetime,
) -> Invitation:
    """Invite an address, and mail it the link; a newer invitation of the same address replaces the older one.

    Raises MembersRefused (``address``, ``member``, ``limit``, ``role``).
    """
    if not may_give(acting.role, role):
        raise MembersRefused("role")
    try:
        email, line = checked_email(address), clean(line, LINE_LENGTH)
    except NotValid:
        raise MembersRefused("address") from None
    organization = take(session, organization_id)
    _refuse_members(session, organization_id, email)
    _keep_to_limit(session, organization_id, settings.application.invitations_per_day, now)
    for older in session.scalars(
        select(Invitation).where(
            Invitation.organization_id == organization_id, Invitation.email == email, Invitation.ended_at.is_(None)
        )
    ):
        older.ended_at = now
    session.flush()
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        organization_id=organization_id,
        email=email,
        role=role,
        inviter_role=acting.role,
        token_hash=_hashed(token),
        created_at=now,
        expires_at=now + timedelta(days=settings.application.invitation_days),
    )
    session.add(invitation)
    session.flush()
    audit.record(
        session,
        acting.actor,
        "member.invited",
        organization_id=organization_id,
        thing=invitation.id,
        details={"role": role.value},
        now=now,
    )
    letters.invitation(session, settings, invitation, organization, token=token, line=line, language=language, now=now)
    return invitation


def _refuse_members(session: Session, organization_id: str, email: str) -> None:
    found = session.scalar(
        select(Membership.account_id)
        .join(Membership.account)
        .where(Membership.organization_id == organization_id, Account.email == email)
    )
    if found is not None:
        raise MembersRefused("member")


def _keep_to_limit(session: Session, organization_id: str, most: int, now: datetime) -> None:
    sent = session.scalar(
        select(func.count())
        .select_from(Invitation)
        .where(Invitation.organization_id == organization_id, Invitation.created_at > now - timedelta(days=1))
    )
    if (sent or 0) >= most:
        raise MembersRefused("limit")


def invitation_of(session: Session, token: str, now: datetime) -> Invitation | None:
    """Find the invitation of a link, with its organisation; None for one that is unknown, answered or too old."""
    return session.scalar(
        select(Invitation)
        .options(joinedload(Invitation.organization))
        .where(Invitation.token_hash == _hashed(token), Invitation.ended_at.is_(None), Invitation.expires_at > now)
        .with_for_update(of=Invitation)
    )


def accept_invitation(session: Session, settings: Settings, token: str, account: Account, now: datetime) -> Membership:
    """Make the invited person a member. Raises MembersRefused (``ended``, ``address``, ``member``)."""
    invitation = _answerable(session, token, account, now)
    organization = take(session, invitation.organization_id)
    if membership_of(session, account.id, organization.id) is not None:
        raise MembersRefused("member")
    invitation.ended_at = now
    told = [member.account for member in members_of(session, organization.id) if member.role is Role.OWNER]
    membership = add_member(session, organization, account.id, invitation.role, now)
    audit.record(
        session,
        Acting(account.id, invitation.role).actor,
        "member.joined",
        organization_id=organization.id,
        thing=account.id,
        details={"role": invitation.role.value},
        now=now,
    )
    for person in (*told, account):
        letters.member_added(session, settings, person, organization, invitation.role, now)
    return membership


def decline_invitation(session: Session, token: str, account: Account, now: datetime) -> None:
    """End an invitation that its person does not want. Raises MembersRefused (``ended``, ``address``)."""
    invitation = _answerable(session, token, account, now)
    invitation.ended_at = now
    audit.record(
        session,
        audit.Actor("account", account.id, "invited"),
        "invitation.declined",
        organization_id=invitation.organization_id,
        thing=invitation.id,
        now=now,
    )


def _answerable(session: Session, token: str, account: Account, now: datetime) -> Invitation:
    invitation = invitation_of(session, token, now)
    if invitation is None:
        raise MembersRefused("ended")
    if account.email != invitation.email or account.confirmed_at is None:
        raise MembersRefused("address")
    return invitation


def withdraw_invitation(
    session: Session, organization_id: str, acting: Acting, invitation_id: str, now: datetime
) -> None:
    """Take an invitation back. Raises MembersRefused (``unknown``)."""
    invitation = session.scalar(
        select(Invitation).where(
            Invitation.id == invitation_id, Invitation.organization_id == organization_id, Invitation.ended_at.is_(None)
        )
    )
    if invitation is None:
        raise MembersRefused("unknown")
    invitation.ended_at = now
    audit.record(
        session,
        acting.actor,
        "invitation.withdrawn",
        organization_id=organization_id,
        thing=invitation.id,
        now=now,
    )
