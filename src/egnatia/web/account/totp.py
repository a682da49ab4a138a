"""Codes of an authenticator app (TOTP, RFC 6238): six digits of a time step of 30 seconds, each good for once.

A code is taken from one step before to one after the node's own, for clocks differ; but never from a step that is not
later than the last one used.
"""

import base64
import hmac
import os
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

STEP: Final = 30_000_000
"""Microseconds."""

SKEW: Final = 1
"""Steps by which clocks may differ."""

DIGITS: Final = 6


def new_secret() -> bytes:
    """160 random bits, as RFC 4226 section 4 recommends."""
    return os.urandom(20)


def code(secret: bytes, step: int) -> str:
    """The code of one time step."""
    return HOTP(secret, DIGITS, SHA1()).generate(step).decode()  # noqa: S303  what every authenticator app speaks


def step_at(at: int) -> int:
    """The time step at `at`, microseconds UTC."""
    return at // STEP


def accepted_step(secret: bytes, typed: str, *, at: int, after: int) -> int | None:
    """The step that the code is of, later than `after`; None where it is of none that counts now."""
    here = step_at(at)
    found = None
    for step in range(here - SKEW, here + SKEW + 1):
        # All are computed and compared, whichever it is.
        same = hmac.compare_digest(code(secret, max(step, 0)).encode(), typed.encode())
        if same and step > after:
            found = step
    return found


def is_code(typed: str) -> bool:
    """Whether it looks like a code of an app."""
    return len(typed) == DIGITS and typed.isascii() and typed.isdigit()


def uri(secret: bytes, *, name: str, issuer: str) -> str:
    """What an app reads from the picture (Key URI Format)."""
    label = f"{quote(issuer, safe='')}:{quote(name, safe='')}"
    return f"otpauth://totp/{label}?{urlencode({'secret': written(secret), 'issuer': issuer}, quote_via=quote)}"


def written(secret: bytes) -> str:
    """The secret as a person types it into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


def picture(uri: str) -> str:
    """The address as a QR code, an SVG in a `data:` URL; dark on light in either scheme, for cameras."""
    import segno  # noqa: PLC0415  a node that nobody enrols at does without it

    return segno.make(uri, error="m").svg_data_uri(scale=4, border=4, light="#fff", dark="#000", xmldecl=False)
