"""What the node itself must know of its records to label and admit others: no clearance, and no way to a reader."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from egnatia.policy.label import Label
from egnatia.store.database import Database
from egnatia.store.entry import Row
from egnatia.store.naming import possible
from egnatia.store.query import Shelf
from egnatia.store.shelving import Shelving

_PAGE: Final = 500


class Custody(msgspec.Struct, frozen=True):
    """What is held of one record in one owner's name.

    `version` is that of the head, empty too where only a recall is known. `label` is the head's own, `governing` what
    counts for as many readers as may see anything of it. `recalled` by a label over it; `withdrawn` for good.
    """

    owner: str
    version: str
    type: str
    label: Label
    governing: Label
    recalled: bool = False
    withdrawn: bool = False


class Custodian:
    """Looks into the log on the node's own behalf."""

    def __init__(self, database: Database, shelving: Shelving) -> None:
        self._database = database
        self._shelving = shelving

    def heads(self, ids: Iterable[str]) -> dict[str, tuple[Custody, ...]]:
        """What is held of these records, by every owner; those of which nothing is held are left out."""
        wanted = list(dict.fromkeys(possible(ids)))
        if not wanted:
            return {}
        with self._database.readers.link() as link:
            self._shelving.refresh(link)
            named = dict(self._database.rows(link, _NAMED, ids=wanted))
            if not named:  # as of most that is handed in: it is new
                return {}
            held: dict[tuple[str, str], list[Shelf]] = {}
            versions: dict[tuple[str, str], str] = {}
            for name, number, version in self._database.rows(link, _HEADS, names=list(named)):
                shelf = self._shelving.shelves.get(number)
                if shelf is not None and shelf.last:
                    held.setdefault((named[name], shelf.owner), []).append(shelf)
                    versions[named[name], shelf.owner] = version
            recalls = {
                (named[name], owner): (self._shelving.labels[label], bool(erase))
                for name, owner, label, erase in self._database.rows(link, _RECALLS, names=list(named))
            }
        found: dict[str, list[Custody]] = {}
        for (name, owner), shelves in held.items():
            recall, _ = recalls.pop((name, owner), (None, False))
            found.setdefault(name, []).append(self._custody(shelves, versions[name, owner], recall))
        for (name, owner), (label, _) in recalls.items():
            found.setdefault(name, []).append(Custody(owner, "", "", label, label, recalled=True, withdrawn=True))
        return {name: tuple(each) for name, each in found.items()}

    def knows_exercises(self) -> bool:
        """Whether anything of any exercise was ever held; as far as the log was looked at last."""
        return self._shelving.knows_exercises

    def records(self, *types: str) -> Iterator[Row]:
        """The newest versions of all records of these types, oldest first."""
        with self._database.readers.link() as link:
            self._shelving.refresh(link)
            shelves = [
                number
                for number, shelf in self._shelving.shelves.items()
                if shelf.type in types and shelf.last and not shelf.redacted
            ]
            positions = [row[0] for row in self._database.rows(link, _ON_SHELVES, shelves=shelves)]
        for start in range(0, len(positions), _PAGE):
            yield from self._rows(positions[start : start + _PAGE])

    def labels_of(self, owner: str) -> tuple[Label, ...]:
        """The labels in this owner's name that records lie under, as they were given."""
        with self._database.readers.link() as link:
            self._shelving.refresh(link)
        shelves = [shelf for shelf in self._shelving.shelves.values() if shelf.owner == owner]
        numbers = {shelf.label for shelf in shelves} | {each.unless for each in shelves if each.unless is not None}
        return tuple(label for number in sorted(numbers) if (label := self._shelving.labels[number]).owner == owner)

    def _rows(self, positions: Sequence[int]) -> Iterator[Row]:
        with self._database.readers.link() as link:
            rows = self._database.rows(link, _ROWS, positions=list(positions))
        for position, at, number, name, version, body in rows:
            shelf = self._shelving.shelves.get(number)
            if shelf is not None and body is not None:
                label = self._shelving.labels[shelf.sight]
                yield Row(position, at, name, version, shelf.type, shelf.owner, label, bytes(body), source=shelf.source)

    def _custody(self, shelves: Sequence[Shelf], version: str, recall: Label | None) -> Custody:
        whole = min(shelves, key=lambda each: each.redacted)
        widest = max(shelves, key=lambda each: each.redacted)
        labels = self._shelving.labels
        return Custody(
            whole.owner,
            version,
            whole.type,
            labels[whole.label],
            labels[widest.sight],
            recalled=recall is not None,
            withdrawn=recall is not None and recall.withdrawn,
        )


_NAMED: Final = "SELECT number, name FROM names WHERE {amongst:name:ids}"

_HEADS: Final = """
SELECT name, shelf, version FROM versions WHERE {among:name:names} AND shelf IS NOT NULL
"""

_RECALLS: Final = """
SELECT r.name, o.name, r.label, r.erase FROM recalls r JOIN names o ON o.number = r.owner
WHERE {among:r.name:names}
"""

_ON_SHELVES: Final = "SELECT position FROM versions WHERE {among:shelf:shelves} ORDER BY position"

_ROWS: Final = """
SELECT v.position, v.at, v.shelf, n.name, v.version, b.body
FROM versions v JOIN bodies b ON b.position = v.position JOIN names n ON n.number = v.name
WHERE {among:v.position:positions} ORDER BY v.position
"""
