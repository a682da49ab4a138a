"""A card is what a node says of itself: its keys, whom it hosts, where it answers; signed with those very keys.

A newer card replaces an older one only when all its keys continue the older ones. What is signed are the exact
bytes, so a card of a later version with more in it still verifies.
"""

import re
from hashlib import sha256

import msgspec

from egnatia.trust import wire
from egnatia.trust.attestation import Signature
from egnatia.trust.errors import Expired, Forged
from egnatia.trust.keys import PrivateKeys, PublicKeys
from egnatia.trust.packing import pack
from egnatia.trust.succession import KeyHistory

CARD = "egnatia card 1"
HOSTING = "egnatia hosting 1"
ENDORSEMENT = "egnatia endorsement 1"
_ECONOMY = re.compile(r"[A-Z]{2}")
_ENDPOINT = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_SKEW = 300_000_000


class Organisation(msgspec.Struct, frozen=True):
    """Who answers for records: an identity id, a name, an economy code (AL, BA, XK, ME, MK, RS, EU), its keys.

    `consent` is its own signature that this node hosts it under this name.
    """

    id: str
    name: str
    economy: str
    keys: KeyHistory
    consent: Signature


class Card(msgspec.Struct, frozen=True):
    """The content of a card. `serial` grows with each; times are microseconds UTC; `operator` is hosted too."""

    node: str
    serial: int
    issued: int
    until: int
    keys: KeyHistory
    operator: Organisation
    hosted: tuple[Organisation, ...] = ()
    endpoints: tuple[str, ...] = ()
    protocols: tuple[int, ...] = (1,)

    @property
    def organisations(self) -> tuple[Organisation, ...]:
        return (self.operator, *self.hosted)

    def organisation(self, owner: str) -> Organisation:
        """Raises `Forged` for one that this node does not host: it cannot speak for it."""
        for organisation in self.organisations:
            if organisation.id == owner:
                return organisation
        raise Forged("owner", f"{self.node} does not host {owner}")


class Endorsement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another node introduces the holder of this very card."""

    node: str
    at: int
    signature: Signature


class SignedCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bytes of a card as its node encoded them, its signature, and who introduces it."""

    body: bytes
    signature: Signature
    endorsements: tuple[Endorsement, ...] = ()

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body: the same card, whoever endorses it."""
        return sha256(self.body).digest()


def host(keys: PrivateKeys, history: KeyHistory, *, name: str, economy: str, node: str) -> Organisation:
    """The organisation (`history.subject`) agrees, with its current keys, to be hosted by that node."""
    if keys.public.id != history.current.id:
        raise ValueError(f"these are not the current keys of {history.subject}")
    consent = keys.signing.sign(HOSTING, pack(node, history.subject, name, economy))
    return Organisation(history.subject, name, economy, history, consent)


def issue(card: Card, keys: PrivateKeys) -> SignedCard:
    """The card, signed with the node's current keys. Raises `Forged` for one that nobody would accept."""
    body = wire.encode(card)
    signed = SignedCard(body, keys.signing.sign(CARD, body))
    read_card(signed, now=card.issued)
    return signed


def read_card(signed: SignedCard, *, now: int) -> Card:
    """What the card says, when it is consistent, in force and signed with its own current keys.

    Whether those keys are whose it claims is for people to confirm (`comparison`), or a peer (`check_endorsement`).
    """
    try:
        card = msgspec.msgpack.decode(signed.body, type=Card)
    except (msgspec.DecodeError, ValueError, RecursionError) as unreadable:
        raise Forged("card", f"it cannot be read: {unreadable}") from None
    card.keys.current.verifying.verify(CARD, signed.body, signed.signature)
    _check_content(card)
    if not card.issued - _SKEW <= now <= card.until:
        raise Expired("card", f"the card of {card.node} counts from {card.issued} until {card.until}")
    return card


def check_succeeds(newer: Card, older: Card) -> None:
    """Raises `Forged` unless the newer card may replace the older one: same node, later, no keys exchanged."""
    if newer.node != older.node:
        raise Forged("card", f"it is of {newer.node}, not of {older.node}")
    if newer.serial <= older.serial:
        raise Forged("card", f"number {newer.serial} of {newer.node} is not newer than {older.serial}")
    newer.keys.check_continues(older.keys)
    known = {organisation.id: organisation for organisation in older.organisations}
    for organisation in newer.organisations:
        if organisation.id in known:
            organisation.keys.check_continues(known[organisation.id].keys)


def endorse(signed: SignedCard, keys: PrivateKeys, *, node: str, at: int) -> SignedCard:
    """The card with this node's word for it; an earlier word of the same node is replaced."""
    others = tuple(one for one in signed.endorsements if one.node != node)
    endorsement = Endorsement(node, at, keys.signing.sign(ENDORSEMENT, pack(node, signed.digest, at)))
    return msgspec.structs.replace(signed, endorsements=(*others, endorsement))


def check_endorsement(signed: SignedCard, node: str, keys: KeyHistory) -> Endorsement:
    """That node's word for this card. Raises `Forged` when there is none, or it is not with its `keys`."""
    for endorsement in signed.endorsements:
        if endorsement.node == node:
            by = keys.keys(endorsement.signature.key, at=endorsement.at)
            statement = pack(node, signed.digest, _time(endorsement.at))
            by.verifying.verify(ENDORSEMENT, statement, endorsement.signature)
            return endorsement
    raise Forged("endorsement", f"{node} does not endorse this card")


def _check_content(card: Card) -> None:
    if card.keys.subject != card.node:
        raise Forged("card", f"the keys of {card.keys.subject} on the card of {card.node}")
    if not 0 <= card.issued <= card.until < 1 << 63 or card.serial < 1:
        raise Forged("card", f"number {card.serial} from {card.issued} until {card.until}")
    for endpoint in card.endpoints:
        if not _ENDPOINT.fullmatch(endpoint):
            raise Forged("card", f"{endpoint[:80]!r} is not an endpoint")
    card.keys.check()
    ids = [organisation.id for organisation in card.organisations]
    if len(set(ids)) < len(ids):
        raise Forged("card", "an organisation is listed twice")
    for organisation in card.organisations:
        _check_organisation(organisation, card.node)


def _check_organisation(organisation: Organisation, node: str) -> None:
    if not _ECONOMY.fullmatch(organisation.economy):
        raise Forged("card", f"{organisation.economy[:20]!r} is not an economy code")
    if organisation.keys.subject != organisation.id:
        raise Forged("card", f"the keys of {organisation.keys.subject} given as those of {organisation.id}")
    organisation.keys.check()
    keys: PublicKeys = organisation.keys.current
    statement = pack(node, organisation.id, organisation.name, organisation.economy)
    keys.verifying.verify(HOSTING, statement, organisation.consent)


def _time(at: int) -> int:
    if not 0 <= at < 1 << 63:
        raise Forged("time", f"{at} is out of range")
    return at
