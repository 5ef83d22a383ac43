"""The audit trail's tables, and the triggers that make them append-only.

Each entry carries the hash of the one before it. ``audit_chain`` has one row that knows where the chain begins and
where it ends, so that entries missing at either end are noticed as well; it is also what concurrent writers queue for.
The database itself refuses to change an entry, to add one that does not follow the last, and to delete one that lies
behind the chain's beginning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import DDL, CheckConstraint, Index, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from senfcall_avv.db import Base

NO_HASH: Final = "0" * 64
"""What stands before the very first entry."""


class AuditEntry(Base):
    """One thing that somebody did. ``details`` is a JSON object of texts and numbers, as it was hashed.

    No foreign keys: an entry outlives whom and what it speaks of.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_organization_id_number", "organization_id", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[str | None] = mapped_column(String(64))
    actor_role: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(64))
    organization_id: Mapped[str | None] = mapped_column(String(22))
    thing: Mapped[str] = mapped_column(String(200))
    details: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    def __repr__(self) -> str:
        return f"<AuditEntry {self.number} {self.action}>"

    @property
    def facts(self) -> dict[str, str | int]:
        """The details as they were recorded."""
        read: dict[str, str | int] = json.loads(self.details)
        return read


class AuditChain(Base):
    """Where the chain begins and ends: one row, moved by the triggers, and forward only."""

    __tablename__ = "audit_chain"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_number: Mapped[int]
    before_hash: Mapped[str] = mapped_column(String(64))
    last_number: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))


CONTENT: Final = ("actor_kind", "actor_id", "actor_role", "action", "organization_id", "thing", "details")


def hash_of(number: int, at: datetime, content: Any, previous: str) -> str:
    """Give an entry's SHA-256 in hexadecimal. ``content`` has the values of CONTENT in their order."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    hashed = json.dumps([number, moment, *content, previous], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(hashed.encode()).hexdigest()


_END: Final = "SET last_number = NEW.number, last_hash = NEW.hash WHERE id = 1"
_FOLLOWS: Final = "NEW.number = (SELECT last_number + 1 FROM audit_chain WHERE id = 1)"
_IS_BEHIND: Final = "OLD.number < (SELECT first_number FROM audit_chain WHERE id = 1)"
_FORWARD: Final = (
    "NEW.last_number >= OLD.last_number AND NEW.first_number >= OLD.first_number "
    "AND NEW.first_number <= NEW.last_number + 1"
)
_REFUSED: Final = "the audit trail is append-only"


def guard_ddl(dialect: str) -> Iterator[str]:
    """Give the statements that make the tables append-only on ``sqlite`` or ``postgresql``."""
    yield from _postgresql_guard() if dialect == "postgresql" else _sqlite_guard()


def _sqlite_guard() -> Iterator[str]:
    for table, change, unless in (
        # INSERT OR REPLACE would delete without asking the trigger for DELETE: so a number can't be taken twice.
        ("audit_entries", "insert", _FOLLOWS),
        ("audit_entries", "update", "0"),
        ("audit_entries", "delete", _IS_BEHIND),
        ("audit_chain", "update", _FORWARD),
        ("audit_chain", "delete", "0"),
    ):
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {table}_guard_{change} BEFORE {change.upper()} ON {table} "
            f"WHEN ({unless}) IS NOT TRUE BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
    yield (
        "CREATE TRIGGER IF NOT EXISTS audit_entries_move_end AFTER INSERT ON audit_entries "
        f"BEGIN UPDATE audit_chain {_END}; END"
    )


def _postgresql_guard() -> Iterator[str]:
    refuse = f"RAISE EXCEPTION USING ERRCODE = ''23000'', MESSAGE = ''{_REFUSED}'';"
    yield (
        "CREATE OR REPLACE FUNCTION guard_audit_entries() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
        f"IF TG_OP = ''INSERT'' THEN IF {_FOLLOWS} THEN RETURN NEW; END IF; "
        f"ELSIF TG_OP = ''DELETE'' THEN IF {_IS_BEHIND} THEN RETURN OLD; END IF; END IF; {refuse} END'"
    )
    yield (
        "CREATE OR REPLACE FUNCTION guard_audit_chain() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
        f"IF TG_OP = ''UPDATE'' THEN IF {_FORWARD} THEN RETURN NEW; END IF; END IF; {refuse} END'"
    )
    yield (
        "CREATE OR REPLACE FUNCTION move_audit_end() RETURNS trigger LANGUAGE plpgsql AS "
        f"'BEGIN UPDATE audit_chain {_END}; RETURN NULL; END'"
    )
    for table, changes in (("audit_entries", "INSERT OR UPDATE OR DELETE"), ("audit_chain", "UPDATE OR DELETE")):
        yield (
            f"CREATE OR REPLACE TRIGGER {table}_guard BEFORE {changes} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION guard_{table}()"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER {table}_guard_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION guard_{table}()"
        )
    yield (
        "CREATE OR REPLACE TRIGGER audit_entries_move_end AFTER INSERT ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION move_audit_end()"
    )


FUNCTIONS: Final = ("guard_audit_entries", "guard_audit_chain", "move_audit_end")


def _on_metadata(moment: str, statement: str, dialect: str) -> None:
    made = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy left its constructor without types
    event.listen(Base.metadata, moment, made.execute_if(dialect=dialect))


for _dialect in ("sqlite", "postgresql"):
    for _statement in guard_ddl(_dialect):
        _on_metadata("after_create", _statement, _dialect)
for _function in FUNCTIONS:
    _on_metadata("after_drop", f"DROP FUNCTION IF EXISTS {_function}", "postgresql")
