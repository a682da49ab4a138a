"""Where a node may call on somebody's word: public addresses over TLS, and what its operator allows besides.

A name is looked up once and the address that was checked is the one that is called, so that it cannot become another
one in between (DNS rebinding).
"""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

import msgspec

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class Barred(ValueError):
    """The node does not call there."""


class Way(msgspec.Struct, frozen=True):
    """How a URL is reached: the host that is named, and the addresses that it may be called at, in order."""

    host: str
    addresses: tuple[str, ...]


def way(url: str, allow: Iterable[str]) -> Way:
    """How `url` may be called; raises Barred, or OSError where the name is not known."""
    scheme, host, port = parts(url)
    allowed = frozenset(each.lower() for each in allow)
    found = [ipaddress.ip_address(each) for each in _looked_up(host, port)]
    inside = host in allowed or all(_is_among(each, allowed) for each in found)
    if scheme != "https" and not inside:
        raise Barred(f"{host}: only https is called, unless the operator allows the host")
    if not inside and not all(is_public(each) or _is_among(each, allowed) for each in found):
        raise Barred(f"{host}: not a public address, and the operator does not allow it")
    return Way(host, tuple(map(str, found)))


def is_outside(url: str, allow: Iterable[str]) -> bool:
    """Whether `url` is called by its name through the house's proxy; not so what the operator allows inside. Raises
    Barred. Only the proxy may know the name: then it alone decides which address that is (docs/security.md)."""
    scheme, host, port = parts(url)
    allowed = frozenset(each.lower() for each in allow)
    try:
        found = [ipaddress.ip_address(each) for each in _looked_up(host, port)]
    except OSError:
        found = []
    if host in allowed or (found and all(_is_among(each, allowed) for each in found)):
        return False
    if scheme != "https":
        raise Barred(f"{host}: only https is called, unless the operator allows the host")
    if not all(is_public(each) for each in found) or (not found and _is_of_the_house(host)):
        raise Barred(f"{host}: not a public address, and the operator does not allow it")
    return True


def is_named_inside(url: str, allow: Iterable[str]) -> bool:
    """Whether a URL that the operator named is of the house, by its name alone: without TLS, a name of a house, the
    machine itself, or what the operator allows inside. Raises Barred for what is no address of the web."""
    scheme, host, _ = parts(url)
    allowed = frozenset(each.lower() for each in allow)
    try:
        literal: Address | None = ipaddress.ip_address(host)
    except ValueError:
        literal = None
    if literal is not None:
        return scheme != "https" or literal.is_loopback or _is_among(literal, allowed)
    return scheme != "https" or host in allowed or _is_of_the_house(host)


def _is_of_the_house(host: str) -> bool:
    """Whether a name that is not known here can be one of the house's own network (RFC 6762, RFC 8375, and usage)."""
    labels = host.rstrip(".").split(".")
    return len(labels) < 2 or labels[-1] in INNER_NAMES or labels[-1].isdecimal() or labels[-2:] == ["home", "arpa"]


INNER_NAMES: Final = frozenset({"local", "localhost", "internal", "intranet", "lan", "corp", "home", "private", "test"})


def parts(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL that may be called at all; raises Barred."""
    try:
        split = urlsplit(url)
        host, port = (split.hostname or "").lower(), split.port
    except ValueError as error:
        raise Barred(f"{url!r} is no address") from error
    if split.scheme not in {"https", "http"} or not host or any(each <= " " for each in url):
        raise Barred(f"{url!r} is not an address of the web")
    if split.username is not None or split.password is not None:
        raise Barred("an address with a name or password in it is not called")
    return split.scheme, host, port or (443 if split.scheme == "https" else 80)


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet has that address; one that wraps another is as public as that one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def _looked_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))


def _is_among(address: Address, allowed: Iterable[str]) -> bool:
    for each in allowed:
        try:
            network = ipaddress.ip_network(each, strict=False)
        except ValueError:
            continue  # a name
        if address.version == network.version and address in network:
            return True
    return False
