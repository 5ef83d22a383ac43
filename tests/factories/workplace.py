"""What commands work with, for tests."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from senfcall_avv.db import SessionFactory
from senfcall_avv.organizations.services import find_organization
from senfcall_avv.sealing import KeyRing


@dataclass
class Workplace:
    """A workplace on a test's database."""

    session_factory: SessionFactory
    key_ring: KeyRing

    def organization_id(self, session: Session, id_or_unique_name: str) -> str:
        return find_organization(session, id_or_unique_name).id
