"""Lists for firewalls, proxies and resolvers. A value that its device could misread is left out, never mended."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from egnatia.exchange.formats.defence.entry import (
    ADDRESSES,
    DIGESTS,
    MAILS,
    NAMES,
    URLS,
    About,
    Entry,
    clean,
    lined,
    told,
)
from egnatia.exchange.formats.spreadsheet import csv_of

_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#][^\s]*", re.IGNORECASE)
_SIGN_IN: Final = re.compile(r"\A([a-z][a-z0-9+.-]*://)[^/?#]*@", re.IGNORECASE)
_MAIL: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9.-]{1,253}", re.IGNORECASE)
_DIGEST: Final = re.compile(r"[0-9a-f]{32,128}")
_CUT: Final = re.compile(r".{900,}#[0-9a-f]{64}")
"""A value that was too long to be kept whole (`record.values`): a part of it is not it."""
ORIGIN: Final = "rpz.egnatia.invalid."


def plain(entries: Sequence[Entry], about: About) -> bytes:
    """One value a line."""
    return lined([*told(about), *dict.fromkeys(asked_for(each) for each in entries if is_sound(each))])


def asked_for(entry: Entry) -> str:
    """A value as it goes over the wire."""
    return on_the_wire(entry.value) if entry.kind in URLS else entry.value


def on_the_wire(url: str) -> str:
    """A URL without who signs in and without the part that stays in the browser."""
    return _SIGN_IN.sub(r"\1", url.partition("#")[0], count=1)


def is_sound(entry: Entry) -> bool:
    """Whether a value is what its kind says, on one line: a device reads nothing else in it."""
    value = entry.value
    if clean(value) != value or _CUT.fullmatch(value):
        return False
    match entry.kind:
        case kind if kind in ADDRESSES:
            return _network(value) is not None
        case kind if kind in NAMES:
            return _NAME.fullmatch(value) is not None
        case kind if kind in URLS:
            return _URL.fullmatch(value) is not None
        case kind if kind in MAILS:
            return _MAIL.fullmatch(value) is not None
        case kind if kind in DIGESTS:
            return _DIGEST.fullmatch(value) is not None
        case "file:name":
            return value.strip() not in {"", "-", "(empty)"} and not value.startswith("#")
    return False


def table(entries: Sequence[Entry], about: About) -> bytes:
    """CSV with what each value is worth."""
    del about
    rows = ((each.kind, each.value, each.score, each.since, each.name, each.source) for each in entries)
    return csv_of((("kind", "value", "score", "since", "name", "indicator"), *rows), "\n").encode()


def hosts(entries: Sequence[Entry], about: About) -> bytes:
    """A hosts file that leads the names nowhere."""
    return lined([*told(about), *(f"0.0.0.0 {name}" for name in names(entries))])


def rpz(entries: Sequence[Entry], about: About) -> bytes:
    """A response policy zone: the names and what is under them do not exist, answers with the addresses neither."""
    serial = int(about.at.timestamp()) & 0xFFFFFFFF
    lines = [
        *told(about, ";"),
        "$TTL 300",
        f"$ORIGIN {ORIGIN}",
        f"@ IN SOA localhost. hostmaster.localhost. {serial} 900 300 604800 300",
        "@ IN NS localhost.",
    ]
    for name in names(entries):
        # A name and the zone's own are one in the zone: together they must not be too long.
        if len(name) + len(ORIGIN) <= 250:
            lines += [f"{name} IN CNAME .", f"*.{name} IN CNAME ."]
    lines += [f"{trigger} IN CNAME ." for trigger in _triggers(entries)]
    return lined(lines)


def _triggers(entries: Sequence[Entry]) -> Iterator[str]:
    for network in networks(entries):
        address = network.network_address
        parts = str(address).split(".") if network.version == 4 else _shortened(address.exploded)
        yield f"{network.prefixlen}.{'.'.join(reversed(parts))}.rpz-ip"


def _shortened(address: str) -> list[str]:
    """The words of an address of version 6 with `zz` for its first longest run of zeros: a resolver passes over every
    other spelling (BIND 9 Administrator Reference Manual, Response Policy Zones, the RPZ-IP trigger)."""
    words = [f"{int(part, 16):x}" for part in address.split(":")]
    runs = [list(run) for zero, run in groupby(range(len(words)), lambda place: words[place] == "0") if zero]
    longest = max(runs, key=len, default=[])
    return [*words[: longest[0]], "zz", *words[longest[-1] + 1 :]] if len(longest) > 1 else words


def addresses(entries: Sequence[Entry], about: About) -> bytes:
    """Addresses and networks for a firewall table (pfSense, OPNsense, ipset)."""
    return lined([*told(about), *(_shown(each) for each in networks(entries))])


def mikrotik(entries: Sequence[Entry], about: About) -> bytes:
    """A script for RouterOS that replaces the address list of this output."""
    listed = re.sub(r"[^a-z0-9-]", "-", about.name.lower())[:40] or "egnatia"
    lines = told(about)
    for version, path in ((4, "/ip"), (6, "/ipv6")):
        lines += [f"{path} firewall address-list", f'remove [find list="{listed}"]']
        lines += [
            f'add list="{listed}" address={_shown(each)}' for each in networks(entries) if each.version == version
        ]
    return lined(lines)


def names(entries: Sequence[Entry]) -> list[str]:
    """The domain names that resolvers take, each once."""
    return list(dict.fromkeys(each.value for each in entries if each.kind in NAMES and _NAME.fullmatch(each.value)))


def networks(entries: Sequence[Entry]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The addresses and networks, each once."""
    found = (_network(each.value) for each in entries if each.kind in ADDRESSES)
    return list(dict.fromkeys(each for each in found if each is not None))


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if "%" in value:  # an interface of the machine that saw it: no other machine can tell what it is
        return None
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def _shown(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)
