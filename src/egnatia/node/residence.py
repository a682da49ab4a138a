"""Who this node is: its private keys in the keystore, its public self in a card, both in the data directory.

The card is issued anew, under the next number, whenever what it says has changed (an address, an organisation that
the node hosts, a key).
"""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from egnatia.settings import Settings
from egnatia.trust import (
    Card,
    KeyHistory,
    Keystore,
    Organisation,
    PrivateKeys,
    SignedCard,
    host,
    issue,
    read_card,
    revoke,
    rotate,
)
from egnatia.trust.keystore import write_private

KEYSTORE: Final = "keys"
SELF: Final = "node"
_CARD_LIFE: Final = timedelta(days=730)
_CODES: Final = {"regional": "WB", "other": "ZZ"}
_HANDOVER: Final = 30_000_000
"""Microseconds for which replaced keys still attest: a running node needs a moment to take up the new ones."""
_MICROSECOND: Final = timedelta(microseconds=1)


class Hosted(msgspec.Struct, frozen=True):
    """An organisation whose records this node publishes: the operator's own first."""

    id: str
    name: str
    economy: str
    history: KeyHistory


class Public(msgspec.Struct, frozen=True):
    """What everybody may know of this node, as it is kept in the data directory."""

    node: str
    history: KeyHistory
    organisations: tuple[Hosted, ...]
    card: SignedCard | None = None


