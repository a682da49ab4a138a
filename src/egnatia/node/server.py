"""The HTTP server of a node: nobody can hold a connection open by not reading, neither while it runs nor when it stops.

A transport that is closed waits until the other side has taken what was sent; one whose other side takes nothing
would stay for ever. So whoever has taken nothing for a while is let go, sooner where its connection is closing, and
soonest when the node stops.
"""

import asyncio
import socket
from collections.abc import Callable

import uvicorn

STUCK_SECONDS = 50.0
"""How long who listens may take nothing; streams themselves allow a little more, so this ends them quietly."""
CLOSING_SECONDS = 10.0
STOPPING_SECONDS = 1.0
GRACE_SECONDS = 3.0
"""How long requests that are being answered may take when the server stops."""

_EVERY_TICKS = 10  # a tick is a tenth of a second


class Server(uvicorn.Server):
    """Listens until `should_exit`, then finishes what was begun. `hang_up` is called first: it tells listeners to
    leave, for whom the server would wait."""

    def __init__(self, config: uvicorn.Config, hang_up: Callable[[], None] = lambda: None) -> None:
        config.timeout_graceful_shutdown = int(GRACE_SECONDS) + 1  # for work that ends with no connection
        super().__init__(config)
        self._hang_up = hang_up
        self._waiting: dict[asyncio.Transport, tuple[int, float]] = {}

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop."""
        if counter % _EVERY_TICKS == 0:
            self._let_go(STUCK_SECONDS, CLOSING_SECONDS)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, finish, and let go of whoever does not take the end."""
        self._hang_up()
        letting_go = asyncio.create_task(self._keep_letting_go())
        try:
            await super().shutdown(sockets)
        finally:
            letting_go.cancel()
            await asyncio.gather(letting_go, return_exceptions=True)

    async def _keep_letting_go(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + GRACE_SECONDS
        while True:
            over = loop.time() >= end
            self._let_go(0.0 if over else STOPPING_SECONDS, 0.0 if over else STOPPING_SECONDS, idle=over)
            await asyncio.sleep(0.1)

    def _let_go(self, stuck_seconds: float, closing_seconds: float, *, idle: bool = False) -> None:
        """Abort the connections that have taken nothing of what waits for them for so long; `idle` ones too, for whom
        nothing waits, where that is asked for."""
        now = asyncio.get_running_loop().time()
        waiting: dict[asyncio.Transport, tuple[int, float]] = {}
        for connection in tuple(self.server_state.connections):
            transport = connection.transport
            size = transport.get_write_buffer_size()
            seen, since = self._waiting.get(transport, (-1, now))
            if size != seen:
                since = now
            patience = closing_seconds if transport.is_closing() else stuck_seconds
            if (size or idle) and now - since >= patience:
                transport.abort()
            elif size:
                waiting[transport] = (size, since)
        self._waiting = waiting
