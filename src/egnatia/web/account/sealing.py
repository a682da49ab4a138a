"""What a node hands out or keeps for itself alone: encrypted under its own secret, and for one purpose only."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE: Final = 12


class NotOurs(ValueError):
    """It was not sealed here, or for something else."""


class Seal:
    """Closes and opens. `secret` is the node's; nobody else has it."""

    def __init__(self, secret: bytes) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"egnatia accounts").derive(secret)
        self._box = AESGCM(key)

    def close(self, purpose: str, content: bytes) -> bytes:
        """The content, for nobody but this node, and for this purpose."""
        nonce = os.urandom(_NONCE)
        return nonce + self._box.encrypt(nonce, content, purpose.encode())

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """The content; raises NotOurs."""
        try:
            return self._box.decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise NotOurs(f"this was not sealed here for {purpose}") from error
