"""Recovery codes stand in for the authenticator app when it is lost: shown once, each good for once.

A code has 120 random bits, so its SHA-256 is enough to keep: there is nothing to guess from.
"""

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Sequence
from typing import Final

HOW_MANY: Final = 10

_FORM = re.compile(r"[A-Z2-7]{24}", re.ASCII)


def new_codes() -> tuple[str, ...]:
    """Fresh codes, as a person writes them down."""
    return tuple(_grouped(base64.b32encode(os.urandom(15)).decode()) for _ in range(HOW_MANY))


def digest(code: str) -> bytes:
    """What is kept of a code, however it was typed; empty for what cannot be one."""
    plain = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(plain.encode()).digest() if _FORM.fullmatch(plain) else b""


def without(kept: Sequence[bytes], code: str) -> tuple[bytes, ...] | None:
    """What is left when the code is used; None where it is none of them."""
    used = digest(code)
    left = tuple(each for each in kept if not hmac.compare_digest(each, used))
    return left if len(left) < len(kept) else None


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
