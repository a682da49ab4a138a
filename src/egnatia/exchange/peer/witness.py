"""What peers have signed of this node's audit log, asked back from them: no administrator of this node reaches it.

Who rewrites the log, signs new checkpoints and deletes the peers' signatures here still contradicts those that the
peers have kept. A peer cannot accuse this node falsely: what it hands back counts where this node signed it first.
And before it signs a newer head, a peer asks whether the row of the last one is still what it was.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec

from egnatia.exchange.peer.target import LOOPBACK, Target
from egnatia.store.store import Store
from egnatia.trust import wire
from egnatia.trust.audit import Countersignature, check_checkpoint, check_countersignature
from egnatia.trust.errors import Forged, Unopenable
from egnatia.trust.keys import KeysOf
from egnatia.trust.party import Local, Peer
from egnatia.trust.post import post, receive

ASKED, TOLD = "witness", "testimony"
RECOUNT, ROW = "recount", "row"
WITNESS = "peer/witness"
LIMIT_BYTES = 16 << 20
SECONDS = 15.0
_AT_ONCE = 8


class Testimony(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a peer keeps of what it has signed for who asks, the oldest first."""

    given: tuple[Countersignature, ...]


class Recount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A witness asks: what is the digest of row `seq` of your audit log now?"""

    seq: int


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is this; nothing where there is no such row."""

    seq: int
    digest: bytes


class Heard(msgspec.Struct, frozen=True):
    """What became of asking one peer: what it has signed, or why nothing of it counts."""

    node: str
    given: tuple[Countersignature, ...] = ()
    trouble: str = ""


def testify(store: Store, local: Local, peer: Peer, *, at: int) -> bytes:
    """The sealed answer to a peer that asks what this node has signed for it."""
    body = wire.encode(Testimony(store.witnesses.given(peer.node)))
    return post(local, peer, kind=TOLD, body=body, at=at)


def tell_row(store: Store, local: Local, peer: Peer, asked: bytes, *, at: int) -> bytes:
    """The sealed answer to a witness that asks for a row."""
    seq = wire.decode(asked, Recount, "recount").seq
    found = next(iter(store.audit_rows(max(0, seq - 1), 1)), None)
    digest = found.digest if found is not None and found.seq == seq else b""
    return post(local, peer, kind=ROW, body=wire.encode(Row(seq, digest)), at=at)


async def recounted(target: Target, local: Local, client: httpx.AsyncClient, *, seq: int, at: int) -> bytes | None:
    """The digest that a peer's log has for a row now; None where it does not answer. Raises `Forged`."""
    message = await asyncio.to_thread(post, local, target.peer, kind=RECOUNT, body=wire.encode(Recount(seq)), at=at)
    try:
        answered = await client.post(f"{target.endpoint.rstrip('/')}/{WITNESS}", content=message, timeout=SECONDS)
    except httpx.HTTPError:
        return None
    if answered.status_code != 200:
        return None
    told = await asyncio.to_thread(receive, answered.content, local, now=at)
    row = wire.decode(told.body, Row, "row")
    if (told.sender, told.kind, row.seq) != (target.peer.node, ROW, seq):
        raise Forged("row", f"a {told.kind[:20]!r} of {told.sender[:80]}")
    return row.digest


def hear(
    targets: Iterable[Target], local: Local, *, keys: KeysOf, at: int, transport: httpx.BaseTransport | None = None
) -> tuple[Heard, ...]:
    """Asks all of them, and waits for the slowest; `keys` gives those of this node and of peers, replaced ones too.
    `transport` is the way there, where it is no direct one."""
    mounts: dict[str, httpx.BaseTransport | None] = dict(LOOPBACK)
    made = httpx.Client(timeout=SECONDS, mounts=mounts, transport=transport)
    with made as client, ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(lambda target: _heard(target, local, client=client, keys=keys, at=at), targets))


def _heard(target: Target, local: Local, *, client: httpx.Client, keys: KeysOf, at: int) -> Heard:
    node = target.peer.node
    try:
        message = _ask(target, local, client, at)
        told = receive(message, local, now=at)
        if (told.sender, told.kind) != (node, TOLD):
            raise Forged("testimony", f"a {told.kind[:20]!r} of {told.sender[:80]}")
        given = wire.decode(told.body, Testimony, "testimony").given
        for each in given:
            _check(each, node, local.node, keys)
    except httpx.HTTPError as error:
        return Heard(node, trouble=f"{type(error).__name__}: {error}")
    except (Forged, Unopenable, ConnectionError) as error:
        return Heard(node, trouble=str(error))
    return Heard(node, given)


def _ask(target: Target, local: Local, client: httpx.Client, at: int) -> bytes:
    message = post(local, target.peer, kind=ASKED, body=b"", at=at)
    answer = bytearray()
    with client.stream("POST", f"{target.endpoint.rstrip('/')}/{WITNESS}", content=message) as answered:
        if answered.status_code != 200:
            raise ConnectionError(f"{target.endpoint} answered {answered.status_code}")
        for chunk in answered.iter_raw():
            answer += chunk
            if len(answer) > LIMIT_BYTES:
                raise Forged("testimony", f"it has more than {LIMIT_BYTES} bytes")
    return bytes(answer)


def _check(one: Countersignature, peer: str, own: str, keys: KeysOf) -> None:
    if (one.peer, one.checkpoint.node) != (peer, own):
        raise Forged("testimony", f"one of {one.peer[:80]} for {one.checkpoint.node[:80]}")
    check_countersignature(one, keys(peer, one.signature.key).verifying)
    check_checkpoint(one.checkpoint, keys(own, one.checkpoint.signature.key).verifying)
