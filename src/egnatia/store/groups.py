"""The records that a transaction touches, and what is known of them: read once, remembered between transactions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from egnatia.store.database import Database
from egnatia.store.link import Link
from egnatia.store.loading import Remembered, load_groups
from egnatia.store.plan import Group, end_label
from egnatia.store.shelving import Interning


class Groups:
    """Groups by the numbers of a record's name and of its owner, of one transaction on `link`. Names up to
    `named_before` were there when it began; a later one has nothing to be read."""

    def __init__(
        self, database: Database, link: Link, interning: Interning, remembered: Remembered, named_before: int
    ) -> None:
        self._database, self._link, self._remembered = database, link, remembered
        self.interning, self.named_before = interning, named_before
        self.all: dict[tuple[int, int], Group] = {}
        self.touched: dict[tuple[int, int], Group] = {}
        self.owners: defaultdict[int, set[int]] = defaultdict(set)
        self._loaded: set[int] = set()

    def load(self, names: Iterable[int]) -> None:
        """What was stored of these names, unless it has been looked up before."""
        wanted = {name for name in names if name <= self.named_before} - self._loaded
        if not wanted:
            return
        self._loaded |= wanted
        found = {name: groups for name in wanted if (groups := self._remembered.get(name)) is not None}
        if unknown := wanted - found.keys():
            found.update(self._read_groups(sorted(unknown)))
        for name, groups in found.items():
            for group in groups:
                self.all[name, group.owner] = group
                self.owners[name].add(group.owner)

    def _read_groups(self, names: Sequence[int]) -> dict[int, list[Group]]:
        found: dict[int, list[Group]] = {name: [] for name in names}
        for group in load_groups(self._database, self._link, names, self.interning):
            group.was, group.known = self._stored_bound(group), bool(group.lines)
            found[group.name].append(group)
        for name, groups in found.items():
            self._remembered.keep(name, groups)
        return found

    def _stored_bound(self, group: Group) -> int | None:
        stored = [(line, self.interning.shelf_of(line.shelf)) for line in group.live() if line.shelf is not None]
        return end_label(stored) or (group.recall.label if group.recall else None)

    def of(self, key: tuple[int, int], owner: str) -> Group:
        """The group of a record that the transaction changes; a new one where there was none."""
        group = self.all.get(key)
        if group is None:
            group = self.all[key] = Group(*key, owner)
            self.owners[group.name].add(group.owner)
        self.touch(key, group)
        return group

    def touch(self, key: tuple[int, int], group: Group) -> None:
        """It may stand elsewhere afterwards, so what is remembered of it is forgotten."""
        self.touched[key] = group
        if group.name <= self.named_before:
            self._remembered.forget(group.name)
