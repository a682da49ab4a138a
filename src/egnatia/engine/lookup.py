"""Which lines of a log may say something that is wanted, as an Ibis expression: the same on DuckDB and on Spark.

A line is kept where one of its fields leads to a key: of a domain name the last two labels (so the names of a log that
are under a wanted one are kept, on label boundaries), of an address the address or the beginning of a network, of all
else the value. It keeps too many, never too few; who reads on decides exactly.
"""

import contextlib
import ipaddress
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from egnatia.engine.connection import loaded
from egnatia.engine.log.observing import host_of
from egnatia.engine.log.use import Use
from egnatia.engine.pattern.matcher import Matcher

if TYPE_CHECKING:
    import ibis.expr.types as ir

PAIR: Final = r"[^.]*\.[^.]*$"
TOP: Final = r"[^.]*$"
HOST: Final = r"^[a-z][a-z0-9+.\-]*://(?:[^/?#@]*@)?([^/?#:]*)"
SIX: Final = "::"
"""The key of every IPv6 address: they are few, and written in many ways."""

HOSTS, WHOLE = "egnatia_hosts", "egnatia_whole"


class Keys(msgspec.Struct, frozen=True):
    """What lines are kept for: the last labels of names, and whole values with beginnings of networks (`192.0.2.`)."""

    hosts: frozenset[str]
    whole: frozenset[str]
    parts: frozenset[int] = frozenset()
    """How many numbers the beginnings of networks have."""

    kinds: frozenset[str] = frozenset()
    """The kinds of object that are looked for."""

    fragments: frozenset[str] = frozenset()
    """Letters in a row, of which a line is kept for any."""

    tops: bool = False
    """Whether some names have one label, so that the last of every name counts."""


def pairs(name: str) -> Iterator[str]:
    """The last two labels of a domain name, also as they are read by people where they are in A-labels."""
    last = ".".join(name.rsplit(".", 2)[-2:])
    yield last
    if "xn--" in last:
        with contextlib.suppress(UnicodeError):
            yield last.encode("ascii").decode("idna")


def keys_of(matcher: Matcher[Any]) -> Keys:
    """The keys of all that a matcher looks up."""
    hosts: set[str] = set()
    whole: set[str] = set()
    parts: set[int] = set()
    kinds: set[str] = set()
    for kind, steps, form, key in matcher.wanted():
        kinds.add(kind)
        text = str(int(key) if isinstance(key, float) and key.is_integer() else key).lower()
        if form == "within":
            for beginning in beginnings(text):
                whole.add(beginning)
                if beginning != SIX:
                    parts.add(beginning.count("."))
        elif kind in {"domain-name", "url"}:
            name = text if kind == "domain-name" else host_of(text)
            hosts.update(pairs(name))
            if ":" in name:
                whole.add(SIX)
        else:
            whole.add(SIX if _is_six(text) else text)
            if steps[-1] == "serial_number":
                whole.add(SIX)  # a log may have it with colons
            if kind == "network-traffic" and "." in text:
                hosts.update(pairs(text))
    tops = any("." not in each for each in hosts - {""})
    fragments, about = matcher.fragments()
    kinds |= about
    if "url" in kinds:
        kinds.add("domain-name")  # a log may have the host of a URL in a column of its own
    return Keys(frozenset(hosts - {""}), frozenset(whole - {""}), frozenset(parts), frozenset(kinds), fragments, tops)


def names_of(matcher: Matcher[Any]) -> Iterator[str]:
    """The names that a matcher looks up, whole."""
    for kind, _, form, key in matcher.wanted():
        if form == "equal" and isinstance(key, str):
            if kind == "url":
                yield host_of(key).lower()
            elif kind in {"domain-name", "network-traffic"}:
                yield key.lower()


def _is_six(text: str) -> bool:
    try:
        return ":" in text and ipaddress.ip_network(text.partition("%")[0], strict=False).version == 6
    except ValueError:
        return False


def beginnings(network: str) -> Iterator[str]:
    """What the addresses of a network begin with, at most 256 texts; `::` for every IPv6 network."""
    found = ipaddress.ip_network(network, strict=False)
    if found.version == 6:
        yield SIX
        return
    length = min(max(1, -(-found.prefixlen // 8)) * 8, 24)
    for each in found.subnets(new_prefix=length) if found.prefixlen < length else (found,):
        yield ".".join(str(each.network_address).split(".")[: length // 8]) + "."


def kept(values: Sequence[tuple[Use, "ir.StringValue"]], keys: Keys, hosts: Any, whole: Any) -> "ir.BooleanValue":
    """Whether a line is kept, from its fields; `hosts` and `whole` are the columns of the keys."""
    conditions = [each for use, value in values for each in _conditions(use, value, keys, hosts, whole)]
    ibis = loaded("ibis")
    return ibis.or_(*conditions) if conditions else ibis.literal(False)


def _conditions(use: Use, value: Any, keys: Keys, hosts: Any, whole: Any) -> Iterator[Any]:
    """Any of which keeps the line."""
    lower = value.lower()
    if use.many:
        # In such a column several values, or a name (it ends in a letter), are rare enough to be kept unasked.
        yield value.contains(use.many)
        yield value.right(1) > "9"
    if keys.hosts:
        match use.kind:
            case "host" if not use.many:
                yield lower.re_extract(PAIR, 0).isin(hosts)
                if keys.tops:
                    yield lower.re_extract(TOP, 0).isin(hosts)
                # A final dot, or a port: rare enough to be kept unasked, and dear to be asked for in every name.
                yield value.endswith(".") | value.contains(":")
            case "url":
                yield lower.re_extract(HOST, 1).re_extract(PAIR, 0).isin(hosts)
                if keys.tops:
                    yield lower.re_extract(HOST, 1).re_extract(TOP, 0).isin(hosts)
                yield ~lower.contains("://") & (value != "-")
            case "mail":
                yield lower.contains("@")
    if not keys.whole:
        return
    match use.kind:
        case "host" | "address":
            yield lower.isin(whole)
            yield lower.contains(":" if SIX in keys.whole else "::ffff:")
            for count in sorted(keys.parts):
                yield lower.re_extract(rf"^(?:[0-9]+\.){{{count}}}", 0).isin(whole)
        case "text" | "digest" | "number" | "mail" | "words":
            yield lower.isin(whole)
        case _:
            yield value != "-"
