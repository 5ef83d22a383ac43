"""Documents: uploaded files, sealed, and the shelves on which they are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from senfcall_avv.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

REASONS = (
    *("none", "type", "heic", "mismatch", "size", "count", "empty", "damaged", "encrypted", "active", "malware"),
    *("unscanned", "duplicate", "pages", "pixels", "quota", "rate", "small", "broken"),
)
ENUMERATIONS = {
    "kind": ("proof", "authority", "answer"),
    "media_type": ("application/pdf", "image/jpeg", "image/png"),
    "state": ("accepted", "rejected"),
    "reason": REASONS,
    "note": REASONS,
    "scan": ("clean", "found", "not_available"),
}


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "documents",
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("organization_id", sa.String(22), nullable=False),
        sa.Column("application_id", sa.String(22), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("uploaded_by", sa.String(22), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("media_type", sa.String(32), nullable=True),
        sa.Column("original_name", sa.String(120), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("pages", sa.Integer, nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
        sa.Column("sealed_preview", sa.LargeBinary, nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("note", sa.String(32), nullable=True),
        sa.Column("scan", sa.String(32), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("forgotten_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_documents_organization_id_number")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_documents_size_not_negative")),
        sa.CheckConstraint(
            "(state = 'rejected') = (reason IS NOT NULL)", name=op.f("ck_documents_rejected_for_a_reason")
        ),
        sa.CheckConstraint("(state = 'accepted') = (sha256 IS NOT NULL)", name=op.f("ck_documents_accepted_with_hash")),
        sa.CheckConstraint(
            "(state = 'accepted' AND forgotten_at IS NULL) = (sealed IS NOT NULL)",
            name=op.f("ck_documents_bytes_while_kept"),
        ),
        *(
            sa.CheckConstraint(f"{name} IN ({', '.join(map(repr, values))})", name=op.f(f"ck_documents_{name}"))
            for name, values in ENUMERATIONS.items()
        ),
    )
    op.create_index("ix_documents_application_id", "documents", ["application_id"])
    op.create_index("ix_documents_uploaded_by", "documents", ["uploaded_by"])
    op.create_table(
        "document_shelves",
        sa.Column("organization_id", sa.String(22), nullable=False),
        sa.Column("last_number", sa.Integer, nullable=False),
        sa.Column("recent", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_document_shelves")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("document_shelves")
    op.drop_table("documents")
