"""An organisation's own reports are given to MISP servers: what the server's organisation may see, and no more.

What is taken back here is deleted there. What came from MISP is never given to MISP: it would come back as ours.
"""

import hashlib

import httpx
import msgspec

from egnatia.exchange.formats.misp import server
from egnatia.exchange.formats.misp.writing import events
from egnatia.exchange.host import Host
from egnatia.policy import Clearance
from egnatia.store import Query, Row
from egnatia.store.query import LAST

PAGE = 200


class Given(msgspec.Struct, frozen=True):
    """What a server has of ours: UUIDs of events with the digest of what was last sent."""

    events: dict[str, str] = {}


class Told(msgspec.Struct, frozen=True):
    """What one round did, by the UUIDs of the events."""

    sent: tuple[str, ...]
    deleted: tuple[str, ...]


def give(host: Host, client: httpx.Client, name: str, reader: str, creator: str) -> Told:
    """Bring the server `name` up to date with the organisation's own reports, as `reader` may see them. `creator` is
    the organisation's name. Raises OSError where the server cannot be reached; what was done until then is kept."""
    kept = host.store.kept("misp-given", Given)
    given = dict((kept.get(name) or Given()).events)
    clearance = host.clearance_of(reader)
    sent: list[str] = []
    seen: set[str] = set()
    try:
        for row in _reports(host, clearance):
            for event in events(_members(host, clearance, row), (host.own, creator)):
                uuid = str(event["uuid"])
                seen.add(uuid)
                digest = hash_of(event)
                if given.get(uuid) != digest:
                    server.push(client, event)
                    given[uuid] = digest
                    sent.append(uuid)
        gone = tuple(uuid for uuid in given if uuid not in seen)
        for uuid in gone:
            server.delete(client, uuid)
            del given[uuid]
    finally:
        kept.put(name, Given(given))
    return Told(tuple(sent), gone)


def hash_of(event: object) -> str:
    """A digest that changes with what an event says."""
    return hashlib.sha256(msgspec.json.encode(event, order="deterministic")).hexdigest()


def _reports(host: Host, clearance: Clearance) -> list[Row]:
    """The organisation's own reports that did not come from MISP and are not revoked."""
    query = Query(types=("report",), owners=(host.own,), versions=(LAST,))
    found: list[Row] = []
    after = 0
    while True:
        page = host.store.changes(clearance, after, PAGE, query)
        found += [row for row in page.rows if _is_own(row, host.own)]
        if not page.more:
            return found
        after = page.next


class _Report(msgspec.Struct):
    created_by_ref: str = ""
    revoked: bool = False
    object_refs: list[str] = []
    external_references: list[dict[str, object]] = []


def _read(row: Row) -> _Report:
    return msgspec.json.decode(row.body, type=_Report)


def _is_own(row: Row, own: str) -> bool:
    report = _read(row)
    from_misp = any(each.get("source_name") == "MISP" for each in report.external_references)
    return report.created_by_ref in {own, ""} and not report.revoked and not from_misp


def _members(host: Host, clearance: Clearance, report: Row) -> list[Row]:
    """A report with what it names, and what that consists of, as far as the reader may see it."""
    refs = _read(report).object_refs
    named = list(host.store.get(clearance, refs[:10_000]))
    inner = [ref for row in named if row.type == "observed-data" for ref in _read(row).object_refs]
    notes = [row for row in host.store.neighbours(clearance, report.id, "in", 1_000) if row.type == "note"]
    rows = [report, *named, *(host.store.get(clearance, inner) if inner else ()), *notes]
    return [row for row in rows if row.owner == host.own]
