"""STIX data types as annotations: JSON type and limits for the decoder, the rest as a Format (STIX 2.1 section 2)."""

import binascii
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from egnatia.record.digest import are_hashes, mend_hashes
from egnatia.record.identifier import DOMAIN_OBJECTS, META, RELATIONS, loose_type, target_type
from egnatia.record.instant import (
    is_instant,
    is_precise_instant,
    is_usual,
    is_usual_and_precise,
    mend_instant,
    mend_precise_instant,
)

T = TypeVar("T")
_REMEMBERED: Final = 8192


def _unmendable(value: Any) -> Any:
    return None


class _Answers(dict[str, bool]):
    """Answers about texts that come again and again. Unlike an `lru_cache` it touches nothing but what is asked for,
    which is what counts where one text in many is known; it is emptied when it is full."""

    def __init__(self, holds: Callable[[str], bool]) -> None:
        super().__init__()
        self._holds = holds

    def __missing__(self, text: str) -> bool:
        if len(self) >= _REMEMBERED:
            self.clear()
        answer = self[text] = self._holds(text)
        return answer


def _remembered(holds: Callable[[str], bool]) -> Callable[[str], bool]:
    """As `holds`, quick for a text that was asked about before."""
    return _Answers(holds).__getitem__


class Format(msgspec.Struct, frozen=True, eq=False):
    """What a value must look like beyond its JSON type.

    `quick`, where given, is faster and may refuse a rare value that `holds` admits, never the other way round.
    `mend` gives the value that a broken one can only mean, or None where there is no one clear meaning.
    """

    rule: str
    holds: Callable[[Any], bool]
    mend: Callable[[Any], Any] = _unmendable
    quick: Callable[[Any], object] | None = None


def formatted(form: Format, **schema: Any) -> Meta:
    """The annotation of a value in this format; `schema` goes into the JSON Schema."""
    return Meta(extra={"format": form}, extra_json_schema=schema or None)


def _reference(rule: str, holds: Callable[[str], bool]) -> Format:
    """A reference. One to the wrong type, or with a careless UUID, still names one thing, so mending keeps it."""
    return Format(
        rule,
        holds,
        lambda value: None if loose_type(value) is None else value,
        _remembered(holds),  # few records are named by many
    )


def to(*types: str) -> Meta:
    """A reference to a record of one of these types; any type where none is named."""
    if not types:
        return to_any_but("bundle")
    allowed = frozenset(types)
    rule = f"STIX 2.1 section 2.9: the identifier of {' or '.join(types)}"
    form = _reference(rule, lambda value: target_type(value) in allowed)
    return formatted(form, pattern=f"^({'|'.join(types)})--")


def to_any_but(*types: str) -> Meta:
    """A reference to a record of any type but these."""
    refused = frozenset(types) | {None}
    rule = f"STIX 2.1 section 2.9: an identifier, not of {', '.join(sorted(types))}"
    form = _reference(rule, lambda value: target_type(value) not in refused)
    return formatted(form, pattern="^[a-z][a-z0-9-]*--[0-9a-f-]{36}$")


def to_observable() -> Meta:
    """A reference to an observable, of the standard's or of a custom type."""
    return to_any_but(*DOMAIN_OBJECTS, *RELATIONS, *META)


def named(pattern: str, rule: str) -> Meta:
    """A string that one regular expression describes."""
    whole = re.compile(pattern)
    form = Format(rule, lambda value: whole.fullmatch(value) is not None, quick=whole.fullmatch)
    return formatted(form, pattern=f"^({pattern})$")


def is_uri(text: str) -> bool:
    """Whether `text` is a URI in the broad sense of RFC 3986: a scheme, then no blanks or control characters."""
    return _URI.fullmatch(text) is not None


_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[!#-;=?-~]+|[^\s<>\"\x00-\x1f\x7f]+)")  # in ASCII three times as fast
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_DICTIONARY_KEY = re.compile(r"[a-zA-Z0-9_-]{1,250}")


def is_base64(text: str) -> bool:
    """Whether `text` is base64 with padding (RFC 4648 section 4)."""
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        return False
    return True


def are_keys(dictionary: dict[str, Any]) -> bool:
    """Whether every key of a dictionary is one that STIX 2.1 section 2.3 admits."""
    return all(_DICTIONARY_KEY.fullmatch(key) for key in dictionary)


INSTANT = Format("STIX 2.1 timestamp: RFC 3339 in UTC with Z", is_instant, mend_instant, is_usual)
PRECISE_INSTANT = Format(
    "STIX 2.1 section 3.2: RFC 3339 in UTC with Z, at least milliseconds",
    is_precise_instant,
    mend_precise_instant,
    is_usual_and_precise,
)
HASHES = Format(
    "STIX 2.1 section 2.7: algorithm names as in the vocabulary, digests of their length", are_hashes, mend_hashes
)
URI = Format("RFC 3986: a URI with its scheme", is_uri, lambda value: value, _URI.fullmatch)
HEX = Format("STIX 2.1 section 2.8: pairs of hexadecimal digits", lambda value: _HEX.fullmatch(value) is not None)
BASE64 = Format("STIX 2.1 section 2.1: base64 (RFC 4648 section 4)", is_base64)
KEYS = Format(
    "STIX 2.1 section 2.3: keys of letters, digits, - and _, up to 250 characters", are_keys, lambda value: value
)
MARKING = Format(
    "STIX 2.1 section 7.2.2: the identifier of marking-definition",
    lambda value: target_type(value) == "marking-definition",
    lambda value: value,  # kept: a marking that is not understood stays unresolved, and policy denies
    _remembered(lambda value: target_type(value) == "marking-definition"),
)

Instant = Annotated[str, formatted(INSTANT, format="date-time")]
PreciseInstant = Annotated[str, formatted(PRECISE_INSTANT, format="date-time")]
Some = Annotated[tuple[T, ...], Meta(min_length=1)]
Hashes = Annotated[dict[str, str], Meta(min_length=1, extra={"format": HASHES})]
Dictionary = Annotated[dict[str, Any], Meta(min_length=1, extra={"format": KEYS})]
Uri = Annotated[str, formatted(URI, format="uri")]
Hex = Annotated[str, formatted(HEX, pattern="^([0-9a-fA-F]{2})+$")]
Base64 = Annotated[str, formatted(BASE64, contentEncoding="base64")]
MarkingRef = Annotated[str, formatted(MARKING, pattern="^marking-definition--")]
Integer = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
