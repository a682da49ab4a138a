"""What trust puts on the wire is MessagePack in one form only: decoding and encoding again gives the same bytes.

So no byte can be changed without changing a value, and every value is signed or authenticated.
"""

from typing import TypeVar

import msgspec

from egnatia.trust.errors import Forged

T = TypeVar("T")

_encoder = msgspec.msgpack.Encoder()


def encode(value: msgspec.Struct) -> bytes:
    """A map of the fields in the order of their declaration, every number and length in its shortest form."""
    return _encoder.encode(value)


def decode(data: bytes, form: type[T], what: str) -> T:
    """Raises `Forged`, naming `what` it should have been."""
    try:
        value = msgspec.msgpack.decode(data, type=form)
        same = _encoder.encode(value) == data
    except (msgspec.DecodeError, ValueError, RecursionError) as unreadable:
        raise Forged(what, f"it cannot be read: {unreadable}") from None
    if not same:
        raise Forged(what, "it is not in its one form (fields missing, unknown or in another encoding)")
    return value
