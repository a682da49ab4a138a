"""How the store is: what an operator looks at to see that all is well."""

from typing import Final

import msgspec

from egnatia.store.database import Database
from egnatia.store.fulltext import WATERMARK
from egnatia.store.migrating import HEAD


class BackedUp(msgspec.Struct, frozen=True):
    """A backup that was taken: when it was complete (microseconds UTC), where it went, how large it is."""

    at: int
    path: str
    size_bytes: int


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """The database and its release, the schema's revision, what it takes on disk; the end of the log, how far the
    full text has followed it, how many rows the audit log has; the newest backup taken by this program, if any."""

    database: str
    revision: str
    size_bytes: int
    position: int
    indexed: int
    audit_rows: int
    backup: BackedUp | None = None


def condition(database: Database, backup: BackedUp | None) -> Condition:
    """How the store is now; no table is counted."""
    with database.readers.link() as link:
        ((position,),) = database.rows(link, "SELECT position FROM state")
        indexed = database.rows(link, _INDEXED, name=WATERMARK)
        head = database.rows(link, "SELECT seq FROM audit ORDER BY seq DESC LIMIT 1")
    return Condition(
        database=database.release,
        revision=HEAD,
        size_bytes=database.size_bytes(),
        position=position,
        indexed=indexed[0][0] if indexed else 0,
        audit_rows=head[0][0] if head else 0,
        backup=backup,
    )


_INDEXED: Final = "SELECT position FROM watermarks WHERE name = :name"
