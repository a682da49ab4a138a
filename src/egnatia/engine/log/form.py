"""The forms of logs, and which one a log is in by what it begins with."""

import csv
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace

from egnatia.engine.log.moment import moment
from egnatia.engine.log.use import JSON, SYSMON_BEFORE, TABLE, ZEEK, Use, Uses

Head = list[str]
"""The first lines of a log, whole, without their ends."""


class Row(msgspec.Struct, frozen=True):
    """What one line says. `at` is None where it names no time."""

    values: tuple[tuple[Use, Any], ...]
    at: datetime | None


class Reading(Protocol):
    """One log as it is read. `form` is its name, `uses` are the meanings that its fields may have."""

    form: str

    @property
    def uses(self) -> Collection[Use]:
        """Each at least once."""

    def read(self, line: str) -> Row | None:
        """What a line says; without values where it says nothing, None where it is none of this form."""


class Table:
    """Lines of columns. `separator` stands between them; `quoted` where a column may stand in quotes; `nothing` are
    values that say that there is none, besides those of every log."""

    def __init__(
        self,
        form: str,
        columns: list[str],
        separator: str,
        uses: Uses,
        *,
        quoted: bool = False,
        nothing: frozenset[str] = frozenset(),
    ) -> None:
        self.form, self.separator, self.quoted, self._nothing = form, separator, quoted, nothing
        self.columns = columns
        names = [each.strip().lower() for each in columns] if uses is TABLE else columns
        self.places: tuple[tuple[int, Use], ...] = tuple(
            (place, uses[name]) for place, name in enumerate(names) if name in uses
        )
        self._time = next((names.index(each) for each in _TIMES if each in names), None)
        self._url = _pair(names)
        if self._url is not None and names[self._url[1]] not in uses:
            self.places += ((self._url[1], URL),)

    @property
    def uses(self) -> Collection[Use]:
        """Those of its columns."""
        return [use for _, use in self.places]

    def read(self, line: str) -> Row | None:
        """The columns that are of use; a heading says nothing."""
        if line.startswith("#") or not line:
            return Row((), None)
        if self.quoted and '"' in line:
            try:
                fields = next(csv.reader([line], delimiter=self.separator), [])
            except csv.Error:
                return None
        else:
            fields = line.split(self.separator)
        if len(fields) != len(self.columns):
            return None
        if fields == self.columns:
            return Row((), None)
        values: list[tuple[Use, Any]] = [(use, fields[place]) for place, use in self.places]
        if self._nothing:
            values = [(use, value) for use, value in values if value not in self._nothing]
        if self._url is not None:
            values += _url(fields[self._url[0]], fields[self._url[1]])
        return Row(tuple(values), None if self._time is None else moment(fields[self._time]))


_TIMES: Final = (
    "ts", "te", "timestamp", "@timestamp", "time", "date", "firstseen", "first_seen", "first", "start", "stime",
    "UtcTime", "datetime", "date first seen",
)  # fmt: skip
URLS: Final = (("host", "uri"), ("http.hostname", "http.url"), ("cs-host", "cs-uri-stem"))
"""Host and path, where a log has the URL in two parts."""


URL: Final = Use("url")


def _pair(names: list[str]) -> tuple[int, int] | None:
    for host, path in URLS:
        if host in names and path in names:
            return names.index(host), names.index(path)
    return None


def _url(host: str, path: str) -> list[tuple[Use, Any]]:
    if "://" in path:
        return [(URL, path)]
    return [(URL, f"http://{host}{path}")] if len(host) > 1 and path.startswith("/") else []


class Lines:
    """Lines of JSON. `loose` where a key that nobody knows is taken for what its value looks like."""

    def __init__(self, form: str, *, loose: bool = False) -> None:
        self.form = form
        self._loose = loose
        self._uses: dict[str, Use | None] = {}

    @property
    def uses(self) -> Collection[Use]:
        """Those of all keys that are known."""
        return (*JSON.values(), Use("url"))

    def read(self, line: str) -> Row | None:
        """The keys that are of use."""
        if not line.strip():
            return Row((), None)
        try:
            document = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError):
            return None
        if not isinstance(document, dict):
            return None
        values: list[tuple[Use, Any]] = []
        known: dict[str, str] = {}
        for path, value in _flat("", document, 0):
            use = self._use(path)
            if use is not None:
                values.append((use, value))
            if isinstance(value, str):
                known.setdefault(path, value)
        for host, rest in URLS:
            if host in known and rest in known:
                values += _url(known[host], known[rest])
        said = next((known[each] for each in _JSON_TIMES if each in known), None)
        if said is None and isinstance(document.get("ts"), int | float):
            said = str(document["ts"])
        return Row(tuple(values), None if said is None else moment(said))

    def _use(self, path: str) -> Use | None:
        if len(path) > LONG_KEY:
            return Use("any") if self._loose else None
        if path not in self._uses:
            if len(self._uses) > 10_000:  # keys that are values: a log that nobody can list
                self._uses.clear()
            self._uses[path] = use_of(path) or (Use("any") if self._loose else None)
        return self._uses[path]


