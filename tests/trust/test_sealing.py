import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trust.builders import flipped, keys

from egnatia.trust.errors import Forged, Truncated, Unopenable
from egnatia.trust.sealing import CHUNK, OpeningKeys, SealingKeys, open_chunks, open_sealed, recipients, seal

ANA, BORIS, CENA, DRITA = (keys(n).opening for n in range(4))
BLOB = seal(b"for your eyes", [ANA.sealing, BORIS.sealing], context=b"sealed-record--1")


@pytest.mark.parametrize("who", [ANA, BORIS])
def test_each_recipient_opens_it(who: OpeningKeys) -> None:
    assert open_sealed(BLOB, who, context=b"sealed-record--1") == b"for your eyes"
    assert open_sealed(BLOB, [CENA, who], context=b"sealed-record--1") == b"for your eyes"


def test_nobody_else_opens_it_but_may_see_for_whom_it_is() -> None:
    with pytest.raises(Unopenable, match="2 recipients"):
        open_sealed(BLOB, CENA, context=b"sealed-record--1")
    assert recipients(BLOB) == (ANA.sealing.id, BORIS.sealing.id)
    assert b"eyes" not in BLOB


def test_it_opens_in_its_own_context_only() -> None:
    with pytest.raises(Forged, match="in this context"):
        open_sealed(BLOB, ANA, context=b"sealed-record--2")


def test_it_is_sealed_to_somebody_and_to_each_once() -> None:
    with pytest.raises(ValueError, match="nobody"):
        seal(b"", [], context=b"")
    assert recipients(seal(b"", [ANA.sealing, ANA.sealing], context=b"")) == (ANA.sealing.id,)


@settings(max_examples=400)
@given(flipped(BLOB))
def test_any_flipped_bit_is_refused(blob: bytes) -> None:
    with pytest.raises((Forged, Unopenable)):
        open_sealed(blob, ANA, context=b"sealed-record--1")


@given(st.integers(0, len(BLOB) - 1))
def test_any_truncation_is_refused(length: int) -> None:
    with pytest.raises(Forged):
        open_sealed(BLOB[:length], ANA, context=b"sealed-record--1")


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_payloads_of_every_size_survive(size: int) -> None:
    payload = bytes(size)
    blob = seal(payload, [ANA.sealing], context=b"big")
    assert open_sealed(blob, ANA, context=b"big") == payload
    assert all(len(chunk) <= CHUNK for chunk in open_chunks(blob, ANA, context=b"big"))


def test_chunks_cannot_be_dropped_moved_or_cut_off() -> None:
    blob = seal(bytes(3 * CHUNK), [ANA.sealing], context=b"")
    step = CHUNK + 16
    start = len(blob) - 3 * step
    first, second, third = (blob[start + n * step : start + (n + 1) * step] for n in range(3))
    for forged in (first + second, first + third, second + first + third, first + second + second):
        with pytest.raises(Forged, match="changed, moved or cut"):
            open_sealed(blob[:start] + forged, ANA, context=b"")
    with pytest.raises(Truncated):
        open_sealed(blob[:start], ANA, context=b"")


def test_no_two_blobs_are_alike() -> None:
    assert seal(b"x", [ANA.sealing], context=b"") != seal(b"x", [ANA.sealing], context=b"")


def test_a_useless_public_key_is_named() -> None:
    with pytest.raises(Forged, match="sealing key"):
        seal(b"", [SealingKeys(bytes(32), b"\xff" * 1184)], context=b"")
    with pytest.raises(Forged, match="sealing key"):
        seal(b"", [SealingKeys(bytes(32), DRITA.sealing.mlkem768)], context=b"")
    with pytest.raises(ValueError, match="not of 32 and 1184"):
        SealingKeys(b"", b"")


def test_key_vector() -> None:
    assert ANA.sealing.id == "cc5b7168b3c861ac4918481c98090004e5d579887e099b0c35fcb4bc04090320"
    assert keys(0).signing.verifying.id == "2149b1a5c5af8c1907cc8340b9aab6c57078632436fc0c4d93ccf680b4b015b0"
    assert keys(0).public.id == "5c04817850ca342d8cd9ae20504e81cbdb71d171ce11e4055f995bf49ecd989d"
