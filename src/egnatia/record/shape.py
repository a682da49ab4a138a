"""A shape is what records of one kind have in common whose properties have the same names and JSON types, in order.

All that depends on those alone is decided once. What is left for each record is written out in plain loops, for reading
is what a node does most.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

import msgspec

from egnatia.record.rule import Properties

Check = Callable[[Any], object]
Count = Callable[[Any], int]

T = TypeVar("T")

LEAST: Final = -(1 << 63)
GREATEST: Final = (1 << 64) - 1
"""Numbers that every program can hold (RFC 7493 section 2.2)."""

_ALONE_KEPT: Final = 1_024
_ALONE_LENGTH: Final = 100
TEXTS: Final = frozenset({str})
NESTED: Final = frozenset({dict, list})


class Shape(msgspec.Struct, frozen=True, eq=False):
    """What is known of all records with one shape.

    `fit` says that names are in order and nothing is null, `settled` that the types are in order as well, as far as
    `checks` and `lists` do not look at them. `strings` are those at the top, names among them; `lists` are checked
    while their strings are counted, in what is `nested` they are only counted. `single` and `many` are the defined
    properties that refer to other records, `loose` the custom ones whose names say so, `deep` those in which references
    may hide; `linked` says that there are others than `single`. `valued` says that there may be observable values in
    it, `pointing` that it refers to what is told elsewhere, by a number perhaps. `usual` gives what the head of a
    record is made of, in the order of `Head`, where it has just what most have, with or without `revoked`; else it is
    None.
    """

    fit: bool
    settled: bool
    strings: int
    checks: tuple[tuple[str, Check], ...]
    lists: tuple[tuple[str, Count], ...]
    nested: tuple[str, ...]
    rules: tuple[Callable[[Properties], bool], ...]
    single: "Row[str]"
    many: tuple[str, ...]
    loose: tuple[str, ...]
    deep: tuple[str, ...]
    linked: bool
    valued: bool
    pointing: bool
    usual: Callable[[Mapping[str, Any]], tuple[Any, ...]] | None

    def count(self, decoded: Mapping[str, Any]) -> int:
        """How many strings a record of this shape holds, names among them; 0 where formats or rules are not in order.

        Raises OverflowError for a number beyond 64 bits.
        """
        for name, holds in self.checks:
            if not holds(decoded[name]):
                return 0
        strings = self.strings
        for name, count in self.lists:
            found = count(decoded[name])
            if not found:
                return 0
            strings += found
        for name in self.nested:
            strings += strings_in(decoded[name])
        for rule in self.rules:
            if not rule(decoded):
                return 0
        return strings


class Row(msgspec.Struct, Generic[T], frozen=True, eq=False):
    """One thing for each of some properties; `of` gives their values, in the same order."""

    each: tuple[T, ...]
    of: Callable[[Mapping[str, Any]], tuple[Any, ...]]


def row(things: Sequence[tuple[str, T]]) -> Row[T]:
    """A row of a thing for each named property."""
    names = [name for name, _ in things]
    match names:
        case []:
            return Row((), lambda _: ())
        case [name]:
            return Row((things[0][1],), lambda decoded: (decoded[name],))
        case _:
            return Row(tuple(thing for _, thing in things), itemgetter(*names))


def strings_in(value: Any) -> int:
    """How many strings stand in a list or an object, the names in it among them.

    Raises OverflowError for a number beyond 64 bits.
    """
    if type(value) is dict:
        strings = len(value)
        items = value.values()
    else:
        strings = 0
        items = value
    for item in items:
        kind = type(item)
        if kind is str:
            strings += 1
        elif kind is dict or kind is list:
            strings += strings_in(item)
        elif kind is int and not LEAST <= item <= GREATEST:
            raise OverflowError(item)
    return strings


def within_64_bits(number: int) -> bool:
    """True; raises OverflowError for a number that is not."""
    if LEAST <= number <= GREATEST:
        return True
    raise OverflowError(number)


def texts(least: int, holds: Check | None) -> Count:
    """Counts the texts in a list; 0 where there are fewer than `least`, or other things, or one that does not hold."""
    alone: set[Any] = set()  # a marking or a label stands alone in most lists, and few are different

    def count(value: list[Any]) -> int:
        number = len(value)
        if number == 1 and type(one := value[0]) is str and least < 2:
            if one in alone:
                return 1
            if holds is not None and not holds(one):
                return 0
            if len(one) > _ALONE_LENGTH:
                return 1
            if len(alone) >= _ALONE_KEPT:
                alone.clear()
            alone.add(one)
            return 1
        if number < least or not {*map(type, value)} <= TEXTS:
            return 0
        return number if holds is None or all(map(holds, value)) else 0

    return count
