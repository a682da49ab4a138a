"""Keys that are the same in every run, and bits to flip."""

from functools import cache

from hypothesis import strategies as st

from egnatia.trust.keys import PrivateKeys


@cache
def keys(number: int) -> PrivateKeys:
    return PrivateKeys.from_secret(bytes((number * 7 + i) % 256 for i in range(160)))


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def flipped(data: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(data) * 8 - 1).map(lambda bit: flip(data, bit))
