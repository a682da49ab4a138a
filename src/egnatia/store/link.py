"""A bare connection of the driver: what the hot paths use. Both drivers answer to the same few calls."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol


class Link(Protocol):
    """What `sqlite3.Connection` and `psycopg.Connection` have in common."""

    def execute(self, query: Any, params: Any = ..., /) -> Any: ...
    def close(self) -> None: ...


class Pool:
    """Idle connections for reading, as many as were ever in use at once; they never take a write lock. `lent` counts
    how often one was taken."""

    def __init__(self, connect: Callable[[], Link], keep: int = 8) -> None:
        self._connect = connect
        self._keep = keep
        self._idle: deque[Link] = deque()
        self._closed = False
        self.lent = 0

    @contextmanager
    def link(self) -> Iterator[Link]:
        """A connection; one that failed is not used again."""
        if self._closed:
            raise RuntimeError("the store is closed")
        try:
            link = self._idle.pop()
        except IndexError:
            link = self._connect()
        self.lent += 1
        try:
            yield link
        except BaseException:
            link.close()
            raise
        if len(self._idle) >= self._keep:
            link.close()
        else:
            self._idle.append(link)

    def rest(self) -> None:
        """Close what is idle, with what it remembers of the database; the next reader connects anew."""
        while self._idle:
            with suppress(IndexError):  # a reader took it in between
                self._idle.pop().close()

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it comes back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
