"""The threat landscape of a period, as a page and as a PDF in the reader's language."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Final, Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from egnatia.cyber.intel.landscape import Landscape, Period, Scope, landscape
from egnatia.cyber.intel.searching import known_to
from egnatia.exchange.api.problem import BadRequest
from egnatia.exchange.shown import TLP_NAMES
from egnatia.store.keeping import Known
from egnatia.web.card import by_id
from egnatia.web.chart import Chart, Series
from egnatia.web.frame import HEADERS, Content
from egnatia.web.intel.coverage import economies, sectors
from egnatia.web.intel.remembered import remembered
from egnatia.web.intel.summary import Reader, Summary, summary
from egnatia.web.visit import Visit, read_form

DAY: Final = r"^\d{4}-\d\d-\d\d\Z"
LONGEST: Final = timedelta(days=3 * 366)
LARGE: Final = 2_000
"""A landscape that looked at more records than so many is kept."""
Level = Literal["clear", "green", "amber", "amber+strict", "red"]


class Asked(msgspec.Struct, frozen=True):
    """Which landscape: days from and to (both included), an economy, a sector, and up to which TLP."""

    since: Annotated[str, msgspec.Meta(pattern=DAY)] = ""
    until: Annotated[str, msgspec.Meta(pattern=DAY)] = ""
    economy: Literal["", "al", "ba", "xk", "me", "mk", "rs"] = ""
    sector: Annotated[str, msgspec.Meta(max_length=60, pattern=r"^[a-z-]*\Z")] = ""
    most: Level = "red"

    def period(self, now: datetime) -> Period:
        """The period; the last thirty days where nothing was asked. Raises BadRequest for what is none."""
        try:
            last = _day(self.until) if self.until else now.replace(hour=0, minute=0, second=0, microsecond=0)
            end = last + timedelta(days=1)
            start = _day(self.since) if self.since else end - timedelta(days=30)
        except (ValueError, OverflowError) as error:
            raise BadRequest("A day is written 2026-01-31") from error
        if not timedelta() < end - start <= LONGEST or start.year < 1990 or end.year > 2200:
            raise BadRequest("A landscape is of one day to three years")
        return Period(start, end)

    @property
    def scope(self) -> Scope:
        """What is looked at."""
        return Scope(self.economy, self.sector, next(tlp for tlp, name in TLP_NAMES.items() if name == self.most))


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


class LandscapePage(Content, frozen=True, kw_only=True):
    """The landscape, as it was `counted` at a moment in microseconds UTC; 0: just now."""

    template: ClassVar[str] = "intel/landscape.html"
    asked: Asked
    told: Summary
    counted: int
    chart: Chart
    economies: tuple[tuple[str, str], ...]
    sectors: tuple[tuple[str, str], ...]
    levels: tuple[tuple[str, str], ...]
    pdf: str


@get("/intel/landscape")
async def overview(visit: NamedDependency[Visit]) -> Response[str]:
    """The threat landscape of a period."""
    asked, told, found, counted = await _told(visit, "page")
    from egnatia.web.drawing import bars  # noqa: PLC0415  it draws: an idle node does without it

    labels = tuple(visit.speech.moment(at, "d MMM") for at, _ in found.steps)
    series = (Series(visit.speech.gettext("Records"), tuple(float(count) for _, count in found.steps)),)
    content = LandscapePage(
        title=told.title,
        asked=asked,
        told=told,
        counted=counted,
        chart=bars(visit.speech, visit.speech.gettext("Records over the period"), labels, series),
        economies=(("", visit.speech.gettext("All economies")), *economies(visit)),
        sectors=(("", visit.speech.gettext("All sectors")), *sectors(visit)),
        levels=tuple((name, f"TLP:{name.upper()}") for name in TLP_NAMES.values()),
        pdf=f"/intel/landscape.pdf?{visit.request.url.query or ''}",
    )
    return visit.page(content)


@get("/intel/landscape.pdf")
async def print_overview(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The same to be printed: with the strictest TLP of what is in it on every page."""
    _, told, _, _ = await _told(visit, "PDF")
    from egnatia.paper import pdf  # noqa: PLC0415  an idle node does without it
    from egnatia.web.intel.printing import document  # noqa: PLC0415  as above

    made = document(told, visit.speech, visit.premises.settings.organisation.name)
    name = f"landscape-{told.start:%Y-%m-%d}.pdf"
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(await visit.ask(lambda: pdf(made)), media_type="application/pdf", headers=headers)


async def _told(visit: Visit, way: str) -> tuple[Asked, Summary, Landscape, int]:
    clearance = visit.clearance()
    params = visit.request.query_params
    asked = read_form({name: params.getall(name) for name in params}, Asked)
    now = datetime.now(UTC)
    period, scope = asked.period(now), asked.scope
    organisations: Sequence[Known] = await visit.ask(visit.premises.organisations)

    reader = Reader(visit.store, clearance, visit.speech)

    def count() -> Landscape:
        return landscape(visit.store, clearance, known_to(visit.store, clearance, organisations), period, scope, now)

    def read() -> tuple[Landscape, Summary, int]:
        question = ("landscape", period, scope)
        kept = remembered(visit.store, clearance, question, count, is_large=lambda made: made.looked > LARGE)
        return kept.made, summary(reader, kept.made, asked.economy, asked.sector, by_id(organisations)), kept.at

    found, told, counted = await visit.ask(read)
    await visit.surface.releases.note(visit.visitor.caller, way, found.rows)
    return asked, told, found, counted
