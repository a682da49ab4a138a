"""Changes to rows that are in the log already: another shelf, a new place at its end, erasure."""
# ruff: noqa: S608 only names of tables, columns and directions are put into statements

from collections.abc import Sequence
from typing import Final

from egnatia.store.database import Database
from egnatia.store.link import Link

_FOLLOWING: Final = ("bodies", "refs", "observables", "retention")


def place_rows(database: Database, link: Link, shelves: Sequence[tuple[int, int]]) -> None:
    """Put rows on other shelves: (position, shelf) each."""
    for position, shelf in shelves:
        database.run(link, "UPDATE versions SET shelf = :s WHERE position = :p", s=shelf, p=position)


def move_rows(database: Database, link: Link, moves: Sequence[tuple[int, int, int]]) -> None:
    """Give rows new places: (old position, new position, new time) each. The indexer finds them there again."""
    for old, new, at in moves:
        database.unindex(link, old)
        database.run(
            link, "UPDATE versions SET position = :new, at = :at WHERE position = :old", new=new, at=at, old=old
        )
        for table in _FOLLOWING:
            database.run(link, f"UPDATE {table} SET position = :new WHERE position = :old", new=new, old=old)


def erase_rows(database: Database, link: Link, positions: Sequence[int]) -> None:
    """What was said is gone from every table; that something was there, and its leaf hash, stays."""
    for position in positions:
        database.unindex(link, position)
        database.run(link, "UPDATE versions SET shelf = NULL WHERE position = :p", p=position)
        database.run(link, "UPDATE bodies SET body = NULL, applied = NULL WHERE position = :p", p=position)
        for table in ("refs", "observables", "retention"):
            database.run(link, f"DELETE FROM {table} WHERE position = :p", p=position)
