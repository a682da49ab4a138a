"""What clients post: a JSON object with a list of objects, which is cut into their bytes and not looked into."""

from collections.abc import Sequence
from typing import Final

import msgspec

from egnatia.exchange.taxii.answer import Problem


class _Envelope(msgspec.Struct):
    """The objects as they came, to the byte."""

    objects: list[msgspec.Raw]


_decode: Final = msgspec.json.Decoder(_Envelope).decode


def raws_of(body: bytes) -> Sequence[msgspec.Raw]:
    """The objects of an envelope; all of it was read, so it is JSON. Raises Problem where it is none, or has none."""
    try:
        envelope = _decode(body)
    except msgspec.ValidationError as error:
        raise Problem(422, "The body is no TAXII envelope", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "The body is not JSON", str(error)[:200]) from error
    if not envelope.objects:
        raise Problem(422, "The envelope is empty", "It must hold at least one object")
    return envelope.objects


def bodies_of(raws: Sequence[msgspec.Raw]) -> list[bytes]:
    """The bytes of each, on their own: none holds the envelope in memory."""
    return [bytes(raw) for raw in raws]
