"""Who a record of a case is for: its parties. The same parties make the same marking, whoever writes it down."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid5

import msgspec

from egnatia.casework.clock import moment
from egnatia.casework.deed import DEEDS
from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.policy.marking import TLP_2
from egnatia.record import Invalid, Problem, read, reading
from egnatia.record.common import DomainObject
from egnatia.record.marking import AUDIENCE_EXTENSION, EGNATIA, EXERCISE_EXTENSION
from egnatia.record.own import OwnType

_SINCE: Final = "2026-11-24T00:00:00.000Z"


def marking(parties: Iterable[str], exercise: str = "") -> tuple[str, bytes]:
    """The marking that names these organisations alone, within an exercise where one is given: its id and its bytes."""
    named = sorted(set(parties))
    id_ = f"marking-definition--{uuid5(EGNATIA, ' '.join([exercise or 'audience', *named]))}"
    content = {"extension_type": "property-extension", "recipient_refs": named}
    extensions = {EXERCISE_EXTENSION: {**content, "exercise": exercise}} if exercise else {AUDIENCE_EXTENSION: content}
    record = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": id_,
        "created": _SINCE,
        "extensions": extensions,
    }
    return id_, msgspec.json.encode(record)


def audience(fold: Fold, event: Event) -> frozenset[str]:
    """The organisations that an event of the case is for, as the case stands now.

    The parties that are there now, and its author; of what is for some roles only those that hold one of them. Who
    joined without what was said before gets of that what changed the case, but none of the talk.
    """
    place = fold.ordering.keys[event.id][0]
    talks = event.does in DEEDS and DEEDS[event.does].talks
    found = {event.author}
    for name, party in fold.state.active().items():
        if event.only and party.roles.isdisjoint(event.only):
            continue
        if talks and not party.whole and place < party.joined:
            continue
        found.add(name)
    return frozenset(found)


def wider(fold: Fold, organisation: str, held: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The organisation's own events that more parties should see than do: for each of them who should. `held` says who
    sees each now. Nobody who saw one is left out."""
    found = {}
    for event in fold.ordering:
        if event.author == organisation and event.id in held:
            wanted = audience(fold, event) | held[event.id]
            if wanted != held[event.id]:
                found[event.id] = wanted
    return found


def remarked(body: bytes, refs: tuple[str, ...], own_type: OwnType, now: datetime) -> bytes:
    """A newer version of a record of a case under other markings; all else is as it was. Raises Invalid."""
    record = reading(read(body))
    if not isinstance(record, DomainObject) or not isinstance(record, own_type.struct):
        raise Invalid((Problem("$.type", "a record of a case", own_type.name),))
    modified = max(stamp_of(now), stamp_of(moment(record.modified) + timedelta(milliseconds=1)))
    return own_type.write(msgspec.structs.replace(record, modified=modified, object_marking_refs=refs, extensions=None))


def tlps(body: bytes) -> tuple[str, ...]:
    """The TLP that a record bears."""
    return tuple(ref for ref in read(body).head.object_marking_refs if ref in TLP_2)


def stamp_of(at: datetime) -> str:
    """A moment as records write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
