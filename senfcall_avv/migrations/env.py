"""Alembic's entry: runs on the connection that ``senfcall_avv.migrations`` hands over."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from senfcall_avv.db import Base, UtcDateTime

# Every room's tables, found as files: this ground imports no room by name.
for _models in sorted(Path(__file__).parents[1].glob("*/models.py")):
    importlib.import_module(f"senfcall_avv.{_models.parent.name}.models")


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Write our own column type by its name, and import it."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen_context.imports.add("from senfcall_avv.db import UtcDateTime")
        return "UtcDateTime()"
    return False


def run() -> None:
    """Run the migrations that were asked for."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is None:
        raise RuntimeError("migrations need a connection: use senfcall_avv.migrations.migrate")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
