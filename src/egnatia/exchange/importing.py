"""A file of records goes in as a stream: whatever its size, only a few batches are in memory at a time.

It may be a STIX 2.0 or 2.1 bundle, a JSON array, one object or JSON lines, gzipped or not. STIX 2.0 is upgraded on the
way. Importing again is harmless: what is there already stays as it is, so an import that broke off is simply repeated.
"""

import collections
import gzip
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import BinaryIO, cast

import msgspec

from egnatia.exchange.submission import Refused, Submission
from egnatia.record.record import Invalid, Problem
from egnatia.record.split import split
from egnatia.record.upgrade import upgrade_all

BATCH_RECORDS = 500
BATCH_BYTES = 4_000_000
IN_FLIGHT = 3
"""How many batches may wait for their commit while the next one is read."""

GZIP_MAGIC = b"\x1f\x8b"


Admit = Callable[[Sequence[bytes]], "Future[Submission]"]
"""Hands bodies in on somebody's behalf; the future says what became of each, by its place among them."""


Sift = Callable[[int, bytes], Sequence[bytes] | None]
"""What is handed in in the place of the object at an index; None where it stays as it is. Raises Invalid."""


class Finding(msgspec.Struct, frozen=True):
    """One rule that one record broke. `index` counts the objects of the file from 0; `refused` says whether the record
    was left out for it, or taken with the deviation noted."""

    index: int
    id: str | None
    problem: Problem
    refused: bool

    def __str__(self) -> str:
        return f"object {self.index}{f', {self.id}' if self.id else ''}: {self.problem}"


@dataclass
class Tally:
    """What became of the records of one file, as far as it has been read.

    `rules` counts the findings by rule, with the first finding of each as its example.
    """

    read: int = 0
    added: int = 0
    present: int = 0
    refused: int = 0
    deviating: int = 0
    rules: "collections.Counter[tuple[str, bool]]" = field(default_factory=collections.Counter)
    examples: dict[tuple[str, bool], Finding] = field(default_factory=dict)

    def note(self, finding: Finding) -> None:
        """Counts one finding under its rule."""
        key = (finding.problem.rule, finding.refused)
        self.rules[key] += 1
        self.examples.setdefault(key, finding)


class Counted(io.RawIOBase):
    """A stream that knows how many bytes have been read from it: the progress of an import."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # any writable buffer; io says so loosely
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


def opened(stream: BinaryIO) -> BinaryIO:
    """`stream`, unpacked if it is gzip; told by its first two bytes, not by the file's name."""
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), buffer_size=1 << 18)
    if buffered.peek(2)[:2] == GZIP_MAGIC:
        return cast("BinaryIO", gzip.GzipFile(fileobj=buffered))
    return buffered


def import_stream(
    stream: BinaryIO,
    admit: Admit,
    *,
    atomic: bool = False,
    on_finding: Callable[[Finding], None] = lambda _: None,
    on_batch: Callable[[Tally], None] = lambda _: None,
    sift: Sift = lambda _index, _body: None,
    tally: Tally | None = None,
) -> Tally:
    """Brings the records of `stream` in; `on_batch` hears after every durable batch, `on_finding` of every finding.
    `sift` may put others in the place of an object; what becomes of all is added to `tally`.

    Under `atomic` the whole file is one submission (`admit` is told by its caller to take all or nothing), and it must
    fit in memory. Raises `Invalid`
    with the byte offset where the file itself is no JSON; the batches before that place are in, and stay.
    """
    tally = Tally() if tally is None else tally
    waiting: collections.deque[tuple[list[int], Future[Submission]]] = collections.deque()

    def settle(limit: int) -> None:
        while len(waiting) > limit:
            indexes, future = waiting.popleft()
            counted(tally, indexes, future.result(), on_finding)
            on_batch(tally)

    def refuse(index: int, error: Invalid) -> None:
        tally.read += 1
        _refuse(tally, Refused(index=index, id=None, problems=error.problems), index, on_finding)

    groups = batches(upgraded(split(stream), refuse, sift), limit=0 if atomic else BATCH_RECORDS)
    try:
        for group in groups:
            if atomic and tally.refused:
                break
            waiting.append(([index for index, _ in group], admit([body for _, body in group])))
            settle(IN_FLIGHT - 1)
    finally:
        settle(0)
    return tally


def upgraded(
    bodies: Iterable[bytes],
    refuse: Callable[[int, Invalid], None],
    sift: Sift = lambda _index, _body: None,
) -> Iterator[tuple[int, bytes]]:
    """Each object as STIX 2.1 with its index in the file; a 2.0 object may become several, and so may one in the place
    of which `sift` puts others."""
    for index, body in enumerate(bodies):
        try:
            sifted = sift(index, body)
            objects = upgrade_all(body) if sifted is None else sifted
        except Invalid as error:
            refuse(index, error)
            continue
        for each in objects:
            yield index, each


def batches(bodies: Iterable[tuple[int, bytes]], *, limit: int) -> Iterator[list[tuple[int, bytes]]]:
    """Groups of at most `limit` records and about four megabytes; one group of all where `limit` is 0."""
    group: list[tuple[int, bytes]] = []
    size = 0
    for index, body in bodies:
        group.append((index, body))
        size += len(body)
        if limit and (len(group) >= limit or size >= BATCH_BYTES):
            yield group
            group, size = [], 0
    if group:
        yield group


def counted(tally: Tally, indexes: Sequence[int], outcome: Submission, on_finding: Callable[[Finding], None]) -> None:
    """Count what became of records; `indexes` are their places in the file."""
    tally.read += len(indexes)
    for accepted in outcome.accepted:
        if accepted.position:
            tally.added += 1
        else:
            tally.present += 1
        tally.deviating += bool(accepted.deviations)
        for problem in accepted.deviations:
            finding = Finding(index=indexes[accepted.index], id=accepted.id, problem=problem, refused=False)
            tally.note(finding)
            on_finding(finding)
    for refused in outcome.refused:
        _refuse(tally, refused, indexes[refused.index], on_finding)


def _refuse(tally: Tally, refused: Refused, index: int, on_finding: Callable[[Finding], None]) -> None:
    tally.refused += 1
    for problem in refused.problems:
        finding = Finding(index=index, id=refused.id, problem=problem, refused=True)
        tally.note(finding)
        on_finding(finding)
