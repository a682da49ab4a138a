"""What was found in logs, told to others: a sighting for each indicator and day (UTC), with how often and when.

A sighting bears the markings of its indicator, never for more readers. What exactly was observed stays with the owner
(TLP:RED) unless they say otherwise, and is left out where only counts are shared. The same logs matched again are the
same sighting: counts do not grow, they only ever become what the fullest run has found.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import uuid5

import msgspec

from egnatia.cyber.intel.vote import markings_of
from egnatia.engine.pattern import Observation
from egnatia.exchange.directory import moment
from egnatia.exchange.formats.conversion import TLP_IDS, instant, written
from egnatia.exchange.formats.observable import observable
from egnatia.record.marking import EGNATIA
from egnatia.store import Row

MOST: Final = 999_999_999
"""The greatest count that STIX has."""


class Sight(msgspec.Struct):
    """One indicator on one day: how often, when first and last, and what was observed then."""

    indicator: str
    day: date
    count: int
    first: datetime
    last: datetime
    example: Observation


class Sights:
    """What is found, gathered as it comes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, date], Sight] = {}

    def add(self, indicator: str, observation: Observation) -> None:
        """One more line that shows an indicator."""
        at = observation.first.astimezone(UTC)
        known = self._kept.get((indicator, at.date()))
        if known is None:
            self._kept[indicator, at.date()] = Sight(indicator, at.date(), 1, at, at, observation)
            return
        known.count += 1
        known.first, known.last = min(known.first, at), max(known.last, at)

    def __iter__(self) -> Iterator[Sight]:
        return iter(self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """How sightings are told: who saw it, whether only counts, whether with what was observed and under which TLP."""

    organisation: str
    now: datetime
    counts_only: bool = False
    observed: bool = False
    observed_tlp: str = "red"


def sighting_id(organisation: str, sight: Sight) -> str:
    """The same for the same organisation, indicator and day."""
    return f"sighting--{uuid5(EGNATIA, f'sighting {organisation} {sight.indicator} {sight.day.isoformat()}')}"


def records(
    sights: Iterable[Sight], indicators: Mapping[str, Row], present: Mapping[str, Row], telling: Telling
) -> Iterator[bytes]:
    """The records to hand in, what is referred to first. `present` are the sightings that are there already: one that
    says all of it is not said again."""
    for sight in sights:
        row = indicators.get(sight.indicator)
        if row is None:  # taken back while the logs were read
            continue
        chosen = sighting_id(telling.organisation, sight)
        merged, created, is_new = _merged(sight, present.get(chosen))
        if not is_new:
            continue
        markings = list(markings_of(row.label))
        observed = list(_observed(merged, telling)) if telling.observed and not telling.counts_only else []
        yield from (written(each) for each in observed)
        yield written(
            {
                "type": "sighting",
                "spec_version": "2.1",
                "id": chosen,
                "created": created or instant(telling.now.timestamp()),
                "modified": instant(telling.now.timestamp()),
                "created_by_ref": telling.organisation,
                "first_seen": instant(merged.first.timestamp()),
                "last_seen": instant(merged.last.timestamp()),
                "count": min(merged.count, MOST),
                "sighting_of_ref": sight.indicator,
                "where_sighted_refs": [telling.organisation],
                "observed_data_refs": [each["id"] for each in observed if each["type"] == "observed-data"],
                "summary": telling.counts_only,
                "object_marking_refs": markings,
            }
        )


def _merged(sight: Sight, row: Row | None) -> tuple[Sight, str | None, bool]:
    """What both say together, when it was first told, and whether that is more than was told already."""
    if row is None:
        return sight, None, True
    told = msgspec.json.decode(row.body, type=dict[str, Any])
    first, last, count = moment(told["first_seen"]), moment(told["last_seen"]), int(told.get("count", 0))
    merged = Sight(
        sight.indicator,
        sight.day,
        max(sight.count, count),
        min(sight.first, first),
        max(sight.last, last),
        sight.example,
    )
    shown = (instant(merged.first.timestamp()), instant(merged.last.timestamp()), merged.count)
    return merged, str(told["created"]), shown != (instant(first.timestamp()), instant(last.timestamp()), count)


_SHARED: Final = frozenset({"domain-name", "ipv4-addr", "ipv6-addr", "url", "email-addr", "file", "process"})


def _observed(sight: Sight, telling: Telling) -> Iterator[dict[str, Any]]:
    """Observables of the first line of that day, and the observed-data that holds them."""
    marking = {"object_marking_refs": [TLP_IDS[telling.observed_tlp]]}
    made: dict[str, dict[str, Any]] = {}
    for each in sight.example.objects.values():
        if each["type"] not in _SHARED:
            continue
        properties = {key: value for key, value in each.items() if key != "type" and not key.endswith("_ref")}
        if properties:
            one = observable(each["type"], properties, under=f"tlp:{telling.observed_tlp} {telling.organisation}")
            made[one["id"]] = {**one, **marking}
    if not made:
        return
    yield from made.values()
    yield {
        "type": "observed-data",
        "spec_version": "2.1",
        "id": f"observed-data--{uuid5(EGNATIA, f'observed {sighting_id(telling.organisation, sight)}')}",
        "created": instant(telling.now.timestamp()),
        "modified": instant(telling.now.timestamp()),
        "created_by_ref": telling.organisation,
        "first_observed": instant(sight.first.timestamp()),
        "last_observed": instant(sight.last.timestamp()),
        "number_observed": min(sight.count, MOST),
        "object_refs": list(made),
        **marking,
    }
