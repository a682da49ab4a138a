"""The few things that raw HTTP needs, for the paths where a framework would cost more than the work.

A body is read up to a limit in bytes and in seconds, so that nobody can fill the memory or hold a connection.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


LEVEL: Final = 6
"""Of compressing: more takes far longer and saves little."""


class BodyTooLarge(ValueError):
    """A request body of more bytes than are taken."""


class BodyTooSlow(TimeoutError):
    """A request body that did not arrive in time."""


class ClientGone(ConnectionError):
    """The client left before its request was complete."""


class Answer(msgspec.Struct, frozen=True):
    """A whole response."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a request header, several joined by commas (RFC 9110 section 5.3); None where it is absent."""
    found = [value for key, value in scope["headers"] if key == name]
    return b", ".join(found).decode("latin-1") if found else None


async def read_body(scope: Scope, receive: Receive, *, limit_bytes: int, seconds: float) -> bytes:
    """The request's body; raises BodyTooLarge, BodyTooSlow or ClientGone."""
    declared = header(scope, b"content-length")
    if declared is not None and declared.isdecimal() and int(declared[:20]) > limit_bytes:
        raise BodyTooLarge(f"The body has {declared[:20]} bytes; at most {limit_bytes} are taken")
    parts: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                parts.append(message.get("body", b""))
                length += len(parts[-1])
                if length > limit_bytes:
                    raise BodyTooLarge(f"The body has more than the {limit_bytes} bytes that are taken")
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError as error:
        raise BodyTooSlow(f"The body did not arrive within {seconds:g} seconds") from error


async def respond(send: Send, answer: Answer) -> None:
    """Send a whole answer."""
    length = (b"content-length", str(len(answer.body)).encode())
    await send({"type": "http.response.start", "status": answer.status, "headers": [*answer.headers, length]})
    await send({"type": "http.response.body", "body": answer.body})


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Whether who asks can read gzip (RFC 9110 section 12.5.3)."""
    for each in headers.get("accept-encoding", "").lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def packed(content: bytes) -> bytes:
    """With gzip."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, 31)
    return packer.compress(content) + packer.flush()
