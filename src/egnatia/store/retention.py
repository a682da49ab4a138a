"""What may not be kept any longer is erased, and so is every older version of it."""

from typing import Final

from egnatia.store.database import Database
from egnatia.store.entry import Erased

AT_ONCE: Final = 500


def due(database: Database, now: int) -> tuple[Erased, ...]:
    """Some of the versions that are to be erased by `now` (microseconds UTC), with the older ones of their record; none
    where nothing is due."""
    with database.readers.link() as link:
        rows = database.rows(link, _DUE, now=now, size=AT_ONCE)
    return tuple(Erased(name, owner, version, bool(redacted)) for name, owner, version, redacted in rows)


_DUE: Final = """
SELECT DISTINCT n.name, o.name, w.version, w.redacted
FROM (SELECT position FROM retention WHERE due <= :now ORDER BY due LIMIT :size) AS d
JOIN versions v ON v.position = d.position
JOIN versions w ON w.name = v.name AND w.owner = v.owner AND w.version <= v.version AND w.shelf IS NOT NULL
JOIN names n ON n.number = w.name JOIN names o ON o.number = w.owner
"""
