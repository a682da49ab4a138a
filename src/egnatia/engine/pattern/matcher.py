"""Many patterns and many observations: each observation is looked up in tables of what patterns must have, and only the
patterns found so are decided. A pattern of one observation is told at once; of several, when all are seen."""

import ipaddress
import unicodedata
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from egnatia.engine.pattern.anchor import GRAM, Anchor, Form, anchors, kinds
from egnatia.engine.pattern.binding import Costly, Seats, binding
from egnatia.engine.pattern.comparing import Key, key_of, network_of
from egnatia.engine.pattern.deciding import Decider, decider
from egnatia.engine.pattern.expression import Comparison, Either, Every, Expression, Seen, Step, Test
from egnatia.engine.pattern.fragment import fragments
from egnatia.engine.pattern.observation import Object, Observation, found
from egnatia.engine.pattern.pace import Pace
from egnatia.engine.pattern.walking import brackets

K = TypeVar("K", bound=Hashable)

KEPT: Final = 10_000
"""Observations that are kept for one bracket of a pattern of several; the oldest give way."""


class Match(msgspec.Struct, Generic[K], frozen=True):
    """A pattern that is satisfied: the key it was given with, and by which observations."""

    key: K
    observations: tuple[Observation, ...]


class _Path:
    """What is looked up along one path."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps = steps
        first = steps[0]
        plain = len(steps) == 1 and isinstance(first, str) and not first.endswith(("_ref", "_refs", "_hex", "_bin"))
        self.name = str(first) if plain else None
        self.equal: dict[Key, list[int]] = {}
        self.networks: dict[int, dict[int, dict[int, list[int]]]] = {4: {}, 6: {}}
        self.grams: dict[str, list[int]] = {}
        self.sure: dict[Key, int | tuple[int, ...]] = {}

    def add(self, anchor: Anchor, bracket: int) -> None:
        """Leads from an anchor to a bracket."""
        match anchor.form:
            case "equal":
                self.equal.setdefault(anchor.key, []).append(bracket)
            case "within":
                network = network_of(str(anchor.key))
                number = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
                table = self.networks[network.version].setdefault(network.prefixlen, {})
                table.setdefault(number, []).append(bracket)
            case "like":
                fragment = str(anchor.key)
                grams = [fragment[at : at + GRAM] for at in range(len(fragment) - GRAM + 1)]
                rarest = min(grams, key=lambda gram: len(self.grams.get(gram, ())))
                self.grams.setdefault(rarest, []).append(bracket)

    def holding(self, value: str) -> Iterator[int]:
        """Brackets that ask for a network in which an address, or another network, is."""
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return
        number = int(network.network_address)
        for length, table in self.networks[network.version].items():
            if length <= network.prefixlen:
                yield from table.get(number >> (network.max_prefixlen - length), ())

    def having(self, value: str) -> Iterator[int]:
        """Brackets that ask for letters that a text has in a row."""
        form = value if value.isascii() else unicodedata.normalize("NFC", value)
        for gram in {form[at : at + GRAM] for at in range(len(form) - GRAM + 1)}:
            yield from self.grams.get(gram, ())


class _Kind:
    """What is known about one kind of object."""

    def __init__(self) -> None:
        self.paths: dict[tuple[Step, ...], _Path] = {}
        self.rest: list[int] = []
        self.signs: dict[Test, Decider] = {}

    def path(self, steps: tuple[Step, ...]) -> _Path:
        """The tables of a path."""
        known = self.paths.get(steps)
        if known is None:
            known = self.paths[steps] = _Path(steps)
        return known


class Matcher(Generic[K]):
    """Patterns, ready for any number of observations. Not to be added to while it matches."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}
        self._keys: list[K] = []
        self._brackets: list[tuple[int, Seen, bool]] = []
        self._deciders: dict[int, Decider] = {}
        self._joint: dict[int, tuple[Expression, dict[int, int]]] = {}
        self.undecided: list[K] = []
        self._loose: set[str] = set()
        self._slow: dict[int, None] = {}
        self._pace = Pace()
        self._fragments: set[str] = set()
        self._fragment_kinds: set[str] = set()
        self._is_sound = True

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: K, pattern: Expression) -> None:
        """Adds a compiled pattern; raises BadPattern for an expression or a network that is none."""
        number = len(self._keys)
        alone = _is_alone(pattern)
        places: dict[int, int] = {}
        seen = list(brackets(pattern))
        for each in seen:
            decider(each.comparison)  # so that a bad one is refused before any of it is added
        self._keys.append(key)
        for each in seen:
            if alone and isinstance(each.comparison, Test) and self._is_sure(number, each.comparison):
                continue
            places[each.number] = bracket = len(self._brackets)
            self._brackets.append((number, each, alone))
            self._lead_to(bracket, each)
        if not alone:
            self._joint[number] = (pattern, places)

    def add_value(self, key: K, kind: str, steps: tuple[Step, ...], value: Key) -> None:
        """Adds what `[kind:steps = value]` asks for, at a fraction of the cost."""
        self._keys.append(key)
        self._surely(len(self._keys) - 1, kind, steps, value)

    def wanted(self) -> Iterator[tuple[str, tuple[Step, ...], Form, Key]]:
        """All that is looked up: the kind of object, the path, how, and the value or network."""
        for name, kind in self._kinds.items():
            for steps, path in kind.paths.items():
                for table in (path.sure, path.equal):
                    for key in table:
                        yield name, steps, "equal", key
                for version, lengths in path.networks.items():
                    for length, networks in lengths.items():
                        bits = 32 if version == 4 else 128
                        for number in networks:
                            family = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
                            first = family(number << (bits - length))
                            yield name, steps, "within", f"{first}/{length}"

    def loose(self) -> frozenset[str]:
        """The kinds of object every one of which has to be looked at: nothing says which may pass."""
        return frozenset(self._loose)

    def slow(self) -> list[K]:
        """The patterns that ask for nothing that can be looked up, for which all of a log is read."""
        return [self._keys[number] for number in self._slow]

    def spent(self) -> list[tuple[K, float]]:
        """The patterns that try values one by one with the seconds that each has taken until now, the slowest first."""
        taken = sorted(self._pace.spent.items(), key=lambda each: -each[1])
        return [(self._keys[number], seconds) for number, seconds in taken]

    def tell_of_trials(self, told: Callable[[K | None], None]) -> None:
        """From now on `told` hears which pattern is about to try a value, which may have no end; None when it has."""
        self._pace.trying = lambda number: told(None if number is None else self._keys[number])

    def fragments(self) -> tuple[frozenset[str], frozenset[str]]:
        """Letters in a row of which a line has some if a pattern passes that no table leads to, and the kinds of object
        that these are about."""
        return frozenset(self._fragments), frozenset(self._fragment_kinds)

    def may(self, objects: Mapping[str, Object]) -> bool:
        """Whether what one field of a line says, as objects, may be part of what a pattern asks for. What is said no to
        in every field is in no match."""
        if not self._is_sound:
            return True
        where = Observation(objects, _NEVER, _NEVER)
        alone: set[int] = set()
        maybe: set[int] = set()
        about: dict[str, _Kind] = {}
        for each in objects.values():
            kind = self._kinds.get(each["type"])
            if kind is not None:
                about[each["type"]] = kind
                self._look_up(kind, each, where, alone, maybe, rest=False)
                if alone or maybe:
                    return True
        return any(decide(objects) for kind in about.values() for decide in kind.signs.values())

    def _is_sure(self, number: int, test: Test) -> bool:
        """Whether a table alone decides a comparison, which then is in it."""
        found_ = anchors(test)
        if test.operator not in {"=", "IN"} or found_ is None:
            return False
        for each in found_:
            self._surely(number, each.kind, each.steps, each.key)
        return True

    def _surely(self, number: int, kind: str, steps: tuple[Step, ...], value: Key) -> None:
        table = self._kind(kind).path(steps).sure
        known = table.get(value)
        if known is None:
            table[value] = number
        else:
            table[value] = (*known, number) if isinstance(known, tuple) else (known, number)

    def _kind(self, name: str) -> _Kind:
        known = self._kinds.get(name)
        if known is None:
            known = self._kinds[name] = _Kind()
        return known

    def _lead_to(self, bracket: int, seen: Seen) -> None:
        known = anchors(seen.comparison)
        if known is None or any(each.form == "like" for each in known):
            self._sift(bracket, seen.comparison)
        if known is None:
            for name in dict.fromkeys(kinds(seen.comparison)):
                self._kind(name).rest.append(bracket)
            for sign in _signs(seen.comparison):
                self._is_sound &= not any(isinstance(step, int) for step in sign.steps)
                self._kind(sign.kind).signs[sign] = self._pace.of(self._brackets[bracket][0], decider(sign))
            return
        for anchor in known:
            self._kind(anchor.kind).path(anchor.steps).add(anchor, bracket)

    def _sift(self, bracket: int, comparison: Comparison) -> None:
        """Remembers by what a line is kept that no table leads to."""
        found = fragments(comparison)
        if found is None:
            self._loose.update(kinds(comparison))
            self._slow[self._brackets[bracket][0]] = None
        else:
            self._fragments |= found
            self._fragment_kinds.update(kinds(comparison))

    def match(self, observations: Iterable[Observation]) -> Iterator[Match[K]]:
        """Every pattern of one observation with each observation that satisfies it, as they come; in the end every
        pattern of several with the first observations found that satisfy it together."""
        kept: dict[int, deque[Observation]] = {}
        for observation in observations:
            alone, others = self.found(observation)
            for number in alone:
                yield Match(self._keys[number], (observation,))
            for bracket in others:
                kept.setdefault(bracket, deque(maxlen=KEPT)).append(observation)
        yield from self._together(kept)

    def found(self, observation: Observation) -> tuple[set[int], list[int]]:
        """The patterns that an observation satisfies alone, and the brackets of others that it satisfies."""
        alone: set[int] = set()
        others: list[int] = []
        maybe: set[int] = set()
        for each in observation.objects.values():
            kind = self._kinds.get(each.get("type", ""))
            if kind is not None:
                self._look_up(kind, each, observation, alone, maybe)
        for bracket in maybe:
            number, seen, is_alone = self._brackets[bracket]
            if (is_alone and number in alone) or not self._passes(bracket, seen, observation):
                continue
            if is_alone:
                alone.add(number)
            else:
                others.append(bracket)
        return alone, others

    def _look_up(
        self, kind: _Kind, start: Object, where: Observation, alone: set[int], maybe: set[int], *, rest: bool = True
    ) -> None:
        if rest:
            maybe.update(kind.rest)
        for path in kind.paths.values():
            values: Iterable[Any]
            if path.name is not None:
                value = start.get(path.name)
                if value is None:
                    continue
                values = (value,)
            else:
                values = found(where.objects, start, path.steps)
            for value in values:
                key = value if type(value) is str else key_of(value)
                if key is None:
                    continue
                sure = path.sure.get(key)
                if sure is not None:
                    alone.update(sure if isinstance(sure, tuple) else (sure,))
                if path.equal:
                    maybe.update(path.equal.get(key, ()))
                if isinstance(key, str):
                    if path.networks[4] or path.networks[6]:
                        maybe.update(path.holding(key))
                    if path.grams:
                        maybe.update(path.having(key))

    def _passes(self, bracket: int, seen: Seen, observation: Observation) -> bool:
        decide = self._deciders.get(bracket)
        if decide is None:
            decide = decider(seen.comparison)
            if _tries(seen.comparison):
                decide = self._pace.of(self._brackets[bracket][0], decide)
            self._deciders[bracket] = decide
        return bool(decide(observation.objects))

    def _together(self, kept: dict[int, deque[Observation]]) -> Iterator[Match[K]]:
        self.undecided = []
        for number, (pattern, places) in self._joint.items():
            seats: Seats = {place: list(kept.get(bracket, ())) for place, bracket in places.items()}
            if not any(seats.values()):
                continue
            try:
                together = binding(pattern, seats)
            except Costly:
                self.undecided.append(self._keys[number])
                continue
            if together is not None:
                yield Match(self._keys[number], together)


_NEVER: Final = datetime.fromtimestamp(0, UTC)


def _signs(comparison: Comparison) -> list[Test]:
    """Tests of which one passes if the comparison does, the most telling of each AND."""
    if isinstance(comparison, Test):
        return [comparison]
    found = [_signs(part) for part in comparison.parts]
    if isinstance(comparison, Every):
        return min(found, key=lambda tests: max(map(_vague, tests)))
    return [test for tests in found for test in tests]


def _vague(test: Test) -> int:
    """The greater, the more values pass it."""
    if test.negated or test.operator in {"!=", "EXISTS"}:
        return 2
    return 1 if test.operator in {"<", "<=", ">", ">="} else 0


def _tries(comparison: Comparison) -> bool:
    """Whether it tries an expression on texts, which can take long, or has to be tried on every value."""
    if isinstance(comparison, Test):
        return comparison.operator in {"LIKE", "MATCHES"} or _vague(comparison) > 0
    return any(map(_tries, comparison.parts))


def _is_alone(pattern: Expression) -> bool:
    """Whether one observation is enough for a pattern."""
    while isinstance(pattern, Either):
        if not _is_alone(pattern.right):
            return False
        pattern = pattern.left
    return isinstance(pattern, Seen)
