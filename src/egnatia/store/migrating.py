"""The schema is brought up to this release's by Alembic; where it is already, Alembic is not even loaded."""

import threading
from pathlib import Path
from threading import Lock
from typing import Final

from sqlalchemy import Connection, insert, inspect, select, text

from egnatia.store.database import Database
from egnatia.store.schema import state
from egnatia.store.sqlite import SECURE_TEXTS

HEAD: Final = "0003"
"""The revision of this release."""

_ONE_AT_A_TIME: Final = threading.Lock()
"""Alembic keeps its context in the module."""

_LOCK: Final = 0x6567_6E61_7469_61
_alembic: Final = Lock()  # it keeps what it works on in module globals, so stores are opened one after the other


def migrate(database: Database) -> None:
    """Make or upgrade the schema. Safe when several processes, or threads of one, start at once."""
    with _ONE_AT_A_TIME, database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if revision(connection) != HEAD:
            _upgrade(connection)
        if connection.dialect.name == "sqlite" and SECURE_TEXTS:
            connection.execute(text("INSERT INTO texts (texts, rank) VALUES ('secure-delete', 1)"))
        if connection.execute(select(state.c.one)).first() is None:
            connection.execute(insert(state).values(one=1, position=0, at=0, names=0, attestations=0, generation=0))


def revision(connection: Connection) -> str | None:
    """The revision of the schema that is there; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 many megabytes that a running node does not need
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    with _alembic:
        command.upgrade(config, "head")
