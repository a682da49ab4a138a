"""A whole copy of the store in one file, taken while it runs, and the way back.

Of SQLite the copy is a database like the original; of PostgreSQL a file of our own: a line of JSON that says what
follows, then each table as `COPY` writes it, in frames of a length (four bytes, big endian) and that many bytes, an
empty frame after each table.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import psycopg
from sqlalchemy import text

from egnatia.store.database import Database, Postgres, Sqlite
from egnatia.store.migrating import HEAD, migrate
from egnatia.store.schema import metadata

FORMAT: Final = "egnatia backup 1"
JUMP: Final = 1 << 32
"""How far positions and sequence numbers jump in a restored store: what peers saw after the backup was taken must not
be numbered again."""


class Header(msgspec.Struct, frozen=True):
    """What a backup of PostgreSQL begins with."""

    format: str
    revision: str
    tables: tuple[str, ...]


def back_up(database: Database, path: Path) -> None:
    """Copy everything into `path`, as it is at one moment, while others read and write. Whole or not at all."""
    if path.exists():
        raise FileExistsError(f"{path} is there already: a backup never replaces another")
    partial = path.with_name(path.name + ".part")
    try:
        if isinstance(database, Sqlite):
            _copy_sqlite(database, partial)
        else:
            _copy_postgres(_postgres(database), partial)
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
        migrate(database)
        _replace_postgres(_postgres(database), path)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE state SET position = position + :jump"), {"jump": JUMP})
        connection.execute(text("UPDATE sequences SET number = number + :jump"), {"jump": JUMP})


def _postgres(database: Database) -> Postgres:
    if not isinstance(database, Postgres):
        raise TypeError(f"neither SQLite nor PostgreSQL: {database!r}")
    return database


def _copy_sqlite(database: Sqlite, path: Path) -> None:
    path.unlink(missing_ok=True)
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
    shutil.copyfile(path, partial)
    _sync(partial)
    for suffix in ("-wal", "-shm"):
        place.with_name(place.name + suffix).unlink(missing_ok=True)
    partial.rename(place)
    _sync(place.parent)


def _tables() -> tuple[str, ...]:
    """All of the schema; the full text is not among them, it follows from the rest."""
    return tuple(f"{table.name}" for table in metadata.sorted_tables)


def _copy_postgres(database: Postgres, path: Path) -> None:
    header = Header(FORMAT, HEAD, _tables())
    with path.open("wb") as file, psycopg.connect(database.dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        file.write(msgspec.json.encode(header) + b"\n")
        for name in header.tables:
            with connection.cursor().copy(f"COPY {_named(name)} TO STDOUT") as copy:
                for data in copy:
                    file.write(len(data).to_bytes(4, "big"))
                    file.write(data)
            file.write(bytes(4))


def _replace_postgres(database: Postgres, path: Path) -> None:
    with path.open("rb") as file, psycopg.connect(database.dsn) as connection:
        try:
            header = msgspec.json.decode(file.readline(), type=Header)
        except (msgspec.DecodeError, UnicodeDecodeError):
            header = Header("", "", ())
        if header.format != FORMAT or header.revision != HEAD or header.tables != _tables():
            raise ValueError(f"{path} is no backup of a PostgreSQL store of this release")
        connection.execute(f"TRUNCATE texts, {', '.join(header.tables)}")
        for name in header.tables:
            with connection.cursor().copy(f"COPY {_named(name)} FROM STDIN") as copy:
                for data in _frames(file):
                    copy.write(data)
        connection.execute("DELETE FROM watermarks")
        if file.read(1):
            raise ValueError(f"{path} goes on after its end")


def _named(table: str) -> str:
    return f"{table} ({', '.join(column.name for column in metadata.tables[table].columns)})"


def _frames(file: BinaryIO) -> Iterator[bytes]:
    while True:
        length = file.read(4)
        size = int.from_bytes(length, "big")
        data = file.read(size)
        if len(length) < 4 or len(data) < size:
            raise ValueError(f"{file.name} ends too early")
        if not size:
            return
        yield data


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
