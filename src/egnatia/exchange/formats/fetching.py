"""Documents of others are fetched from a file or a URL, whole, up to a limit."""

import gzip
import io
import zlib
from pathlib import Path
from typing import Final

import httpx

from egnatia.exchange.importing import GZIP_MAGIC
from egnatia.exchange.patience import Busy, retry_after

SECONDS: Final = 60
LIMIT_BYTES: Final = 512 * 1024 * 1024


def fetched(client: httpx.Client, url: str, etag: str = "") -> tuple[bytes, str]:
    """The content of a URL and its tag; empty where it is what it was. Raises OSError."""
    content = bytearray()
    try:
        with client.stream("GET", url, headers={"If-None-Match": etag} if etag else {}) as answer:
            if answer.status_code == 304:
                return b"", etag
            if answer.status_code != 200:
                raise refusal(url, answer)
            for part in answer.iter_bytes():
                content += part
                if len(content) > LIMIT_BYTES:
                    raise OSError(f"{url}: more than {LIMIT_BYTES} bytes")
            return bytes(content), answer.headers.get("ETag", "")
    except httpx.HTTPError as error:
        raise OSError(f"{url}: {error}") from error


MEANINGS: Final = {
    401: "it wants a key or a password: check `secret` and `user`",
    403: "the key may not read it: ask whoever runs it, or check `secret`",
    404: "nothing is there any more: check the address",
    410: "it has gone for good: remove the source",
    429: "it is asked too often: raise `every_minutes`",
}
"""What an answer means for whoever keeps the source."""


def refusal(url: str, answer: httpx.Response) -> OSError:
    """Why an answer is none, and what to do; `Busy` where the server says how long it wants to be left alone."""
    said = MEANINGS.get(answer.status_code, "")
    if answer.status_code >= 500:
        said = "its server has a fault; it is tried again by itself"
    message = f"{url}: answered {answer.status_code}{f' ({said})' if said else ''}"
    wait = retry_after(answer)
    return OSError(message) if wait is None else Busy(message, wait)


def document_at(where: str, transport: httpx.BaseTransport | None = None) -> bytes:
    """The content of a file or a URL, unpacked if it is gzip. Raises OSError."""
    if where.startswith(("http://", "https://")):
        with httpx.Client(timeout=SECONDS, follow_redirects=True, transport=transport) as client:
            return unpacked(fetched(client, where)[0])
    return unpacked(Path(where).read_bytes())


def unpacked(content: bytes) -> bytes:
    """What it is without gzip; raises OSError where that is broken, or grows beyond what a document may have."""
    if content[:2] != GZIP_MAGIC:
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            plain = packed.read(LIMIT_BYTES + 1)
    except (EOFError, zlib.error) as error:
        raise OSError(f"gzip that is broken: {error}") from error
    if len(plain) > LIMIT_BYTES:
        raise OSError(f"gzip of more than {LIMIT_BYTES} bytes")
    return plain
