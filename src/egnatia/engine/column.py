"""Lines of columns cut without reading them: only what stands in the columns that are asked for is copied."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from egnatia.engine.connection import loaded
from egnatia.engine.sieve import Sieve, slices

_QUOTE: Final = 34


class Cut(msgspec.Struct, frozen=True):
    """How lines are cut: the byte between columns, how many columns a line has, and whether one may stand in quotes."""

    separator: int
    size: int
    quoted: bool = False


def rows(data: bytes, ends: Any, cut: Cut, columns: Sequence[int], sieve: Sieve) -> Any:
    """The lines that a sieve keeps for what stands in these columns, counted from 0, in order; and every line that has
    too few or too many. `ends` are the places of the ends of lines."""
    numpy = loaded("numpy")
    found = []
    for first, last, start, stop in slices(numpy, ends):
        piece = data[start:stop]
        found += [each + first for each in _of_slice(numpy, piece, ends[first:last] - start, cut, columns, sieve)]
    return numpy.unique(numpy.concatenate(found)) if found else numpy.zeros(0, int)


def _of_slice(numpy: Any, data: bytes, ends: Any, cut: Cut, columns: Sequence[int], sieve: Sieve) -> Iterator[Any]:
    letters = numpy.frombuffer(data, numpy.uint8)
    marks = numpy.flatnonzero((letters == cut.separator) | (letters == 10)).astype(numpy.int32)
    starts = numpy.concatenate((numpy.zeros(1, numpy.int32), ends[:-1].astype(numpy.int32) + 1))
    if cut.quoted and b'"' in data:
        marks = _unquoted(numpy, letters, marks, starts)
    whole = None
    if len(marks) != cut.size * len(ends) or not (letters[marks[cut.size - 1 :: cut.size]] == 10).all():
        count = numpy.diff(numpy.searchsorted(marks, ends), prepend=-1)
        fits = count == cut.size
        yield numpy.flatnonzero(~fits)
        marks, starts, whole = marks[numpy.repeat(fits, count)], starts[fits], numpy.flatnonzero(fits)
    marks = marks.reshape(-1, cut.size)
    if not len(marks):
        return
    for column in columns:
        before = starts if column == 0 else marks[:, column - 1] + 1
        text, bounds = _gathered(numpy, data, before, marks[:, column] + 1)
        found = numpy.searchsorted(bounds, sieve.places(text), side="right") - 1
        yield found if whole is None else whole[found]


def _unquoted(numpy: Any, letters: Any, marks: Any, starts: Any) -> Any:
    """The marks that are in no quotes. Of a line with an open quote only its end is left, so that it does not fit."""
    quotes = numpy.cumsum(letters == _QUOTE, dtype=numpy.int32)
    line = numpy.searchsorted(starts, marks, side="right") - 1
    before = quotes[starts] - (letters[starts] == _QUOTE)
    is_end = letters[marks] == 10
    odd = ((quotes[marks[is_end]] - before) & 1).astype(bool)
    inside = ((quotes[marks] - before[line]) & 1).astype(bool)
    return marks[is_end | ~(inside | odd[line])]


def _gathered(numpy: Any, data: bytes, starts: Any, ends: Any) -> tuple[Any, Any]:
    """What stands between each start and end, one behind the other, and where each begins in that."""
    arrow = loaded("pyarrow")
    offsets = numpy.empty(2 * len(starts) + 1, numpy.int32)
    offsets[:-1:2], offsets[1::2] = starts, ends
    offsets[-1] = len(data)
    every = arrow.BinaryArray.from_buffers(
        arrow.binary(), 2 * len(starts), [None, arrow.py_buffer(offsets), arrow.py_buffer(data)]
    )
    taken = every.take(arrow.array(numpy.arange(0, 2 * len(starts), 2)))
    _, bounds, text = taken.buffers()
    bounds = numpy.frombuffer(bounds, numpy.int32)[: len(starts) + 1]
    return text.slice(0, int(bounds[-1])).to_pybytes() if text is not None else b"", bounds
