"""What one record is tied to, as one reader may see it: by a relationship, by a property of its own, by one of others.

A relationship counts where the reader may see it and the record at its other end. Nothing else is counted, so a number
of ties tells of nothing that the reader may not see.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from egnatia.store.database import Database
from egnatia.store.link import Link
from egnatia.store.shelving import Shelving, View

ENDS: Final = ("source_ref", "target_ref")


class Tie(msgspec.Struct, frozen=True, gc=False):
    """One tie to the record `other` of `type`. `verb` is the type of the relationship, or the property that names;
    `forth` says whether it points away from the record that was asked about. `via` is the position of the record that
    makes the tie (a relationship, or whichever of the two names the other); `version` is that one's."""

    other: str
    type: str
    verb: str
    forth: bool
    via: int
    version: str
    by_relationship: bool


class Tied(msgspec.Struct, frozen=True):
    """What a record is tied to; not `complete` where more records name it than were looked at."""

    ties: tuple[Tie, ...]
    complete: bool = True


class _Verb(msgspec.Struct):
    relationship_type: str = ""


_verb = msgspec.json.Decoder(_Verb).decode


class Tying:
    """Reads ties on one connection, through one view."""

    def __init__(self, database: Database, shelving: Shelving, link: Link, view: View) -> None:
        self._database, self._shelving, self._link, self._view = database, shelving, link, view

    def inward(self, record: str, heads: Sequence[tuple[int, int, str]]) -> list[Tie]:
        """The ties that records make which name `record`, all of them in the view: each is given by its position, its
        shelf and its version."""
        shelves = self._shelving.shelves
        joining = {number for number in self._view.numbers if shelves[number].type == "relationship"}
        between = {at: version for at, shelf, version in heads if shelf in joining}
        naming = {at: (shelves[shelf].type, version) for at, shelf, version in heads if shelf not in joining}
        ties = self._between(record, between)
        for at, name, property_ in self._rows(_NAMING, list(naming), record=record):
            kind, version = naming[at]
            ties.append(Tie(name, kind, property_, False, at, version, False))
        return ties

    def outward(self, record: str, positions: list[int]) -> list[Tie]:
        """The ties that the record's own versions at these positions make."""
        return [
            Tie(name, self._shelving.shelves[shelf].type, property_, True, position, version, False)
            for position, version, property_, shelf, name in self._rows(_NAMED, positions, record=record)
            if shelf in self._view.shelves
        ]

    def _between(self, record: str, versions: dict[int, str]) -> list[Tie]:
        """The ties that relationships make, by the version of each position."""
        seen, shelves = self._view.shelves, self._shelving.shelves
        forth = {number: name == "target_ref" for number, name in self._database.rows(self._link, _ENDS, ends=[*ENDS])}
        ends = [
            row
            for row in self._other_ends(record, list(versions))
            if row[2] in seen and row[1] in forth  # most of what a well-known record is named by may be for others
        ]
        of = list(dict.fromkeys([row[0] for row in ends]))
        verbs = {at: _verb(body).relationship_type for at, body in self._rows(_BODIES, of) if body is not None}
        names = dict(self._rows(_NAMES, list({row[3] for row in ends})))
        return [
            Tie(names[target], shelves[shelf].type, verbs[at], forth[property_], at, versions[at], True)
            for at, property_, shelf, target in ends
            if at in verbs
        ]

    def _other_ends(self, record: str, positions: list[int]) -> list[Any]:
        """Position and property, the shelf of each version of what is named, and its number."""
        if self._database.engine.dialect.name == "sqlite":
            return self._rows(_OTHER_ENDS, positions, record=record)
        # PostgreSQL looks up many numbers at once in half the time that it takes for one after the other.
        ends = self._rows(_OTHERS, positions, record=record)
        found: dict[int, list[Any]] = {}
        for name, shelf in self._rows(_SHELVES, list({row[2] for row in ends})):
            found.setdefault(name, []).append(shelf)
        return [(at, property_, shelf, target) for at, property_, target in ends for shelf in found.get(target, ())]

    def _rows(self, template: str, positions: list[int], **more: str) -> list[Any]:
        return self._database.rows(self._link, template, positions=positions, **more) if positions else []


_NAMING: Final = """
SELECT r.position, n.name, p.name FROM refs r
JOIN versions v ON v.position = r.position JOIN names n ON n.number = v.name JOIN names p ON p.number = r.property
WHERE r.target = (SELECT t.number FROM names t WHERE t.name = :record) AND {among:r.position:positions}
"""

_NAMED: Final = """
SELECT r.position, o.version, p.name, v.shelf, n.name FROM refs r
JOIN versions o ON o.position = r.position JOIN versions v ON v.name = r.target
JOIN names n ON n.number = r.target JOIN names p ON p.number = r.property
WHERE {among:r.position:positions} AND n.name <> :record
"""

_ENDS: Final = "SELECT number, name FROM names WHERE {amongst:name:ends}"

_OTHER_ENDS: Final = """
SELECT r.position, r.property, v.shelf, r.target FROM refs r JOIN versions v ON v.name = r.target
WHERE {among:r.position:positions} AND r.target <> (SELECT t.number FROM names t WHERE t.name = :record)
"""

_OTHERS: Final = """
SELECT r.position, r.property, r.target FROM refs r
WHERE {among:r.position:positions} AND r.target <> (SELECT t.number FROM names t WHERE t.name = :record)
"""

_SHELVES: Final = "SELECT v.name, v.shelf FROM versions v WHERE {among:v.name:positions}"

_NAMES: Final = "SELECT number, name FROM names WHERE {among:number:positions}"

_BODIES: Final = "SELECT position, body FROM bodies WHERE {among:position:positions}"
