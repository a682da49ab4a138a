"""Who this node exchanges with: invitations go out of band, people compare five words, both sides confirm.

Nothing is believed of a node before its card was confirmed here, and nothing is sent to it.
"""

import enum
import time
from collections.abc import Callable

import msgspec

from egnatia.exchange.peer.frame import Scope
from egnatia.store.entry import Batch, Note
from egnatia.store.store import Store
from egnatia.trust import wire
from egnatia.trust.card import Card, SignedCard, endorse, read_card
from egnatia.trust.cards import Cards
from egnatia.trust.errors import Forged
from egnatia.trust.fingerprint import Fingerprint, comparison, fingerprint
from egnatia.trust.invitation import armour, check_invitation, invite, unarmour
from egnatia.trust.keys import PrivateKeys

INVITATION_DAYS = 14
OPERATOR = "operator"
"""Who acts on the node's machine itself, as the audit log calls them."""


class State(enum.StrEnum):
    """How far a pairing has come. An introduced node is no peer: its card is known because a peer relays for it."""

    INVITED = "invited"
    CONFIRMED = "confirmed"
    PAUSED = "paused"
    INTRODUCED = "introduced"


class OwnInvitation(Forged):
    """The invitation is this node's own."""


class PairedAlready(Forged):
    """The invitation is of a node that is a peer."""


class Shown(msgspec.Struct, frozen=True):
    """A card that the node showed before the one it shows now; `until` is when that one took its place."""

    serial: int
    issued: int
    key: str
    endpoints: tuple[str, ...]
    until: int


class Pairing(msgspec.Struct, frozen=True):
    """What this node keeps about another. `scope` is what is asked of it; `endpoint` replaces that of its card;
    `by` is the peer that introduced it; `earlier` are the last twenty cards before this one, oldest first. Times are
    microseconds UTC."""

    node: str
    state: State
    card: SignedCard
    scope: Scope = "own"
    endpoint: str = ""
    since: int = 0
    by: str = ""
    earlier: tuple[Shown, ...] = ()


class Prospect(msgspec.Struct, frozen=True):
    """Who invites, for a person to judge: `words` are the same five at both nodes if nobody stands between them."""

    node: str
    name: str
    economy: str
    organisations: tuple[str, ...]
    endpoint: str
    words: str
    fingerprint: Fingerprint


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Pairing).decode


