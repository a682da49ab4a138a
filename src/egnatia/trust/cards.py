"""The cards that this node believes, and whose keys they make known. Pure and thread-safe: readers see one state."""

from threading import Lock

from egnatia.trust.attestation import Attestation
from egnatia.trust.card import Card, Organisation, SignedCard, check_endorsement, check_succeeds, read_card
from egnatia.trust.errors import Forged
from egnatia.trust.keys import PublicKeys
from egnatia.trust.signing import VerifyingKeys


class Cards:
    """At most one card per node, and one node per organisation."""

    def __init__(self) -> None:
        self._cards: dict[str, tuple[SignedCard, Card]] = {}
        self._hosts: dict[str, str] = {}
        self._lock = Lock()

    def pair(self, signed: SignedCard, *, now: int) -> Card:
        """Believe a card because people compared fingerprints. Whoever is known already must be continued."""
        return self._put(signed, read_card(signed, now=now))

    def introduce(self, signed: SignedCard, by: str, *, now: int) -> Card:
        """Believe a card because the node `by`, known here, endorses it."""
        check_endorsement(signed, by, self.card(by).keys)
        return self._put(signed, read_card(signed, now=now))

    def update(self, signed: SignedCard, *, now: int) -> Card:
        """Take a newer card of a known node; the one already held changes nothing."""
        card = read_card(signed, now=now)
        if card.node not in self._cards:
            raise Forged("card", f"{card.node} is not known here: pair with it, or have it introduced")
        return self._put(signed, card)

    def forget(self, node: str) -> None:
        """From now on the node is unknown (the pairing was ended)."""
        with self._lock:
            self._cards = {name: held for name, held in self._cards.items() if name != node}
            self._hosts = {owner: name for owner, name in self._hosts.items() if name != node}

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(self._cards)

    def signed(self, node: str) -> SignedCard:
        """To pass on. Raises `Forged` for an unknown node."""
        return self._held(node)[0]

    def card(self, node: str) -> Card:
        """Raises `Forged` for an unknown node."""
        return self._held(node)[1]

    def organisation(self, owner: str) -> Organisation:
        """Raises `Forged` for one that no known node hosts."""
        node = self._hosts.get(owner)
        if node is None:
            raise Forged("owner", f"no known node hosts {owner}")
        return self.card(node).organisation(owner)

    def keys_of(self, node: str, verifying: str) -> PublicKeys:
        """A `KeysOf`: for messages of now, so the node's current keys only."""
        keys = self.card(node).keys.current
        if keys.verifying.id != verifying:
            raise Forged("key", f"{verifying[:16]!r} is not the current key of {node}")
        return keys

    def any_keys_of(self, node: str, verifying: str) -> PublicKeys:
        """A `KeysOf` for what was signed in the past (checkpoints): replaced keys too, revoked ones not."""
        return self.card(node).keys.keys(verifying)

    def verifying(self, attestation: Attestation) -> VerifyingKeys:
        """The keys that may have signed it: of its node, at its time, not revoked. Raises `Forged`."""
        history = self.card(attestation.node).keys
        return history.keys(attestation.signature.key, at=attestation.at).verifying

    def check_owner(self, attestation: Attestation, owner: str) -> Organisation:
        """Raises `Forged` when the node attests in the name of an organisation that it does not host."""
        return self.card(attestation.node).organisation(owner)

    def _held(self, node: str) -> tuple[SignedCard, Card]:
        try:
            return self._cards[node]
        except KeyError:
            raise Forged("node", f"{node} is not known here") from None

    def _put(self, signed: SignedCard, card: Card) -> Card:
        with self._lock:
            held = self._cards.get(card.node)
            if held is not None and held[0].body != signed.body:
                check_succeeds(card, held[1])
            hosts = {owner: node for owner, node in self._hosts.items() if node != card.node}
            for organisation in card.organisations:
                if organisation.id in hosts:
                    raise Forged("owner", f"{organisation.id} is hosted by {hosts[organisation.id]} already")
                hosts[organisation.id] = card.node
            self._cards = {**self._cards, card.node: (signed, card)}
            self._hosts = hosts
        return card
