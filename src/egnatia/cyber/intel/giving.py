"""An organisation's own reports are given to MISP servers: what the server's organisation may see, and no more.

What is taken back here is deleted there, unless somebody changed it there since: then a person decides. What came from
MISP is never given to MISP: it would come back as ours.
"""

import hashlib
from collections.abc import Iterator
from typing import Any, Final, Literal

import httpx
import msgspec

from egnatia.exchange.formats.misp import server
from egnatia.exchange.formats.misp.event import flag, seconds
from egnatia.exchange.formats.misp.writing import events
from egnatia.exchange.host import Host
from egnatia.policy import Clearance
from egnatia.store import Query, Row, Store
from egnatia.store.keeping import Kept
from egnatia.store.query import LAST

Fields = dict[str, Any]

PAGE = 200
DIFFERENCES: Final = 20
"""Of one conflict so many are told."""


class Given(msgspec.Struct, frozen=True):
    """What a server has of ours: UUIDs of events with what was last sent."""

    events: dict[str, server.Sent] = {}


class Told(msgspec.Struct, frozen=True):
    """What one round did, by the UUIDs of the events; `diverged` waits for a person."""

    sent: tuple[str, ...]
    deleted: tuple[str, ...]
    diverged: tuple[str, ...] = ()


def given_to(store: Store, name: str) -> dict[str, server.Sent]:
    """What the server `name` has of ours, by the UUIDs of the events."""
    return dict((store.kept("misp-given", Given).get(name) or Given()).events)


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """An event of ours that somebody changed on the server since our last word: when they did (seconds), what is only
    there or only here, and whose side a person has taken: `ours`, `theirs`, or nobody's yet. One that was `taken` is of
    theirs, and somebody changed here what came of it."""

    source: str
    uuid: str
    title: str
    stamp: int
    differs: tuple[str, ...] = ()
    side: str = ""
    by: str = ""
    taken: bool = False


class Conflicts:
    """The conflicts that wait for a person."""

    def __init__(self, store: Store) -> None:
        self.kept: Kept[Conflict] = store.kept("misp-conflict", Conflict)

    def get(self, name: str, uuid: str) -> Conflict | None:
        """The conflict over one event."""
        return self.kept.get(f"{name} {uuid}")

    def note(self, name: str, theirs: Fields, base: server.Sent, ours: Fields | None = None) -> None:
        """There is a conflict over an event; one that a person has decided is another one when it is changed again."""
        uuid, stamp = str(theirs["uuid"]), seconds(theirs.get("timestamp")) or 0
        held = self.get(name, uuid)
        if held is None or held.stamp != stamp:
            title = str(theirs.get("info", uuid))[:200]
            differs = tuple(_differences(theirs, base, ours))[:DIFFERENCES]
            self.kept.put(f"{name} {uuid}", Conflict(source=name, uuid=uuid, title=title, stamp=stamp, differs=differs))

    def take(self, name: str, theirs: Fields, stamp: int, differs: tuple[str, ...]) -> None:
        """There is a conflict over an event of theirs."""
        uuid, held = str(theirs["uuid"]).lower(), self.get(name, str(theirs["uuid"]).lower())
        if held is None or held.stamp != stamp:
            title = str(theirs.get("info", uuid))[:200]
            made = Conflict(source=name, uuid=uuid, title=title, stamp=stamp, differs=differs, taken=True)
            self.kept.put(f"{name} {uuid}", made)

    def side(self, name: str, uuid: str, side: Literal["ours", "theirs"], by: str) -> None:
        """A person takes a side; the next round does so. Raises LookupError where there is no conflict."""
        held = self.get(name, uuid)
        if held is None:
            raise LookupError("There is no such conflict")
        self.kept.put(f"{name} {uuid}", msgspec.structs.replace(held, side=side, by=by))

    def settled(self, name: str, uuid: str) -> None:
        """There is none any more."""
        if self.get(name, uuid) is not None:
            self.kept.remove(f"{name} {uuid}")


def _differences(theirs: Fields, base: server.Sent, ours: Fields | None) -> Iterator[str]:
    """What only one side has, in words; where ours is not at hand it is what we put there last."""
    there = {str(each.get("uuid")): each for each in theirs.get("Attribute") or () if not flag(each.get("deleted"))}
    here = {str(each["uuid"]): each for each in ours["Attribute"]} if ours else dict.fromkeys(base.attributes)
    for uuid, each in there.items():
        mine = here.get(uuid)
        if uuid not in here:
            yield f"+ {each.get('type')}: {each.get('value')}"
        elif mine is not None and str(mine["value"]) != str(each.get("value")):
            yield f"~ {each.get('type')}: {each.get('value')}"
    for uuid in here.keys() - there.keys():
        mine = here[uuid]
        yield f"- {mine['type']}: {mine['value']}" if mine else f"- {uuid}"


def give(host: Host, client: httpx.Client, name: str, reader: str, creator: str) -> Told:
    """Bring the server `name` up to date with the organisation's own reports, as `reader` may see them. `creator` is
    the organisation's name. Raises OSError where the server cannot be reached; what was done until then is kept."""
    kept = host.store.kept("misp-given", Given)
    given, conflicts = given_to(host.store, name), Conflicts(host.store)
    clearance = host.clearance_of(reader)
    sent: list[str] = []
    diverged: list[str] = []
    seen: set[str] = set()
    try:
        for row in _reports(host, clearance):
            for event in events(_members(host, clearance, row), (host.own, creator)):
                uuid = str(event["uuid"])
                seen.add(uuid)
                digest, base, conflict = hash_of(event), given.get(uuid), conflicts.get(name, uuid)
                side = conflict.side if conflict else ""
                if conflict is not None and side == "theirs":
                    put = base.attributes if base else ()
                    given[uuid] = server.Sent(digest, conflict.stamp, put)
                    conflicts.settled(name, uuid)
                    continue
                if base is not None and base.digest == digest and side != "ours":
                    continue
                over = conflict.stamp if conflict is not None and side == "ours" else 0
                try:
                    _, put_there = server.push(client, event, base, over)
                except server.Diverged as error:
                    conflicts.note(name, error.theirs, base or server.Sent(), event)
                    diverged.append(uuid)
                    continue
                given[uuid] = msgspec.structs.replace(put_there, digest=digest)
                conflicts.settled(name, uuid)
                sent.append(uuid)
        gone = tuple(_taken_back(client, name, given, seen, conflicts, diverged))
    finally:
        kept.put(name, Given(given))
    return Told(tuple(sent), gone, tuple(diverged))


def _taken_back(
    client: httpx.Client,
    name: str,
    given: dict[str, server.Sent],
    seen: set[str],
    conflicts: Conflicts,
    diverged: list[str],
) -> Iterator[str]:
    """Delete there what is not ours to give any more."""
    for uuid in [each for each in given if each not in seen]:
        conflict = conflicts.get(name, uuid)
        side = conflict.side if conflict else ""
        if side != "theirs":
            try:
                server.delete(client, uuid, given[uuid], conflict.stamp if conflict and side == "ours" else 0)
            except server.Diverged as error:
                conflicts.note(name, error.theirs, given[uuid])
                diverged.append(uuid)
                continue
        del given[uuid]
        conflicts.settled(name, uuid)
        yield uuid


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
    notes = host.store.neighbours(clearance, report.id, "in", 1_000, types=("note",))
    rows = [report, *named, *(host.store.get(clearance, inner) if inner else ()), *notes]
    return [row for row in rows if row.owner == host.own]
