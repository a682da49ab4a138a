"""One thread follows the log with the full text, some rows at a time, and lets writers go first."""

import logging
import threading
from concurrent.futures import CancelledError
from time import monotonic
from typing import Final

from sqlalchemy import Connection

from egnatia.store.database import Database
from egnatia.store.fulltext import WATERMARK, add_texts, indexed
from egnatia.store.writer import Writer

_log = logging.getLogger(__name__)

ROWS_AT_ONCE: Final = 500
"""The index takes half the time for a row where many come together; more would keep a writer waiting."""

_QUIET_SECONDS: Final = 0.2
"""Longer than who hands in one batch after the other takes for the next: its words wait until it is done."""

_PATIENCE_SECONDS: Final = 1.0
_LONG: Final = 50_000
"""Rows by which the full text may be behind; beyond that it no longer lets writers go first."""

_LOOK_SECONDS: Final = 1.0

THREAD: Final = "egnatia-indexer"


class Indexer:
    """Starts with the store and resumes at the watermark. `stir` says that the log has grown."""

    def __init__(self, database: Database, writer: Writer, *, scrub: bool = False) -> None:
        self._database, self._writer = database, writer
        self._failures: tuple[type[Exception], ...] = (*database.failures, CancelledError)
        self._stirred = threading.Event()
        self._stop = threading.Event()
        self._scrub = threading.Event()
        if scrub:
            self._scrub.set()
        self._caught_up = threading.Condition()
        self._reached = self._behind = self._wanted = 0
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)
        self._thread.start()

    def stir(self, *, scrub: bool = False) -> None:
        """The log has grown; with `scrub` something was erased, and what is left of it in indexes is to go too."""
        if scrub:
            self._scrub.set()
        self._stirred.set()

    def wait_for(self, position: int, timeout: float = 30) -> bool:
        """Whether the full text has reached `position` within the time; for who waits it goes on at once."""
        self._wanted = max(self._wanted, position)
        self.stir()
        with self._caught_up:
            return self._caught_up.wait_for(lambda: self._reached >= position, timeout)

    def close(self) -> None:
        self._stop.set()
        self._stirred.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stirred.clear()
            try:
                self._let_writers_go_first()
                while self._step() and not self._stop.is_set():
                    self._let_writers_go_first()
                if self._scrub.is_set():
                    self._scrub.clear()
                    self._clean()
            except self._failures as error:
                _log.warning("full text is behind: %s", error)
            self._stirred.wait(_LOOK_SECONDS)

    def _let_writers_go_first(self) -> None:
        patience = monotonic() + (0 if self._behind > _LONG else _PATIENCE_SECONDS)
        while (now := monotonic()) < patience and self._wanted <= self._reached:
            rest = self._writer.grown_at + _QUIET_SECONDS - now
            if (rest <= 0 and not self._writer.waiting) or self._stop.wait(min(max(rest, 0.01), 0.05)):
                return

    def _step(self) -> bool:
        """Index the next rows; False where there are none."""
        database = self._database
        with database.readers.link() as link:
            found = database.rows(link, "SELECT position FROM watermarks WHERE name = :name", name=WATERMARK)
            start = found[0][0] if found else 0
            end = database.rows(link, "SELECT position FROM state")[0][0]
            rows = database.rows(link, _NEXT, start=start, size=ROWS_AT_ONCE)
        self._behind = end - start if rows else 0
        if not rows:  # the last positions may have no rows: a restored log has jumped
            self._reach(max(start, end))
            return False
        dialect = database.engine.dialect.name
        texts = [(position, indexed(dialect, bytes(body))) for position, body in rows if body is not None]
        reached = rows[-1][0]

        def add(connection: Connection) -> bool:
            return add_texts(connection, start, texts, reached)

        if self._writer.write(add).result():
            self._reach(reached)
        return True

    def _clean(self) -> None:
        """Words that were erased still stand in old parts of the index, and pages in the log of writes."""
        while self._writer.write(self._database.merge_texts).result() and not self._stop.is_set():
            self._let_writers_go_first()
        self._database.scrub()

    def _reach(self, position: int) -> None:
        with self._caught_up:
            self._reached = position
            self._caught_up.notify_all()


_NEXT: Final = "SELECT position, body FROM bodies WHERE position > :start ORDER BY position LIMIT :size"
