"""A whole copy of the store in one file, taken while it runs, and the way back.

Of SQLite the copy is a database like the original; of PostgreSQL a file of our own (`dump`).
"""

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import text

from egnatia.store.database import Database
from egnatia.store.migrating import migrate
from egnatia.store.sqlite import Sqlite

JUMP: Final = 1 << 32
"""How far positions and sequence numbers jump in a restored store: what peers saw after the backup was taken must not
be numbered again."""


def back_up(database: Database, path: Path) -> None:
    """Copy everything into `path`, as it is at one moment, while others read and write. Whole or not at all."""
    if path.exists():
        raise FileExistsError(f"{path} is there already: a backup never replaces another")
    partial = path.with_name(path.name + ".part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)  # it holds what the node holds, and lies where no folder keeps others out
    try:
        if isinstance(database, Sqlite):
            _copy_sqlite(database, partial)
        else:
            from egnatia.store import dump  # noqa: PLC0415  (PostgreSQL's driver, only where it is used)

            dump.copy(database, partial)
        _sync(partial)
        partial.rename(path)
        _sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def put_back(database: Database, path: Path) -> None:
    """Replace the content of the database, which nobody may have open, by that of the backup, and move on the numbers
    that must not be used twice. Raises ValueError where `path` is no backup for it."""
    if isinstance(database, Sqlite):
        _replace_sqlite(database, path)
        migrate(database)
    else:
        from egnatia.store import dump  # noqa: PLC0415

        migrate(database)
        dump.replace(database, path)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE state SET position = position + :jump"), {"jump": JUMP})
        connection.execute(text("UPDATE sequences SET number = number + :jump"), {"jump": JUMP})


def _copy_sqlite(database: Sqlite, path: Path) -> None:
    source, target = sqlite3.connect(database.path), sqlite3.connect(path)
    try:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
    finally:
        source.close()
        target.close()


def _replace_sqlite(database: Sqlite, path: Path) -> None:
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise ValueError(f"{path} is no backup of an SQLite store")
    database.engine.dispose()
    place = database.path
    partial = place.with_name(place.name + ".part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    shutil.copyfile(path, partial)
    _sync(partial)
    for suffix in ("-wal", "-shm"):
        place.with_name(place.name + suffix).unlink(missing_ok=True)
    partial.rename(place)
    _sync(place.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
