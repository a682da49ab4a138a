"""What two nodes say to each other, as bytes: MessagePack arrays, the first element names the kind.

`docs/protocol.md` is written from this module. Whoever changes a struct here raises `VERSION`.
"""

import zlib
from typing import Literal, TypeAlias

import msgspec

from egnatia.trust.attestation import Attestation

VERSION = 1
PLAIN, PACKED = 1, 2  # kinds of channel frames: MessagePack as it is, or compressed by zlib
LIMIT_BYTES = 16 << 20  # of one frame, after decompression
PACK_FROM_BYTES = 16 << 10  # smaller frames are not compressed: they are live, and time counts

Scope: TypeAlias = Literal["own", "all"]
Lane: TypeAlias = Literal["live", "backlog"]


UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)  # what decoding hostile bytes may raise


class Misbehaved(ValueError):
    """The peer broke the protocol; the connection ends, the operator is told."""


class Subscription(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a subscriber asks for: which versions of the protocol it speaks, whose records, and what it has already.

    `scope` own: records that entered the network at the publisher; all: those that it relays as well.
    `live`, `gaps` and `view` are the cursor as it was last stored; `packed` says that it takes compressed frames.
    """

    versions: tuple[int, ...]
    scope: Scope
    live: int
    gaps: tuple[tuple[int, int], ...]
    view: str
    packed: bool


class Opening(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """The publisher's first frame: the version that both will speak, and where its log ends."""

    version: int
    head: int


class Item(msgspec.Struct, frozen=True, array_like=True):
    """One record: who answers for it, what was applied to it, its exact bytes, and its place in its attestation.

    `attestation` counts from 0 in the page's own list; `path` is the audit path, leaf first, 32 bytes a step.
    """

    body: bytes
    owner: str
    applied: tuple[str, ...]
    redacted: bool
    attestation: int
    index: int
    path: tuple[bytes, ...]


class Page(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """All that the subscriber may see of (after, until], in the order of the log.

    A page can be read alone: it holds every attestation that its records hang on. `cards` are those of nodes that
    attested something on this page and have not been named on this stream.
    """

    lane: Lane
    after: int
    until: int
    head: int
    items: tuple[Item, ...]
    attestations: tuple[Attestation, ...]
    cards: tuple[bytes, ...]


class View(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """What the subscriber may see has changed: keep `view` with the cursor and read `again` what is named."""

    view: str
    again: tuple[tuple[int, int], ...]


class Heartbeat(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """The publisher is alive, its log ends at `head`, and (after, until] holds nothing for this subscriber.

    With `after` beyond the subscriber's `live`, the live lane jumps: what is skipped comes on the backlog lane.
    """

    after: int
    until: int
    head: int


class AuditHead(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """The publisher's latest signed checkpoint of its audit log, to be countersigned, as `trust` encodes it."""

    checkpoint: bytes


class Goodbye(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """The publisher ends the stream and says why; come back after so many seconds."""

    reason: str
    again_after: int


Frame: TypeAlias = Opening | Page | View | Heartbeat | AuditHead | Goodbye


class Acknowledgement(msgspec.Struct, frozen=True, array_like=True, tag=16):
    """The subscriber has durably stored all that it may see of `publisher`'s feed up to `live` but for `gaps`."""

    publisher: str
    live: int
    gaps: tuple[tuple[int, int], ...]
    at: int


class Countersigned(msgspec.Struct, frozen=True, array_like=True, tag=17):
    """The subscriber saw this checkpoint, and it contradicts none that it saw before."""

    checkpoint: bytes


Word: TypeAlias = Acknowledgement | Countersigned

_encoder = msgspec.msgpack.Encoder()
_frames: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(Frame)
_words: msgspec.msgpack.Decoder[Word] = msgspec.msgpack.Decoder(Word)
_subscriptions = msgspec.msgpack.Decoder(Subscription)


def encode(frame: Frame, *, packed: bool = False) -> tuple[int, bytes]:
    """The kind of channel frame (plain or packed) and its payload."""
    plain = _encoder.encode(frame)
    if packed and len(plain) >= PACK_FROM_BYTES:
        return PACKED, zlib.compress(plain, 1)
    return PLAIN, plain


def decode(kind: int, payload: bytes) -> Frame:
    """The frame, or `Misbehaved` where it is none, too big, or of a kind that this version does not know."""
    if kind not in {PLAIN, PACKED}:
        raise Misbehaved(f"a channel frame of kind {kind}; {PLAIN} and {PACKED} are known")
    plain = _unpacked(payload) if kind == PACKED else payload
    if len(plain) > LIMIT_BYTES:
        raise Misbehaved(f"a frame of more than {LIMIT_BYTES} bytes")
    try:
        return _frames.decode(plain)
    except UNREADABLE as error:
        raise Misbehaved(f"not a frame of version {VERSION}: {error}") from error


def encode_word(word: Word) -> bytes:
    return _encoder.encode(word)


def decode_word(data: bytes) -> Word:
    try:
        return _words.decode(data)
    except UNREADABLE as error:
        raise Misbehaved(f"not a word of version {VERSION}: {error}") from error


def encode_subscription(subscription: Subscription) -> bytes:
    return _encoder.encode(subscription)


def decode_subscription(data: bytes) -> Subscription:
    try:
        return _subscriptions.decode(data)
    except UNREADABLE as error:
        raise Misbehaved(f"not a subscription: {error}") from error


def _unpacked(data: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(data, LIMIT_BYTES + 1)
    except zlib.error as error:
        raise Misbehaved(f"a compressed frame that does not unpack: {error}") from error
    if len(plain) <= LIMIT_BYTES and not (unpacking.eof and not unpacking.unused_data):
        raise Misbehaved("a compressed frame that does not end where it should")
    return plain
