"""Keys are compared by people: as groups of hex digits on paper, as short words over the telephone.

The words are proquints (Wilkerson, arXiv:0901.4016): five letters for 16 bits, consonant and vowel in turn, which
speakers of every language of the region can say and write.
"""

from hashlib import scrypt, sha256

import msgspec

from egnatia.trust.packing import pack

_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aiou"


class Fingerprint(msgspec.Struct, frozen=True):
    """The same digest twice: `groups` is all 256 bits, `words` the first 128 of them."""

    groups: str
    words: str


def fingerprint(key: str) -> Fingerprint:
    """Of a key identifier (64 hex digits)."""
    digest = bytes.fromhex(key)
    return Fingerprint(" ".join(key[i : i + 4] for i in range(0, len(key), 4)), words(digest[:16]))


def words(data: bytes) -> str:
    """One word for every two bytes."""
    return " ".join(_word(int.from_bytes(data[i : i + 2], "big")) for i in range(0, len(data), 2))


def comparison(mine: bytes, theirs: bytes) -> str:
    """Five words that are the same on both sides exactly when both sides hold the same two documents.

    80 bits, made slow to search (scrypt, 16 MiB): somebody in the middle, who may vary both forged documents, has
    to find a collision, 2^40 computations of some 40 ms.
    """
    both = pack("egnatia comparison 1", *sorted((sha256(mine).digest(), sha256(theirs).digest())))
    return words(scrypt(both, salt=b"egnatia comparison 1", n=1 << 14, r=8, p=1, dklen=10))


def _word(bits: int) -> str:
    return (
        _CONSONANTS[bits >> 12]
        + _VOWELS[bits >> 10 & 3]
        + _CONSONANTS[bits >> 6 & 15]
        + _VOWELS[bits >> 4 & 3]
        + _CONSONANTS[bits & 15]
    )
