"""Lines that say nothing wanted are left out before anything reads them, whatever form the log is in.

A line is bytes here. A *token* is letters, digits, `.`, `-` and `_` in a row, with what is no ASCII. A line is kept
where a token is wanted, or its last two labels, or the beginning of an address, by a fingerprint of 64 bits in a table
of bits: too many lines are kept, never too few. Upper and lower case are one, escapes of JSON are seen through, and
what is written in letters of other scripts is kept unasked.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from egnatia.engine.connection import loaded
from egnatia.engine.lookup import SIX, Keys

SLICE: Final = 1 << 20
"""Bytes that are looked at together, so that what is counted on the way stays in the processor's cache."""

SEEN: Final = 24
"""The last so many bytes of a token are its fingerprint, with how many there are."""

_DOT, _COLON, _BACKSLASH = 46, 58, 92
_SMALL: Final = 0x2020202020202020
"""Upper and lower case are one under this bit of each letter."""

_MIX: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
_TURNS: Final = (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)
_BITS: Final = 48
"""Bits of the table for each wanted thing: one of so many others is kept for nothing."""


LABELS: Final = 128
"""Labels that a domain name has at most, with its 255 letters (RFC 1035 section 2.3.4)."""

_AT_ONCE: Final = 50_000
"""Texts that are made ready together."""


def _is_inside(byte: int) -> bool:
    return byte >= 128 or chr(byte).isalnum() or chr(byte) in "-_"


class _Prints:
    """A set of fingerprints that may say yes to what it does not have, by two bits of each."""

    def __init__(self, numpy: Any, size: int) -> None:
        self._numpy = numpy
        bits = max(16, (size * _BITS).bit_length() - 1)
        self._shift = numpy.uint64(64 - bits)
        self._bits = numpy.zeros(1 << (bits - 3), numpy.uint8)

    def add(self, prints: Any) -> None:
        """These are in the set."""
        for factor in _TURNS:
            place, bit = self._of(prints, factor)
            self._numpy.bitwise_or.at(self._bits, place, bit)

    def _of(self, prints: Any, factor: int) -> tuple[Any, Any]:
        numpy = self._numpy
        where = (prints * numpy.uint64(factor)) >> self._shift
        return (where >> numpy.uint64(3)).astype(numpy.int64), numpy.left_shift(
            numpy.uint8(1), (where & numpy.uint64(7)).astype(numpy.uint8)
        )

    def has(self, prints: Any) -> Any:
        """For each whether it may be in the set."""
        place, bit = self._of(prints, _TURNS[0])
        found = (self._bits[place] & bit) != 0
        likely = self._numpy.flatnonzero(found)
        place, bit = self._of(prints[likely], _TURNS[1])
        found[likely] = (self._bits[place] & bit) != 0
        return found


class _Beginnings:
    """Texts by their first four or eight bytes, ready to be found anywhere."""

    def __init__(self, numpy: Any, size: int, texts: Iterable[str]) -> None:
        self._numpy = numpy
        self._mask = numpy.uint64((1 << 8 * size) - 1)
        numbers = {int.from_bytes(each.encode()[:size], "little") | (_SMALL & (1 << 8 * size) - 1) for each in texts}
        self._known = numpy.array(sorted(numbers), numpy.uint64)
        self._shift = numpy.uint64(64 - max(16, min(24, (len(numbers) * 32).bit_length())))
        self._table = numpy.zeros(1 << (64 - int(self._shift)), bool)
        self._table[self._of(self._known)] = True

    def _of(self, numbers: Any) -> Any:
        return (numbers * self._numpy.uint64(_TURNS[0])) >> self._shift

    def places(self, folded: Any) -> Any:
        """Where one begins, among numbers of the eight bytes from each place on, in small letters."""
        numpy = self._numpy
        numbers = folded & self._mask
        likely = numpy.flatnonzero(self._table[self._of(numbers)])
        found = numpy.searchsorted(self._known, numbers[likely]).clip(max=len(self._known) - 1)
        return likely[self._known[found] == numbers[likely]]


