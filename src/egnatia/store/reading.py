"""What one reader may see of the log, page by page, on the caller's thread; it never waits for a writer."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from egnatia.policy.clearance import Clearance
from egnatia.policy.label import Label
from egnatia.store.database import Database
from egnatia.store.entry import Page, Row
from egnatia.store.fulltext import SEARCH, SEARCH_ONWARD, WATERMARK, among, asked
from egnatia.store.link import Link
from egnatia.store.naming import possible
from egnatia.store.query import EVERYTHING, Query, bounded
from egnatia.store.shelving import Shelving, View
from egnatia.store.walking import Walk
from egnatia.trust.attestation import Proof

T = TypeVar("T")

SCAN_LIMIT: Final = 50_000
"""Rows looked at for one page where only the rows themselves can tell whether they match."""

_WORDED: Final = (1_000, 10_000, 39_000)
"""How many rows with the words are looked at, one time after the other, for one page."""

_unpack_names = msgspec.msgpack.Decoder(tuple[str, ...]).decode


class Lean(msgspec.Struct, frozen=True, gc=False):
    """A row without its proof: what a page of bodies needs. `label` is the one that counts, as in `Row`."""

    position: int
    at: int
    id: str
    version: str
    owner: str
    label: Label
    body: bytes


class LeanPage(msgspec.Struct, frozen=True):
    """As `Page`, of lean rows."""

    rows: tuple[Lean, ...]
    next: int
    more: bool


class End(msgspec.Struct, frozen=True):
    """Where the log ends, and which generation of labels and shelves it uses."""

    position: int
    generation: int


class Found(msgspec.Struct, frozen=True):
    """Positions of one page in walking order, where the next page begins, and whether there is one."""

    positions: list[int]
    next: int
    more: bool


class Reading:
    """Reads under a clearance."""

    def __init__(self, database: Database, shelving: Shelving) -> None:
        self.database, self.shelving = database, shelving

    def changes(self, clearance: Clearance, after: int, limit: int, query: Query = EVERYTHING) -> Page:
        """What was added after position `after`, oldest first; with `newest_first` what was added before it (0: from
        the end), newest first. `next` is where to go on; it is the end of the log where there is no more."""

        def read(link: Link, end: End) -> Page:
            view = self.shelving.view(clearance, query)
            found = self.find(link, view, after, bounded(limit), query, end)
            return Page(tuple(self.rows_at(link, view, found.positions)), found.next, found.more)

        return self.consistent(read)

    def bodies(self, clearance: Clearance, after: int, limit: int, query: Query = EVERYTHING) -> LeanPage:
        """As `changes`, of lean rows: half the time where labels and proofs are not needed."""

        def read(link: Link, end: End) -> LeanPage:
            view = self.shelving.view(clearance, query)
            found = self.find(link, view, after, bounded(limit), query, end)
            rows = self.database.rows(link, _LEAN, positions=found.positions) if found.positions else []
            kept = {row[0]: row for row in rows if row[2] in view.shelves}
            return LeanPage(_ordered(kept, found.positions, self._lean), found.next, found.more)

        return self.consistent(read)

    def consistent(self, read: Callable[[Link, End], T]) -> T:
        """`read` again until no shelf was added before it looked: else new rows would be passed over as hidden."""
        with self.database.readers.link() as link:
            while True:
                end = self._end(link)
                if end.generation != self.shelving.generation:
                    self.shelving.refresh(link)
                    continue
                found = read(link, end)
                if self._end(link).generation == end.generation:
                    return found

    def position(self) -> int:
        """The end of the log."""
        with self.database.readers.link() as link:
            return self._end(link).position

    def _end(self, link: Link) -> End:
        ((position, generation),) = self.database.rows(link, "SELECT position, generation FROM state")
        return End(position, generation)

    def rows_at(self, link: Link, view: View, positions: Sequence[int]) -> tuple[Row, ...]:
        """The rows at these positions that are still there and still to be seen, in the order given."""
        if not positions:
            return ()
        rows = self.database.rows(link, _ROWS, positions=list(positions))
        kept = {row[0]: row for row in rows if row[2] in view.shelves}
        return _ordered(kept, positions, self._row)

    def _lean(self, fields: Sequence[Any]) -> Lean:
        position, at, number, name, version, body = fields
        shelf = self.shelving.shelves[number]
        return Lean(position, at, name, version, shelf.owner, self.shelving.labels[shelf.sight], body)

    def _row(self, fields: Sequence[Any]) -> Row:
        position, at, number, name, version, body, applied, index, path, digest = fields
        shelf = self.shelving.shelves[number]
        return Row(
            position=position,
            at=at,
            id=name,
            version=version,
            type=shelf.type,
            owner=shelf.owner,
            label=self.shelving.labels[shelf.sight],
            body=body,
            applied=_unpack_names(applied) if applied else (),
            redacted=shelf.redacted,
            proof=Proof(digest, index, tuple(path[at : at + 32] for at in range(0, len(path), 32))),
            source=shelf.source,
        )

    def find(self, link: Link, view: View, after: int, limit: int, query: Query, end: End) -> Found:
        """One more is looked for than is given, so that `more` is exact."""
        if after < 0:
            raise ValueError(f"a position is not negative: {after!r}")
        low, high = self.stretch(link, after, query, end)
        if query.words:
            high = min(high, self._indexed(link))
        last = max(high, after) if query.newest_first or query.words else max(end.position, after)
        if query.is_empty or low >= high:
            return Found([], low if query.newest_first else last, more=False)
        if query.words:
            found, reached = self._worded(link, view, low, high, limit + 1, query)
        elif query.ids or query.exact_versions:
            found, reached = self._matching(link, view, low, high, limit + 1, query)
        else:
            found = Walk(self.database, link, view, newest_first=query.newest_first).positions(low, high, limit + 1)
            reached = None
        if len(found) > limit:
            return Found(found[:limit], found[limit - 1], more=True)
        if reached is not None:
            return Found(found, reached, more=True)
        return Found(found, found[-1] if query.newest_first and found else last, more=False)

    def stretch(self, link: Link, after: int, query: Query, end: End) -> tuple[int, int]:
        """The positions asked for: greater than the first, not above the second. Time grows with position."""
        low, high = (0, end.position) if query.newest_first else (after, end.position)
        if query.newest_first and after:
            high = min(high, after - 1)
        if query.since is not None:
            low = max(low, self._last_before(link, query.since + 1))
        if query.until is not None:
            high = min(high, self._last_before(link, query.until))
        return low, high

    def _last_before(self, link: Link, at: int) -> int:
        sql = "SELECT position FROM versions WHERE at < :at ORDER BY at DESC LIMIT 1"
        rows = self.database.rows(link, sql, at=_int64(at))
        return int(rows[0][0]) if rows else 0

    def _matching(
        self, link: Link, view: View, low: int, high: int, wanted: int, query: Query
    ) -> tuple[list[int], int | None]:
        """Positions of rows that match by id or version; and how far was looked, where that was not everywhere."""
        if query.ids:
            sql, ids = _BY_ID, possible(query.ids)
            rows = self.database.rows(link, sql, ids=ids, low=low, high=high)
            return self._picked(view, rows, query)[:wanted], None
        walk = Walk(self.database, link, view, newest_first=query.newest_first)
        positions = walk.positions(low, high, SCAN_LIMIT)
        found: list[int] = []
        for start in range(0, len(positions), 1000):
            rows = self.database.rows(link, _PLACES, positions=positions[start : start + 1000])
            found += self._picked(view, rows, query)
            if len(found) >= wanted:
                return found[:wanted], None
        return found, positions[-1] if len(positions) == SCAN_LIMIT else None

    def _worded(
        self, link: Link, view: View, low: int, high: int, wanted: int, query: Query
    ) -> tuple[list[int], int | None]:
        """As `_matching`, of the rows whose text has all the words."""
        dialect = self.database.engine.dialect.name
        question = asked(dialect, query.words)
        if not question:
            return [], None
        if query.ids:
            named, _ = self._matching(link, view, low, high, SCAN_LIMIT, query)
            said = among(self.database, link, query.words, named)
            return [position for position in named if position in said][:wanted], None
        sql = (SEARCH if query.newest_first else SEARCH_ONWARD)[dialect]
        found: list[int] = []
        for size in _WORDED:
            rows = self.database.rows(link, sql, asked=question, low=low, high=high, size=size)
            seen = [position for position, shelf in rows if shelf in view.shelves]
            kept = self.matching(link, seen, query) if query.exact_versions else set(seen)
            found += [position for position in seen if position in kept]
            if len(found) >= wanted or len(rows) < size:
                return found[:wanted], None
            low, high = (low, rows[-1][0] - 1) if query.newest_first else (rows[-1][0], high)
        return found, rows[-1][0]

    def _indexed(self, link: Link) -> int:
        """The position up to which the text index has followed the log."""
        rows = self.database.rows(link, "SELECT position FROM watermarks WHERE name = :name", name=WATERMARK)
        return int(rows[0][0]) if rows else 0

    def matching(self, link: Link, positions: Sequence[int], query: Query) -> set[int]:
        """Those of the positions whose rows are among the ids and versions asked for."""
        rows = self.database.rows(link, _NAMED_PLACES, positions=list(positions))
        ids = set(query.ids)
        wanted = [(position, shelf, version) for position, shelf, version, name in rows if not ids or name in ids]
        return {
            position
            for position, shelf, version in wanted
            if shelf is not None and self._is_version(shelf, version, query)
        }

    def _is_version(self, number: int, version: str, query: Query) -> bool:
        exact = query.exact_versions
        if not exact or version in exact:
            return True
        shelf = self.shelving.shelves[number]
        return (shelf.first and "first" in query.versions) or (shelf.last and "last" in query.versions)

    def _picked(self, view: View, rows: Sequence[tuple[int, int, str]], query: Query) -> list[int]:
        """The positions of the rows that match, in walking order."""
        picked = [
            position
            for position, number, version in rows
            if number in view.shelves and self._is_version(number, version, query)
        ]
        return sorted(picked, reverse=query.newest_first)


def _int64(number: int) -> int:
    return max(-(1 << 63), min(number, (1 << 63) - 1))


def _ordered(rows: dict[int, Any], positions: Sequence[int], make: Callable[[Any], T]) -> tuple[T, ...]:
    return tuple(make(rows[position]) for position in positions if position in rows)


_ROWS: Final = """
SELECT v.position, v.at, v.shelf, n.name, v.version, b.body, b.applied, b.leaf, b.path, a.digest
FROM versions v JOIN bodies b ON b.position = v.position JOIN names n ON n.number = v.name
LEFT JOIN attestations a ON a.number = b.attestation
WHERE {among:v.position:positions}
"""

_LEAN: Final = """
SELECT v.position, v.at, v.shelf, n.name, v.version, b.body
FROM versions v JOIN bodies b ON b.position = v.position JOIN names n ON n.number = v.name
WHERE {among:v.position:positions}
"""

_BY_ID: Final = """
SELECT v.position, v.shelf, v.version FROM names n JOIN versions v ON v.name = n.number
WHERE {amongst:n.name:ids} AND v.position + 0 > :low AND v.position + 0 <= :high
"""
"""What is added to a position keeps the database from going through all positions where it does not know yet how many
there are."""

_PLACES: Final = "SELECT position, shelf, version FROM versions WHERE {among:position:positions}"

_NAMED_PLACES: Final = """
SELECT v.position, v.shelf, v.version, n.name FROM versions v JOIN names n ON n.number = v.name
WHERE {among:v.position:positions}
"""
