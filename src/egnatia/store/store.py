"""The store: the one way to the log, for whoever writes, reads under a clearance, or keeps house."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self

from egnatia.store.cursor import load_cursor
from egnatia.store.database import Database, open_database
from egnatia.store.entry import Appended, Batch, Cursor
from egnatia.store.erasure import Ledger
from egnatia.store.migrating import migrate
from egnatia.store.reading import Reading
from egnatia.store.shelving import Shelving
from egnatia.store.wakes import Wakes
from egnatia.store.writer import Writer


class Store(Reading):
    """An open store. Reads run on the caller's thread, writes on one thread of its own."""

    def __init__(self, database: Database, ledger: Path) -> None:
        shelving = Shelving(database)
        super().__init__(database, shelving)
        with database.readers.link() as link:
            shelving.refresh(link)
        self.ledger = ledger
        self._wakes = Wakes(database, self.position)
        self._writer = Writer(database, shelving, Ledger(ledger), self._wakes.reached)

    @classmethod
    def open(cls, url: str, *, ledger: Path | None = None) -> Self:
        """The store behind `sqlite:///path` or `postgresql://...`, brought up to this release's schema.

        `ledger` is the file that remembers erasures beyond any backup: by default beside an SQLite database; for
        PostgreSQL it must be named, for it is not part of the database.
        """
        database = open_database(url)
        migrate(database)
        return cls(database, ledger or database.default_ledger())

    def append(self, batch: Batch) -> Future[Appended]:
        """Resolved once the batch is durable and can be read; ValueError where the database cannot hold it."""
        return self._writer.append(batch)

    def subscribe(self, callback: Callable[[int], None]) -> Callable[[], None]:
        """`callback(position)` after every commit, here or by another process; call the result to end it.

        It runs on a thread of the store's: it must be quick, and it must not wait for the store.
        """
        return self._wakes.subscribe(callback)

    def cursor(self, peer: str) -> Cursor:
        """How far `peer` has been read."""
        return load_cursor(self.database, peer)

    def close(self) -> None:
        """What was submitted is done first."""
        self._writer.close()
        self._wakes.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
