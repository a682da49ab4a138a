"""The situation of incidents: what is open, by economy, sector and severity, over time; and the region in numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from markupsafe import Markup

from egnatia.cyber.incidents.aggregate import IncidentAggregate
from egnatia.cyber.incidents.picture import by_economy, economies_of, told
from egnatia.cyber.incidents.situation import SEVERITIES, Situation, begins, severity_of, week_of
from egnatia.store.casebook import Standing
from egnatia.web.chart import Chart, Series
from egnatia.web.frame import Content
from egnatia.web.incidents.tabs import TABS
from egnatia.web.incidents.words import SEVERITY_MARKS, spoken
from egnatia.web.language.speech import ECONOMIES
from egnatia.web.permission import Permission
from egnatia.web.situation.point import Point
from egnatia.web.visit import Visit

WEEKS: Final = 12
LISTED: Final = 25


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One open incident in the list."""

    case: Standing
    state: str
    severity: str
    mark: str
    level: str
    economies: tuple[str, ...]


class Sector(msgspec.Struct, frozen=True):
    """One sector: how many open incidents of each severity, in the order of `SEVERITIES`, and all."""

    words: str
    counts: tuple[int, ...]
    whole: int


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What one node has told: at when, how many (None: fewer than three), and of which severities."""

    name: str
    economy: str
    at: datetime
    whole: int | None
    severities: tuple[tuple[str, int | None], ...]


class IncidentsPage(Content, frozen=True, kw_only=True):
    """The situation as its reader may see it."""

    template: ClassVar[str] = "incidents/situation.html"
    tabs: tuple[tuple[str, str], ...] = TABS
    whole: int
    significant: int
    regional: int
    overdue: int
    picture: Markup
    points: tuple[Point, ...]
    heads: tuple[tuple[str, str], ...]
    sectors: tuple[Sector, ...]
    course: Chart | None
    rows: tuple[Row, ...]
    nodes: tuple[Node, ...]
    may_open: bool


@get("/incidents")
async def situation(visit: NamedDependency[Visit]) -> Response[str]:
    """The situation now."""
    clearance, registry = visit.clearance(), visit.premises.casework

    def read() -> tuple[Situation, tuple[IncidentAggregate, ...], int]:
        found = visit.premises.situations.of(clearance, LISTED)
        due = registry.dues(clearance, until=visit.now, limit=1_000)
        return found, told(visit.store, clearance), len({each.case for each in due if each.case in found.ids})

    found, aggregates, overdue = await visit.ask(read)
    return visit.page(await visit.ask(lambda: _page(visit, found, aggregates, overdue)))


def _page(visit: Visit, found: Situation, aggregates: Sequence[IncidentAggregate], overdue: int) -> IncidentsPage:
    from egnatia.web.situation.picture import drawn  # noqa: PLC0415  drawing is heavy, and an idle node draws nothing

    speech = visit.speech
    points = _points(visit, found, by_economy(aggregates))
    names = {each.id: each.name for each in visit.premises.organisations()}
    return IncidentsPage(
        title=speech.gettext("Incidents"),
        whole=len(found.ids),
        significant=found.significant,
        regional=found.regional,
        overdue=overdue,
        picture=drawn(points, speech.gettext("Open incidents by economy")),
        points=points,
        heads=tuple((spoken(speech, each), "number") for each in SEVERITIES),
        sectors=_sectors(visit, found),
        course=_course(visit, found),
        rows=tuple(_row(visit, each) for each in found.gravest),
        nodes=tuple(_node(visit, each, names) for each in aggregates),
        may_open=visit.visitor.may(Permission.PUBLISH),
    )


def _points(visit: Visit, found: Situation, reported: Mapping[str, tuple[int, bool]]) -> tuple[Point, ...]:
    """Open incidents by economy: what the reader sees itself, or what that economy's nodes have told where it is
    more."""
    speech = visit.speech
    points = []
    for code in ECONOMIES:
        least, kept_back = reported.get(code, (0, False))
        count = max(found.economies[code], least)
        said = speech.ngettext("%(count)s open", "%(count)s open", count)
        if kept_back and not count:
            said = speech.gettext("fewer than 3")
        href = f"/incidents#economy-{code}"
        points.append(Point(code=code, name=speech.economy(code), count=count, said=said, href=href))
    regional = found.regional
    words = speech.ngettext("%(count)s regional", "%(count)s regional", regional)
    region = Point(code="regional", name=speech.economy("regional"), count=regional, said=words, href="/incidents")
    return (*points, region)


def _sectors(visit: Visit, found: Situation) -> tuple[Sector, ...]:
    wholes: Counter[str] = Counter()
    for (sector, _), count in found.sectors.items():
        wholes[sector] += count
    return tuple(
        Sector(spoken(visit.speech, sector), tuple(found.sectors[sector, each] for each in SEVERITIES), whole)
        for sector, whole in sorted(wholes.items(), key=lambda each: (-each[1], each[0]))
    )


def _course(visit: Visit, found: Situation) -> Chart | None:
    """When the incidents that are open now were opened, week by week, by severity."""
    if not found.ids:
        return None
    from egnatia.web.drawing import bars  # noqa: PLC0415  as above

    this = week_of(visit.now)
    counts: dict[str, list[int]] = {name: [0] * WEEKS for name in SEVERITIES}
    for (week, severity), count in found.weeks.items():
        counts[severity][min(max(0, WEEKS - 1 - (this - week)), WEEKS - 1)] += count
    series = tuple(
        Series(spoken(visit.speech, name), tuple(map(float, values))) for name, values in counts.items() if any(values)
    )
    labels = [visit.speech.moment(begins(this - WEEKS + 1 + each), "d MMM") for each in range(WEEKS)]
    return bars(
        visit.speech, visit.speech.gettext("Open incidents by the week in which they were opened"), labels, series
    )


def _row(visit: Visit, each: Standing) -> Row:
    book = visit.premises.casework.library.newest(each.workflow)
    state = book.states.get(each.state) if book else None
    severity = severity_of(each)
    return Row(
        case=each,
        state=state.title if state else each.state,
        severity=spoken(visit.speech, severity),
        mark=SEVERITY_MARKS.get(severity, "plain"),
        level=spoken(visit.speech, str(each.facts.get("level") or "")),
        economies=economies_of(each),
    )


def _node(visit: Visit, each: IncidentAggregate, names: Mapping[str, str]) -> Node:
    found = next((one for one in each.breakdowns if one.name == "severity"), None)
    cells = {**found.counts, **dict.fromkeys(found.kept_back)} if found else {}
    return Node(
        name=names.get(each.created_by_ref, each.created_by_ref),
        economy=each.economy,
        at=datetime.fromisoformat(each.at),
        whole=each.whole,
        severities=tuple((spoken(visit.speech, name), cells[name]) for name in SEVERITIES if name in cells),
    )
