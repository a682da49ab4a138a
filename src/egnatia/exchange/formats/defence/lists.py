"""Lists for firewalls, proxies and resolvers. A value that its device could misread is left out, never mended."""

import csv
import io
import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Final

from egnatia.exchange.formats.defence.entry import ADDRESSES, NAMES, About, Entry, clean, lined, told

_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_FORMULA: Final = ("=", "+", "-", "@")
ORIGIN: Final = "rpz.egnatia.invalid."


def plain(entries: Sequence[Entry], about: About) -> bytes:
    """One value a line."""
    return lined([*told(about), *(each.value for each in entries if clean(each.value) == each.value)])


def table(entries: Sequence[Entry], about: About) -> bytes:
    """CSV with what each value is worth; what a spreadsheet would take for a formula is quoted."""
    del about
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("kind", "value", "score", "since", "name", "indicator"))
    for each in entries:
        cells = map(clean, (each.kind, each.value, str(each.score), each.since, each.name, each.source))
        writer.writerow([f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue().encode()


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
        if network.version == 4:
            parts = str(network.network_address).split(".")
        else:
            parts = [f"{int(part, 16):x}" for part in network.network_address.exploded.split(":")]
        yield f"{network.prefixlen}.{'.'.join(reversed(parts))}.rpz-ip"


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
    found: dict[ipaddress.IPv4Network | ipaddress.IPv6Network, None] = {}
    for each in entries:
        if each.kind in ADDRESSES:
            try:
                found[ipaddress.ip_network(each.value, strict=False)] = None
            except ValueError:
                continue
    return list(found)


def _shown(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)
