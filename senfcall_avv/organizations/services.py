"""What may happen to organisations."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from senfcall_avv.audit import services as audit
from senfcall_avv.organizations.models import LIMIT_NAMES, Membership, Organization, Role, new_id
from senfcall_avv.policy.engine import Limits

NAME_LENGTHS = range(2, 201)


class OrganizationRefused(ValueError):
    """An organisation can't be made so. ``reason`` is ``name``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class OrganizationNotFound(LookupError):
    """No organisation is meant, or several are. ``reason`` is ``unknown`` or ``ambiguous``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def create_organization(
    session: Session, name: str, policy_profile: str = "senfcall", limits: Limits | None = None
) -> Organization:
    """Make an organisation; its row is written at once.

    The name is trimmed and brought to Unicode's form C. Raises OrganizationRefused for one that is shorter than 2 or
    longer than 200 characters or holds control characters.
    """
    clean = unicodedata.normalize("NFC", name).strip()
    if len(clean) not in NAME_LENGTHS or not clean.isprintable():
        raise OrganizationRefused("name", "a name has 2 to 200 characters, none of them control characters")
    numbers = {} if limits is None else {name: getattr(limits, name) for name in LIMIT_NAMES}
    organization = Organization(id=new_id(), name=clean, policy_profile=policy_profile, **numbers)
    session.add(organization)
    session.flush()
    return organization


def find_organization(session: Session, id_or_unique_name: str) -> Organization:
    """Find an organisation by its id, or by its name where only one has it. Raises OrganizationNotFound."""
    found = session.get(Organization, id_or_unique_name)
    if found is not None:
        return found
    name = unicodedata.normalize("NFC", id_or_unique_name).strip()
    named = session.scalars(select(Organization).where(Organization.name == name).limit(2)).all()
    if not named:
        raise OrganizationNotFound("unknown", "no organisation has this id or name")
    if len(named) > 1:
        raise OrganizationNotFound("ambiguous", "several organisations have this name: use the id")
    return named[0]


def found_organization(session: Session, name: str, account_id: str, now: datetime) -> Organization:
    """Make an organisation whose first owner is the account. Raises OrganizationRefused as ``create_organization``."""
    organization = create_organization(session, name)
    session.add(Membership(organization_id=organization.id, account_id=account_id, role=Role.OWNER, created_at=now))
    audit.record(
        session,
        audit.Actor("account", account_id, Role.OWNER.value),
        "organization.founded",
        organization_id=organization.id,
        thing=organization.id,
        now=now,
    )
    session.flush()
    return organization
