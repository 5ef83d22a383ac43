"""What jobs did last, and who leads where the database has no locks of its own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from senfcall_avv.db import Base


class JobRun(Base):
    """The last run of a job. ``error`` is the type of what it raised, ``failures`` how often in a row."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    result: Mapped[str | None] = mapped_column(String(200))
    error: Mapped[str | None] = mapped_column(String(64))
    failures: Mapped[int]

    def __repr__(self) -> str:
        return f"<JobRun {self.name} {self.started_at:%Y-%m-%d %H:%M}>"


class Lease(Base):
    """Who leads, until when unless he renews it."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]
