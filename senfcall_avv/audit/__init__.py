"""The audit trail: who did what to which thing, and when; append-only, hash-chained, without a person's name.

Rooms declare the actions that they record, with a sentence in both languages for pages::

    config.add_audit_action("endpoint.rotated", "{role} hat das Secret gewechselt.", "{role} changed the secret.")

Braces name details of the entry, or ``role`` and ``thing``.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING

from senfcall_avv.audit.actions import Action, add_audit_action
from senfcall_avv.audit.services import forget, head, verify
from senfcall_avv.db import session_scope
from senfcall_avv.logs import log

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import JobContext

__all__ = ["Action", "add_audit_action", "includeme"]


def verify_job(context: JobContext) -> str:
    """Verify the chain, and note its end in the log: there it is out of reach of whoever can change the database."""
    with session_scope(context.session_factory, write=False) as session:
        broken, end = verify(session), head(session)
    if broken is not None:
        log.error("audit.broken", number=broken.number, reason=broken.reason, todo="run `avv audit verify`")
        return f"broken at {broken.number}: {broken.reason}"
    log.info("audit.verified", entries=end.entries, number=end.number, hash=end.hash)
    return f"{end.entries} entries hold, the last is {end.number}"


def forget_job(context: JobContext) -> str:
    """Delete entries that are kept no longer."""
    days = context.settings.jobs.keep_audit_days
    with session_scope(context.session_factory) as session:
        return f"{forget(session, context.now - timedelta(days=days), context.now)} entries deleted"


def includeme(config: Configurator) -> None:
    config.add_directive("add_audit_action", add_audit_action)
    config.add_audit_action(
        "audit.shortened",
        "Das Protokoll beginnt jetzt mit Eintrag {first}; {entries} ältere sind gelöscht.",
        "The trail now begins with entry {first}; {entries} older ones were deleted.",
    )
    config.add_job("audit-verify", time(3, 30), verify_job)
    config.add_job("audit-retention", time(3, 40), forget_job)
