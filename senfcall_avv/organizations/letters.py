"""Mails about an organisation: who gets which, with links of our own address only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from senfcall_avv.accounts.models import Account, StaffRole
from senfcall_avv.accounts.models import Role as StaffRoleName
from senfcall_avv.i18n import localizer
from senfcall_avv.mail.services import queue
from senfcall_avv.organizations.models import Application, Invitation, Membership, Organization, Role

if TYPE_CHECKING:
    from senfcall_avv.settings import Settings


def address_of(settings: Settings, organization_id: str, *path: str) -> str:
    """Give the address of one of the organisation's pages, for mails: nobody asks a request there."""
    return "/".join((settings.public_url, "organizations", organization_id, *path))


def owners_of(session: Session, organization_id: str) -> Sequence[Account]:
    """List the accounts of those who run the organisation."""
    return session.scalars(
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.organization_id == organization_id, Membership.role == Role.OWNER)
        .order_by(Account.id)
    ).all()


def _role_name(role: Role, language: str) -> str:
    from senfcall_avv.organizations.roles import NAMES

    return str(localizer(language).translate(NAMES[role]))


def _to(
    session: Session, message: str, person: Account, values: dict[str, Any], organization_id: str, now: datetime
) -> None:
    queue(
        session,
        message,
        person.email,
        person.language,
        values,
        now,
        account_id=person.id,
        organization_id=organization_id,
    )


def invitation(
    session: Session,
    settings: Settings,
    made: Invitation,
    organization: Organization,
    *,
    token: str,
    line: str,
    language: str,
    now: datetime,
) -> None:
    """Mail an invitation's link to the invited address, in the language of the person who invites."""
    values = {
        "organization": organization.name,
        "role": _role_name(made.role, language),
        "inviter_role": _role_name(made.inviter_role, language),
        "link": f"{settings.public_url}/invitation?token={token}",
        "days": settings.application.invitation_days,
        "line": line,
    }
    queue(session, "invitation", made.email, language, values, now, organization_id=organization.id)


def member_added(
    session: Session, settings: Settings, person: Account, organization: Organization, role: Role, now: datetime
) -> None:
    """Say that somebody joined, in one role."""
    values = {
        "organization": organization.name,
        "role": _role_name(role, person.language),
        "link": address_of(settings, organization.id, "members"),
    }
    _to(session, "member_added", person, values, organization.id, now)


def role_changed(
    session: Session, settings: Settings, person: Account, organization: Organization, role: Role, now: datetime
) -> None:
    """Tell a member the new role."""
    values = {
        "organization": organization.name,
        "role": _role_name(role, person.language),
        "link": address_of(settings, organization.id, "members"),
    }
    _to(session, "role_changed", person, values, organization.id, now)


def member_removed(session: Session, person: Account, organization: Organization, now: datetime) -> None:
    """Tell somebody that the membership ended."""
    _to(session, "member_removed", person, {"organization": organization.name}, organization.id, now)


def submitted(
    session: Session, settings: Settings, application: Application, organization: Organization, days: int, now: datetime
) -> None:
    """Acknowledge an application to those who run the organisation, and tell the reviewers that one waits."""
    link = address_of(settings, organization.id, "application", "status")
    values = {"organization": organization.name, "number": application.number or "", "link": link, "days": days}
    for person in owners_of(session, organization.id):
        _to(session, "submitted", person, values, organization.id, now)
    for person in reviewers(session):
        waiting = {
            "organization": organization.name,
            "waiting": _waiting(session),
            "link": f"{settings.public_url}/review/{application.id}",
        }
        _to(session, "submitted_staff", person, waiting, organization.id, now)


def _waiting(session: Session) -> int:
    from senfcall_avv.organizations.figures import waiting_applications

    return waiting_applications(session)


def reviewers(session: Session) -> Sequence[Account]:
    """List the accounts that read applications."""
    return session.scalars(
        select(Account)
        .join(StaffRole, StaffRole.account_id == Account.id)
        .where(StaffRole.role == StaffRoleName.REVIEWER, Account.locked_at.is_(None))
        .order_by(Account.id)
    ).all()


def withdrawn(
    session: Session,
    settings: Settings,
    application: Application,
    organization: Organization,
    deletion: date,
    now: datetime,
) -> None:
    """Confirm that an application was taken back, and say when what was uploaded is deleted."""
    values = {
        "organization": organization.name,
        "number": application.number or "",
        "deletion_date": deletion,
        "link": address_of(settings, organization.id),
    }
    for person in owners_of(session, organization.id):
        _to(session, "withdrawn", person, values, organization.id, now)


def draft_deletion(
    session: Session, settings: Settings, organization: Organization, deletion: date, now: datetime
) -> None:
    """Warn those who run the organisation that their draft will be deleted."""
    values = {
        "organization": organization.name,
        "date": deletion,
        "link": address_of(settings, organization.id, "application"),
    }
    for person in owners_of(session, organization.id):
        _to(session, "draft_deletion", person, values, organization.id, now)
