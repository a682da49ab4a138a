"""Two nodes that hold each other's cards agree on keys in one exchange: Hello there, Welcome back, then frames.

Sans I/O. Both messages are signed with both signatures. The keys come from three secrets, each wrapped with X-Wing:
to the responder's static keys (in Hello), to the initiator's keys of the moment (so that a recording cannot be
opened later with stolen static keys) and to the initiator's static keys (so that stolen signing keys alone do not
read the feed). Whoever gets one of them wrong gets other keys, and the first frame fails.
"""

import os
from hashlib import sha256
from typing import NoReturn

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from egnatia.trust import wire
from egnatia.trust.attestation import Signature
from egnatia.trust.errors import Forged
from egnatia.trust.frame import Receiver, Sender
from egnatia.trust.packing import pack
from egnatia.trust.party import Local, Peer
from egnatia.trust.sealing import OpeningKeys, SealingKeys, open_sealed, seal

HELLO = "egnatia hello 1"
WELCOME = "egnatia welcome 1"


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The subscriber's first word. `sealed` holds an `Opening`; `at` is microseconds UTC; the nonce 16 bytes."""

    initiator: str
    responder: str
    at: int
    nonce: bytes
    ephemeral: SealingKeys
    sealed: bytes
    signature: Signature


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What only the responder may read of a Hello: a secret for the keys, and what the initiator asks for."""

    secret: bytes
    request: bytes

    def __repr__(self) -> str:
        return f"Opening({len(self.request)} bytes)"


class Welcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer: two secrets, wrapped to the keys of the moment and to the static keys of the initiator."""

    hello: bytes
    to_ephemeral: bytes
    to_static: bytes
    signature: Signature


class Channel:
    """Both directions, once both sides agree. `id` is the same on both sides and not secret."""

    def __init__(self, peer: str, channel_id: bytes, sending: bytes, receiving: bytes) -> None:
        self.peer = peer
        self.id = channel_id
        self.sender = Sender(sending)
        self.receiver = Receiver(receiving)

    def __repr__(self) -> str:
        return f"Channel({self.peer!r}, {self.id.hex()[:16]})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a channel is not pickled or copied")


class Initiator:
    """The side that calls: `hello` is what to send, `finish` takes the answer."""

    def __init__(self, local: Local, peer: Peer, *, request: bytes, at: int) -> None:
        self._local = local
        self._peer = peer
        self._secret = os.urandom(32)
        self._ephemeral: OpeningKeys | None = OpeningKeys.generate()
        hello = Hello(
            initiator=local.node,
            responder=peer.node,
            at=at,
            nonce=os.urandom(16),
            ephemeral=self._ephemeral.sealing,
            sealed=b"",
            signature=Signature("", b"", b""),
        )
        opening = wire.encode(Opening(self._secret, request))
        sealed = seal(opening, [peer.keys.sealing], context=_context(hello))
        hello = msgspec.structs.replace(hello, sealed=sealed)
        signature = local.keys.signing.sign(HELLO, _hello(hello))
        self.hello = wire.encode(msgspec.structs.replace(hello, signature=signature))

    def finish(self, welcome: bytes) -> Channel:
        """The channel, when the answer is the responder's, to this Hello. Raises `Forged`; works once."""
        answer = wire.decode(welcome, Welcome, "Welcome")
        name = sha256(self.hello).digest()
        if answer.hello != name:
            raise Forged("Welcome", "it answers another Hello")
        self._peer.keys.verifying.verify(WELCOME, _welcome(answer), answer.signature)
        if self._ephemeral is None:
            raise Forged("Welcome", "there was an answer to this Hello before")
        info = pack(WELCOME, name)
        secrets = (
            self._secret,
            self._ephemeral.unwrap(answer.to_ephemeral, info),
            self._local.keys.opening.unwrap(answer.to_static, info),
        )
        self._ephemeral = None
        there, back, channel_id = _derive(secrets, name, welcome)
        return Channel(self._peer.node, channel_id, sending=there, receiving=back)

    def __repr__(self) -> str:
        return f"Initiator({self._peer.node!r})"


class Accepted(msgspec.Struct, frozen=True):
    """A Hello that was good: who asks (with which keys) for what, the answer to send, and the channel."""

    peer: Peer
    request: bytes
    welcome: bytes
    channel: Channel

    def __repr__(self) -> str:
        return f"Accepted({self.peer!r}, {len(self.request)} bytes)"


def accept(hello: bytes, local: Local, *, now: int) -> Accepted:
    """The side that is called. Raises `Forged`, `Expired`, `Replayed` or `Unopenable`.

    `local.keys_of` is asked for the initiator's keys, and raises `Forged` for a node that is no peer.
    """
    call = wire.decode(hello, Hello, "Hello")
    if call.responder != local.node:
        raise Forged("Hello", f"it is for {call.responder}, not for {local.node}")
    peer = Peer(call.initiator, local.keys_of(call.initiator, call.signature.key))
    peer.keys.verifying.verify(HELLO, _hello(call), call.signature)
    local.freshness.admit(peer.node, call.nonce, at=call.at, now=now)
    opened = open_sealed(call.sealed, local.openings, context=_context(call))
    opening = wire.decode(opened, Opening, "Hello")
    name = sha256(hello).digest()
    info = pack(WELCOME, name)
    ephemeral, static = os.urandom(32), os.urandom(32)
    unsigned = Welcome(
        hello=name,
        to_ephemeral=call.ephemeral.wrap(ephemeral, info),
        to_static=peer.keys.sealing.wrap(static, info),
        signature=Signature("", b"", b""),
    )
    signature = local.keys.signing.sign(WELCOME, _welcome(unsigned))
    welcome = wire.encode(msgspec.structs.replace(unsigned, signature=signature))
    there, back, channel_id = _derive((opening.secret, ephemeral, static), name, welcome)
    channel = Channel(peer.node, channel_id, sending=back, receiving=there)
    return Accepted(peer, opening.request, welcome, channel)


def _context(hello: Hello) -> bytes:
    """What the sealed part is bound to: all the rest of the Hello but the signature."""
    if not 0 <= hello.at < 1 << 63:
        raise Forged("time", f"{hello.at} is out of range")
    return pack(HELLO, hello.initiator, hello.responder, hello.at, hello.nonce, hello.ephemeral.id)


def _hello(hello: Hello) -> bytes:
    return pack(_context(hello), sha256(hello.sealed).digest())


def _welcome(welcome: Welcome) -> bytes:
    return pack(welcome.hello, welcome.to_ephemeral, welcome.to_static)


def _derive(secrets: tuple[bytes, bytes, bytes], hello: bytes, welcome: bytes) -> tuple[bytes, bytes, bytes]:
    """The key there (initiator to responder), the key back, and the public name of the channel."""
    transcript = sha256(pack("egnatia channel 1", hello, sha256(welcome).digest())).digest()
    derived = HKDF(SHA256(), 96, salt=transcript, info=b"egnatia channel 1 there, back, id")
    keys = derived.derive(b"".join(secrets))
    return keys[:32], keys[32:64], keys[64:]
