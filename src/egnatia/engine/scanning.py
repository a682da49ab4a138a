"""Logs of any size against patterns: lines that cannot match are left to the bulk query, the others are read exactly.

Memory is bounded: a few blocks of lines, what DuckDB may take, and the tables of the patterns.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from egnatia.engine.connection import loaded
from egnatia.engine.log.form import Row, Table, recognised
from egnatia.engine.log.observing import observe
from egnatia.engine.log.source import Block, Opened, Source, Unreadable
from egnatia.engine.log.use import Use
from egnatia.engine.lookup import HOSTS, WHOLE, Keys, kept, keys_of, lookups
from egnatia.engine.pattern import Matcher, Observation

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

QUERIED: Final = 64 << 20
"""Bytes of lines that one query is about."""

CHUNK: Final = 20_480
"""Lines that one thread takes at once."""

EXAMPLES: Final = 3
"""Malformed lines that are shown."""


class Place(msgspec.Struct, frozen=True):
    """A line of a log. `at` is None where it names no time."""

    log: str
    number: int
    line: str
    at: datetime | None


class Tally(msgspec.Struct):
    """What was read of one log."""

    log: str
    form: str = ""
    lines: int = 0
    malformed: int = 0
    examples: list[tuple[int, str]] = []
    truncated: bool = False


class Scan:
    """One set of patterns for any number of logs. `matcher` is not added to any more. `backend` runs the bulk query;
    without one every line is read exactly, which gives the same and takes longer."""

    def __init__(self, matcher: Matcher[Any], now: datetime, backend: "BaseBackend | None" = None) -> None:
        self._matcher, self._now, self._backend = matcher, now, backend
        self.keys = keys_of(matcher)
        self._loose = matcher.loose()
        self._queries: dict[tuple[object, ...], str] = {}
        self._domains = matcher.table("domain-name", ("value",))
        if backend is not None:
            _put_keys(backend, self.keys)

    def observations(
        self, source: Source, tally: Tally, *, form: str | None = None, on_block: Callable[[], None] = lambda: None
    ) -> Iterator[Observation]:
        """What the lines say that may match; `tally` tells the rest. Raises Unreadable, OSError."""
        with source.opened() as opened:
            if opened.is_parquet:
                yield from self._of_parquet(source, tally)
                return
            reading = recognised(opened.head, form)
            if reading is None:
                raise Unreadable(_unknown(source, opened, form))
            tally.form = reading.form
            fast = self._backend is not None and isinstance(reading, Table) and not self._is_loose(reading)
            if fast and isinstance(reading, Table):
                lines = self._kept(opened, reading, tally, on_block)
            else:
                lines = _all(opened, tally, on_block)
            may = self._may(reading) if fast and isinstance(reading, Table) else None
            for number, line in lines:
                if may is not None and not may(line):
                    continue
                row = reading.read(line)
                if row is None:
                    _malformed(tally, number, line)
                elif row.values:
                    yield self._observation(row, Place(source.name, number, line, row.at))
            tally.truncated = source.truncated

    def _observation(self, row: Row, place: Place) -> Observation:
        at = row.at or self._now
        return Observation(observe(row.values), at, at, 1, place)

    def _is_loose(self, reading: Table) -> bool:
        return any(self._loose & kinds_of(use) for _, use in reading.places)

    def _kept(
        self, opened: Opened, reading: Table, tally: Tally, on_block: Callable[[], None]
    ) -> Iterator[tuple[int, str]]:
        """The lines that the bulk query keeps, block by block, in any order within one.

        A block is asked about as a whole: what DuckDB reads is there before it begins, so it never waits for Python.
        """
        assert self._backend is not None  # noqa: S101  (asked before)
        connection = self._backend.con  # DuckDB's own
        for table in _tables(opened, tally):
            connection.register("egnatia_lines", table)
            found = connection.execute(self._query(reading)).to_arrow_table()
            connection.unregister("egnatia_lines")
            numbers, texts = found["number"].to_pylist(), found["line"].to_pylist()
            yield from ((number, text[:-1]) for number, text in zip(numbers, texts, strict=True))
            on_block()

    def _query(self, reading: Table) -> str:
        """The bulk query over the registered lines, put into words once for logs of the same columns."""
        assert self._backend is not None  # noqa: S101  (asked before)
        key = (reading.separator, reading.quoted, *reading.columns)
        if key not in self._queries:
            lines = self._backend.table("egnatia_lines")
            self._queries[key] = str(self._backend.compile(self.kept_of(lines, reading)))
        return self._queries[key]

    def kept_of(self, lines: Any, reading: Table) -> Any:
        """The expression, over a table of numbered lines: on DuckDB or Spark, whichever the table is on."""
        backend = lines.get_backend()
        ends = len(reading.columns) - 1  # the last column, which has the end of the line on it
        columns = {f"f{place}": place for place, _ in reading.places}
        split = lines.select("number", "line", fields=lines.line.split(reading.separator))
        cut = {
            name: split.fields[place].strip() if place == ends else split.fields[place]
            for name, place in columns.items()
        }
        # The fields are columns before anything is asked of them, so that a line is split once.
        table = split.select("number", "line", size=split.fields.length(), **cut)
        values = [(use, table[f"f{place}"]) for place, use in reading.places]
        condition = kept(values, self.keys, backend.table(HOSTS).key, backend.table(WHOLE).key)
        if reading.quoted:
            condition = condition | table.line.contains('"')
        # What has too few or too many columns is counted by who reads on.
        condition = condition | (table.size != len(reading.columns))
        return table.filter(condition).select("number", "line")

    def _may(self, reading: Table) -> Callable[[str], bool]:
        """Whether a line that was kept is worth being read as a whole, as a function put together once."""
        separator, size, quoted, maybe = reading.separator, len(reading.columns), reading.quoted, self._may_be
        # Without addresses and other values to look for, only fields with names are of use.
        named = {"host", "url", "mail"}
        places = [(place, use) for place, use in reading.places if self.keys.whole or use.kind in named]

        def may(line: str) -> bool:
            if quoted and '"' in line:
                return True
            fields = line.split(separator)
            return len(fields) != size or any([maybe(use, fields[place]) for place, use in places])  # noqa: C419

        return may

    def _may_be(self, use: Use, value: str) -> bool:
        kind, whole = use.kind, self.keys.whole
        if kind not in {"host", "address"}:
            if kind in {"url", "mail", "name", "path", "digests", "any"}:
                return len(value) > 1
            return value.lower() in whole
        for text in value.split(use.many) if use.many else (value,):
            name = text.lower().rstrip(".")
            if ":" in name or not name.isascii():
                return True
            if whole and any(each in whole for each in lookups(use, name, self.keys)):
                return True
            if name[-1:].isdecimal():  # an address: no name ends so
                continue
            while name:
                if name in self._domains:
                    return True
                name = name.partition(".")[2]
        return False

    def _of_parquet(self, source: Source, tally: Tally) -> Iterator[Observation]:
        """Rows as if they were lines of JSON: nested columns are keys."""
        from egnatia.engine.log.form import Lines  # noqa: PLC0415

        if source.name == "-":
            raise Unreadable("Parquet cannot be read from standard input: give the file")
        parquet, arrow = loaded("pyarrow.parquet"), loaded("pyarrow")
        tally.form = "parquet"
        try:
            file = parquet.ParquetFile(source.name)
            number = 0
            for batch in file.iter_batches(batch_size=10_000):
                for document in batch.to_pylist():
                    number += 1
                    tally.lines += 1
                    line = msgspec.json.encode(document, enc_hook=str).decode()
                    row = Lines("parquet", loose=True).read(line)
                    if row is not None and row.values:
                        yield self._observation(row, Place(source.name, number, line, row.at))
        except arrow.ArrowException as error:
            raise Unreadable(f"{source.name} is no Parquet file that can be read: {error}") from error


def kinds_of(use: Use) -> frozenset[str]:
    """The kinds of object that a field may become."""
    own = {
        "host": {"domain-name", "ipv4-addr", "ipv6-addr"},
        "address": {"ipv4-addr", "ipv6-addr"},
        "url": {"url", "domain-name", "ipv4-addr", "ipv6-addr"},
        "mail": {"email-addr", "domain-name"},
        "name": {"file"},
        "path": {"file"},
    }.get(use.kind, set())
    return frozenset(own | ({use.to.partition("#")[0].partition(".")[0]} if use.to else set()))


def _put_keys(backend: "BaseBackend", keys: Keys) -> None:
    """The keys as tables, for the bulk query."""
    arrow = loaded("pyarrow")
    for name, values in ((HOSTS, keys.hosts), (WHOLE, keys.whole)):
        table = arrow.table({"key": arrow.array(list(values), arrow.string())})
        backend.drop_table(name, force=True)
        backend.create_table(name, table)


def _all(opened: Opened, tally: Tally, on_block: Callable[[], None]) -> Iterator[tuple[int, str]]:
    for block in opened.blocks():
        _note(tally, block)
        yield from enumerate(_lines(block), block.first)
        on_block()


def _lines(block: Block) -> Sequence[str]:
    return [each.removesuffix("\r") for each in block.data.decode().split("\n")[:-1]]


def _note(tally: Tally, block: Block) -> None:
    if block.left_out:
        tally.malformed += block.left_out
        tally.lines += block.left_out
    tally.lines += block.lines


def _malformed(tally: Tally, number: int, line: str) -> None:
    tally.malformed += 1
    if len(tally.examples) < EXAMPLES:
        tally.examples.append((number, line[:200]))


def _tables(opened: Opened, tally: Tally) -> Iterator[Any]:
    """Blocks as tables of numbered lines, cut so that several threads have work, without copying a line."""
    numpy, arrow = loaded("numpy"), loaded("pyarrow")
    for block in opened.blocks(QUERIED):
        _note(tally, block)
        if not block.data:
            continue
        data = block.data.replace(b"\r\n", b"\n") if b"\r\n" in block.data[:4096] else block.data
        letters = numpy.frombuffer(data, numpy.uint8)
        ends = numpy.flatnonzero(letters == 10)
        starts = numpy.empty(len(ends) + 1, numpy.int32)
        starts[0] = 0
        starts[1:] = ends + 1
        numbers = arrow.array(numpy.arange(block.first, block.first + len(ends)))
        text = arrow.StringArray.from_buffers(len(ends), arrow.py_buffer(starts), arrow.py_buffer(data))
        whole = arrow.record_batch([numbers, text], names=["number", "line"])
        yield arrow.Table.from_batches([whole.slice(at, CHUNK) for at in range(0, len(ends), CHUNK)])


def _unknown(source: Source, opened: Opened, form: str | None) -> str:
    first = next((line for line in opened.head if line.strip()), "")
    if not first:
        return f"{source.name} is empty"
    if first.startswith("["):
        return f"{source.name} is one array of JSON: give lines of JSON (jq -c '.[]')"
    said = f"is not in the form {form!r}" if form else "is in no form that is known; --format says which it is"
    return f"{source.name} {said}. It begins with {first[:100]!r}"
