"""Who has received what, and when; who has obeyed a recall, and who cannot be reached.

Two sources: a peer's signed acknowledgements (it has stored all that it may see of our log up to a position), and
`receipt` records, by which a node answers a recall and speaks for itself across relays.
"""

import uuid
from datetime import UTC, datetime

import msgspec

from egnatia.exchange.peer.frame import Acknowledgement, Misbehaved
from egnatia.exchange.peer.reach import covered, is_sound, newly
from egnatia.exchange.takeback import ERASE, takeback
from egnatia.policy import TLP_2, Tlp
from egnatia.record import Record, read
from egnatia.record.agreement import Receipt
from egnatia.record.marking import AUDIENCE_EXTENSION
from egnatia.record.schemas import RECEIPT
from egnatia.store.entry import Cursor
from egnatia.store.store import Store

_STRICT = next(marking for marking, tlp in TLP_2.items() if tlp is Tlp.AMBER_STRICT)
_BEGINNING = "2026-01-01T00:00:00.000Z"  # an audience of one id never changes, so that it is the same for everyone
_NAMESPACE = uuid.UUID("6f1c7f0e-51ad-4f0c-9a38-0d8f5a3c2b17")


class Received(msgspec.Struct, frozen=True):
    """A peer has stored a record durably; `at` is when it said so, microseconds UTC."""

    node: str
    at: int


class Acknowledgements:
    """What peers have acknowledged of this node's log."""

    def __init__(self, store: Store, node: str) -> None:
        self._store, self._node = store, node
        self._standing: dict[str, Cursor] = {}

    def take(self, peer: str, said: Acknowledgement, *, at: int) -> Cursor:
        """Keep what is new in it; `Misbehaved` where it is about another node or cannot be true."""
        if said.publisher != self._node:
            raise Misbehaved(f"an acknowledgement of {said.publisher[:80]!r}, not of this node")
        if not is_sound(said.live, said.gaps) or said.live > self._store.position():
            raise Misbehaved(f"an acknowledgement up to {said.live} with the gaps {said.gaps[:4]}")
        now = Cursor(peer, said.live, said.gaps)
        fresh = newly(self.standing(peer), now)
        if fresh:
            self._store.acknowledgements.add(peer, fresh, at)
            for after, until in fresh:
                self._standing[peer] = covered(self._standing[peer], after, until)
        return now

    def standing(self, peer: str) -> Cursor:
        """All that it ever acknowledged."""
        cursor = self._standing.get(peer)
        if cursor is None:
            cursor = Cursor(peer, 0)
            for after, until in self._store.acknowledgements.of(peer):
                cursor = covered(cursor, after, until)
            self._standing[peer] = cursor
        return cursor

    def of(self, position: int) -> tuple[Received, ...]:
        """Who says to have what stands at `position`, if it may be seen there; ask policy whether it may."""
        return tuple(Received(node, at) for node, at in self._store.acknowledgements.at(position))


class _Answered(msgspec.Struct):
    recall_ref: str = ""


def unanswered(store: Store, own: str) -> tuple[tuple[Record, str], ...]:
    """The recalls of others that were obeyed here, with their owners, and that this organisation has given no receipt
    for: the node stopped in between."""
    others = (row for row in store.custody.records("recall") if row.source and row.owner != own)
    # In an exercise nobody answers for real: what is taken back there is seen to be gone.
    recalls = [row for row in others if not row.label.exercise]
    if not recalls:
        return ()
    receipts = (row for row in store.custody.records("receipt") if row.owner == own)
    answered = {msgspec.json.decode(row.body, type=_Answered).recall_ref for row in receipts}
    return tuple((read(row.body, tolerant=True), row.owner) for row in recalls if row.id not in answered)


def answer(recall: Record, *, recipient: str, to: str, now: datetime) -> tuple[bytes, bytes]:
    """This organisation's answer to a recall that was obeyed, for the recall's owner `to` alone: audience, receipt."""
    stamp = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    said = takeback(recall)
    audience = f"marking-definition--{uuid.uuid5(_NAMESPACE, f'{recipient} to {to}')}"
    marking = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": audience,
        "created": _BEGINNING,
        "created_by_ref": recipient,
        "extensions": {AUDIENCE_EXTENSION: {"extension_type": "property-extension", "recipient_refs": [to]}},
    }
    receipt = Receipt(
        spec_version="2.1",
        id=f"receipt--{uuid.uuid4()}",
        created=stamp,
        modified=stamp,
        created_by_ref=recipient,
        object_marking_refs=(_STRICT, audience),
        recipient_ref=recipient,
        event="purged" if said.action == ERASE else "hidden",
        at=stamp,
        object_refs=(said.object_ref,),
        recall_ref=recall.head.id,
    )
    return msgspec.json.encode(marking), RECEIPT.write(receipt)
