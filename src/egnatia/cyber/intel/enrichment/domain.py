"""The registered domain of a name, by the public suffix list that comes with the library (no network)."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from egnatia.cyber.intel.enrichment.enricher import Fact, Surroundings

HOSTS: Final = frozenset({"domain-name", "url", "email-addr"})


def host_in(kind: str, value: str) -> str:
    """The host name in a domain, a URL or a mail address, in lower case; empty where there is none."""
    match kind:
        case "url":
            try:
                host = urlsplit(value).hostname or ""
            except ValueError:
                return ""
        case "email-addr":
            host = value.rpartition("@")[2]
        case _:
            host = value
    host = host.strip().rstrip(".").lower()
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return ""


@lru_cache(maxsize=1)
def suffixes() -> PublicSuffixList:
    """The list, read once."""
    return PublicSuffixList()


def registered(host: str) -> str:
    """The domain that somebody registered: one label below a public suffix; empty for a suffix itself."""
    found = suffixes().privatesuffix(host)
    return str(found) if found else ""


class Domains:
    """Says under which registered domain a name is."""

    name = "public-suffix"
    about = "The registered domain and the public suffix above it"
    kinds = HOSTS

    @classmethod
    def of(cls, around: Surroundings) -> "Domains":
        """It needs nothing."""
        return cls()

    def facts(self, kind: str, value: str) -> Sequence[Fact]:
        """The registered domain and its suffix."""
        host = host_in(kind, value)
        domain = registered(host) if host else ""
        if not domain:
            return ()
        return (Fact("Registered domain", domain), Fact("Public suffix", str(suffixes().publicsuffix(host))))
