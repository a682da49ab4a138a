"""What a line must have in it for a comparison to pass, where no table leads to it, whatever the case: letters in a
row of a LIKE, or of a MATCHES.

Only letters, digits, `.`, `-` and `_` count: they stand in a log as in the value, whatever separates fields or is
escaped there. What is put together or rewritten on reading (`http`, hives of the registry, serial numbers, IPv6) is no
such thing.
"""

import re
import unicodedata
from re import _constants, _parser  # type: ignore[attr-defined,unused-ignore]  # how `re` itself reads an expression
from typing import Any, Final

from egnatia.engine.pattern.expression import Comparison, Every, Some, Test

LEAST: Final = 4
"""Letters of a fragment at least."""

MOST: Final = 24

_RUN: Final = re.compile(r"[A-Za-z0-9._-]+")
_NO_SIGN: Final = ("http", "https", "hkey_local_machine", "hkey_current_user", "hkey_classes_root", "hkey_users")
_REWRITTEN: Final = frozenset({"ipv6-addr", "x509-certificate", "mac-addr"})


def fragments(comparison: Comparison) -> frozenset[str] | None:
    """Fragments in small letters of which a line has one if the comparison passes; None where nothing can be said."""
    match comparison:
        case Test():
            return _of_test(comparison)
        case Some(parts):
            found = [fragments(part) for part in parts]
            known = [each for each in found if each is not None]
            return frozenset().union(*known) if len(known) == len(found) else None
        case Every(parts):
            known = [each for part in parts if (each := fragments(part)) is not None]
            return max(known, key=lambda each: min(map(len, each)), default=None)


def _of_test(test: Test) -> frozenset[str] | None:
    value = test.values[0] if test.values else None
    if test.negated or not isinstance(value, str) or test.kind in _REWRITTEN:
        return None
    if str(test.steps[-1]).endswith(("_hex", "_bin")):
        return None
    match test.operator:
        case "LIKE":
            texts = re.split("[%_]", unicodedata.normalize("NFC", value))
        case "MATCHES":
            texts = _said_by(value)
        case _:
            return None
    runs = [run.strip("._-").lower() for text in texts if text.isascii() for run in _RUN.findall(text)]
    longest = max((each for each in runs if len(each) >= LEAST and not _is_no_sign(each)), key=len, default=None)
    return None if longest is None else frozenset({longest[:MOST]})


def _is_no_sign(run: str) -> bool:
    return any(run in each for each in _NO_SIGN)


def _said_by(expression: str) -> list[str]:
    """Letters in a row that whatever an expression finds has in it."""
    try:
        parsed = _parser.parse(unicodedata.normalize("NFC", expression))
    except (re.error, RecursionError, OverflowError):
        return []
    texts: list[str] = []
    _gather(parsed, texts)
    return texts


def _gather(parsed: Any, texts: list[str]) -> None:
    text = ""
    for operation, argument in parsed:
        if operation is _constants.LITERAL and argument < 128:
            text += chr(argument)
            continue
        texts.append(text)
        text = ""
        if operation is _constants.SUBPATTERN:
            _gather(argument[3], texts)
        elif operation in (_constants.MAX_REPEAT, _constants.MIN_REPEAT) and argument[0] >= 1:
            _gather(argument[2], texts)
    texts.append(text)
