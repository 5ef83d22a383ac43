"""The first tables: organisations, endpoints with secrets, the epoch with its triggers, the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from senfcall_avv.db import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LIMITS = ("calls_per_minute", "joins_per_minute", "meetings", "participants", "duration")
WATCHED = ("organizations", "endpoints", "endpoint_secrets")
MOVE = "UPDATE epoch SET number = number + 1"


def upgrade() -> None:
    """Go forward."""
    _organizations()
    _endpoints()
    _endpoint_secrets()
    _epoch()
    _ledger_entries()


def downgrade() -> None:
    """Go back."""
    for table in ("ledger_entries", "endpoint_secrets", "endpoints", "organizations", "epoch"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION move_epoch")


def _organizations() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("policy_profile", sa.String(64), nullable=False),
        *(sa.Column(limit, sa.Integer, nullable=True) for limit in LIMITS),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        *(sa.CheckConstraint(f"{limit} >= 0", name=op.f(f"ck_organizations_{limit}_not_negative")) for limit in LIMITS),
    )
    op.create_index("ix_organizations_name", "organizations", ["name"])


def _endpoints() -> None:
    op.create_table(
        "endpoints",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("organization_id", sa.String(22), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
        sa.UniqueConstraint("key", name=op.f("uq_endpoints_key")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_endpoints_organization_id")),
        sa.CheckConstraint("length(key) = 16", name=op.f("ck_endpoints_key_length")),
        sa.CheckConstraint("state IN ('active', 'paused_hard', 'revoked')", name=op.f("ck_endpoints_state")),
    )
    op.create_index("ix_endpoints_organization_id", "endpoints", ["organization_id"])


def _endpoint_secrets() -> None:
    op.create_table(
        "endpoint_secrets",
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("endpoint_id", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("valid_until", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint_secrets")),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_endpoint_secrets_endpoint_id")),
    )
    op.create_index("ix_endpoint_secrets_endpoint_id", "endpoint_secrets", ["endpoint_id"])
    current = sa.text("valid_until IS NULL")
    op.create_index(
        "uq_endpoint_secrets_current",
        "endpoint_secrets",
        ["endpoint_id"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )


def _epoch() -> None:
    op.create_table(
        "epoch",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epoch")),
        sa.CheckConstraint("id = 1", name=op.f("ck_epoch_one_row")),
    )
    op.execute("INSERT INTO epoch (id, number) VALUES (1, 1)")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE FUNCTION move_epoch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {MOVE}; RETURN NULL; END'")
        for table in WATCHED:
            op.execute(
                f"CREATE TRIGGER {table}_move_epoch AFTER INSERT OR UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION move_epoch()"
            )
        return
    for table in WATCHED:
        for change in ("insert", "update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_{change}_moves_epoch AFTER {change.upper()} ON {table} BEGIN {MOVE}; END"
            )


def _ledger_entries() -> None:
    row = ("organization_id", "day", "key", "call", "name", "reason")
    op.create_table(
        "ledger_entries",
        sa.Column("organization_id", sa.String(22), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("call", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("neutral", sa.Integer, nullable=False),
        sa.Column("first_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("revision", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint(*row, name=op.f("pk_ledger_entries")),
    )
    op.create_index("ix_ledger_entries_day", "ledger_entries", ["day"])
