"""The quarterly summary as a page, a table and JSON."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from egnatia.cyber.incidents.summary import Basis, Review, Summary, as_csv, bounds, quarter_of
from egnatia.exchange.api.problem import BadRequest
from egnatia.store import Batch, Note
from egnatia.web.frame import HEADERS, Content
from egnatia.web.incidents.tabs import TABS
from egnatia.web.incidents.words import spoken
from egnatia.web.visit import Visit

QUARTERS = 12
"""Quarters that are offered."""


class Cell(msgspec.Struct, frozen=True):
    """One count and what it is called."""

    words: str
    count: int | None


class Part(msgspec.Struct, frozen=True):
    """One breakdown."""

    title: str
    cells: tuple[Cell, ...]


class SummaryPage(Content, frozen=True, kw_only=True):
    """One quarter. `query` leads to the same as a file."""

    template: ClassVar[str] = "incidents/summary.html"
    tabs: tuple[tuple[str, str], ...] = TABS
    summary: Summary
    parts: tuple[Part, ...]
    quarters: tuple[str, ...]
    query: str


@get("/incidents/summary")
async def page(
    visit: NamedDependency[Visit],
    quarter: FromQuery[str] = "",
    basis: FromQuery[Basis] = "report",
    review: FromQuery[Review] = "any",
) -> Response[str]:
    """The counts of a quarter."""
    found = await _found(visit, quarter, basis, review)
    parts = tuple(
        Part(spoken(visit.speech, name), tuple(Cell(spoken(visit.speech, cell), n) for cell, n in counts.cells.items()))
        for name, counts in found.breakdowns.items()
    )
    return visit.page(
        SummaryPage(
            title=visit.speech.gettext("Quarterly summary"),
            summary=found,
            parts=parts,
            quarters=tuple(_quarters()),
            query=f"quarter={found.quarter}&basis={basis}&review={review}",
        )
    )


@get("/incidents/summary/{form:str}")
async def file(
    visit: NamedDependency[Visit],
    form: FromPath[Literal["csv", "json"]],
    quarter: FromQuery[str] = "",
    basis: FromQuery[Basis] = "report",
    review: FromQuery[Review] = "any",
) -> Response[Any]:
    """The same as a file; that it was taken is noted."""
    found = await _found(visit, quarter, basis, review)
    note = Note(visit.actor, "incident summary", found.quarter, f"{basis} {review} {form}")
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    body = as_csv(found).encode() if form == "csv" else msgspec.json.format(msgspec.json.encode(found), indent=2)
    name = f"attachment; filename=incidents-{found.quarter}.{form}"
    kind = "text/csv" if form == "csv" else "application/json"
    return Response(body, media_type=kind, headers={**HEADERS, "content-disposition": name})


async def _found(visit: Visit, quarter: str, basis: Basis, review: Review) -> Summary:
    clearance, counting = visit.clearance(), visit.premises.counting
    chosen = quarter or quarter_of(datetime.now(UTC))
    try:
        bounds(chosen)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return await visit.ask(lambda: counting.summary(clearance, chosen, basis=basis, review=review))


def _quarters() -> list[str]:
    """The last ones, the newest first."""
    now = datetime.now(UTC)
    number = now.year * 4 + (now.month - 1) // 3
    return [f"{each // 4}-Q{each % 4 + 1}" for each in range(number, number - QUARTERS, -1)]
