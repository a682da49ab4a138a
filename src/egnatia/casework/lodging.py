"""Records that belong to a case: handed in under the case's own label, and linked on its timeline.

What is found in a case is for its parties: such records bear its TLP and its parties as audience, whatever they said of
themselves before. Who joins later gets them too, by a newer version under a wider audience (`widened`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import msgspec

from egnatia.casework.fold import Fold
from egnatia.policy.marking import TLP_2
from egnatia.record.identifier import DOMAIN_OBJECTS, OBSERVABLES

Fields = dict[str, Any]
LODGED: Final = "lodged"
"""The field by which a `link` says that what it links was handed in for the parties, those to come among them."""

_SHARED: Final = DOMAIN_OBJECTS | OBSERVABLES | {"relationship", "sighting", "event", "impact", "task"}


class Held(Protocol):
    """A record as the store gives it."""

    @property
    def id(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def body(self) -> bytes: ...


def tlps(refs: Iterable[str]) -> tuple[str, ...]:
    """Those of the markings that are a TLP."""
    return tuple(each for each in refs if each in TLP_2)


def bodies(fold: Fold, records: Iterable[Mapping[str, Any]], marks: tuple[str, bytes]) -> list[bytes]:
    """The records under the case's label, after the definition that this needs: its TLP and `marks`, the marking that
    names its parties. Types that nobody shares so (markings, what is of a node) are left out."""
    id_, definition = marks
    refs = (*tlps(fold.case.object_marking_refs), id_)
    found = [
        msgspec.json.encode({**_bare(each), "object_marking_refs": list(refs)})
        for each in records
        if str(each.get("type")) in _SHARED
    ]
    return [definition, *found] if found else []


def widened(
    fold: Fold,
    organisation: str,
    held: Callable[[list[str]], Iterable[Held]],
    marks: tuple[str, bytes],
    now: datetime,
) -> Iterator[bytes]:
    """Newer versions of the organisation's lodged records that not all parties may see yet, for all of them."""
    refs = list(dict.fromkeys(ref for event in lodgings(fold, organisation) for ref in event))
    if not refs:
        return
    wanted, definition = marks
    told = False
    for row in held(refs):
        record = msgspec.json.decode(row.body, type=Fields)
        present = tuple(record.get("object_marking_refs", ()))
        if row.owner != organisation or "modified" not in record or wanted in present:
            continue
        if not told:
            yield definition
            told = True
        later = datetime.fromisoformat(str(record["modified"])[:23].rstrip("Z") + "+00:00") + timedelta(milliseconds=1)
        stamp = max(now, later).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
        yield msgspec.json.encode({**record, "modified": stamp, "object_marking_refs": [*tlps(present), wanted]})


def lodgings(fold: Fold, organisation: str) -> Iterator[tuple[str, ...]]:
    """What the organisation lodged, event by event."""
    for event in fold.ordering:
        if event.does == "link" and event.author == organisation and not event.only and event.fields.get(LODGED):
            yield event.refs


def _bare(record: Mapping[str, Any]) -> Fields:
    return {name: value for name, value in record.items() if name not in {"object_marking_refs", "granular_markings"}}
