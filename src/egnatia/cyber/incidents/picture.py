"""The regional picture: each node tells how many incidents it has open, and who keeps the picture puts them together.

What is told is a record of numbers (`incident-aggregate`) for the organisations that the settings name, and for nobody
else. Small counts are kept back before they leave the node.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import uuid5

import msgspec

from egnatia.casework.audience import marking
from egnatia.casework.registry import Registry
from egnatia.casework.workplace import Workplace
from egnatia.cyber.incidents.aggregate import INCIDENT_AGGREGATE, Breakdown, IncidentAggregate
from egnatia.cyber.incidents.protocol import is_incident
from egnatia.cyber.incidents.suppression import Counts, Tally, suppressed
from egnatia.exchange.submission import Right, Submitter
from egnatia.policy import Clearance
from egnatia.record import read, reading
from egnatia.record.marking import EGNATIA, TLP2_IDS
from egnatia.store import Query
from egnatia.store.casebook import Standing
from egnatia.store.query import LAST
from egnatia.store.store import Store

log = logging.getLogger(__name__)
_AMBER_STRICT: Final = next(id_ for id_, name in TLP2_IDS.items() if name == "amber+strict")
_RIGHTS: Final = frozenset({Right.READ, Right.SUBMIT})
_WAIT: Final = 30.0
_PAGE: Final = 500
_FIRST_SECONDS: Final = 60.0
MOST: Final = 20_000


def open_incidents(registry: Registry, clearance: Clearance) -> Iterator[Standing]:
    """The open incidents that somebody takes part in, real ones alone, the last changed first."""
    before = (1 << 62, "")
    for _ in range(MOST // _PAGE):
        page = registry.standings(clearance, is_open=True, before=before, limit=_PAGE)
        yield from (each for each in page if is_incident(each.workflow) and not each.exercise)
        if len(page) < _PAGE:
            return
        before = (page[-1].updated, page[-1].id)


def economies_of(standing: Standing) -> tuple[str, ...]:
    """Where an incident is: the economies that are said to be affected, else those of its parties."""
    found: Sequence[str] = standing.facts.get("affected_economies") or standing.facts.get("economies") or ()
    return tuple(each for each in found if each != "regional")


def tally(found: Iterable[Standing]) -> dict[str, dict[str, int]]:
    """Open incidents by severity, kind and level (each once), and by sector (each in every one of its sectors)."""
    counts: dict[str, dict[str, int]] = {"severity": {}, "kind": {}, "level": {}, "sectors": {}}
    for each in found:
        for name, cells in counts.items():
            value = each.facts.get(name)
            for cell in value if isinstance(value, list | tuple) else [value or "not-said"]:
                cells[cell] = cells.get(cell, 0) + 1
    return counts


def aggregate(found: Sequence[Standing], *, author: str, economy: str, at: str) -> IncidentAggregate:
    """The numbers as they may leave the node, unmarked."""
    counts = {name: dict(sorted(cells.items())) for name, cells in tally(found).items()}
    # Of incidents without a sector nothing is told: with them the sectors would give their least sum away.
    counts["sectors"].pop("not-said", None)
    kept = suppressed({name: Tally(cells, adds_up=name != "sectors") for name, cells in counts.items()}, len(found))
    return IncidentAggregate(
        id=f"incident-aggregate--{uuid5(EGNATIA, f'aggregate {author}')}",
        spec_version="2.1",
        created=at,
        modified=at,
        created_by_ref=author,
        economy=economy,
        at=at,
        whole=kept["severity"].whole,
        breakdowns=tuple(_breakdown(name, each) for name, each in kept.items()),
    )


def publish(registry: Registry, organisation: str, economy: str, readers: Sequence[str]) -> bool:
    """Tells the readers how many incidents the organisation has open, where that is other than what they were told
    last; whether it was."""
    clearance = registry.host.clearance_of(organisation)
    found = [each for each in open_incidents(registry, clearance) if organisation in each.parties]
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:23] + "Z"
    made = aggregate(found, author=organisation, economy=economy, at=at)
    id_, definition = marking({organisation, *readers})
    marks = (_AMBER_STRICT, id_)
    before = next(iter(registry.host.store.get(clearance, [made.id])), None)
    if before is not None:
        held = reading(read(before.body))
        if isinstance(held, IncidentAggregate):
            same = (held.whole, held.breakdowns, held.object_marking_refs) == (made.whole, made.breakdowns, marks)
            if same:
                return False
            made = msgspec.structs.replace(made, created=held.created)
    body = INCIDENT_AGGREGATE.write(msgspec.structs.replace(made, object_marking_refs=marks))
    submitter = Submitter(organisation, "picture", _RIGHTS)
    outcome = registry.host.admission.submit([definition, body], submitter, atomic=True).result(_WAIT)
    if outcome.refused:
        log.warning("the regional picture was not told: %s", outcome.refused[0].problems[0])
    return not outcome.refused


def told(store: Store, clearance: Clearance) -> tuple[IncidentAggregate, ...]:
    """What each node has told last, as far as a reader may see it."""
    page = store.bodies(clearance, 0, _PAGE, Query(types=("incident-aggregate",), versions=(LAST,)))
    found = (reading(read(row.body)) for row in page.rows)
    return tuple(each for each in found if isinstance(each, IncidentAggregate))


def by_economy(found: Iterable[IncidentAggregate]) -> Mapping[str, tuple[int, bool]]:
    """Open incidents by economy as they were told: how many at least, and whether some were kept back."""
    counts: dict[str, tuple[int, bool]] = {}
    for each in found:
        before, open_ = counts.get(each.economy, (0, False))
        counts[each.economy] = (before + (each.whole or 0), open_ or each.whole is None)
    return counts


async def keep(place: Workplace) -> None:
    """Tells whom the settings name for ever, every so many hours; does nothing where nobody is to be told."""
    tell, economy = place.settings.incidents, place.settings.organisation.economy
    if not tell.tell:
        return
    await asyncio.sleep(_FIRST_SECONDS)
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.to_thread(publish, place.casework, place.own, economy, tell.tell)
        await asyncio.sleep(tell.tell_every_hours * 3_600)


def _breakdown(name: str, counts: Counts) -> Breakdown:
    return Breakdown(
        name=name,
        counts={cell: count for cell, count in counts.cells.items() if count is not None},
        kept_back=tuple(cell for cell, count in counts.cells.items() if count is None),
    )
