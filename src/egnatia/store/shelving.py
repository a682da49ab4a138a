"""Labels and shelves, interned: a reader's rights are decided once per label and kept as a set of shelf numbers."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final

import msgspec
from msgspec.structs import replace

from egnatia.policy.clearance import Clearance
from egnatia.policy.decision import decide
from egnatia.policy.label import Label
from egnatia.policy.meet import bounded_by, strictest
from egnatia.store.database import Database
from egnatia.store.link import Link
from egnatia.store.query import Query, Shelf, matches

_KEPT: Final = 128
_COMBINED: Final = 10_000
_unpack_label = msgspec.msgpack.Decoder(Label).decode


class View(msgspec.Struct):
    """What one clearance may look at for one query: numbers of shelves. It belongs to one generation of them."""

    generation: int
    shelves: frozenset[int]
    numbers: list[int]


class Shelving:
    """All labels and shelves in memory; both are only ever added, by a writer that holds the lock on `state`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self.generation = -1
        self.labels: dict[int, Label] = {}
        self.shelves: dict[int, Shelf] = {}
        self.label_numbers: dict[Label, int] = {}
        self.shelf_numbers: dict[Shelf, int] = {}
        self.combined: dict[tuple[int, ...], int] = {}
        self.knows_exercises = False
        self._allowed: OrderedDict[Clearance, dict[int, bool]] = OrderedDict()
        self._views: OrderedDict[tuple[Clearance, Query], View] = OrderedDict()

    def refresh(self, link: Link) -> None:
        """Read what was added elsewhere. The generation is read first, so it is never newer than what is known."""
        rows = self._database.rows
        with self._lock:
            ((generation,),) = rows(link, "SELECT generation FROM state")
            if generation == self.generation:
                return
            last_label, last_shelf = max(self.labels, default=0), max(self.shelves, default=0)
            for number, content in rows(link, "SELECT number, content FROM labels WHERE number > :n", n=last_label):
                self._add_label(number, _unpack_label(content))
            for number, label, sight, kind, owner, source, unless, first, last, redacted in rows(
                link,
                "SELECT number, label, sight, type, owner, source, unless, first, last, redacted FROM shelves"
                " WHERE number > :n",
                n=last_shelf,
            ):
                self._add_shelf(
                    number, Shelf(label, sight, kind, owner, source, unless, bool(first), bool(last), bool(redacted))
                )
            self._views.clear()
            self.generation = generation

    def publish(self, interning: "Interning", generation: int) -> None:
        """What a transaction added counts from now on; it has been committed."""
        with self._lock:
            for label, number in interning.labels.items():
                self._add_label(number, label)
            for shelf, number in interning.shelves.items():
                self._add_shelf(number, shelf)
            self._views.clear()
            self.generation = generation

    def remember(self, combined: "dict[tuple[int, ...], int]") -> None:
        """Which labels come of which others: neither ever changes. For the writer alone."""
        if len(self.combined) > _COMBINED:
            self.combined = {}
        self.combined.update(combined)

    def _add_label(self, number: int, label: Label) -> None:
        self.labels[number] = label
        self.label_numbers[label] = number
        self.knows_exercises = self.knows_exercises or bool(label.exercise)

    def _add_shelf(self, number: int, shelf: Shelf) -> None:
        self.shelves[number] = shelf
        self.shelf_numbers[shelf] = number

    def view(self, clearance: Clearance, query: Query) -> View:
        """The shelves that `clearance` may look at and on which rows for `query` can be."""
        # Only what `matches` looks at: otherwise every question would have a view of its own.
        asked = replace(query, ids=(), since=None, until=None, spec_versions=(), words="", newest_first=False)
        key = (clearance, asked)
        with self._lock:
            found = self._views.get(key)
            if found is None:
                found = self._views[key] = self._decided(clearance, query)
                while len(self._views) > _KEPT:
                    self._views.popitem(last=False)
            else:
                self._views.move_to_end(key)
            return found

    def _decided(self, clearance: Clearance, query: Query) -> View:
        allowed = self._allowed_labels(clearance)
        numbers = [
            number
            for number, shelf in self.shelves.items()
            if allowed[shelf.sight]
            and (query.variants or shelf.unless is None or not allowed[shelf.unless])
            and matches(shelf, self.labels[shelf.sight], query)
        ]
        return View(self.generation, frozenset(numbers), numbers)

    def _allowed_labels(self, clearance: Clearance) -> dict[int, bool]:
        allowed = self._allowed.setdefault(clearance, {})
        while len(self._allowed) > _KEPT:
            self._allowed.popitem(last=False)
        for number, label in self.labels.items():
            if number not in allowed:
                allowed[number] = decide(label, clearance).allowed
        return allowed


class Interning:
    """What one transaction adds to labels and shelves; readers see it once it is published, after the commit."""

    def __init__(self, shelving: Shelving) -> None:
        self._shelving = shelving
        self.labels: dict[Label, int] = {}
        self.shelves: dict[Shelf, int] = {}
        self._labels: dict[int, Label] = {}
        self._shelves: dict[int, Shelf] = {}
        self.combined: dict[tuple[int, ...], int] = {}
        self._next_label = max(shelving.labels, default=0) + 1
        self._next_shelf = max(shelving.shelves, default=0) + 1

    @property
    def changed(self) -> bool:
        return bool(self.labels or self.shelves)

    def label(self, label: Label) -> int:
        """The number of a label, a new one where there is none yet."""
        number = self._shelving.label_numbers.get(label) or self.labels.get(label)
        if number is None:
            number = self.labels[label] = self._next_label
            self._labels[number] = label
            self._next_label += 1
        return number

    def shelf(self, shelf: Shelf) -> int:
        """The number of a shelf, a new one where there is none yet."""
        number = self._shelving.shelf_numbers.get(shelf) or self.shelves.get(shelf)
        if number is None:
            number = self.shelves[shelf] = self._next_shelf
            self._shelves[number] = shelf
            self._next_shelf += 1
        return number

    def label_of(self, number: int) -> Label:
        return self._labels.get(number) or self._shelving.labels[number]

    def shelf_of(self, number: int) -> Shelf:
        return self._shelves.get(number) or self._shelving.shelves[number]

    def shelves_naming(self, label: int) -> list[int]:
        """The shelves of rows whose own label it is, or which are held back from whom it admits."""
        return [number for number, shelf in self._shelving.shelves.items() if label in (shelf.label, shelf.unless)]

    def strictest(self, a: int, b: int) -> int:
        """The number of the label that admits whom both of one owner's labels admit."""
        if a == b:
            return a
        return self._combine((0, a, b), lambda: strictest(self.label_of(a), self.label_of(b)))

    def bounded(self, label: int, ends: Sequence[int]) -> int:
        """The number of the label of what lies under `label` and has ends that lie under `ends`."""
        return self._combine(
            (1, label, *ends), lambda: bounded_by(self.label_of(label), [self.label_of(end) for end in ends])
        )

    def _combine(self, key: tuple[int, ...], made: Callable[[], Label]) -> int:
        number = self._shelving.combined.get(key) or self.combined.get(key)
        if number is None:
            number = self.combined[key] = self.label(made())
        return number
