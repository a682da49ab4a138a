"""Logs of any size against patterns: a sieve leaves out the lines that say nothing wanted, a bulk query keeps of the
others those that may match, and these are read exactly.

Memory is bounded: a few blocks of lines, what DuckDB may take, and the tables of the patterns.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from egnatia.engine.column import Cut
from egnatia.engine.column import rows as cut_rows
from egnatia.engine.connection import loaded
from egnatia.engine.log.form import Lines, Reading, Row, Table, recognised
from egnatia.engine.log.misfit import misfits
from egnatia.engine.log.moment import in_year
from egnatia.engine.log.observing import observe
from egnatia.engine.log.source import Block, Opened, Source, Unreadable
from egnatia.engine.log.use import Use
from egnatia.engine.lookup import HOSTS, WHOLE, Keys, kept, keys_of, names_of
from egnatia.engine.parquet import rows as rows_of
from egnatia.engine.pattern import Matcher, Observation
from egnatia.engine.sieve import Sieve

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

FEW, MANY = 5_000, 100_000
"""Lines that are read at once, because to ask the query about them costs more; and lines that one query is about."""

NEWLINE: Final = 10

SHOWN: Final = 4_096
"""Letters of a line that are kept with what it says."""

MINDED: Final = 100_000
"""Values of one use that are kept in mind."""

LONG: Final = 300
"""Letters of such a value at most."""

EMPTY: Final = "empty"
"""The form of a log without lines."""

EXAMPLES: Final = 3
"""Malformed lines that are shown."""


class Place(msgspec.Struct, frozen=True):
    """A line of a log, of a long one its beginning. `at` is None where it names no time."""

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
        self._wanted = self.keys.kinds | self._loose
        self._queries: dict[tuple[object, ...], str] = {}
        self._said: dict[Use, dict[str, bool]] = {}
        self._sieve = None if backend is None else Sieve(self.keys, names_of(matcher))
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
            if reading is None and not any(line.strip() for line in opened.head) and not source.truncated:
                tally.form = EMPTY
                return
            if reading is None:
                raise _unknown(source, opened, form)
            tally.form = reading.form
            is_loose = self._sieve is not None and self._is_loose(reading)
            for number, line in self._lines(opened, reading, tally, on_block):
                row = reading.read(line)
                if row is None:
                    _malformed(tally, number, line)
                elif row.values and (not is_loose or any(self.may(use, value) for use, value in row.values)):
                    yield self._observation(row, source.name, number, line)
            tally.truncated = source.truncated

    def _observation(self, row: Row, log: str, number: int, line: str) -> Observation:
        at = None if row.at is None else in_year(row.at, self._now)
        when = at or self._now
        return Observation(observe(row.values), when, when, 1, Place(log, number, line[:SHOWN], at))

    def may(self, use: Use, value: Any) -> bool:
        """Whether a field with this value may be part of a match; asked once of each value, as far as they are kept in
        mind."""
        text = value if isinstance(value, str) else str(value)
        said = self._said.get(use)
        if said is None:
            is_wanted = use.kind == "any" or bool(use.kinds & self._wanted)
            said = self._said[use] = {} if is_wanted else _NOTHING
        if said is _NOTHING:
            return False
        known = said.get(text)
        if known is None:
            known = self._matcher.may(observe(((use, text),)))
            if len(said) >= MINDED:
                said.clear()
            if len(text) <= LONG:
                said[text] = known
        return known

    def _is_loose(self, reading: Reading) -> bool:
        """Whether something is looked for that no key leads to, in what such a log tells of."""
        return bool(self._loose) and any(use.kind == "any" or self._loose & use.kinds for use in reading.uses)

    def _lines(
        self, opened: Opened, reading: Reading, tally: Tally, on_block: Callable[[], None]
    ) -> Iterator[tuple[int, str]]:
        """The lines that may say something that is wanted, or that may be malformed, with their numbers."""
        if self._sieve is None or self._is_loose(reading):
            yield from _all(opened, tally, on_block)
            return
        is_table = isinstance(reading, Table)
        waiting: list[tuple[int, str]] = []
        for block in opened.blocks():
            _note(tally, block)
            waiting += self._sieved(self._sieve, block, reading)
            on_block()
            if len(waiting) >= MANY or not is_table:
                yield from self._asked(waiting, reading) if isinstance(reading, Table) else waiting
                waiting = []
        if isinstance(reading, Table):
            yield from self._asked(waiting, reading)

    def _sieved(self, sieve: Sieve, block: Block, reading: Reading) -> Iterator[tuple[int, str]]:
        numpy = loaded("numpy")
        data, ends = block.data, numpy.flatnonzero(numpy.frombuffer(block.data, numpy.uint8) == NEWLINE)
        if isinstance(reading, Table):
            columns = [place for place, use in reading.places if use.kinds & self.keys.kinds]
            rows = cut_rows(
                data, ends, Cut(ord(reading.separator), len(reading.columns), reading.quoted), columns, sieve
            )
        else:
            rows = numpy.union1d(sieve.rows(data, ends), misfits(reading, data, ends))
        for row in rows.tolist():
            line = data[int(ends[row - 1]) + 1 if row else 0 : int(ends[row])]
            yield block.first + row, line.decode().removesuffix("\r")

    def _asked(self, lines: list[tuple[int, str]], reading: Table) -> Iterator[tuple[int, str]]:
        """Those of the lines that the bulk query keeps."""
        if len(lines) <= FEW or self.keys.fragments:
            yield from lines
            return
        assert self._backend is not None  # noqa: S101  (asked before)
        arrow = loaded("pyarrow")
        numbers, texts = zip(*lines, strict=True)
        connection = self._backend.con  # DuckDB's own
        table = {"number": arrow.array(numbers, arrow.int64()), "line": arrow.array(texts, arrow.string())}
        connection.register("egnatia_lines", arrow.table(table))
        found = connection.execute(self._query(reading)).to_arrow_table().sort_by("number")
        connection.unregister("egnatia_lines")
        yield from zip(found["number"].to_pylist(), found["line"].to_pylist(), strict=True)

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
        places = [(place, use) for place, use in reading.places if use.kinds & self.keys.kinds]
        columns = {f"f{place}": place for place, _ in places}
        split = lines.select("number", "line", fields=lines.line.split(reading.separator))
        cut = {
            name: split.fields[place].strip() if place == ends else split.fields[place]
            for name, place in columns.items()
        }
        # The fields are columns before anything is asked of them, so that a line is split once.
        table = split.select("number", "line", size=split.fields.length(), **cut)
        values = [(use, table[f"f{place}"]) for place, use in places]
        condition = kept(values, self.keys, backend.table(HOSTS).key, backend.table(WHOLE).key)
        if reading.quoted:
            condition = condition | table.line.contains('"')
        # What has too few or too many columns is counted by who reads on.
        condition = condition | (table.size != len(reading.columns))
        return table.filter(condition).select("number", "line")

    def _of_parquet(self, source: Source, tally: Tally) -> Iterator[Observation]:
        """Rows as if they were lines of JSON: nested columns are keys. DuckDB reads them by columns; without a backend
        each is read."""
        if source.name == "-":
            raise Unreadable("Parquet cannot be read from standard input: give the file")
        parquet, arrow, duckdb = loaded("pyarrow.parquet"), loaded("pyarrow"), loaded("duckdb")
        tally.form = "parquet"
        reading = Lines("parquet", loose=True)
        try:
            file = parquet.ParquetFile(source.name)
            tally.lines = file.metadata.num_rows
            if self._backend is None:
                every = (row for batch in file.iter_batches(batch_size=10_000) for row in batch.to_pylist())
                rows: Iterator[tuple[int, Any]] = enumerate(every, 1)
            else:
                rows = rows_of(self._backend.con, source.name, file.schema_arrow, self.may)
            for number, document in rows:
                line = msgspec.json.encode(document, enc_hook=str).decode()
                row = reading.read(line)
                if row is not None and row.values:
                    yield self._observation(row, source.name, number, line)
        except (arrow.ArrowException, duckdb.Error, OSError) as error:
            raise Unreadable(f"{source.name} is no Parquet file that can be read: {error}", "damaged") from error


_NOTHING: Final[dict[str, bool]] = {}
"""What is kept in mind of a use that nothing is looked for in."""


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


def _unknown(source: Source, opened: Opened, form: str | None) -> Unreadable:
    first = next((line for line in opened.head if line.strip()), "")
    if not first:
        return Unreadable(f"{source.name} is packed and damaged: nothing of it can be read", "damaged")
    if opened.has_nul:
        return Unreadable(f"{source.name} is binary, no log that can be read", "binary")
    if first.startswith("["):
        return Unreadable(f"{source.name} is one array of JSON: give lines of JSON (jq -c '.[]')", "array")
    said = f"is not in the form {form!r}" if form else "is in no form that is known; --format says which it is"
    return Unreadable(f"{source.name} {said}. It begins with {first[:100]!r}")
