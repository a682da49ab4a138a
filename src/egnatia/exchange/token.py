"""API tokens: how programs say who they are. A token is shown once and kept as a digest.

`egn_<id>_<secret>`: the id (12 characters) finds the row and may be shown and logged; the secret (256 random bits)
is never stored, only its SHA-256, which is enough because there is nothing to guess from.
"""

import base64
import hashlib
import hmac
import re
import secrets

import msgspec

from egnatia.store.keeping import Token

__all__ = ["PREFIX", "Minted", "Presented", "Token", "digest_of", "matches", "mint", "present"]

PREFIX = "egn_"

_FORM = re.compile(r"egn_([a-z2-7]{12})_([A-Za-z0-9_-]{43})", re.ASCII)


class Presented(msgspec.Struct, frozen=True):
    """A token as a client presents it: the id of its row and the digest of its secret."""

    id: str
    digest: bytes


class Minted(msgspec.Struct, frozen=True):
    """A new token: `text` is for its holder and shown once; `id` and `digest` are for the store."""

    text: str
    id: str
    digest: bytes

    def __repr__(self) -> str:
        return f"Minted(id={self.id!r})"


def mint() -> Minted:
    """A fresh token; no two are alike."""
    token_id = base64.b32encode(secrets.token_bytes(8)).decode().lower()[:12]
    secret = secrets.token_urlsafe(32)
    return Minted(f"{PREFIX}{token_id}_{secret}", token_id, digest_of(secret))


def present(text: str) -> Presented | None:
    """The token in `text`; None where it has not the form of one."""
    found = _FORM.fullmatch(text)
    return Presented(found[1], digest_of(found[2])) if found else None


def matches(presented: Presented, digest: bytes) -> bool:
    """Whether the secret presented is the one that was stored, in time that does not depend on the answer."""
    return hmac.compare_digest(presented.digest, digest)


def digest_of(secret: str) -> bytes:
    """What is stored of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode()).digest()
