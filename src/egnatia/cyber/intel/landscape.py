"""The threat landscape of a period, for an economy, a sector or all: what was new, what was told of most, and how that
compares with the period of the same length before. Made of what one reader may see, and of nothing else.

A record counts in the period in which it last changed; it was added here no earlier, so nothing older is looked at.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

import msgspec

from egnatia.cyber.intel.board import detected_by
from egnatia.cyber.intel.language import Has
from egnatia.cyber.intel.matching import (
    Fields,
    Known,
    changed,
    economies_of,
    matches,
    references_of,
    sectors_of,
    techniques_of,
)
from egnatia.cyber.intel.profile import ACTORS
from egnatia.cyber.intel.searching import PAGE, candidate_of
from egnatia.policy import Clearance, Tlp
from egnatia.policy.meet import strictest_tlp
from egnatia.record.instant import version_of
from egnatia.store import Lean, Query, Store
from egnatia.store.query import LAST

MEANS: Final = ("malware", "tool")
TELLING: Final = (
    "report", "grouping", "relationship", "indicator", "incident", "sighting", "vulnerability", "observed-data", "case",
    *ACTORS, *MEANS,
)  # fmt: skip
"""Record types that make a landscape."""

NEWS: Final = ("report", *ACTORS, *MEANS, "vulnerability", "incident")
"""What is named one by one where it is new."""

TOP: Final = 10
NEW: Final = 30
LOOKED_AT: Final = 60_000
"""The most records that one landscape looks at, the newest ones."""


class Period(msgspec.Struct, frozen=True):
    """A time from its start to its end, which is not part of it; both UTC."""

    start: datetime
    end: datetime

    @property
    def before(self) -> "Period":
        """The period of the same length before it."""
        return Period(self.start - (self.end - self.start), self.start)

    def holds(self, at: datetime) -> bool:
        """Whether a moment is in it."""
        return self.start <= at < self.end


class Scope(msgspec.Struct, frozen=True):
    """What is looked at: an economy or a sector as the search language spells them, empty for all; and up to which TLP,
    so that the report can be given to more."""

    economy: str = ""
    sector: str = ""
    most: Tlp = Tlp.RED

    @property
    def terms(self) -> tuple[Has, ...]:
        """The same as terms of the search language."""
        fields = (("economy", self.economy), ("sector", self.sector))
        return tuple(Has(name, value) for name, value in fields if value)


class Counted(msgspec.Struct, frozen=True):
    """How many records tell of a thing (a number, a code, an id, a kind): in the period, in the one before; and how
    many organisations tell of it in the period."""

    key: str
    now: int
    before: int
    organisations: int


class News(msgspec.Struct, frozen=True):
    """A record that was made in the period."""

    id: str
    at: datetime


class Landscape(msgspec.Struct, frozen=True, kw_only=True):
    """A period, counted. `steps` are counts of records in stretches of it, each with its start. `tlp` is the strictest
    of all that was counted; `named` says that some of it is for named recipients. So many were `looked` at: where that
    is not `complete`, the newest. `rows` are all that were counted, without their bodies, to be noted as released."""

    period: Period
    records: Counted
    indicators: Counted
    reports: Counted
    new: tuple[News, ...]
    new_count: int
    techniques: tuple[Counted, ...]
    technique_count: int
    actors: tuple[Counted, ...]
    means: tuple[Counted, ...]
    sectors: tuple[Counted, ...]
    economies: tuple[Counted, ...]
    kinds: tuple[Counted, ...]
    sources: tuple[Counted, ...]
    steps: tuple[tuple[datetime, int], ...]
    tlp: Tlp
    named: bool
    complete: bool
    looked: int
    rows: tuple[Lean, ...]


def landscape(
    store: Store, clearance: Clearance, known: Known, period: Period, scope: Scope, now: datetime
) -> Landscape:
    """What the reader may see of a period, counted."""
    made = _Making(period, known)
    targeting = {term: _targeting(store, clearance, known, term, scope.most) for term in scope.terms}
    looked, oldest = 0, version_of(f"{period.before.start:%Y-%m-%dT%H:%M:%S}.000Z")
    for row in _rows(store, clearance, period.before.start):
        looked += 1
        # What did not change in either period is not even decoded; an observable, which has no version, may have.
        if strictest_tlp(row.label) <= scope.most and not (row.version and row.version < oldest):
            candidate = candidate_of(row)
            if all(row.id in ids or matches(term, candidate, known, now) for term, ids in targeting.items()):
                made.take(row, candidate.record, economies_of(candidate, known))
        if looked >= LOOKED_AT:
            break
    return made.landscape(looked)


def _targeting(store: Store, clearance: Clearance, known: Known, term: Has, most: Tlp) -> frozenset[str]:
    """What a relationship says to target an organisation or a place that the term asks for: an adversary does not name
    its targets itself."""
    return frozenset(
        ends.source_ref
        for row in islice(_newest(store, clearance, Query(types=("relationship",), versions=(LAST,))), LOOKED_AT)
        if b"targets" in row.body and strictest_tlp(row.label) <= most
        for ends in (_ends(row.body),)
        if ends.relationship_type == "targets" and not ends.revoked and _is_of(ends.target_ref, known, term)
    )


def _is_of(target: str, known: Known, term: Has) -> bool:
    if term.field == "economy":
        return known.economies.get(target, "") == term.value
    return term.value in known.sectors.get(target, ())


class _Ends(msgspec.Struct, frozen=True):
    relationship_type: str = ""
    source_ref: str = ""
    target_ref: str = ""
    revoked: bool = False


_ends = msgspec.json.Decoder(_Ends, strict=False).decode


def _rows(store: Store, clearance: Clearance, since: datetime) -> Iterator[Lean]:
    bound = int(since.timestamp() * 1_000_000) - 1
    return _newest(store, clearance, Query(types=TELLING, versions=(LAST,), since=max(bound, 0)))


def _newest(store: Store, clearance: Clearance, query: Query) -> Iterator[Lean]:
    """The rows that are asked for, newest first."""
    query, after = msgspec.structs.replace(query, newest_first=True), 0
    while True:
        page = store.bodies(clearance, after, PAGE, query)
        yield from page.rows
        if not page.more:
            return
        after = page.next


class _Tally:
    """Counts of one sort, now and before."""

    def __init__(self) -> None:
        self._now: Counter[str] = Counter()
        self._before: Counter[str] = Counter()
        self._who: dict[str, set[str]] = {}

    def add(self, keys: Iterable[str], owner: str, *, is_now: bool) -> None:
        for key in set(keys):
            if is_now:
                self._now[key] += 1
                self._who.setdefault(key, set()).add(owner)
            else:
                self._before[key] += 1

    @property
    def count(self) -> int:
        """How many different ones there are in the period."""
        return len(self._now)

    def one(self, key: str) -> Counted:
        return Counted(key, self._now[key], self._before[key], len(self._who.get(key, ())))

    def top(self, most: int = TOP) -> tuple[Counted, ...]:
        """What is told of in the period, the most told of first."""
        found = [self.one(key) for key in self._now]
        return tuple(sorted(found, key=lambda each: (-each.now, each.key))[:most])


class _Making:
    """A landscape while it is counted."""

    def __init__(self, period: Period, known: Known) -> None:
        self._period, self._known = period, known
        sorts = ("all", "technique", "actor", "means", "sector", "economy", "kind", "source", "type")
        self._tallies = {sort: _Tally() for sort in sorts}
        self._new: list[News] = []
        self._steps: Counter[int] = Counter()
        self._tlp, self._named = Tlp.CLEAR, False
        self._rows: list[Lean] = []
        self._step = max(timedelta(days=1), (period.end - period.start) / 12)

    def take(self, row: Lean, record: Fields, economies: set[str]) -> None:
        """Count a record in the period that it belongs to, if it belongs to one of the two."""
        at, kind = changed(record), str(record["type"])
        is_now = self._period.holds(at)
        if not (is_now or self._period.before.holds(at)) or record.get("revoked") is True:
            return
        self._rows.append(msgspec.structs.replace(row, body=b""))
        self._tlp = max(self._tlp, strictest_tlp(row.label))
        self._named = self._named or bool(row.label.audiences)
        refs = references_of(record) | {str(record["id"])}
        self._count("technique", techniques_of(record, self._known), row, is_now=is_now)
        self._count("actor", _of_types(refs, ACTORS), row, is_now=is_now)
        self._count("means", _of_types(refs, MEANS), row, is_now=is_now)
        self._count("sector", sectors_of(record, self._known), row, is_now=is_now)
        if kind == "relationship":
            return  # it says how things hang together and is no news by itself
        self._count("all", [""], row, is_now=is_now)
        self._count("type", [kind], row, is_now=is_now)
        self._count("economy", economies, row, is_now=is_now)
        self._count("source", [row.owner], row, is_now=is_now)
        if kind == "indicator":
            self._count("kind", [each.about for each in detected_by(record)], row, is_now=is_now)
        if is_now:
            self._steps[int((at - self._period.start) / self._step)] += 1
            if kind in NEWS and self._period.holds(_made(record)):
                self._new.append(News(str(record["id"]), _made(record)))

    def _count(self, sort: str, keys: Iterable[str], row: Lean, *, is_now: bool) -> None:
        self._tallies[sort].add(keys, row.owner, is_now=is_now)

    def landscape(self, looked: int) -> Landscape:
        """What came of it."""
        tallies, period = self._tallies, self._period
        steps = -(-(period.end - period.start) // self._step)
        newest = sorted(self._new, key=lambda each: each.at, reverse=True)
        return Landscape(
            period=period,
            records=tallies["all"].one(""),
            indicators=tallies["type"].one("indicator"),
            reports=tallies["type"].one("report"),
            new=tuple(newest[:NEW]),
            new_count=len(newest),
            techniques=tallies["technique"].top(),
            technique_count=tallies["technique"].count,
            actors=tallies["actor"].top(),
            means=tallies["means"].top(),
            sectors=tallies["sector"].top(),
            economies=tallies["economy"].top(),
            kinds=tallies["kind"].top(),
            sources=tallies["source"].top(),
            steps=tuple((period.start + self._step * at, self._steps[at]) for at in range(steps)),
            tlp=self._tlp,
            named=self._named,
            complete=looked < LOOKED_AT,
            looked=looked,
            rows=tuple(self._rows),
        )


def _of_types(ids: Iterable[str], types: tuple[str, ...]) -> list[str]:
    return [each for each in ids if each.partition("--")[0] in types]


def _made(record: Fields) -> datetime:
    stamp = record.get("created")
    return changed({"created": stamp}) if stamp else datetime(1970, 1, 1, tzinfo=UTC)
