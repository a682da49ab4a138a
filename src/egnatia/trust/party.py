"""Who talks to whom: this node with what it needs to open and believe messages, and the other one."""

from typing import NoReturn

import msgspec

from egnatia.trust.freshness import Freshness
from egnatia.trust.keys import KeysOf, PrivateKeys, PublicKeys
from egnatia.trust.sealing import OpeningKeys


class Peer(msgspec.Struct, frozen=True):
    """Another node and its current keys."""

    node: str
    keys: PublicKeys


class Local:
    """This node: its id, its keys (and replaced ones, which still open), whom it knows, what it has heard lately."""

    __slots__ = ("freshness", "keys", "keys_of", "node", "openings")

    def __init__(
        self,
        node: str,
        keys: PrivateKeys,
        *,
        keys_of: KeysOf,
        freshness: Freshness,
        replaced: tuple[PrivateKeys, ...] = (),
    ) -> None:
        self.node = node
        self.keys = keys
        self.keys_of = keys_of
        self.freshness = freshness
        self.openings: tuple[OpeningKeys, ...] = (keys.opening, *(old.opening for old in replaced))

    def rekey(self, keys: PrivateKeys, replaced: tuple[PrivateKeys, ...]) -> None:
        """From now on it speaks with these keys, and opens what is sealed to them or to those before."""
        self.openings = (keys.opening, *(old.opening for old in replaced))
        self.keys = keys

    def __repr__(self) -> str:
        return f"Local({self.node!r}, {self.keys!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("private keys are not pickled or copied")
