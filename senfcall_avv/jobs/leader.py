"""Who leads of several workers: one at a time, and another soon after it is gone.

PostgreSQL holds a lock for a connection of our own, and lets go of it the moment that connection ends, however it ends.
SQLite has no such thing: there a row holds the leader's name and until when it counts unless it is renewed.
"""

from __future__ import annotations

import contextlib
import secrets
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, delete, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.jobs.models import Lease

LOCK: Final = 0x617676_6C656164
"""Number of PostgreSQL's lock for the leader: "avvlead" in ASCII."""
_NAME: Final = "worker"


class Leadership(Protocol):
    """The place of the leader, as one worker sees it."""

    def keep(self, now: datetime) -> bool:
        """Take the place if it is free, keep it if it is ours; say whether it is. Raises SQLAlchemyError."""
        ...

    def release(self) -> None:
        """Leave the place to others."""
        ...


class LockLeadership:
    """Holds PostgreSQL's lock on a connection that belongs to no pool."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._leads = False

    def keep(self, now: datetime) -> bool:  # noqa: ARG002  # the lock knows no time
        """Ask the connection itself whether it still holds the lock: one that broke does not answer."""
        try:
            connection = self._connection or self._connect()
            if not self._leads:
                self._leads = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}))
            else:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            self._drop()
            raise
        return self._leads

    def release(self) -> None:
        """Give the lock back, so that the next one has it at once, and close the connection."""
        if self._connection is not None and self._leads:
            with contextlib.suppress(SQLAlchemyError):  # a connection that broke has lost it already
                self._connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        self._drop()

    def _connect(self) -> Connection:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        self._connection = connection
        return connection

    def _drop(self) -> None:
        connection, self._connection, self._leads = self._connection, None, False
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError):  # it may be broken already
                connection.close()


class LeaseLeadership:
    """Holds a row of the database, renewed at every round."""

    def __init__(self, factory: SessionFactory, length: timedelta) -> None:
        self._factory, self._length = factory, length
        self._holder = secrets.token_urlsafe(16)

    def keep(self, now: datetime) -> bool:
        """Renew the lease, or take one that has run out."""
        row = {"name": _NAME, "holder": self._holder, "until": now + self._length}
        take = sqlite.insert(Lease).values(row)
        take = take.on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": take.excluded.holder, "until": take.excluded.until},
            where=(Lease.holder == self._holder) | (Lease.until <= now),
        )
        with session_scope(self._factory) as session:
            return session.connection().execute(take).rowcount == 1

    def release(self) -> None:
        """End the lease, if it is ours."""
        with session_scope(self._factory) as session:
            session.connection().execute(delete(Lease).where(Lease.name == _NAME, Lease.holder == self._holder))


def make_leadership(factory: SessionFactory, lease: timedelta) -> Leadership:
    """Make the kind that the database of a factory offers."""
    engine: Engine = factory.kw["bind"]
    return LockLeadership(engine) if engine.dialect.name == "postgresql" else LeaseLeadership(factory, lease)
