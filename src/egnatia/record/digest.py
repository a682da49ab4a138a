"""A hashes dictionary maps an algorithm's exact name to a digest of that algorithm's length (STIX 2.1 section 2.7)."""

import re

_HEX = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128, "SHA3-256": 64, "SHA3-512": 128}
FORMS = {name: re.compile(f"[0-9a-fA-F]{{{digits}}}") for name, digits in _HEX.items()} | {
    "SSDEEP": re.compile(r"[0-9]+:[a-zA-Z0-9/+]*:[a-zA-Z0-9/+]*(?:,.*)?"),
    "TLSH": re.compile(r"(?:T1)?[0-9a-fA-F]{70}"),
}
_SPELLING = {re.sub(r"[^A-Z0-9]", "", name): name for name in FORMS}
_KEY = re.compile(r"[a-zA-Z0-9_-]{3,250}")

BEST = ("MD5", "SHA-1", "SHA-256", "SHA-512")
"""The one hash that counts in a deterministic identifier, first found first (STIX 2.1 section 2.9)."""


def algorithm(key: str) -> str:
    """The vocabulary's spelling of `key` (`sha256` -> `SHA-256`); other algorithms as they are."""
    return _SPELLING.get(re.sub(r"[^A-Z0-9]", "", key.upper()), key)


def _fits(key: str, digest: str) -> bool:
    form = FORMS.get(key)
    if form is not None:
        return form.fullmatch(digest) is not None
    return _KEY.fullmatch(key) is not None and algorithm(key) == key


def are_hashes(hashes: dict[str, str]) -> bool:
    """Whether every key is an algorithm's name as the vocabulary spells it, with a digest of its length."""
    return all(_fits(key, digest) for key, digest in hashes.items())


def mend_hashes(hashes: dict[str, str]) -> dict[str, str] | None:
    """The hashes with their names spelled right and without those that cannot be digests; None when none is left."""
    mended = {algorithm(key): digest.strip() for key, digest in hashes.items()}
    return {key: digest for key, digest in mended.items() if _fits(key, digest)} or None
