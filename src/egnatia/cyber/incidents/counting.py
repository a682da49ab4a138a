"""What the summary counts, kept between two questions: of ten thousand incidents only those are looked at that the log
has touched since."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Final

from egnatia.casework.registry import Registry, Unknown
from egnatia.cyber.incidents.protocol import is_incident
from egnatia.cyber.incidents.summary import Basis, Found, Review, Summary, folds, looked_at, summed
from egnatia.policy import Clearance

_READERS: Final = 8
"""Readers whose incidents are kept; whoever asked longest ago is forgotten."""

_ANSWERS: Final = 32
"""Answers that are kept for each until one of its incidents changes."""


class Counting:
    """The incidents of each reader as the summary sees them. Thread-safe."""

    def __init__(self, registry: Registry) -> None:
        self._registry, self._lock = registry, Lock()
        self._known: OrderedDict[Clearance, tuple[int, dict[str, Found]]] = OrderedDict()
        self._answers: dict[Clearance, dict[tuple[str, Basis, Review], Summary]] = {}

    def of(self, clearance: Clearance) -> Sequence[Found]:
        """Every real incident that the reader takes part in, as it stands now."""
        with self._lock:
            return tuple(self._now(clearance).values())

    def summary(self, clearance: Clearance, quarter: str, *, basis: Basis, review: Review) -> Summary:
        """The reader's summary of a quarter, as its incidents stand now."""
        with self._lock:
            found = self._now(clearance)
            answers = self._answers.setdefault(clearance, {})
            key = (quarter, basis, review)
            if key not in answers:
                if len(answers) >= _ANSWERS:
                    answers.clear()
                answers[key] = summed(tuple(found.values()), quarter, basis=basis, review=review)
            return answers[key]

    def _now(self, clearance: Clearance) -> dict[str, Found]:
        known = self._known.get(clearance)
        position = self._registry.host.store.position()
        if known is None:
            found = {fold.case.id: looked_at(fold) for fold in folds(self._registry, clearance)}
        else:
            position, found = self._touched(clearance, *known)
        self._known[clearance] = (position, found)
        self._known.move_to_end(clearance)
        while len(self._known) > _READERS:
            forgotten, _ = self._known.popitem(last=False)
            self._answers.pop(forgotten, None)
        return found

    def _touched(self, clearance: Clearance, position: int, found: dict[str, Found]) -> tuple[int, dict[str, Found]]:
        while True:
            cases, reached = self._registry.touched(position)
            if cases:
                self._answers.pop(clearance, None)
            for case in cases:
                found.pop(case, None)
                if (now := self._look(clearance, case)) is not None:
                    found[case] = now
            if reached == position:
                return position, found
            position = reached

    def _look(self, clearance: Clearance, case: str) -> Found | None:
        """A case, where it is one that the reader's summary counts."""
        try:
            fold = self._registry.fold(clearance, case)
        except Unknown:
            return None
        mine = {standing.organisation for standing in clearance.standings}
        if fold.case.exercise or not is_incident(fold.case.workflow) or mine.isdisjoint(fold.state.active()):
            return None
        return looked_at(fold)
