from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import transaction
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import Column, Engine, Integer, MetaData, Table, UniqueConstraint, event, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable
from webtest import TestApp

from senfcall_avv.db import Base, SessionFactory, make_engine, make_session_factory, request_session, session_scope
from senfcall_avv.edge_names import DOOR
from senfcall_avv.endpoints.models import Endpoint
from senfcall_avv.ledger.models import LedgerEntry
from senfcall_avv.organizations.models import Organization
from senfcall_avv.typing import Request as AvvRequest
from tests.factories.organizations import make_organization

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
ROW: dict[str, Any] = {"policy_profile": "senfcall", "created_at": NOW}
ORGANIZATIONS = Base.metadata.tables["organizations"]
INSERT_TEXT = text(
    "INSERT INTO organizations (id, name, policy_profile, created_at) "
    "VALUES ('from-text', 'Text e. V.', 'senfcall', '2026-11-02 12:00:00+00:00')"
)


def names(factory: SessionFactory) -> set[str]:
    with session_scope(factory, write=False) as session:
        return set(session.scalars(select(Organization.name)))


@pytest.fixture
def manager() -> Iterator[transaction.TransactionManager]:
    made = transaction.TransactionManager(explicit=True)
    made.begin()
    yield made
    made.abort()


def request_with(factory: SessionFactory, manager: transaction.TransactionManager, method: str = "POST") -> Request:
    request = Request.blank("/", method=method)
    request.registry = {"avv.session_factory": factory}
    request.tm = manager
    return request


class TestRequests:
    def test_a_request_keeps_rows_however_they_were_written(
        self, session_factory: SessionFactory, manager: transaction.TransactionManager
    ) -> None:
        ways = {
            "Core e. V.": lambda db: db.execute(ORGANIZATIONS.insert().values(id="core", name="Core e. V.", **ROW)),
            "Text e. V.": lambda db: db.execute(INSERT_TEXT),
            "ORM e. V.": lambda db: db.add(Organization(name="ORM e. V.")),
            "Model e. V.": lambda db: db.execute(insert(Organization).values(id="model", name="Model e. V.", **ROW)),
        }
        for way in ways.values():
            way(request_session(request_with(session_factory, manager)))
            manager.commit()
            manager.begin()
        assert names(session_factory) == set(ways)

    def test_an_aborted_request_keeps_nothing(
        self, session_factory: SessionFactory, manager: transaction.TransactionManager
    ) -> None:
        session = request_session(request_with(session_factory, manager))
        session.execute(INSERT_TEXT)
        session.add(Organization(name="ORM e. V."))
        session.flush()
        manager.abort()
        manager.begin()
        assert names(session_factory) == set()

    def test_two_readers_that_go_on_to_write_both_succeed(self, session_factory: SessionFactory) -> None:
        with session_scope(session_factory) as session:
            made = make_organization(session, "Start e. V.").id
        failures: list[Exception] = []
        together = threading.Barrier(2)

        def read_then_write(name: str) -> None:
            manager = transaction.TransactionManager(explicit=True)
            manager.begin()
            together.wait(10)
            try:
                session = request_session(request_with(session_factory, manager))
                session.get_one(Organization, made)
                session.add(Organization(name=name))
                manager.commit()
            except Exception as error:  # noqa: BLE001  # whatever it is, the test must see it
                failures.append(error)
                manager.abort()

        threads = [threading.Thread(target=read_then_write, args=(name,)) for name in ("Eins e. V.", "Zwei e. V.")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert failures == []
        assert names(session_factory) == {"Start e. V.", "Eins e. V.", "Zwei e. V."}

    def test_reading_does_not_wait_for_a_writer(
        self, session_factory: SessionFactory, manager: transaction.TransactionManager
    ) -> None:
        with session_scope(session_factory) as writer:
            make_organization(writer, "Noch nicht da e. V.")
            reader = request_session(request_with(session_factory, manager, "GET"))
            assert reader.scalars(select(Organization.name)).all() == []

    def test_the_application_commits_what_succeeds_and_drops_what_is_refused(self, database_url: str) -> None:
        def view(request: Any) -> Response:
            request.db.add(Organization(name=request.params["name"]))
            return Response(status=int(request.params["status"]))

        config = self.configurator(database_url, view)
        app = TestApp(config.make_wsgi_app())
        app.post("/", {"name": "Gut e. V.", "status": "200"})
        app.post("/", {"name": "Schlecht e. V.", "status": "400"}, status=400)
        factory = config.registry["avv.session_factory"]
        assert names(factory) == {"Gut e. V."}
        engine: Engine = config.registry["avv.engine"]
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # both our pools count
        engine.dispose()

    def test_the_plugins_door_has_no_transaction(self, database_url: str) -> None:
        def view(request: Any) -> Response:
            return Response("yes" if request.environ.get("tm.active") else "no")

        config = self.configurator(database_url, view)
        app = TestApp(config.make_wsgi_app())
        answers = [app.get("/", extra_environ={DOOR: door}).text for door in ("portal", "gateway")]
        config.registry["avv.engine"].dispose()
        assert answers == ["yes", "no"]

    def configurator(self, database_url: str, view: Callable[[Any], Response]) -> Configurator:
        config = Configurator(request_factory=AvvRequest)
        config.registry["avv.settings"] = SimpleNamespace(database_url=database_url)
        config.include("senfcall_avv.db")
        config.add_route("only", "/")
        config.add_view(view, route_name="only")
        return config


class TestScopes:
    def test_a_scope_rolls_back_when_anything_is_raised(self, session_factory: SessionFactory) -> None:
        def interrupted(session: Session) -> None:
            make_organization(session)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), session_scope(session_factory) as session:
            interrupted(session)
        assert names(session_factory) == set()

    def test_a_reading_scope_keeps_nothing(self, session_factory: SessionFactory) -> None:
        with session_scope(session_factory, write=False) as session:
            make_organization(session)
        assert names(session_factory) == set()

    def test_objects_stay_readable_after_the_scope(self, session_factory: SessionFactory) -> None:
        with session_scope(session_factory) as session:
            made = make_organization(session, "Bleibt e. V.")
        assert made.name == "Bleibt e. V."

    def test_a_savepoint_undoes_only_its_own_part(self, session_factory: SessionFactory) -> None:
        with session_scope(session_factory) as session:
            make_organization(session, "Vorher e. V.")
            inner = session.begin_nested()
            make_organization(session, "Zurück e. V.")
            inner.rollback()
            make_organization(session, "Nachher e. V.")
        assert names(session_factory) == {"Vorher e. V.", "Nachher e. V."}


