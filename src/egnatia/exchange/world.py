"""What is real and what belongs to an exercise are worlds apart: no record moves between them, and none links them.

Policy already shows nobody both at once; the gate sees to it that there is nothing between them that could be shown.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from egnatia.policy import Clearance, Label
from egnatia.record import Head, Problem, Record, reading
from egnatia.record.case import Case
from egnatia.store import Custody, Store

COMMON: Final = frozenset(
    {"identity", "marking-definition", "extension-definition", "attack-pattern", "location", "language-content"}
)
"""What an exercise may refer to although it is real: who and where somebody is, what everybody calls a technique."""

_PLACE: Final = "Egnatia: what is handed in belongs to the exercise that one works in, and to none outside of one"
_MOVED: Final = "Egnatia: no record moves between an exercise and what is real"
_LINK: Final = "Egnatia: nothing links an exercise with what is real"


class World(msgspec.Struct, frozen=True):
    """Where somebody hands in: in an `exercise`, whose `marking` is put on everything, or in none. `beyond` is what the
    same organisation may see outside of it."""

    exercise: str
    beyond: Clearance
    marking: Record | None = None

    def misplaced(self, record: Record, label: Label) -> Problem | None:
        """What is wrong with a record of this label being handed in here, if anything.

        What a marking says is the same everywhere, but for that of another exercise.
        """
        if record.head.type == "marking-definition" and not label.exercise:
            return None
        said = label.exercise
        if record.head.type == "case" and isinstance(case := reading(record), Case):
            said = case.exercise or ""
        if label.exercise == self.exercise == said:
            return None
        return Problem("$.object_marking_refs", _PLACE, repr(label.exercise or said))

    def moved(self, head: Head, mine: Custody | None) -> Problem | None:
        """What is wrong with a further version of what is held, if anything."""
        if mine is None or mine.governing.exercise == self.exercise or head.type == "marking-definition":
            return None
        return Problem("$.id", _MOVED, repr(head.id))

    def linked(self, records: Sequence[Record], store: Store, clearance: Clearance) -> dict[str, Problem]:
        """Those of the records that refer to something beyond, which the organisation may see there and not here."""
        if not store.custody.knows_exercises():
            return {}
        named = {each.target for record in records for each in record.references}
        if not named:
            return {}
        beyond = {row.id for row in store.get(self.beyond, list(named)) if not (self.exercise and row.type in COMMON)}
        beyond -= {row.id for row in store.get(clearance, list(beyond))} if beyond else set()
        return {
            record.head.id: Problem(f"$.{each.property}", _LINK, repr(each.target))
            for record in records
            for each in record.references
            if each.target in beyond
        }
