"""How it goes with each peer, for whoever asks from whatever process: the server saves its figures now and then."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from egnatia.exchange.host import PeerStatus
from egnatia.exchange.peer.contact import Contact
from egnatia.exchange.peer.pairing import Pairing, Pairings, State
from egnatia.store.store import Store

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Contact).decode


def save(store: Store, contacts: Iterable[Contact]) -> None:
    """Keep what changed since it was last saved."""
    held = store.contacts.all()
    for contact in contacts:
        content = _encode(contact)
        if held.get(contact.node) != content:
            store.contacts.put(contact.node, content)


def contacts(store: Store) -> dict[str, Contact]:
    """What was saved, by node."""
    return {node: _decode(content) for node, content in store.contacts.all().items()}


def statuses(store: Store, pairings: Pairings) -> tuple[PeerStatus, ...]:
    """Every peer; nodes that are only known because a peer relays for them are none."""
    saved = contacts(store)
    return tuple(
        _status(pairing, pairings, saved.get(pairing.node) or Contact(pairing.node))
        for pairing in pairings.all()
        if pairing.state is not State.INTRODUCED
    )


def _status(pairing: Pairing, pairings: Pairings, contact: Contact) -> PeerStatus:
    trouble = contact.troubles[-1] if contact.troubles and not contact.connected_since else None
    return PeerStatus(
        node=pairing.node,
        name=pairings.name(pairing),
        state=pairing.state,
        lag=contact.lag,
        received=contact.received,
        sent=contact.sent,
        last_contact=_text(contact.last_contact) if contact.last_contact else None,
        error=trouble.what if trouble else _contradiction(contact),
    )


def _contradiction(contact: Contact) -> str:
    if not contact.contradicted:
        return ""
    return f"its audit log was rewritten or put back: row {contact.contradicted} is not what this node has signed"


def _text(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1e6, UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
