"""A query is put to the store by the index that leaves least to look at, and every record found is held to the rule in
`matching`. What a reader may not see is not looked at: every question goes under the reader's clearance."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final

import msgspec

from egnatia.cyber.intel.language import And, Has, Not, Or, Term, Text
from egnatia.cyber.intel.matching import Candidate, Fields, Known, matches, technique_numbers, when
from egnatia.policy import Clearance
from egnatia.record.instant import version_of
from egnatia.record.words import query_terms
from egnatia.store import Lean, Query, Row, Store
from egnatia.store.keeping import Known as Organisation
from egnatia.store.query import LAST

PAGE: Final = 500
GROWN: Final = 2_500
"""Records that one page asks for after the first: whoever was not answered by that goes through many."""

LOOKED_AT: Final = 3_000
"""The most records that one question looks at; where there are more, the answer says where to go on."""


class Found(msgspec.Struct, frozen=True):
    """Records that match, newest first. Where there is a `next`, older ones were not looked at: ask `before` it."""

    rows: tuple[Row, ...]
    next: int = 0

    @property
    def complete(self) -> bool:
        """Whether these are all."""
        return self.next == 0


class Stretch(msgspec.Struct, frozen=True):
    """How far one question goes: the rows it gives, the position it begins before (0: at the newest), the records it
    looks at."""

    limit: int = 50
    before: int = 0
    budget: int = LOOKED_AT


FIRST: Final = Stretch()


def search(
    store: Store, clearance: Clearance, term: Term, known: Known, now: datetime, stretch: Stretch = FIRST
) -> Found:
    """The newest records that match a query. A question that hardly anything answers costs no more than another."""
    found: list[Row | Lean] = []
    oldest = _oldest(term, now)
    end = 0
    for looked, row in enumerate(_candidates(store, clearance, term, known, stretch.before), 1):
        if not (row.version and row.version < oldest) and matches(term, candidate_of(row), known, now):
            found.append(row)
        if len(found) >= stretch.limit or looked >= stretch.budget:
            end = row.position
            break
    return Found(_whole(store, clearance, found), end)


def added(
    store: Store, clearance: Clearance, term: Term, known: Known, now: datetime, *, since: int
) -> tuple[Lean, ...]:
    """The records that match of those that were added after a moment (microseconds UTC), newest first; of the newest
    `LOOKED_AT` that were."""
    query = msgspec.structs.replace(_narrowed(_required(term)), since=since)
    rows = islice(_lean(store, clearance, query, 0), LOOKED_AT)
    return tuple(row for row in rows if matches(term, candidate_of(row), known, now))


def _whole(store: Store, clearance: Clearance, found: Sequence[Row | Lean]) -> tuple[Row, ...]:
    """Rows with all that is known of them, in the order given; what was taken back meanwhile is gone."""
    lean = [row.id for row in found if isinstance(row, Lean)]
    rows = {row.position: row for row in store.get(clearance, lean)} if lean else {}
    rows |= {row.position: row for row in found if isinstance(row, Row)}
    return tuple(rows[row.position] for row in found if row.position in rows)


def _oldest(term: Term, now: datetime) -> str:
    """The version before which nothing can match: the times in `since:` are compared before a record is decoded."""
    bounds = [when(each.value, now) for each in _required(term) if isinstance(each, Has) and each.field == "since"]
    return version_of(max(bounds).strftime("%Y-%m-%dT%H:%M:%S.%fZ")) if bounds else ""


def candidate_of(row: Row | Lean) -> Candidate:
    """A row as the rule takes it."""
    redacted = isinstance(row, Row) and row.redacted
    return Candidate(msgspec.json.decode(row.body, type=Fields), row.owner, row.label, redacted)


def _candidates(store: Store, clearance: Clearance, term: Term, known: Known, before: int) -> Iterator[Row | Lean]:
    """Records before a position among which are all that match, each once, newest first."""
    for row in _listed(store, clearance, term, known, before):
        if not before or row.position < before:
            yield row


def _listed(store: Store, clearance: Clearance, term: Term, known: Known, before: int) -> Iterator[Row | Lean]:
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
    if _asks_for_variants(term):
        return _walk(store, clearance, query, before)
    return _lean(store, clearance, query, before)


def _asks_for_variants(term: Term) -> bool:
    """Whether only whole rows tell: lean ones do not say whether they are redacted."""
    match term:
        case And(terms) | Or(terms):
            return any(map(_asks_for_variants, terms))
        case Not(inner):
            return _asks_for_variants(inner)
        case _:
            return term == Has("is", "redacted")


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


def _lean(store: Store, clearance: Clearance, query: Query, before: int) -> Iterator[Lean]:
    """As `_walk`, at half the cost."""
    after, size = before, PAGE
    while True:
        page = store.bodies(clearance, after, size, query)
        yield from page.rows
        if not page.more:
            return
        after, size = page.next, GROWN


def _walk(store: Store, clearance: Clearance, query: Query, before: int = 0) -> Iterator[Row]:
    """Page by page; with `newest_first` from before a position on."""
    after = before
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
