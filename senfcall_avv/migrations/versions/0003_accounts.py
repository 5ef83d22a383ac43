"""Accounts: people, sessions, tokens, factors, attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from senfcall_avv.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DIGEST = sa.String(64)
ID = sa.String(22)
TABLES = (
    "staff_roles",
    "login_attempts",
    "passkey_challenges",
    "passkeys",
    "recovery_codes",
    "totp",
    "account_tokens",
    "known_devices",
    "login_sessions",
    "accounts",
)


def upgrade() -> None:
    """Go forward."""
    _accounts()
    _login_sessions()
    _known_devices()
    _account_tokens()
    _totp()
    _recovery_codes()
    _passkeys()
    _passkey_challenges()
    _login_attempts()
    _staff_roles()


def downgrade() -> None:
    """Go back."""
    for table in TABLES:
        op.drop_table(table)


def _of_account(table: str, *, nullable: bool = False) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    return (
        sa.Column("account_id", ID, nullable=nullable),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id"), ondelete="CASCADE"
        ),
    )


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime, nullable=nullable)


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("signup_browser", DIGEST, nullable=True),
        _moment("created_at"),
        *(
            _moment(name, nullable=True)
            for name in ("confirmed_at", "locked_at", "last_login_at", "exported_at", "warned_at")
        ),
        _primary("accounts", "id"),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
        _one_of("accounts", "language", "de", "en"),
    )
    op.create_index("ix_accounts_last_login_at", "accounts", ["last_login_at"])
    unconfirmed = sa.text("confirmed_at IS NULL")
    op.create_index(
        "ix_accounts_created_at", "accounts", ["created_at"], sqlite_where=unconfirmed, postgresql_where=unconfirmed
    )


def _login_sessions() -> None:
    op.create_table(
        "login_sessions",
        sa.Column("id", DIGEST, nullable=False),
        *_of_account("login_sessions"),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("second_factor", sa.Boolean, nullable=False),
        sa.Column("device", sa.String(80), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        _moment("started_at"),
        _moment("seen_at"),
        _moment("fresh_at"),
        _primary("login_sessions", "id"),
        _one_of("login_sessions", "stage", "factor", "enrolment", "complete"),
    )
    op.create_index("ix_login_sessions_account_id", "login_sessions", ["account_id"])


def _known_devices() -> None:
    op.create_table(
        "known_devices",
        sa.Column("digest", DIGEST, nullable=False),
        *_of_account("known_devices"),
        _moment("seen_at"),
        _primary("known_devices", "digest", "account_id"),
    )
    op.create_index("ix_known_devices_account_id", "known_devices", ["account_id"])


def _account_tokens() -> None:
    op.create_table(
        "account_tokens",
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        *_of_account("account_tokens", nullable=True),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("thing", ID, nullable=True),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _primary("account_tokens", "digest"),
        _one_of("account_tokens", "purpose", "confirm", "reset", "email", "invitation"),
    )
    op.create_index("ix_account_tokens_purpose_account_id", "account_tokens", ["purpose", "account_id"])
    op.create_index("ix_account_tokens_thing", "account_tokens", ["thing"])


def _totp() -> None:
    op.create_table(
        "totp",
        *_of_account("totp"),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        _moment("created_at"),
        _primary("totp", "account_id"),
    )


def _recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("digest", DIGEST, nullable=False),
        *_of_account("recovery_codes"),
        _moment("created_at"),
        _moment("used_at", nullable=True),
        _primary("recovery_codes", "digest"),
    )
    op.create_index("ix_recovery_codes_account_id", "recovery_codes", ["account_id"])


def _passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", ID, nullable=False),
        *_of_account("passkeys"),
        sa.Column("credential_id", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        _moment("created_at"),
        _moment("used_at", nullable=True),
        _primary("passkeys", "id"),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index("ix_passkeys_account_id", "passkeys", ["account_id"])


def _passkey_challenges() -> None:
    op.create_table(
        "passkey_challenges",
        sa.Column("id", ID, nullable=False),
        sa.Column("challenge", sa.LargeBinary, nullable=False),
        sa.Column("ceremony", sa.String(32), nullable=False),
        sa.Column("bound_to", DIGEST, nullable=False),
        *_of_account("passkey_challenges", nullable=True),
        _moment("expires_at"),
        _primary("passkey_challenges", "id"),
        _one_of("passkey_challenges", "ceremony", "register", "login", "factor", "confirm"),
    )
    op.create_index("ix_passkey_challenges_expires_at", "passkey_challenges", ["expires_at"])


def _login_attempts() -> None:
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        _moment("at"),
        _primary("login_attempts", "id"),
        _one_of("login_attempts", "kind", "login", "factor", "signup", "reset", "notice", "challenge"),
    )
    op.create_index("ix_login_attempts_kind_subject_at", "login_attempts", ["kind", "subject", "at"])
    op.create_index("ix_login_attempts_kind_origin_at", "login_attempts", ["kind", "origin", "at"])
    op.create_index("ix_login_attempts_at", "login_attempts", ["at"])


def _staff_roles() -> None:
    op.create_table(
        "staff_roles",
        *_of_account("staff_roles"),
        sa.Column("role", sa.String(32), nullable=False),
        _moment("created_at"),
        _primary("staff_roles", "account_id", "role"),
        _one_of("staff_roles", "role", "reviewer", "operator"),
    )
