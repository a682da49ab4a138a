"""A single message from node to node, signed by the sender and sealed to the receiver: receipts, cross-signatures.

It is signed first, with the receiver named in what is signed, and sealed then: nobody on the way sees who writes,
and the receiver cannot pass it on as if it had been written to another.
"""

import os

import msgspec

from egnatia.trust import wire
from egnatia.trust.attestation import Signature
from egnatia.trust.errors import Forged
from egnatia.trust.packing import pack
from egnatia.trust.party import Local, Peer
from egnatia.trust.sealing import open_sealed, seal

CONTEXT = "egnatia post 1"


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`kind` says what the body is (`receipt`, `countersign`), `at` is microseconds UTC, the nonce 16 bytes."""

    sender: str
    receiver: str
    kind: str
    at: int
    nonce: bytes
    body: bytes
    signature: Signature

    def __repr__(self) -> str:
        return f"Post({self.sender!r}, {self.receiver!r}, {self.kind!r}, {len(self.body)} bytes)"


def post(local: Local, peer: Peer, *, kind: str, body: bytes, at: int) -> bytes:
    """The sealed message."""
    unsigned = Post(local.node, peer.node, kind, at, os.urandom(16), body, Signature("", b"", b""))
    signature = local.keys.signing.sign(CONTEXT, _statement(unsigned))
    signed = msgspec.structs.replace(unsigned, signature=signature)
    return seal(wire.encode(signed), [peer.keys.sealing], context=_context(peer.node))


def receive(message: bytes, local: Local, *, now: int) -> Post:
    """The message, proven to be its sender's, for this node, fresh and new. Raises `Forged` or `Unopenable`."""
    content = open_sealed(message, local.openings, context=_context(local.node))
    received = wire.decode(content, Post, "post")
    if received.receiver != local.node:
        raise Forged("post", f"it is for {received.receiver}, not for {local.node}")
    sender = local.keys_of(received.sender, received.signature.key)
    sender.verifying.verify(CONTEXT, _statement(received), received.signature)
    local.freshness.admit(received.sender, received.nonce, at=received.at, now=now)
    return received


def _context(receiver: str) -> bytes:
    return pack(CONTEXT, receiver)


def _statement(message: Post) -> bytes:
    if not 0 <= message.at < 1 << 63:
        raise Forged("time", f"{message.at} is out of range")
    return pack(message.sender, message.receiver, message.kind, message.at, message.nonce, message.body)
