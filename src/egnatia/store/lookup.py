"""Records by id, by what they name and by word: what may not be seen is as if it were not there."""

from collections.abc import Callable, Iterator, Sequence, Set
from itertools import islice, repeat
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple

from egnatia.policy.clearance import Clearance
from egnatia.record.words import query_terms
from egnatia.store.entry import Row
from egnatia.store.fulltext import SEARCH, among, asked, weight
from egnatia.store.link import Link
from egnatia.store.naming import possible
from egnatia.store.query import EVERYTHING, LAST, PAGE_LIMIT, Query, bounded
from egnatia.store.reading import End, Reading
from egnatia.store.shelving import View
from egnatia.store.tying import Tied, Tying
from egnatia.store.walking import Walk

Direction = Literal["in", "out", "both"]

RANKED: Final = 200
"""The newest matches that are ranked; what lies further back is found newest first."""

_CHUNKS: Final = (200, 2_000, 20_000)
"""How many candidates are looked at, one time after the other, until a page is full."""

_OWN_CHUNKS: Final = (200, 500, 500)
"""How many rows that the reader may see are looked at in between: one costs as much as forty candidates."""

_OWN_NEWEST: Final = (400, 1_600)
"""How many of the newest rows that the reader may see are looked at for suggestions, one time after the other, before
the index is asked: what begins one record in a hundred is found among them, and of what is rarer it has little."""

_NEWEST: Final = Query(versions=(LAST,))


class Sieve(NamedTuple):
    """Two ways to ask one question: the statement of the `newest` candidates up to `high`, and which of some positions
    are `among` the candidates. `turns` is how many stretches are looked at, None for as many as it takes. In `noted`,
    where it is given, rows are kept by their positions: position, shelf, and what else the statement says."""

    newest: str
    among: Callable[[Link, list[int]], Set[int]]
    turns: int | None = None
    noted: dict[int, Any] | None = None