class Pairings:
    """The node's book of peers, in the store; several processes may use it."""

    def __init__(self, store: Store, own: Callable[[], SignedCard], keys: Callable[[], PrivateKeys]) -> None:
        self._store, self._own, self._keys = store, own, keys

    def all(self) -> tuple[Pairing, ...]:
        """Every node that is known, by id."""
        return tuple(_decode(content) for _, content in sorted(self._store.peers.all().items()))

    def invite(self, *, actor: str = OPERATOR) -> str:
        """A text to send to the other operator by any means that both trust enough to notice a forgery."""
        self._note("", "invitation written", actor)
        until = _now() + INVITATION_DAYS * 86_400_000_000
        return armour(invite(self._own(), self._keys(), until=until))

    def accept(self, text: str, *, scope: Scope = "own", endpoint: str = "", actor: str = OPERATOR) -> Prospect:
        """Keep an invitation until people have compared words; nothing else happens yet. Raises `Forged`."""
        invitation = unarmour(text)
        card = check_invitation(invitation, now=_now())
        known = self.find(card.node)
        if known is not None and known.state in {State.CONFIRMED, State.PAUSED}:
            raise PairedAlready("invitation", f"{card.node} is a peer already; remove it first to pair anew")
        if card.node == read_card(self._own(), now=_now()).node:
            raise OwnInvitation("invitation", "it is this node's own")
        self._keep(Pairing(card.node, State.INVITED, invitation.card, scope, endpoint, _now()), "invited", actor)
        return self.prospect(card.node)

    def prospect(self, node: str) -> Prospect:
        """What to compare before confirming. Raises KeyError for a node that is not known."""
        pairing = self._get(node)
        card = read_card(pairing.card, now=_now())
        return Prospect(
            node=node,
            name=card.operator.name,
            economy=card.operator.economy,
            organisations=tuple(each.id for each in card.organisations),
            endpoint=pairing.endpoint or next(iter(card.endpoints), ""),
            words=comparison(self._own().body, pairing.card.body),
            fingerprint=fingerprint(card.keys.current.id),
        )

    def name(self, pairing: Pairing) -> str:
        """What the node's operator calls itself, as its card says; not checked again."""
        return msgspec.msgpack.decode(pairing.card.body, type=Card).operator.name

    def confirm(self, node: str, *, actor: str = OPERATOR) -> Pairing:
        """The words were the same: exchange from now on. Raises KeyError for a node that did not invite."""
        return self._turn(node, State.CONFIRMED, actor)

    def refuse(self, node: str, *, actor: str = OPERATOR) -> None:
        """The words were not the same: nothing is exchanged, and it is written down. Raises KeyError."""
        self._get(node)
        self._note(node, "words differ", actor)

    def pause(self, node: str, *, actor: str = OPERATOR) -> Pairing:
        """Neither send nor ask until `resume`."""
        return self._turn(node, State.PAUSED, actor)

    def resume(self, node: str, *, actor: str = OPERATOR) -> Pairing:
        """Go on where the pause began."""
        return self._turn(node, State.CONFIRMED, actor)

    def rescope(self, node: str, scope: Scope, *, actor: str = OPERATOR) -> Pairing:
        """Ask for its own records only, or for those that it relays as well."""
        pairing = msgspec.structs.replace(self._get(node), scope=scope)
        self._keep(pairing, f"scope {scope}", actor)
        return pairing

    def remove(self, node: str, *, actor: str = OPERATOR) -> None:
        """End the exchange; what was received stays under its owners' rules."""
        self._get(node)
        self._store.peers.remove(node)
        self._note(node, "removed", actor)

    def introduced(self, card: SignedCard, node: str, by: str) -> None:
        """Keep the card of a node that a peer relays for, or a peer's renewed card."""
        known = self.find(node)
        if known is not None:
            earlier = known.earlier
            if known.card.body != card.body:
                earlier = (*earlier[-19:], _shown(known.card))
            self._store.peers.put(node, _encode(msgspec.structs.replace(known, card=card, earlier=earlier)))
        else:
            self._store.peers.put(node, _encode(Pairing(node, State.INTRODUCED, card, since=_now(), by=by)))

    def believed(self, cards: Cards) -> tuple[Pairing, ...]:
        """Make known to `cards` what is confirmed here or was introduced by who is; those that count."""
        found = []
        for pairing in self.all():
            try:
                if pairing.state in {State.CONFIRMED, State.PAUSED} and not _holds(cards, pairing):
                    cards.pair(pairing.card, now=_now())
                elif pairing.state is State.INTRODUCED and not _holds(cards, pairing):
                    cards.introduce(pairing.card, pairing.by, now=_now())
            except Forged:
                continue
            found.append(pairing)
        return tuple(found)

    def endorsed(self, signed: SignedCard, node: str) -> bytes:
        """A card with this node's word for it, to pass on with the records that its holder attested."""
        return wire.encode(endorse(signed, self._keys(), node=node, at=_now()))

    def _turn(self, node: str, state: State, actor: str) -> Pairing:
        pairing = msgspec.structs.replace(self._get(node), state=state)
        if pairing.state is State.INTRODUCED:
            raise KeyError(node)
        self._keep(pairing, state, actor)
        return pairing

    def find(self, node: str) -> Pairing | None:
        """What is kept about a node; None where it is not known."""
        content = self._store.peers.all().get(node)
        return None if content is None else _decode(content)

    def _get(self, node: str) -> Pairing:
        pairing = self.find(node)
        if pairing is None:
            raise KeyError(node)
        return pairing

    def _keep(self, pairing: Pairing, what: str, actor: str) -> None:
        self._store.peers.put(pairing.node, _encode(pairing))
        self._note(pairing.node, what, actor)

    def _note(self, node: str, what: str, actor: str) -> None:
        self._store.append(Batch(notes=(Note(actor, "pairing", node, what),))).result()


def _holds(cards: Cards, pairing: Pairing) -> bool:
    return pairing.node in cards.nodes and cards.signed(pairing.node).body == pairing.card.body


def _shown(signed: SignedCard) -> Shown:
    card = msgspec.msgpack.decode(signed.body, type=Card)
    return Shown(card.serial, card.issued, card.keys.all[-1].id, card.endpoints, _now())


def organisations(card: Card) -> tuple[str, ...]:
    """Whom a node hosts, itself first."""
    return tuple(each.id for each in card.organisations)


def _now() -> int:
    return time.time_ns() // 1_000
