"""How fast a stream is cut into records, and in how much memory: `python -m benchmarks.bench_split [megabytes]`.

The stream is synthetic: campaigns with text and references, about 1.5 kB each, pretty-printed, compact, as JSON
lines, and compact with a bad byte in every object so that no guess ever passes (the worst case).
"""

import io
import json
import resource
import sys
import time
from collections.abc import Iterator

from benchmarks.figure import Figure

from egnatia.record.split import split


class Repeated(io.RawIOBase):
    """A stream that repeats `middle` between a start and an end until it is `size` bytes long, holding one copy."""

    def __init__(self, start: bytes, middle: bytes, end: bytes, size: int) -> None:
        self.parts = self._parts(start, middle, end, size)
        self.rest = b""

    def _parts(self, start: bytes, middle: bytes, end: bytes, size: int) -> Iterator[bytes]:
        yield start or b" "
        for _ in range(size // len(middle)):
            yield middle
        yield end

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes more."""
        if not self.rest:
            self.rest = next(self.parts, b"")
        given, self.rest = self.rest[:size], self.rest[size:]
        return given


def record(number: int) -> dict[str, object]:
    """A record of about 1.5 kB with nested lists of objects, quotes and non-ASCII text."""
    identifier = f"{number:08x}-17d4-4cbf-938f-98ee46b3cd3f"
    references = [{"source_name": f"source {i}", "url": f"https://example.com/{number}/{i}"} for i in range(4)]
    return {
        "type": "campaign",
        "spec_version": "2.1",
        "id": f"campaign--{identifier}",
        "created": "2016-04-06T20:03:00.000Z",
        "modified": "2016-04-06T20:03:00.000Z",
        "name": f"Кампања {number}",
        "description": 'They said "hello" and went {away}, [again]. ' * 16,
        "external_references": references,
    }


def shapes() -> dict[str, tuple[bytes, bytes, bytes]]:
    """Start, repeated middle and end of each shape of stream."""
    records = [record(number) for number in range(500)]
    pretty = ",\n".join(json.dumps(found, indent=4) for found in records).encode()
    compact = ",".join(json.dumps(found, ensure_ascii=False) for found in records).encode()
    lines = "\n".join(json.dumps(found) for found in records).encode()
    start, end = b'{"type": "bundle", "id": "bundle--1", "objects": [', b"{}]}"
    return {
        "pretty-printed bundle": (start, pretty + b",", end),
        "compact bundle": (start, compact + b",", end),
        "JSON lines": (b"", lines + b"\n", b""),
        "bundle of bad objects": (start, compact.replace(b'"2.1"', b"2..1") + b",", end),
    }


def figures(megabytes: int = 256) -> Iterator[Figure]:
    """Speed per shape, and the most memory of all."""
    for name, (start, middle, end) in shapes().items():
        stream = Repeated(start, middle, end, megabytes << 20)
        began = time.perf_counter()
        size = sum(map(len, split(stream)))  # type: ignore[arg-type]  # only read() is called
        yield Figure(f"{name}, {megabytes} MB", size / 2**20 / (time.perf_counter() - began), "MB/s")
    yield Figure("most memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")


def main(megabytes: int = 256) -> None:
    """Prints a line per figure."""
    for figure in figures(megabytes):
        print(figure, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
