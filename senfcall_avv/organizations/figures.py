"""Numbers about applications that people are told: how long an answer takes, how many wait."""

from __future__ import annotations

import math
import statistics
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from senfcall_avv.organizations.lifecycle import WAITING, State
from senfcall_avv.organizations.models import Application, NumberCounter

LAST_DECISIONS: Final = 30
ENOUGH: Final = 5
"""Below this number of decisions a median says nothing, and the configured number is told."""
_SECONDS_A_DAY: Final = 86_400


def usual_days(session: Session, configured: int) -> int:
    """Give the median of the last decisions' times in whole days, at least 1."""
    rows = session.execute(
        select(Application.submitted_at, Application.decided_at)
        .where(
            Application.state.in_((State.APPROVED, State.DECLINED)),
            Application.submitted_at.is_not(None),
            Application.decided_at.is_not(None),
        )
        .order_by(Application.decided_at.desc())
        .limit(LAST_DECISIONS)
    ).all()
    if len(rows) < ENOUGH:
        return configured
    times = [(decided - submitted).total_seconds() for submitted, decided in rows if submitted and decided]
    return max(1, math.ceil(statistics.median(times) / _SECONDS_A_DAY))


def waiting_applications(session: Session) -> int:
    """Count the applications on which it is our turn."""
    found = session.scalar(select(func.count()).select_from(Application).where(Application.state.in_(WAITING)))
    return found or 0


def next_number(session: Session, now: datetime) -> str:
    """Give the next number of the year, such as ``2026-0147``; two at once wait for each other."""
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]  # the same words on both databases
    statement = insert(NumberCounter).values(year=now.year, last=1)
    statement = statement.on_conflict_do_update(
        index_elements=[NumberCounter.year], set_={"last": NumberCounter.last + 1}
    )
    last: int = session.scalars(statement.returning(NumberCounter.last)).one()
    return f"{now.year}-{last:04d}"