class TestMoments:
    def entry(self, moment: datetime) -> LedgerEntry:
        words = dict.fromkeys(("organization_id", "key", "call", "name", "reason", "revision"), "x")
        return LedgerEntry(**words, day=NOW.date(), count=1, neutral=0, first_at=moment, last_at=moment)

    def test_a_moment_comes_back_in_utc_whatever_its_zone_was(self, session_factory: SessionFactory) -> None:
        moment = NOW.astimezone(timezone(timedelta(hours=5, minutes=30))) + timedelta(microseconds=1)
        with session_scope(session_factory) as session:
            session.add(self.entry(moment))
        with session_scope(session_factory, write=False) as session:
            found = session.scalars(select(LedgerEntry.first_at)).one()
        assert found == moment
        assert found.tzinfo is UTC

    def test_a_moment_without_a_zone_is_refused(self, session_factory: SessionFactory) -> None:
        with pytest.raises(StatementError, match="time zone"), session_scope(session_factory) as session:
            session.add(self.entry(datetime(2026, 11, 2)))


class TestIntegrity:
    def test_foreign_keys_are_kept(self, session_factory: SessionFactory) -> None:
        with pytest.raises(IntegrityError), session_scope(session_factory) as session:
            session.add(Endpoint(organization_id="nobody"))

    def test_an_enumeration_is_stored_by_value_and_nothing_else_is_taken(self, session_factory: SessionFactory) -> None:
        with session_scope(session_factory) as session:
            session.add(Endpoint(organization=make_organization(session)))
        with session_scope(session_factory) as session:
            assert session.execute(text("SELECT state FROM endpoints")).scalars().all() == ["active"]
            with pytest.raises(IntegrityError):
                session.execute(text("UPDATE endpoints SET state = 'ACTIVE'"))
            session.rollback()

    def test_constraints_that_begin_with_the_same_column_have_names_of_their_own(self) -> None:
        metadata = MetaData(naming_convention=Base.metadata.naming_convention)
        columns = [Column(name, Integer) for name in "abc"]
        table = Table("things", metadata, *columns, UniqueConstraint("a", "b"), UniqueConstraint("a", "c"))
        made = str(CreateTable(table).compile())
        assert "uq_things_a_b" in made
        assert "uq_things_a_c" in made


