"""The audit log as it is kept: rows are added inside the writer's transaction and never changed."""
# ruff: noqa: S608 only names of tables, columns and directions are put into statements

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from egnatia.store import schema
from egnatia.store.database import Database
from egnatia.store.entry import Note
from egnatia.store.link import Link
from egnatia.trust.audit import AuditRow, chain

STRETCH: Final = 100_000
"""Rows that are looked through for one page where few of them fit."""

RELEASE: Final = "release"
"""The action of rows that say which positions of the log somebody was given."""

_BLOCK: Final = 2_000
"""Releases that are read at once where their ranges are looked into."""

_RANGE: Final = re.compile(r"(\d+)(?:-(\d+))?")
_BETWEEN: Final = re.compile(r"\d+ between (\d+) and (\d+),")

_COLUMNS = "seq, at, actor, action, subject, detail, previous, digest"


def add_notes(database: Database, link: Link, notes: Sequence[Note], at: int) -> None:
    """One row each, in order, chained to the last one there is."""
    if not notes:
        return
    last = database.rows(link, f"SELECT {_COLUMNS} FROM audit ORDER BY seq DESC LIMIT 1")
    previous = _row(last[0]) if last else None
    rows = []
    for note in notes:
        previous = chain(previous, _plain(note), at)
        rows.append(previous)
    database.insert(link, schema.audit, [_fields(row) for row in rows])


def audit_rows(database: Database, after: int = 0, limit: int | None = None) -> Iterator[AuditRow]:
    """The rows after number `after`, in order, some thousand in memory at a time."""
    while limit is None or limit > 0:
        page = 1000 if limit is None else min(limit, 1000)
        with database.readers.link() as link:
            rows = database.rows(
                link,
                f"SELECT {_COLUMNS} FROM audit WHERE seq > :after ORDER BY seq LIMIT :page",
                after=after,
                page=page,
            )
        yield from map(_row, rows)
        if len(rows) < page:
            return
        after = rows[-1][0]
        limit = None if limit is None else limit - page


def last_audit_row(database: Database) -> AuditRow | None:
    """The head of the audit log; none before the first row."""
    with database.readers.link() as link:
        rows = database.rows(link, f"SELECT {_COLUMNS} FROM audit ORDER BY seq DESC LIMIT 1")
    return _row(rows[0]) if rows else None


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are asked for; every field narrows, an empty one does not. `actor`, `subject` and `detail` are texts
    that the row contains, `action` is the whole word; from `since` until before `until`, microseconds UTC. `positions`
    are of the log: only releases that hold one of them, or may do so where a row gives no more than their bounds."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    detail: str = ""
    since: int | None = None
    until: int | None = None
    positions: tuple[int, ...] = ()

    def fits(self, row: AuditRow) -> bool:
        """Whether a row is one that is asked for."""
        if (self.since is not None and row.at < self.since) or (self.until is not None and row.at >= self.until):
            return False
        if self.action and row.action != self.action:
            return False
        if self.positions and not (row.action == RELEASE and holds(row.detail, self.positions)):
            return False
        texts = ((self.actor, row.actor), (self.subject, row.subject), (self.detail, row.detail))
        return all(asked.casefold() in said.casefold() for asked, said in texts)


def holds(ranges: str, positions: Sequence[int]) -> bool:
    """Whether the ranges of a release (`1-3,7`; `9 between 1 and 70, sha256 ...`) hold one of the positions."""
    if between := _BETWEEN.match(ranges):
        bounds = [(int(between[1]), int(between[2]))]
    else:
        bounds = [(int(first), int(last or first)) for first, last in _RANGE.findall(ranges)]
    return any(first <= position <= last for first, last in bounds for position in positions)


class AuditPage(msgspec.Struct, frozen=True):
    """Rows, newest first. Everything from row `seen` on was looked at; `more` says that older rows are there."""

    rows: tuple[AuditRow, ...]
    seen: int
    more: bool


def audit_page(database: Database, sought: Sought, limit: int, *, before: int | None = None) -> AuditPage:
    """At most `limit` rows that fit, below row `before`, newest first; at most `STRETCH` rows are looked at."""
    with database.readers.link() as link:
        low, high = _bounds(database, link, sought)
        high = high if before is None else min(high, before)
        floor = max(low, high - STRETCH)
        where, values = _narrowed(sought)
        statement = (
            f"SELECT {_COLUMNS} FROM audit WHERE seq >= :floor AND seq < :high{where} ORDER BY seq DESC LIMIT :limit"
        )
        found: tuple[AuditRow, ...] = ()
        top = high
        while len(found) < limit:
            wanted = _BLOCK if sought.positions else limit
            rows = [
                _row(each) for each in database.rows(link, statement, floor=floor, high=top, limit=wanted, **values)
            ]
            found += tuple(filter(sought.fits, rows))
            if len(rows) < wanted:
                break
            top = rows[-1].seq
    found = found[:limit]
    seen = found[-1].seq if len(found) == limit else min(floor, high)
    return AuditPage(found, seen, seen > low)


def _bounds(database: Database, link: Link, sought: Sought) -> tuple[int, int]:
    """The first row of the time asked for, and the one after its last."""
    ((head,),) = database.rows(link, "SELECT coalesce(max(seq), 0) FROM audit")
    low = 1 if sought.since is None else _first_at(database, link, sought.since, head)
    high = head + 1 if sought.until is None else _first_at(database, link, sought.until, head)
    return low, max(low, high)


def _first_at(database: Database, link: Link, at: int, head: int) -> int:
    """The first row of `at` or later: rows stand in the order of their times."""
    low, high = 1, head + 1
    while low < high:
        middle = (low + high) // 2
        row = database.rows(link, "SELECT at FROM audit WHERE seq >= :middle ORDER BY seq LIMIT 1", middle=middle)
        if row and row[0][0] < at:
            low = middle + 1
        else:
            high = middle
    return low


def _narrowed(sought: Sought) -> tuple[str, dict[str, str]]:
    where, values = "", {}
    for column in ("actor", "subject", "detail"):
        text = getattr(sought, column)
        if text:
            where += f" AND {column} LIKE :{column} ESCAPE '!'"
            values[column] = "%" + _text(text).translate({ord(sign): f"!{sign}" for sign in "!%_"}) + "%"
    if action := (RELEASE if sought.positions and not sought.action else sought.action):
        where += " AND action = :action"
        values["action"] = _text(action)
    return where, values


def _plain(note: Note) -> Note:
    """Text that both databases hold and every program can show."""
    return Note(*(_text(value) for value in (note.actor, note.action, note.subject, note.detail)))


def _text(value: str) -> str:
    return value.encode(errors="replace").decode().replace("\0", "\ufffd")


def _row(fields: Sequence[Any]) -> AuditRow:
    seq, at, actor, action, subject, detail, previous, digest = fields
    return AuditRow(seq, at, actor, action, subject, detail, bytes(previous), bytes(digest))


def _fields(row: AuditRow) -> tuple[object, ...]:
    return (row.seq, row.at, row.actor, row.action, row.subject, row.detail, row.previous, row.digest)
