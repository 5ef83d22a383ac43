"""Endpoints: the key in the address and the secrets that sign, stored sealed and read by the gateway from memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import JobContext


def wipe_job(context: JobContext) -> str:
    """Wipe the values of secrets whose time is over."""
    from senfcall_avv.db import session_scope
    from senfcall_avv.endpoints.services import wipe_ended_secrets

    with session_scope(context.session_factory) as session:
        return f"{wipe_ended_secrets(session, context.now)} secrets wiped"


def includeme(config: Configurator) -> None:
    config.add_job("secrets-wiping", timedelta(minutes=5), wipe_job)