class Residence:
    """The node's keys and its card. `clock` gives microseconds UTC."""

    def __init__(self, settings: Settings, keystore: Keystore, public: Public, clock: Callable[[], int]) -> None:
        self._settings = settings
        self._keystore = keystore
        self._public = public
        self._clock = clock
        self._stamp = self._stamped()

    @classmethod
    def create(cls, settings: Settings, passphrase: str | bytes, clock: Callable[[], int]) -> "Residence":
        """New keys for a node and for its operator. Raises FileExistsError rather than replace any."""
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        keystore = Keystore.create(settings.data / KEYSTORE, passphrase)
        node = f"node--{uuid4()}"
        keys = PrivateKeys.generate()
        keystore.add(node, keys)
        residence = cls(settings, keystore, Public(node, KeyHistory(node, keys.public), ()), clock)
        operator = settings.organisation
        residence.host(operator.id, operator.name, operator.economy)
        return residence

    @classmethod
    def open(cls, settings: Settings, passphrase: str | bytes, clock: Callable[[], int]) -> "Residence":
        """The keys and the card that are there; a new card where the settings say something new."""
        path = settings.data / SELF
        if not path.exists():
            raise FileNotFoundError(f"there is no node in {str(settings.data)!r}: `egnatia init` makes one")
        public = msgspec.msgpack.decode(path.read_bytes(), type=Public)
        residence = cls(settings, Keystore.open(settings.data / KEYSTORE, passphrase), public, clock)
        if residence._outdated():
            residence._issue()
        return residence

    @property
    def node(self) -> str:
        """The node's id, for life."""
        return self._public.node

    @property
    def own(self) -> str:
        """The identity of the organisation that operates the node."""
        return self._public.organisations[0].id

    @property
    def organisations(self) -> tuple[Hosted, ...]:
        """Whose records this node publishes, the operator first."""
        return self._public.organisations

    @property
    def keys(self) -> PrivateKeys:
        """The node's current keys."""
        return self._keystore.keys(self.node)

    @property
    def replaced_keys(self) -> tuple[PrivateKeys, ...]:
        """Keys that the node had before: what was sealed to them still opens."""
        return self._keystore.all_keys(self.node)[:-1]

    def keys_of(self, organisation: str) -> tuple[PrivateKeys, ...]:
        """All keys that a hosted organisation ever had, oldest first; raises KeyError for one not hosted."""
        return self._keystore.all_keys(organisation)

    @property
    def signed_card(self) -> SignedCard:
        """The node's card, to give to others: always as it is now, so that no peer is shown a record of an organisation
        that the card does not name yet."""
        self.reread()
        if self._public.card is None:
            raise RuntimeError("the node has no card yet")
        return self._public.card

    @property
    def card(self) -> Card:
        """What the node's card says."""
        return read_card(self.signed_card, now=self._clock())

    def secret(self, purpose: str) -> bytes:
        """32 bytes that stay the same over restarts and that nobody else knows, one for each purpose."""
        name = "secrets"
        try:
            seed = self._keystore.secret(name)
        except KeyError:
            seed = os.urandom(32)
            self._keystore.add_secret(name, seed)
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"egnatia {purpose}".encode()).derive(seed)

    def reread(self) -> None:
        """Takes what another process has changed since: new keys, a card, an organisation."""
        stamp = self._stamped()
        if stamp == self._stamp:
            return
        public = msgspec.msgpack.decode(self._path.read_bytes(), type=Public)
        self._keystore.reread()
        self._public, self._stamp = public, stamp

    def host(self, organisation: str, name: str, economy: str) -> None:
        """From now on this node publishes for that organisation too, with keys of its own."""
        self.reread()
        if any(each.id == organisation for each in self.organisations):
            raise FileExistsError(f"{organisation} is hosted here already")
        keys = PrivateKeys.generate()
        self._keystore.add(organisation, keys)
        hosted = Hosted(organisation, name, _CODES.get(economy, economy), KeyHistory(organisation, keys.public))
        self._public = msgspec.structs.replace(self._public, organisations=(*self.organisations, hosted))
        self._issue()

    def rotate(self) -> None:
        """New keys for the node, signed by the old ones."""
        self.reread()
        old, new = self.keys, PrivateKeys.generate()
        last = max((each.at for each in self._public.history.rotations), default=0)
        history = rotate(self._public.history, old, new, at=max(self._clock() + _HANDOVER, last))
        self._keystore.add(self.node, new)
        self._public = msgspec.structs.replace(self._public, history=history)
        self._issue()

    def revoke(self, replaced: str, reason: str) -> None:
        """Gives up keys that were replaced: from now on nothing that they signed is believed."""
        self.reread()
        history = revoke(self._public.history, replaced, self.keys, at=self._clock(), reason=reason)
        self._public = msgspec.structs.replace(self._public, history=history)
        self._issue()

    def _outdated(self) -> bool:
        try:
            card = self.card
        except Exception:  # expired or unreadable: a new one is due either way  # noqa: BLE001
            return True
        half = _CARD_LIFE // _MICROSECOND // 2
        return card.endpoints != (self._settings.public_url,) or card.until - self._clock() < half

    def _issue(self) -> None:
        now = self._clock()
        operator, *hosted = (self._consenting(each) for each in self.organisations)
        held = self._public.card
        serial = 1 if held is None else msgspec.msgpack.decode(held.body, type=Card).serial + 1
        card = Card(
            node=self.node,
            serial=serial,
            issued=now,
            until=now + _CARD_LIFE // _MICROSECOND,
            keys=self._public.history,
            operator=operator,
            hosted=tuple(hosted),
            endpoints=(self._settings.public_url,),
        )
        self._public = msgspec.structs.replace(self._public, card=issue(card, self.keys))
        write_private(self._path, msgspec.msgpack.encode(self._public))
        self._stamp = self._stamped()

    def _consenting(self, hosted: Hosted) -> Organisation:
        keys = self._keystore.keys(hosted.id)
        return host(keys, hosted.history, name=hosted.name, economy=hosted.economy, node=self.node)

    def _stamped(self) -> tuple[int, int]:
        """What is another one after every change of the file."""
        if not self._path.exists():
            return (0, 0)
        about = self._path.stat()
        return about.st_mtime_ns, about.st_ino

    @property
    def _path(self) -> Path:
        return self._settings.data / SELF
