"""The two databases and all that differs between them."""
# ruff: noqa: S608 only names of tables, columns and directions are put into statements

import json
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from threading import Event
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url

from egnatia.store.link import Link, Pool

CHANNEL: Final = "egnatia"
SECURE_TEXTS: Final = sqlite3.sqlite_version_info >= (3, 42)
"""Whether FTS5 can be told to leave nothing of a deleted word; older ones must merge their parts for that."""

_BUSY_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.1
_TOGETHER: Final = (64, 8, 1)
"""Rows of one INSERT in SQLite, at most 999 values: other threads run while a statement does, and one that inserts
many rows waits for them once, not at every row."""

_WRITER_CACHE: Final = "PRAGMA cache_size = -32000"
"""32 MB, so that a large transaction need not write its pages before it commits."""

_BY_INDEX: Final = "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; SET jit = off"
"""Every statement looks up a few rows by an index; PostgreSQL is kept from reading a whole table for them while it does
not know yet how large it has become."""

_MARK: Final = re.compile(r"\{(\w+(?::[\w.]+)*)\}")


class Database(ABC):
    """One database: an engine for what is rare, bare connections for what is hot."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine: Engine = self._engine()
        self.readers = Pool(self.connect)
        self._statements: dict[str, str] = {}

    def sql(self, template: str) -> str:
        """A statement with `:named` parameters in the words of this database. `{among:column:parameter}` is
        membership in an array of numbers, `{amongst:column:parameter}` of texts, `{each:parameter}` a table with the
        numbers of an array in its column `value`, `{ranked:parameter}` the same with their places from 1 in `place`."""
        found = self._statements.get(template)
        if found is None:
            found = self._statements[template] = self._translated(template)
        return found

    def _translated(self, template: str) -> str:
        def replaced(found: re.Match[str]) -> str:
            kind, *words = found[1].split(":")
            match kind:
                case "among":
                    return self._member(words[0], words[1], "bigint")
                case "amongst":
                    return self._member(words[0], words[1], "text")
                case "each":
                    return self._each(*words)
                case "ranked":
                    return self._ranked(*words)
                case _:
                    raise ValueError(f"no such mark in a statement: {found[0]}")

        return str(text(_MARK.sub(replaced, template)).compile(dialect=self._dialect()))

    def rows(self, link: Link, template: str, **values: Any) -> list[Any]:
        """All rows of the answer; lists are array parameters."""
        return link.execute(self.sql(template), self.bound(values)).fetchall()  # type: ignore[no-any-return]

    def run(self, link: Link, template: str, **values: Any) -> int:
        """How many rows the statement changed."""
        return link.execute(self.sql(template), self.bound(values)).rowcount  # type: ignore[no-any-return]

    def close(self) -> None:
        self.readers.close()
        self.engine.dispose()

    def _dialect(self) -> Dialect:
        """How statements for bare connections are written: with named parameters."""
        return self.engine.dialect

    @abstractmethod
    def _engine(self) -> Engine: ...

    @abstractmethod
    def connect(self) -> Link:
        """A bare connection in autocommit mode, for reading only."""

    @abstractmethod
    def bound(self, values: dict[str, Any]) -> dict[str, Any]: ...

    @abstractmethod
    def _member(self, column: str, parameter: str, kind: str) -> str: ...

    @abstractmethod
    def _each(self, parameter: str) -> str: ...

    @abstractmethod
    def _ranked(self, parameter: str) -> str: ...

    @abstractmethod
    def shelf_rows(self, newest_first: bool) -> str:
        """The statement for shelf and position of up to `size` rows of each of `shelves`, between `low` and `high`."""

    @abstractmethod
    def insert(self, link: Link, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows with a value for every column of the table, in its order."""

    @abstractmethod
    def lock(self, link: Link) -> tuple[int, ...]:
        """The row of `state`, locked against other writers until the transaction ends."""

    @abstractmethod
    def announce(self, link: Link, position: int) -> None:
        """Within a transaction: when it commits, other processes hear of `position`."""

    @abstractmethod
    def unindex(self, link: Link, position: int) -> None:
        """Take a row out of the full text."""

    @abstractmethod
    def merge_texts(self, connection: Connection) -> bool:
        """Take erased words out of the full text, some of the work at a time; whether there is more to do."""

    @abstractmethod
    def scrub(self) -> None:
        """Free the space where erased rows were; outside of a transaction."""

    @abstractmethod
    def elsewhere(self, stop: Event) -> Iterator[int]:
        """The end of the log whenever it may have moved, until `stop` is set."""

    @abstractmethod
    def size_bytes(self) -> int:
        """What the database takes on its disk."""

    @property
    @abstractmethod
    def release(self) -> str:
        """Which database it is, and of which release."""

    @abstractmethod
    def default_ledger(self) -> Path:
        """Where erasures are remembered unless said otherwise."""