class Sieve:
    """One set of keys, ready for any number of blocks. Threads may share it."""

    def __init__(self, keys: Keys, names: Iterable[str]) -> None:
        """`names` are all that are wanted, of which the keys have the last labels."""
        self._numpy = numpy = loaded("numpy")
        self._stops = numpy.array([not _is_inside(byte) for byte in range(256)])
        tops = [each for each in keys.hosts if "." not in each]
        self._tops = self._set(tops, len(tops)) if tops else None
        self._hosts = self._set((_last(each) for each in keys.hosts), len(keys.hosts)) if keys.hosts else None
        self._names = self._set(map(_last, names), 2 * len(keys.hosts))
        whole = {_longest(each) for each in keys.whole if each != SIX} | set(tops)
        self._whole = self._set(whole, len(whole)) if whole else None
        self._parts = sorted(keys.parts)
        self._six = SIX in keys.whole
        self._sizes = numpy.zeros(SEEN + 1, bool)
        self._sizes[[min(len(each.encode()), SEEN) for each in whole]] = True
        self._foreign = bool(keys.fragments) or any(not each.isascii() for each in keys.whole)
        self._fragments = [
            _Beginnings(numpy, size, chosen)
            for size, chosen in (
                (8, [each for each in keys.fragments if len(each) >= 8]),
                (4, [each for each in keys.fragments if len(each) < 8]),
            )
            if chosen
        ]

    def _set(self, texts: Iterable[str], size: int) -> _Prints:
        """The fingerprints of texts, as those of a log are taken. `size` is about how many there are."""
        numpy = self._numpy
        made, rest = _Prints(numpy, size), iter(texts)
        while raw := [each.encode() for each in islice(rest, _AT_ONCE) if each]:
            sizes = numpy.fromiter((len(each) for each in raw), numpy.int64, len(raw))
            ends = numpy.cumsum(sizes) + SEEN
            words = self._words(bytes(SEEN) + b"".join(raw) + bytes(8))
            made.add(self._prints(words, ends - sizes, ends))
        return made

    def _words(self, padded: bytes) -> Any:
        """The eight bytes from each place on, as a number."""
        return self._numpy.ndarray(shape=(len(padded) - 7,), dtype="<u8", buffer=padded, strides=(1,))

    def _prints(self, words: Any, starts: Any, ends: Any) -> Any:
        """The fingerprint of what stands between each start and end."""
        numpy = self._numpy
        size = numpy.minimum(ends - starts, SEEN)
        made = size.astype(numpy.uint64)
        longer: Any = slice(None)
        for step, factor in enumerate(_MIX):
            spare = (8 * (step + 1) - size[longer]).clip(0).astype(numpy.uint64)  # bytes of the word before its start
            word = words[ends[longer] - 8 * (step + 1)] | numpy.uint64(_SMALL)
            made[longer] += (word >> (spare << numpy.uint64(3))) * numpy.uint64(factor)
            longer = numpy.flatnonzero(size > 8 * (step + 1))
            if not len(longer):
                break
        made ^= made >> numpy.uint64(32)
        return made

    def rows(self, data: bytes, ends: Any) -> Any:
        """Which of the lines in `data` are kept, counted from 0, in order. `ends` are the places of their ends."""
        numpy = self._numpy
        found = [self.places(data[start:stop]) + start for _, _, start, stop in slices(numpy, ends)]
        return numpy.unique(numpy.searchsorted(ends, numpy.concatenate(found))) if found else numpy.zeros(0, int)

    def places(self, data: bytes) -> Any:
        """Where in `data`, which ends with the end of a line, something stands for which its line is kept."""
        numpy = self._numpy
        padded = b"\n" * SEEN + data + b"\n" * 8
        letters = numpy.frombuffer(padded, numpy.uint8)
        words = self._words(padded)
        marks = numpy.flatnonzero(numpy.take(self._stops, letters))
        marks = marks[SEEN - 3 : -7]  # two before the first token, for who looks back, and one after the last
        dots = letters[marks] == _DOT
        found: list[Any] = []
        if self._hosts is not None or self._tops is not None:
            found += self._named(letters, words, marks, dots)
        if self._whole is not None:
            found += self._said(letters, words, marks, dots)
        if self._six:
            found += self._sixes(letters)
        if self._fragments:
            folded = words[SEEN:-1] | numpy.uint64(_SMALL)
            found += [each.places(folded) + SEEN for each in self._fragments]
        found += self._unasked(letters, marks, dots)
        return numpy.concatenate(found) - SEEN

    def _named(self, letters: Any, words: Any, marks: Any, dots: Any) -> Iterator[Any]:
        """Names of which the last labels are wanted."""
        numpy = self._numpy
        at = numpy.flatnonzero(dots[1:-1] & ~dots[2:]) + 1  # the last dot of each token that has one
        final = marks[at + 1] == marks[at] + 1  # and nothing behind it
        yield marks[at[final & dots[at - 1] & (marks[at] == marks[at - 1] + 1)]]  # two of them: kept unasked
        at = numpy.where(final, at - 1, at)
        at = at[dots[at] & (at > 0)]
        if self._tops is not None:
            yield from self._looked_up(self._tops, letters, words, marks[at] + 1, marks[at + 1])
        if self._hosts is None:
            return
        starts, ends = marks[at - 1] + 1, marks[at + 1]
        likely = self._hosts.has(self._prints(words, starts, ends)) | (letters[starts - 1] == _BACKSLASH)
        at, ends = at[likely], ends[likely]
        for _ in range(LABELS):  # from the last two labels up, a label at a time
            if not len(at):
                return
            yield from self._looked_up(self._names, letters, words, marks[at - 1] + 1, ends)
            more = dots[at - 1]
            at, ends = at[more] - 1, ends[more]

    def _said(self, letters: Any, words: Any, marks: Any, dots: Any) -> Iterator[Any]:
        """Tokens that are wanted as they are, or for what they begin with."""
        numpy = self._numpy
        stops = numpy.flatnonzero(~dots)
        starts, ends = marks[stops[:-1]] + 1, marks[stops[1:]]
        ends = ends - ((letters[ends - 1] == _DOT) & (ends > starts))
        size = numpy.minimum(ends - starts, SEEN)
        escaped = letters[starts - 1] == _BACKSLASH
        may = (size > 0) & (self._sizes[size] | escaped)
        assert self._whole is not None  # noqa: S101  (asked before)
        yield from self._looked_up(self._whole, letters, words, starts[may], ends[may])
        digit = (letters[starts] >= 48) & (letters[starts] <= 57)
        for count in self._parts:
            here = digit & (stops[1:] - stops[:-1] > count)
            places = marks[stops[:-1][here] + count] + 1
            yield from self._looked_up(self._whole, letters, words, starts[here], places)

    def _looked_up(self, prints: _Prints, letters: Any, words: Any, starts: Any, ends: Any) -> Iterator[Any]:
        whole = ends > starts
        starts, ends = starts[whole], ends[whole]
        yield starts[prints.has(self._prints(words, starts, ends))]
        escaped = (letters[starts - 1] == _BACKSLASH) & (ends - starts > 1)  # the letter may be that of an escape
        if escaped.any():
            starts, ends = starts[escaped], ends[escaped]
            yield starts[prints.has(self._prints(words, starts + 1, ends))]

    def _sixes(self, letters: Any) -> Iterator[Any]:
        """What has the look of an IPv6 address: two colons, or six that are close together."""
        colons = self._numpy.flatnonzero(letters == _COLON)
        yield colons[:-1][colons[1:] == colons[:-1] + 1]
        yield colons[5:][colons[5:] - colons[:-5] <= 25] if len(colons) > 5 else colons[:0]

    def _unasked(self, letters: Any, marks: Any, dots: Any) -> Iterator[Any]:
        """Names in other scripts, and letters that stand there as a number (`\\u0065`)."""
        numpy = self._numpy
        foreign = numpy.flatnonzero(letters >= 128)
        if len(foreign) and not self._foreign:
            after = numpy.searchsorted(marks, foreign)
            foreign = foreign[dots[numpy.minimum(after, len(dots) - 1)] | dots[after - 1]]
        yield foreign
        numbered = numpy.flatnonzero(letters[:-5] == _BACKSLASH)
        numbered = numbered[letters[numbered + 1] == ord("u")]
        for step in range(2, 6):
            low = letters[numbered + step] | 32
            numbered = numbered[((low >= 48) & (low <= 57)) | ((low >= 97) & (low <= 102))]
        yield numbered


