"""One thread follows the log with the cases: it keeps their view up to date, and gives parties that joined what the
organisations of this node wrote before.
"""

import logging
import threading
from typing import Final

from egnatia.casework.registry import Registry, Unknown
from egnatia.exchange.submission import NotAllowed, Right, Submitter
from egnatia.record import Invalid

log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 5.0
_RIGHTS: Final = frozenset({Right.READ, Right.SUBMIT})


class Follower:
    """Runs from its making until it is closed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._stirred, self._stop = threading.Event(), threading.Event()
        self._end = registry.host.store.subscribe(lambda _: self._stirred.set())
        self._thread = threading.Thread(target=self._run, name="egnatia-cases", daemon=True)
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
                self.once()
            except Exception:  # the thread must outlive any one case
                log.exception("cases are behind")
            self._stirred.wait(_LOOK_SECONDS)

    def once(self) -> None:
        """Take in what has happened, and share what is to be shared."""
        for case in self._registry.catch_up():
            for organisation in self._registry.hosted():
                if self._stop.is_set():
                    return
                try:
                    self._registry.share(Submitter(organisation, "casework", _RIGHTS), case)
                except Unknown:
                    continue
                except (Invalid, NotAllowed) as error:
                    log.warning("%s could not be shared: %s", case, error)
