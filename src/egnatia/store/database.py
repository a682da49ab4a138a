"""What the two databases have in common; all that differs between them is in `sqlite` and in `postgres`."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Engine, Table, text
from sqlalchemy.engine import URL, make_url

from egnatia.store.link import Link, Pool

POLL_SECONDS: Final = 0.1

_MARK: Final = re.compile(r"\{(\w+(?::[\w.]+)*)\}")


class Database(ABC):
    """One database: an engine for what is rare, bare connections for what is hot. `failures` are what its driver raises
    where it cannot do something just now."""

    failures: tuple[type[Exception], ...]

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

    def numbers(self, link: Link, names: Sequence[str]) -> list[tuple[str, int]]:
        """Those of the names that have a number, with it."""
        return self.rows(link, "SELECT name, number FROM names WHERE {amongst:name:names}", names=list(names))

    def transaction(self, connection: Connection) -> AbstractContextManager[object]:
        """A writer's transaction in which nothing but the driver's own connection is used."""
        return connection.begin()

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
    def settle(self) -> None:
        """Move what was committed lately to its place, while others read and write."""

    @abstractmethod
    def scrub(self) -> None:
        """Free the space where erased rows were; outside of a transaction."""

    @abstractmethod
    def shrink(self, link: Link) -> None:
        """Give back the memory in which a writer's link remembers parts of the database."""

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
    """The database behind `sqlite:///path` or `postgresql://...`; raises ValueError for any other.

    Its module is imported only now: PostgreSQL's driver takes 8 MB and a tenth of a second.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            from egnatia.store.sqlite import Sqlite  # noqa: PLC0415

            return Sqlite(parsed)
        case "postgresql":
            from egnatia.store.postgres import Postgres  # noqa: PLC0415

            return Postgres(parsed.set(drivername="postgresql+psycopg"))
        case other:
            raise ValueError(f"a node keeps its records in SQLite or PostgreSQL, not in {other!r}")
