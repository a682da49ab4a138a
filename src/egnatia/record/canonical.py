"""Deterministic identifiers of observables: UUIDv5 over the canonical JSON of what identifies them (section 2.9)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

import msgspec

from egnatia.record.digest import BEST

NAMESPACE = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace of STIX observables (STIX 2.1 section 2.9)."""


def canonical(value: Any) -> bytes:
    """`value` in the one spelling of RFC 8785: names by UTF-16 code units, numbers as in ECMAScript."""
    return _written(value).encode()


def _written(value: Any) -> str:
    match value:
        case dict():
            names = sorted(value, key=lambda name: name.encode("utf-16-be"))
            return "{" + ",".join(f"{_string(name)}:{_written(value[name])}" for name in names) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_written, value)) + "]"
        case str():
            return _string(value)
        case float():
            return _number(value)
        case _:
            return msgspec.json.encode(value).decode()


_SHORT = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
_ESCAPES = {code: _SHORT.get(code, f"\\u{code:04x}") for code in (*range(32), 34, 92)}


def _string(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _number(number: float) -> str:
    """ECMAScript's shortest form (RFC 8785 section 3.2.2.3)."""
    if number == 0:
        return "0"
    mantissa, _, exponent = f"{number!r}".partition("e")
    if not exponent:
        return mantissa.removesuffix(".0")
    digits, power = mantissa.removesuffix(".0"), int(exponent)
    if 0 < power < 21:
        sign = "-" if digits.startswith("-") else ""
        whole, _, fraction = digits.removeprefix("-").partition(".")
        return sign + whole + fraction.ljust(power, "0")
    if -7 < power < 0:
        sign = "-" if digits.startswith("-") else ""
        return f"{sign}0.{'0' * (-power - 1)}{digits.removeprefix('-').replace('.', '')}"
    return f"{digits}e{power:+d}"


def deterministic_id(type: str, identity: tuple[str, ...], record: Mapping[str, Any]) -> str | None:  # noqa: A002
    """The identifier that an observable's content gives it; None where it has nothing that identifies it."""
    parts = {name: record[name] for name in identity if name in record}
    if not parts:
        return None
    if "hashes" in parts:
        parts["hashes"] = _one(parts["hashes"])
    return f"{type}--{uuid5(NAMESPACE, canonical(parts).decode())}"


def _one(hashes: Mapping[str, str]) -> dict[str, str]:
    name = next((name for name in BEST if name in hashes), min(hashes))
    return {name: hashes[name]}
