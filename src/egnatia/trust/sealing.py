"""What is sealed to several recipients opens with the keys of any one of them; a relay learns who they are, no more.

The content is AES-256-GCM under a fresh secret; the secret is wrapped to each recipient by HPKE (RFC 9180) with
X-Wing (ML-KEM-768 and X25519). A commitment to the secret in the header makes sure that all open the same content.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NoReturn

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from egnatia.trust import wire
from egnatia.trust.errors import Forged, Truncated, Unopenable
from egnatia.trust.packing import pack

MAGIC = b"EGNSEAL1"
CHUNK = 1 << 20
_TAG = 16
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealingKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public halves, raw: 32 bytes of X25519, 1,184 bytes of ML-KEM-768 (FIPS 203)."""

    x25519: bytes
    mlkem768: bytes

    def __post_init__(self) -> None:
        if len(self.x25519) != 32 or len(self.mlkem768) != 1184:
            raise ValueError(f"keys of {len(self.x25519)} and {len(self.mlkem768)} bytes, not of 32 and 1184")

    @property
    def id(self) -> str:
        """SHA-256 of the public encoding, in hex."""
        return _id(self)

    def wrap(self, secret: bytes, info: bytes) -> bytes:
        """HPKE base mode, one shot: the encapsulation (1,120 bytes), then the ciphertext with its tag."""
        try:
            return _SUITE.encrypt(secret, _parsed(self), info)
        except ValueError as unusable:
            raise Forged("sealing key", f"nothing can be sealed to {self.id[:16]!r}: {unusable}") from None

    def __repr__(self) -> str:
        return f"SealingKeys({self.id[:16]})"


