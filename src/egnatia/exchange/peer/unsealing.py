"""Sealed carriers that are not opened as they arrive: those handed in at the recipient's own node (brought on a stick,
imported from a file), and those whose origin's card is not known yet.

The first are found in this node's own log, with a cursor of their own; the second are kept in mind and tried again
whenever a card is new. A crash in between opens a carrier twice, and what is inside is stored once.
"""

import time
from collections.abc import Callable, Iterable, Iterator

from egnatia.exchange.peer.arrival import UNOPENED, Arrival, Unopened
from egnatia.exchange.peer.sealed import TYPE
from egnatia.policy import Clearance
from egnatia.record import Record, read
from egnatia.store.entry import Batch, Cursor, Row
from egnatia.store.query import Query
from egnatia.store.store import Store

CURSOR = "sealed here"
PAGE_ROWS = 64
WAIT_DAYS = 30
"""For so long the content of a carrier is waited for whose origin is not known."""

_HERE = Query(types=(TYPE,), source="own")
_DAY = 86_400_000_000


class Unsealing:
    """Opens what is due. `clearance` is what the node's organisation may see."""

    def __init__(self, store: Store, arrival: Arrival, *, clearance: Callable[[], Clearance]) -> None:
        self._store, self._arrival, self._clearance = store, arrival, clearance
        self._waiting = store.kept(UNOPENED, Unopened)
        self._cursor: Cursor | None = None
        self._editions: frozenset[str] = frozenset()

    def work(self, head: int, editions: Iterable[str]) -> tuple[tuple[Record, str], ...]:
        """Open what was handed in up to `head`, and, where the `editions` of the known cards are others than before,
        what waited. The recalls that were inside, with their owners. It waits for the disk: call it on a thread."""
        obeyed = list(self._look(head))
        known = frozenset(editions)
        if known != self._editions:
            self._editions = known
            obeyed += self._again()
        return tuple(obeyed)

    def _look(self, head: int) -> Iterator[tuple[Record, str]]:
        cursor = self._cursor or self._store.cursor(CURSOR)
        while cursor.live < head:
            page = self._store.changes(self._clearance(), cursor.live, PAGE_ROWS, _HERE)
            for row in page.rows:
                yield from self._open(row, "")
            cursor = Cursor(CURSOR, page.next if page.more else max(page.next, head))
            if page.rows:
                self._store.append(Batch(cursor=cursor)).result()
        self._cursor = cursor

    def _again(self) -> Iterator[tuple[Record, str]]:
        over = time.time_ns() // 1_000 - WAIT_DAYS * _DAY
        for key, one in self._waiting.all().items():
            rows = [row for row in self._store.get(self._clearance(), [one.carrier]) if row.owner == one.owner]
            if not rows or one.since < over:
                self._waiting.remove(key)
            for row in rows:
                yield from self._open(row, one.node)

    def _open(self, row: Row, node: str) -> tuple[tuple[Record, str], ...]:
        taken = self._arrival.unseal(read(row.body, tolerant=True), row.owner, node)
        if taken is None:
            return ()
        self._arrival.stored(taken, self._arrival.append(taken).result())
        if not taken.unopened:
            self._waiting.remove(_key(row))
        return taken.obeyed


def _key(row: Row) -> str:
    return f"{row.id} {row.owner}"
