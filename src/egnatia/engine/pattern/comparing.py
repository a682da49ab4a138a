"""Whether a value passes one comparison (STIX 2.1 sections 9.2 and 9.7): types that cannot be compared are unequal, and
neither greater nor smaller. Text and binary are compared where every character of the text fits into a byte."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from egnatia.engine.pattern.expression import Literal, Test, instant
from egnatia.record.pattern import BadPattern

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Key = str | float | tuple[bool, bool]


def key_of(value: Any) -> Key | None:
    """By what equal values are found in a table; None for what cannot be in one. A bool is no number here."""
    if isinstance(value, bool):
        return (value, True)
    return value if isinstance(value, str | int | float) else None


def predicate(test: Test) -> Callable[[Any], bool]:
    """The comparison as a function of a value; raises BadPattern where its expression or network is none."""
    if test.operator in _ORDERS:
        # What cannot be compared is in no order, whether NOT stands before it or not.
        return lambda value: _ordered(value, test.operator, test.values[0]) is (not test.negated)
    plain = _plain(test)
    return (lambda value: not plain(value)) if test.negated else plain


def _plain(test: Test) -> Callable[[Any], bool]:
    match test.operator:
        case "EXISTS":
            return lambda _: True
        case "=" | "IN":
            values = test.values
            return lambda value: any(equal(value, each) for each in values)
        case "!=":
            return lambda value: not equal(value, test.values[0])
        case "LIKE":
            return _texts(like(str(test.values[0])).fullmatch)
        case "MATCHES":
            return _matching(str(test.values[0]))
        case "ISSUBSET":
            network = network_of(str(test.values[0]))
            return lambda value: _is_within(_network_or_none(value), network)
        case "ISSUPERSET":
            inner = network_of(str(test.values[0]))
            return lambda value: _is_within(inner, _network_or_none(value))
    raise BadPattern(f"an operator of patterns; found {test.operator!r}")


def equal(value: Any, literal: Literal) -> bool:
    """Whether a value is what the pattern names."""
    if isinstance(value, bool) or isinstance(literal, bool):
        return isinstance(value, bool) and isinstance(literal, bool) and value == literal
    if isinstance(literal, datetime):
        return _moment(value) == literal
    if isinstance(value, str) and isinstance(literal, bytes):
        return _latin(value) == literal
    if isinstance(value, bytes) and isinstance(literal, str):
        return _latin(literal) == value
    return type(value) in _COMPARABLE and bool(value == literal)


_COMPARABLE = frozenset({str, int, float, bytes})


def _latin(text: str) -> bytes | None:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return None


def _moment(value: Any) -> datetime | None:
    try:
        return instant(value)
    except ValueError:
        return None


_ORDERS = frozenset({"<", "<=", ">", ">="})


def _ordered(value: Any, operator: str, literal: Literal) -> bool | None:
    """Whether the order holds; None where there is none."""
    pair: tuple[Any, Any] | None = None
    if isinstance(literal, datetime):
        moment = _moment(value)
        pair = None if moment is None else (moment, literal)
    elif isinstance(value, bool) or isinstance(literal, bool):
        pair = None
    elif (isinstance(value, int | float) and isinstance(literal, int | float)) or (
        type(value) is type(literal) and isinstance(value, str | bytes)
    ):
        pair = (value, literal)
    elif isinstance(value, str) and isinstance(literal, bytes):
        pair = None if (latin := _latin(value)) is None else (latin, literal)
    elif isinstance(value, bytes) and isinstance(literal, str):
        pair = None if (latin := _latin(literal)) is None else (value, latin)
    if pair is None:
        return None
    left, right = pair
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


def like(written: str) -> re.Pattern[str]:
    """A LIKE as an expression of the whole text: `%` is any text, `_` any one character, never a line's end.

    What stands between two `%` is taken where it is found first, for good (an atomic group): going back could find
    nothing else, and with many `%` it would go back for ever."""
    first, *middle = ("".join("." if each == "_" else re.escape(each) for each in part) for part in _parts(written))
    if not middle:
        return re.compile(first)
    *between, last = middle
    return re.compile(f"{first}{''.join(f'(?>.*?{each})' for each in between if each)}.*{last}")


def _parts(written: str) -> list[str]:
    return unicodedata.normalize("NFC", written).split("%")


def _texts(test: Callable[[str], Any]) -> Callable[[Any], bool]:
    def passes(value: Any) -> bool:
        if isinstance(value, bytes):
            try:
                value = value.decode()
            except UnicodeDecodeError:
                return False
        return isinstance(value, str) and bool(test(unicodedata.normalize("NFC", value)))

    return passes


def _matching(written: str) -> Callable[[Any], bool]:
    form = unicodedata.normalize("NFC", written)
    try:
        expression = re.compile(form)
        latin = _latin(form)
        binary = None if latin is None else re.compile(latin)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadPattern(f"a regular expression after MATCHES; found {written[:80]!r}") from error

    def passes(value: Any) -> bool:
        if isinstance(value, bytes):
            return binary is not None and binary.search(value) is not None
        return isinstance(value, str) and expression.search(unicodedata.normalize("NFC", value)) is not None

    return passes


def network_of(text: str) -> Network:
    """An address or a network; raises BadPattern."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise BadPattern(f"an address or a network; found {text[:80]!r}") from error


@lru_cache(maxsize=65_536)
def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _network_or_none(value: Any) -> Network | None:
    return _network(value) if isinstance(value, str) and len(value) <= _LONGEST else None


_LONGEST = 100
"""Letters that a network has at most: longer texts are not kept in memory to be compared."""


def _is_within(inner: Network | None, outer: Network | None) -> bool:
    if inner is None or outer is None or inner.version != outer.version:
        return False
    shift = outer.max_prefixlen - outer.prefixlen
    return inner.prefixlen >= outer.prefixlen and (
        int(inner.network_address) >> shift == int(outer.network_address) >> shift
    )
