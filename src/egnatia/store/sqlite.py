"""A node's records in one SQLite file."""
# ruff: noqa: S608 only names of tables, columns and directions are put into statements

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path
from threading import Event
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError

from egnatia.store.database import POLL_SECONDS, Database
from egnatia.store.link import Link

SECURE_TEXTS: Final = sqlite3.sqlite_version_info >= (3, 42)
"""Whether FTS5 can be told to leave nothing of a deleted word; older ones must merge their parts for that."""

_encode = msgspec.json.Encoder().encode
_BUSY_SECONDS: Final = 60
_TOGETHER: Final = (128, 64, 32, 16, 8, 4, 2, 1)
"""Rows of one INSERT in SQLite: other threads run while a statement does, and one that inserts many rows waits for them
once, not at every row."""

_LOOKUPS: Final = tuple(
    (size, f"SELECT name, number FROM names WHERE name IN ({','.join('?' * size)})") for size in _TOGETHER
)
_STATEMENTS: Final = 512
"""Statements that the writer's connection keeps prepared: each table's insertions, and the rest."""

_SETTLED_AT_LAST: Final = 3
"""Times that what was committed is moved: each time less was added in between, until the writer finds nothing left and
begins the file anew."""

_WRITER_SETTLES: Final = "PRAGMA wal_autocheckpoint = 8000"
"""Pages, 64 MB: where so many were not moved, the writer does it itself."""

_WRITER_CACHE: Final = "PRAGMA cache_size = -32000"
"""32 MB, so that a large transaction need not write its pages before it commits."""


class Sqlite(Database):
    """One file in WAL mode, fully synced at every commit; what is deleted is overwritten with zeros."""

    failures = (SQLAlchemyError, sqlite3.Error)

    def _dialect(self) -> Dialect:
        return sqlite.dialect(paramstyle="named")

    @property
    def path(self) -> Path:
        if not self.url.database or self.url.database == ":memory:":
            raise ValueError("a store in memory is not durable: name a file, sqlite:///path")
        return Path(self.url.database)

    def _engine(self) -> Engine:
        if not self.path.exists() and self.path.parent.is_dir():
            self.path.touch(mode=0o600)  # for its owner alone, also in a folder that others may look into
        engine = create_engine(
            f"sqlite:///{self.path}",
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False, "cached_statements": _STATEMENTS},
        )

        @event.listens_for(engine, "connect")
        def _prepare(connection: sqlite3.Connection, _record: object) -> None:
            connection.isolation_level = None
            _pragmas(connection)
            connection.execute(_WRITER_CACHE)
            connection.execute(_WRITER_SETTLES)

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            # On the bare connection: SQLAlchemy would make an answer of it, for every commit.
            driver: Any = connection.connection.driver_connection
            driver.execute("BEGIN IMMEDIATE")

        return engine

    def connect(self) -> Link:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        _pragmas(connection)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def bound(self, values: dict[str, Any]) -> dict[str, Any]:
        for key, value in values.items():
            if type(value) is list:
                # Long lists are of numbers; of texts some hold half of a surrogate pair, which only `json` writes.
                whole = not value or type(value[0]) is int
                values[key] = _encode(value).decode() if whole else json.dumps(value)
        return values

    def _each(self, parameter: str) -> str:
        return f"json_each(:{parameter})"

    def _ranked(self, parameter: str) -> str:
        return f"(SELECT key + 1 AS place, value FROM json_each(:{parameter})) AS each"

    def shelf_rows(self, newest_first: bool) -> str:
        within, order = "w.position > :low AND w.position <= :high", "DESC" if newest_first else ""
        last = f"SELECT w.position FROM versions w WHERE w.shelf = value AND {within} ORDER BY w.position {order}"
        edge = f"({last} LIMIT 1 OFFSET :size - 1)"
        bounds = (
            f"v.position >= coalesce({edge}, :low + 1) AND v.position <= :high"
            if newest_first
            else f"v.position > :low AND v.position <= coalesce({edge}, :high)"
        )
        return (
            f"SELECT v.shelf, v.position FROM {{each:shelves}} CROSS JOIN versions v WHERE v.shelf = value AND {bounds}"
        )

    def _member(self, column: str, parameter: str, kind: str) -> str:
        return f"{column} IN (SELECT value FROM json_each(:{parameter}))"

    def insert(self, link: Link, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        start, count = 0, len(rows)
        for size, statement in _insertions(table):
            while count - start >= size:
                link.execute(statement, list(chain.from_iterable(rows[start : start + size])))
                start += size

    def numbers(self, link: Link, names: Sequence[str]) -> list[tuple[str, int]]:
        # Without `json_each`: each transaction looks up the few names that are new to it.
        found: list[tuple[str, int]] = []
        start, count = 0, len(names)
        for size, statement in _LOOKUPS:
            while count - start >= size:
                found += link.execute(statement, names[start : start + size]).fetchall()
                start += size
        return found

    @contextmanager
    def transaction(self, connection: Connection) -> Iterator[None]:
        # SQLAlchemy's part in an empty transaction costs four times the database's.
        link: Any = connection.connection.driver_connection
        link.execute("BEGIN IMMEDIATE")
        try:
            yield
            link.execute("COMMIT")
        except BaseException:
            if link.in_transaction:
                link.execute("ROLLBACK")
            raise

    def lock(self, link: Link) -> tuple[int, ...]:
        return tuple(link.execute("SELECT * FROM state").fetchone())  # the transaction began as a writer's

    def announce(self, link: Link, position: int) -> None:
        """Others look at the file themselves."""

    def unindex(self, link: Link, position: int) -> None:
        link.execute("DELETE FROM texts WHERE rowid = ?", (position,))

    def merge_texts(self, connection: Connection) -> bool:
        if SECURE_TEXTS:
            return False
        link: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        before = link.total_changes
        link.execute("INSERT INTO texts (texts, rank) VALUES ('merge', -200)")
        return link.total_changes - before >= 2

    def settle(self) -> None:
        link = self.connect()
        try:
            for _ in range(_SETTLED_AT_LAST):
                busy, written, settled = link.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if busy or written == settled:
                    return
        finally:
            link.close()

    def scrub(self) -> None:
        link = self.connect()
        try:
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            link.close()

    def shrink(self, link: Link) -> None:
        link.execute("PRAGMA shrink_memory")

    def elsewhere(self, stop: Event) -> Iterator[int]:
        link = self.connect()
        try:
            seen = None
            while not stop.wait(POLL_SECONDS):
                ((version,),) = self.rows(link, "PRAGMA data_version")
                if version != seen:
                    seen = version
                    yield self.rows(link, "SELECT position FROM state")[0][0]
        finally:
            link.close()

    def size_bytes(self) -> int:
        beside = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(each.stat().st_size for each in beside if each.exists())

    @property
    def release(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}"

    def default_ledger(self) -> Path:
        return self.path.with_name(self.path.name + "-erased")


@cache
def _insertions(table: Table) -> tuple[tuple[int, str], ...]:
    """The statements that insert many rows, fewer, and one.

    What fails takes its whole transaction with it: to take back a statement alone, SQLite would copy every page that it
    is about to change, which costs more than the insertion.
    """
    one = f"({','.join('?' * len(table.columns))})"
    into = f"INSERT OR ROLLBACK INTO {table.name} VALUES "
    return tuple((size, into + ",".join([one] * size)) for size in _TOGETHER)


def _pragmas(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA page_size = 8192")  # of a new file: records of 2 KB fill pages of 4 KB by half
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 2000")
