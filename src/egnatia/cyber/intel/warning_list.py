"""Warning lists hold what is well known and benign: what is on one is neither published as an indicator nor given to
defences, unless somebody insists.

The lists of the MISP project are read as they are published (`lists/*/list.json`); a few of our own are built in.
Addresses and names are compared in both directions: a list's network covers an address, a listed name what is under it;
and an indicator is stopped if it covers anything on a list, for who blocks a network or a name blocks all of it.
"""

import hashlib
import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from egnatia.record.record import Invalid, Problem

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
SUFFIX: Final = "suffix"
"""The form of a list of names that are never meant as a whole; what is under them may well be meant."""


@lru_cache(maxsize=1)
def built_in() -> tuple[WarningList, ...]:
    """The lists that are always there, with the names under which anybody can register one (publicsuffix.org): whoever
    names `com.me` means somebody under it."""
    text = (files("publicsuffixlist") / "public_suffix_list.dat").read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    names = tuple(line for line in lines if line and not line.startswith(("//", "!", "*")))
    return (*BUILT_IN, WarningList(name="Names under which anybody registers", form=SUFFIX, values=names))


def read_list(document: bytes) -> WarningList:
    """A list from its file; raises Invalid."""
    try:
        return msgspec.json.decode(document, type=WarningList, strict=False)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
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


def expression(value: str) -> re.Pattern[str]:
    """A list's expression, which may be written between slashes; raises Invalid where it is none."""
    inner = value[1 : value.rfind("/")] if value.startswith("/") and value.rfind("/") > 0 else value
    try:
        return re.compile(inner, re.IGNORECASE)
    except re.error as error:
        raise Invalid((Problem("$.list", "a regular expression", f"{value[:60]}: {error}"),)) from error
