"""Records that have something in common, with what that is: values, and adversaries, malware, techniques or
infrastructure that both name or are tied to by a relationship.

What many records have in common tells little: of a value beyond `POPULAR` records the reader is told that it is
popular, and no more is looked at. All that is asked for is asked under the reader's clearance, so neither a record nor
a count tells of what the reader may not see.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from egnatia.cyber.intel.graph import APART
from egnatia.policy import Clearance
from egnatia.record.record import Value
from egnatia.record.values import values_of
from egnatia.store import Row, Store, Tie

Fields = dict[str, Any]

POPULAR: Final = 100
"""Records that may have a value in common before it counts as popular."""

VALUES: Final = 500
"""The most values of one record that are compared."""

WITHIN: Final = 500
"""The most records inside a report or an observation whose values count as its own."""

COMMON: Final = frozenset(
    {"campaign", "infrastructure", "intrusion-set", "malware", "threat-actor", "tool", "attack-pattern"}
)
"""What two records may both name and thereby have in common."""

PLACES: Final = frozenset({"autonomous-system", "domain-name", "ipv4-addr", "ipv6-addr", "x509-certificate"})
"""Where several things may be hosted: two records tied to one of these share infrastructure."""

SILENT: Final = frozenset({"attack-pattern", "course-of-action", "identity", "location", "opinion", "relationship"})
"""Records that say nothing of their own by being tied to what others are tied to: a technique belongs to another, and
many are from one place."""

TIES: Final = 1_000
"""The most relationships of one record that are looked at."""

CONTAINERS: Final = frozenset({"report", "grouping", "observed-data", "incident", "case"})


class Shared(msgspec.Struct, frozen=True):
    """One thing in common: a value under its STIX path, or the id of a record that both name or are tied to (kind
    `names`). `of` are the other records that have it, as far as the reader may see them."""

    kind: str
    value: str
    of: int


class Related(msgspec.Struct, frozen=True):
    """A record with what it has in common. `weight` is the greater the rarer that is."""

    row: Row
    shared: tuple[Shared, ...]
    weight: float


class Correlation(msgspec.Struct, frozen=True):
    """What a record has in common with others, the strongest first; `popular` are values too common to say anything;
    `complete` is false where the record has more values than were compared."""

    related: tuple[Related, ...]
    popular: tuple[Shared, ...]
    complete: bool

    @property
    def names(self) -> list[str]:
        """The ids of the records that are in common, each once."""
        shared = [*(one for each in self.related for one in each.shared), *self.popular]
        return list(dict.fromkeys(one.value for one in shared if one.kind == "names"))[:WITHIN]


def correlate(store: Store, clearance: Clearance, record: str, limit: int = 50) -> Correlation | None:
    """What a record has in common with others; None where there is no such record for this reader."""
    rows = store.get(clearance, [record])
    if not rows:
        return None
    decoded = [msgspec.json.decode(row.body, type=Fields) for row in rows]
    inner = _inner(store, clearance, decoded)
    own = {record, *(row.id for row in inner)}
    values = dict.fromkeys(value for each in (*decoded, *_decoded(inner)) for value in _values(each))
    found = _Found(own)
    for value in list(values)[:VALUES]:
        found.take(value.kind, value.value, store.by_value(clearance, value.value, POPULAR + 1 + len(own)))
    ties = store.ties(clearance, record, TIES).ties
    linked = {tie.other for tie in ties}
    for name in dict.fromkeys((*_named(decoded, inner), *_common(ties))):
        tied, complete = _tied_to(store, clearance, name, len(own))
        found.take("names", name, [row for row in tied if row.id not in linked], complete=complete)
    return found.correlation(limit, complete=len(values) <= VALUES)


class _Found:
    """What was found so far. Several values may lead to one record."""

    def __init__(self, own: set[str]) -> None:
        self._own = own
        self._rows: dict[str, Row] = {}
        self._shared: dict[str, list[Shared]] = {}
        self._popular: list[Shared] = []

    def take(self, kind: str, value: str, rows: Sequence[Row], *, complete: bool = True) -> None:
        """Take the records that have a thing; where more have it than were looked at, it is not `complete`."""
        others = {row.id: row for row in rows if row.id not in self._own}
        if not others:
            return
        if len(others) > POPULAR or not complete:
            self._popular.append(Shared(kind, value, POPULAR))
            return
        said = Shared(kind, value, len(others))
        for name, row in others.items():
            self._rows.setdefault(name, row)
            self._shared.setdefault(name, []).append(said)

    def correlation(self, limit: int, *, complete: bool) -> Correlation:
        """The strongest."""
        related = [
            Related(self._rows[name], tuple(shared), sum(_weight(each) for each in shared))
            for name, shared in self._shared.items()
        ]
        related.sort(key=lambda each: (-each.weight, -each.row.position))
        return Correlation(tuple(related[:limit]), tuple(self._popular), complete)


def _weight(shared: Shared) -> float:
    """A name in common says less than a value: many use one technique."""
    return (0.2 if shared.kind == "names" else 1.0) / shared.of


def _inner(store: Store, clearance: Clearance, decoded: Sequence[Fields]) -> list[Row]:
    """The records that a container holds, as far as the reader may see them."""
    refs = [ref for each in decoded if each["type"] in CONTAINERS for ref in each.get("object_refs", ())]
    inner = list(store.get(clearance, refs[:WITHIN])) if refs else []
    further = [ref for row in inner if row.type == "observed-data" for ref in _refs(row)]
    return inner + (list(store.get(clearance, further[:WITHIN])) if further else [])


def _refs(row: Row) -> list[str]:
    refs = msgspec.json.decode(row.body, type=Fields).get("object_refs", [])
    return [str(each) for each in refs]


def _decoded(rows: Sequence[Row]) -> Iterator[Fields]:
    for row in rows:
        yield msgspec.json.decode(row.body, type=Fields)


def _values(record: Mapping[str, Any]) -> tuple[Value, ...]:
    return values_of(str(record["type"]), dict(record))


def _named(decoded: Sequence[Fields], inner: Sequence[Row]) -> list[str]:
    """What the record names besides: from its references, and from those of what is in it."""
    refs = [ref for each in (*decoded, *_decoded(inner)) for ref in _ends(each)]
    return [ref for ref in dict.fromkeys(refs) if ref.partition("--")[0] in COMMON][:WITHIN]


def _common(ties: Sequence[Tie]) -> list[str]:
    """What a record is tied to, either way, of which others may have the same. What is linked to the record itself is
    shown there, and has nothing in common with it besides."""
    told = (tie.other for tie in ties if tie.type in COMMON or tie.type in PLACES)
    return list(dict.fromkeys(told))[:WITHIN]


def _tied_to(store: Store, clearance: Clearance, name: str, own: int) -> tuple[tuple[Row, ...], bool]:
    """The records that are tied to what one is tied to, and whether these are all."""
    tied = store.ties(clearance, name, POPULAR + 1 + own)
    others = dict.fromkeys(tie.other for tie in tied.ties if tie.type not in SILENT and tie.type not in APART)
    return store.get(clearance, list(others)) if others else (), tied.complete


def _ends(record: Fields) -> list[str]:
    single = [value for key, value in record.items() if key in {"source_ref", "target_ref", "sighting_of_ref"}]
    return [*single, *record.get("object_refs", ())]
