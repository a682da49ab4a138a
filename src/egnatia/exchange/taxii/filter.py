"""The URL query of a TAXII request, read once and strictly (TAXII 2.1 section 3.4).

What is malformed or said twice is an error, never a guess: a filter that is silently dropped answers with more
than was asked for.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec

FIELDS = frozenset({"id", "type", "version", "spec_version"})
"""The fields that `match[...]` may name at the objects and manifest endpoints."""

_SINGLE = frozenset({"added_after", "limit", "next"})
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z", re.ASCII)
_IDENTIFIER = re.compile(
    r"[a-z0-9][a-z0-9-]{1,248}[a-z0-9]--[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
)
_TYPE = re.compile(r"[a-z0-9][a-z0-9-]{0,248}[a-z0-9]")
_SPEC_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}", re.ASCII)
_LIMIT = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Malformed(ValueError):
    """A URL parameter that cannot be understood; it names the parameter, what is wrong and what came."""


class Versions(msgspec.Struct, frozen=True):
    """Which versions of an object are wanted: the keywords, and exact ones as the log spells them."""

    last: bool = True
    first: bool = False
    every: bool = False
    exact: frozenset[str] = frozenset()


class Filter(msgspec.Struct, frozen=True):
    """What a request asks for. None means that the parameter was absent; `added_after` is microseconds UTC."""

    added_after: int | None = None
    limit: int | None = None
    next: str | None = None
    ids: frozenset[str] | None = None
    types: frozenset[str] | None = None
    versions: Versions = Versions()
    spec_versions: frozenset[str] | None = None

    @property
    def impossible(self) -> bool:
        """Whether nothing can match: everything here is STIX 2.1."""
        return self.spec_versions is not None and "2.1" not in self.spec_versions

    @property
    def fingerprint(self) -> bytes:
        """The filter without its paging: what a `next` token is bound to."""
        keys = (self.added_after, self.ids, self.types, self.versions, self.spec_versions)
        return repr([sorted(k) if isinstance(k, frozenset) else _plain(k) for k in keys]).encode()


def read(query: bytes, fields: frozenset[str] = FIELDS) -> Filter:
    """The filter in a raw query string, where `match` may name `fields`; raises Malformed.

    Parameters that TAXII does not know are left to others; fields of `match` are not (see the module).
    """
    given = _parameters(query)
    for name in given:
        if name.startswith("match") and name not in {f"match[{field}]" for field in fields}:
            raise Malformed(f"{_short(name)} is no filter here; these are: {', '.join(sorted(fields))}")
    return Filter(
        added_after=_microseconds("added_after", given["added_after"]) if "added_after" in given else None,
        limit=_limit(given["limit"]) if "limit" in given else None,
        next=given.get("next"),
        ids=_each(given, "id", _IDENTIFIER, "STIX identifiers"),
        types=_each(given, "type", _TYPE, "STIX types"),
        versions=_versions(_values(given, "version")),
        spec_versions=_each(given, "spec_version", _SPEC_VERSION, "versions such as 2.1"),
    )


def timestamp(microseconds: int) -> str:
    """Microseconds since the epoch as a TAXII timestamp, always with six digits (section 2)."""
    seconds, fraction = divmod(microseconds, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:06d}Z"


def is_identifier(text: str) -> bool:
    """Whether `text` has the form of a STIX identifier."""
    return _IDENTIFIER.fullmatch(text) is not None


def _parameters(query: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=64,
        )
    except ValueError as error:
        raise Malformed("the URL query is not percent-encoded UTF-8, or has more than 64 parameters") from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found and (name in _SINGLE or name.startswith("match")):
            raise Malformed(f"{_short(name)} is given more than once")
        if "\x00" in value:
            raise Malformed(f"{_short(name)} contains a NUL")
        found[name] = value
    return found


def _values(given: Mapping[str, str], field: str) -> tuple[str, ...] | None:
    """The comma-separated values of `match[field]`; None where it is absent."""
    if (text := given.get(f"match[{field}]")) is None:
        return None
    values = tuple(text.split(","))
    if len(values) > 1_000:
        raise Malformed(f"match[{field}] names {len(values)} values; at most 1000 are taken")
    return values


def _each(given: Mapping[str, str], field: str, form: re.Pattern[str], meant: str) -> frozenset[str] | None:
    if (values := _values(given, field)) is None:
        return None
    for value in values:
        if form.fullmatch(value) is None:
            raise Malformed(f"match[{field}] takes {meant} separated by commas; found {_short(value)}")
    return frozenset(values)


def _versions(values: tuple[str, ...] | None) -> Versions:
    if values is None:
        return Versions()
    if len(set(values)) != len(values):
        raise Malformed("match[version] names a version twice")
    if "all" in values:
        if len(values) > 1:
            raise Malformed("match[version]: 'all' goes with no other version")
        return Versions(last=False, every=True)
    exact = frozenset(_version(value) for value in values if value not in {"first", "last"})
    return Versions(last="last" in values, first="first" in values, exact=exact)


def _version(text: str) -> str:
    """A STIX timestamp as the log spells versions: without Z, with at least nine digits of fraction."""
    _microseconds("match[version]", text)
    whole, _, fraction = text[:-1].partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<9}"


def _microseconds(name: str, text: str) -> int:
    """A UTC timestamp, with or without a fraction, floored to the microsecond."""
    found = _TIMESTAMP.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        moment = datetime.strptime(found[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise Malformed(f"{name} takes timestamps such as 2026-11-01T03:04:05.123456Z; found {_short(text)}") from error
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + int((found[2] or "0")[:6].ljust(6, "0"))


def _limit(text: str) -> int:
    if _LIMIT.fullmatch(text) is None:
        raise Malformed(f"limit takes a whole number greater than zero; found {_short(text)}")
    return int(text)


def _plain(key: object) -> object:
    if isinstance(key, Versions):
        return (key.last, key.first, key.every, sorted(key.exact))
    return key


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "...")
