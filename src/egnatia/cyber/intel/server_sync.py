"""A MISP server that is read and told: its events page by page, once a day what it lists besides, what was seen there
and here, and our own reports as far as it may see them.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import httpx
import msgspec

from egnatia.cyber.intel.giving import Conflicts, Given, give, given_to
from egnatia.cyber.intel.leaving import Leaving
from egnatia.cyber.intel.overriding import Bases, Overriding
from egnatia.exchange.directory import moment
from egnatia.exchange.formats.conversion import Conversion, identifier, instant, own_identifier, remark, written
from egnatia.exchange.formats.misp import Terms, read_event, server
from egnatia.exchange.formats.misp.event import seconds
from egnatia.exchange.formats.taxii import Mark
from egnatia.exchange.host import Host
from egnatia.record.record import Invalid
from egnatia.store import Query, Row, Store
from egnatia.store.query import LAST

INDEX_SECONDS: Final = 86_400
"""How often it is looked what a server lists: what was synchronised to it from elsewhere, and what it has no longer."""

ROWS: Final = 500
Fields = dict[str, Any]


class Look(msgspec.Struct, frozen=True):
    """When the list of a server was last looked at and sightings asked for (seconds), and up to which position of the
    log it was told of ours."""

    indexed: int = 0
    seen: int = 0
    told: int = 0


def forget_server(store: Store, name: str) -> None:
    """Nothing is known any more of what a server was told and had of ours."""
    store.kept("misp-look", Look).remove(name)
    store.kept("misp-given", Given).remove(name)


def look_again(store: Store, name: str) -> None:
    """The list of a server is looked at with its next reading."""
    store.kept("misp-look", Look).change(name, lambda look: msgspec.structs.replace(look, indexed=0))


class ServerSync:
    """One server, by the name of its source. `bring` hands conversions in, `leaving` takes back what is gone,
    `versions` tells which versions of records are held."""

    def __init__(
        self,
        host: Host,
        name: str,
        terms: Terms,
        *,
        bring: Callable[[Iterable[Conversion]], None],
        leaving: Leaving,
        versions: Callable[[Iterable[str]], Mapping[str, str]],
    ) -> None:
        self._host, self._name, self._terms = host, name, terms
        self._bring, self._leaving, self._versions = bring, leaving, versions
        self._overriding, self._bases = Overriding(host, name, terms), Bases(host.store)
        self._looks = host.store.kept("misp-look", Look)
        self._conflicts = Conflicts(host.store)

    def read(self, client: httpx.Client, mark: Mark) -> Iterator[Mark]:
        """Everything that is new there; gives how far that is after each page. Raises OSError, Invalid."""
        look = self._looks.get(self._name) or Look()
        now = int(time.time())
        for conflict, conversion in self._overriding.decided():
            self._take_in([conversion] if conversion is not None else [])
            self._overriding.settled(conflict, conversion)
        for events, reached in server.pull(client, reached_of(mark)):
            self._take(events)
            yield mark_of(reached)
        if now - look.indexed >= INDEX_SECONDS:
            self._listed(client)
            look = msgspec.structs.replace(look, indexed=now)
            self._looks.put(self._name, look)
        self._bring(self._seen(server.sightings(client, look.seen, now)))
        self._looks.put(self._name, msgspec.structs.replace(look, seen=now))

    def tell(self, client: httpx.Client, reader: str, creator: str) -> None:
        """Our reports, and what we saw, as far as `reader` may see them. Raises OSError, Invalid."""
        give(self._host, client, self._name, reader, creator)
        self._tell_sightings(client, reader, creator)

    def _take(self, events: Sequence[Fields]) -> None:
        self._take_in(self._readable(events))
        taken = {
            uuid: seconds(each.get("timestamp")) or 0
            for each in events
            if (uuid := str(each.get("uuid", "")).lower()) and not self._is_ours(each)
        }
        self._leaving.take(taken)

    def _take_in(self, several: Iterable[Conversion]) -> None:
        found = list(several)
        self._bring(found)
        self._bases.note(self._name, found, self._versions)

    def _is_ours(self, event: Fields) -> bool:
        creator = event.get("Orgc")
        return isinstance(creator, dict) and self._terms.identity(str(creator.get("uuid", ""))) == self._host.own

    def _readable(self, events: Sequence[Fields]) -> Iterator[Conversion]:
        """What we gave does not come back as another version of what it is; what was changed in it there is told."""
        given = given_to(self._host.store, self._name)
        for event in events:
            if self._is_ours(event):
                base = given.get(str(event.get("uuid", "")))
                if base is not None and (seconds(event.get("timestamp")) or 0) > base.stamp:
                    self._conflicts.note(self._name, event, base)
                continue
            try:
                conversion = read_event(event, self._terms)
            except Invalid as error:
                yield Conversion((), error.problems)
                continue
            if not self._overriding.waits(event, conversion):
                yield conversion

    def _listed(self, client: httpx.Client) -> None:
        """Read what the server lists and we have not, and end what it has no longer."""
        listed = server.index(client)
        if listed is None:
            return
        held = self._leaving.held()
        given = given_to(self._host.store, self._name)
        newer = [uuid for uuid, at in listed.items() if at > held.get(uuid, -1) and uuid not in given]
        for events in server.named(client, newer):
            self._take(events)
        self._leaving.leave(sorted(held.keys() - listed.keys()), lambda uuid: server.is_gone(client, uuid))

    def _seen(self, several: Iterable[Fields]) -> Iterator[Conversion]:
        """Sightings of what is held here, under its markings."""
        for each in several:
            made = self._sighting(each)
            if made is not None:
                yield made

    def _sighting(self, said: Fields) -> Conversion | None:
        attribute = said.get("Attribute")
        uuid = str(said.get("attribute_uuid") or (attribute.get("uuid", "") if isinstance(attribute, dict) else ""))
        at, own = seconds(said.get("date_sighting")), str(said.get("uuid", ""))
        creator = said.get("Organisation")
        organisation = str(creator.get("uuid", "")) if isinstance(creator, dict) else ""
        if not uuid or not own or at is None or (organisation and self._terms.identity(organisation) == self._host.own):
            return None
        ids = [identifier(kind, uuid) for kind in ("indicator", "observed-data")]
        row = next(iter(self._held(ids)), None)
        if row is None:
            return None
        of = msgspec.json.decode(row.body, type=Fields)
        common = {
            "spec_version": "2.1", "created": instant(at), "modified": instant(at),
            "object_marking_refs": of.get("object_marking_refs"),
        }  # fmt: skip
        match str(said.get("type")):
            case "0":
                made = {
                    "type": "sighting", "id": identifier("sighting", own), **common, "sighting_of_ref": row.id,
                    "first_seen": instant(at), "last_seen": instant(at), "count": 1,
                }  # fmt: skip
            case "1":
                made = {
                    "type": "opinion", "id": own_identifier("opinion", own), **common, "object_refs": [row.id],
                    "opinion": "strongly-disagree", "explanation": "A false positive",
                }  # fmt: skip
            case "2":
                return None  # the event itself says when it is over
            case other:
                return Conversion((), (remark("Sighting.type", "a kind of sighting that is not known", other),))
        return None if self._held([str(made["id"])]) else Conversion((written(made),))

    def _held(self, ids: Sequence[str]) -> list[Row]:
        rows = self._host.store.get(self._host.clearance_of(self._host.own), ids)
        return [row for row in rows if row.owner == self._host.own]

    def _tell_sightings(self, client: httpx.Client, reader: str, creator: str) -> None:
        """What we saw ourselves; of what the server does not know it is not told."""
        look = self._looks.get(self._name) or Look()
        clearance = self._host.clearance_of(reader)
        query = Query(types=("sighting",), owners=(self._host.own,), versions=(LAST,))
        more = True
        while more:
            page = self._host.store.changes(clearance, look.told, ROWS, query)
            for row in page.rows:
                self._tell_one(client, reader, row, creator)
            look, more = msgspec.structs.replace(look, told=page.next), page.more
            self._looks.put(self._name, look)

    def _tell_one(self, client: httpx.Client, reader: str, row: Row, creator: str) -> None:
        made = msgspec.json.decode(row.body, type=Fields)
        of = str(made.get("sighting_of_ref", ""))
        is_ours = made.get("created_by_ref") == self._host.own and not made.get("revoked")
        if not is_ours or not self._host.store.get(self._host.clearance_of(reader), [of]):
            return
        when = made.get("last_seen") or made.get("first_seen") or made["modified"]
        server.sight(client, of.partition("--")[2], "0", int(moment(str(when)).timestamp()), creator)


def reached_of(mark: Mark) -> server.Reached:
    """How far a server was read, from where its source was left."""
    page, _, last = mark.added_after.partition(" ")
    return server.Reached(int(mark.next or 0), int(page or 1), int(last or 0))


def mark_of(reached: server.Reached) -> Mark:
    """Where the source is left."""
    midway = f"{reached.page} {reached.last}" if reached.page > 1 else ""
    return Mark(added_after=midway, next=str(reached.since))
