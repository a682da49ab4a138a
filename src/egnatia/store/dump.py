"""A backup of PostgreSQL: a line of JSON that says what follows, then each table as `COPY` writes it, in frames of a
length (four bytes, big endian) and that many bytes, an empty frame after each table."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import psycopg

from egnatia.store.database import Database
from egnatia.store.migrating import HEAD
from egnatia.store.postgres import Postgres
from egnatia.store.schema import metadata

FORMAT: Final = "egnatia backup 1"


class Header(msgspec.Struct, frozen=True):
    """What the file begins with."""

    format: str
    revision: str
    tables: tuple[str, ...]


def copy(database: Database, path: Path) -> None:
    """Everything, as it is at one moment."""
    header = Header(FORMAT, HEAD, _tables())
    with path.open("wb") as file, psycopg.connect(_dsn(database)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        file.write(msgspec.json.encode(header) + b"\n")
        for name in header.tables:
            with connection.cursor().copy(f"COPY {_named(name)} TO STDOUT") as copy:
                for data in copy:
                    file.write(len(data).to_bytes(4, "big"))
                    file.write(data)
            file.write(bytes(4))


def replace(database: Database, path: Path) -> None:
    """The content of the database becomes that of the file; raises ValueError where it is none of this release."""
    with path.open("rb") as file, psycopg.connect(_dsn(database)) as connection:
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


def _tables() -> tuple[str, ...]:
    """All of the schema; the full text is not among them, it follows from the rest."""
    return tuple(f"{table.name}" for table in metadata.sorted_tables)


def _dsn(database: Database) -> str:
    if not isinstance(database, Postgres):
        raise TypeError(f"neither SQLite nor PostgreSQL: {database!r}")
    return database.dsn
