"""What a MISP feed says of its values before anybody reads its events: `hashes.csv`, a line for each value with its MD5
and the event that it is in.

MD5 spreads evenly, so of a large feed those below a bound stand for all: what is counted of them is true of the whole
to about one part in a hundred, and the memory that it takes does not grow with the feed.
"""

import hashlib
import io
import re
from typing import Final

import msgspec

from egnatia.exchange.formats.conversion import is_uuid

SAMPLE: Final = 10_000
"""At most so many values stand for all."""

LIMIT_BYTES: Final = 64_000_000
"""More of them is not read: some nine hundred thousand values."""

NAMED: Final = 5
"""So many of the lines that cannot be read are named."""

_MD5: Final = re.compile(rb"[0-9a-fA-F]{32}\Z")
_ALL: Final = 1 << 128


class Hashes(msgspec.Struct, frozen=True):
    """The values of a feed: those whose digest is below `bound` of 2^128, each with the event that it is in (the first
    of several); so many `lines` could be read, so many are `broken`, the first of these by their numbers and what is
    there."""

    events: dict[int, str]
    bound: int = _ALL
    lines: int = 0
    broken: int = 0
    examples: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every value is there, and counts are exact."""
        return self.bound == _ALL

    def scaled(self, count: int) -> int:
        """What a count of these says of all."""
        return count * _ALL // self.bound

    def has(self, value: str) -> str | None:
        """The event that a value is in; None where it is none of these."""
        return self.events.get(digest(value))


def digest(value: str) -> int:
    """The MD5 of a value, as a number."""
    hashed = hashlib.md5(value.encode(errors="surrogatepass"), usedforsecurity=False)
    return int.from_bytes(hashed.digest())


def hashes_in(document: bytes, sample: int = SAMPLE) -> Hashes:
    """The values of a feed as its `hashes.csv` tells of them."""
    events: dict[int, str] = {}
    bound, lines, broken = _ALL, 0, 0
    examples: list[str] = []
    for number, line in enumerate(io.BytesIO(document), 1):
        said = line.strip(b"\xef\xbb\xbf \t\r\n")
        if not said:
            continue
        hashed, _, event = said.partition(b",")
        uuid = event.decode("ascii", errors="replace").strip().lower()
        if not _MD5.match(hashed) or not is_uuid(uuid):
            broken += 1
            if len(examples) < NAMED:
                examples.append(f"{number}: {said[:60].decode(errors='replace')}")
            continue
        lines += 1
        key = int(hashed, 16)
        if key < bound:
            events.setdefault(key, uuid)
            while len(events) > sample:
                bound //= 2
                events = {each: held for each, held in events.items() if each < bound}
    return Hashes(events, bound, lines, broken, tuple(examples))
