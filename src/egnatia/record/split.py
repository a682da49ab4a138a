"""A stream of records is cut into the bytes of each, in bounded memory."""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec


def split(stream: BinaryIO) -> Iterator[bytes]:
    """The objects of a bundle, a JSON array, one object or JSON lines, each as its exact bytes."""
    data = stream.read()
    outer = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    yield from (bytes(raw) for raw in msgspec.json.decode(outer["objects"], type=list[msgspec.Raw]))
