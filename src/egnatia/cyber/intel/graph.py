"""A part of the graph that one reader looks at: from one record on, whichever was opened shows what it is tied to.

Ties of one record are grouped by what they say and by the type at the other end. Of each group a few are shown and the
others counted, so that opening a record which very many name costs no more than a page. All of it is asked under the
reader's clearance: a count tells of nothing that the reader may not see.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from egnatia.cyber.intel.path import way
from egnatia.policy import Clearance
from egnatia.store import Row, Store, Tie

SHOWN: Final = 5
"""How many of each group stand for themselves."""

MOST: Final = 120
"""How many records one picture shows; of what is opened beyond, only the counts are given."""

OPEN: Final = 15
"""How many records may be open at once."""

ADDED: Final = 60
"""How many records may be added or taken away one by one."""

PAGE: Final = 50
"""How many records of one group a list shows at once."""

APART: Final = frozenset({"receipt", "recall", "language-content", "marking-definition", "extension-definition"})
"""Types that handle records rather than tell of anything."""


class Strand(msgspec.Struct, frozen=True, order=True):
    """What the ties of one group have in common."""

    verb: str
    forth: bool
    type: str

    @property
    def key(self) -> str:
        """The group in one word."""
        return f"{self.verb}{'>' if self.forth else '<'}{self.type}"


class Sieve(msgspec.Struct, frozen=True):
    """Which ties count; every field narrows, an empty one does not. `since` and `until` are dates, compared with when
    the record that makes the tie last changed; until is exclusive."""

    types: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    since: str = ""
    until: str = ""

    def admits(self, tie: Tie) -> bool:
        """Whether it counts."""
        return (
            tie.type not in APART
            and (not self.types or tie.type in self.types)
            and (not self.verbs or tie.verb in self.verbs)
            and (not self.since or tie.version >= self.since)
            and (not self.until or not tie.version or tie.version < self.until)
        )


class Group(msgspec.Struct, frozen=True):
    """The ties of one group, those of the newest records first, one for each other end."""

    strand: Strand
    ties: tuple[Tie, ...]


class Spread(msgspec.Struct, frozen=True):
    """What one record is tied to, in groups, small ones first; not `complete` where there was too much to look at.
    `types` and `verbs` are all there are, whatever the sieve lets through."""

    id: str
    groups: tuple[Group, ...]
    complete: bool
    types: frozenset[str]
    verbs: frozenset[str]

    @property
    def count(self) -> int:
        """How many ties there are."""
        return sum(len(group.ties) for group in self.groups)


NO_SIEVE: Final = Sieve()


def spread(store: Store, clearance: Clearance, record: str, sieve: Sieve = NO_SIEVE) -> Spread:
    """What a record is tied to. Nothing where the record is not there for this reader."""
    tied = store.ties(clearance, record)
    groups: dict[tuple[str, bool, str], dict[str, Tie]] = {}
    told = [tie for tie in tied.ties if tie.type not in APART]
    for tie in told if sieve == NO_SIEVE else filter(sieve.admits, told):
        groups.setdefault((tie.verb, tie.forth, tie.type), {}).setdefault(tie.other, tie)
    ordered = sorted(groups.items(), key=lambda each: (len(each[1]), each[0]))
    return Spread(
        record,
        tuple(Group(Strand(*strand), tuple(ties.values())) for strand, ties in ordered),
        tied.complete,
        frozenset([tie.type for tie in told]),
        frozenset([tie.verb for tie in told]),
    )


class Question(msgspec.Struct, frozen=True):
    """What is looked at: from which record, which ones are open, which were added or taken away one by one, and to
    which other record a way is wanted."""

    start: str
    open: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    to: str = ""
    sieve: Sieve = NO_SIEVE


class Edge(msgspec.Struct, frozen=True):
    """A line between two shown records; `verb` is said from `source` to `target`. `via` is the position of the record
    that makes it. `on_way` says that it is a step of the way that was asked for."""

    source: str
    target: str
    verb: str
    via: int
    on_way: bool = False


class Rest(msgspec.Struct, frozen=True):
    """How many of one group of an open record are not shown."""

    of: str
    strand: Strand
    count: int


class Place(msgspec.Struct, frozen=True):
    """A record in the picture: how many steps from the start, through which record it came in and by which group."""

    id: str
    depth: int
    parent: str = ""
    strand: Strand | None = None


class Scene(msgspec.Struct, frozen=True):
    """What the reader looks at, in the order in which it was found. `way` are the ids of the way that was asked for;
    `found` is None where none was asked for, and says else whether one was found; `complete` whether all there is to
    count was counted."""

    places: tuple[Place, ...]
    rows: dict[str, Row]
    edges: tuple[Edge, ...]
    rests: tuple[Rest, ...]
    spreads: dict[str, Spread]
    way: tuple[str, ...]
    found: bool | None
    complete: bool


def scene(store: Store, clearance: Clearance, question: Question) -> Scene | None:
    """What the reader looks at; None where the record to start from is not there for this reader."""
    if not store.get(clearance, [question.start]):
        return None
    made = _Making(store, clearance, question)
    made.walk()
    made.spreading()
    made.straying()
    return made.scene()


class _Making:
    """A scene while it is put together."""

    def __init__(self, store: Store, clearance: Clearance, question: Question) -> None:
        self._store, self._clearance, self._question = store, clearance, question
        self._places: dict[str, Place] = {question.start: Place(question.start, 0)}
        self._edges: dict[tuple[str, str, str], Edge] = {}
        self._rests: list[Rest] = []
        self._spreads: dict[str, Spread] = {}
        self._way: tuple[str, ...] = ()
        self._found: bool | None = None

    def walk(self) -> None:
        """Put the way that was asked for into the picture; relationships on it are its lines."""
        question = self._question
        if not question.to or question.to == question.start:
            return
        found = way(self._store, self._clearance, question.start, question.to)
        rows = () if found is None else found.rows
        self._found = bool(rows)
        stops = [row for row in rows if row.type != "relationship" or row.id in (question.start, question.to)]
        self._way = tuple(row.id for row in stops)
        for depth, (before, row) in enumerate(pairwise(stops), 1):
            self._places.setdefault(row.id, Place(row.id, depth, before.id))

    def spreading(self) -> None:
        """Show what each open record is tied to, as long as there is room."""
        question = self._question
        waiting = list(dict.fromkeys(question.open))[:OPEN]
        while ready := [each for each in waiting if each in self._places]:
            for each in ready:
                waiting.remove(each)
                self._opened(each)

    def _opened(self, name: str) -> None:
        question = self._question
        found = self._spreads[name] = spread(self._store, self._clearance, name, question.sieve)
        depth = self._places[name].depth + 1
        for group in found.groups:
            left = 0
            for number, tie in enumerate(group.ties):
                known = tie.other in self._places
                wanted = (number < SHOWN and tie.other not in question.less) or tie.other in question.added
                if not known and wanted and len(self._places) < MOST:
                    self._places[tie.other] = Place(tie.other, depth, name, group.strand)
                    known = True
                if not known and tie.other not in question.less:
                    left += 1
            if left:
                self._rests.append(Rest(name, group.strand, left))

    def straying(self) -> None:
        """Draw the lines between all that is shown: of open records all are known, of others so many are looked up."""
        shown = self._places
        for name in (each for each in (*self._question.added, *self._way) if each in shown):
            if name not in self._spreads:
                self._lines(name, self._store.ties(self._clearance, name, 300).ties)
        for name, found in self._spreads.items():
            self._lines(name, [tie for group in found.groups for tie in group.ties])

    def _lines(self, name: str, ties: Sequence[Tie]) -> None:
        steps = set(pairwise(self._way))
        for tie in ties:
            if tie.other not in self._places or not self._question.sieve.admits(tie):
                continue
            source, target = (name, tie.other) if tie.forth else (tie.other, name)
            on_way = (source, target) in steps or (target, source) in steps
            self._edges.setdefault((source, target, tie.verb), Edge(source, target, tie.verb, tie.via, on_way))

    def scene(self) -> Scene:
        """What came of it; what was taken back meanwhile is gone, and every line to it."""
        rows = {row.id: row for row in reversed(self._store.get(self._clearance, list(self._places)))}
        return Scene(
            tuple(place for place in self._places.values() if place.id in rows),
            rows,
            tuple(edge for edge in self._edges.values() if edge.source in rows and edge.target in rows),
            tuple(self._rests),
            self._spreads,
            tuple(each for each in self._way if each in rows),
            self._found,
            all(each.complete for each in self._spreads.values()),
        )


def gathered(store: Store, clearance: Clearance, seen: Scene) -> Iterator[Row]:
    """Every record of a scene, the relationships among them too: what an export of it holds."""
    given: set[int] = set()
    for row in (*seen.rows.values(), *store.at(clearance, sorted({edge.via for edge in seen.edges}))):
        if row.position not in given:
            given.add(row.position)
            yield row


class Listed(msgspec.Struct, frozen=True):
    """A page of one group of a record, from 0: its records, how many there are of them, how many pages."""

    strand: Strand
    rows: tuple[Row, ...]
    count: int
    page: int
    pages: int


def listed(store: Store, clearance: Clearance, found: Spread, key: str, page: int) -> Listed | None:
    """One page of a group; None where there is no such group."""
    group = next((each for each in found.groups if each.strand.key == key), None)
    if group is None:
        return None
    pages = -(-len(group.ties) // PAGE)
    page = max(0, min(page, pages - 1))
    ids = [tie.other for tie in group.ties[page * PAGE : (page + 1) * PAGE]]
    rows = {row.id: row for row in reversed(store.get(clearance, ids))}
    return Listed(group.strand, tuple(rows[each] for each in ids if each in rows), len(group.ties), page, pages)
