"""The next positions that a view lets through, in either direction, at a cost that does not grow with the log.

First a short window of rows is looked at, whose shelves are compared in memory: that is all it takes where much of
the log is for the reader. Else the rows are merged from the index by shelf, of the shelves whose rows come next.
"""
# ruff: noqa: S608 only names of tables, columns and directions are put into statements

from typing import Final

from egnatia.store.database import Database
from egnatia.store.link import Link
from egnatia.store.shelving import View

_WINDOWS: Final = (1, 3)
"""How many times the rows wanted are looked at, one window after the other, before the index by shelf is."""


class Walk:
    """A walk over positions greater than `low` and not above `high`; from the top where `newest_first`."""

    def __init__(self, database: Database, link: Link, view: View, *, newest_first: bool = False) -> None:
        self._database, self._link, self._view = database, link, view
        self._down = newest_first

    def positions(self, low: int, high: int, wanted: int) -> list[int]:
        """Up to `wanted` positions in walking order; fewer only where there are no more."""
        found: list[int] = []
        if not self._view.numbers:
            return found
        for times in _WINDOWS:
            size = times * wanted
            rows = self._window(low, high, size)
            shelves = self._view.shelves
            found += [position for position, shelf in rows if shelf in shelves]
            if len(found) >= wanted or len(rows) < size:
                return found[:wanted]
            low, high = self._beyond(rows[-1][0], low, high)
        return found + self._merged(low, high, wanted - len(found))

    def _beyond(self, position: int, low: int, high: int) -> tuple[int, int]:
        """The bounds of what comes after `position` in walking order."""
        return (low, position - 1) if self._down else (position, high)

    def _window(self, low: int, high: int, size: int) -> list[tuple[int, int | None]]:
        return self._database.rows(self._link, _WINDOW[self._down], low=low, high=high, size=size)

    def _merged(self, low: int, high: int, wanted: int) -> list[int]:
        """Of each shelf the next row is looked up; only the shelves that come first can fill the page."""
        if wanted <= 0:
            return []
        firsts = self._database.rows(self._link, _FIRSTS[self._down], shelves=self._view.numbers, low=low, high=high)
        ahead = sorted(((position, shelf) for shelf, position in firsts if position is not None), reverse=self._down)
        if not ahead:
            return []
        del ahead[wanted:]
        shelves = [shelf for _, shelf in ahead]
        low, high = (low, ahead[0][0]) if self._down else (ahead[0][0] - 1, high)
        found: list[int] = []
        size = max(8, 2 * wanted // len(shelves))
        while shelves and len(found) < wanted:
            low, high, shelves = self._round(low, high, shelves, size, found)
            size *= 2
        return found[:wanted]

    def _round(
        self, low: int, high: int, shelves: list[int], size: int, found: list[int]
    ) -> tuple[int, int, list[int]]:
        """Up to `size` rows of each shelf; taken as far as no shelf can hold a row that was not read yet."""
        rows = self._database.rows(
            self._link, self._database.shelf_rows(self._down), shelves=shelves, low=low, high=high, size=size
        )
        read: dict[int, list[int]] = {}
        for shelf, position in rows:
            read.setdefault(shelf, []).append(position)
        full = {shelf: positions for shelf, positions in read.items() if len(positions) >= size}
        edge = max if self._down else min
        nearest = min if self._down else max
        limit = edge(nearest(positions) for positions in full.values()) if full else (low + 1 if self._down else high)
        everything = sorted((position for _, position in rows), reverse=self._down)
        found += [position for position in everything if (position >= limit if self._down else position <= limit)]
        later = [
            shelf
            for shelf, positions in read.items()
            if shelf in full or any(position < limit if self._down else position > limit for position in positions)
        ]
        low, high = self._beyond(limit, low, high)
        return low, high, later


_WINDOW: Final = {
    False: "SELECT position, shelf FROM versions WHERE position > :low AND position <= :high"
    " ORDER BY position LIMIT :size",
    True: "SELECT position, shelf FROM versions WHERE position > :low AND position <= :high"
    " ORDER BY position DESC LIMIT :size",
}

_FIRSTS: Final = {
    down: "SELECT value, (SELECT v.position FROM versions v WHERE v.shelf = value AND v.position > :low"
    f" AND v.position <= :high ORDER BY v.position {'DESC' if down else ''} LIMIT 1) FROM {{each:shelves}}"
    for down in (False, True)
}
