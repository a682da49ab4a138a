"""A thread of its own that works whenever something was added to the log."""

import logging
import threading
from collections.abc import Callable

from egnatia.store.store import Store

log = logging.getLogger(__name__)


class Following:
    """Does `once` after every addition, and every `look_seconds` without one, from its making until it is closed. After
    each time it rests for `rest_seconds`, whatever is added: then others come first."""

    def __init__(
        self, store: Store, name: str, once: Callable[[], object], *, look_seconds: float, rest_seconds: float = 0.0
    ) -> None:
        self._once, self._look, self._rest = once, look_seconds, rest_seconds
        self._stirred, self._stop = threading.Event(), threading.Event()
        self._end = store.subscribe(lambda _: self._stirred.set())
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """What was begun is finished first."""
        self._end()
        self._stop.set()
        self._stirred.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stirred.clear()
            try:
                self._once()
            except Exception:  # the thread must outlive whatever was added
                log.exception("%s is behind", self._thread.name)
            self._stop.wait(self._rest)
            self._stirred.wait(self._look)
