"""Lists of indicators come in by a declared mapping: CSV, plain text, JSON, JSON lines, RSS and Atom.

The mapping says which column is the value, of what kind it is and what the others mean. A preview shows what it makes
of the first rows before anything is taken.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec

from egnatia.exchange.formats.conversion import (
    FOUND_LIMIT,
    PAP_MARKINGS,
    TLP_IDS,
    Conversion,
    Origin,
    Strange,
    instant,
    own_identifier,
    remark,
    written,
)
from egnatia.exchange.formats.kinds import observe
from egnatia.exchange.formats.observable import NotOfItsKind, Observed
from egnatia.exchange.formats.restriction import (
    TLP_LEVELS,
    WORD_LIMIT,
    Restrictions,
    level_said,
    restrictions,
    strictest,
    together,
)
from egnatia.exchange.formats.syndication import items
from egnatia.exchange.trouble import Misfit, Trouble
from egnatia.record.instant import mend_instant
from egnatia.record.record import Invalid, Problem

Form = Literal["csv", "text", "json", "lines", "rss"]
Row = Mapping[str, str]

MAXIMUM_COLUMNS: Final = 200


class ListMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a list is to be read.

    `value` is the column (its heading, its number from 1, or the path `a.b` of a JSON object) that holds the value; the
    whole line in `text`. `kind` is what the values are (`domain`, `sha256`; `auto` for what they look like),
    `kind_column` the column that says so for each row, `kinds` what its words mean. `items` is the path to the list in
    a JSON document.
    `valid_days` is how long a value is valid after it was last on the list. `tlp` is used where no row says otherwise;
    `tlp_column` and `tags` may restrict further.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    form: Form
    value: str = "1"
    kind: str = "auto"
    kind_column: str = ""
    kinds: dict[str, str] = {}
    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = ","
    comment: tuple[str, ...] = ("#", ";", "//")
    heading: bool = False
    items: str = ""
    description: str = ""
    since: str = ""
    tags_column: str = ""
    tlp_column: str = ""
    tlp: str = ""
    labels: tuple[str, ...] = ()
    indicator_types: tuple[str, ...] = ("malicious-activity",)
    confidence: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    valid_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] | None = 30
    url: str = ""


class Previewed(msgspec.Struct, frozen=True):
    """What a mapping makes of one row: the pattern, or the problem that keeps it out."""

    row: int
    value: str
    kind: str
    pattern: str
    tlp: str
    problem: str


def mapping_of(document: bytes, *, toml: bool = False) -> ListMapping:
    """A mapping from its file, in TOML or JSON; raises Invalid with what is wrong in it."""
    try:
        decode = msgspec.toml.decode if toml else msgspec.json.decode
        return decode(document, type=ListMapping)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid((Problem("$", "a mapping: docs/intel.md", str(error)),)) from error


def rows_in(document: bytes, mapping: ListMapping) -> Iterator[tuple[int, Row]]:
    """The rows with their numbers from 1; raises Invalid where the document is none of its form."""
    match mapping.form:
        case "csv":
            yield from _table(_text(document), mapping)
        case "text":
            lines = enumerate(_text(document).splitlines(), 1)
            kept = (
                (place, _bare(line)) for place, line in lines if not line.lstrip().startswith(tuple(mapping.comment))
            )
            yield from ((place, {"1": line}) for place, line in kept if line)
        case "json":
            yield from _objects(_json(document), mapping)
        case "lines":
            lines_ = enumerate(_text(document).splitlines(), 1)
            yield from ((place, _flat(_json(line.encode()))) for place, line in lines_ if line.strip())
        case "rss":
            yield from items(document)


def preview(document: bytes, mapping: ListMapping, limit: int = 20, applied: str | None = None) -> list[Previewed]:
    """What the mapping makes of the first rows; `applied` is the TLP that is put on everything besides."""
    shown: list[Previewed] = []
    for place, row in rows_in(document, mapping):
        if len(shown) >= limit:
            break
        value = row.get(mapping.value, "")
        try:
            kind, found = _observed(row, mapping)
            pattern, problem = found.pattern or "", ""
        except NotOfItsKind as error:
            kind, pattern, problem = "", "", str(error)
        tlp = strictest([_tlp(_said(row, mapping), mapping), applied], TLP_LEVELS) or ""
        shown.append(Previewed(place, value, kind, pattern, tlp, problem))
    return shown


class HeldRows(msgspec.Struct, frozen=True):
    """The rows of a list for which somebody has to decide, with the mapping that they are read by."""

    mapping: ListMapping
    rows: tuple[tuple[int, dict[str, str]], ...]


def read_list(document: bytes, mapping: ListMapping, now: datetime, decided: Mapping[str, str] = {}) -> Conversion:
    """The indicators of a list, each value once. Ids follow from the list's name and the value, so that a list that is
    read again renews what it still holds. `decided` says what strange words mean (`restriction.restrictions`)."""
    return read_rows(rows_in(document, mapping), mapping, now, decided)


def read_held(document: bytes, now: datetime, decided: Mapping[str, str] = {}) -> Conversion:
    """The rows that were held, of a list that is at hand no more."""
    held = msgspec.json.decode(document, type=HeldRows)
    return read_rows(held.rows, held.mapping, now, decided)


def read_rows(
    several: Iterable[tuple[int, Row]], mapping: ListMapping, now: datetime, decided: Mapping[str, str]
) -> Conversion:
    """The same of rows with their numbers."""
    records: dict[str, bytes] = {}
    remarks = []
    strange: list[Strange] = []
    held: list[tuple[int, dict[str, str]]] = []
    saying: dict[str, Restrictions] = {}
    rows = 0
    first: Row = {}
    for place, row in several:
        rows, first = rows + 1, first or row
        try:
            _, found = _observed(row, mapping)
        except NotOfItsKind as error:
            remarks.append(remark(f"row {place}", "a value of the kind that the mapping says", str(error)))
            continue
        if found.pattern is None:
            continue
        name = own_identifier("indicator", "list", mapping.name, found.pattern)
        before, said = saying.get(name), _said(row, mapping, decided)
        said = saying[name] = said if before is None else together(before, said)
        if said == before:
            continue
        for word in said.strange:
            path = f"row {place}"
            strange.append(Strange(word[:WORD_LIMIT], path, found.name[:FOUND_LIMIT]))
            remarks.append(remark(path, "a word that seems to restrict and is not understood: TLP:RED", word))
        if said.strange:
            held.append((place, dict(row)))
        records[name] = _indicator(name, found, row, mapping, now=now, said=said)
    if rows and not records:
        raise _misfit(rows, first, mapping)
    origin = Origin("list", mapping.name, mapping.name, tlp=mapping.tlp)
    return Conversion(
        tuple(records.values()), tuple(remarks), dated=False, strange=tuple(strange), origin=origin,
        document=msgspec.json.encode(HeldRows(mapping, tuple(held))) if held else b"",
    )  # fmt: skip


def _observed(row: Row, mapping: ListMapping) -> tuple[str, Observed]:
    kind = mapping.kind
    if mapping.kind_column:
        word = row.get(mapping.kind_column, "").strip()
        kind = mapping.kinds.get(word, mapping.kinds.get(word.lower(), word.lower()))
    return observe(row.get(mapping.value, ""), kind or "auto")


def _misfit(rows: int, first: Row, mapping: ListMapping) -> Misfit:
    """Why nothing could be read of a list that has rows: its columns are called otherwise, or its values are."""
    if mapping.value not in first:
        there = ", ".join(each for each in first if not each.isdecimal()) or f"{len(first)} without headings"
        problem = Problem(f"column {mapping.value!r}", "a column of this name or number", there[:300])
        return Misfit(Invalid((problem,)), Trouble.COLUMN)
    wanted = f"values of the kind {mapping.kind!r}" if not mapping.kind_column else "values of the kinds that are said"
    problem = Problem(f"{rows} rows", wanted, repr(first.get(mapping.value, ""))[:80])
    return Misfit(Invalid((problem,)), Trouble.ROWS)


def _said(row: Row, mapping: ListMapping, decided: Mapping[str, str] = {}) -> Restrictions:
    tags = restrictions(_split(row.get(mapping.tags_column, "")), decided)
    return together(tags, level_said("tlp", row.get(mapping.tlp_column, "").strip(), decided))


def _indicator(
    name: str, found: Observed, row: Row, mapping: ListMapping, *, now: datetime, said: Restrictions
) -> bytes:
    stamp = instant(now.timestamp())
    since = mend_instant(row.get(mapping.since, "")) or stamp
    until = now + timedelta(days=mapping.valid_days) if mapping.valid_days else None
    return written(
        {
            "type": "indicator",
            "spec_version": "2.1",
            "id": name,
            "created": stamp,
            "modified": stamp,
            "name": found.name[:250],
            "description": row.get(mapping.description, "").strip(),
            "indicator_types": mapping.indicator_types,
            "pattern": found.pattern,
            "pattern_type": "stix",
            "valid_from": min(since, stamp),
            "valid_until": instant(until.timestamp()) if until else None,
            "labels": [*mapping.labels, *(tag for tag in said.rest if tag)],
            "confidence": mapping.confidence,
            "external_references": [{"source_name": mapping.name, "url": mapping.url}] if mapping.url else [],
            "object_marking_refs": _markings(said, mapping),
        }
    )


def _tlp(said: Restrictions, mapping: ListMapping) -> str | None:
    return "red" if said.strange else said.tlp or mapping.tlp or None


def _markings(said: Restrictions, mapping: ListMapping) -> list[str]:
    tlp = _tlp(said, mapping)
    return [*([TLP_IDS[tlp]] if tlp else []), *([PAP_MARKINGS[said.pap]] if said.pap else [])]


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;|]", text) if part.strip()]


_CYRILLIC: Final = re.compile(rb"[\xc0-\xff]{2,}")


def _text(document: bytes) -> str:
    """Text in UTF-8, with or without its mark; else as Windows writes Cyrillic, or the languages of Central Europe."""
    for encoding in (
        "utf-8-sig",
        "utf-16" if document[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig",
        _old(document),
    ):
        try:
            return document.decode(encoding)
        except UnicodeDecodeError:
            continue
    return document.decode("latin-1")


def _old(document: bytes) -> str:
    """Which encoding of Windows it may be: Cyrillic words are of such letters whole, Latin ones have one here and
    there."""
    beginning = document[:100_000]
    letters = sum(byte >= 0xC0 for byte in beginning)
    in_words = sum(map(len, _CYRILLIC.findall(beginning)))
    return "cp1251" if in_words * 2 > letters else "cp1250"


def _bare(line: str) -> str:
    """A line without what is said behind its value."""
    return re.split(r"\s+[#;]|\s+//", line.strip(), maxsplit=1)[0].strip()


def _table(text: str, mapping: ListMapping) -> Iterator[tuple[int, Row]]:
    """Rows by the number of the column and by its heading."""
    heading: list[str] = []
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=mapping.delimiter, skipinitialspace=True)
    try:
        for cells in reader:
            place = reader.line_num
            if not cells or cells[0].lstrip().startswith(tuple(mapping.comment)):
                continue
            if mapping.heading and not heading:
                heading = [cell.strip() for cell in cells]
                continue
            row = {str(number): cell for number, cell in enumerate(cells[:MAXIMUM_COLUMNS], 1)}
            yield place, row | dict(zip(heading, cells, strict=False))
    except csv.Error as error:
        raise Invalid((Problem(f"line {reader.line_num}", "CSV", str(error)),)) from error


def _json(document: bytes) -> Any:
    try:
        return msgspec.json.decode(document)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid((Problem("$", "JSON", str(error)),)) from error


def _objects(decoded: Any, mapping: ListMapping) -> Iterator[tuple[int, Row]]:
    inner = decoded
    for step in filter(None, mapping.items.split(".")):
        inner = inner.get(step) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        pairs = inner.items()
        inner = [{"key": key, **(each if isinstance(each, dict) else {"value": each})} for key, each in pairs]
    if not isinstance(inner, list):
        raise Invalid((Problem(f"$.{mapping.items}", "a list of values", repr(inner)[:80]),))
    for place, each in enumerate(inner, 1):
        yield place, _flat(each)


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    """A JSON value as a row: `{"a": {"b": 1}}` has the column `a.b`; a bare value is in column 1."""
    if not isinstance(value, dict):
        return {"1": "" if value is None else str(value)}
    row: dict[str, str] = {}
    for key, inner in list(value.items())[:MAXIMUM_COLUMNS]:
        path = f"{prefix}{key}"
        if isinstance(inner, dict) and path.count(".") < 8:
            row |= _flat(inner, f"{path}.")
        elif isinstance(inner, list):
            row[path] = ",".join(str(each) for each in inner)
        elif inner is not None:
            row[path] = str(inner)
    return row
