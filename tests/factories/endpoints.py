"""Endpoints for tests."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.endpoints.services import create_endpoint
from senfcall_avv.sealing import KeyRing
from tests.factories.organizations import make_organization


class MadeEndpoint(NamedTuple):
    """An endpoint that is stored."""

    key: str
    secret: str
    organization_id: str
    organization_name: str


def make_endpoint(factory: SessionFactory, ring: KeyRing, now: datetime | None = None) -> MadeEndpoint:
    """Make an organisation with an endpoint, and commit."""
    with session_scope(factory) as session:
        organization = make_organization(session)
        endpoint, secret = create_endpoint(session, ring, organization, now)
        return MadeEndpoint(endpoint.key, secret, organization.id, organization.name)