def open_database(url: str) -> Database:
    """The database behind `sqlite:///path` or `postgresql://...`; raises ValueError for any other."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return Sqlite(parsed)
        case "postgresql":
            return Postgres(parsed.set(drivername="postgresql+psycopg"))
        case other:
            raise ValueError(f"a node keeps its records in SQLite or PostgreSQL, not in {other!r}")


class Sqlite(Database):
    """One file in WAL mode, fully synced at every commit; what is deleted is overwritten with zeros."""

    def _dialect(self) -> Dialect:
        return sqlite.dialect(paramstyle="named")

    @property
    def path(self) -> Path:
        if not self.url.database or self.url.database == ":memory:":
            raise ValueError("a store in memory is not durable: name a file, sqlite:///path")
        return Path(self.url.database)

    def _engine(self) -> Engine:
        engine = create_engine(
            f"sqlite:///{self.path}", connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False}
        )

        @event.listens_for(engine, "connect")
        def _prepare(connection: sqlite3.Connection, _record: object) -> None:
            connection.isolation_level = None
            _pragmas(connection)
            connection.execute(_WRITER_CACHE)

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

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
                values[key] = json.dumps(value)
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
        start = 0
        for size in _TOGETHER:
            one = f"({','.join('?' * len(table.columns))})"
            statement = f"INSERT INTO {table.name} VALUES {','.join([one] * size)}"
            while len(rows) - start >= size:
                link.execute(statement, list(chain.from_iterable(rows[start : start + size])))
                start += size

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

    def scrub(self) -> None:
        link = self.connect()
        try:
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            link.close()

    def elsewhere(self, stop: Event) -> Iterator[int]:
        link = self.connect()
        try:
            seen = None
            while not stop.wait(_POLL_SECONDS):
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


def _pragmas(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")


class Postgres(Database):
    """One database, several processes; every commit is synchronous."""

    def _engine(self) -> Engine:
        engine = create_engine(self.url, pool_size=2, max_overflow=16)

        @event.listens_for(engine, "connect")
        def _prepare(connection: psycopg.Connection, _record: object) -> None:
            connection.execute(_BY_INDEX)
            connection.commit()

        return engine

    @property
    def dsn(self) -> str:
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def connect(self) -> Link:
        connection = psycopg.connect(self.dsn, autocommit=True, prepare_threshold=2)
        connection.execute("SET default_transaction_read_only = on")
        connection.execute(_BY_INDEX)
        return connection

    def bound(self, values: dict[str, Any]) -> dict[str, Any]:
        return values

    def _each(self, parameter: str) -> str:
        return f"unnest(CAST(:{parameter} AS bigint[])) AS each(value)"

    def _ranked(self, parameter: str) -> str:
        return f"unnest(CAST(:{parameter} AS bigint[])) WITH ORDINALITY AS each(value, place)"

    def shelf_rows(self, newest_first: bool) -> str:
        order = "DESC" if newest_first else ""
        return (
            "SELECT found.shelf, found.position FROM {each:shelves} CROSS JOIN LATERAL"
            " (SELECT v.shelf, v.position FROM versions v WHERE v.shelf = value AND v.position > :low"
            f" AND v.position <= :high ORDER BY v.position {order} LIMIT :size) AS found"
        )

    def _member(self, column: str, parameter: str, kind: str) -> str:
        return f"{column} = ANY(CAST(:{parameter} AS {kind}[]))"

    def insert(self, link: Link, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            with link.cursor().copy(f"COPY {table.name} ({_columns(table)}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in rows:
                    copy.write_row(row)

    def lock(self, link: Link) -> tuple[int, ...]:
        return tuple(link.execute("SELECT * FROM state FOR UPDATE").fetchone())

    def announce(self, link: Link, position: int) -> None:
        link.execute(f"SELECT pg_notify('{CHANNEL}', '{position:d}')")

    def unindex(self, link: Link, position: int) -> None:
        link.execute("DELETE FROM texts WHERE position = %s", (position,))

    def merge_texts(self, connection: Connection) -> bool:
        return False

    def scrub(self) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("VACUUM bodies, refs, observables, texts")

    def elsewhere(self, stop: Event) -> Iterator[int]:
        while not stop.is_set():
            try:
                yield from self._heard(stop)
            except psycopg.OperationalError:
                stop.wait(1)

    def _heard(self, stop: Event) -> Iterator[int]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            yield self.rows(connection, "SELECT position FROM state")[0][0]
            while not stop.is_set():
                for notice in connection.notifies(timeout=_POLL_SECONDS):
                    yield int(notice.payload)
                    if stop.is_set():
                        return

    def size_bytes(self) -> int:
        with self.readers.link() as link:
            return int(self.rows(link, "SELECT pg_database_size(current_database())")[0][0])

    @property
    def release(self) -> str:
        with self.readers.link() as link:
            return f"PostgreSQL {self.rows(link, 'SHOW server_version')[0][0]}"

    def default_ledger(self) -> Path:
        raise ValueError("name the file that remembers erasures (`ledger`): it is not part of a PostgreSQL database")


def _columns(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)