class TestEngines:
    def test_a_second_engine_leaves_the_locks_of_the_first_alone(self, tmp_path: Path) -> None:
        """Closing any descriptor of a file drops all of a process's locks on it; SQLite's file breaks without them."""
        path = tmp_path / "shared.sqlite"
        first = make_engine(f"sqlite:///{path}")
        with first.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
            connection.commit()
            make_engine(f"sqlite:///{path}").dispose()
            # SQLite's own range of shared locks, asked for by another process.
            program = (
                "import fcntl, sys; file = open(sys.argv[1], 'r+b')\n"
                "fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)"
            )
            asked = subprocess.run([sys.executable, "-c", program, path], check=False, capture_output=True, text=True)
        first.dispose()
        assert "BlockingIOError" in asked.stderr

    def test_a_sqlite_file_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            engine = make_engine(f"sqlite:///{tmp_path / 'new.sqlite'}")
            with engine.begin() as connection:
                connection.exec_driver_sql("CREATE TABLE things (id INTEGER)")
                modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        finally:
            os.umask(before)
            engine.dispose()
        assert modes == {"new.sqlite": 0o600, "new.sqlite-shm": 0o600, "new.sqlite-wal": 0o600}

    def test_a_sqlite_file_that_others_could_read_is_closed_to_them(self, tmp_path: Path) -> None:
        path = tmp_path / "open.sqlite"
        path.touch(0o644)
        make_engine(f"sqlite:///{path}").dispose()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_sqlite_is_opened_as_it_must_be(self, tmp_path: Path) -> None:
        engine = make_engine(f"sqlite:///{tmp_path / 'new.sqlite'}")
        with engine.connect() as connection:
            pragmas = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
            found = {pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in pragmas}
        engine.dispose()
        assert found == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000, "synchronous": 1}

    @pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true", "mysql://h/x"])
    def test_a_database_that_cannot_serve_is_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match=r"SQLite needs|databases are"):
            make_engine(url)

    @pytest.mark.postgresql
    def test_a_postgresql_server_that_vanishes_is_noticed_soon_unless_the_url_says_otherwise(
        self, migrated_postgresql: str
    ) -> None:
        engine = make_engine(f"{migrated_postgresql}?connect_timeout=7")
        with engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            found = raw.info.get_parameters()
        engine.dispose()
        assert (found["connect_timeout"], found["tcp_user_timeout"], found["keepalives_idle"]) == ("7", "10000", "5")

    def test_a_folder_that_is_missing_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="nowhere"):
            make_engine(f"sqlite:///{tmp_path}/nowhere/avv.sqlite")

    def test_a_writer_takes_sqlites_lock_at_once_and_a_reader_does_not(self, tmp_path: Path) -> None:
        engine = make_engine(f"sqlite:///{tmp_path / 'new.sqlite'}")
        factory = make_session_factory(engine)
        with session_scope(factory, write=True) as writer:
            writer.connection()
            with session_scope(factory, write=False) as reader:
                reader.execute(text("PRAGMA user_version"))
            with pytest.raises(OperationalError, match="locked"), session_scope(factory) as other:
                self.without_patience(other)
        engine.dispose()

    def without_patience(self, session: Session) -> None:
        raw: Any = session.get_bind().raw_connection()  # type: ignore[union-attr]  # it is an engine
        raw.execute("PRAGMA busy_timeout = 0")
        raw.close()
        session.connection()

    def test_a_commit_that_fails_does_not_leave_sqlite_locked(self, tmp_path: Path) -> None:
        engine = make_engine(f"sqlite:///{tmp_path / 'new.sqlite'}")
        factory = make_session_factory(engine)
        make = text("CREATE TABLE things (id INTEGER)")

        def fail(_connection: object) -> None:
            raise OSError(28, "no space left")

        event.listen(engine, "commit", fail)
        with pytest.raises(OSError, match="no space"), session_scope(factory) as session:
            session.execute(make)
        event.remove(engine, "commit", fail)
        other = sqlite3.connect(tmp_path / "new.sqlite", timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.close()
        with session_scope(factory) as session:
            session.execute(make)
        engine.dispose()

    def test_a_forked_child_does_not_use_its_parents_connections(self, engine: Engine) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
        parents = engine.pool
        child = os.fork()
        if child == 0:
            os._exit(0 if engine.pool is not parents and engine.pool.checkedin() == 0 else 1)  # type: ignore[attr-defined]  # both our pools count
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
