"""A node's records in PostgreSQL."""
# ruff: noqa: S608 only names of tables and columns are put into statements

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any, Final

import msgspec
import psycopg
from psycopg.types.numeric import Int8Dumper
from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from egnatia.store.database import POLL_SECONDS, Database
from egnatia.store.link import Link

CHANNEL: Final = "egnatia"
_encode = msgspec.json.Encoder().encode
_BY_INDEX: Final = "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; SET jit = off"
"""Every statement looks up a few rows by an index; PostgreSQL is kept from reading a whole table for them while it does
not know yet how large it has become."""


class Postgres(Database):
    """One database, several processes; every commit is synchronous."""

    failures = (SQLAlchemyError, psycopg.Error)

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
        # As wide as the columns: else a statement is prepared and planned anew for each width of its numbers.
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.execute("SET default_transaction_read_only = on")
        connection.execute(_BY_INDEX)
        return connection

    def rows(self, link: Link, template: str, **values: Any) -> list[Any]:
        connection: Any = link
        # In binary: bodies would be spelled out in hexadecimal and read back.
        found: list[Any] = connection.execute(self.sql(template), self.bound(values), binary=True).fetchall()
        return found

    def bound(self, values: dict[str, Any]) -> dict[str, Any]:
        for key, value in values.items():
            if type(value) is list and value and type(value[0]) is int:
                # The driver takes a microsecond for each number of a list, and some have ten thousand.
                values[key] = f"{{{_encode(value)[1:-1].decode()}}}"
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

    def settle(self) -> None:
        """The server does so itself."""

    def scrub(self) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("VACUUM bodies, kept, refs, observables, texts")

    def shrink(self, link: Link) -> None:
        """The server remembers, not we."""

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
                for notice in connection.notifies(timeout=POLL_SECONDS):
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
