"""What was committed is moved to its place in the database by a thread of its own: who commits does not wait for it.

Only SQLite has such work to do. It does no harm to leave it undone: what was committed is durable before, and the
writer does it itself where too much has gathered.
"""

import logging
import threading
from typing import Final

from egnatia.store.database import Database

PAGES: Final = 2_000
"""About so many are left where they were committed before they are moved together: 16 MB."""

_PAGE: Final = 8_192
_A_COMMIT: Final = 12
_A_ROW: Final = 1
"""Pages that a commit changes besides those of its rows, and that each row does, about."""

_log = logging.getLogger(__name__)


class Settling:
    """Begins with the first call of `reached` or `written` for which there is enough to do."""

    def __init__(self, database: Database, position: int) -> None:
        self._database = database
        self._position, self._pages = position, 0
        self._stirred, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def reached(self, position: int) -> None:
        """Something was committed, and the log ends at `position` now; by the writer's thread alone."""
        rows, self._position = max(0, position - self._position), position
        self._changed(_A_ROW * rows)

    def written(self, size_bytes: int) -> None:
        """Something large was written beside the log; by the writer's thread alone."""
        self._changed(size_bytes // _PAGE)

    def _changed(self, pages: int) -> None:
        self._pages += _A_COMMIT + pages
        if self._pages >= PAGES and not self._stop.is_set():
            self._pages = 0
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="egnatia-settling", daemon=True)
                self._thread.start()
            self._stirred.set()

    def close(self) -> None:
        """What was begun is finished first; once nothing is written any more."""
        self._stop.set()
        self._stirred.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._stirred.wait()
            if self._stop.is_set():
                return
            self._stirred.clear()
            try:
                self._database.settle()
            except self._database.failures as error:
                _log.warning("what was committed is moved to its place later: %s", error)
