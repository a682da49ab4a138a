"""What was found in a log becomes sightings: at once, or when a second person has read them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.cyber.intel.log_match import Findings, Run, told
from egnatia.cyber.intel.sighting import Sight, Telling
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.exchange.review import MOST, Reviews
from egnatia.store.entry import Row
from egnatia.web.intel.matched import noted, run_of, runs_of, seen_in
from egnatia.web.permission import Permission
from egnatia.web.publish.desk import is_reviewed, submitted
from egnatia.web.visit import Visit

AT_ONCE = 500
"""Records that are handed in together."""


class Recording(msgspec.Struct, frozen=True):
    """The form that makes sightings of what was found."""

    how: Literal["full", "counts"]


class _Head(msgspec.Struct):
    """What of a record decides with which others it is read."""

    id: str
    type: str
    object_marking_refs: tuple[str, ...] = ()


_head = msgspec.json.Decoder(_Head).decode

Unit = tuple[bytes, ...]
"""A sighting with what it refers to, which comes first."""


async def offered(visit: Visit, findings: Findings, seen: dict[str, Row]) -> tuple[bool, bool]:
    """Whether the visitor can make sightings of it, and whether some of them wait for a second person."""
    sights = [each for each in findings.sights if each.indicator in seen]
    if not sights or not visit.visitor.may(Permission.DRAFT):
        return False, False
    if not visit.visitor.may(Permission.PUBLISH):
        return not visit.visitor.exercise, True
    # Of each label one tells for all.
    chosen = list({seen[each.indicator].label: each for each in sights}.values())
    bodies = await _bodies(visit, chosen, "counts")
    return True, bool(bodies) and await visit.ask(lambda: is_reviewed(visit, bodies, ()))


@post("/intel/match/{run:str}/sightings")
async def record(visit: NamedDependency[Visit], run: FromPath[str]) -> Response[str]:
    """Make sightings of what was found: with what the first line of each day showed, or counts alone."""
    form = await visit.form(Recording)
    found = await run_of(visit, run)
    visit.require(Permission.DRAFT)
    findings = await visit.ask(lambda: runs_of(visit).findings(run))
    if findings is None:
        raise NotFound
    seen = await seen_in(visit, findings)
    sights = [each for each in findings.sights if each.indicator in seen]
    waiting = await visit.ask(lambda: _waiting(visit))
    units = [each for each in _units(await _bodies(visit, sights, form.how)) if _head(each[-1]).id not in waiting]
    count, handed = 0, 0
    for alike in _alike(units):
        if await _is_free(visit, alike[0]):
            count += await _published(visit, alike)
        else:
            handed += await visit.ask(lambda: _handed(visit, found, alike))  # noqa: B023  (awaited at once)
    kept = msgspec.structs.replace(found, told=found.told + count, handed=found.handed + handed)
    await visit.ask(lambda: runs_of(visit).put(kept))
    await visit.ask(lambda: noted(visit, "match recorded", run, f"{count} sightings, {handed} in review, {form.how}"))
    return visit.go(f"/intel/match/{run}", _said(visit, count, handed))


def _said(visit: Visit, count: int, handed: int) -> str:
    waits = visit.speech.ngettext(
        "%(count)s sighting waits for a second person.", "%(count)s sightings wait for a second person.", handed
    )
    recorded = visit.speech.ngettext("%(count)s sighting is recorded.", "%(count)s sightings are recorded.", count)
    return " ".join(([recorded] if count or not handed else []) + ([waits] if handed else []))


async def _bodies(visit: Visit, sights: Sequence[Sight], how: str) -> list[bytes]:
    telling = Telling(
        organisation=visit.visitor.organisation or "",
        now=datetime.now(UTC),
        counts_only=how == "counts",
        observed=how == "full",
    )
    clearance = visit.clearance()
    return await visit.ask(lambda: told(visit.store, clearance, sights, telling))


def _units(bodies: Sequence[bytes]) -> Iterator[Unit]:
    unit: list[bytes] = []
    for body in bodies:
        unit.append(body)
        if _head(body).type == "sighting":
            yield tuple(unit)
            unit = []


def _alike(units: Sequence[Unit]) -> Iterator[list[Unit]]:
    """Sightings under the same markings, as many as one review holds: who will see one will see all of them."""
    groups: dict[tuple[str, ...], list[Unit]] = {}
    for unit in units:
        groups.setdefault(_head(unit[-1]).object_marking_refs, []).append(unit)
    for group in groups.values():
        part: list[Unit] = []
        size = 0
        for unit in group:
            if part and size + len(unit) > MOST:
                yield part
                part, size = [], 0
            part.append(unit)
            size += len(unit)
        yield part


async def _is_free(visit: Visit, unit: Unit) -> bool:
    """Whether the visitor publishes such a sighting alone."""
    if not visit.visitor.may(Permission.PUBLISH):
        return False
    return not await visit.ask(lambda: is_reviewed(visit, unit, ()))


async def _published(visit: Visit, units: Sequence[Unit]) -> int:
    count = 0
    bodies = [body for unit in units for body in unit]
    for first in range(0, len(bodies), AT_ONCE):
        outcome = await submitted(visit, bodies[first : first + AT_ONCE])
        if outcome.refused:
            raise BadRequest(str(outcome.refused[0].problems[0]))
        count += sum(1 for each in outcome.accepted if each.id.startswith("sighting--"))
    return count


def _handed(visit: Visit, run: Run, units: Sequence[Unit]) -> int:
    title = visit.speech.ngettext(
        "%(count)s sighting of the log %(name)s", "%(count)s sightings of the log %(name)s", len(units), name=run.name
    )
    Reviews(visit.store, visit.visitor.organisation or "").submit(
        [body for unit in units for body in unit], author=visit.visitor.login, title=title, at=visit.now
    )
    return len(units)


def _waiting(visit: Visit) -> frozenset[str]:
    """What waits for a second person already."""
    reviews = Reviews(visit.store, visit.visitor.organisation or "").latest()
    return frozenset(each for review in reviews if review.state == "waiting" for each in review.records)
