"""The audit log as it is kept: rows are added inside the writer's transaction and never changed."""
# ruff: noqa: S608 only names of tables, columns and directions are put into statements

from collections.abc import Iterator, Sequence
from typing import Any

from egnatia.store import schema
from egnatia.store.database import Database
from egnatia.store.entry import Note
from egnatia.store.link import Link
from egnatia.trust.audit import AuditRow, chain

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
