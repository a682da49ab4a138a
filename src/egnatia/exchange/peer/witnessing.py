"""This node as a witness of its peers' audit logs, and its peers as witnesses of its own."""

import asyncio
import logging
import time

import httpx

from egnatia.exchange.peer.contact import Contact, Kind
from egnatia.exchange.peer.frame import Misbehaved
from egnatia.exchange.peer.target import Target
from egnatia.exchange.peer.witness import RECOUNT, recounted, tell_row, testify
from egnatia.store.entry import Batch, Note
from egnatia.store.store import Store
from egnatia.trust import wire
from egnatia.trust.audit import (
    Checkpoint,
    Countersignature,
    check_checkpoint,
    check_countersignature,
    check_follows,
    checkpoint,
    countersign,
)
from egnatia.trust.cards import Cards
from egnatia.trust.errors import Forged
from egnatia.trust.party import Local, Peer
from egnatia.trust.post import Post

log = logging.getLogger(__name__)


class Witnessing:
    """One for a node. All but `recount` wait for the disk: call them on a thread."""

    def __init__(self, store: Store, local: Local, cards: Cards) -> None:
        self._store, self._local, self._cards = store, local, cards

    def head(self) -> bytes:
        """The head of this node's log, signed now, to be shown to everybody; empty before the first row."""
        head = self._store.last_audit_row()
        if head is None:
            return b""
        witnesses = self._store.witnesses
        last = witnesses.latest(1)
        at = max(_now(), last[0][0].at if last else 0)  # peers refuse a head that is older than the one before
        signed = checkpoint(head, self._local.keys.signing, node=self._local.node, at=at)
        witnesses.checkpoint(signed)
        witnesses.thin(at)
        return wire.encode(signed)

    def take(self, node: str, encoded: bytes) -> Countersignature:
        """A peer's signature under a head of ours, kept where `audit verify` looks."""
        said = wire.decode(encoded, Countersignature, "countersignature")
        if said.peer != node or said.checkpoint.node != self._local.node:
            raise Misbehaved(f"a countersignature of {said.peer[:80]!r} for {said.checkpoint.node[:80]!r}")
        check_countersignature(said, self._cards.keys_of(node, said.signature.key).verifying)
        self._store.witnesses.countersign(said)
        return said

    def countersign(self, peer: str, encoded: bytes) -> bytes:
        """A peer's head, signed by us as well; `Forged` where it contradicts what it showed before."""
        shown = wire.decode(encoded, Checkpoint, "checkpoint")
        if shown.node != peer:
            raise Forged("checkpoint", f"{peer} shows one of {shown.node}")
        check_checkpoint(shown, self._cards.keys_of(peer, shown.signature.key).verifying)
        given = self._store.witnesses.given(peer)
        if given:
            check_follows(shown, given[-1].checkpoint)
        ours = countersign(shown, self._local.keys.signing, peer=self._local.node, at=_now())
        self._store.witnesses.give(ours)
        return wire.encode(ours)

    def answer(self, asked: Post) -> bytes:
        """What a peer asks about audit logs: what was signed of its own, or a row of ours."""
        peer = Peer(asked.sender, self._cards.card(asked.sender).keys.current)
        if asked.kind == RECOUNT:
            return tell_row(self._store, self._local, peer, asked.body, at=_now())
        return testify(self._store, self._local, peer, at=_now())

    async def recount(self, target: Target, contact: Contact, client: httpx.AsyncClient) -> None:
        """Ask whether the last head that was signed for a peer still stands in its log, and say it aloud where it does
        not; what was signed stays here as evidence."""
        node = target.peer.node
        given = await asyncio.to_thread(self._store.witnesses.given, node)
        if not given:
            return
        last = given[-1].checkpoint
        digest = await recounted(target, self._local, client, seq=last.seq, at=_now())
        if digest in {None, last.digest} or contact.contradicted == last.seq:
            return
        what = f"row {last.seq} of its audit log is not what this node has signed: it was rewritten, or put back"
        contact.contradicted = last.seq
        contact.troubled(_now(), what, Kind.DISBELIEVED)
        log.warning("%s: %s", node, what)
        note = Note(actor=node, action="contradiction", subject="audit", detail=what)
        await asyncio.wrap_future(self._store.append(Batch(notes=(note,))))


def _now() -> int:
    return time.time_ns() // 1_000
