"""Small counts are kept back, and further ones with them, so that nobody can work out what was kept back.

A cell below the least is kept back. Where the whole is known and few cells are kept back, their sum is known too; then
the next smallest cells are kept back as well, until every kept-back cell could hold at least three values. Where that
cannot be reached, the whole is kept back.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

LEAST: Final = 3
"""Counts below it (but nothing) are kept back."""

_LEEWAY: Final = 2


class Counts(msgspec.Struct, frozen=True):
    """Cells by name, None where kept back, and their whole; None where that is kept back too.

    `adds_up` says that each thing counted is in exactly one cell, so that the cells make the whole.
    """

    cells: Mapping[str, int | None]
    whole: int | None
    adds_up: bool = True


def suppressed(cells: Mapping[str, int], whole: int, *, adds_up: bool = True) -> Counts:
    """The cells with what is too small kept back."""
    small = {name for name, count in cells.items() if 0 < count < LEAST}
    shown_whole: int | None = None if 0 < whole < LEAST else whole
    if adds_up and small:
        small, shown_whole = _widened(cells, small, shown_whole)
    return Counts({name: None if name in small else count for name, count in cells.items()}, shown_whole, adds_up)


def _widened(cells: Mapping[str, int], small: set[str], whole: int | None) -> tuple[set[str], int | None]:
    """More cells, the smallest first, until what is kept back leaves each of them open; else the whole as well."""
    kept = set(small)
    rest = sorted((count, name) for name, count in cells.items() if count >= LEAST)
    while not _is_open(cells, kept) and rest:
        kept.add(rest.pop(0)[1])
    if _is_open(cells, kept):
        return kept, whole
    return small, None


def _is_open(cells: Mapping[str, int], kept: set[str]) -> bool:
    """Whether the sum of the kept-back cells, each at least one, leaves each at least three values."""
    return len(kept) > 1 and sum(cells[name] for name in kept) >= len(kept) + _LEEWAY
