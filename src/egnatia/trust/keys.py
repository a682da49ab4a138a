"""A node or an organisation has one set of keys: to sign and to open what is sealed to it; the public half names it."""

from collections.abc import Callable
from hashlib import sha256
from typing import NoReturn, TypeAlias

import msgspec

from egnatia.trust.packing import pack
from egnatia.trust.sealing import OpeningKeys, SealingKeys
from egnatia.trust.signing import SigningKeys, VerifyingKeys


class PublicKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What everybody may know: the keys that verify, and the keys to seal to."""

    verifying: VerifyingKeys
    sealing: SealingKeys

    @property
    def id(self) -> str:
        """SHA-256 over the identifiers of both, in hex."""
        return sha256(pack("egnatia public keys 1", self.verifying.id, self.sealing.id)).hexdigest()

    def __repr__(self) -> str:
        return f"PublicKeys({self.id[:16]})"


KeysOf: TypeAlias = Callable[[str, str], PublicKeys]
"""Given a node's id and the id of its verifying keys, its public keys; raises `Forged` for what it does not know."""


class PrivateKeys:
    """What only their owner has; never shown, compared or pickled, at rest in a keystore only."""

    __slots__ = ("opening", "public", "signing")

    def __init__(self, signing: SigningKeys, opening: OpeningKeys) -> None:
        self.signing = signing
        self.opening = opening
        self.public = PublicKeys(signing.verifying, opening.sealing)

    @classmethod
    def generate(cls) -> "PrivateKeys":
        return cls(SigningKeys.generate(), OpeningKeys.generate())

    @classmethod
    def from_secret(cls, secret: bytes) -> "PrivateKeys":
        """From the 160 bytes that `secret` gave."""
        return cls(SigningKeys.from_secret(secret[:64]), OpeningKeys.from_secret(secret[64:]))

    def secret(self) -> bytes:
        """The 160 secret bytes (to sign, then to open), for the keystore and nobody else."""
        return self.signing.secret() + self.opening.secret()

    def __repr__(self) -> str:
        return f"PrivateKeys({self.public.id[:16]})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("private keys are not pickled or copied")
