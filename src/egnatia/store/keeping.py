"""What a node remembers besides the log: one small typed repository for each kind of thing.

All are kept in one table, by kind and key; a change is durable when the call returns.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, select

from egnatia.store import schema
from egnatia.store.database import Database
from egnatia.store.entry import Keep

T = TypeVar("T")
Write = Callable[[Callable[[Connection], None]], "Future[None]"]
"""Does something on the writer's thread, within a transaction."""


class Known(msgspec.Struct, frozen=True):
    """What this node's operator says of an organisation.

    `member`: of the community (TLP:GREEN). `groups` are identities of groups it is in, `client_of` the organisations
    in whose constituency it is.
    """

    id: str
    name: str
    economy: str
    member: bool = True
    groups: tuple[str, ...] = ()
    client_of: tuple[str, ...] = ()


class Token(msgspec.Struct, frozen=True):
    """An API token as it rests: SHA-256 of its secret, on whose behalf it acts and what it may do; microseconds UTC.
    `issued_by` is the account of the person who issued it, empty for the operator."""

    id: str
    digest: bytes
    organisation: str
    name: str
    rights: frozenset[str]
    created: int
    expires: int | None = None
    revoked: int | None = None
    last_use: int | None = None
    issued_by: str = ""


class Kept(Generic[T]):
    """Things of one kind by key."""

    def __init__(self, database: Database, write: Write, kind: str, content: type[T]) -> None:
        self._database, self._write, self._kind = database, write, kind
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(content).decode

    def get(self, key: str) -> T | None:
        """What is kept under the key; None where nothing is."""
        with self._database.readers.link() as link:
            rows = self._database.rows(link, _ONE, kind=self._kind, key=key)
        return self._decode(rows[0][0]) if rows else None

    def all(self) -> dict[str, T]:
        """Everything of this kind, in order of its keys."""
        with self._database.readers.link() as link:
            rows = self._database.rows(link, _ALL, kind=self._kind)
        return {key: self._decode(content) for key, content in rows}

    def latest(self, limit: int, *, before: str = "\x7f") -> tuple[T, ...]:
        """At most `limit` things of this kind, the greatest key first, of those below `before`."""
        with self._database.readers.link() as link:
            rows = self._database.rows(link, _LATEST, kind=self._kind, before=before, limit=limit)
        return tuple(self._decode(content) for (content,) in rows)

    def between(self, first: str, last: str) -> tuple[T, ...]:
        """What is kept under the keys from `first` to `last`, in order."""
        with self._database.readers.link() as link:
            rows = self._database.rows(link, _BETWEEN, kind=self._kind, first=first, last=last)
        return tuple(self._decode(content) for (content,) in rows)

    def count(self, first: str, last: str) -> int:
        """How many are kept under the keys from `first` to `last`."""
        with self._database.readers.link() as link:
            return int(self._database.rows(link, _COUNT, kind=self._kind, first=first, last=last)[0][0])

    def keep(self, key: str, content: T, *, once: bool = False) -> Keep:
        """The same as `put`, or with `once` as `add`, as part of a batch."""
        return Keep(self._kind, key, self._encode(content), once)

    def put(self, key: str, content: T) -> None:
        """Keep it in the place of what was there."""
        encoded = self._encode(content)

        def work(connection: Connection) -> None:
            connection.execute(_gone(self._kind, key))
            connection.execute(schema.kept.insert().values(kind=self._kind, key=key, content=encoded))

        self._write(work).result()

    def put_all(self, things: Mapping[str, T]) -> None:
        """Keep each under its key, all in one transaction."""
        rows = [{"kind": self._kind, "key": key, "content": self._encode(each)} for key, each in things.items()]

        def work(connection: Connection) -> None:
            for key in things:
                connection.execute(_gone(self._kind, key))
            if rows:
                connection.execute(schema.kept.insert(), rows)

        self._write(work).result()

    def add(self, key: str, content: T) -> bool:
        """Keep it where nothing is kept yet; whether it is."""
        encoded, added = self._encode(content), [False]
        kept = schema.kept

        def work(connection: Connection) -> None:
            there = connection.execute(select(kept.c.key).where(kept.c.kind == self._kind, kept.c.key == key)).first()
            added[0] = there is None
            if there is None:
                connection.execute(kept.insert().values(kind=self._kind, key=key, content=encoded))

        self._write(work).result()
        return added[0]

    def take(self, key: str) -> T | None:
        """What was kept, which is kept no longer: of several who ask, one gets it."""
        kept, taken = schema.kept, [b""]

        def work(connection: Connection) -> None:
            one = select(kept.c.content).where(kept.c.kind == self._kind, kept.c.key == key).with_for_update()
            content = connection.execute(one).scalar()
            taken[0] = b"" if content is None else bytes(content)
            connection.execute(_gone(self._kind, key))

        self._write(work).result()
        return self._decode(taken[0]) if taken[0] else None

    def change(self, key: str, change: Callable[[T], T]) -> None:
        """Put `change` of what is kept in its place, in one transaction; nothing happens where nothing is kept."""
        kept = schema.kept

        def work(connection: Connection) -> None:
            one = select(kept.c.content).where(kept.c.kind == self._kind, kept.c.key == key).with_for_update()
            content = connection.execute(one).scalar()
            if content is not None:
                changed = self._encode(change(self._decode(content)))
                where = kept.update().where(kept.c.kind == self._kind, kept.c.key == key)
                connection.execute(where.values(content=changed))

        self._write(work).result()

    def decide(self, key: str, change: Callable[[Mapping[str, T]], T]) -> None:
        """Put under the key what `change` makes of everything of this kind, in one transaction that no other writer
        comes between, whatever process it is in; nothing is kept where it raises. `change` asks no store."""
        kept = schema.kept

        def work(connection: Connection) -> None:
            # In the order of keys, so that two who decide at once wait for each other and not for ever.
            whole = select(kept.c.key, kept.c.content).where(kept.c.kind == self._kind).order_by(kept.c.key)
            rows = connection.execute(whole.with_for_update()).all()
            encoded = self._encode(change({row.key: self._decode(bytes(row.content)) for row in rows}))
            connection.execute(_gone(self._kind, key))
            connection.execute(kept.insert().values(kind=self._kind, key=key, content=encoded))

        self._write(work).result()

    def remove(self, *keys: str) -> None:
        """Keep them no longer; nothing happens where nothing is kept."""

        def work(connection: Connection) -> None:
            for key in keys:
                connection.execute(_gone(self._kind, key))

        self._write(work).result()


