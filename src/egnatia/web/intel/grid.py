"""A matrix as it is drawn: a column for each tactic in its order, a mark for each technique, the warmer the more often
it is told of. Pure."""

from collections.abc import Mapping, Sequence
from math import log

import msgspec

HEATS = 4
"""How many shades of heat there are, besides none."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One technique in one column. `count` is how many records tell of it; `heat` from 0 (none) to `HEATS`."""

    number: str
    name: str
    href: str
    count: int = 0
    heat: int = 1
    organisations: int = 0


class Column(msgspec.Struct, frozen=True):
    """One tactic. `told` counts its techniques of which somebody tells."""

    tactic: str
    words: str
    marks: tuple[Mark, ...]
    told: int


def columns(order: Sequence[str], marks: Mapping[str, Sequence[Mark]]) -> tuple[Column, ...]:
    """The columns that have something in them, in their order."""
    return tuple(
        Column(
            tactic, tactic.replace("-", " ").capitalize(), tuple(marks[tactic]), sum(m.heat > 0 for m in marks[tactic])
        )
        for tactic in order
        if marks.get(tactic)
    )


def heat(count: int, most: int) -> int:
    """The shade of a number of records among numbers up to `most`, on a logarithmic scale."""
    if count <= 0:
        return 0
    if most <= 1:
        return 1
    return 1 + round((HEATS - 1) * log(count) / log(most))
