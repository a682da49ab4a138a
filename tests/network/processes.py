"""Real nodes: each a process of `egnatia serve` on loopback, made, started, killed and asked as an operator would."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from egnatia.exchange import token
from egnatia.exchange.peer.frame import Scope
from egnatia.exchange.submission import Right, Submitter
from egnatia.node import Node
from egnatia.record.marking import AUDIENCE_EXTENSION
from egnatia.record.schemas import SHARING_AGREEMENT
from egnatia.settings import FILE, Keys, Network, Organisation, Settings, Storage, load, to_toml

CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
STRICT = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"

PASSPHRASE = "for tests"
ENVIRONMENT = {**os.environ, "EGNATIA_PASSPHRASE": PASSPHRASE}
DAY = 86_400_000_000
SECONDS = 60.0
"""How long anything may take on a machine that has other things to do."""

Shown = dict[str, Any]


@dataclass(eq=False)
class Member:
    """An organisation with a node of its own."""

    name: str
    own: str
    home: Path
    url: str
    token: str = ""
    node_id: str = ""
    process: "subprocess.Popen[bytes] | None" = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    @property
    def config(self) -> Path:
        return self.home / FILE

    def open(self) -> Node:
        """The node's data directory, as the command line opens it, beside the server if that runs."""
        return Node.open(load(self.config, {}), PASSPHRASE)

    def start(self) -> None:
        """Does not wait until it answers."""
        with (self.home / "log").open("ab") as log:
            command = [sys.executable, "-m", "egnatia", "serve", "--config", str(self.config)]
            self.process = subprocess.Popen(command, env=ENVIRONMENT, stdout=log, stderr=subprocess.STDOUT)

    def ready(self) -> bool:
        """Whether it answers; fails where it has ended instead."""
        assert self.process is not None
        log = self.home / "log"
        assert self.process.poll() is None, f"{self.name} ended: {log.read_text(errors='replace')[-2000:]}"
        with suppress(httpx.HTTPError):
            return self.client.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        return False

    def stop(self) -> None:
        """As systemd would: it finishes what it does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def hang(self) -> None:
        """As one does whose disk does not answer; connections stay open."""
        self.tell(signal.SIGSTOP)

    def go_on(self) -> None:
        self.tell(signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        self.client.close()

    def tell(self, how: signal.Signals) -> None:
        """Does not wait for what it does."""
        if self.process is not None:
            self.process.send_signal(how)

    def _end(self, how: signal.Signals) -> None:
        self.tell(how)
        if self.process is not None:
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def submit(self, *bodies: bytes, client: httpx.Client | None = None) -> None:
        """Hands records in over HTTP; returns when they are durable."""
        answered = (client or self.client).post(
            f"{self.url}/api/v1/records", content=b"[" + b",".join(bodies) + b"]", headers=self._headers
        )
        assert answered.status_code == 201, answered.text[:1_000]

    def get(self, path: str, *, anonymous: bool = False, **query: str) -> Any:
        """The answer to a question, None for 404."""
        headers = {} if anonymous else self._headers
        answered = self.client.get(f"{self.url}/api/v1/{path}", params=query, headers=headers)
        if answered.status_code == 404:
            return None
        assert answered.status_code == 200, answered.text[:1_000]
        return answered.json()

    def record(self, record: str, *, anonymous: bool = False) -> Shown | None:
        """The record as it is seen here, None where it is not."""
        found = self.get(f"records/{record}", anonymous=anonymous)
        return None if found is None else found["records"][0]

    def recall(self, record: str) -> str:
        """Takes a record back; the id of the recall."""
        answered = self.client.post(
            f"{self.url}/api/v1/records/{record}/recall", json={"reason": "a mistake"}, headers=self._headers
        )
        assert answered.status_code == 202, answered.text[:1_000]
        return str(answered.json()["recall"])

    def sees(self, *records: str) -> bool:
        """Whether the node's organisation sees them all here."""
        return all(self.record(each) is not None for each in records)

    def mark(self) -> str:
        """The end of its feed now."""
        page = {"next": "start", "more": True}
        while page["more"]:
            page = self.get("changes", after=str(page["next"]), limit="10000")
        return str(page["next"])

    def arrived(self, after: str = "start") -> Counter[str]:
        """How many times each indicator comes in the feed after a mark; in the order in which they came."""
        counted: Counter[str] = Counter()
        page = {"next": after, "more": True}
        while page["more"]:
            page = self.get("changes", after=str(page["next"]), limit="10000", type="indicator")
            counted.update(shown["record"]["id"] for shown in page["records"])
        return counted

    def command(self, *words: str, ok: int = 0) -> Any:
        """What a command says with --json; fails the test where its exit code is another than `ok`."""
        command = [sys.executable, "-m", "egnatia", *words, "--config", str(self.config), "--json"]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False)
        assert done.returncode == ok, f"{words}: exit code {done.returncode}, {done.stdout!r}, {done.stderr!r}"
        return msgspec.json.decode(done.stdout)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def make(folder: Path, name: str, port: int, database: str = "") -> Member:
    """What `egnatia init` and `egnatia token create` do."""
    home = folder / name
    home.mkdir()
    settings = Settings(
        organisation=Organisation(name=name, id=f"identity--{uuid.uuid4()}", economy="other"),
        network=Network(listen=f"127.0.0.1:{port}"),
        storage=Storage(url=database),
        keys=Keys(),
        base=str(home),
    )
    member = Member(name, settings.organisation.id, home, settings.public_url)
    member.config.write_text(to_toml(settings), encoding="utf-8")
    Node.create(load(member.config, {}), PASSPHRASE)
    return member


