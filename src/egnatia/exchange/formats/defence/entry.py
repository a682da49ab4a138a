"""What defences are given: one value or rule with what it is worth. The modules beside this one write entries down."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from egnatia.policy import Action


class Entry(msgspec.Struct, frozen=True):
    """One line of an output. `kind` is the STIX path of the value (`domain-name:value`), or for a rule the language
    (`yara`); `source` the id of the indicator."""

    kind: str
    value: str
    score: int
    source: str
    name: str = ""
    since: str = ""


class About(msgspec.Struct, frozen=True):
    """What an output says of itself: its name, when it was made, how many entries were left out for its size."""

    name: str
    at: datetime
    left_out: int = 0


Write = Callable[[Sequence[Entry], About], bytes]

ADDRESSES: Final = frozenset({"ipv4-addr:value", "ipv6-addr:value"})
NAMES: Final = frozenset({"domain-name:value"})
URLS: Final = frozenset({"url:value"})
DIGESTS: Final = frozenset({"file:hashes.MD5", "file:hashes.'SHA-1'", "file:hashes.'SHA-256'", "file:hashes.'SHA-512'"})
MAILS: Final = frozenset({"email-addr:value"})
VALUES: Final = ADDRESSES | NAMES | URLS | DIGESTS | MAILS


class Form(msgspec.Struct, frozen=True, eq=False):
    """A format for a device: the kinds it holds, what the device does with them (so what PAP has to allow), how it is
    written, and how many entries usual devices can hold."""

    write: Write
    kinds: frozenset[str]
    action: Action
    media_type: str = "text/plain"
    limit: int = 100_000


def told(about: About, mark: str = "#") -> list[str]:
    """The first lines of an output, as comments."""
    lines = [f"{mark} {clean(about.name)}", f"{mark} made {about.at:%Y-%m-%dT%H:%M:%SZ} by Egnatia"]
    return [*lines, f"{mark} {about.left_out} entries of lower score left out for size"] if about.left_out else lines


def clean(text: str) -> str:
    """A text that stays on its line: no line breaks, no control characters."""
    return "".join(each if each.isprintable() else " " for each in text)


def lined(lines: Sequence[str]) -> bytes:
    """Lines as a file."""
    return "".join(f"{line}\n" for line in lines).encode()
