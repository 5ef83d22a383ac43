"""Organisations for tests."""

from __future__ import annotations

import itertools

from sqlalchemy.orm import Session

from senfcall_avv.organizations.models import Organization
from senfcall_avv.organizations.services import create_organization
from senfcall_avv.policy.engine import Limits

_numbers = itertools.count(1)


def make_organization(
    session: Session, name: str | None = None, policy_profile: str = "senfcall", limits: Limits | None = None
) -> Organization:
    """Make an organisation; unless given, its name is one that no other has."""
    return create_organization(session, name or f"Verein Nr. {next(_numbers)} e. V.", policy_profile, limits)