class Lookup(Reading):
    """The questions that do not follow the log."""

    def get(self, clearance: Clearance, ids: Sequence[str]) -> tuple[Row, ...]:
        """The newest versions of these records, in the order of the ids; one for each owner who has one."""
        query = Query(ids=tuple(dict.fromkeys(ids)), versions=(LAST,))
        found = self._all(clearance, query)
        order = {record: place for place, record in enumerate(query.ids)}
        return tuple(sorted(found, key=lambda row: order[row.id]))

    def versions(self, clearance: Clearance, record: str) -> tuple[Row, ...]:
        """Every version of a record, oldest first."""
        return tuple(sorted(self._all(clearance, Query(ids=(record,))), key=lambda row: (row.version, row.position)))

    def neighbours(
        self,
        clearance: Clearance,
        record: str,
        direction: Direction = "both",
        limit: int = 100,
        *,
        before: int = 0,
        types: tuple[str, ...] = (),
    ) -> tuple[Row, ...]:
        """The newest versions of the records that this one names (`out`) and that name it (`in`), newest first; only
        those that were added before position `before`, and those of `types`, if these are given. Nothing where the
        record itself is not to be seen."""
        limit = bounded(limit)

        def read(link: Link, end: End) -> tuple[Row, ...]:
            view = self.shelving.view(clearance, _NEWEST)
            own = [row[0] for row in self._rows(link, _HEADS, ids=possible([record])) if row[1] in view.shelves]
            if not own:
                return ()
            view = self.shelving.view(clearance, Query(types=types, versions=(LAST,))) if types else view
            found: set[int] = set()
            high = min(end.position, before - 1) if before else end.position
            if direction != "in":
                outward = self._rows(link, _NAMED, positions=own)
                found.update(position for position, shelf in outward if shelf in view.shelves and position <= high)
            if direction != "out":
                named = {"record": record}
                newest = _NAMING[self.database.engine.dialect.name]
                sieve = Sieve(newest, self._listed(_NAMING_AMONG, named))
                found.update(self._sifted(link, view, sieve, high, limit, named))
            return self.rows_at(link, view, sorted(found, reverse=True)[:limit])

        return self.consistent(read)

    def ties(self, clearance: Clearance, record: str, limit: int = 10_000) -> Tied:
        """What a record is tied to: what it names itself, then what names it and what relationships
        join it with, newest first, of at most `limit` records that name it. Nothing where the record itself is not to
        be seen."""
        limit = bounded(limit)

        def read(link: Link, end: End) -> Tied:
            view = self.shelving.view(clearance, _NEWEST)
            own = [row[0] for row in self._rows(link, _HEADS, ids=possible([record])) if row[1] in view.shelves]
            if not own:
                return Tied(())
            tying = Tying(self.database, self.shelving, link, view)
            named = {"record": record}
            heads: dict[int, tuple[int, int, str]] = {}
            newest = _NAMING[self.database.engine.dialect.name]
            sieve = Sieve(newest, self._listed(_NAMING_AMONG, named, heads), noted=heads)
            naming = self._sifted(link, view, sieve, end.position, limit, named)
            inward = sorted(tying.inward(record, [heads[at] for at in naming]), key=attrgetter("via"), reverse=True)
            return Tied((*tying.outward(record, own), *inward), len(naming) < limit)

        return self.consistent(read)

    def at(self, clearance: Clearance, positions: Sequence[int]) -> tuple[Row, ...]:
        """The rows at these positions that are still there and that the reader may see, in the order given."""

        def read(link: Link, _end: End) -> tuple[Row, ...]:
            return self.rows_at(link, self.shelving.view(clearance, _NEWEST), positions[:PAGE_LIMIT])

        return self.consistent(read)

    def search(self, clearance: Clearance, words: str, query: Query = _NEWEST, limit: int = 50) -> tuple[Row, ...]:
        """Records whose text has all the words, whatever their script and spelling. The newest matches come ranked by
        how early and often they say them, or newest first where the query says so; the rest follows newest first."""
        limit = bounded(limit)
        words = f"{words} {query.words}"

        def read(link: Link, end: End) -> tuple[Row, ...]:
            view = self.shelving.view(clearance, query)
            low, high = self.stretch(link, 0, query, end)
            wanted = limit if query.newest_first else max(limit, RANKED)
            found = self._saying(link, view, words, query, (low, high), wanted)
            return self._ranked(self.rows_at(link, view, found[:limit] if query.newest_first else found), words, query)

        return self.consistent(read)[:limit] if self._asks(words, query) else ()

    def suggest(self, clearance: Clearance, words: str, query: Query = _NEWEST, limit: int = 20) -> tuple[Row, ...]:
        """As `search`, of the newest that the reader may see: it is looked no further back than some hundred rows and
        matches, for it must be quick rather than whole."""
        limit = bounded(limit)
        words = f"{words} {query.words}"

        def read(link: Link, end: End) -> tuple[Row, ...]:
            view = self.shelving.view(clearance, query)
            low, high = self.stretch(link, 0, query, end)
            allowed = self._admits(query)
            found: list[int] = []
            for size in _OWN_NEWEST:
                own = Walk(self.database, link, view, newest_first=True).positions(low, high, size)
                said = _kept(own, among(self.database, link, words, own))
                found += said if allowed is None else _kept(said, allowed(link, said))
                if len(found) >= limit or len(own) < size:
                    break
                high = own[-1] - 1
            else:
                # What is rare in the reader's newest is left to the index, which goes through all that begins so.
                found += self._saying(link, view, words, query, (low, high), limit - len(found), turns=1)
            return self._ranked(self.rows_at(link, view, found[:limit]), words, query)

        return self.consistent(read) if self._asks(words, query) else ()

    def count(self, clearance: Clearance, query: Query = EVERYTHING, cap: int = 10_000) -> int:
        """How many rows there are for this reader, counted no further than `cap`."""
        cap = bounded(cap)
        if query.is_empty:
            return 0

        def read(link: Link, end: End) -> int:
            view = self.shelving.view(clearance, query)
            if query.ids or query.exact_versions or query.words:
                return len(self.find(link, view, 0, cap, query, end).positions)
            low, high = self.stretch(link, 0, query, end)
            shelves = view.numbers
            rows = self._rows(link, _COUNT, shelves=shelves, low=low, high=high, cap=cap)
            return int(rows[0][0])

        return self.consistent(read)

    def _asks(self, words: str, query: Query) -> bool:
        """Whether anything can be found at all."""
        return bool(asked(self.database.engine.dialect.name, words)) and not query.is_empty

    def _saying(
        self,
        link: Link,
        view: View,
        words: str,
        query: Query,
        stretch: tuple[int, int],
        wanted: int,
        *,
        turns: int | None = None,
    ) -> list[int]:
        """Positions within the stretch whose text has the words, newest first."""
        dialect = self.database.engine.dialect.name
        low, high = stretch
        sieve = Sieve(SEARCH[dialect], lambda link, these: among(self.database, link, words, these), turns)
        values = {"asked": asked(dialect, words), "low": low}
        return self._sifted(link, view, sieve, high, wanted, values, allowed=self._admits(query))

    def _ranked(self, rows: Sequence[Row], words: str, query: Query) -> tuple[Row, ...]:
        """The newest by how early and often they say the words, unless the query wants them newest first."""
        if query.newest_first:
            return tuple(rows)
        terms = frozenset(word for term in query_terms(words) for word in term.words)
        best = sorted(rows[:RANKED], key=lambda row: -weight(row.body, terms))
        return (*best, *rows[RANKED:])

    def _all(self, clearance: Clearance, query: Query) -> list[Row]:
        def read(link: Link, end: End) -> list[Row]:
            view = self.shelving.view(clearance, query)
            positions = self.find(link, view, 0, 10_000, query, end).positions
            return list(self.rows_at(link, view, positions))

        return self.consistent(read) if query.ids else []

    def _rows(self, link: Link, template: str, **values: Any) -> list[Any]:
        return self.database.rows(link, template, **values)

    def _listed(
        self, template: str, values: dict[str, Any], noted: dict[int, Any] | None = None
    ) -> Callable[[Link, list[int]], Set[int]]:
        """What of some positions a statement lists; its rows are `noted` as those of a sieve are."""

        def listed(link: Link, positions: list[int]) -> Set[int]:
            rows = {row[0]: row for row in self._rows(link, template, **values, positions=positions)}
            if noted is not None:
                noted.update(rows)
            return rows.keys()

        return listed

    def _admits(self, query: Query) -> Callable[[Link, list[int]], set[int]] | None:
        """What sorts out rows by what only they can tell; None where shelves tell all."""
        if not (query.ids or query.exact_versions):
            return None
        return lambda link, positions: self.matching(link, positions, query)

    def _sifted(
        self,
        link: Link,
        view: View,
        sieve: Sieve,
        high: int,
        wanted: int,
        values: dict[str, Any],
        *,
        allowed: Callable[[Link, list[int]], set[int]] | None = None,
    ) -> list[int]:
        """Positions that the view lets through, newest first, of the candidates that a statement lists.

        Candidates and the reader's own rows are looked through by turns, each from where the other got to: who sees
        little of what is everywhere waits no longer than who sees all of what is rare.
        """
        values = {"low": 0, **values}
        walk = Walk(self.database, link, view, newest_first=True)
        found: list[int] = []
        looked = 0
        for most, own in islice(zip(_sizes(_CHUNKS), _sizes(_OWN_CHUNKS), strict=False), sieve.turns):
            size = _enough(wanted - len(found), len(found), looked, most)
            rows = self._rows(link, sieve.newest, **values, high=high, size=size)
            looked += len(rows)
            seen = list(dict.fromkeys([row[0] for row in rows if row[1] in view.shelves]))
            if sieve.noted is not None:
                sieve.noted.update({row[0]: row for row in rows})
            found += seen if allowed is None else _kept(seen, allowed(link, seen))
            if len(found) >= wanted or len(rows) < size:
                break
            positions = walk.positions(values["low"], rows[-1][0] - 1, own)
            if not positions:
                break
            seen = _kept(positions, sieve.among(link, positions))
            found += seen if allowed is None else _kept(seen, allowed(link, seen))
            if len(found) >= wanted or len(positions) < own:
                break
            high = positions[-1] - 1
        return found[:wanted]


