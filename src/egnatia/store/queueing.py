"""Things that wait for their time: kept by id, handed out one by one when they are due, to one who asks at a time.

Both tables of a queue lie in `kept`: what waits, by id, and when it is due, by time and id. A thing that is handed out
stays, under a later time: whoever dies with it in hand loses nothing.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, select, text

from egnatia.store import schema
from egnatia.store.database import Database
from egnatia.store.entry import Gone, Keep

T = TypeVar("T")
Write = Callable[[Callable[[Connection], Any]], "Future[Any]"]
"""Does something on the writer's thread, within a transaction."""


class Waiting(msgspec.Struct, frozen=True):
    """What rests under an id: when it is due, microseconds UTC, and the thing itself."""

    due: int
    content: bytes


class Queue(Generic[T]):
    """One queue. What was put under an id once is not put again while it is remembered."""

    def __init__(self, database: Database, write: Write, kind: str, content: type[T]) -> None:
        self._database, self._write, self._kind = database, write, kind
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(content).decode
        self._waiting = msgspec.msgpack.Decoder(Waiting).decode

    def keeps(self, id_: str, content: T, due: int) -> tuple[Keep, ...]:
        """The same as `put`, as part of a batch: durable together with its records, or not at all."""
        waiting = self._encode(Waiting(due, self._encode(content)))
        return (
            Keep(self._kind, id_, waiting, once=True),
            Keep(self._times, _place(due, id_), b"", once=True),
        )

    def put(self, id_: str, content: T, due: int) -> bool:
        """Durable when this returns; false where the id was put before."""
        keeps = self.keeps(id_, content, due)

        def work(connection: Connection) -> bool:
            return keep(connection, keeps[0]) and keep(connection, keeps[1])

        return bool(self._write(work).result())

    def claim(self, now: int, until: int) -> tuple[str, T] | None:
        """What is due first, and its id; nobody else is given it before `until`. None where nothing is due."""
        if not self._is_due(now):
            return None  # asking costs no commit
        return self._taken(now, until)

    def get(self, id_: str) -> T | None:
        """What is remembered under the id."""
        with self._database.readers.link() as link:
            rows = self._database.rows(link, _ONE, kind=self._kind, key=id_)
        return self._decode(self._waiting(rows[0][0]).content) if rows else None

    def put_back(self, id_: str, content: T, due: int) -> None:
        """It waits again, as `content`, until `due`; nothing happens where it is forgotten."""

        def work(connection: Connection) -> None:
            found = self._find(connection, id_)
            if found is not None:
                self._move(connection, id_, found, Waiting(due, self._encode(content)))

        self._write(work).result()

    def forget(self, id_: str) -> None:
        """It is gone, and may be put again."""

        def work(connection: Connection) -> None:
            found = self._find(connection, id_)
            if found is not None:
                connection.execute(_gone(self._times, _place(found.due, id_)))
                connection.execute(_gone(self._kind, id_))

        self._write(work).result()

    @property
    def _times(self) -> str:
        return f"{self._kind} due"

    def _is_due(self, now: int) -> bool:
        with self._database.readers.link() as link:
            return bool(self._database.rows(link, _FIRST, kind=self._times, last=_place(now, "\x7f")))

    def _taken(self, now: int, until: int) -> tuple[str, T] | None:
        kept, found = schema.kept, list[tuple[str, bytes]]()
        first = (
            select(kept.c.key)
            .where(kept.c.kind == self._times, kept.c.key <= _place(now, "\x7f"))
            .order_by(kept.c.key)
            .limit(1)
            .with_for_update(skip_locked=True)
        )

        def work(connection: Connection) -> None:
            while not found and (place := connection.execute(first).scalar()):
                due, _, id_ = place.partition(" ")
                waiting = self._find(connection, id_)
                if waiting is None or waiting.due != int(due):
                    connection.execute(_gone(self._times, place))
                    continue
                self._move(connection, id_, waiting, Waiting(until, waiting.content))
                found.append((id_, waiting.content))

        self._write(work).result()
        # Read only now: what a later release cannot read any more waits, and keeps nothing else waiting.
        return (found[0][0], self._decode(found[0][1])) if found else None

    def _find(self, connection: Connection, id_: str) -> Waiting | None:
        kept = schema.kept
        one = select(kept.c.content).where(kept.c.kind == self._kind, kept.c.key == id_).with_for_update()
        content = connection.execute(one).scalar()
        return None if content is None else self._waiting(bytes(content))

    def _move(self, connection: Connection, id_: str, before: Waiting, after: Waiting) -> None:
        for each in (
            Keep(self._times, _place(before.due, id_)),
            Keep(self._times, _place(after.due, id_), b""),
            Keep(self._kind, id_, self._encode(after)),
        ):
            keep(connection, each)


def keep(connection: Connection, each: Keep) -> bool:
    """Keep it, in the place of what was there, or no longer where it has no content; false where it is to be kept
    once and was. Raises Gone where there must be something to take away and is not."""
    if each.content is None:
        taken = connection.execute(_gone(each.kind, each.key)).rowcount
        if each.must and not taken:
            raise Gone(f"{each.kind} {each.key} is there no longer")
        return True
    row = {"kind": each.kind, "key": each.key, "content": each.content}
    return connection.execute(_ADD if each.once else _SET, row).rowcount == 1


def _gone(kind: str, key: str) -> Any:
    kept = schema.kept
    return kept.delete().where(kept.c.kind == kind, kept.c.key == key)


def _place(due: int, id_: str) -> str:
    """Orders by time, then by id."""
    return f"{due:020d} {id_}"


_ONE: Final = "SELECT content FROM kept WHERE kind = :kind AND key = :key"
_FIRST: Final = "SELECT key FROM kept WHERE kind = :kind AND key <= :last LIMIT 1"
_ADD: Final = text("INSERT INTO kept (kind, key, content) VALUES (:kind, :key, :content) ON CONFLICT DO NOTHING")
_SET: Final = text(
    "INSERT INTO kept (kind, key, content) VALUES (:kind, :key, :content) "
    "ON CONFLICT (kind, key) DO UPDATE SET content = excluded.content"
)
