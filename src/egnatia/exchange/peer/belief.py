"""What is believed of what a peer sends: cards that are vouched for, attestations that hold, records they prove."""

import time
from collections.abc import Callable, Sequence, Set
from threading import Lock

import msgspec

from egnatia.exchange.ownership import problem as owner_problem
from egnatia.exchange.peer.frame import Item, Scope
from egnatia.exchange.peer.sealed import Contents
from egnatia.policy import redact
from egnatia.record import Invalid, Record, read
from egnatia.trust import wire
from egnatia.trust.attestation import Attestation, Proof
from egnatia.trust.attesting import Attestations, Sequences
from egnatia.trust.card import SignedCard
from egnatia.trust.cards import Cards
from egnatia.trust.errors import Forged
from egnatia.trust.merkle import check_path, leaf


class Arriving(msgspec.Struct, frozen=True):
    """A record that proved its origin, the node that attested it."""

    item: Item
    record: Record
    proof: Proof
    node: str


class Belief:
    """One for a node, thread-safe. `keep` takes a card that is new, its node, and who vouches for it."""

    def __init__(
        self,
        node: str,
        cards: Cards,
        *,
        members: Callable[[], Set[str]],
        keep: Callable[[SignedCard, str, str], None],
    ) -> None:
        self._node, self._cards, self._members, self._keep = node, cards, members, keep
        self._attestations = Attestations()
        self._sequences = Sequences()
        self._lock = Lock()

    def introduced(self, encoded: bytes, peer: str, lies: list[str]) -> None:
        """A card that the peer vouches for: its own, renewed, or of a node whose records it relays."""
        try:
            signed = wire.decode(encoded, SignedCard, "card")
            node = _node_of(signed)
            if node == self._node or self._is_known(node, signed):
                return
            now = _now()
            if node == peer:
                self._cards.update(signed, now=now)
            else:
                self._cards.introduce(signed, peer, now=now)
            self._keep(signed, node, peer)
        except Forged as forged:
            lies.append(f"card: {forged}")

    def _is_known(self, node: str, signed: SignedCard) -> bool:
        """Whether this card, or one as new, is held; relays may be behind."""
        if node not in self._cards.nodes:
            return False
        held = self._cards.signed(node)
        return held.body == signed.body or self._cards.card(node).serial >= _serial_of(signed)

    def attested(self, attestation: Attestation, peer: str, scope: Scope, lies: list[str]) -> bytes | None:
        """The digest of an attestation that holds, None for one that does not."""
        try:
            if scope == "own" and attestation.node != peer:
                raise Forged("attestation", f"by {attestation.node}, but only what {peer} attested was asked for")
            digest = self._attestations.check(attestation, self._cards.verifying(attestation))
            with self._lock:
                self._sequences.admit(attestation)
        except Forged as forged:
            lies.append(f"batch {attestation.sequence}: {forged}")
            return None
        return digest

    def arriving(self, item: Item, attested: Sequence[bytes | None], attestations: Sequence[Attestation]) -> Arriving:
        """A record that proves its origin by an attestation that holds; raises `Forged` or `Invalid`."""
        if not 0 <= item.attestation < len(attested):
            raise Forged("record", "it names an attestation that is not on its page")
        digest, attestation = attested[item.attestation], attestations[item.attestation]
        if digest is None:
            raise Forged("record", f"batch {attestation.sequence} of {attestation.node} does not hold")
        self._cards.check_owner(attestation, item.owner)
        found = leaf(item.owner, item.applied, item.body)
        if not check_path(found, item.index, attestation.count, item.path, attestation.root):
            raise Forged("record", f"owner, markings or bytes are not those of leaf {item.index} of the batch")
        record = read(item.body, tolerant=True)
        problem = owner_problem(record.head, item.owner, self._members())
        if problem is not None:
            raise Invalid((problem,))
        if item.redacted and redact(record) is not None:
            raise Forged("record", "it is said to be redacted, but parts of it are marked")
        return Arriving(item, record, Proof(digest, item.index, item.path), attestation.node)

    def is_of_strangers(self, contents: Contents) -> bool:
        """Whether something inside is by a node, with a key or for an organisation that no known card names."""
        for one in contents.attestations:
            if one.node not in self._cards.nodes:
                return True
            if one.signature.key not in {keys.verifying.id for keys in self._cards.card(one.node).keys.all}:
                return True
        owners = {item.owner for item in contents.items}
        hosts = {one.node for one in contents.attestations}
        return not owners <= {each.id for node in hosts for each in self._cards.card(node).organisations}


class _Serial(msgspec.Struct):
    node: str
    serial: int


def _node_of(signed: SignedCard) -> str:
    return _claims(signed).node


def _serial_of(signed: SignedCard) -> int:
    return _claims(signed).serial


def _claims(signed: SignedCard) -> _Serial:
    """What a card that was not checked yet says of itself."""
    try:
        return msgspec.msgpack.decode(signed.body, type=_Serial)
    except (msgspec.DecodeError, ValueError, RecursionError) as unreadable:
        raise Forged("card", f"it cannot be read: {unreadable}") from None


def _now() -> int:
    return time.time_ns() // 1_000