_JSON_TIMES: Final = (
    "timestamp", "@timestamp", "ts", "winlog.event_data.UtcTime", "EventData.UtcTime", "Event.EventData.UtcTime",
    "UtcTime", "time", "date", "event.created", "TimeCreated",
)  # fmt: skip
LONG_KEY: Final = 200
"""Letters of a key that is remembered with what it is used for; none that is known is longer."""

DEPTH: Final = 12
"""How deep keys are followed."""


def use_of(path: str) -> Use | None:
    """What a key is used for, whatever Sysmon's writers put before it."""
    for before in SYSMON_BEFORE:
        if path.startswith(before):
            return JSON.get(path[len(before) :])
    return JSON.get(path)


def _flat(path: str, value: Any, depth: int) -> list[tuple[str, Any]]:
    """Every text and number inside, with the path of its keys; elements of a list have the path of the list."""
    found: list[tuple[str, Any]] = []
    _gather(path, value, depth, found)
    return found


def _gather(path: str, value: Any, depth: int, found: list[tuple[str, Any]]) -> None:
    kind = type(value)
    if kind is str or kind is int or kind is float:
        found.append((path, value))
    elif depth >= DEPTH:
        return
    elif kind is dict:
        before = f"{path}." if path else ""
        for key, inner in value.items():
            _gather(before + key, inner, depth + 1, found)
    elif kind is list:
        for inner in value:
            _gather(path, inner, depth + 1, found)


class Pattern:
    """Lines by a regular expression with named groups; `uses` by the name of the group, `at` is the time."""

    def __init__(self, form: str, expression: re.Pattern[str], uses: Uses) -> None:
        self.form, self.expression, self._uses = form, expression, uses

    @property
    def uses(self) -> Collection[Use]:
        """Those of the groups."""
        return self._uses.values()

    def read(self, line: str) -> Row | None:
        """The groups that are of use."""
        if not line.strip():
            return Row((), None)
        found = self.expression.search(line)
        if found is None:
            return None
        groups = found.groupdict()
        values = tuple((use, groups[name]) for name, use in self._uses.items() if groups.get(name))
        at = groups.get("at")
        return Row(values, moment(at) if at else None)


_SYSLOG: Final = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.:+Z-]*"
"""When a line of syslog was: as RFC 3164 has it, or RFC 5424."""

_CLIENT: Final = Use("address", "network-traffic.src_ref")
PATTERNS: Final[Mapping[str, tuple[re.Pattern[str], Uses]]] = {
    "bind": (
        re.compile(
            rf"^(?P<at>\d\d-\w{{3}}-\d{{4}} [\d:.]+|{_SYSLOG})?.*?\bclient (?:@0x[0-9a-f]+ )?"
            r"(?P<client>[0-9a-fA-F:.]+)(?:%\w+)?#\d+(?: \(\S*\))?:(?: view \S+:)? query: (?P<query>\S+) \S+ \S+"
        ),
        {"client": _CLIENT, "query": Use("host")},
    ),
    "dnsmasq": (
        re.compile(
            rf"^(?:<\d+>)?(?P<at>{_SYSLOG})?.*?\bdnsmasq(?:-dhcp)?\[\d+\]: (?:\d+ \S+ )?"
            r"(?:query\[\S+\] (?P<query>\S+) from (?P<client>\S+)|(?:reply|cached) \S+ is (?P<answer>[0-9a-fA-F:.]+)$|)"
        ),
        {"client": _CLIENT, "query": Use("host"), "answer": Use("address")},
    ),
    "unbound": (
        re.compile(
            rf"^(?:<\d+>)?\[?(?P<at>\d{{9,10}}|{_SYSLOG})?.*?\bunbound(?:\[[\d:]+\])?:? ?(?:\[[\d:]+\] )?"
            r"(?:info: (?P<client>[0-9a-fA-F:.]+) (?P<query>\S+) \w+ IN|)"
        ),
        {"client": _CLIENT, "query": Use("host")},
    ),
    "squid": (
        re.compile(
            r"^\s*(?P<at>\d{9,10}\.\d{3})\s+-?\d+\s+(?P<client>\S+)\s+[A-Z_]+/\d{3}\s+\d+\s+\S+\s+(?P<url>\S+)\s+\S+\s+"
            r"[A-Z_]+/(?P<peer>\S+)"
        ),
        {"client": _CLIENT, "url": Use("url"), "peer": Use("host", "network-traffic.dst_ref")},
    ),
    "combined": (
        re.compile(
            r'^(?:(?P<site>\S+:\d+) )?(?P<client>[0-9a-fA-F:.]+|\S+\.\S+) \S+ (?:\S+ )?\[(?P<at>[^\]]+)\] '
            r'"(?:[A-Z]+ (?P<url>[^\s"]+)(?: [^"]*)?|[^"]*)" \d{3} \S+(?: "(?P<referrer>[^"]*)" "(?P<agent>[^"]*)")?'
        ),
        {
            "client": Use("host", "network-traffic.src_ref"),
            "url": Use("url"),
            "referrer": Use("url"),
            "agent": JSON["http.http_user_agent"],
        },
    ),
}  # fmt: skip
"""Logs of single lines: BIND's, dnsmasq's and unbound's queries, Squid's access.log, what nginx and Apache write."""

