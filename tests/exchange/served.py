"""A node's surfaces on a real server on loopback, over a real store: what the tests send their requests to."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn
import uvloop

from egnatia.exchange import token
from egnatia.exchange.admission import Admission
from egnatia.exchange.api.app import Application, app
from egnatia.exchange.asgi import App
from egnatia.exchange.host import PeerStatus
from egnatia.exchange.labelling import Labelling
from egnatia.exchange.outbox import Outbox
from egnatia.exchange.submission import Handling, Right, Submission, Submitter
from egnatia.exchange.webhook import Hooks
from egnatia.node.server import Server
from egnatia.policy import PUBLIC, AgreementInForce, Clearance, Seen, Standing, Tlp, preview
from egnatia.policy import Handling as Default
from egnatia.record import read
from egnatia.settings import Settings
from egnatia.settings.declared import Limits
from egnatia.store.store import Store
from egnatia.trust import SigningKeys

LIMITS = Limits()
TAXII = "application/taxii+json;version=2.1"
ALL_RIGHTS = frozenset(Right)

OWN = "identity--00000000-0000-4000-8000-000000000001"
PARTNER = "identity--00000000-0000-4000-8000-000000000002"
MEMBER = "identity--00000000-0000-4000-8000-000000000003"
STRANGER = "identity--00000000-0000-4000-8000-000000000004"
GROUP = "identity--00000000-0000-4000-8000-0000000000aa"

_AGREEMENT = AgreementInForce(
    id="sharing-agreement--00000000-0000-4000-8000-000000000001", parties=frozenset({OWN, PARTNER})
)
STANDINGS: Mapping[str, Standing] = {
    OWN: Standing(OWN, member=True, groups=frozenset({GROUP}), agreements=(_AGREEMENT,)),
    PARTNER: Standing(PARTNER, member=True, groups=frozenset({GROUP}), agreements=(_AGREEMENT,)),
    MEMBER: Standing(MEMBER, member=True),
    STRANGER: Standing(STRANGER),
}
"""Own and Partner have an agreement and a group; Member is in the community; Stranger is not."""


PATIENCE = 60.0
"""Seconds that a busy machine is given."""


class Node:
    """What the surfaces need of a node, with the standings that a test gives."""

    node_id = "node--00000000-0000-4000-8000-00000000000f"
    own = OWN
    secret = bytes(range(32))

    def __init__(self, store: Store, settings: Settings, standings: Mapping[str, Standing]) -> None:
        self.store, self.settings, self.standings = store, settings, standings
        self.outbox, self.hooks = Outbox(store, settings), Hooks(store, self.secret)
        self.labelling = Labelling(default=lambda _: Default(tlp=Tlp.AMBER))
        self.admission = Admission(
            store,
            keys=SigningKeys.generate(),
            node=self.node_id,
            labelling=self.labelling,
            members=lambda: set(standings),
            clearance_of=self.clearance_of,
        )

    def clearance_of(self, organisation: str | None) -> Clearance:
        found = self.standings.get(organisation or "")
        return Clearance((found,)) if found else PUBLIC

    def preview(self, body: bytes, submitter: Submitter, handling: Handling) -> Sequence[Seen]:
        label = self.labelling.label(read(body, tolerant=True), submitter.organisation, handling.applied)
        return preview(label, self.standings.values())

    def peers(self) -> Sequence[PeerStatus]:
        return ()

    def token(self, organisation: str, rights: frozenset[Right] = ALL_RIGHTS, *, days: float = 1) -> str:
        """A token's text."""
        minted, now = token.mint(), time.time_ns() // 1_000
        self.store.tokens.add(
            token.Token(
                id=minted.id,
                digest=minted.digest,
                organisation=organisation,
                name="test",
                rights=rights,
                created=now,
                expires=now + int(days * 86_400_000_000),
            )
        )
        return minted.text

    def submit(self, *bodies: bytes, owner: str = OWN, applied: Sequence[str] = ()) -> Submission:
        """Records handed in and durable."""
        submitter = Submitter(owner, "test", ALL_RIGHTS)
        outcome = self.admission.submit(list(bodies), submitter, handling=Handling(tuple(applied))).result(30)
        assert not outcome.refused, outcome.refused
        return outcome


class Served:
    """A node and where it is served."""

    def __init__(self, node: Node, url: str, application: Application) -> None:
        self.node, self.url, self.application = node, url, application
        self._tokens: dict[str, str] = {}

    def token_of(self, organisation: str) -> str:
        """A token of the organisation with every right, always the same."""
        return self._tokens.setdefault(organisation, self.node.token(organisation))

    @contextmanager
    def client(self, organisation: str | None = OWN, *, accept: str = TAXII) -> Iterator[httpx.Client]:
        """A client that asks on behalf of the organisation; of nobody for None."""
        headers = {"Accept": accept}
        if organisation is not None:
            headers["Authorization"] = f"Bearer {self.token_of(organisation)}"
        with httpx.Client(base_url=self.url, headers=headers, timeout=30) as client:
            yield client


@contextmanager
def served(
    folder: Path,
    *,
    standings: Mapping[str, Standing] = STANDINGS,
    limits: Limits = LIMITS,
    anonymous: bool = True,
) -> Iterator[Served]:
    """A node on an SQLite store in `folder`, served until the end of the block."""
    settings = Settings(limits=limits)
    with Store.open(f"sqlite:///{folder / 'egnatia.db'}") as store:
        node = Node(store, settings, standings)
        application = app(node, anonymous=anonymous)
        try:
            with serving(application) as url:
                yield Served(node, url, application)
        finally:
            node.admission.close()


@contextmanager
def serving(application: Application) -> Iterator[str]:
    """The application on a port of loopback; its URL."""
    with answering(application, application.state.surface.live.close) as server:
        yield f"http://127.0.0.1:{port_of(server)}"


@contextmanager
def answering(application: App, hang_up: Callable[[], None]) -> Iterator[Server]:
    """The node's own server in a thread, with any application."""
    config = uvicorn.Config(application, port=0, http="httptools", log_config=None, access_log=False)
    server = Server(config, hang_up)

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the server does not stop"


def port_of(server: Server) -> int:
    """Where it listens."""
    return int(server.servers[0].sockets[0].getsockname()[1])


def complete(client: httpx.Client, status: Mapping[str, Any], *, seconds: float = 60) -> dict[str, Any]:
    """The status of an envelope that was posted to the node, once it is complete."""
    deadline = time.monotonic() + seconds
    while status["status"] != "complete":
        assert time.monotonic() < deadline, status
        time.sleep(0.01)
        status = client.get(f"/taxii2/exchange/status/{status['id']}/").json()
    return dict(status)


def indicator(number: int, *, modified: str = "2026-01-01T00:00:00.000Z", **properties: object) -> bytes:
    """A valid indicator; its id follows from the number."""
    content = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012x}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": modified,
        "pattern": f"[domain-name:value = 'host{number}.example']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        "name": f"Indicator {number}",
        **properties,
    }
    return msgspec.json.encode(content)


def until(true: Callable[[], object]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)
