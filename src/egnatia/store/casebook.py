"""Cases as they stand: a view that is made of the log and can be made anew; it is never what counts.

Who takes part in a case reads it here by what it takes part in, and only what it may see of the log besides.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, insert

from egnatia.policy.clearance import Clearance
from egnatia.store import schema
from egnatia.store.database import Database
from egnatia.store.keeping import Write
from egnatia.store.link import Link
from egnatia.store.query import LAST, Query, bounded
from egnatia.store.reading import End, Reading
from egnatia.store.shelving import View

TYPES: Final = ("case", "case-event", "recall")
"""What changes a case."""

_CASE: Final = Query(types=("case",), versions=(LAST,))
_EVENT: Final = Query(types=("case-event",), versions=(LAST,))
_MARK: Final = "cases"


class Held(msgspec.Struct, frozen=True):
    """One record of a case: who answers for it, its bytes, and the organisations that its audiences name."""

    owner: str
    body: bytes
    position: int
    audience: frozenset[str]


class Standing(msgspec.Struct, frozen=True):
    """How a case stands. `parties` are those that take part now with their `roles`, `updated` is the last event, `due`
    when something is owed next, 0 where nothing is; microseconds UTC."""

    id: str
    workflow: str
    title: str
    state: str
    is_open: bool
    parties: tuple[str, ...]
    updated: int
    exercise: str = ""
    facts: dict[str, Any] = {}
    roles: dict[str, tuple[str, ...]] = {}
    due: int = 0


class Due(msgspec.Struct, frozen=True):
    """What is owed in an open case: `due` and `start` in microseconds UTC, `by` and `to` organisations."""

    case: str
    title: str
    workflow: str
    version: str
    deadline: str
    what: str
    due: int
    start: int
    by: tuple[str, ...]
    to: tuple[str, ...]
    review: str
    exercise: str = ""


class Kept(msgspec.Struct, frozen=True):
    """A case as it is to be listed: how it stands and what is owed in it; and `apart` the same for those of its parties
    that may not see all of its events, as each sees it."""

    standing: Standing
    dues: Sequence[Due]
    apart: Mapping[str, tuple[Standing, Sequence[Due]]] = {}


class Casebook:
    """The view and the way to the events behind it."""

    def __init__(self, database: Database, reading: Reading, write: Write) -> None:
        self._database, self._reading, self._write = database, reading, write

    def case(self, clearance: Clearance, case: str) -> Held | None:
        """The case record with this id as its opener answers for it; None where it is not to be seen."""
        found = self._held(clearance, _CASE, _RECORD, case)
        return next((each for each in found if _author(each.body) == each.owner), None)

    def events(self, clearance: Clearance, case: str) -> list[Held]:
        """The events of a case that may be seen, each once for each organisation that answers for it, in any order."""
        return self._held(clearance, _EVENT, _EVENTS, case)

    def changed(self, limit: int = 1_000, *, after: int | None = None) -> tuple[tuple[str, ...], int]:
        """The cases that the log has touched since the view was last brought up, or `after` a position, looking at so
        many rows; and how far that is."""

        def read(link: Link, end: End) -> tuple[tuple[str, ...], int]:
            rows = self._database.rows(link, _REACHED, name=_MARK)
            low = (rows[0][0] if rows else 0) if after is None else after
            shelves = [number for number, shelf in self._reading.shelving.shelves.items() if shelf.type in TYPES]
            found = self._database.rows(link, _CHANGED, shelves=shelves, low=low, high=end.position, size=limit)
            reached = found[-1][0] if len(found) == limit else end.position
            positions = [row[0] for row in found]
            named = self._database.rows(link, _TOUCHED, positions=positions) if positions else []
            touched = [row[1] for row in found] + [row[0] for row in named]
            return tuple(dict.fromkeys(each for each in touched if each.startswith("case--"))), reached

        return self._reading.consistent(read)

    def titles(self, clearance: Clearance, ids: Iterable[str]) -> dict[str, str]:
        """What cases are called, those that the reader may see."""
        seen = self._seen(clearance, list(ids))
        with self._database.readers.link() as link:
            rows = self._database.rows(link, _CONTENTS, ids=sorted(seen)) if seen else []
        return {case.id: case.title for case in (_content(row[0]) for row in rows)}

    def reached(self) -> int:
        """How far in the log the view is."""
        with self._database.readers.link() as link:
            rows = self._database.rows(link, _REACHED, name=_MARK)
        return int(rows[0][0]) if rows else 0

    def put(self, cases: Sequence[Kept], gone: Iterable[str] = (), reached: int | None = None) -> None:
        """Cases as they stand now, in the place of what was there; those `gone` are left out. `reached` is how far in
        the log that is."""
        ids = [case.standing.id for case in cases]

        def work(connection: Connection) -> None:
            if left := [{"left": id_} for id_ in {*ids, *gone}]:
                for table in _TABLES:
                    connection.execute(table.delete().where(table.c.id == bindparam("left")), left)
            for table, rows in zip(_TABLES, _rows(cases), strict=True):
                if rows:
                    connection.execute(insert(table), rows)
            if reached is not None:
                marks = schema.watermarks
                connection.execute(marks.delete().where(marks.c.name == _MARK))
                connection.execute(insert(marks).values(name=_MARK, position=reached))

        self._write(work).result()

    def standings(
        self,
        clearance: Clearance,
        *,
        is_open: bool = True,
        before: tuple[int, str] = (1 << 62, ""),
        limit: int = 100,
        matching: Callable[[Standing], bool] = lambda _: True,
    ) -> tuple[Standing, ...]:
        """The cases that the reader takes part in, the last changed first; to go on, those `before` one that was given,
        by when it changed and its id."""
        limit = bounded(limit)
        found: dict[str, Standing] = {}
        while len(found) < limit:
            rows = self._ask(_LISTED, clearance, open=int(is_open), before=before[0], id=before[1], size=_PAGE)
            listed = (_content(row[0]).apart_for(party) for party, row in rows)
            page = sorted(listed, key=lambda one: (one.updated, one.id), reverse=True)[:_PAGE]
            seen = self._seen(clearance, [each.id for each in page])
            found.update({each.id: each for each in page if each.id in seen and matching(each)})
            if len(page) < _PAGE:
                break
            before = (page[-1].updated, page[-1].id)
        return tuple(found.values())[:limit]

    def among(self, clearance: Clearance, ids: Iterable[str]) -> dict[str, Standing]:
        """Those of the cases that are open and that the reader takes part in, by id."""
        rows = self._ask(_AMONG, clearance, ids=sorted(ids))
        listed = (_content(row[0]).apart_for(party) for party, row in rows)
        found = {each.id: each for each in listed}
        seen = self._seen(clearance, list(found))
        return {id_: each for id_, each in found.items() if id_ in seen}

    def dues(
        self, clearance: Clearance, *, own: bool = False, until: int = 1 << 62, after: int = -1 << 62, limit: int = 100
    ) -> tuple[Due, ...]:
        """What is owed in the open cases that the reader takes part in, the earliest first; with `own` what it owes
        itself. Only what is due from one moment on and not after another."""
        size = max(bounded(limit), _PAGE // 2)
        found: dict[tuple[str, str, int], Due] = {}
        edge = (after, "")
        while len(found) < limit:
            rows = [
                row
                for owes in ((1,) if own else (0, 1))
                for _, row in self._ask(_OWED, clearance, owes=owes, after=edge[0], id=edge[1], until=until, size=size)
            ]
            page = sorted((_due(row[0]) for row in rows), key=lambda one: (one.due, one.case))[:size]
            seen = self._seen(clearance, [each.case for each in page])
            found.update({(each.case, each.deadline, each.start): each for each in page if each.case in seen})
            if len(page) < size or edge == (page[-1].due, page[-1].case):
                break
            # What one case owes at one moment may lie on both sides of the edge: it is read again.
            edge = (page[-1].due, page[-1].case)
        return tuple(found.values())[:limit]

    def _ask(self, template: str, clearance: Clearance, **values: Any) -> list[tuple[str, Any]]:
        """Each organisation that the reader reads for with each of its rows."""
        with self._database.readers.link() as link:
            return [
                (standing.organisation, row)
                for standing in clearance.standings
                for row in self._database.rows(link, template, party=standing.organisation, **values)
            ]

    def _seen(self, clearance: Clearance, ids: list[str]) -> set[str]:
        """Those of the cases that the reader may see."""

        def read(link: Link, end: End) -> set[str]:
            view = self._reading.shelving.view(clearance, _CASE)
            rows = self._database.rows(link, _PLACES, ids=list(dict.fromkeys(ids)))
            return {name for name, shelf in rows if shelf in view.shelves}

        return self._reading.consistent(read) if ids else set()

    def _held(self, clearance: Clearance, query: Query, template: str, case: str) -> list[Held]:
        def read(link: Link, end: End) -> list[Held]:
            view: View = self._reading.shelving.view(clearance, query)
            shelving = self._reading.shelving
            found = []
            for position, shelf, body in self._database.rows(link, template, case=case):
                if shelf in view.shelves and body is not None:
                    kept = shelving.shelves[shelf]
                    named = [frozenset(each) for each in shelving.labels[kept.sight].audiences]
                    audience = frozenset.intersection(*named) if named else frozenset()
                    found.append(Held(kept.owner, bytes(body), position, audience))
            return found

        return self._reading.consistent(read)


class _Author(msgspec.Struct):
    created_by_ref: str = ""


def _author(body: bytes) -> str:
    return msgspec.json.decode(body, type=_Author).created_by_ref


class _Content(Standing, frozen=True):
    """What rests of a case: how it stands, and how for those parties that see less of it."""

    apart: dict[str, Standing] = {}

    def apart_for(self, party: str) -> Standing:
        """How the case stands for one of its parties."""
        return self.apart.get(party, self)


_pack: Final = msgspec.msgpack.Encoder().encode
_content: Final = msgspec.msgpack.Decoder(_Content).decode
_due: Final = msgspec.msgpack.Decoder(Due).decode
_PAGE: Final = 200


_TABLES: Final = (schema.cases, schema.case_parties, schema.case_dues)


def _rows(cases: Sequence[Kept]) -> tuple[list[dict[str, Any]], ...]:
    """The rows of each table for these cases."""
    standings, parties, owed = [], [], []
    for kept in cases:
        case = kept.standing
        content = _Content(
            **msgspec.structs.asdict(case), apart={party: standing for party, (standing, _) in kept.apart.items()}
        )
        shared = {"id": case.id, "open": int(case.is_open), "updated": case.updated}
        more = {"workflow": case.workflow, "state": case.state, "exercise": case.exercise, "content": _pack(content)}
        standings.append({**shared, **more})
        for party in case.parties:
            seen, dues = kept.apart.get(party, (case, kept.dues))
            parties.append({"id": case.id, "open": int(seen.is_open), "updated": seen.updated, "party": party})
            owed += [_owed(case.id, party, due) for due in dues]
    return standings, parties, owed


def _owed(case: str, party: str, due: Due) -> dict[str, Any]:
    return {
        "party": party, "owes": int(party in due.by), "due": due.due, "id": case, "deadline": due.deadline,
        "start": due.start, "content": _pack(due),
    }  # fmt: skip


_REACHED: Final = "SELECT position FROM watermarks WHERE name = :name"

_RECORD: Final = """
SELECT v.position, v.shelf, b.body FROM names n JOIN versions v ON v.name = n.number
JOIN bodies b ON b.position = v.position WHERE n.name = :case
"""

_EVENTS: Final = """
SELECT v.position, v.shelf, b.body FROM names n JOIN refs r ON r.target = n.number
JOIN versions v ON v.position = r.position JOIN bodies b ON b.position = v.position
WHERE n.name = :case AND r.property = (SELECT p.number FROM names p WHERE p.name = 'case_ref')
"""

_CHANGED: Final = """
SELECT v.position, n.name FROM versions v JOIN names n ON n.number = v.name
WHERE {among:v.shelf:shelves} AND v.position > :low AND v.position <= :high ORDER BY v.position LIMIT :size
"""

_TOUCHED: Final = """
SELECT DISTINCT n.name FROM refs r JOIN names n ON n.number = r.target WHERE {among:r.position:positions}
"""

_LISTED: Final = """
SELECT c.content FROM case_parties p JOIN cases c ON c.id = p.id
WHERE p.party = :party AND p.open = :open AND (p.updated, p.id) < (:before, :id)
ORDER BY p.updated DESC, p.id DESC LIMIT :size
"""

_AMONG: Final = """
SELECT c.content FROM case_parties p JOIN cases c ON c.id = p.id
WHERE p.party = :party AND p.open = 1 AND {amongst:p.id:ids}
"""

_OWED: Final = """
SELECT content FROM case_dues WHERE party = :party AND owes = :owes AND (due, id) >= (:after, :id) AND due <= :until
ORDER BY due, id LIMIT :size
"""

_CONTENTS: Final = "SELECT content FROM cases WHERE {amongst:id:ids}"

_PLACES: Final = """
SELECT n.name, v.shelf FROM names n JOIN versions v ON v.name = n.number WHERE {amongst:n.name:ids}
"""
