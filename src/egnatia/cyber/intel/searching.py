"""A query is put to the store by the index that leaves least to look at, and every record found is held to the rule in
`matching`. What a reader may not see is not looked at: every question goes under the reader's clearance."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from egnatia.cyber.intel.language import And, Has, Not, Or, Term, Text
from egnatia.cyber.intel.matching import Candidate, Fields, Known, matches, technique_numbers
from egnatia.policy import Clearance
from egnatia.record.words import query_terms
from egnatia.store import Query, Row, Store
from egnatia.store.keeping import Known as Organisation
from egnatia.store.query import LAST

PAGE: Final = 1_000
LOOKED_AT: Final = 50_000
"""The most records that are held to the rule for one question; beyond, the answer says that it is not complete."""


class Found(msgspec.Struct, frozen=True):
    """Records that match, newest first. Where it is not `complete`, older ones were not looked at."""

    rows: tuple[Row, ...]
    complete: bool


def search(store: Store, clearance: Clearance, term: Term, known: Known, now: datetime, *, limit: int = 50) -> Found:
    """The newest records that match a query."""
    found: list[Row] = []
    for looked, row in enumerate(_candidates(store, clearance, term, known), 1):
        if matches(term, candidate_of(row), known, now):
            found.append(row)
        if len(found) >= limit or looked >= LOOKED_AT:
            return Found(tuple(found), complete=False)
    return Found(tuple(sorted(found, key=lambda row: -row.position)), complete=True)


def candidate_of(row: Row) -> Candidate:
    """A row as the rule takes it."""
    return Candidate(msgspec.json.decode(row.body, type=Fields), row.owner, row.label, row.redacted)


def _candidates(store: Store, clearance: Clearance, term: Term, known: Known) -> Iterator[Row]:
    """Records among which are all that match, each once, newest first."""
    required = _required(term)
    query = _narrowed(required)
    for each in required:
        match each:
            case Has("id", value):
                return iter(store.get(clearance, [value.lower()]))
            case Has("value", value):
                return _until_dry(partial(store.by_value, clearance, value))
            case Has("technique", value):
                return _naming(store, clearance, value.upper(), known)
    words = " ".join(
        f'"{each.words.rstrip("*")}"{"*" * each.words.endswith("*")}'
        for each in required
        if isinstance(each, Text) and query_terms(each.words)
    )
    if words:
        newest = msgspec.structs.replace(query, newest_first=True)
        return _until_dry(lambda limit: store.search(clearance, words, newest, limit))
    return _walk(store, clearance, query)


def _required(term: Term) -> list[Term]:
    """Terms that everything that matches must match."""
    match term:
        case And(terms):
            return [inner for each in terms for inner in _required(each)]
        case Text() | Has():
            return [term]
        case Or() | Not():
            return []


def _narrowed(required: Sequence[Term]) -> Query:
    types = tuple(each.value.lower() for each in required if isinstance(each, Has) and each.field == "type")
    return Query(types=types[:1], versions=(LAST,), newest_first=True)


def _until_dry(ask: Callable[[int], tuple[Row, ...]]) -> Iterator[Row]:
    """Ask for few first, and for more while there are more."""
    given: set[int] = set()
    for limit in (200, 2_000, 10_000):
        rows = sorted(ask(limit), key=lambda row: -row.position)
        for row in rows:
            if row.position not in given:
                given.add(row.position)
                yield row
        if len(rows) < limit:
            return


def _naming(store: Store, clearance: Clearance, number: str, known: Known) -> Iterator[Row]:
    """Techniques with a number, what names them, and what bears the number as a label."""
    ids = [name for name, each in known.techniques.items() if each == number or each.startswith(f"{number}.")]
    given: dict[int, Row] = {row.position: row for row in store.get(clearance, ids)} if ids else {}
    for each in ids:
        given |= {row.position: row for row in store.neighbours(clearance, each, "in", 10_000)}
    labelled = store.search(clearance, f'"{number}"*', Query(versions=(LAST,), newest_first=True), 10_000)
    given |= {row.position: row for row in labelled}
    return iter(sorted(given.values(), key=lambda row: -row.position))


def _walk(store: Store, clearance: Clearance, query: Query) -> Iterator[Row]:
    after = 0
    while True:
        page = store.changes(clearance, after, PAGE, query)
        yield from page.rows
        if not page.more:
            return
        after = page.next


def known_to(store: Store, clearance: Clearance, organisations: Sequence[Organisation] = ()) -> Known:
    """What a reader knows: from the organisations of the directory, and from identities, places and techniques that it
    may see."""
    names = {each.id: each.name for each in organisations}
    economies = {each.id: each.economy.lower() for each in organisations}
    sectors: dict[str, tuple[str, ...]] = {}
    techniques: dict[str, str] = {}
    types = ("identity", "location", "attack-pattern")
    for row in _walk(store, clearance, Query(types=types, versions=(LAST,), newest_first=True)):
        record = msgspec.json.decode(row.body, type=Fields)
        match row.type:
            case "identity":
                names.setdefault(row.id, str(record.get("name", "")))
                sectors.setdefault(row.id, tuple(record.get("sectors", ())))
            case "location" if "country" in record:
                economies.setdefault(row.id, str(record["country"]).lower())
            case "attack-pattern":
                for number in technique_numbers(record)[:1]:
                    techniques.setdefault(row.id, number)
    return Known(names, economies, sectors, techniques)
