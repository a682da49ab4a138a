"""The demonstration as one runs it: the network, the regional view, and a trickle of news."""

import asyncio
import contextlib
import signal
import socket
import time
import webbrowser
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import uvicorn

from egnatia.demo.cast import NODES
from egnatia.demo.network import Made, fresh, make, ports, running
from egnatia.demo.region import Seat, application
from egnatia.demo.trickle import happenings, noticed

TRICKLE_SECONDS = 4.0
TOLD_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""By what it is told to end: Ctrl-C, a supervisor, a closed terminal."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How the demonstration is to run. `seconds` is how long, None until it is stopped; `trickle` is how many seconds
    pass between two happenings, 0 for none."""

    folder: Path
    port: int = 7100
    seconds: float | None = None
    trickle: float = TRICKLE_SECONDS
    browse: bool = True


def show(wanted: Wanted, say: Callable[[str], None], ready: Callable[[str, Made, float], None]) -> None:
    """Brings the network up and runs it; `ready` is told the regional view's address, and after how many seconds."""
    began = time.monotonic()
    own, *free = ports(wanted.port, len(NODES) + 1)
    with fresh(wanted.folder):
        say(f"Making {len(NODES)} nodes in {wanted.folder} ...")
        made = make(wanted.folder, free, datetime.now(UTC))
        say(f"Starting them; {made.records} records are theirs to exchange ...")
        with running(made):
            asyncio.run(_run(wanted, made, own, lambda url: ready(url, made, time.monotonic() - began)))


async def _run(wanted: Wanted, made: Made, port: int, ready: Callable[[str], None]) -> None:
    config = uvicorn.Config(
        application(made.seats),
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        await server.answering.wait()
        url = f"http://127.0.0.1:{port}/"
        ready(url)
        if wanted.browse:
            # A browser that waits for its window must not hold up the network.
            group.create_task(asyncio.to_thread(_browse, url))
        trickling = group.create_task(_trickle(made.seats, wanted.trickle))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wanted.seconds):
                await asyncio.shield(serving)
        trickling.cancel()
        server.should_exit = True


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen."""
        await super().startup(sockets)
        self.answering.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends in order when told to; nothing is raised anew, for the nodes are still to be stopped."""
        loop = asyncio.get_running_loop()
        for each in TOLD_BY:
            loop.add_signal_handler(each, self.handle_exit, each, None)
        try:
            yield
        finally:
            for each in TOLD_BY:
                loop.remove_signal_handler(each)


def _browse(url: str) -> None:
    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(url)


async def _trickle(seats: tuple[Seat, ...], seconds: float) -> None:
    """Now and then somebody notices something; a node that does not answer misses it."""
    if not seconds:
        return
    places = {seat.actor.key: seat for seat in seats}
    async with httpx.AsyncClient(timeout=10) as client:
        for by, story, rng in happenings(int(time.time())):
            await asyncio.sleep(seconds * rng.uniform(0.5, 1.5))
            seat = places[by.key]
            body = b"[" + b",".join(noticed(by, story, rng, datetime.now(UTC))) + b"]"
            headers = {**seat.headers, "content-type": "application/json"}
            with contextlib.suppress(httpx.HTTPError):
                await client.post(f"{seat.url}/api/v1/records", content=body, headers=headers)
