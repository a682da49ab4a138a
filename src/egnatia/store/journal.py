"""Bodies that came in faster than they are dealt with: durable as they came, each with a head that says what it is,
until they are settled.

Head and body are two rows in `kept`. Whoever settles one takes both away in the transaction that holds what became of
it: whatever happens, either it waits still or that is there, and of two who settle the same one does.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, Generic, TypeVar

import msgspec
from sqlalchemy import Connection

from egnatia.store import schema
from egnatia.store.database import Database
from egnatia.store.entry import Keep

T = TypeVar("T")
Write = Callable[[Callable[[Connection], Any]], "Future[Any]"]
"""Does something on the writer's thread, within a transaction."""


class Journal(Generic[T]):
    """One journal. `written` hears on the writer's thread how many bytes were added."""

    def __init__(
        self, database: Database, write: Write, kind: str, head: type[T], written: Callable[[int], None]
    ) -> None:
        self._database, self._write, self._kind, self._written = database, write, kind, written
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(head).decode

    def put(self, id_: str, head: T, body: bytes) -> "Future[None]":
        """Resolved once it is durable; what waits for the disk at the same time shares the commit."""
        rows = [(self._kind, id_, self._encode(head)), (self._bodies, id_, body)]

        def work(connection: Connection) -> None:
            link: Any = connection.connection.driver_connection
            self._database.insert(link, schema.kept, rows)
            self._written(len(body))

        return self._write(work)

    def heads(self) -> dict[str, T]:
        """Everything that waits, by id; in no order."""
        with self._database.readers.link() as link:
            rows = self._database.rows(link, "SELECT key, content FROM kept WHERE kind = :kind", kind=self._kind)
        return {key: self._decode(content) for key, content in rows}

    def head(self, id_: str) -> T | None:
        """What is said of it; None where it does not wait any longer, or never did."""
        found = self._content(self._kind, id_)
        return None if found is None else self._decode(found)

    def body(self, id_: str) -> bytes | None:
        """Its bytes, as long as it waits."""
        found = self._content(self._bodies, id_)
        return None if found is None else bytes(found)

    def settling(self, id_: str) -> tuple[Keep, ...]:
        """Part of the batch that settles it. What was settled before is so no second time: the batch fails with `Gone`,
        and nothing of it counts."""
        return Keep(self._kind, id_, must=True), Keep(self._bodies, id_, must=True)

    @property
    def _bodies(self) -> str:
        return f"{self._kind} body"

    def _content(self, kind: str, id_: str) -> bytes | None:
        with self._database.readers.link() as link:
            rows = self._database.rows(link, _ONE, kind=kind, key=id_)
        return rows[0][0] if rows else None


_ONE: Final = "SELECT content FROM kept WHERE kind = :kind AND key = :key"
