"""A batch of records carries one hybrid signature over its Merkle root; each record carries its audit path."""

import msgspec


class Signature(msgspec.Struct, frozen=True):
    """An Ed25519 and an ML-DSA-65 signature over the same message; both must verify."""

    key: str
    ed25519: bytes
    mldsa65: bytes


class Attestation(msgspec.Struct, frozen=True):
    """A node's word for a batch: these leaves, in this order, came in under its organisation's name.

    `root` is the RFC 9162 section 2.1 Merkle tree hash (SHA-256) of `count` leaves; `sequence` grows by one per
    batch and node; `at` is microseconds since the epoch, UTC.
    """

    node: str
    sequence: int
    at: int
    count: int
    root: bytes
    signature: Signature


class Proof(msgspec.Struct, frozen=True):
    """How one record hangs on an attestation: which (by the SHA-256 of its encoding), where, by which audit path."""

    attestation: bytes
    index: int
    path: tuple[bytes, ...]
