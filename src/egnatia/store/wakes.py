"""Who waits for the log to grow is woken: at once by this process, soon by another one."""

import threading
from collections.abc import Callable

from egnatia.store.database import Database

Callback = Callable[[int], None]


class Wakes:
    """Callbacks, and a thread that watches for commits of other processes while there are any."""

    def __init__(self, database: Database, position: Callable[[], int]) -> None:
        self._database, self._position = database, position
        self._lock = threading.Lock()
        self._callbacks: dict[int, Callback] = {}
        self._count = 0
        self._told = 0
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        with self._lock:
            self._count += 1
            key = self._count
            self._callbacks[key] = callback
            if self._watcher is None:
                self._told = self._position()
                self._watcher = threading.Thread(target=self._watch, name="egnatia-watcher", daemon=True)
                self._watcher.start()

        def unsubscribe() -> None:
            with self._lock:
                self._callbacks.pop(key, None)

        return unsubscribe

    def reached(self, position: int) -> None:
        """The log ends at `position` now; whoever was told so already is not told again."""
        with self._lock:
            if position <= self._told:
                return
            self._told = position
            callbacks = tuple(self._callbacks.values())
        for callback in callbacks:
            callback(position)

    def close(self) -> None:
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join()

    def _watch(self) -> None:
        for position in self._database.elsewhere(self._stop):
            self.reached(position)
