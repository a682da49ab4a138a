"""Nodes that run whole, pages and peers, each on its own port of loopback: for what happens between two of them."""

import asyncio
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from tests.exchange.served import PATIENCE, until
from tests.web.house import PASSPHRASE, House

from egnatia.exchange.api.app import Application, app
from egnatia.exchange.peer.peers import Peers
from egnatia.node import Node
from egnatia.node.server import Server
from egnatia.node.serving import application
from egnatia.settings import Organisation, Settings
from egnatia.settings.declared import Network
from egnatia.web.account.door import Door
from egnatia.web.mount import pages

__all__ = ["PATIENCE", "neighbour", "until"]


@contextmanager
def neighbour(folder: Path, name: str, economy: str = "ME") -> Iterator[House]:
    """A new node that answers and follows its peers, until the end of the block."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listen = f"127.0.0.1:{listening.getsockname()[1]}"
    settings = Settings(
        organisation=Organisation(name=name, id=f"identity--{uuid.uuid4()}", economy=economy),  # type: ignore[arg-type]  # one of them
        network=Network(listen=listen),
        base=str(folder),
    )
    Node.create(settings, PASSPHRASE)
    with Node.open(settings, PASSPHRASE) as node:
        door = Door(node)
        rest = app(node, extra=pages(node, entrance=door))
        with _running(node, rest, listening):
            yield House(node, f"http://{listen}", door, rest.state.surface)


@contextmanager
def _running(node: Node, rest: Application, listening: socket.socket) -> Iterator[None]:
    up = threading.Event()
    ending: list[Callable[[], object]] = []
    failed: list[BaseException] = []

    async def serve() -> None:
        peers = Peers(node)
        config = uvicorn.Config(application(rest, peers), log_level="critical", timeout_graceful_shutdown=10)
        server = Server(config, peers.hang_up)
        loop = asyncio.get_running_loop()

        def end() -> None:
            rest.state.surface.live.close()
            peers.hang_up()
            server.should_exit = True

        ending.append(lambda: loop.call_soon_threadsafe(end))
        await peers.start()
        up.set()
        try:
            await server._serve([listening])
        finally:
            await peers.stop()
            await asyncio.sleep(0.3)  # sockets that were closed are let go on the next turns of the loop

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert up.wait(PATIENCE)
    try:
        yield
    finally:
        ending[0]()
        thread.join(PATIENCE)
        listening.close()
        assert not thread.is_alive()
        assert not failed
