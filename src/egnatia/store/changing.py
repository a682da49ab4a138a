"""Changes to rows that are in the log already: another shelf, a new place at its end, erasure."""
# ruff: noqa: S608 only names of tables, columns and directions are put into statements

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from egnatia.store.database import Database
from egnatia.store.link import Link

_FOLLOWING: Final = ("bodies", "refs", "observables", "retention")


def place_rows(database: Database, link: Link, shelves: Sequence[tuple[int, int]]) -> None:
    """Put rows on other shelves: (position, shelf) each."""
    there = defaultdict(list)
    for position, shelf in shelves:
        there[shelf].append(position)
    for shelf, positions in there.items():
        database.run(link, "UPDATE versions SET shelf = :s WHERE {among:position:these}", s=shelf, these=positions)


def move_rows(database: Database, link: Link, positions: Sequence[int], *, end: int, at: int) -> None:
    """Give rows new places in their order: `end` + 1 and `at` + 1 are the first's. The indexer finds them there."""
    if not positions:
        return
    for position in positions:
        database.unindex(link, position)
    moved, whose = "position = :end + each.place", "FROM {ranked:old} WHERE position = each.value"
    database.run(
        link, f"UPDATE versions SET {moved}, at = :at + each.place {whose}", old=list(positions), end=end, at=at
    )
    for table in _FOLLOWING:
        database.run(link, f"UPDATE {table} SET {moved} {whose}", old=list(positions), end=end)


def erase_rows(database: Database, link: Link, positions: Sequence[int]) -> None:
    """What was said is gone from every table; that something was there, and its leaf hash, stays."""
    for position in positions:
        database.unindex(link, position)
        database.run(link, "UPDATE versions SET shelf = NULL WHERE position = :p", p=position)
        database.run(link, "UPDATE bodies SET body = NULL, applied = NULL WHERE position = :p", p=position)
        for table in ("refs", "observables", "retention"):
            database.run(link, f"DELETE FROM {table} WHERE position = :p", p=position)
