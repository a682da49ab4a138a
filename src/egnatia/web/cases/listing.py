"""The lists: cases that the visitor's organisation takes part in, and what is owed in them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from egnatia.casework.agenda import agenda
from egnatia.casework.clock import owed
from egnatia.casework.registry import Unknown
from egnatia.casework.rulebook import Rulebook
from egnatia.store.casebook import Due, Standing
from egnatia.web.cases.sifting import Sifting, View, Views
from egnatia.web.cases.subscribing import Subscriptions
from egnatia.web.frame import HEADERS, Content
from egnatia.web.language.choice import chosen
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit, read_form

ROWS = 50
_END = 1 << 62


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case in the list."""

    case: Standing
    workflow: str
    state: str


class SiftingChoices(msgspec.Struct, frozen=True, kw_only=True):
    """What the list can be narrowed to, and the steps that can be done in many cases at once: value and words each."""

    workflows: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str], ...]
    severities: tuple[tuple[str, str], ...]
    parties: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, str], ...]


class CasesPage(Content, frozen=True, kw_only=True):
    """The cases of the visitor's organisation, the last changed first."""

    template: ClassVar[str] = "cases/list.html"
    rows: tuple[CaseRow, ...]
    names: Mapping[str, str]
    sifting: Sifting
    kept: str
    views: tuple[View, ...]
    choices: SiftingChoices
    older: str
    may_open: bool
    signed_in: bool


class DuePage(Content, frozen=True, kw_only=True):
    """What is owed, the earliest first."""

    template: ClassVar[str] = "cases/due.html"
    rows: tuple[Due, ...]
    names: Mapping[str, str]
    own: bool
    now: int
    later: str
    has_address: bool
    signed_in: bool


@get("/cases")
async def cases(
    visit: NamedDependency[Visit], before: FromQuery[int] = _END, last: FromQuery[str] = ""
) -> Response[str]:
    """The list of cases."""
    clearance, registry = visit.clearance(), visit.premises.casework
    given = {name: [value] for name, value in visit.request.query_params.items()}
    sifting = read_form(given, Sifting)
    found = await visit.ask(
        lambda: registry.standings(
            clearance,
            is_open=not sifting.closed,
            before=(max(-_END, min(before, _END)), last[:100]),
            limit=ROWS,
            matching=lambda case: sifting.admits(case, visit.time_now),
        )
    )
    way = "&" if "?" in sifting.address else "?"
    more = f"{sifting.address}{way}before={found[-1].updated}&last={found[-1].id}" if found else ""
    views = await visit.ask(lambda: Views(visit.store).of(visit.visitor.account))
    return visit.page(
        CasesPage(
            title=visit.speech.gettext("Cases"),
            rows=tuple(_row(visit, each) for each in found),
            names=_names(visit),
            sifting=sifting,
            kept=msgspec.json.encode(sifting).decode(),
            views=views,
            choices=_choices(visit, found),
            older=more if len(found) == ROWS else "",
            may_open=visit.visitor.may(Permission.PUBLISH),
            signed_in=visit.visitor.signed_in,
        )
    )


@get("/cases/due")
async def due(
    visit: NamedDependency[Visit],
    own: FromQuery[bool] = False,
    after: FromQuery[int] = -_END,
) -> Response[str]:
    """What is owed in all open cases."""
    clearance, registry = visit.clearance(), visit.premises.casework
    found = await visit.ask(lambda: registry.dues(clearance, own=own, after=max(-_END, min(after, _END)), limit=ROWS))
    later = f"/cases/due?own={str(own).lower()}&after={found[-1].due}" if len(found) == ROWS else ""
    return visit.page(
        DuePage(
            title=visit.speech.gettext("What is due"),
            rows=found,
            names=_names(visit),
            own=own,
            now=visit.time_now,
            later=later,
            has_address=await visit.ask(lambda: Subscriptions(visit.store).has(visit.visitor.account)),
            signed_in=visit.visitor.signed_in,
        )
    )


@get("/cases/due.ics")
async def calendar(visit: NamedDependency[Visit], own: FromQuery[bool] = False) -> Response[bytes]:
    """The same as a calendar."""
    clearance, registry = visit.clearance(), visit.premises.casework

    def made() -> bytes:
        entries = []
        for case in dict.fromkeys(each.case for each in registry.dues(clearance, own=own, limit=500)):
            try:
                fold = registry.fold(clearance, case)
            except Unknown:
                continue
            mine = [each for each in owed(fold) if each.met is None]
            if own:
                mine = [each for each in mine if visit.visitor.organisation in each.by]
            title = f"EXERCISE: {fold.case.title}" if fold.case.exercise else fold.case.title
            entries += [(case, title, each, fold.book) for each in mine]
        return agenda(entries, datetime.fromtimestamp(visit.time_now / 1_000_000, UTC))

    return Response(await visit.ask(made), media_type="text/calendar", headers=HEADERS)


def _row(visit: Visit, each: Standing) -> CaseRow:
    book = visit.premises.casework.library.newest(each.workflow)
    if book is None:
        return CaseRow(case=each, workflow=each.workflow, state=each.state)
    state = book.states.get(each.state)
    return CaseRow(case=each, workflow=book.workflow.title, state=state.title if state else each.state)


def _choices(visit: Visit, cases: Sequence[Standing]) -> SiftingChoices:
    say, library = visit.speech.gettext, visit.premises.casework.library
    books: dict[str, Rulebook] = {book.workflow.name: book for book in library}
    shown = {each.workflow for each in cases}
    names, there = _names(visit), {party for each in cases for party in each.parties}
    severities: dict[str, None] = {}
    for book in books.values():
        if "severity" in book.fields:
            severities.update(dict.fromkeys(book.fields["severity"].choices))

    def named(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple({name: say(title) for name, title in pairs}.items())

    every = books.values()
    return SiftingChoices(
        workflows=named((name, book.workflow.title) for name, book in books.items()),
        states=named((each.name, each.title) for book in every for each in book.workflow.states),
        roles=named((each.name, each.title) for book in every for each in book.workflow.roles),
        severities=tuple((each, chosen(each, visit.speech)) for each in severities),
        parties=tuple(
            sorted(((each, names.get(each, each)) for each in there), key=lambda pair: visit.speech.order(pair[1]))
        ),
        steps=named(
            (each.name, each.title) for name, book in books.items() if name in shown for each in book.workflow.steps
        ),
    )


def _names(visit: Visit) -> Mapping[str, str]:
    return {each.id: each.name for each in visit.premises.organisations()}
