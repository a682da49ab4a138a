"""What a writer reads of the log before it adds to it."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from egnatia.store.database import Database
from egnatia.store.link import Link
from egnatia.store.plan import ENDS, Group, Line, Taken
from egnatia.store.shelving import Interning
from egnatia.trust.attestation import Attestation

_KEPT: Final = 8_192

_unpack_attestation = msgspec.msgpack.Decoder(Attestation).decode

_GROUPS = """
SELECT v.name, v.owner, o.name, v.position, v.shelf, v.version, v.redacted, b.digest, b.unless
FROM versions v JOIN bodies b ON b.position = v.position JOIN names o ON o.number = v.owner
WHERE {among:v.name:names}
"""

_RECALLS = """
SELECT r.name, r.owner, o.name, r.label, r.erase FROM recalls r JOIN names o ON o.number = r.owner
WHERE {among:r.name:names}
"""

_ENDS = """
SELECT r.position, r.target FROM refs r JOIN names p ON p.number = r.property
WHERE {among:r.position:positions} AND {amongst:p.name:ends} ORDER BY r.position, r.target
"""

_REFERRERS = """
SELECT DISTINCT v.name, v.owner FROM refs r
JOIN names p ON p.number = r.property JOIN versions v ON v.position = r.position
WHERE {among:r.target:targets} AND {amongst:p.name:ends}
"""

_UNDER = "SELECT DISTINCT name FROM versions WHERE {among:shelf:shelves}"


class Remembered:
    """The groups of the names that were read last, as they stand in the database, for relationships come to the same
    records again and again. They hold while nobody else writes: while `state` is as this writer left it."""

    def __init__(self) -> None:
        self._groups: OrderedDict[int, list[Group]] = OrderedDict()
        self._state: tuple[int, ...] = ()

    def begin(self, state: tuple[int, ...]) -> None:
        """A transaction begins on this state."""
        if state != self._state:
            self._groups.clear()

    def commit(self, state: tuple[int, ...]) -> None:
        """The transaction left this state, and has been committed."""
        self._state = state

    def get(self, name: int) -> list[Group] | None:
        """All groups of a name; none where it has to be read."""
        return self._groups.get(name)

    def keep(self, name: int, groups: list[Group]) -> None:
        self._groups[name] = groups
        if len(self._groups) > _KEPT:
            self._groups.popitem(last=False)

    def forget(self, name: int) -> None:
        """A transaction is about to change the groups of this name."""
        self._groups.pop(name, None)

    def forget_all(self) -> None:
        """A transaction was rolled back."""
        self._groups.clear()


def load_groups(database: Database, link: Link, names: Sequence[int], interning: Interning) -> list[Group]:
    """All versions of the records with these names, by all owners; recalled ones also where no version is here."""
    groups: dict[tuple[int, int], Group] = {}
    for name, owner, owner_id, position, shelf, version, redacted, digest, unless in database.rows(
        link, _GROUPS, names=list(names)
    ):
        group = groups.get((name, owner))
        if group is None:
            group = groups[name, owner] = Group(name, owner, owner_id)
        kept = None if shelf is None else interning.shelf_of(shelf)
        group.lines[version, bool(redacted)] = Line(
            version=version,
            redacted=bool(redacted),
            label=kept.label if kept else 0,
            type=kept.type if kept else "",
            source=kept.source if kept else "",
            digest=bytes(digest),
            unless=unless,
            position=position,
            shelf=shelf,
            erased=kept is None,
        )
    for name, owner, owner_id, label, erase in database.rows(link, _RECALLS, names=list(names)):
        group = groups.setdefault((name, owner), Group(name, owner, owner_id))
        group.recall = Taken(label, bool(erase))
    return list(groups.values())


def ends_of(database: Database, link: Link, positions: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """The names of the ends of the relationships and sightings among these rows."""
    ends: dict[int, tuple[int, ...]] = {}
    if positions:
        for position, target in database.rows(link, _ENDS, positions=list(positions), ends=sorted(ENDS)):
            ends[position] = (*ends.get(position, ()), target)
    return ends


def referrers(database: Database, link: Link, targets: Sequence[int]) -> list[tuple[int, int]]:
    """Name and owner of the relationships and sightings that have one of these records for an end."""
    return [(name, owner) for name, owner in database.rows(link, _REFERRERS, targets=list(targets), ends=sorted(ENDS))]


def under_label(database: Database, link: Link, label: int, interning: Interning) -> list[int]:
    """The names of the records with a version whose own label it is, or which is held back for its sake."""
    return [name for (name,) in database.rows(link, _UNDER, shelves=interning.shelves_naming(label))]


def attestation_numbers(database: Database, link: Link, digests: Iterable[bytes]) -> dict[bytes, int]:
    """The numbers of the attestations that are here already, by digest."""
    numbers = {}
    for digest in digests:
        found = database.rows(link, "SELECT number FROM attestations WHERE digest = :d", d=digest)
        if found:
            numbers[digest] = found[0][0]
    return numbers


def load_attestations(database: Database, digests: Iterable[bytes]) -> dict[bytes, Attestation]:
    """The attestations with these digests, as far as they are here."""
    found = {}
    with database.readers.link() as link:
        for digest in digests:
            rows = database.rows(link, "SELECT content FROM attestations WHERE digest = :d", d=digest)
            if rows:
                found[digest] = _unpack_attestation(rows[0][0])
    return found
