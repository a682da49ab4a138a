"""Where a reader stands in the feed, as an opaque token.

A position itself would tell how many records lie between two that the reader may see, so it leaves the node only
encrypted: one AES block holds the position and a check that binds it to what was asked. A token that was altered,
or that belongs to another question, does not decrypt to the check (but for one in 2^64) and is refused.
"""

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class NotABookmark(ValueError):
    """A token that this node did not give out for this question."""


class Bookmarks:
    """Bookmarks under one key. They stay valid as long as the key does."""

    def __init__(self, key: bytes) -> None:
        """Takes 32 bytes that no reader knows."""
        # One block of unique content under a key of its own is what ECB is safe for.
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305

    def mark(self, position: int, question: bytes) -> str:
        """The token for `position` in the answer to `question`."""
        encryptor = self._cipher.encryptor()
        block = encryptor.update(position.to_bytes(8, "big") + _check(question)) + encryptor.finalize()
        return _text(block)

    def read(self, token: str, question: bytes) -> int:
        """The position in `token`; raises NotABookmark."""
        try:
            block = base64.b64decode(token + "==", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise NotABookmark(f"{token[:60]!r} is no bookmark of this node") from error
        if len(block) == 16 and _text(block) == token:
            decryptor = self._cipher.decryptor()
            plain = decryptor.update(block) + decryptor.finalize()
            if plain[8:] == _check(question):
                return int.from_bytes(plain[:8], "big")
        raise NotABookmark(f"{token[:60]!r} is no bookmark of this node for this question")


def _text(block: bytes) -> str:
    return base64.urlsafe_b64encode(block).decode().rstrip("=")


def _check(question: bytes) -> bytes:
    return hashlib.sha256(question).digest()[:8]
