"""Who calls with garbage, in another version, or never reads what it asked for harms nobody else."""

import socket
import time

import httpx
import msgspec
import pytest
from tests.network.conftest import Mesh
from tests.network.processes import GREEN, Member, indicator, until

from egnatia.exchange.peer.frame import Subscription, encode_subscription
from egnatia.trust.channel import Initiator
from egnatia.trust.freshness import Freshness
from egnatia.trust.party import Local, Peer

pytestmark = pytest.mark.network


def hello(caller: Member, called: Member, *versions: int) -> bytes:
    """What a peer says first, in its name."""
    with caller.open() as node, called.open() as other:
        keys = other.card.keys.current
        local = Local(node.node_id, node.keys, keys_of=lambda *_: keys, freshness=Freshness())
        peer = Peer(other.node_id, keys)
    asked = encode_subscription(Subscription(versions, "own", 0, (), "", packed=False))
    return Initiator(local, peer, request=asked, at=time.time_ns() // 1_000).hello


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\0" * 100, b"GET / HTTP/1.1\r\n\r\n", msgspec.msgpack.encode({"a": [1, 2, 3]})],
    ids=["nothing", "zeros", "another protocol", "another message"],
)
@pytest.mark.parametrize("path", ["feed", "post"])
def test_garbage_learns_nothing_but_that_it_is_no_peer(mesh: Mesh, path: str, garbage: bytes) -> None:
    answered = httpx.post(f"{mesh.me.url}/peer/{path}", content=garbage, timeout=30)
    assert (answered.status_code, "not a peer" in answered.text) == (403, True)


def test_a_peer_of_another_version_is_told_so_and_the_others_go_on(mesh: Mesh) -> None:
    answered = httpx.post(f"{mesh.me.url}/peer/feed", content=hello(mesh.al, mesh.me, 2, 9), timeout=30)
    assert answered.status_code == 409
    assert "this node speaks version 1" in answered.text
    record, body = indicator(GREEN)
    mesh.me.submit(body)
    until(lambda: mesh.al.sees(record) and mesh.rs.sees(record))


def test_a_peer_that_never_reads_holds_nobody_up(mesh: Mesh) -> None:
    """In the bank's name, while the bank is away; 16 MB do not fit into any buffer on the way."""
    mesh.bank.stop()
    greeting = hello(mesh.bank, mesh.me, 1)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect(("127.0.0.1", httpx.URL(mesh.me.url).port or 0))
        deaf.sendall(b"POST /peer/feed HTTP/1.1\r\nHost: me\r\nContent-Length: %d\r\n\r\n" % len(greeting) + greeting)
        records = [indicator(GREEN, description="x" * 20_000) for _ in range(800)]
        for start in range(0, 800, 100):
            mesh.me.submit(*(body for _, body in records[start : start + 100]))
        ids = {record for record, _ in records}
        until(lambda: mesh.rs.arrived().keys() >= ids and mesh.al.arrived().keys() >= ids)
    mesh.bank.start()
    until(mesh.bank.ready)
    until(lambda: mesh.bank.arrived().keys() >= ids)
    assert {count for record, count in mesh.bank.arrived().items() if record in ids} == {1}
