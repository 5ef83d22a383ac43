"""The ledger: how often which call and which parameter was passed on, left out, changed or refused, and why.

It keeps names, counts and reasons, never a value.
"""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from senfcall_avv.typing import JobContext


def forget_job(context: JobContext) -> str:
    """Delete what is kept no longer."""
    from senfcall_avv.db import session_scope
    from senfcall_avv.ledger.services import forget

    with session_scope(context.session_factory) as session:
        return f"{forget(session, context.now.date())} rows deleted"


def includeme(config: Configurator) -> None:
    config.add_job("ledger-retention", time(3, 10), forget_job)