class OpeningKeys:
    """The private halves; they are never shown, compared or pickled."""

    __slots__ = ("_mlkem768", "_private", "_x25519", "sealing")

    def __init__(self, x25519: X25519PrivateKey, mlkem768: MLKEM768PrivateKey) -> None:
        self._x25519 = x25519
        self._mlkem768 = mlkem768
        self._private = MLKEM768X25519PrivateKey(mlkem768, x25519)
        self.sealing = SealingKeys(x25519.public_key().public_bytes_raw(), mlkem768.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> "OpeningKeys":
        return cls(X25519PrivateKey.generate(), MLKEM768PrivateKey.generate())

    @classmethod
    def from_secret(cls, secret: bytes) -> "OpeningKeys":
        """From the 96 bytes that `secret` gave: the X25519 key, then the ML-KEM-768 seed."""
        if len(secret) != 96:
            raise ValueError(f"a secret of {len(secret)} bytes, not of 96")
        return cls(X25519PrivateKey.from_private_bytes(secret[:32]), MLKEM768PrivateKey.from_seed_bytes(secret[32:]))

    def secret(self) -> bytes:
        """The 96 secret bytes, for the keystore and nobody else."""
        return self._x25519.private_bytes_raw() + self._mlkem768.private_bytes_raw()

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """Raises `Forged` for what was not wrapped to these keys under this `info`."""
        try:
            return _SUITE.decrypt(wrapped, self._private, info)
        except (InvalidTag, ValueError):
            raise Forged("sealed key", f"it does not open with {self.sealing.id[:16]!r} in this context") from None

    def __repr__(self) -> str:
        return f"OpeningKeys({self.sealing.id[:16]})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("private keys are not pickled or copied")


class Wrapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of the content, wrapped to the sealing keys with the identifier `key`."""

    key: str
    wrapped: bytes


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a relay can read of a sealed blob: the recipients' key identifiers, and that nothing was changed."""

    recipients: tuple[Wrapped, ...]
    commitment: bytes


def seal(plaintext: bytes, recipients: Sequence[SealingKeys], *, context: bytes) -> bytes:
    """The blob that each recipient's keys open in the same `context` (what it is for, e.g. the record's id)."""
    keys = tuple({key.id: key for key in recipients}.values())
    if not keys:
        raise ValueError("sealed to nobody, it could never be opened")
    secret = os.urandom(32)
    content_key, commitment = _expand(secret)
    info = _info(context, [key.id for key in keys])
    header = wire.encode(Header(tuple(Wrapped(key.id, key.wrap(secret, info)) for key in keys), commitment))
    cipher, bound = AESGCM(content_key), _bound(context, header)
    view = memoryview(plaintext)
    count = max(1, -(-len(view) // CHUNK))
    chunks = (cipher.encrypt(_nonce(n, n == count - 1), view[n * CHUNK : (n + 1) * CHUNK], bound) for n in range(count))
    return b"".join((MAGIC, len(header).to_bytes(4, "big"), header, *chunks))


def recipients(blob: bytes) -> tuple[str, ...]:
    """The key identifiers that a blob is sealed to, in the order of its header."""
    return tuple(one.key for one in _split(blob)[0].recipients)


def open_sealed(blob: bytes, opening: OpeningKeys | Iterable[OpeningKeys], *, context: bytes) -> bytes:
    """What was sealed, whole. Raises `Unopenable` when it is sealed to others, `Forged` when it was changed."""
    return b"".join(open_chunks(blob, opening, context=context))


def open_chunks(blob: bytes, opening: OpeningKeys | Iterable[OpeningKeys], *, context: bytes) -> Iterator[bytes]:
    """As `open_sealed`, a mebibyte at a time; nothing counts until the iterator has ended without an error."""
    header, encoded, content = _split(blob)
    ours = {keys.sealing.id: keys for keys in ([opening] if isinstance(opening, OpeningKeys) else opening)}
    mine = next((one for one in header.recipients if one.key in ours), None)
    if mine is None:
        raise Unopenable(f"it is sealed to {len(header.recipients)} recipients, none of which has these keys")
    info = _info(context, [one.key for one in header.recipients])
    content_key, commitment = _expand(ours[mine.key].unwrap(mine.wrapped, info))
    if commitment != header.commitment:
        raise Forged("sealed blob", "the recipients would not all open the same content")
    yield from _decrypted(content, AESGCM(content_key), _bound(context, encoded))


def _decrypted(content: memoryview, cipher: AESGCM, bound: bytes) -> Iterator[bytes]:
    size = CHUNK + _TAG
    count = max(1, -(-len(content) // size))
    for n in range(count):
        chunk = content[n * size : (n + 1) * size]
        try:
            yield cipher.decrypt(_nonce(n, n == count - 1), chunk, bound)
        except (InvalidTag, ValueError):
            raise Forged("sealed blob", f"chunk {n} of {count} was changed, moved or cut") from None


def _split(blob: bytes) -> tuple[Header, bytes, memoryview]:
    if not blob.startswith(MAGIC):
        raise Forged("sealed blob", f"it begins with {blob[:8]!r}, not with {MAGIC!r}")
    start = len(MAGIC) + 4
    end = start + int.from_bytes(blob[len(MAGIC) : start], "big")
    if len(blob) < end + _TAG:
        raise Truncated("sealed blob", f"it has {len(blob)} bytes and needs {end + _TAG} or more")
    encoded = blob[start:end]
    return wire.decode(encoded, Header, "sealed blob header"), encoded, memoryview(blob)[end:]


def _info(context: bytes, keys: Sequence[str]) -> bytes:
    return pack("egnatia seal 1", context, keys)


def _bound(context: bytes, header: bytes) -> bytes:
    return sha256(pack("egnatia seal 1", context, header)).digest()


def _nonce(number: int, last: bool) -> bytes:
    """The STREAM construction: chunks cannot be dropped, moved or cut off, for the last one says that it is."""
    return number.to_bytes(11, "big") + bytes([last])


def _expand(secret: bytes) -> tuple[bytes, bytes]:
    both = HKDF(SHA256(), 64, salt=None, info=b"egnatia seal 1 content key and commitment").derive(secret)
    return both[:32], both[32:]


@lru_cache(maxsize=1024)
def _id(keys: SealingKeys) -> str:
    return sha256(pack("egnatia sealing keys 1", keys.x25519, keys.mlkem768)).hexdigest()


@lru_cache(maxsize=256)
def _parsed(keys: SealingKeys) -> MLKEM768X25519PublicKey:
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(keys.mlkem768), X25519PublicKey.from_public_bytes(keys.x25519)
    )
