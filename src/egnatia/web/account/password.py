"""Passwords rest as Argon2id (RFC 9106), and are refused for being guessable, not for lacking a kind of character.

What is easy to guess is taken out of a password: common words, its owner's and the node's names, runs of the alphabet
and the keyboard, repetitions. What is left must be long enough by itself. And zxcvbn, which knows the 30,000 passwords
that were found most often where passwords were stolen, must not need too few guesses for it.
"""

import re
import unicodedata
from collections.abc import Iterable
from importlib import resources
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from egnatia.record.words import fold
from egnatia.web.language.speech import N_

LEAST: Final = 12
MOST: Final = 256
LEFT: Final = 5
"""How many characters a password must hold besides what is easy to guess."""

GUESSES: Final = 10**8
"""How many guesses a password must withstand: more than anybody makes at a door that locks (score 3 of zxcvbn)."""

_LOOKED_AT: Final = 72
"""How many characters zxcvbn looks at: its time grows with the square of them."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=47_104, parallelism=1)

TOO_SHORT = N_("A password needs at least 12 characters; several words make a good one")
TOO_LONG = N_("A password has at most 256 characters")
TOO_COMMON = N_("This password is among those that are tried first; choose one that nobody can guess")

_COMMON: Final = frozenset((resources.files("egnatia.web.account") / "common.txt").read_text("utf-8").split())
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm")
_LEET = str.maketrans("@4301!5$7", "aaeoiisst")


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(_normal(password))


def verify(kept: str, password: str) -> bool:
    """Whether it is the password. Takes as long where `kept` is empty: an account without one, or none at all."""
    if len(password) > MOST:
        return False
    try:
        _HASHER.verify(kept or _NOBODYS, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept != ""


def weakness(password: str, own: Iterable[str]) -> str:
    """What is wrong with a new password, as a message for translation; empty for a good one. `own` are words that
    an attacker knows: the names of the person, the organisation and the node."""
    if len(password) < LEAST:
        return TOO_SHORT
    if len(password) > MOST:
        return TOO_LONG
    plain = re.sub(r"\s", "", fold(password))
    named = {part for name in own for part in re.findall(r"\w{3,}", fold(name))}
    left = min(_left(each, named | _COMMON) for each in (plain, plain.translate(_LEET)))
    return "" if left >= LEFT and _guesses(password, named) >= GUESSES else TOO_COMMON


def _guesses(password: str, named: Iterable[str]) -> int:
    """How many guesses somebody needs who tries stolen passwords, words and their variants first."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 its lists are some megabytes, and new passwords are rare

    return int(zxcvbn(password[:_LOOKED_AT], user_inputs=sorted(named), max_length=_LOOKED_AT)["guesses"])


def _left(plain: str, words: Iterable[str]) -> int:
    """How many characters are left without what is easy to guess, each character counted once."""
    for word in sorted(words, key=len, reverse=True):
        plain = plain.replace(word, "")
    for run in _RUNS:
        for text in (run, run[::-1]):
            plain = _without_runs(plain, text)
    plain = re.sub(r"(.{1,6}?)\1{2,}", r"\1", plain)
    plain = re.sub(r"(19|20)\d\d", "", plain)
    return len(set(plain))


def _without_runs(plain: str, run: str) -> str:
    for length in range(len(run), 2, -1):
        for start in range(len(run) - length + 1):
            plain = plain.replace(run[start : start + length], "")
    return plain


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)


_NOBODYS: Final = hashed("there is no such account, and this takes as long")