ZEEK_COLUMNS: Final[Mapping[str, str]] = {
    "zeek-dns": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto trans_id rtt query qclass qclass_name qtype "
    "qtype_name rcode rcode_name AA TC RD RA Z answers TTLs rejected",
    "zeek-conn": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes "
    "conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes "
    "tunnel_parents",
}
"""The columns of Zeek's logs where nothing at their head says it."""

_UID: Final = re.compile(r"[CFc][A-Za-z0-9]{8,20}")


def _preamble(head: Head) -> dict[str, str]:
    """What a Zeek log says of itself before its lines: `#separator \\x09` first, which is between all that follows."""
    said = {"separator": "\t"}
    for line in head:
        if line.startswith("#separator "):
            found = _HEX.fullmatch(line.partition(" ")[2].strip())
            written = chr(int(found[1], 16)) if found else line.partition(" ")[2]
            said["separator"] = written if len(written) == 1 and written.isascii() else "\t"
        elif line.startswith("#"):
            name, _, rest = line[1:].partition(said["separator"])
            said[name] = rest
    return said


_HEX: Final = re.compile(r"\\x([0-9a-fA-F]{2})")


def _zeek(head: Head) -> Reading | None:
    said = _preamble(head)
    if "fields" in said:
        many = said.get("set_separator", ",")
        uses = {name: replace(use, many=many) if use.many else use for name, use in ZEEK.items()}
        nothing = frozenset((said.get("unset_field", "-"), said.get("empty_field", "(empty)")))
        return Table("zeek", said["fields"].split(said["separator"]), said["separator"], uses, nothing=nothing)
    first = next((line for line in head if line and not line.startswith("#")), "").split("\t")
    for columns in ZEEK_COLUMNS.values():
        names = columns.split()
        if len(first) == len(names) and moment(first[0]) is not None and _UID.fullmatch(first[1]):
            return Table("zeek", names, "\t", ZEEK)
    return None


def _json(head: Head) -> Reading | None:
    for line in head[:20]:
        try:
            document = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError):
            continue
        if isinstance(document, dict):
            return Lines(_json_form(document), loose=_json_form(document) == "json")
    return None


def _json_form(document: Mapping[str, Any]) -> str:
    paths = {path for path, _ in _flat("", document, 0)}
    if "event_type" in paths and paths & {"src_ip", "flow_id", "timestamp"}:
        return "suricata"
    if paths & {"id.orig_h", "id.resp_h"} or {"ts", "fuid"} <= paths:
        return "zeek-json"
    if any(path.startswith(SYSMON_BEFORE) for path in paths) or paths & {"Image", "QueryName", "Hashes", "CommandLine"}:
        return "sysmon"
    return "ecs" if len(paths & JSON.keys()) >= 2 else "json"


def _table(head: Head) -> Reading | None:
    first = next((line for line in head if line.strip()), "").lstrip("#").strip()
    for separator in (",", ";", "\t", "|"):
        try:
            names = next(csv.reader([first], delimiter=separator), [])
        except csv.Error:
            continue
        if len(names) > 1 and any(name.strip().lower() in TABLE for name in names):
            return Table("table", names, separator, TABLE, quoted=True)
    return None


def _by_pattern(form: str) -> Callable[[Head], Reading | None]:
    expression, uses = PATTERNS[form]

    def recognise(head: Head) -> Reading | None:
        lines = [line for line in head if line.strip()]
        fitting = sum(1 for line in lines if expression.search(line))
        return Pattern(form, expression, uses) if lines and fitting * 2 > len(lines) else None

    return recognise


FORMS: Final[Mapping[str, Callable[[Head], Reading | None]]] = {
    "zeek": _zeek,
    "json": _json,
    **{form: _by_pattern(form) for form in PATTERNS},
    "table": _table,
}
"""Every form, in the order in which it is tried; `json` are all in JSON lines, `table` NetFlow and other CSV."""


def recognised(head: Head, form: str | None = None) -> Reading | None:
    """How a log is read, by what it begins with; None where nothing fits. `form` leaves no choice: then one line of it
    is enough, for a log of several programs has others between."""
    if form is not None and form in PATTERNS:
        expression, uses = PATTERNS[form]
        return Pattern(form, expression, uses) if any(expression.search(line) for line in head) else None
    for name, recognise in FORMS.items():
        if form in (None, name):
            reading = recognise(head)
            if reading is not None:
                return reading
    return None
