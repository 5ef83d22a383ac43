"""Organisations' people and applications: memberships, invitations, applications with their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from senfcall_avv.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROLES = "'owner', 'technical', 'privacy'"
OPEN_STATES = "'deferred', 'draft', 'in_review', 'info_requested', 'second_review', 'submitted'"
STATES = (
    "'draft', 'submitted', 'in_review', 'deferred', 'info_requested', 'second_review', 'approved', 'declined', "
    "'withdrawn', 'expired', 'deleted'"
)
EVENTS = (
    "'start', 'submit', 'discard', 'lapse', 'claim', 'release', 'take_over', 'ask', 'answer', 'no_answer', 'defer', "
    "'resume', 'recommend', 'confirm', 'return', 'approve', 'decline', 'withdraw', 'reapply', 'reconsider'"
)
WHO = "'owner', 'reviewer', 'second', 'operator', 'system'"


def upgrade() -> None:
    """Go forward."""
    _memberships()
    _invitations()
    _applications()
    _application_answers()
    _application_events()
    op.create_table(
        "application_numbers",
        sa.Column("year", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_application_numbers")),
    )


def downgrade() -> None:
    """Go back."""
    for table in (
        "application_numbers",
        "application_events",
        "application_answers",
        "applications",
        "invitations",
        "memberships",
    ):
        op.drop_table(table)


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("organization_id", sa.String(22), nullable=False),
        sa.Column("account_id", sa.String(22), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "account_id", name=op.f("pk_memberships")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_memberships_organization_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_memberships_account_id")),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_memberships_role")),
    )
    op.create_index("ix_memberships_account_id", "memberships", ["account_id"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("organization_id", sa.String(22), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("inviter_role", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_invitations_organization_id")),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_invitations_role")),
        sa.CheckConstraint(f"inviter_role IN ({ROLES})", name=op.f("ck_invitations_inviter_role")),
    )
    op.create_index("ix_invitations_organization_id_created_at", "invitations", ["organization_id", "created_at"])
    unanswered = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_invitations_open",
        "invitations",
        ["organization_id", "email"],
        unique=True,
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )


def _applications() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("organization_id", sa.String(22), nullable=False),
        sa.Column("number", sa.String(16), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *(sa.Column(name, UtcDateTime, nullable=False) for name in ("created_at", "touched_at")),
        *(sa.Column(name, UtcDateTime, nullable=True) for name in ("reminded_at", "submitted_at")),
        sa.Column("submitted_by", sa.String(22), nullable=True),
        sa.Column("text_version", sa.String(16), nullable=True),
        sa.Column("text_hash", sa.String(64), nullable=True),
        sa.Column("terms_version", sa.String(16), nullable=True),
        sa.Column("snapshot", sa.JSON, nullable=True),
        sa.Column("name_skeleton", sa.String(200), nullable=True),
        sa.Column("domain_skeleton", sa.String(254), nullable=True),
        sa.Column("decided_at", UtcDateTime, nullable=True),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("reason_text", sa.Text, nullable=True),
        sa.Column("help_text", sa.Text, nullable=True),
        sa.Column("valid_until", sa.Date, nullable=True),
        sa.Column("uploads_removed_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("number", name=op.f("uq_applications_number")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_applications_organization_id")
        ),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_applications_state")),
    )
    op.create_index("ix_applications_organization_id", "applications", ["organization_id"])
    op.create_index("ix_applications_state_submitted_at", "applications", ["state", "submitted_at"])
    op.create_index("ix_applications_name_skeleton", "applications", ["name_skeleton"])
    op.create_index("ix_applications_domain_skeleton", "applications", ["domain_skeleton"])
    still_open = sa.text(f"state IN ({OPEN_STATES})")
    op.create_index(
        "uq_applications_open",
        "applications",
        ["organization_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _application_answers() -> None:
    op.create_table(
        "application_answers",
        sa.Column("application_id", sa.String(22), nullable=False),
        sa.Column("task", sa.String(32), nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("saved_at", UtcDateTime, nullable=False),
        sa.Column("saved_by", sa.String(22), nullable=True),
        sa.PrimaryKeyConstraint("application_id", "task", name=op.f("pk_application_answers")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_application_answers_application_id"),
            ondelete="CASCADE",
        ),
    )


def _application_events() -> None:
    op.create_table(
        "application_events",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("application_id", sa.String(22), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("before", sa.String(32), nullable=True),
        sa.Column("after", sa.String(32), nullable=False),
        sa.Column("who", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(22), nullable=True),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_events")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_application_events_application_id"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(f"event IN ({EVENTS})", name=op.f("ck_application_events_event")),
        sa.CheckConstraint(f'"before" IN ({STATES})', name=op.f("ck_application_events_before")),
        sa.CheckConstraint(f'"after" IN ({STATES})', name=op.f("ck_application_events_after")),
        sa.CheckConstraint(f"who IN ({WHO})", name=op.f("ck_application_events_who")),
    )
    op.create_index("ix_application_events_application_id", "application_events", ["application_id"])
