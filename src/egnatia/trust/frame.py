"""One direction of a channel: numbered frames under one key, each of which counts once, in its place, unchanged.

A frame is a header (length of the rest, type, number) and AES-256-GCM of the payload with the header authenticated.
The number is the nonce. The last frame says that it is the last, so a cut stream is noticed.
"""

from collections.abc import Iterator

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from egnatia.trust.errors import Forged, OutOfOrder, Truncated

END = 0
HEADER = 13
TAG = 16
LIMIT = 16 << 20
"""The greatest payload of a frame, in bytes."""


class Frame(msgspec.Struct, frozen=True):
    """What the other side said. `kind` is 1 to 255, as the protocol above it gives them meaning; 0 is the end."""

    kind: int
    payload: bytes

    def __repr__(self) -> str:
        return f"Frame({self.kind}, {len(self.payload)} bytes)"


class Sender:
    """Turns payloads into frames; not thread-safe, for the order of frames is the order of calls."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._number = 0
        self._ended = False

    def frame(self, kind: int, payload: bytes) -> bytes:
        """The bytes to send, whole."""
        if not 1 <= kind <= 255:
            raise ValueError(f"kind {kind} is not between 1 and 255")
        return self._frame(kind, payload)

    def end(self, payload: bytes = b"") -> bytes:
        """The last frame; `payload` may say why."""
        last = self._frame(END, payload)
        self._ended = True
        return last

    def _frame(self, kind: int, payload: bytes) -> bytes:
        if self._ended:
            raise ValueError("the channel was ended")
        if len(payload) > LIMIT:
            raise ValueError(f"a payload of {len(payload)} bytes, more than {LIMIT}")
        header = _header(len(payload) + TAG, kind, self._number)
        sealed = self._cipher.encrypt(_nonce(self._number), payload, header)
        self._number += 1
        return header + sealed

    def __repr__(self) -> str:
        return f"Sender({self._number} frames)"


class Receiver:
    """Takes bytes as they come, gives whole frames back. After an error nothing more is believed."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._number = 0
        self._buffer = bytearray()
        self._ended = False
        self._failed = False

    @property
    def ended(self) -> bool:
        """Whether the last frame was received."""
        return self._ended

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete now. Raises `OutOfOrder` or `Forged`, after the good ones before it.

        The bytes are taken at once; frames that are not asked for come with the next call.
        """
        self._buffer += data
        return self._frames()

    def _frames(self) -> Iterator[Frame]:
        while (frame := self._next()) is not None:
            yield frame

    def finish(self) -> None:
        """The stream is over: raises `Truncated` unless its last frame was received."""
        if not self._ended:
            raise Truncated("channel", f"it broke off after {self._number} frames, without the last one")

    def _next(self) -> Frame | None:
        if self._failed:
            raise Forged("channel", "it failed before")
        try:
            return self._read()
        except Forged:
            self._failed = True
            self._buffer.clear()
            raise

    def _read(self) -> Frame | None:
        buffer = self._buffer
        if self._ended and buffer:
            raise Forged("channel", "there is something after the last frame")
        if len(buffer) < HEADER:
            return None
        header = bytes(buffer[:HEADER])
        length, kind = int.from_bytes(header[:4], "big"), header[4]
        number = int.from_bytes(header[5:], "big")
        if number != self._number:
            raise OutOfOrder("frame", f"number {number} came where {self._number} was next")
        if not TAG <= length <= LIMIT + TAG:
            raise Forged("frame", f"a length of {length} bytes")
        if len(buffer) < HEADER + length:
            return None
        try:
            payload = self._cipher.decrypt(_nonce(number), memoryview(buffer)[HEADER : HEADER + length], header)
        except InvalidTag:
            raise Forged("frame", f"number {number} was changed or is of another channel") from None
        del buffer[: HEADER + length]
        self._number += 1
        self._ended = kind == END
        return Frame(kind, payload)

    def __repr__(self) -> str:
        return f"Receiver({self._number} frames)"


def _header(length: int, kind: int, number: int) -> bytes:
    return length.to_bytes(4, "big") + bytes([kind]) + number.to_bytes(8, "big")


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
