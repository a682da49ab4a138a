"""Several real nodes in one process: real stores, keys and HTTP on loopback, paired as operators pair them."""

import asyncio
import itertools
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from egnatia.exchange.asgi import App, Receive, Scope, Send
from egnatia.exchange.peer.contact import Contact
from egnatia.exchange.peer.frame import Scope as FeedScope
from egnatia.exchange.peer.peers import Peers
from egnatia.exchange.submission import Handling, Right, Submission, Submitter
from egnatia.exchange.takeback import Action, recalling
from egnatia.node import Node
from egnatia.node.server import Server
from egnatia.record.marking import AUDIENCE_EXTENSION
from egnatia.settings import Settings
from egnatia.settings.declared import Network, Organisation, Storage
from egnatia.store import Known, Row

GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
PASSPHRASE = "correct horse battery staple"

_ids = itertools.count()


def indicator(name: str = "", *, marking: str = GREEN, ident: str = "", **more: Any) -> bytes:
    """A small valid record; each call another one unless `ident` is given."""
    number = next(_ids)
    stamp = f"2026-03-01T12:00:{number % 60:02d}.{number % 1000:03d}Z"
    body = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": ident or f"indicator--{uuid.uuid4()}",
        "created": "2026-03-01T12:00:00.000Z",
        "modified": stamp,
        "name": name or f"indicator {number}",
        "pattern": f"[domain-name:value = 'n{number}.example']",
        "pattern_type": "stix",
        "valid_from": "2026-03-01T12:00:00Z",
        "object_marking_refs": [marking],
        **more,
    }
    return msgspec.json.encode(body)


def audience(owner: "Running", *recipients: str) -> bytes:
    """A marking that names who alone may see what bears it."""
    extension = {"extension_type": "property-extension", "recipient_refs": recipients}
    body = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{uuid.uuid4()}",
        "created": "2026-03-01T12:00:00.000Z",
        "created_by_ref": owner.own,
        "extensions": {AUDIENCE_EXTENSION: extension},
    }
    return msgspec.json.encode(body)


def recall(owner: "Running", target: str, action: Action = "withdraw") -> bytes:
    """The owner takes a record back."""
    return recalling(target, action, owner=owner.own, reason="", now=datetime.now(UTC))


def id_of(body: bytes) -> str:
    """The id of a record's bytes."""
    return str(msgspec.json.decode(body)["id"])


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(data: Path, port: int, name: str, identity: str) -> Settings:
    """What `egnatia init` would write."""
    return Settings(
        organisation=Organisation(name=name, id=identity, economy="other"),
        network=Network(listen=f"127.0.0.1:{port}"),
        storage=Storage(data=str(data)),
    )


@dataclass
class Running:
    """One node, and whether it answers and follows."""

    settings: Settings
    node: Node
    peers: Peers
    wrap: Callable[[App], App] = field(default=lambda app: app)
    server: Server | None = None
    serving: "asyncio.Task[None] | None" = None

    async def up(self) -> None:
        """Answer and follow."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self.wrap(self.peers.app)(scope, receive, send)

        await self.peers.start()
        config = uvicorn.Config(app, port=self.settings.port, lifespan="off", log_config=None, access_log=False)
        self.server = Server(config, self.peers.hang_up)
        self.serving = asyncio.create_task(self.server._serve())
        server = self.server
        await until(lambda: server.started)

    async def down(self) -> None:
        """Neither answer nor follow; the store stays open."""
        if self.server is None or self.serving is None:
            return
        await self.peers.stop()
        self.server.should_exit = True
        await self.serving
        self.server = None

    async def again(self) -> None:
        """Come back after `down`, with nothing in memory of before."""
        self.peers = Peers(self.node)
        await self.up()

    def close(self) -> None:
        """Let go of the data directory."""
        self.node.close()

    @property
    def own(self) -> str:
        return self.node.own

    def submit(self, *bodies: bytes, applied: Sequence[str] = ()) -> Submission:
        """Hand in and wait until it is durable."""
        submitter = Submitter(self.own, "test", frozenset(Right))
        handling = Handling(applied=tuple(applied))
        return self.node.admission.submit(bodies, submitter, handling=handling).result(30)

    def rows(self, organisation: str | None = None) -> tuple[Row, ...]:
        """What an organisation may see here, its own by default."""
        clearance = self.node.clearance_of(organisation or self.own)
        found: list[Row] = []
        after, more = 0, True
        while more:
            page = self.node.store.changes(clearance, after, 1_000)
            found += page.rows
            after, more = page.next, page.more
        return tuple(found)

    def ids(self, kind: str = "indicator") -> list[str]:
        """The ids of one type that this node's organisation may see."""
        return [row.id for row in self.rows() if row.type == kind]

    def contact(self, other: "Running") -> Contact:
        """How it goes with another node."""
        return self.peers.contact(other.node.node_id)


def make(folder: Path, name: str) -> Running:
    """A new node that does not run yet."""
    its = settings(folder / name, free_port(), name, f"identity--{uuid.uuid4()}")
    Node.create(its, PASSPHRASE)
    node = Node.open(its, PASSPHRASE)
    return Running(its, node, Peers(node))


def acquaint(*nodes: Running) -> None:
    """Every operator knows every organisation as a member of the community."""
    for one in nodes:
        for other in nodes:
            if other is not one:
                one.node.store.organisations.put(Known(other.own, other.settings.organisation.name, "other"))
        one.node.facts.forget()


def pair(one: Running, other: Running, *, scope: FeedScope = "own", back: FeedScope = "own") -> None:
    """Invitations are exchanged, words compared, both sides confirm."""
    here = one.peers.pairings.accept(other.peers.pairings.invite(), scope=scope)
    there = other.peers.pairings.accept(one.peers.pairings.invite(), scope=back)
    assert here.words == there.words
    one.peers.pairings.confirm(other.node.node_id)
    other.peers.pairings.confirm(one.node.node_id)


@asynccontextmanager
async def region(folder: Path, *names: str, mesh: bool = True) -> AsyncIterator[list[Running]]:
    """Nodes that run and know each other, all paired with all if `mesh`."""
    async with AsyncExitStack() as stack:
        nodes = [make(folder, name) for name in names]
        for each in nodes:
            stack.callback(each.close)
        acquaint(*nodes)
        if mesh:
            for one, other in itertools.combinations(nodes, 2):
                pair(one, other)
        for each in nodes:
            await each.up()
            stack.push_async_callback(each.down)
        yield nodes


async def until(true: Callable[[], object], *, seconds: float = 30.0) -> None:
    """Wait until it is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        await asyncio.sleep(0.01)
