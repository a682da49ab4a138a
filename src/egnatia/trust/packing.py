"""One way to turn fields into the bytes that are hashed and signed; no two lists of fields give the same bytes."""

from collections.abc import Sequence
from typing import TypeAlias

Part: TypeAlias = "bytes | str | int | Sequence[Part]"


def pack(*parts: Part) -> bytes:
    """The number of parts, then each part after its length; numbers are unsigned 64 bit, big endian.

    Text is UTF-8, a whole number is its eight bytes, a sequence is packed in its turn. Which part has which type
    is fixed by what is packed, so types need no tags.
    """
    out = [len(parts).to_bytes(8, "big")]
    for part in parts:
        data = _bytes(part)
        out += (len(data).to_bytes(8, "big"), data)
    return b"".join(out)


def _bytes(part: Part) -> bytes:
    if isinstance(part, bytes):
        return part
    if isinstance(part, str):
        return part.encode()
    if isinstance(part, int):
        return part.to_bytes(8, "big")
    return pack(*part)
