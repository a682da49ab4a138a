"""A log as blocks of whole lines, whatever its size: plain, gzip or Zstandard, by its beginning and not by its name.

What Windows writes in UTF-16, with its mark at the beginning, is read; what else is no UTF-8 is replaced, and so is a
NUL; a line longer than `LINE_LIMIT` is left out and counted.
"""

import codecs
import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, cast

import msgspec

from egnatia.engine.connection import loaded

Unread = Literal["unknown", "binary", "array", "damaged", "missing"]
"""Why something cannot be read as a log."""

BLOCK: Final = 8 << 20
HEAD: Final = 1 << 16
LINE_LIMIT: Final = 1 << 20
GZIP, ZSTD, PARQUET, UTF_16 = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", (b"\xff\xfe", b"\xfe\xff")


class Unreadable(ValueError):
    """What cannot be read as a log, and why; `kind` is the same for programs."""

    def __init__(self, words: str, kind: Unread = "unknown") -> None:
        super().__init__(words)
        self.kind = kind


class Block(msgspec.Struct, frozen=True):
    """So many whole `lines` of UTF-8, each with its end. `first` is the number of the first, counted from 1; `left_out`
    are lines that were too long to be here."""

    data: bytes
    first: int
    lines: int
    left_out: int = 0


class Source:
    """One log: a file, or what comes over standard input (`-`)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.truncated = False
        self.bytes_read = 0

    @property
    def size(self) -> int | None:
        """Its bytes as it lies there; None where nobody knows."""
        return None if self.name == "-" else Path(self.name).stat().st_size

    @contextmanager
    def opened(self) -> Iterator["Opened"]:
        """Open, as often as it is a file. Raises OSError, Unreadable."""
        if self.name == "-":
            yield Opened(self, sys.stdin.buffer)
            return
        with Path(self.name).open("rb") as stream:
            yield Opened(self, cast("BinaryIO", stream))


class _Counted:
    """A stream that counts what was read of it, and begins with what was read of it before."""

    def __init__(self, source: Source, stream: BinaryIO, before: bytes) -> None:
        self._source, self._stream, self._before = source, stream, before

    def read(self, size: int = -1) -> bytes:
        """As of any stream."""
        if self._before:
            taken = self._before if size < 0 else self._before[:size]
            self._before = self._before[len(taken) :]
            return taken
        got = self._stream.read(size)
        self._source.bytes_read += len(got)
        return got

    def readable(self) -> bool:
        """It is."""
        return True

    @property
    def closed(self) -> bool:
        """It never is by itself."""
        return False

    def close(self) -> None:
        """Nothing: whoever has opened the file closes it."""


class _Recoded:
    """A stream of UTF-16, of which `start` was read before, as one of UTF-8."""

    def __init__(self, start: bytes, stream: Any) -> None:
        self._start, self._read = start, getattr(stream, "read1", stream.read)
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._over = b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none only at the end."""
        while not self._over:
            got, self._start = self._start or self._read(size), b""
            self._over = self._decoder.decode(got, final=not got).encode("utf-8", "replace")
            if not got:
                break
        taken, self._over = self._over[:size], self._over[size:]
        return taken


class Opened:
    """A log that is being read: `head` are its first lines. Raises Unreadable for what is no text."""

    def __init__(self, source: Source, stream: BinaryIO) -> None:
        self.source = source
        magic = stream.read(4)
        source.bytes_read += len(magic)
        self.is_parquet = magic == PARQUET
        self._plain = _unpacked(magic, _Counted(source, stream, magic))
        self.has_nul = False
        self._start = b"" if self.is_parquet else self._read(HEAD)
        if not self.is_parquet:
            if self._start.startswith(UTF_16):
                self._plain = _Recoded(self._start, self._plain)
                self._start = self._read(HEAD)
            if len(self._start) == HEAD and b"\n" not in self._start:  # the first line is to be whole
                self._start += self._read(LINE_LIMIT)
            self._check()
        lines = self._start.split(b"\n")
        whole = lines if len(self._start) < HEAD else lines[:-1] or lines
        self.head = [each.decode("utf-8", "replace").removesuffix("\r") for each in whole[:50]]

    def _check(self) -> None:
        start = self._start
        self.has_nul = b"\0" in start  # a crash leaves some in a log; what then is in no form is binary
        self._start = start.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"?")

    def _read(self, size: int) -> bytes:
        """So many bytes, fewer only at the end; what ends before its end is noted and read as far as it goes."""
        parts: list[bytes] = []
        read = getattr(self._plain, "read1", self._plain.read)  # which gives what there is before it fails
        while size > 0 and not self.source.truncated:
            try:
                part = read(size)
            except EOFError:
                self.source.truncated = True
                break
            except (OSError, zlib.error) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                self.source.truncated = True
                break
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """All of its lines, in blocks of about so many bytes."""
        rest, number, left_out = self._start, 1, 0
        skipping = False
        while True:
            got = self._read(size)
            data = rest + got if rest else got
            if not got:
                if data and not skipping:
                    yield _block(data if data.endswith(b"\n") else data + b"\n", number, left_out)
                elif left_out:
                    yield Block(b"", number, 0, left_out)
                return
            if skipping:
                end = data.find(b"\n") + 1
                if not end:
                    rest = b""
                    continue
                data, skipping = data[end:], False
            cut = data.rfind(b"\n") + 1
            rest = data[cut:]
            if len(rest) > LINE_LIMIT:
                skipping = True
            if cut:
                block = _block(data if not rest else data[:cut], number, left_out)
                yield block
                number += block.lines
                left_out = 0
            if skipping:
                rest = b""
                left_out += 1
                number += 1


def _block(data: bytes, first: int, left_out: int) -> Block:
    whole = _clean(data)
    return Block(whole, first, whole.count(b"\n"), left_out)


def _clean(data: bytes) -> bytes:
    if b"\0" in data:
        data = data.replace(b"\0", b"?")
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace").encode()
    return data


def _unpacked(magic: bytes, stream: _Counted) -> Any:
    if magic.startswith(GZIP):
        return gzip.GzipFile(fileobj=cast("BinaryIO", stream))
    if magic == ZSTD:
        arrow = loaded("pyarrow")
        return arrow.CompressedInputStream(arrow.PythonFile(stream, mode="r"), "zstd")
    return stream


def sources(places: Iterable[str]) -> Iterator[Source]:
    """The logs that these places name; a folder is every file below it, in the order of their names. Raises Unreadable
    for what is not there, and for an empty folder."""
    for place in places:
        path = Path(place)
        if place == "-" or path.is_file() or path.is_fifo():
            yield Source(place)
        elif path.is_dir():
            below = sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
            if not below:
                raise Unreadable(f"{place} is a folder without files", "missing")
            yield from (Source(str(each)) for each in below)
        else:
            raise Unreadable(f"{place} is not there", "missing")
