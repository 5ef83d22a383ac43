"""Audit trail, outbox, lease and runs of jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from senfcall_avv.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("audit_entries", "audit_chain", "mails", "job_runs", "leases")
FUNCTIONS = ("guard_audit_entries", "guard_audit_chain", "move_audit_end")
END = "SET last_number = NEW.number, last_hash = NEW.hash WHERE id = 1"
FOLLOWS = "NEW.number = (SELECT last_number + 1 FROM audit_chain WHERE id = 1)"
IS_BEHIND = "OLD.number < (SELECT first_number FROM audit_chain WHERE id = 1)"
FORWARD = (
    "NEW.last_number >= OLD.last_number AND NEW.first_number >= OLD.first_number "
    "AND NEW.first_number <= NEW.last_number + 1"
)
REFUSED = "the audit trail is append-only"


def upgrade() -> None:
    """Go forward."""
    _audit_entries()
    _audit_chain()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_guard()
    else:
        _sqlite_guard()
    _mails()
    _jobs()


def downgrade() -> None:
    """Go back."""
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")


def _audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor_kind", sa.String(16), nullable=False),
        sa.Column("actor_id", sa.String(64), nullable=True),
        sa.Column("actor_role", sa.String(32), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("organization_id", sa.String(22), nullable=True),
        sa.Column("thing", sa.String(200), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_organization_id_number", "audit_entries", ["organization_id", "number"])


def _audit_chain() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("first_number", sa.Integer, nullable=False),
        sa.Column("before_hash", sa.String(64), nullable=False),
        sa.Column("last_number", sa.Integer, nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_chain")),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_chain_one_row")),
    )


def _sqlite_guard() -> None:
    for table, change, unless in (
        ("audit_entries", "insert", FOLLOWS),
        ("audit_entries", "update", "0"),
        ("audit_entries", "delete", IS_BEHIND),
        ("audit_chain", "update", FORWARD),
        ("audit_chain", "delete", "0"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_guard_{change} BEFORE {change.upper()} ON {table} "
            f"WHEN ({unless}) IS NOT TRUE BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )
    op.execute(
        f"CREATE TRIGGER audit_entries_move_end AFTER INSERT ON audit_entries BEGIN UPDATE audit_chain {END}; END"
    )


def _postgresql_guard() -> None:
    refuse = f"RAISE EXCEPTION USING ERRCODE = ''23000'', MESSAGE = ''{REFUSED}'';"
    op.execute(
        "CREATE FUNCTION guard_audit_entries() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
        f"IF TG_OP = ''INSERT'' THEN IF {FOLLOWS} THEN RETURN NEW; END IF; "
        f"ELSIF TG_OP = ''DELETE'' THEN IF {IS_BEHIND} THEN RETURN OLD; END IF; END IF; {refuse} END'"
    )
    op.execute(
        "CREATE FUNCTION guard_audit_chain() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
        f"IF TG_OP = ''UPDATE'' THEN IF {FORWARD} THEN RETURN NEW; END IF; END IF; {refuse} END'"
    )
    op.execute(
        "CREATE FUNCTION move_audit_end() RETURNS trigger LANGUAGE plpgsql AS "
        f"'BEGIN UPDATE audit_chain {END}; RETURN NULL; END'"
    )
    for table, changes in (("audit_entries", "INSERT OR UPDATE OR DELETE"), ("audit_chain", "UPDATE OR DELETE")):
        op.execute(
            f"CREATE TRIGGER {table}_guard BEFORE {changes} ON {table} FOR EACH ROW EXECUTE FUNCTION guard_{table}()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_guard_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION guard_{table}()"
        )
    op.execute(
        "CREATE TRIGGER audit_entries_move_end AFTER INSERT ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION move_audit_end()"
    )


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("message", sa.String(32), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
        sa.Column("account_id", sa.String(22), nullable=True),
        sa.Column("organization_id", sa.String(22), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.Column("error", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f("ck_mails_state")),
    )
    op.create_index("ix_mails_state_next_at", "mails", ["state", "next_at"])
    op.create_index("ix_mails_recipient_created_at", "mails", ["recipient", "created_at"])
    op.create_index("ix_mails_organization_id_created_at", "mails", ["organization_id", "created_at"])


def _jobs() -> None:
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=False),
        sa.Column("result", sa.String(200), nullable=True),
        sa.Column("error", sa.String(64), nullable=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