def issue_token(node: Node) -> str:
    """A token of the node's own organisation with every right."""
    minted, now = token.mint(), time.time_ns() // 1_000
    node.store.tokens.add(
        token.Token(
            id=minted.id,
            digest=minted.digest,
            organisation=node.own,
            name="test",
            rights=frozenset(Right),
            created=now,
            expires=now + DAY,
        )
    )
    return minted.text


def pair(one: Node, other: Node, *, scope: Scope = "own") -> None:
    """Both invite, compare the words and confirm; `one` asks `other` for this scope, `other` for its own records."""
    here = one.pairings.accept(other.pairings.invite(), scope=scope)
    there = other.pairings.accept(one.pairings.invite())
    assert here.words == there.words
    one.pairings.confirm(other.node_id)
    other.pairings.confirm(one.node_id)


def agree(*nodes: Node) -> None:
    """An agreement of all their organisations is in force, as each of them knows."""
    body = msgspec.json.encode(
        {
            "type": "sharing-agreement",
            "spec_version": "2.1",
            "id": f"sharing-agreement--{uuid.uuid4()}",
            "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z",
            "object_marking_refs": [GREEN],
            "name": "Mutual help",
            "parties": sorted(node.own for node in nodes),
            "purposes": ["incident-response"],
            "legal_basis": "A memorandum",
            "valid_from": "2026-01-01T00:00:00Z",
            "onward_sharing": "clients",
            "extensions": {SHARING_AGREEMENT.extension_id: {"extension_type": "new-sdo"}},
        }
    )
    for node in nodes:
        done = node.admission.submit([body], Submitter(node.own, "test", frozenset(Right))).result(30)
        assert not done.refused, done.refused


def indicator(*markings: str, **more: str) -> tuple[str, bytes]:
    """A record under these markings and its id."""
    record, now = f"indicator--{uuid.uuid4()}", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
    body = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": record,
        "created": now,
        "modified": now,
        "name": record,
        "pattern": f"[domain-name:value = '{record[-12:]}.example']",
        "pattern_type": "stix",
        "valid_from": now,
        "object_marking_refs": markings or (GREEN,),
        **more,
    }
    return record, msgspec.json.encode(body)


def indicators(count: int) -> tuple[list[str], list[bytes]]:
    """Many GREEN ones."""
    pairs = [indicator() for _ in range(count)]
    return [record for record, _ in pairs], [body for _, body in pairs]


def audience(by: Member, *recipients: Member) -> tuple[str, bytes]:
    """A marking that names recipients and its id."""
    marking = f"marking-definition--{uuid.uuid4()}"
    body = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": marking,
        "created": "2026-01-01T00:00:00.000Z",
        "created_by_ref": by.own,
        "object_marking_refs": [GREEN],
        "extensions": {
            AUDIENCE_EXTENSION: {
                "extension_type": "property-extension",
                "recipient_refs": [each.own for each in recipients],
            }
        },
    }
    return marking, msgspec.json.encode(body)


def until(true: Callable[[], object], *, seconds: float = SECONDS) -> None:
    """Wait until it is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.05)


def until_ready(members: Sequence[Member]) -> None:
    """Wait until they all answer."""
    for each in members:
        until(each.ready)