class Tokens:
    """The tokens of programs and people."""

    def __init__(self, database: Database, write: Write) -> None:
        self._kept = Kept(database, write, "token", Token)

    def add(self, token: Token) -> None:
        self._kept.put(token.id, token)

    def get(self, token_id: str) -> Token | None:
        return self._kept.get(token_id)

    def all(self) -> tuple[Token, ...]:
        """The oldest first."""
        return tuple(sorted(self._kept.all().values(), key=lambda token: token.created))

    def revoke(self, token_id: str, at: int) -> None:
        """It is good for nothing from now on."""
        self._change(token_id, revoked=at)

    def touch(self, token_id: str, at: int) -> None:
        """It has been used."""
        self._change(token_id, last_use=at)

    def _change(self, token_id: str, **fields: Any) -> None:
        self._kept.change(token_id, lambda token: msgspec.structs.replace(token, **fields))


class Organisations:
    """What the operator says of organisations."""

    def __init__(self, database: Database, write: Write) -> None:
        self._kept = Kept(database, write, "organisation", Known)

    def put(self, known: Known) -> None:
        self._kept.put(known.id, known)

    def get(self, organisation: str) -> Known | None:
        return self._kept.get(organisation)

    def all(self) -> tuple[Known, ...]:
        return tuple(self._kept.all().values())

    def remove(self, organisation: str) -> None:
        self._kept.remove(organisation)


class Acknowledgements:
    """Which stretches of the log peers say to have stored, and when they said so."""

    def __init__(self, database: Database, write: Write) -> None:
        self._database, self._write = database, write

    def add(self, peer: str, stretches: Sequence[tuple[int, int]], at: int) -> None:
        """The peer has stored `(after, until]` each, and had not said so before."""
        rows = [{"peer": peer, "after": after, "until": until, "at": at} for after, until in stretches]

        def work(connection: Connection) -> None:
            for after, until in stretches:
                connection.execute(_said(peer, after, until))
            connection.execute(schema.acknowledgements.insert(), rows)

        if rows:
            self._write(work).result()

    def of(self, peer: str) -> tuple[tuple[int, int], ...]:
        """The stretches of one peer, from the beginning of the log."""
        with self._database.readers.link() as link:
            return tuple((after, until) for after, until in self._database.rows(link, _OF_PEER, peer=peer))

    def at(self, position: int) -> tuple[tuple[str, int], ...]:
        """Which peers have stored what stands at a position, and when each said so first."""
        with self._database.readers.link() as link:
            return tuple((peer, at) for peer, at in self._database.rows(link, _AT, position=position))


def _said(peer: str, after: int, until: int) -> Any:
    said = schema.acknowledgements
    return said.delete().where(said.c.peer == peer, said.c.after == after, said.c.until == until)


def _gone(kind: str, key: str) -> Any:
    kept = schema.kept
    return kept.delete().where(kept.c.kind == kind, kept.c.key == key)


_OF_PEER: Final = "SELECT after, until FROM acknowledgements WHERE peer = :peer ORDER BY after"
_AT: Final = """
SELECT peer, min(at) FROM acknowledgements WHERE after < :position AND until >= :position GROUP BY peer ORDER BY peer
"""
_ONE: Final = "SELECT content FROM kept WHERE kind = :kind AND key = :key"
_LATEST: Final = """
SELECT content FROM kept WHERE kind = :kind AND key < :before ORDER BY key DESC LIMIT :limit
"""
_BETWEEN: Final = """
SELECT content FROM kept WHERE kind = :kind AND key >= :first AND key <= :last ORDER BY key
"""
_COUNT: Final = "SELECT count(*) FROM kept WHERE kind = :kind AND key >= :first AND key <= :last"
_ALL: Final = "SELECT key, content FROM kept WHERE kind = :kind ORDER BY key"
