"""The autonomous system and the economy of an address, from database files (MMDB) that an operator puts into the folder
`networks` of the data directory, such as those of DB-IP or MaxMind. No file, no answer; nothing is fetched."""

import ipaddress
import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import maxminddb

from egnatia.cyber.intel.enrichment.enricher import Fact, Surroundings, Tie

log = logging.getLogger(__name__)

FOLDER: Final = "networks"


@lru_cache(maxsize=16)
def _opened(path: Path, changed: int) -> maxminddb.Reader:
    return maxminddb.open_database(str(path), maxminddb.MODE_MMAP)


class Networks:
    """Says whose network an address is in, and where that is registered."""

    name = "network"
    about = "The autonomous system and the economy of an address, from files of the operator"
    kinds = frozenset({"ipv4-addr", "ipv6-addr"})

    def __init__(self, paths: tuple[Path, ...]) -> None:
        self._paths = paths

    @classmethod
    def of(cls, around: Surroundings) -> "Networks | None":
        """The files that are there now; None without any."""
        folder = around.data / FOLDER
        paths = tuple(sorted(folder.glob("*.mmdb"))) if folder.is_dir() else ()
        return cls(paths) if paths else None

    def facts(self, kind: str, value: str) -> Sequence[Fact]:
        """What the files say of an address; of a network, of its first address."""
        try:
            address = str(ipaddress.ip_network(value, strict=False).network_address)
        except ValueError:
            return ()
        facts: dict[Fact, None] = {}
        for path in self._paths:
            try:
                found = _opened(path, path.stat().st_mtime_ns).get(address)
            except (OSError, TypeError, ValueError, maxminddb.InvalidDatabaseError):
                log.warning("the database of networks %s cannot be read", path.name)
                continue
            if isinstance(found, Mapping):
                facts |= dict.fromkeys(_facts(found))
        return tuple(facts)


def _facts(found: Mapping[str, Any]) -> list[Fact]:
    facts = []
    number, name = found.get("autonomous_system_number"), found.get("autonomous_system_organization")
    is_number = isinstance(number, int) and 0 <= number < 1 << 32
    if number is not None:
        tie = Tie("belongs-to", "autonomous-system", number=number, name=str(name or "")) if is_number else None
        facts.append(Fact("Autonomous system", f"AS{number} {name or ''}".strip(), tie=tie))
    place = found.get("country") or found.get("registered_country")
    code = place.get("iso_code") if isinstance(place, Mapping) else place
    if isinstance(code, str):
        facts.append(Fact("Economy", code.upper()))
    return facts
