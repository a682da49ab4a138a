"""One thread follows the log with the cases: it keeps their view up to date, and gives parties that joined what the
organisations of this node wrote before.
"""

import logging
import threading
from typing import Final

from egnatia.casework.registry import Registry, Unknown
from egnatia.exchange.submission import NotAllowed, Right, Submitter
from egnatia.record import Invalid
from egnatia.store.following import Following

log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 5.0
_RIGHTS: Final = frozenset({Right.READ, Right.SUBMIT})


class Follower:
    """Runs from its making until it is closed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._closing = threading.Event()
        self._following = Following(registry.host.store, "egnatia-cases", self.once, look_seconds=_LOOK_SECONDS)

    def close(self) -> None:
        """What was begun is finished first."""
        self._closing.set()
        self._following.close()

    def once(self) -> None:
        """Take in what has happened, and share what is to be shared."""
        for case in self._registry.catch_up():
            for organisation in self._registry.hosted():
                if self._closing.is_set():
                    return
                try:
                    self._registry.share(Submitter(organisation, "casework", _RIGHTS), case)
                except Unknown:
                    continue
                except (Invalid, NotAllowed) as error:
                    log.warning("%s could not be shared: %s", case, error)
