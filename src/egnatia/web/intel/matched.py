"""A run of Match as its pages find it: of the visitor's own organisation, with what the visitor may see now."""

import msgspec

from egnatia.cyber.intel.log_match import Burden, Findings, Run, Runs, rows
from egnatia.exchange.api.problem import NotFound
from egnatia.store import Batch, Note
from egnatia.store.entry import Row
from egnatia.web.permission import Permission
from egnatia.web.record.text import visible
from egnatia.web.visit import Visit


class Slow(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern that made a run slow, as it is shown; the seconds for which it tried values."""

    href: str
    name: str
    pattern: str
    seconds: float


def runs_of(visit: Visit) -> Runs:
    """The runs of the visitor's organisation."""
    return Runs(visit.store, visit.visitor.organisation or "")


async def run_of(visit: Visit, run: str) -> Run:
    """One of them; raises NotFound."""
    visit.require(Permission.MATCH)
    found = await visit.ask(lambda: runs_of(visit).get(run))
    if found is None:
        raise NotFound
    return found


async def seen_in(visit: Visit, findings: Findings) -> dict[str, Row]:
    """The indicators that it is about, as far as the visitor may see them now."""
    slowed = (each.indicator for each in (*findings.slow, *findings.costly))
    return await seen(visit, [*(each.indicator for each in findings.counts), *slowed])


async def seen(visit: Visit, ids: list[str]) -> dict[str, Row]:
    """Of these records those that the visitor may see now."""
    clearance = visit.clearance()
    found = await visit.ask(lambda: rows(visit.store, clearance, ids))
    await visit.surface.releases.note(visit.visitor.caller, "page", tuple(found.values()))
    return found


def slow(burdens: tuple[Burden, ...], present: dict[str, Row]) -> tuple[Slow, ...]:
    """Those that the visitor may see."""
    return tuple(
        Slow(
            href=f"/records/{each.indicator}",
            name=visible(each.name)[:120],
            pattern=visible(each.value)[:200],
            seconds=each.seconds,
        )
        for each in burdens
        if each.indicator in present
    )


def noted(visit: Visit, what: str, run: str, detail: str) -> None:
    """A line for the audit log. Asks the store."""
    visit.store.append(Batch(notes=(Note(visit.actor, what, run, detail),))).result()
