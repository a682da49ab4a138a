"""Warning lists as an index on disk: millions of benign values are asked about without holding them in memory.

The index is made anew when the files that it was made of change, and is never written to afterwards.
"""

import hashlib
import ipaddress
import os
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, Final

from egnatia.cyber.intel.warning_list import (
    FOLDER,
    SUFFIX,
    Network,
    Warned,
    WarningList,
    built_in,
    expression,
    lists_in,
)
from egnatia.record.values import domain, normalised, values_of

INDEX: Final = "warning-lists.index"
"""The file in the data directory."""
LAYOUT: Final = 2
"""Changes with what is written into the index, so that one of another making is not read."""

_TABLES: Final = (
    # One row per value that is compared as it is (kind 'exact'), as a whole name ('suffix'), or with all that is under
    # it ('host'): names are spelled from the right with a dot after each label, so what is under one stands beside it.
    "CREATE TABLE value (kind TEXT, value TEXT, list TEXT, PRIMARY KEY (kind, value)) WITHOUT ROWID",
    # One row per range of addresses, disjoint within a version; both ends are of it, as 16 bytes.
    "CREATE TABLE range (version INTEGER, start BLOB, end BLOB, list TEXT, PRIMARY KEY (version, start)) WITHOUT ROWID",
    # One row per text that is looked for within values ('part'), or expression ('expression').
    "CREATE TABLE within (kind TEXT, value TEXT, list TEXT)",
    # One row: what the files were that the index was made of.
    "CREATE TABLE made_of (signature TEXT)",
)
_FORMS: Final = {"hostname": "host", "substring": "part", "regex": "expression", SUFFIX: "suffix"}
_UNDER: Final = """
SELECT * FROM (
    SELECT list FROM value WHERE kind = 'host' AND value IN ({marks}) ORDER BY length(value) DESC LIMIT 1)
UNION ALL SELECT list FROM value WHERE kind = 'host' AND value > ? AND value < ?
UNION ALL SELECT list FROM value WHERE kind = 'suffix' AND value = ?
LIMIT 1
"""
"""The list that has the longest of some names, something under the name, or the name as a whole."""
_GRAM: Final = 4
_ADDRESSED: Final = frozenset({"ipv4-addr:value", "ipv6-addr:value", "url:value"})
_HOST_OF: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)")


class WarningLists:
    """Several lists, the built-in ones where none are named, ready to be asked about millions of values, from any
    thread. Where they are `strict`, a URL or a mail address is stopped by its host, whatever stands there."""

    def __init__(self, lists: Iterable[WarningList] | None = None, *, strict: bool = False) -> None:
        link = sqlite3.connect(":memory:", check_same_thread=False)
        _fill(link, built_in() if lists is None else lists)
        self._use(link, strict=strict)

    @classmethod
    def opened(cls, path: Path) -> "WarningLists":
        """Those in an index; raises OSError where it is none."""
        made = cls.__new__(cls)
        try:
            made._use(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, check_same_thread=False))
        except sqlite3.DatabaseError as error:
            raise OSError(f"{path}: {error}") from error
        return made

    def _use(self, link: sqlite3.Connection, *, strict: bool = False) -> None:
        self._link, self._lock, self._strict = link, Lock(), strict
        self._short: list[tuple[str, str]] = []
        self._parts: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._expressions: list[tuple[re.Pattern[str], str]] = []
        for kind, value, name in link.execute("SELECT kind, value, list FROM within"):
            if kind == "expression":
                self._expressions.append((expression(value), name))
            elif len(value) < _GRAM:
                self._short.append((value, name))
            else:
                self._parts[value[:_GRAM]].append((value, name))

    def warned(self, kind: str, value: str) -> Warned | None:
        """Whether a value is on a list. `kind` is the STIX path of the value (`domain-name:value`)."""
        text = normalised(kind, value)
        found = self._exact(text.lower()) or self._in_network(kind, text) or self._under_host(kind, text)
        found = found or self._part(text.lower())
        found = found or next((name for pattern, name in self._expressions if pattern.search(text)), None)
        return None if found is None else Warned(value, found)

    def reason(self, record: Mapping[str, Any]) -> str | None:
        """Why an indicator is better not published: a value that it detects is on a list. None for other records."""
        if record.get("type") != "indicator" or record.get("revoked"):
            return None
        values = values_of("indicator", dict(record))
        found = (self.warned(each.kind, each.value) for each in values)
        warned = next((each for each in found if each is not None), None)
        return None if warned is None else f"on the warning list {warned.list!r}"

    def _asked(self, query: str, *given: object) -> str | None:
        with self._lock:
            row = self._link.execute(query, given).fetchone()
        return None if row is None else str(row[0])

    def _exact(self, text: str) -> str | None:
        return self._asked("SELECT list FROM value WHERE kind = 'exact' AND value = ?", text)

    def _in_network(self, kind: str, text: str) -> str | None:
        if kind not in _ADDRESSED:
            return None
        try:
            network = ipaddress.ip_network(_host(kind, text).strip("[]"), strict=False)
        except ValueError:
            return None
        start, end = _ends(network)
        before = "SELECT end, list FROM range WHERE version = ? AND start <= ? ORDER BY start DESC LIMIT 1"
        return self._asked(f"SELECT list FROM ({before}) WHERE end >= ?", network.version, end, start)  # noqa: S608

    def _under_host(self, kind: str, text: str) -> str | None:
        """A domain is stopped by itself, what it is under and what is under it; a URL only where the host itself is
        on a list, for what stands at a benign place need not be benign."""
        host = _named(kind, text)
        if not host:
            return None
        name = _reversed(host)
        if kind == "domain-name:value" or self._strict:
            ends = [place + 1 for place, letter in enumerate(name) if letter == "."][:127]
            query = _UNDER.format(marks=",".join("?" * len(ends)))  # marks alone, however many labels there are
            return self._asked(query, *(name[:end] for end in ends), name, f"{name[:-1]}/", host)
        if kind != "url:value" or text.partition("://")[2].partition("/")[2]:
            return None
        return self._asked("SELECT list FROM value WHERE kind = 'host' AND value = ?", name)

    def _part(self, text: str) -> str | None:
        for place in range(len(text) - _GRAM + 1):
            for part, name in self._parts.get(text[place : place + _GRAM], ()):
                if text.startswith(part, place):
                    return name
        return next((name for part, name in self._short if part in text), None)


