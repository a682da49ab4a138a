"""What the situation of incidents counts, kept between two questions: of ten thousand open incidents only those are
looked at that the log has touched since."""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from threading import Lock
from typing import Any, Final

import msgspec

from egnatia.casework.registry import Registry
from egnatia.cyber.incidents.picture import economies_of, open_incidents
from egnatia.cyber.incidents.protocol import is_incident
from egnatia.policy import Clearance
from egnatia.store.casebook import Standing

SEVERITIES: Final = ("red", "yellow", "green", "white", "not-said")
"""From the gravest on."""

_GRAVEST: Final = {name: number for number, name in enumerate(SEVERITIES)}
_READERS: Final = 8
"""Readers whose incidents are kept; whoever asked longest ago is forgotten."""

_WEEK: Final = 7 * 86_400_000_000
_MONDAY: Final = 3 * 86_400_000_000
"""From the Monday before 1970 to its first day, in microseconds."""


def severity_of(standing: Standing) -> str:
    """How grave an incident is; `not-said` where nobody has said it."""
    found = standing.facts.get("severity")
    return found if found in _GRAVEST else "not-said"


def week_of(at: int) -> int:
    """The number of the week of a moment (microseconds UTC), from Monday to Sunday."""
    return (at + _MONDAY) // _WEEK


def begins(week: int) -> int:
    """The first moment of a week, microseconds UTC."""
    return week * _WEEK - _MONDAY


class Situation(msgspec.Struct, frozen=True):
    """The open incidents of a reader: their ids; how many are significant and regional, by economy, by sector and
    severity, and by the number of the week in which they were opened and severity; and the gravest of them, of which
    the last changed come first."""

    ids: frozenset[str]
    significant: int
    regional: int
    economies: Counter[str]
    sectors: Counter[tuple[str, str]]
    weeks: Counter[tuple[int, str]]
    gravest: tuple[Standing, ...]


class _Kept:
    """The open incidents of one reader. `reached` is how far in the log the view of cases was that they are from."""

    def __init__(self, reached: int) -> None:
        self.reached = reached
        self.standings: dict[str, Standing] = {}
        self.counts: Counter[tuple[Any, ...]] = Counter()

    def put(self, standing: Standing) -> None:
        self.leave_out(standing.id)
        self.standings[standing.id] = standing
        self.counts.update(_cells(standing))

    def leave_out(self, case: str) -> None:
        if (known := self.standings.pop(case, None)) is not None:
            self.counts.subtract(_cells(known))

    def situation(self, listed: int) -> Situation:
        found: dict[str, Counter[Any]] = {name: Counter() for name in ("economy", "sector", "week")}
        single: Counter[str] = Counter()
        for (name, *cell), count in self.counts.items():
            if count and name in found:
                found[name][cell[0] if len(cell) == 1 else tuple(cell)] = count
            elif count:
                single[name] = count
        gravest = nsmallest(listed, self.standings.values(), key=lambda one: (_GRAVEST[severity_of(one)], -one.updated))
        return Situation(
            ids=frozenset(self.standings),
            significant=single["significant"],
            regional=single["regional"],
            economies=found["economy"],
            sectors=found["sector"],
            weeks=found["week"],
            gravest=tuple(gravest),
        )


class Situations:
    """The situation of each reader. Thread-safe."""

    def __init__(self, registry: Registry) -> None:
        self._registry, self._lock = registry, Lock()
        self._known: OrderedDict[Clearance, _Kept] = OrderedDict()

    def of(self, clearance: Clearance, listed: int) -> Situation:
        """Every real incident that is open and that the reader takes part in, with so many of them `listed`."""
        with self._lock:
            kept = self._known.get(clearance)
            # What was touched after that may not be in the view yet: it is looked at again next time.
            reached = self._registry.reached()
            if kept is None:
                kept = self._known[clearance] = _Kept(reached)
                for each in open_incidents(self._registry, clearance):
                    kept.put(each)
            else:
                self._bring_up(kept, clearance)
                kept.reached = max(kept.reached, reached)
            self._known.move_to_end(clearance)
            while len(self._known) > _READERS:
                self._known.popitem(last=False)
            return kept.situation(listed)

    def _bring_up(self, kept: _Kept, clearance: Clearance) -> None:
        for cases in self._touched(kept.reached):
            now = self._registry.standing(clearance, cases)
            for case in cases:
                standing = now.get(case)
                if standing is not None and is_incident(standing.workflow) and not standing.exercise:
                    kept.put(standing)
                else:
                    kept.leave_out(case)

    def _touched(self, after: int) -> Iterator[Sequence[str]]:
        while True:
            cases, reached = self._registry.touched(after)
            if cases:
                yield cases
            if reached == after:
                return
            after = reached


def _cells(standing: Standing) -> Iterator[tuple[Any, ...]]:
    """The counts that an incident is part of."""
    severity = severity_of(standing)
    if standing.facts.get("significant"):
        yield ("significant",)
    if str(standing.facts.get("level", "")).startswith("regional"):
        yield ("regional",)
    for economy in economies_of(standing):
        yield ("economy", economy)
    for sector in standing.facts.get("sectors") or ("not-said",):
        yield ("sector", sector, severity)
    yield ("week", week_of(int(standing.facts.get("opened", standing.updated))), severity)
