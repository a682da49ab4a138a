"""The live feed: listeners pull shared pages; nothing is buffered for them.

Listeners of one organisation with one question form a group. After a wake the group's page is read and encoded
once and handed to all of them. A listener keeps nothing but its place: a slow one falls behind in the log, not in
memory, and reads older pages when its connection takes them.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Protocol

import msgspec

from egnatia.exchange.bookmark import Bookmarks
from egnatia.exchange.host import Host
from egnatia.exchange.shown import shown
from egnatia.policy import clearance_within
from egnatia.store.entry import Row
from egnatia.store.query import Query

BEAT = b": still here\n\n"
QUESTION = b"changes"
"""What bookmarks of the feed are bound to: one order for all filters, so a reader may change its filter."""

Reader = tuple[str | None, str]
"""An organisation, and the exercise that it reads in: empty for what is real."""

_PAGE_ROWS = 200
_KEPT_PAGES = 8
_LEAST_SECONDS = 0.01


class Chunk(msgspec.Struct, frozen=True):
    """A stretch of the log (after, until] as one group may see it, encoded; `data` is empty where it sees none."""

    until: int
    data: bytes
    rows: tuple[Row, ...]


class Listener(Protocol):
    """Who listens, and how to reach it."""

    @property
    def organisation(self) -> str | None: ...
    @property
    def exercise(self) -> str: ...

    async def released(self, rows: Sequence[Row]) -> None:
        """Told of rows before they are sent."""
        ...

    async def hear(self, data: bytes) -> None:
        """Takes encoded events, in its own time; raises TimeoutError where that is too long."""
        ...

    async def may_stay(self) -> bool:
        """Asked at every beat."""
        ...


class Group:
    """Listeners that see the same: one organisation, in one exercise or in none, one question."""

    def __init__(self, host: Host, reader: Reader, query: Query, bookmarks: Bookmarks, pool: Executor) -> None:
        self.listeners = 0
        self._host, self._reader, self._query = host, reader, query
        self._bookmarks, self._pool = bookmarks, pool
        self._chunks: OrderedDict[int, asyncio.Future[Chunk]] = OrderedDict()

    async def chunk(self, after: int) -> Chunk:
        """What follows `after`; read once for all who ask at about the same time."""
        found = self._chunks.get(after)
        if found is None:
            found = asyncio.get_running_loop().run_in_executor(self._pool, self._read, after)
            self._chunks[after] = found
            if len(self._chunks) > _KEPT_PAGES:
                self._chunks.popitem(last=False)
            found.add_done_callback(lambda done: self._failed(after, done))
        return await asyncio.shield(found)

    def forget(self) -> None:
        """Drop shared pages that rest on what may have changed since: a clearance, a label, an end that has moved."""
        self._chunks.clear()

    def _failed(self, after: int, done: asyncio.Future[Chunk]) -> None:
        """A page that could not be read is read anew by the next who asks."""
        if (done.cancelled() or done.exception() is not None) and self._chunks.get(after) is done:
            del self._chunks[after]

    def _read(self, after: int) -> Chunk:
        """Runs in a thread. The end is looked up first: what comes later is for the next page."""
        end = self._host.store.position()
        organisation, exercise = self._reader
        clearance = clearance_within(self._host.clearance_of(organisation), exercise)
        page = self._host.store.changes(clearance, after, _PAGE_ROWS, self._query)
        until = page.next if page.more else max(page.next, end)
        return Chunk(until, self._encode(page.rows), page.rows)

    def _encode(self, rows: Sequence[Row]) -> bytes:
        return b"".join(self._event(row) for row in rows)

    def _event(self, row: Row) -> bytes:
        data = shown(row)
        if b"\n" in data or b"\r" in data:  # only between JSON tokens; a line of `data` must not contain them
            data = b"\ndata: ".join(data.splitlines())
        bookmark = self._bookmarks.mark(row.position, QUESTION).encode()
        return b"id: %b\nevent: record\ndata: %b\n\n" % (bookmark, data)


class Live:
    """All listeners of a node."""

    def __init__(self, host: Host, bookmarks: Bookmarks, pool: Executor, *, beat_seconds: float = 15) -> None:
        self._host, self._bookmarks, self._pool, self._beat = host, bookmarks, pool, beat_seconds
        self._groups: dict[tuple[Reader, Query], Group] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stirred: asyncio.Future[bool] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._scheduled: asyncio.TimerHandle | None = None
        self._last_stir = 0.0
        self.position = 0
        self.closing = False
        self.listeners = 0

    def open(self) -> None:
        """Begin to hear of new records; call it on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._stirred = self._loop.create_future()
        self._unsubscribe = self._host.store.subscribe(self._heard)
        self.position = self._host.store.position()
        self._beating = self._loop.create_task(self._keep_beating())

    def close(self) -> None:
        """Let every listener go; they are told so and leave."""
        self.closing = True
        if self._unsubscribe:
            self._unsubscribe()
        if self._beating:
            self._beating.cancel()
        if self._scheduled:
            self._scheduled.cancel()
        self._stir(moved=False)

    async def listen(self, listener: Listener, query: Query, after: int) -> str:
        """Send what follows `after` as events, for as long as it goes; returns why it ended."""
        reader = (listener.organisation, listener.exercise)
        group = self._join(reader, query)
        try:
            while not self.closing:
                stirred = self._stirred
                if after < self.position:
                    chunk = await group.chunk(after)
                    if chunk.data:
                        await listener.released(chunk.rows)
                        await listener.hear(chunk.data)
                    after = chunk.until
                elif stirred is not None and not await asyncio.shield(stirred):
                    if not await listener.may_stay():
                        return "the credential is no longer valid"
                    await listener.hear(BEAT)
            return "the node is stopping"
        finally:
            self._leave(reader, query, group)

    def _join(self, reader: Reader, query: Query) -> Group:
        key = (reader, query)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(self._host, reader, query, self._bookmarks, self._pool)
        group.listeners += 1
        self.listeners += 1
        return group

    def _leave(self, reader: Reader, query: Query, group: Group) -> None:
        group.listeners -= 1
        self.listeners -= 1
        if group.listeners == 0:
            self._groups.pop((reader, query), None)

    def _heard(self, position: int) -> None:
        """Runs on the store's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._soon, position)

    def _soon(self, position: int) -> None:
        """Stir at once, but under a stream of records not more often than listeners can be served."""
        self.position = max(self.position, position)
        if self._scheduled is None and self._loop is not None:
            wait = max(0.0, self._last_stir + _LEAST_SECONDS - self._loop.time())
            self._scheduled = self._loop.call_later(wait, self._moved)

    def _moved(self) -> None:
        self._scheduled = None
        self._stir(moved=True)

    def _stir(self, *, moved: bool) -> None:
        """Wake every listener: something `moved`, or it is only the beat."""
        if self._stirred is None or self._stirred.done():
            return
        for group in self._groups.values():
            group.forget()
        loop = asyncio.get_running_loop()
        self._last_stir = loop.time()
        stirred, self._stirred = self._stirred, loop.create_future()
        stirred.set_result(moved)

    async def _keep_beating(self) -> None:
        while True:
            await asyncio.sleep(self._beat)
            self._stir(moved=False)
