"""What all tests share: a database of each kind, keys and a clock that stands still.

SQLite is always tried. PostgreSQL is tried where AVV_TEST_POSTGRESQL holds the URL of a server on which databases may
be made, such as ``postgresql://postgres@127.0.0.1:5432/postgres``.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, literal, select, table
from sqlalchemy.engine import make_url

from senfcall_avv import logs
from senfcall_avv.db import SessionFactory, make_engine, make_session_factory
from senfcall_avv.mail.services import lend_key_ring
from senfcall_avv.migrations import migrate
from senfcall_avv.sealing import KeyRing, generate_key_line

KEPT_TABLES = {"alembic_version", "epoch"}
"""Rows in these belong to the schema."""
APPEND_ONLY = {"audit_entries", "audit_chain"}
"""Triggers of these refuse to have their table emptied."""


def _forbid_skipping(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn what was skipped into a failure where nothing may be skipped (AVV_TEST_NOTHING_SKIPPED=1)."""
    # An expected failure is reported as skipped, too.
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("AVV_TEST_NOTHING_SKIPPED") == "1":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"Nothing may be skipped here, and this was. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid_skipping(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid_skipping(report)
    return report


class Clock:
    """Gives seconds since 1970, and moves only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 12, 0, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def forward(self, seconds: float) -> None:
        self.now += seconds


class Databases:
    """Makes databases on a PostgreSQL server, and drops them at the end."""

    def __init__(self, server: str) -> None:
        self._server = make_url(server).set(drivername="postgresql+psycopg")
        self._engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        self._made: list[str] = []

    def make(self) -> str:
        name = f"avv_test_{os.getpid()}_{secrets.token_hex(4)}"
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
        self._made.append(name)
        return self._server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    def close(self) -> None:
        with self._engine.connect() as connection:
            for name in self._made:
                connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        self._engine.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "avv.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    server = os.environ.get("AVV_TEST_POSTGRESQL")
    if not server:
        pytest.skip("PostgreSQL is tried where AVV_TEST_POSTGRESQL holds a server's URL.")
    databases = Databases(server)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: Databases) -> str:
    """This process's own PostgreSQL database with all tables."""
    url = postgresql.make()
    migrate(url)
    return url


def _empty_tables(connection: Connection) -> None:
    tables = sorted(set(inspect(connection).get_table_names()) - KEPT_TABLES)
    # Emptying a table costs more than asking whether it is empty.
    filled = [
        name for name in tables if connection.execute(select(literal(1)).select_from(table(name)).limit(1)).first()
    ]
    if not filled:
        return
    guarded = sorted(APPEND_ONLY & set(filled))
    for name in guarded:
        connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    connection.exec_driver_sql(f"TRUNCATE {', '.join(filled)} CASCADE")
    for name in guarded:
        connection.exec_driver_sql(f"ALTER TABLE {name} ENABLE TRIGGER USER")


BOTH = (pytest.param("sqlite", id="sqlite"), pytest.param("postgresql", marks=pytest.mark.postgresql, id="postgresql"))


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with all tables and no rows: one test for each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_sqlite")
        yield f"sqlite:///{shutil.copy(template, tmp_path / 'avv.sqlite')}"
        return
    url: str = request.getfixturevalue("migrated_postgresql")
    yield url
    engine = make_engine(url)
    with engine.begin() as connection:
        _empty_tables(connection)
    engine.dispose()


@pytest.fixture(params=BOTH)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes databases without tables, and gives their URLs: one test for each kind."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / secrets.token_hex(4)}.sqlite"
    databases: Databases = request.getfixturevalue("postgresql")
    return databases.make


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def session_factory(engine: Engine, key_ring: KeyRing) -> SessionFactory:
    factory = make_session_factory(engine)
    lend_key_ring(factory, lambda: key_ring)
    return factory


@pytest.fixture
def key_ring() -> KeyRing:
    return KeyRing.from_text(generate_key_line())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Gives the lines that were logged since the test began, each as what it says."""
    stream = io.StringIO()
    logs.configure(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logs.configure()
