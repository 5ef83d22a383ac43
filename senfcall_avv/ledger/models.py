"""The ledger's table."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from senfcall_avv.db import Base


class LedgerEntry(Base):
    """How often one thing happened on one day (UTC).

    ``name`` is a parameter's name, a client's network where the reason is ``checksum``, or empty: then the row speaks
    of the call. ``neutral`` says how many of ``count`` made no difference, ``revision`` names the policy that decided
    last. No foreign key: what was counted must be stored even if its organisation has just gone.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (Index("ix_ledger_entries_day", "day"),)

    organization_id: Mapped[str] = mapped_column(String(22), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    call: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32), primary_key=True)
    count: Mapped[int]
    neutral: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    revision: Mapped[str] = mapped_column(String(200))

    def __repr__(self) -> str:
        return f"<LedgerEntry {self.day} {self.call} {self.reason}>"
