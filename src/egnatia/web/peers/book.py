"""The book of peers as people read it: who each is, whether it is there, what is wrong in words."""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

from egnatia.exchange.peer.contact import Contact, Kind, Trouble
from egnatia.exchange.peer.frame import Scope
from egnatia.exchange.peer.pairing import Pairing, Shown, State
from egnatia.store import Cursor
from egnatia.trust import Card
from egnatia.trust.fingerprint import Fingerprint, fingerprint
from egnatia.web.language.speech import N_

SILENCE: Final = 45_000_000
"""Microseconds after which a peer that says nothing is not called connected: it beats every ten seconds."""

NAMED_ECONOMIES: Final = {"WB": "regional", "ZZ": "other"}
"""How cards write what settings call otherwise."""


class Standing(enum.StrEnum):
    """How it stands with a peer at this moment."""

    CONNECTED = "connected"
    CATCHING_UP = "catching up"
    TRYING = "trying"
    WAITING = "waiting"
    PAUSED = "paused"


WORDS: Mapping[Standing, str] = {
    Standing.CONNECTED: N_("Connected"),
    Standing.CATCHING_UP: N_("Catching up"),
    Standing.TRYING: N_("Not connected"),
    Standing.WAITING: N_("Waiting for the words to be compared"),
    Standing.PAUSED: N_("Paused"),
}

KINDS: Mapping[Standing, str] = {
    Standing.CONNECTED: "good",
    Standing.CATCHING_UP: "info",
    Standing.TRYING: "bad",
    Standing.WAITING: "warn",
    Standing.PAUSED: "plain",
}
"""How a badge shows it."""

TROUBLES: Mapping[Kind, str] = {
    Kind.UNREACHABLE: N_("It cannot be reached: nothing answers at its address, or the way there is broken."),
    Kind.REFUSED: N_(
        "It answers, but does not let this node in: it has not confirmed the pairing yet, has paused it, or is"
        " overloaded."
    ),
    Kind.DISBELIEVED: N_(
        "What it sent is not believed: a signature, a key or the order does not fit. Nothing of it was taken."
    ),
    Kind.NOT_TAKEN: N_("One of its records was not taken."),
    Kind.ENDED: N_("It ended the conversation itself, as a node does that restarts."),
    Kind.BROKEN: N_("The conversation broke off."),
}
"""What each kind of trouble means for people."""


class Hosted(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation on a node's card."""

    id: str
    name: str
    economy: str
    fingerprint: Fingerprint


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One of the keys that a node has had; `revoked` is the reason where it was given up, `since` 0 for its first."""

    fingerprint: Fingerprint
    since: int
    current: bool
    revoked: str | None = None


class PeerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One peer in the list. Times are microseconds UTC, 0 for never."""

    node: str
    name: str
    economy: str
    standing: Standing
    scope: Scope
    since: int
    contact: Contact
    trouble: Trouble | None

    @property
    def words(self) -> str:
        """How it stands, to be translated."""
        return WORDS[self.standing]

    @property
    def kind(self) -> str:
        """How a badge shows it."""
        return KINDS[self.standing]

    @property
    def rewritten(self) -> int:
        """The row of its audit log that is not what this node has signed; 0 while all is well."""
        return self.contact.contradicted

    @property
    def trouble_words(self) -> str:
        """What is wrong, to be translated; empty while all is well."""
        return TROUBLES[self.trouble.kind] if self.trouble else ""


class PeerDetail(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one peer."""

    row: PeerRow
    endpoint: str
    endpoint_of_card: str
    organisations: tuple[Hosted, ...]
    keys: tuple[Key, ...]
    serial: int
    issued: int
    until: int
    earlier: tuple[Shown, ...]
    gaps: tuple[tuple[int, int], ...]
    read_to: int
    introduced: int

    @property
    def troubles(self) -> tuple[tuple[Trouble, str], ...]:
        """The last of them, newest first, each with what it means."""
        return tuple((each, TROUBLES[each.kind]) for each in reversed(self.row.contact.troubles))


def card_of(pairing: Pairing) -> Card:
    """What the node's card says; not checked again."""
    return msgspec.msgpack.decode(pairing.card.body, type=Card)


def economy_of(code: str) -> str:
    """The economy of a card, as this node writes it."""
    return NAMED_ECONOMIES.get(code, code)


def row_of(pairing: Pairing, contact: Contact, now: int) -> PeerRow:
    """A peer in the list, as it stands now."""
    operator = card_of(pairing).operator
    standing = _standing(pairing.state, contact, now)
    last = contact.troubles[-1] if contact.troubles else None
    return PeerRow(
        node=pairing.node,
        name=operator.name,
        economy=economy_of(operator.economy),
        standing=standing,
        scope=pairing.scope,
        since=pairing.since,
        contact=contact,
        trouble=last if standing is Standing.TRYING else None,
    )


def _standing(state: State, contact: Contact, now: int) -> Standing:
    if state is State.PAUSED:
        return Standing.PAUSED
    if state is not State.CONFIRMED:
        return Standing.WAITING
    if not contact.connected_since or now - contact.last_contact > SILENCE:
        return Standing.TRYING
    return Standing.CATCHING_UP if contact.lag else Standing.CONNECTED


def detail_of(row: PeerRow, pairing: Pairing, cursor: Cursor, introduced: int) -> PeerDetail:
    """One peer with all that is known of it; `introduced` is how many nodes are known because of it."""
    card = card_of(pairing)
    of_card = next(iter(card.endpoints), "")
    return PeerDetail(
        row=row,
        endpoint=pairing.endpoint or of_card,
        endpoint_of_card=of_card,
        organisations=hosted(card),
        keys=_keys(card),
        serial=card.serial,
        issued=card.issued,
        until=card.until,
        earlier=tuple(reversed(pairing.earlier)),
        gaps=cursor.gaps,
        read_to=cursor.live,
        introduced=introduced,
    )


def hosted(card: Card) -> tuple[Hosted, ...]:
    """For whom a node publishes, its operator first."""
    return tuple(
        Hosted(
            id=each.id,
            name=each.name,
            economy=economy_of(each.economy),
            fingerprint=fingerprint(each.keys.all[-1].id),
        )
        for each in card.organisations
    )


def _keys(card: Card) -> tuple[Key, ...]:
    """The newest first."""
    reasons = {each.key: each.reason for each in card.keys.revocations}
    since = (0, *(rotation.at for rotation in card.keys.rotations))
    keys = zip(card.keys.all, since, strict=True)
    return tuple(
        Key(
            fingerprint=fingerprint(each.id),
            since=at,
            current=each.id == card.keys.all[-1].id,
            revoked=reasons.get(each.id),
        )
        for each, at in reversed(tuple(keys))
    )
