"""The connection of one call, which is cut where the call takes too long: what a client waits for at most counts for
each drop anew, so a server that answers drop by drop would never end."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any


class Wire:
    """One connection; give `traced` to the call as its extension `trace`."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self.is_cut = False

    def traced(self, event: str, info: Mapping[str, Any]) -> None:
        """Told by the client of all that it does: keeps the connection that it made."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._socket = info["return_value"].get_extra_info("socket")

    @contextmanager
    def held(self, seconds: float) -> Iterator[None]:
        """Cuts the connection when the block takes longer."""
        watch = threading.Timer(seconds, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _cut(self) -> None:
        self.is_cut = True
        if self._socket is not None:
            with suppress(OSError):  # it ended by itself meanwhile
                self._socket.shutdown(socket.SHUT_RDWR)
