"""What a person changed here of what a MISP server brought, and somebody then changed there: a person takes a side.

Until then the change there waits and what is here stays. Whichever side is taken, what is here is never shown to more
people for it: their change comes under what both say.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from egnatia.cyber.intel.giving import DIFFERENCES, Conflict, Conflicts
from egnatia.exchange.directory import moment
from egnatia.exchange.formats.conversion import Conversion, instant, written
from egnatia.exchange.formats.misp import Terms, read_event
from egnatia.exchange.formats.misp.event import seconds
from egnatia.exchange.host import Host
from egnatia.exchange.shown import TLP_NAMES
from egnatia.exchange.takeback import own_custody
from egnatia.record.marking import TLP_IDS
from egnatia.store import Custody, Row, Store
from egnatia.store.keeping import Kept

Fields = dict[str, Any]

UNSAID: Final = "-"


class Brought(msgspec.Struct, frozen=True):
    """What an event became here when it was last read: the versions by record, and the change (seconds) that a person
    has left there since, 0 for none."""

    versions: dict[str, str]
    left: int = 0


class Bases:
    """What events became, by server and UUID."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.kept: Kept[Brought] = store.kept("misp-brought", Brought)

    def note(
        self, name: str, conversions: Iterable[Conversion], held: Callable[[Iterable[str]], Mapping[str, str]]
    ) -> None:
        """These are here now, as `held` tells of their records."""
        made = {each.origin.key: _own(each) for each in conversions if each.origin is not None}
        versions = held(record for each in made.values() for record in each)
        self.kept.put_all(
            {
                f"{name} {key}": Brought({each: versions[each] for each in records if each in versions})
                for key, records in made.items()
            }
        )


class Held(msgspec.Struct, frozen=True):
    """What is held of the records of an event, and what counts for them."""

    rows: Mapping[str, Row]
    custody: Mapping[str, Custody]


class Overriding:
    """The events of one server that were changed on both sides."""

    def __init__(self, host: Host, name: str, terms: Terms) -> None:
        self._host, self._name, self._terms = host, name, terms
        self._bases, self._conflicts = Bases(host.store), Conflicts(host.store)
        self._documents: Kept[bytes] = host.store.kept("misp-conflict document", bytes)

    def waits(self, event: Fields, conversion: Conversion) -> bool:
        """Whether a change waits for a person, or one has left it there."""
        key, stamp = self._key(event), seconds(event.get("timestamp")) or 0
        base = self._bases.kept.get(key)
        if base is None:
            return False
        if stamp <= base.left:
            return True
        if not _is_changed(conversion, base):
            return False
        held = self._held(conversion)
        differing = tuple(_differing(conversion, held, base))
        if not any(each.startswith(("=", "~")) for each in differing):
            return False
        self._documents.put(key, msgspec.json.encode(event))
        self._conflicts.take(self._name, event, stamp, differing[:DIFFERENCES])
        return True

    def decided(self) -> Iterator[tuple[Conflict, Conversion | None]]:
        """What people have decided: the change that is taken, under what both sides say; None for one that is left."""
        for conflict in self._conflicts.kept.all().values():
            if conflict.source == self._name and conflict.taken and conflict.side:
                document = self._documents.get(f"{self._name} {conflict.uuid}")
                if conflict.side == "theirs" and document is not None:
                    conversion = read_event(msgspec.json.decode(document, type=Fields), self._terms)
                    yield conflict, _under_both(conversion, self._held(conversion))
                else:
                    yield conflict, None

    def settled(self, conflict: Conflict, conversion: Conversion | None) -> None:
        """It is done as a person decided; a change that was left is not asked about again."""
        key = f"{self._name} {conflict.uuid}"
        if conversion is None:
            self._bases.kept.change(key, lambda base: msgspec.structs.replace(base, left=conflict.stamp))
        self._documents.remove(key)
        self._conflicts.settled(self._name, conflict.uuid)

    def _held(self, conversion: Conversion) -> Held:
        names = [*_own(conversion)]
        clearance, own = self._host.clearance_of(self._host.own), self._host.own
        rows = {row.id: row for row in self._host.store.get(clearance, names) if row.owner == own}
        found = self._host.store.custody.heads(names)
        return Held(rows, {name: mine for name, each in found.items() if (mine := own_custody(each, own)) is not None})

    def _key(self, event: Fields) -> str:
        return f"{self._name} {str(event.get('uuid', '')).lower()}"


def _own(conversion: Conversion) -> dict[str, Fields]:
    """The records that are of the event itself."""
    made = [msgspec.json.decode(each, type=Fields) for each in conversion.records]
    return {str(each["id"]): each for each in made if "modified" in each and each["id"] not in conversion.context}


def _is_changed(conversion: Conversion, base: Brought) -> bool:
    """Whether the event was changed there since it was last read."""
    report = conversion.origin.record if conversion.origin else ""
    before, made = base.versions.get(report), _own(conversion).get(report)
    return before is None or made is None or moment(str(made["modified"])) > moment(before)


def _differing(conversion: Conversion, held: Held, base: Brought) -> Iterator[str]:
    """In words: what a person labelled (`=`) or wrote (`~`) otherwise here, and what is only there (`+`)."""
    for name, record in _own(conversion).items():
        row, custody = held.rows.get(name), held.custody.get(name)
        about = f"{record['type']}: {record.get('name') or record.get('abstract') or name}"
        if row is None or custody is None:
            yield f"+ {about}"
            continue
        mine = msgspec.json.decode(row.body, type=Fields)
        is_changed = name in base.versions and base.versions[name] != str(mine.get("modified", ""))
        if not is_changed and not custody.recalled:
            continue
        here, there = TLP_NAMES[custody.governing.tlp], _tlp(record)
        if here != there or mine.get("object_marking_refs") != record.get("object_marking_refs"):
            yield f"= {about} ({here.upper()} | {there.upper()})"
        elif _bare(mine) != _bare(record):
            yield f"~ {about}"


def _tlp(record: Fields) -> str:
    said = [TLP_IDS[ref] for ref in record.get("object_marking_refs", ()) if ref in TLP_IDS]
    return max(said, key=list(TLP_NAMES.values()).index) if said else UNSAID


def _bare(record: Fields) -> Fields:
    return {name: value for name, value in record.items() if name not in {"modified", "published"}}


def _under_both(conversion: Conversion, held: Held) -> Conversion:
    """The records under their own markings and those that are held, later than what is held."""
    made: list[bytes] = []
    for body in conversion.records:
        record = msgspec.json.decode(body, type=Fields)
        row = held.rows.get(str(record["id"]))
        if row is None or "modified" not in record or record["id"] in conversion.context:
            made.append(body)
            continue
        mine = msgspec.json.decode(row.body, type=Fields)
        refs = [*record.get("object_marking_refs", ()), *mine.get("object_marking_refs", ()), *row.applied]
        later = max(moment(str(record["modified"])), moment(str(mine["modified"])))
        said = {"object_marking_refs": list(dict.fromkeys(refs)), "modified": instant(later.timestamp() + 0.001)}
        made.append(written(record | said))
    return msgspec.structs.replace(conversion, records=tuple(made))
