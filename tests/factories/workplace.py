"""What commands work with, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.orm import Session

from senfcall_avv.db import SessionFactory
from senfcall_avv.organizations.services import find_organization
from senfcall_avv.sealing import KeyRing
from senfcall_avv.settings import BackendSettings, PolicySettings, Settings


@dataclass
class Workplace:
    """A workplace on a test's database."""

    session_factory: SessionFactory
    key_ring: KeyRing
    settings: Settings = field(
        default_factory=lambda: Settings(
            environment="development",
            public_url="https://avv.example.org",
            database_url="sqlite:///not-asked-for",
            backend=BackendSettings(url="https://bbb.example.org/bigbluebutton", secret=SecretStr("x" * 40)),
            policy=PolicySettings(directory=Path(__file__).parents[2] / "policies"),
        )
    )

    def organization_id(self, session: Session, id_or_unique_name: str) -> str:
        return find_organization(session, id_or_unique_name).id
