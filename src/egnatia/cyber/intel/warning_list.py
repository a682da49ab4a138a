"""Warning lists hold what is well known and benign: what is on one is neither published as an indicator nor given to
defences, unless somebody insists.

The lists of the MISP project are read as they are published (`lists/*/list.json`); a few of our own are built in.
Addresses are compared as networks in both directions: a list's network covers an address, and an indicator that is a
network is stopped if it covers anything on a list.
"""

import hashlib
import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from egnatia.record.record import Invalid, Problem
from egnatia.record.values import domain, normalised, values_of

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class WarningList(
    msgspec.Struct, frozen=True, rename={"values": "list", "form": "type", "kinds": "matching_attributes"}
):
    """One list as it is published. `form` says how its values are compared."""

    name: str
    values: tuple[str, ...]
    form: str = "string"
    version: int | str = 0
    description: str = ""
    kinds: tuple[str, ...] = ()


class Warned(msgspec.Struct, frozen=True):
    """A value that is on a list, and which."""

    value: str
    list: str


PROTECTED: Final = WarningList(
    name="Institutions of the region",
    form="hostname",
    description="Domains under which the institutions of the region publish: never to be blocked as a whole",
    values=(
        "gov.al", "rks-gov.net", "gov.ba", "gov.me", "gov.mk", "gov.rs", "edu.al", "edu.mk", "edu.rs", "ac.me", "ac.rs",
        "parlament.al", "kuvendikosoves.org", "parlament.ba", "skupstina.me", "sobranie.mk", "parlament.rs",
        "srbija.gov.rs", "europa.eu", "int",
    ),
)  # fmt: skip

RESOLVERS: Final = WarningList(
    name="Public resolvers of names",
    form="cidr",
    values=(
        "1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220",
        "2606:4700:4700::1111", "2606:4700:4700::1001", "2001:4860:4860::8888", "2001:4860:4860::8844", "2620:fe::fe",
    ),
)  # fmt: skip

NOT_ROUTED: Final = WarningList(
    name="Networks that are not on the internet",
    form="cidr",
    description="Private, loopback, link-local, shared, multicast and reserved networks (RFC 6890)",
    values=(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "fc00::/7", "fe80::/10", "ff00::/8",
    ),
)  # fmt: skip

LOCAL_NAMES: Final = WarningList(
    name="Names that are not on the internet",
    form="hostname",
    values=("localhost", "local", "internal", "lan", "home.arpa", "in-addr.arpa", "ip6.arpa"),
)

EMPTY: Final = WarningList(
    name="Digests of nothing",
    form="string",
    description="Of the empty file",
    values=tuple(
        hashlib.new(name, b"", usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")
    ),
)

BUILT_IN: Final = (PROTECTED, RESOLVERS, NOT_ROUTED, LOCAL_NAMES, EMPTY)

_ADDRESSED: Final = frozenset({"ipv4-addr:value", "ipv6-addr:value", "url:value"})
_HOST_OF: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)")


def read_list(document: bytes) -> WarningList:
    """A list from its file; raises Invalid."""
    try:
        return msgspec.json.decode(document, type=WarningList, strict=False)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Invalid((Problem("$", "a warning list of the MISP project", str(error)),)) from error


def lists_in(folder: Path) -> Iterator[WarningList]:
    """Every list below a folder. Raises Invalid for a file that is none."""
    for path in sorted(folder.rglob("*.json")):
        try:
            yield read_list(path.read_bytes())
        except Invalid as error:
            raise Invalid(
                tuple(Problem(f"{path}: {each.path}", each.rule, each.found) for each in error.problems)
            ) from error


FOLDER: Final = "warning-lists"
"""Where the operator puts warning lists, in the data directory."""


