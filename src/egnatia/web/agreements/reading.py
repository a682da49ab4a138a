"""What the pages of agreements read: the agreements that their reader may see, and its organisation's drafts."""

from collections.abc import Mapping
from datetime import UTC, datetime

from egnatia.exchange.api.problem import NotFound
from egnatia.store import Query, Row
from egnatia.store.keeping import Kept
from egnatia.store.query import LAST
from egnatia.web.agreements.draft import Draft
from egnatia.web.agreements.standing import Seen, seen
from egnatia.web.visit import Visit

MOST = 2_000
"""Copies of agreements that a list reads."""

KIND = "agreement-draft"


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


async def all_seen(visit: Visit) -> tuple[Seen, ...]:
    """Every agreement of which the visitor may see a copy."""
    clearance = visit.clearance()
    query = Query(types=("sharing-agreement",), versions=(LAST,), newest_first=True)
    rows = (await visit.ask(lambda: visit.store.changes(clearance, 0, MOST, query))).rows
    return await _read(visit, rows)


async def one_seen(visit: Visit, agreement: str) -> Seen:
    """One agreement; raises NotFound where the visitor may see no copy of it."""
    clearance = visit.clearance()
    rows = await visit.ask(lambda: visit.store.get(clearance, [agreement]))
    found = await _read(visit, rows)
    if not found:
        raise NotFound
    return found[0]


async def _read(visit: Visit, rows: tuple[Row, ...]) -> tuple[Seen, ...]:
    await visit.surface.releases.note(visit.visitor.caller, "page", rows)
    return seen(rows, visit.visitor.organisation, now())


def names(visit: Visit) -> Mapping[str, str]:
    """What organisations are called."""
    return {each.id: each.name for each in visit.premises.organisations()}


def drafts(visit: Visit) -> Kept[Draft]:
    """Where drafts are kept."""
    return visit.store.kept(KIND, Draft)


async def own_drafts(visit: Visit) -> tuple[Draft, ...]:
    """The drafts of the visitor's organisation, the newest first."""
    kept = await visit.ask(drafts(visit).all)
    mine = (each for each in kept.values() if each.organisation == visit.visitor.organisation)
    return tuple(sorted(mine, key=lambda each: -each.at))


async def own_draft(visit: Visit, draft: str) -> Draft:
    """A draft of the visitor's organisation; raises NotFound for any other."""
    found = await visit.ask(lambda: drafts(visit).get(draft))
    if found is None or found.organisation != visit.visitor.organisation:
        raise NotFound
    return found
