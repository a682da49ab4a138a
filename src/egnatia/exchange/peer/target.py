"""Whom to call, where, and for what."""

import msgspec

from egnatia.exchange.peer.frame import Scope
from egnatia.exchange.peer.pairing import Pairing
from egnatia.trust.cards import Cards
from egnatia.trust.party import Peer

LOOPBACK = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}
"""What never goes through a proxy."""


class Target(msgspec.Struct, frozen=True):
    """A peer with its keys, its address (empty where none is known), and what is asked of it."""

    peer: Peer
    endpoint: str
    scope: Scope


def target_of(pairing: Pairing, cards: Cards) -> Target:
    """The node of a pairing that `cards` believes: the operator's address before that of its card."""
    card = cards.card(pairing.node)
    endpoint = pairing.endpoint or next(iter(card.endpoints), "")
    return Target(Peer(pairing.node, card.keys.current), endpoint, pairing.scope)