def _fill(link: sqlite3.Connection, lists: Iterable[WarningList], signature: str = "") -> None:
    """Writes the lists into an empty index; of several that have a value the first is named."""
    link.execute("PRAGMA synchronous = OFF")  # it is not used before it is whole, and can be made anew
    for table in _TABLES:
        link.execute(table)
    networks: list[tuple[Network, str]] = []
    for each in lists:
        kind = _FORMS.get(each.form, "exact")
        rows = _networks(each, networks) if each.form == "cidr" else ((kind, value) for value in _texts(each))
        table = "within" if kind in {"part", "expression"} else "value"
        link.executemany(
            f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?)",  # noqa: S608
            ((kind_, value, each.name) for kind_, value in rows),
        )
    for version in (4, 6):
        link.executemany("INSERT INTO range VALUES (?, ?, ?, ?)", _ranges(networks, version))
    link.execute("INSERT INTO made_of VALUES (?)", (signature,))
    link.commit()


def _texts(made: WarningList) -> Iterator[str]:
    match made.form:
        case "hostname":
            yield from (_reversed(domain(value.strip().lstrip(".*"))) for value in made.values)
        case "suffix":
            yield from (domain(value) for value in made.values)
        case "regex":
            for value in made.values:
                expression(value)  # a list that is wrong is told when it comes in
                yield value
        case _:
            yield from (value.strip().lower() for value in made.values)


def _networks(made: WarningList, networks: list[tuple[Network, str]]) -> Iterator[tuple[str, str]]:
    """Gathers the networks of a list; what is none is compared as it is."""
    for value in made.values:
        try:
            networks.append((ipaddress.ip_network(value.strip(), strict=False), made.name))
        except ValueError:
            yield "exact", value.strip().lower()


def _ranges(networks: Iterable[tuple[Network, str]], version: int) -> Iterator[tuple[int, bytes, bytes, str]]:
    """The networks of one version merged into disjoint ranges in order, each under the name of its first."""
    held: tuple[bytes, bytes, str] | None = None
    for start, end, name in sorted((*_ends(each), name) for each, name in networks if each.version == version):
        if held is not None and start <= held[1]:
            held = (held[0], max(held[1], end), held[2])
            continue
        if held is not None:
            yield (version, *held)
        held = (start, end, name)
    if held is not None:
        yield (version, *held)


def _ends(network: Network) -> tuple[bytes, bytes]:
    return int(network.network_address).to_bytes(16), int(network.broadcast_address).to_bytes(16)


def _named(kind: str, text: str) -> str:
    """The host that a value names, or is; empty where it is of another kind."""
    match kind:
        case "domain-name:value":
            return text
        case "url:value":
            return domain(_host(kind, text))
        case "email-addr:value":
            return domain(text.rpartition("@")[2])
    return ""


def _reversed(host: str) -> str:
    """A name from the right, a dot after each label: `me.gov.` for gov.me. What is under it begins with it."""
    return "".join(f"{label}." for label in reversed(host.split(".")))


def _host(kind: str, text: str) -> str:
    if kind != "url:value":
        return text.partition("/")[0] if "addr" not in kind else text
    found = _HOST_OF.match(text)
    return found[1] if found else ""


def warning_lists(data: Path) -> WarningLists:
    """The built-in lists and those that are in the data directory now. Raises Invalid for a file that is no list."""
    folder = data / FOLDER
    return _at(data, _signature(folder)) if folder.is_dir() else _built_in()


@lru_cache(maxsize=1)
def _built_in() -> WarningLists:
    return WarningLists()


@lru_cache(maxsize=8)
def _at(data: Path, signature: str) -> WarningLists:
    path = data / INDEX
    if _signature_in(path) != signature:
        fresh = path.with_name(f"{INDEX}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        link = sqlite3.connect(fresh)
        try:
            _fill(link, chain(built_in(), lists_in(data / FOLDER)), signature)
        except BaseException:
            link.close()
            fresh.unlink()
            raise
        link.close()
        fresh.replace(path)
    return WarningLists.opened(path)


def _signature(folder: Path) -> str:
    """What the files of a folder are, by name, size and time."""
    found = sorted((str(each), each.stat()) for each in folder.rglob("*.json"))
    told = (LAYOUT, [(name, at.st_size, at.st_mtime_ns) for name, at in found])
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _signature_in(path: Path) -> str:
    if not path.exists():
        return ""
    try:
        link = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            row = link.execute("SELECT signature FROM made_of").fetchone()
        finally:
            link.close()
    except sqlite3.DatabaseError:
        return ""
    return str(row[0]) if row else ""
