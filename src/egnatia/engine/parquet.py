"""Parquet read by its columns: each value of a column is tried once, and only rows with one that may match are read.

A column of lists is tried by its elements. What is nested otherwise, or is neither text nor number, is not tried: every
row is read that has such a value in a column that is of use.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from egnatia.engine.connection import loaded
from egnatia.engine.log.form import URL, URLS, use_of
from egnatia.engine.log.use import Use

BATCH: Final = 10_000
"""Values, or rows, that are handed over together."""

_ANY: Final = Use("any")


class Leaf(msgspec.Struct, frozen=True):
    """One column, or field inside one, as SQL; `form` says how it is tried."""

    path: str
    sql: str
    form: str


def leaves(schema: Any) -> list[Leaf]:
    """The leaves of an Arrow schema, whose paths are those of keys."""
    found: list[Leaf] = []
    for field in schema:
        _gather(field.name, _quoted(field.name), field.type, found)
    return found


def _gather(path: str, sql: str, kind: Any, found: list[Leaf]) -> None:
    types = loaded("pyarrow.types")
    if types.is_struct(kind):
        for field in kind:
            _gather(f"{path}.{field.name}", f"{sql}.{_quoted(field.name)}", field.type, found)
    elif (types.is_list(kind) or types.is_large_list(kind)) and _is_plain(types, kind.value_type):
        found.append(Leaf(path, sql, "list"))
    else:
        form = "plain" if _is_plain(types, kind) else "nested" if types.is_nested(kind) else "other"
        found.append(Leaf(path, sql, form))


def _is_plain(types: Any, kind: Any) -> bool:
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind) or types.is_floating(kind)
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def rows(connection: Any, path: str, schema: Any, may: Callable[[Use, Any], bool]) -> Iterator[tuple[int, Any]]:
    """The rows that may match, each with its number from 1, in order. `may` says of a value whether it may."""
    source = f"read_parquet('{path.replace(chr(39), chr(39) * 2)}', file_row_number = true)"
    conditions: list[str] = []
    asked = [(leaf, use_of(leaf.path) or _ANY) for leaf in leaves(schema)]
    tried = [*asked, *((each, URL) for each in _pairs([leaf for leaf, _ in asked]))]
    for number, (leaf, use) in enumerate(tried):
        if leaf.form == "nested" or (leaf.form == "other" and use is not _ANY):
            conditions.append(f"{leaf.sql} IS NOT NULL")
        if leaf.form in {"nested", "other"}:
            continue
        value = f"unnest({leaf.sql})" if leaf.form == "list" else leaf.sql
        found = _values(connection, f"SELECT DISTINCT {value} FROM {source}", use, may)  # noqa: S608  (names are quoted)
        if found:
            table = f"egnatia_values_{number}"
            connection.register(table, loaded("pyarrow").table({"value": found}))
            inside = f"SELECT list(value) FROM {table}" if leaf.form == "list" else f"SELECT value FROM {table}"  # noqa: S608
            conditions.append(
                f"list_has_any({leaf.sql}, ({inside}))" if leaf.form == "list" else f"{leaf.sql} IN ({inside})"
            )
    if not conditions:
        return
    query = f"SELECT * FROM {source} WHERE {' OR '.join(conditions)} ORDER BY file_row_number"  # noqa: S608  (as above)
    for batch in connection.execute(query).to_arrow_reader(BATCH):
        for row in batch.to_pylist():
            yield int(row.pop("file_row_number")) + 1, row


def _values(connection: Any, query: str, use: Use, may: Callable[[Use, Any], bool]) -> list[Any]:
    found: list[Any] = []
    for batch in connection.execute(query).to_arrow_reader(BATCH):
        found += [each for each in batch.column(0).to_pylist() if each is not None and may(use, each)]
    return found


def _pairs(known: list[Leaf]) -> Iterator[Leaf]:
    """The URLs that a log has in two columns."""
    by_path = {leaf.path: leaf.sql for leaf in known if leaf.form == "plain"}
    for host, rest in URLS:
        if host in by_path and rest in by_path:
            one, other = by_path[host], by_path[rest]
            whole = f"'http://' || {one} || {other}"
            yield Leaf(rest, f"(CASE WHEN contains({other}, '://') THEN {other} ELSE {whole} END)", "plain")
