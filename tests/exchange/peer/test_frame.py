"""What comes over the wire is bounded and typed, or it is refused."""

import zlib
from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.peer.frame import (
    LIMIT_BYTES,
    PACKED,
    PLAIN,
    Acknowledgement,
    Frame,
    Goodbye,
    Heartbeat,
    Item,
    Misbehaved,
    Page,
    Subscription,
    View,
    Word,
    decode,
    decode_subscription,
    decode_word,
    encode,
    encode_word,
)
from egnatia.trust.attestation import Attestation, Signature

PAGE = Page(
    "live",
    3,
    9,
    12,
    (Item(b'{"a": 1.0}' * 4_000, "identity--1", ("marking--1",), False, 0, 2, (b"1" * 32,)),),
    (Attestation("node", 1, 2, 3, b"r" * 32, Signature("k", b"e", b"m")),),
    (b"card",),
)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("frame", [PAGE, Heartbeat(1, 2, 3), View("v", ((0, 1),)), Goodbye("bye", 1)])
def test_a_frame_comes_back_as_it_was(frame: Page | Heartbeat | View | Goodbye, packed: bool) -> None:
    assert decode(*encode(frame, packed=packed)) == frame


def test_big_frames_are_packed_and_small_ones_are_not() -> None:
    kind, payload = encode(PAGE, packed=True)
    assert kind == PACKED
    assert len(payload) < len(encode(PAGE)[1]) / 10
    assert encode(Heartbeat(1, 2, 3), packed=True)[0] == PLAIN


@given(st.integers(0, 255), st.binary(max_size=200))
def test_noise_is_refused_as_misbehaviour(kind: int, noise: bytes) -> None:
    for reading in (partial(decode, kind), decode_word, decode_subscription):
        try:
            found = reading(noise)
        except Misbehaved:
            continue
        assert isinstance(found, Frame | Word | Subscription), "what is read is one of the messages of the protocol"


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_damaged_frame_is_another_frame_or_misbehaviour(at: int, flip: int) -> None:
    kind, payload = encode(PAGE, packed=True)
    data = bytearray(payload)
    data[at % len(data)] ^= flip
    try:
        found = decode(kind, bytes(data))
    except Misbehaved:
        return
    assert isinstance(found, Frame)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (PLAIN, b""),
        (3, b"abc"),
        (PACKED, zlib.compress(bytes(LIMIT_BYTES + 1))),
        (PACKED, zlib.compress(b"abc")[:-3]),
        (PACKED, zlib.compress(msgspec.msgpack.encode(Heartbeat(1, 2, 3))) + b"more"),
        (PLAIN, msgspec.msgpack.encode((99, 1, 2))),
        (PLAIN, msgspec.msgpack.encode((3, "one", 2, 3))),
        (PLAIN, bytes(LIMIT_BYTES + 1)),
    ],
)
def test_oversize_truncated_and_unknown_frames_are_refused(kind: int, payload: bytes) -> None:
    with pytest.raises(Misbehaved):
        decode(kind, payload)


def test_a_bomb_is_never_unpacked_beyond_the_limit() -> None:
    with pytest.raises(Misbehaved):
        decode(PACKED, zlib.compress(bytes(1 << 30), 9))


def test_a_word_comes_back_as_it_was() -> None:
    word = Acknowledgement("node", 5, ((1, 2),), 77)
    assert decode_word(encode_word(word)) == word
