"""Where each version of a record stands after a change: one group of lines per id and owner. Pure."""

from collections.abc import Iterable
from typing import Final

import msgspec

from egnatia.policy.meet import within
from egnatia.store.entry import Entry
from egnatia.store.query import Shelf
from egnatia.store.shelving import Interning

ENDS: Final = frozenset({"source_ref", "target_ref", "sighting_of_ref", "where_sighted_refs", "observed_data_refs"})
"""The properties by which a relationship or sighting names its ends: it never goes where they may not."""


class Line(msgspec.Struct, eq=False, gc=False):
    """One row of the log, there already or about to be. `shelf` is where it stands in the database, if it does."""

    version: str
    redacted: bool
    label: int
    type: str
    source: str
    digest: bytes
    unless: int | None = None
    position: int = 0
    at: int = 0
    shelf: int | None = None
    entry: Entry | None = None
    erased: bool = False


class Taken(msgspec.Struct, eq=False):
    """A recall in force: the label it puts over the record, and whether nothing of it is kept."""

    label: int
    erase: bool


class Group(msgspec.Struct, eq=False):
    """All versions of one id by one owner, and what bounds them: a recall, and the labels of its ends.

    `ends` are the names of the records at the ends of its head; `was` is what relationships to it were bounded by,
    `known` whether there was a version of it.
    """

    name: int
    owner: int
    owner_id: str
    lines: dict[tuple[str, bool], Line] = {}
    recall: Taken | None = None
    ends: tuple[int, ...] = ()
    bounds: tuple[int, ...] = ()
    was: int | None = None
    known: bool = False

    def live(self) -> list[Line]:
        return [line for line in self.lines.values() if not line.erased]

    @property
    def is_live(self) -> bool:
        """Whether a version of it is kept."""
        for line in self.lines.values():  # noqa: SIM110  (a generator would cost three times as much)
            if not line.erased:
                return True
        return False

    def head(self) -> Line | None:
        """The newest version, as most may see it: the redacted variant where there is one."""
        if len(self.lines) == 1:
            (line,) = self.lines.values()
            return None if line.erased else line
        return max(self.live(), key=lambda line: (line.version, line.redacted), default=None)


def placed(group: Group, interning: Interning) -> list[tuple[Line, Shelf]]:
    """Each version that is not erased, with the shelf it belongs on.

    The head governs: who may not see the newest version sees no older one. Redacted variants answer to the head's
    redacted variant where it has one.
    """
    live = group.live()
    if not live:
        return []
    if len(live) == 1:
        return [_alone(group, live[0], interning)]
    newest = max(line.version for line in live)
    oldest = min(line.version for line in live)
    heads = {line.redacted: line.label for line in live if line.version == newest}
    governing = {
        redacted: _governing(group, heads.get(redacted, heads[min(heads)]), interning) for redacted in (False, True)
    }
    sights = {id(line): interning.strictest(governing[line.redacted], line.label) for line in live}
    wholes = {line.version: sights[id(line)] for line in live if not line.redacted}
    return [
        (
            line,
            Shelf(
                label=line.label,
                sight=sights[id(line)],
                type=line.type,
                owner=group.owner_id,
                source=line.source,
                unless=wholes.get(line.version, line.unless) if line.redacted else None,
                first=line.version == oldest,
                last=line.version == newest,
                redacted=line.redacted,
            ),
        )
        for line in live
    ]


def _alone(group: Group, line: Line, interning: Interning) -> tuple[Line, Shelf]:
    """As `placed` for the one version there is, which is what nearly every record has."""
    sight = line.label
    if group.recall is not None or group.bounds:
        sight = interning.strictest(_governing(group, sight, interning), sight)
    unless = line.unless if line.redacted else None
    return line, Shelf(
        line.label, sight, line.type, group.owner_id, line.source, unless, first=True, last=True, redacted=line.redacted
    )


def _governing(group: Group, head: int, interning: Interning) -> int:
    governing = head if group.recall is None else interning.strictest(head, group.recall.label)
    return interning.bounded(governing, group.bounds) if group.bounds else governing


def end_label(places: Iterable[tuple[Line, Shelf]]) -> int | None:
    """The label that a relationship to this record is bounded by: that of the head, as most may see it."""
    found = None
    for _, shelf in places:
        if shelf.last and (found is None or shelf.redacted):
            found = shelf.sight
    return found


def may_widen(old: Shelf, new: Shelf, interning: Interning) -> bool:
    """Whether anybody might see on the new shelf what they could not on the old one. True where it is not certain:
    the row then moves to the end of the log, and who has seen it sees it once more."""
    label = interning.label_of
    if old.sight != new.sight and not within(label(new.sight), label(old.sight)):
        return True
    if old.unless is None or old.unless == new.unless:
        return False
    return new.unless is None or not within(label(old.unless), label(new.unless))
