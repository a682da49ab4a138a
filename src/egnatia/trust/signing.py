"""Every signature is two: Ed25519 and ML-DSA-65 over the same message, and both must verify.

The message that is signed names its purpose (the context) and the identifier of the key pair, so a signature
made for one purpose, or half of one made with other keys, is never good for another.
"""

from functools import lru_cache
from hashlib import sha256
from typing import NoReturn

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey

from egnatia.trust.attestation import Signature
from egnatia.trust.errors import Forged
from egnatia.trust.packing import pack


class VerifyingKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public halves, raw: 32 bytes of Ed25519, 1,952 bytes of ML-DSA-65 (FIPS 204)."""

    ed25519: bytes
    mldsa65: bytes

    def __post_init__(self) -> None:
        if len(self.ed25519) != 32 or len(self.mldsa65) != 1952:
            raise ValueError(f"keys of {len(self.ed25519)} and {len(self.mldsa65)} bytes, not of 32 and 1952")

    @property
    def id(self) -> str:
        """SHA-256 of the public encoding, in hex."""
        return _id(self)

    def verify(self, context: str, message: bytes, signature: Signature) -> None:
        """Raises `Forged`, saying which half failed."""
        if signature.key != self.id:
            raise Forged("key", f"signed with key {signature.key[:16]!r}, not with {self.id[:16]!r}")
        ed25519, mldsa65 = _parsed(self)
        signed = _signed(context, self.id, message)
        try:
            ed25519.verify(signature.ed25519, signed)
        except InvalidSignature:
            raise Forged("Ed25519 signature", f"it does not match the {context!r}") from None
        try:
            mldsa65.verify(signature.mldsa65, signed, context.encode())
        except InvalidSignature:
            raise Forged("ML-DSA-65 signature", f"it does not match the {context!r}") from None

    def __repr__(self) -> str:
        return f"VerifyingKeys({self.id[:16]})"


class SigningKeys:
    """The private halves; they are never shown, compared or pickled."""

    __slots__ = ("_ed25519", "_mldsa65", "verifying")

    def __init__(self, ed25519: Ed25519PrivateKey, mldsa65: MLDSA65PrivateKey) -> None:
        self._ed25519 = ed25519
        self._mldsa65 = mldsa65
        self.verifying = VerifyingKeys(ed25519.public_key().public_bytes_raw(), mldsa65.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> "SigningKeys":
        return cls(Ed25519PrivateKey.generate(), MLDSA65PrivateKey.generate())

    @classmethod
    def from_secret(cls, secret: bytes) -> "SigningKeys":
        """From the 64 bytes that `secret` gave: the Ed25519 seed, then the ML-DSA-65 seed."""
        if len(secret) != 64:
            raise ValueError(f"a secret of {len(secret)} bytes, not of 64")
        return cls(Ed25519PrivateKey.from_private_bytes(secret[:32]), MLDSA65PrivateKey.from_seed_bytes(secret[32:]))

    def secret(self) -> bytes:
        """The 64 secret bytes, for the keystore and nobody else."""
        return self._ed25519.private_bytes_raw() + self._mldsa65.private_bytes_raw()

    def sign(self, context: str, message: bytes) -> Signature:
        """A signature for one purpose; `context` is at most 255 bytes of UTF-8 (FIPS 204 section 5.2)."""
        key = self.verifying.id
        signed = _signed(context, key, message)
        return Signature(
            key=key,
            ed25519=self._ed25519.sign(signed),
            mldsa65=self._mldsa65.sign(signed, context.encode()),
        )

    def __repr__(self) -> str:
        return f"SigningKeys({self.verifying.id[:16]})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("private keys are not pickled or copied")


def _signed(context: str, key: str, message: bytes) -> bytes:
    return pack("egnatia signature 1", context, key, message)


@lru_cache(maxsize=1024)
def _id(keys: VerifyingKeys) -> str:
    return sha256(pack("egnatia verifying keys 1", keys.ed25519, keys.mldsa65)).hexdigest()


@lru_cache(maxsize=256)
def _parsed(keys: VerifyingKeys) -> tuple[Ed25519PublicKey, MLDSA65PublicKey]:
    return Ed25519PublicKey.from_public_bytes(keys.ed25519), MLDSA65PublicKey.from_public_bytes(keys.mldsa65)
