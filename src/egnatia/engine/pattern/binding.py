"""Observations bound to the brackets of a pattern so that its operators and qualifiers hold (STIX 2.1 section 9.5).

No observation serves twice, but one that says it was seen n times counts n times. Times are intervals: what could have
been in order, or close enough, is. Finding a binding may take for ever, so steps are counted.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from typing import Final, assert_never

from egnatia.engine.pattern.expression import Between, Both, Either, Expression, Repeats, Seen, Then, Within
from egnatia.engine.pattern.observation import Observation

STEPS: Final = 1_000_000
"""Bindings that are looked at before a pattern counts as too costly."""

SIZE: Final = 10_000
"""Observations that one binding may need."""

Seats = dict[int, list[Observation]]
"""For each bracket the observations that pass it."""

Taken = tuple[tuple[Observation, int], ...]
"""Observations, each with which of its times it is."""


class Costly(Exception):
    """Whether a pattern is satisfied cannot be said with reasonable effort."""


def binding(pattern: Expression, seats: Seats) -> tuple[Observation, ...] | None:
    """The first binding found, each observation once, in the order of the pattern; None where there is none. Raises
    Costly."""
    try:
        search = _Search(seats, _size(pattern))
        taken = next(search.bindings(pattern), None)
    except RecursionError as error:
        raise Costly from error
    if taken is None:
        return None
    return tuple({id(observation): observation for observation, _ in taken}.values())


def _size(pattern: Expression) -> int:
    """How many observations a binding has at most; raises Costly where these are too many."""
    match pattern:
        case Seen():
            return 1
        case Repeats(inner, times):
            size = _size(inner) * times
        case Both(left, right) | Then(left, right) | Either(left, right):
            size = _size(left) + _size(right)
        case Within() | Between():
            size = _size(pattern.inner)
        case _:
            assert_never(pattern)
    if size > SIZE:
        raise Costly
    return size


class _Replayed:
    """What an iterator gives, again and again, without asking it twice."""

    def __init__(self, source: Iterator[Taken]) -> None:
        self._source = source
        self._known: list[Taken] = []

    def __iter__(self) -> Iterator[Taken]:
        yield from self.after(0)

    def after(self, place: int) -> Iterator[Taken]:
        """From the one at this place on."""
        while True:
            if place < len(self._known):
                yield self._known[place]
            else:
                following = next(self._source, None)
                if following is None:
                    return
                self._known.append(following)
                yield following
            place += 1


class _Search:
    """One search for bindings, which gets tired."""

    def __init__(self, seats: Seats, size: int) -> None:
        self._seats = seats
        self._size = size
        self._steps = 0

    def _step(self) -> None:
        self._steps += 1
        if self._steps > STEPS:
            raise Costly

    def bindings(self, pattern: Expression) -> Iterator[Taken]:  # noqa: PLR0912  (one case for each operator)
        """Every binding that matters, lazily."""
        match pattern:
            case Seen():
                for each in self._instances(pattern):
                    self._step()
                    yield (each,)
            case Either(left, right):
                yield from self.bindings(left)
                yield from self.bindings(right)
            case Both(left, right):
                yield from self._joined(left, right)
            case Then(left, right):
                for first, second in self._pairs(left, right):
                    if max(each.first for each, _ in first) <= min(each.last for each, _ in second):
                        yield first + second
            case Within(Repeats(Seen() as inner, times), seconds):
                yield from self._windows(inner, times, timedelta(seconds=seconds))
            case Within(inner, seconds):
                span = timedelta(seconds=seconds)
                for taken in self.bindings(inner):
                    end = min(each.last for each, _ in taken) + span
                    if all(each.first <= end for each, _ in taken):
                        yield taken
            case Between(inner, start, stop):
                if start >= stop:
                    return
                for taken in self.bindings(inner):
                    if all(each.first < stop and each.last >= start for each, _ in taken):
                        yield taken
            case Repeats(inner, times):
                yield from self._repeated(inner, times)
            case _:
                assert_never(pattern)

    def _instances(self, seen: Seen) -> list[tuple[Observation, int]]:
        return [(each, turn) for each in self._seats[seen.number] for turn in range(min(each.count, self._size))]

    def _pairs(self, left: Expression, right: Expression) -> Iterator[tuple[Taken, Taken]]:
        second = _Replayed(self.bindings(right))
        if next(iter(second), None) is None:
            return
        for one in self.bindings(left):
            taken = {(id(each), turn) for each, turn in one}
            for other in second:
                self._step()
                if taken.isdisjoint((id(each), turn) for each, turn in other):
                    yield one, other

    def _joined(self, left: Expression, right: Expression) -> Iterator[Taken]:
        for one, other in self._pairs(left, right):
            yield one + other

    def _repeated(self, inner: Expression, times: int) -> Iterator[Taken]:
        if isinstance(inner, Seen):
            for taken in combinations(self._instances(inner), times):
                self._step()
                yield taken
            return
        yield from self._chosen(_Replayed(self.bindings(inner)), 0, times, ())

    def _chosen(self, known: _Replayed, place: int, times: int, taken: Taken) -> Iterator[Taken]:
        if times == 0:
            yield taken
            return
        used = {(id(each), turn) for each, turn in taken}
        for at, other in enumerate(known.after(place), place + 1):
            self._step()
            if used.isdisjoint((id(each), turn) for each, turn in other):
                yield from self._chosen(known, at, times - 1, taken + other)

    def _windows(self, seen: Seen, times: int, span: timedelta) -> Iterator[Taken]:
        """So many of one bracket close together: each in turn is the one that ends first."""
        instances = sorted(self._instances(seen), key=lambda one: one[0].last)
        are_moments = all(each.first == each.last for each, _ in instances)
        for at, start in enumerate(instances):
            end = start[0].last + span
            close: list[tuple[Observation, int]] = []
            for one in instances[at + 1 :] if not are_moments else _until(instances, at + 1, end):
                self._step()
                if one[0].first <= end:
                    close.append(one)
                    if are_moments and len(close) >= times - 1 + self._size:
                        break
            for others in combinations(close, times - 1):
                self._step()
                yield (start, *others)


def _until(instances: list[tuple[Observation, int]], place: int, end: object) -> Iterator[tuple[Observation, int]]:
    for one in instances[place:]:
        if one[0].first > end:  # type: ignore[operator]  # a moment
            return
        yield one
