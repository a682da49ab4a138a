"""How two records hang together: a shortest way of references between them, of those that the reader may see.

It is looked for from both ends at once. What very many records name (a technique, a place) joins everything to
everything, so no way goes through it.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from egnatia.policy import Clearance
from egnatia.store import Row, Store

CROWDED: Final = 200
"""Neighbours beyond which a record joins too much to tell anything."""

STEPS: Final = 8
LOOKED_AT: Final = 2_000
"""Records whose neighbours are asked for before the search is given up."""


class Way(msgspec.Struct, frozen=True):
    """The records from one end to the other, both included; none where there is no way. Where it is not `complete`, one
    might be found by looking longer."""

    rows: tuple[Row, ...]
    complete: bool = True


def way(store: Store, clearance: Clearance, first: str, last: str) -> Way | None:
    """A shortest way between two records; None where one of them is not there for this reader."""
    ends = {row.id: row for row in store.get(clearance, [first, last])}
    if first not in ends or last not in ends:
        return None
    if first == last:
        return Way((ends[first],))
    sides = ({first: ""}, {last: ""})
    edges: tuple[list[str], list[str]] = ([first], [last])
    known = dict(ends)
    looked = 0
    for step in range(STEPS):
        side = 0 if len(edges[0]) <= len(edges[1]) else 1
        if not edges[side]:
            return Way(())
        grown: list[str] = []
        for name in edges[side]:
            looked += 1
            if looked > LOOKED_AT:
                return Way((), complete=False)
            rows = store.neighbours(clearance, name, "both", CROWDED + 1)
            if len(rows) > CROWDED and not (step < 2 and name in (first, last)):
                continue
            for row in rows:
                known.setdefault(row.id, row)
                if row.id not in sides[side]:
                    sides[side][row.id] = name
                    grown.append(row.id)
                if row.id in sides[1 - side]:
                    return Way(tuple(known[each] for each in _joined(sides, row.id)))
        edges[side][:] = grown
    return Way((), complete=not all(edges))


def _joined(sides: tuple[Mapping[str, str], Mapping[str, str]], middle: str) -> list[str]:
    """The ids from the first end to the last through where both sides met."""
    before: list[str] = []
    after: list[str] = []
    name = middle
    while name:
        before.append(name)
        name = sides[0][name]
    name = sides[1][middle]
    while name:
        after.append(name)
        name = sides[1][name]
    return [*reversed(before), *after]