def slices(numpy: Any, ends: Any) -> Iterator[tuple[int, int, int, int]]:
    """Stretches of whole lines: the first line and the one after the last, and the bytes from and to which they go."""
    line = start = 0
    while line < len(ends):
        after = max(line + 1, int(numpy.searchsorted(ends, start + SLICE)))
        stop = int(ends[after - 1]) + 1
        yield line, after, start, stop
        line, start = after, stop


def _tokens(text: str) -> list[str]:
    """The tokens of a text, as those of a log are found."""
    return "".join(each if ord(each) > 127 or each.isalnum() or each in ".-_" else " " for each in text).split()


def _last(name: str) -> str:
    """The last token of a name: all of it, but for names with letters that names do not have."""
    return name if _PLAIN.fullmatch(name) else (_tokens(name) or [""])[-1]


_PLAIN: Final = re.compile(r"[a-z0-9._-]+")


def _longest(text: str) -> str:
    """The token of a value that tells most; of a registry key none of its hive, which is written in two ways, and of a
    text that is cut none of its end."""
    if text.startswith("hkey_"):
        text = text.partition("\\")[2] or text
    if len(text) > LONG:
        text = text[:LONG].rpartition(" ")[0] or text[:LONG]
    if text.endswith(".") and text[:1].isdigit():
        return text  # the beginning of a network
    return max((each.rstrip(".") for each in _tokens(text)), key=len, default="")


LONG: Final = 800
"""Letters of a value that are looked at: longer ones are not kept whole (`record.values`)."""
