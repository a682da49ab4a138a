"""Where everything stands once the batches of a transaction are in: each version that is touched gets its shelf, and so
do the relationships to what has changed."""

from egnatia.store.database import Database
from egnatia.store.groups import Groups
from egnatia.store.link import Link
from egnatia.store.loading import ends_of, referrers
from egnatia.store.plan import Group, Line, end_label, may_widen, placed
from egnatia.store.query import Shelf
from egnatia.store.shelving import Interning

Places = list[tuple[Line, Shelf]]


class Placement:
    """Finds the places of the touched ones of `groups`. `placing` are the rows that were there before and lie on
    another shelf now, as position and shelf; `moving` the positions of those that somebody may see now who did not."""

    def __init__(self, database: Database, link: Link, interning: Interning, groups: Groups) -> None:
        self._database, self._link, self._interning, self._groups = database, link, interning, groups
        self._placed: dict[tuple[int, int], Places] = {}
        self._end_labels: dict[tuple[int, int], int | None] = {}
        self._alone: dict[tuple[int, str, int, str, tuple[int, ...]], int] = {}
        self._widening: dict[tuple[int, int], bool] = {}
        self.placing: list[tuple[int, int]] = []
        self.moving: list[int] = []

    def find(self) -> None:
        """Find the place of every version that is touched, and of the relationships to what has changed."""
        if any(group.name <= self._groups.named_before for group in self._groups.touched.values()):
            self._follow_ends()
        for key, group in self._groups.touched.items():
            if not self._stands_alone(key, group):
                self._arrange(self._places(key))

    def _follow_ends(self) -> None:
        """Records that were named before are touched: relationships to them, and so on, may have to be as well."""
        self._read_ends()
        told: set[int] = set()
        while changed := self._changed_ends() - told:
            told |= changed
            keys = referrers(self._database, self._link, sorted(changed))
            self._groups.load(name for name, _ in keys)
            for key in keys:
                self._groups.touch(key, self._groups.all[key])
            self._read_ends()

    def _read_ends(self) -> None:
        """The ends of relationships that were there before are looked up, with what they lie under."""
        self._placed.clear()
        self._end_labels.clear()
        stored = {
            head.position: group
            for group in self._groups.touched.values()
            if (head := group.head()) is not None and head.shelf is not None and not group.ends
        }
        for position, ends in ends_of(self._database, self._link, sorted(stored)).items():
            stored[position].ends = ends
        self._groups.load(end for group in self._groups.touched.values() for end in group.ends)

    def _changed_ends(self) -> set[int]:
        """The records, named by others before, by whose label relationships are bounded otherwise than until now."""
        return {
            group.name
            for key, group in self._groups.touched.items()
            if group.name <= self._groups.named_before
            and (self._bound(key), bool(group.lines)) != (group.was, group.known)
        }

    def _places(self, key: tuple[int, int]) -> Places:
        found = self._placed.get(key)
        if found is None:
            group = self._groups.all[key]
            group.bounds = self._bounds(group)
            found = self._placed[key] = placed(group, self._interning)
        return found

    def _stands_alone(self, key: tuple[int, int], group: Group) -> bool:
        """Whether it is a new record in its one version, which nearly all are: it is put on its shelf at once. As
        `_places` and `_arrange`, which look further, would."""
        if len(group.lines) != 1 or group.recall is not None:
            return False
        (line,) = group.lines.values()
        if line.entry is None or line.erased or line.redacted:
            return False
        group.bounds = self._bounds(group) if group.ends else ()
        what = (line.label, line.type, group.owner, line.source, group.bounds)
        shelf = self._alone.get(what)
        if shelf is None:
            ((_, place),) = self._places(key)
            shelf = self._alone[what] = self._interning.shelf(place)
        line.shelf = shelf
        return True

    def _bounds(self, group: Group) -> tuple[int, ...]:
        """The labels of the ends of a relationship, as far as they are known."""
        found, owner, labels = set(), group.owner, self._end_labels
        for end in group.ends:
            if (end, owner) not in labels:
                labels[end, owner] = self._end_label(end, owner)
            label = labels[end, owner]
            if label is not None:
                found.add(label)
        return tuple(sorted(found)) if found else ()

    def _end_label(self, name: int, owner: int) -> int | None:
        """What a relationship of `owner` is bounded by at this end: its own copy, or else that of the owner who was
        known here first. What was never here bounds nothing, unless the owner itself has recalled it."""
        own = self._groups.all.get((name, owner))
        if own is not None and (own.is_live or own.recall):
            return self._bound((name, owner))
        for other in sorted(self._groups.owners.get(name, ())):
            group = self._groups.all[name, other]
            if group.is_live or (group.lines and group.recall):
                return self._bound((name, other))
        return None

    def _bound(self, key: tuple[int, int]) -> int | None:
        """The label by which this copy bounds the relationships to it: that of its head, or of its recall where nothing
        is kept of it."""
        group = self._groups.all[key]
        if key not in self._groups.touched:
            return group.was
        if group.ends:
            head = group.head()
            return group.was or (head.label if head else None)
        return end_label(self._places(key)) or (group.recall.label if group.recall else None)

    def _arrange(self, places: Places) -> None:
        for line, shelf in places:
            number = self._interning.shelf(shelf)
            if line.entry is not None:
                line.shelf = number
            elif line.shelf is not None and line.shelf != number:
                if self._may_widen(line.shelf, number):
                    self.moving.append(line.position)
                self.placing.append((line.position, number))
                line.shelf = number

    def _may_widen(self, old: int, new: int) -> bool:
        """As `may_widen`, decided once for each pair of shelves."""
        found = self._widening.get((old, new))
        if found is None:
            shelf = self._interning.shelf_of
            found = self._widening[old, new] = may_widen(shelf(old), shelf(new), self._interning)
        return found