def _kept(positions: list[int], among: Set[int]) -> list[int]:
    return [position for position in positions if position in among]


def _enough(wanted: int, found: int, looked: int, most: int) -> int:
    """How many candidates to look at for so many more, where `found` were among those `looked` at; `most` at most."""
    return min(most, max(_CHUNKS[0], wanted * looked * 5 // (found * 4))) if found else most


def _sizes(chunks: Sequence[int]) -> Iterator[int]:
    yield from chunks
    yield from repeat(chunks[-1])


_HEADS: Final = (
    "SELECT v.position, v.shelf FROM names n JOIN versions v ON v.name = n.number WHERE {amongst:n.name:ids}"
)

_NAMED: Final = """
SELECT DISTINCT v.position, v.shelf FROM refs r JOIN versions v ON v.name = r.target WHERE {among:r.position:positions}
"""

_NAMING: Final = {
    "sqlite": "SELECT r.position, v.shelf, v.version FROM refs r JOIN versions v ON v.position = r.position"
    " WHERE r.target = (SELECT n.number FROM names n WHERE n.name = :record)"
    " AND r.position > :low AND r.position <= :high ORDER BY r.position DESC LIMIT :size",
    "postgresql": "SELECT v.position, v.shelf, v.version FROM versions v WHERE v.position = ANY(ARRAY("
    "SELECT DISTINCT r.position FROM refs r WHERE r.target = (SELECT n.number FROM names n WHERE n.name = :record)"
    " AND r.position > :low AND r.position <= :high ORDER BY r.position DESC LIMIT :size)) ORDER BY v.position DESC",
}
"""PostgreSQL looks up many positions at once in half the time that it takes for one after the other."""

_NAMING_AMONG: Final = """
SELECT r.position, v.shelf, v.version FROM refs r JOIN versions v ON v.position = r.position
WHERE r.target = (SELECT n.number FROM names n WHERE n.name = :record) AND {among:r.position:positions}
"""

_COUNT: Final = """
SELECT count(*) FROM (SELECT 1 FROM versions WHERE {among:shelf:shelves} AND position > :low AND position <= :high
LIMIT :cap) AS counted
"""
