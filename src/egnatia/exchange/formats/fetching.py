"""Documents of others are fetched from a file or a URL, whole, up to a limit."""

import gzip
import io
import time
import zlib
from pathlib import Path
from typing import Final

import httpx

from egnatia.exchange.importing import GZIP_MAGIC
from egnatia.exchange.patience import retry_after
from egnatia.exchange.trouble import ANSWERS, Busy, Trouble, Unread, unreached
from egnatia.exchange.wire import Wire

SECONDS: Final = 60
SECONDS_IN_ALL: Final = 300
"""One document takes no longer, however it drips."""

SOURCE_BYTES: Final = 128_000_000
"""What a source may send at most: it is read in the node itself, beside everything else."""

_OF_THE_WIRE: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})

LIMIT_BYTES: Final = 512_000_000
"""What somebody may bring in at the command line, unpacked."""


def fetched(client: httpx.Client, url: str, etag: str = "", limit: int = SOURCE_BYTES) -> tuple[bytes, str]:
    """The content of a URL and its tag; empty where it is what it was. Raises Unread, also where it takes too long in
    all, is too much, or is nothing."""
    wire = Wire()
    extensions = {"trace": wire.traced}
    try:
        with (
            wire.held(SECONDS_IN_ALL),
            client.stream("GET", url, headers={"If-None-Match": etag} if etag else {}, extensions=extensions) as answer,
        ):
            if answer.status_code == 304:
                return b"", etag
            if answer.status_code != 200:
                raise refusal(url, answer)
            content = _read(url, answer, limit)
    except httpx.HTTPError as error:
        if wire.is_cut:
            raise Unread(f"{url}: took longer than {SECONDS_IN_ALL} seconds", Trouble.SLOW) from error
        raise unreached(url, error) from error
    if not content:
        raise Unread(f"{url}: answered with nothing (0 bytes)", Trouble.EMPTY)
    return content, answer.headers.get("ETag", "")


def answered(client: httpx.Client, request: httpx.Request, where: str) -> httpx.Response:
    """The whole answer of a source to one question, whatever its status. Raises Unread, also where it takes too long in
    all or is too much: it is read in the node itself."""
    wire = Wire()
    request.extensions = {**request.extensions, "trace": wire.traced}
    try:
        with wire.held(SECONDS_IN_ALL):
            answer = client.send(request, stream=True)
            try:
                content = _read(where, answer, SOURCE_BYTES)
            finally:
                answer.close()
    except httpx.HTTPError as error:
        if wire.is_cut:
            raise Unread(f"{where}: took longer than {SECONDS_IN_ALL} seconds", Trouble.SLOW) from error
        raise unreached(where, error) from error
    headers = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in _OF_THE_WIRE]
    return httpx.Response(answer.status_code, headers=headers, content=content, request=answer.request)


def _read(url: str, answer: httpx.Response, limit: int) -> bytes:
    content = bytearray()
    begun = time.monotonic()
    for part in answer.iter_bytes():
        content += part
        if len(content) > limit:
            raise Unread(f"{url}: more than {limit // 1_000_000} MB", Trouble.LARGE)
        if time.monotonic() - begun > SECONDS_IN_ALL:
            raise Unread(f"{url}: took longer than {SECONDS_IN_ALL} seconds", Trouble.SLOW)
    return bytes(content)


def refusal(url: str, answer: httpx.Response) -> Unread:
    """Why an answer is none; `Busy` where the server says how long it wants to be left alone."""
    wait, status = retry_after(answer), answer.status_code
    message = f"{url}: answered {status} {answer.reason_phrase}".rstrip()
    usual = Trouble.FAULT if status >= 500 else Trouble.OTHER
    return Unread(message, ANSWERS.get(status, usual)) if wait is None else Busy(message, wait)


def no_page(url: str, content: bytes) -> bytes:
    """The content, where it is no page of the web; else raises Unread: a page comes where somebody has to sign in, or
    where an address has changed."""
    beginning = content[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        raise Unread(f"{url}: a page of the web came instead", Trouble.PAGE)
    return content


def is_url(where: str) -> bool:
    """Whether it is an address of the web, and not the name of a file."""
    return where.startswith(("http://", "https://"))


def document_at(where: str, transport: httpx.BaseTransport, limit: int = LIMIT_BYTES) -> bytes:
    """The content of a file or a URL, unpacked if it is gzip; what a URL leads to is called by `transport`. Raises
    OSError."""
    if is_url(where):
        with httpx.Client(timeout=SECONDS, follow_redirects=True, transport=transport) as client:
            return unpacked(fetched(client, where, limit=limit)[0], limit)
    return unpacked(Path(where).read_bytes())


def unpacked(content: bytes, limit: int = LIMIT_BYTES) -> bytes:
    """What it is without gzip; raises OSError where that is broken, or grows beyond what a document may have."""
    if content[:2] != GZIP_MAGIC:
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            plain = packed.read(limit + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unread(f"gzip that is broken: {error}", Trouble.PACKED) from error
    if len(plain) > limit:
        raise Unread(f"gzip of more than {limit // 1_000_000} MB", Trouble.LARGE)
    return plain
