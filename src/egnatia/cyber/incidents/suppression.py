"""Small counts are kept back, and further ones with them, so that nobody can work out what was kept back.

What is told together is looked at together. A cell below the least is kept back, and so is one that differs by less
than the least from what another question tells of the same. Where the whole is known, the sum of what is kept back is
known too: then the next smallest cells are kept back as well, until each could hold at least three values. Where that
cannot be reached, the whole is kept back, and with it a cell of every breakdown that would add up to it.
"""

from collections.abc import Mapping, Sequence
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


class Tally(msgspec.Struct, frozen=True):
    """One breakdown before anything is kept back. `differ` counts, for each wider question that is answered
    too, what falls into a cell there and not here; `hidden` are the cells that those answers keep back."""

    cells: Mapping[str, int]
    adds_up: bool = True
    differ: Sequence[Mapping[str, int]] = ()
    hidden: frozenset[str] = frozenset()


def suppressed(tallies: Mapping[str, Tally], whole: int, differ: Sequence[int] = ()) -> Mapping[str, Counts]:
    """The breakdowns of one whole with what is too small kept back; `differ` is how many each wider question
    counts that are not in this whole."""
    kept = {name: _small(each) for name, each in tallies.items()}
    hides = whole > 0 and any(map(_is_small, (whole, *differ)))
    for name, each in tallies.items():
        if each.adds_up and kept[name]:
            widened = _widened(each, kept[name])
            hides |= widened is None
            kept[name] = widened or kept[name]
    for name, each in tallies.items():
        if hides and each.adds_up and not kept[name] and any(each.cells.values()):
            kept[name] = {min((count, cell) for cell, count in each.cells.items() if count)[1]}
    return {
        name: Counts(
            {cell: None if cell in kept[name] else count for cell, count in each.cells.items()},
            None if hides else whole,
            each.adds_up,
        )
        for name, each in tallies.items()
    }


def _is_small(count: int) -> bool:
    return 0 < count < LEAST


def _small(each: Tally) -> set[str]:
    """The cells that give a small count away by themselves, or beside another question's."""

    def gives_away(cell: str, count: int) -> bool:
        apart = (other.get(cell, 0) for other in each.differ)
        return _is_small(count) or (count > 0 and cell in each.hidden) or any(map(_is_small, apart))

    return {cell for cell, count in each.cells.items() if gives_away(cell, count)}


def _widened(each: Tally, small: set[str]) -> set[str] | None:
    """More cells, the smallest first, until what is kept back leaves each of them open; None where nothing does."""
    kept = set(small)
    rest = sorted((count, name) for name, count in each.cells.items() if count and name not in kept)
    while not _is_open(each, kept):
        if not rest:
            return None
        kept.add(rest.pop(0)[1])
    return kept


def _is_open(each: Tally, kept: set[str]) -> bool:
    """Whether the sum of the kept-back cells, each at least one, leaves each at least three values, and does not
    differ by a small count from what another question tells."""
    apart = (sum(other.get(cell, 0) for cell in kept) for other in each.differ)
    enough = sum(each.cells[cell] for cell in kept) >= len(kept) + _LEEWAY
    return len(kept) > 1 and enough and not any(map(_is_small, apart))
