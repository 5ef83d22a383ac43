"""Mails: queued in the transaction that causes them, sent after its commit by the worker, tried again when it fails.

``services.queue`` puts one into the outbox. Its values lie sealed until it was sent, because links carry tokens.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from senfcall_avv.db import session_scope
from senfcall_avv.mail.delivery import make_delivery
from senfcall_avv.mail.sending import send_waiting, waiting
from senfcall_avv.mail.services import forget, lend_key_ring

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import JobContext


def send_job(context: JobContext) -> str:
    """Send what waits."""
    if context.dry_run:
        with session_scope(context.session_factory, write=False) as session:
            return f"{waiting(session, context.now)} mails would be sent"
    delivery = context.registry["avv.mail.delivery"]
    return str(send_waiting(context.session_factory, context.key_ring, context.settings, delivery, context.now))


def forget_job(context: JobContext) -> str:
    """Delete mails of the past, and what those given up were made from."""
    keep = timedelta(days=context.settings.mail.keep_days)
    with session_scope(context.session_factory) as session:
        gone, wiped = forget(session, keep, context.now)
    return f"{gone} mails deleted, {wiped} wiped"


def includeme(config: Configurator) -> None:
    registry: Any = config.registry
    settings = registry["avv.settings"]
    lend_key_ring(registry["avv.session_factory"], lambda: registry["avv.key_ring"])
    registry["avv.mail.delivery"] = make_delivery(settings)
    config.add_job("mail-delivery", timedelta(seconds=settings.jobs.mail_seconds), send_job)
    config.add_job("mail-retention", time(3, 20), forget_job)