class WarningLists:
    """Several lists, ready to be asked about millions of values."""

    def __init__(self, lists: Iterable[WarningList] = BUILT_IN) -> None:
        self._exact: dict[str, str] = {}
        self._hosts: dict[str, str] = {}
        self._parts: list[tuple[str, str]] = []
        self._expressions: list[tuple[re.Pattern[str], str]] = []
        networks: list[tuple[Network, str]] = []
        self.names: list[str] = []
        for each in lists:
            self.names.append(each.name)
            self._take(each, networks)
        self._networks = {version: _Networks(networks, version) for version in (4, 6)}

    def _take(self, made: WarningList, networks: list[tuple[Network, str]]) -> None:
        for value in made.values:
            match made.form:
                case "hostname":
                    self._hosts[domain(value.strip().lstrip(".*"))] = made.name
                case "cidr":
                    try:
                        networks.append((ipaddress.ip_network(value.strip(), strict=False), made.name))
                    except ValueError:
                        self._exact[value.strip().lower()] = made.name
                case "substring":
                    self._parts.append((value.lower(), made.name))
                case "regex":
                    self._expressions.append((_expression(value), made.name))
                case _:
                    self._exact[value.strip().lower()] = made.name

    def warned(self, kind: str, value: str) -> Warned | None:
        """Whether a value is on a list. `kind` is the STIX path of the value (`domain-name:value`)."""
        text = normalised(kind, value)
        found = self._exact.get(text.lower()) or self._in_network(kind, text) or self._under_host(kind, text)
        found = found or next((name for part, name in self._parts if part in text.lower()), None)
        found = found or next((name for expression, name in self._expressions if expression.search(text)), None)
        return None if found is None else Warned(value, found)

    def reason(self, record: Mapping[str, Any]) -> str | None:
        """Why an indicator is better not published: a value that it detects is on a list. None for other records."""
        if record.get("type") != "indicator" or record.get("revoked"):
            return None
        values = values_of("indicator", dict(record))
        found = (self.warned(each.kind, each.value) for each in values)
        warned = next((each for each in found if each is not None), None)
        return None if warned is None else f"on the warning list {warned.list!r}"

    def _in_network(self, kind: str, text: str) -> str | None:
        if kind not in _ADDRESSED:
            return None
        host = _host(kind, text)
        try:
            network = ipaddress.ip_network(host.strip("[]"), strict=False)
        except ValueError:
            return None
        return self._networks[network.version].touching(network)

    def _under_host(self, kind: str, text: str) -> str | None:
        """A domain is stopped by itself or what it is under; a URL only where the host itself is on a list, for what
        stands at a benign place need not be benign."""
        if kind == "url:value":
            path = text.partition("://")[2].partition("/")[2]
            return None if path else self._hosts.get(domain(_host(kind, text)))
        if kind != "domain-name:value":
            return None
        name = text
        while name:
            if name in self._hosts:
                return self._hosts[name]
            name = name.partition(".")[2]
        return None


class _Networks:
    """Networks of one version, merged into disjoint ranges in order."""

    def __init__(self, networks: Iterable[tuple[Network, str]], version: int) -> None:
        own = sorted(
            (
                (int(each.network_address), int(each.broadcast_address), name)
                for each, name in networks
                if each.version == version
            )
        )
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._names: list[str] = []
        for start, end, name in own:
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
                continue
            self._starts.append(start)
            self._ends.append(end)
            self._names.append(name)

    def touching(self, network: Network) -> str | None:
        """The list that has an address in common with a network."""
        start, end = int(network.network_address), int(network.broadcast_address)
        place = bisect_right(self._starts, end) - 1
        return self._names[place] if place >= 0 and self._ends[place] >= start else None


def _host(kind: str, text: str) -> str:
    if kind != "url:value":
        return text.partition("/")[0] if "addr" not in kind else text
    found = _HOST_OF.match(text)
    return found[1] if found else ""


def _expression(value: str) -> re.Pattern[str]:
    """A list's expression, which may be written between slashes; raises Invalid where it is none."""
    inner = value[1 : value.rfind("/")] if value.startswith("/") and value.rfind("/") > 0 else value
    try:
        return re.compile(inner, re.IGNORECASE)
    except re.error as error:
        raise Invalid((Problem("$.list", "a regular expression", f"{value[:60]}: {error}"),)) from error


def warning_lists(data: Path) -> WarningLists:
    """The built-in lists and those that the operator has put into the data directory; raises Invalid."""
    folder = data / FOLDER
    return WarningLists([*BUILT_IN, *(lists_in(folder) if folder.is_dir() else ())])
