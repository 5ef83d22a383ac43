"""The database ground: declarative base, engines for SQLite and PostgreSQL, and the two ways to a session.

A request's session hangs on ``request.tm`` (``request_session``); commands and background threads use
``session_scope``. SQLite's driver leaves BEGIN to us, because its own idea of transactions loses savepoints and lets
two readers that both want to write fail at once: whoever is going to write begins with BEGIN IMMEDIATE and waits.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator
from zope.sqlalchemy import register

from senfcall_avv.edge_names import DOOR

if TYPE_CHECKING:  # commands and background threads do without Pyramid, whose import takes longest of all
    from pyramid.config import Configurator
    from pyramid.request import Request

BEGIN_IMMEDIATE: Final = "avv_begin_immediate"
"""Execution option: on SQLite, begin by taking the write lock. Other databases ignore it."""
BUSY_TIMEOUT: Final = 10_000
"""Milliseconds that SQLite waits for another writer."""
POSTGRESQL_PATIENCE: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""libpq's options, in seconds but for the last (milliseconds): without them a vanished server blocks for minutes."""
READING_METHODS: Final = frozenset(("GET", "HEAD", "OPTIONS"))

SessionFactory = sessionmaker[Session]

NAMING: Final = {
    # All columns are in the name: two constraints may begin with the same one, which PostgreSQL does not tolerate.
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware and in UTC on both sides. Raises ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone can't be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The parent of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  # SQLAlchemy reads it as a plain class attribute


def enumeration(members: type[Enum], name: str) -> sqlalchemy.Enum:
    """Give a column type that stores an enumeration's values as text, with a CHECK called ``ck_<table>_<name>``."""
    return sqlalchemy.Enum(
        members,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda enum: [member.value for member in enum],
    )


_ENGINES: weakref.WeakSet[Engine] = weakref.WeakSet()


def _forget_inherited_connections() -> None:
    """A forked child must not talk on its parent's connections, nor close them."""
    for engine in _ENGINES:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_inherited_connections)


def make_engine(url: str) -> Engine:
    """Make an engine for ``sqlite:////path`` or ``postgresql://user@host/name``.

    A SQLite file is made here if there is none, readable by its owner alone. Raises ValueError for any other kind of
    database, or one in memory (every thread would have its own), and OSError where the file can't be made.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        engine = _sqlite_engine(parsed)
    elif backend == "postgresql":
        engine = _postgresql_engine(parsed)
    else:
        raise ValueError(f"databases are sqlite or postgresql, not {backend}")
    _ENGINES.add(engine)
    return engine


def _postgresql_engine(url: URL) -> Engine:
    """Make an engine whose connections notice within seconds that the server is gone; the URL's own options win."""
    patience = {name: value for name, value in POSTGRESQL_PATIENCE.items() if name not in url.query}
    return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=patience)


def _sqlite_engine(url: URL) -> Engine:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ValueError("SQLite needs the path of a file: threads can't share a database in memory")
    _make_private(Path(url.database))
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "checkin", _end_sqlite)
    return engine


def _make_private(path: Path) -> None:
    """Create the file with mode 0600, or bring one of ours to it; SQLite gives its -wal and -shm the same mode.

    A file that is there is never opened: closing the descriptor again would drop every lock that this process's
    connections hold on it (POSIX), and another process would then overwrite what they are still using.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        status = path.stat()
        if status.st_mode & 0o077 and status.st_uid == os.geteuid():
            path.chmod(0o600)


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:  # noqa: ARG001  # SQLAlchemy's signature
    connection.isolation_level = None
    cursor = connection.cursor()
    # First of all: turning a fresh file to WAL needs a lock that another process may hold.
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(BEGIN_IMMEDIATE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _end_sqlite(connection: sqlite3.Connection | None, record: object) -> None:  # noqa: ARG001  # SQLAlchemy's signature
    """Give back no connection with a transaction still open, as SQLAlchemy does when COMMIT itself fails.

    It would hold the write lock for as long as it lies in the pool.
    """
    if connection is not None and connection.in_transaction:
        connection.rollback()


def make_session_factory(engine: Engine) -> SessionFactory:
    """Make a factory of sessions whose objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


def _open(factory: SessionFactory, *, write: bool) -> Session:
    engine: Engine = factory.kw["bind"]
    return factory(bind=engine.execution_options(**{BEGIN_IMMEDIATE: write}))


@contextmanager
def session_scope(factory: SessionFactory, write: bool = True) -> Iterator[Session]:
    """Give a session for commands and background threads: commits at the end, rolls back when anything is raised.

    With ``write=False`` nothing is ever committed, and SQLite's write lock is not taken.
    """
    with _open(factory, write=write) as session:
        yield session
        if write:
            session.commit()


def request_session(request: Request) -> Session:
    """Give a session that is committed or rolled back together with ``request.tm``; ``request.db`` in views."""
    factory: SessionFactory = request.registry["avv.session_factory"]
    session = _open(factory, write=request.method not in READING_METHODS)
    # "changed": Core statements leave no trace in the session, and would be rolled back at the commit without it.
    register(session, transaction_manager=request.tm, initial_state="changed")
    request.add_finished_callback(lambda _request: session.close())
    return session


def not_for_plugins(request: Request) -> bool:
    """Say whether a request has a transaction: plugins' calls have none, and a create must never be sent twice."""
    return bool(request.environ.get(DOOR) != "gateway")


def includeme(config: Configurator) -> None:
    """Make ``request.db`` from the setting ``database_url``; engine and factory stand in the registry."""
    settings: Any = config.registry["avv.settings"]
    engine = make_engine(settings.database_url)
    config.registry["avv.engine"] = engine
    config.registry["avv.session_factory"] = make_session_factory(engine)
    config.registry.setdefault("avv.on_close", []).append(engine.dispose)
    in_ini = config.get_settings()
    in_ini.setdefault("tm.manager_hook", "pyramid_tm.explicit_manager")
    in_ini.setdefault("tm.commit_veto", "pyramid_tm.default_commit_veto")
    # Our databases keep no note of who wrote, and who it is should be looked up only where somebody asks.
    in_ini.setdefault("tm.annotate_user", "false")
    in_ini.setdefault("tm.activate_hook", "senfcall_avv.db.not_for_plugins")
    config.include("pyramid_tm")
