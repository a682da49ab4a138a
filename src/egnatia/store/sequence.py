"""Numbers for a node's attestations, handed out in blocks so that a number does not cost a commit."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Final

from sqlalchemy import Connection, select

from egnatia.store import schema
from egnatia.store.database import Database

BLOCK: Final = 64


class Sequences:
    """Increasing numbers by node, safe for several processes.

    Between two blocks a number is left out: what is attested under neighbouring numbers was attested in that order,
    and the readers of a log hold a node to that.
    """

    def __init__(self, database: Database, write: "Callable[[Callable[[Connection], int]], Future[int]]") -> None:
        self._database, self._write = database, write
        self._lock = Lock()
        self._left: dict[str, range] = {}

    def next(self, node: str) -> int:
        """The next number of the node."""
        with self._lock:
            left = self._left.get(node)
            if not left:
                first = self._write(lambda connection: _reserve(connection, node)).result()
                left = range(first, first + BLOCK)
            self._left[node] = left[1:]
            return left[0]


def _reserve(connection: Connection, node: str) -> int:
    table = schema.sequences
    last = connection.execute(select(table.c.number).where(table.c.node == node).with_for_update()).scalar()
    if last is None:
        connection.execute(table.insert().values(node=node, number=BLOCK + 1))
        return 1
    connection.execute(table.update().where(table.c.node == node).values(number=last + BLOCK + 1))
    return int(last) + 1
