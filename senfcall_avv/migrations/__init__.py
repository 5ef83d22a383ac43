"""Migrations of the database, run without an ini file."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from senfcall_avv.db import BEGIN_IMMEDIATE, make_engine


def configuration(connection: Connection | None = None) -> Config:
    """Give Alembic's configuration; with a connection, commands run on it and leave the commit to its owner."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(url: str) -> None:
    """Bring a database to the newest form, all or nothing. Raises what ``make_engine`` and Alembic raise."""
    engine = make_engine(url)
    try:
        # Writing from the beginning: of two processes that start at once, SQLite lets the second wait here.
        with engine.execution_options(**{BEGIN_IMMEDIATE: True}).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            command.upgrade(configuration(connection), "head")
    finally:
        engine.dispose()


_LOCK = 0x617676_6D696772
"""Number of PostgreSQL's lock that lets one process migrate at a time: "avvmigr" in ASCII."""
