"""How many records a reader may see, hour by hour, without counting the log for each question.

The log is counted by shelf in stretches, once for all readers; which shelves count is decided for the reader who asks.
The newest stretch is counted when it is asked for. Older ones are counted by a thread, newest first, and then again
and again, so that what was taken back leaves the counts within minutes: they lag, they never show what is hidden now
under a shelf that is not for the reader.
"""

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from time import monotonic
from typing import Final

import msgspec

from egnatia.policy.clearance import Clearance
from egnatia.policy.label import Tlp
from egnatia.policy.meet import strictest_tlp
from egnatia.store.link import Link
from egnatia.store.query import LAST, Query
from egnatia.store.reading import End, Reading

HOUR: Final = 3_600_000_000
HORIZON: Final = 31 * 24
"""Hours that are counted back from the newest record."""

_STRETCH: Final = 16_384
_AT_ONCE: Final = 2
"""Stretches that a question itself may count; the thread does the others."""

_SHARE: Final = 20
"""The thread rests so many times as long as it works, once everything has been counted."""

_IDLE_SECONDS: Final = 600
_NEWEST: Final = Query(versions=(LAST,))

_log = logging.getLogger(__name__)


class Pile(msgspec.Struct, frozen=True):
    """Records of one type, owner and TLP: how many were added here in which hour since the epoch."""

    type: str
    owner: str
    tlp: Tlp
    hours: Mapping[int, int]


class Tallied(msgspec.Struct, frozen=True):
    """What a reader may see, counted from `since` (microseconds UTC) until now; `since` is later than was asked for
    while older records are still being counted."""

    piles: tuple[Pile, ...]
    since: int


class Tally:
    """The counts of one store, kept up while somebody asks."""

    def __init__(self, reading: Reading, stretch: int = _STRETCH) -> None:
        self._reading, self._size = reading, stretch
        self._lock = threading.Lock()
        self._stretches: dict[int, Counter[tuple[int, int]]] = {}
        self._totals: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._counted_to = 0
        self._oldest: int | None = None
        """The hour from which on all is counted; None before anything was."""
        self._asked = monotonic()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def counts(self, clearance: Clearance, since: int) -> Tallied:
        """The newest versions that `clearance` may see and that were added after `since`, as far as they are counted
        by now; of more than the horizon only that."""
        self._asked = monotonic()

        def read(link: Link, end: End) -> Tallied:
            with self._lock:
                self._count_newest(link, end)
                self._keep_counting()
                return self._seen(clearance, since)

        return self._reading.consistent(read)

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _seen(self, clearance: Clearance, since: int) -> Tallied:
        shelving = self._reading.shelving
        first = since // HOUR
        piles: defaultdict[tuple[str, str, Tlp], Counter[int]] = defaultdict(Counter)
        for number in self._reading.shelving.view(clearance, _NEWEST).numbers:
            hours = self._totals.get(number)
            if hours:
                shelf = shelving.shelves[number]
                pile = piles[shelf.type, shelf.owner, strictest_tlp(shelving.labels[shelf.sight])]
                for hour, count in hours.items():
                    if hour >= first:
                        pile[hour] += count
        found = tuple(Pile(*key, hours) for key, hours in sorted(piles.items()) if hours)
        return Tallied(found, max(since, (self._oldest or 0) * HOUR))

    def _count_newest(self, link: Link, end: End) -> None:
        """Bring the counts up to the end of the log, as far as that is little work."""
        if end.position == self._counted_to:
            return
        last, known = end.position // self._size, self._counted_to // self._size
        for number in range(last, max(last - _AT_ONCE, known - 1, -1), -1):
            self._count(link, number)
        if last - known >= _AT_ONCE:
            # What lies between is left to the thread, as is all before it: until then nothing older is known.
            self._forget_before(last - _AT_ONCE + 1)
        self._counted_to = end.position
        self._drop_beyond_horizon()

    def _count(self, link: Link, number: int) -> None:
        low, high = number * self._size, (number + 1) * self._size
        rows = self._reading.database.rows(link, _BY_HOUR, low=low - 1, high=high - 1)
        fresh = Counter({(shelf, hour): count for shelf, hour, count in rows})
        self._take_out(number)
        for (shelf, hour), count in fresh.items():
            self._totals[shelf][hour] += count
        self._stretches[number] = fresh
        self._oldest = self._begins(link)

    def _take_out(self, number: int) -> None:
        for (shelf, hour), count in self._stretches.pop(number, Counter()).items():
            self._totals[shelf][hour] -= count
            if not self._totals[shelf][hour]:
                del self._totals[shelf][hour]

    def _forget_before(self, number: int) -> None:
        for each in [each for each in self._stretches if each < number]:
            self._take_out(each)

    def _begins(self, link: Link) -> int:
        """The first hour that is wholly counted: 0 where the whole log is."""
        rows = self._reading.database.rows(link, _BEFORE, position=min(self._stretches) * self._size - 1)
        return int(rows[0][1]) // HOUR + 1 if rows else 0

    def _drop_beyond_horizon(self) -> None:
        newest = max((hour for counted in self._stretches.values() for _, hour in counted), default=0)
        for number, counted in list(self._stretches.items()):
            if counted and max(hour for _, hour in counted) < newest - HORIZON:
                self._take_out(number)

    def _keep_counting(self) -> None:
        if self._thread is None and not self._stop.is_set():
            self._thread = threading.Thread(target=self._run, name="egnatia-tally", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        again: list[int] = []
        while not self._stop.is_set() and monotonic() - self._asked < _IDLE_SECONDS:
            began = monotonic()
            try:
                busy = self._step_back()
                if not busy:
                    again = again or sorted(self._stretches)
                    if again:
                        self._step(again.pop())
            except self._reading.database.failures as error:
                _log.warning("the counts are behind: %s", error)
                busy = False
            self._stop.wait(0.001 if busy else max(0.2, _SHARE * (monotonic() - began)))
        with self._lock:
            self._thread = None
            if not self._stop.is_set():
                self._stretches, self._counted_to, self._oldest = {}, 0, None
                self._totals.clear()

    def _step_back(self) -> bool:
        """Count the stretch before all that are counted; False where there is none within the horizon."""
        with self._reading.database.readers.link() as link, self._lock:
            if not self._stretches:
                return False
            below = min(self._stretches) * self._size - 1
            rows = self._reading.database.rows(link, _BEFORE, position=below)
            if not rows or int(rows[0][1]) // HOUR < self._newest_hour(link) - HORIZON:
                return False
            self._count(link, int(rows[0][0]) // self._size)
            return True

    def _newest_hour(self, link: Link) -> int:
        rows = self._reading.database.rows(link, _BEFORE, position=self._counted_to)
        return int(rows[0][1]) // HOUR if rows else 0

    def _step(self, number: int) -> None:
        with self._reading.database.readers.link() as link, self._lock:
            if number in self._stretches:
                self._count(link, number)


_BY_HOUR: Final = f"""
SELECT shelf, at / {HOUR}, count(*) FROM versions
WHERE position > :low AND position <= :high AND shelf IS NOT NULL GROUP BY 1, 2
"""  # noqa: S608  a number of ours

_BEFORE: Final = "SELECT position, at FROM versions WHERE position <= :position ORDER BY position DESC LIMIT 1"
