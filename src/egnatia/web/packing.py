"""Pages are compressed on their way, unless somebody could learn from how long they become.

What an answer holds besides what an attacker has put into it can be guessed from its compressed length, where the
attacker makes the reader's browser ask again and again (BREACH). So a page for somebody in particular is compressed
only where the browser says that the reader asked for it from this very site or by hand (Fetch Metadata,
`Sec-Fetch-Site`), and its secret against forged forms looks different in each answer (`masked`).
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Final

OWN: Final = frozenset({"same-origin", "none"})
"""From a page of this very site; from the address bar, a bookmark, another program."""
LEAST: Final = 1_000
"""Bytes below which compressing is not worth its headers."""


def asks_by_oneself(headers: Mapping[str, str]) -> bool:
    """Whether no other site has made the browser ask; a browser that does not say is taken for one that was made to."""
    return headers.get("sec-fetch-site", "") in OWN


def masked(secret: str) -> str:
    """A secret in hexadecimal as it is written into one answer, each time in another way; empty where it is."""
    if not secret:
        return ""
    plain = bytes.fromhex(secret)
    mask = secrets.token_bytes(len(plain))
    return base64.urlsafe_b64encode(mask + _across(plain, mask)).rstrip(b"=").decode()


def unmasked(written: str) -> str:
    """The secret that `masked` has written; empty where it has not."""
    try:
        both = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    except (binascii.Error, ValueError):
        return ""
    half = len(both) // 2
    return _across(both[half:], both[:half]).hex() if both and len(both) % 2 == 0 else ""


def _across(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
