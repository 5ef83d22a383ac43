"""The registry of the rooms that work by themselves, without portal and gateway."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from pyramid.config import Configurator

from senfcall_avv.sealing import generate_key_line
from senfcall_avv.settings import BackendSettings, JobsSettings, MailSettings, Settings

ROOMS = ("db", "sealing", "jobs", "audit", "mail", "ledger", "endpoints")


def make_registry(
    database_url: str, clock: Callable[[], datetime], *, keys: str = "", add: Callable[[Any], None] = lambda _: None
) -> Any:
    """Make a registry on a database; ``add`` gets the configurator, for jobs of the test's own."""
    settings = Settings(
        environment="development",
        public_url="https://avv.example.org",
        database_url=database_url,
        keys=SecretStr(keys or generate_key_line()),
        backend=BackendSettings(url="https://bbb.example.org/bigbluebutton", secret=SecretStr("x" * 40)),
        mail=MailSettings(transport="outbox"),
        jobs=JobsSettings(round_seconds=60, lease_seconds=20),
    )
    config = Configurator()
    registry: Any = config.registry
    registry["avv.settings"], registry["avv.clock"], registry["avv.on_close"] = settings, clock, []
    for room in ROOMS:
        config.include(f"senfcall_avv.{room}")
    add(config)
    config.commit()
    return registry
