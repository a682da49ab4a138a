"""The pages that show organisations: all of them, and each by itself."""

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Annotated, ClassVar
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from egnatia.exchange.api.problem import NotFound
from egnatia.record.words import fold
from egnatia.store import Query
from egnatia.store.query import LAST
from egnatia.web.agreements.reading import all_seen
from egnatia.web.agreements.standing import Seen
from egnatia.web.chart import Chart
from egnatia.web.frame import Content
from egnatia.web.language import Speech
from egnatia.web.organisations.who import Who, everybody
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

ROWS = 100
"""Organisations on one page."""

COUNTED = 10_000
"""Records are counted no further on a page."""


class EconomyGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The organisations of one economy, by name."""

    code: str
    organisations: tuple[Who, ...]


class OrganisationsPage(Content, frozen=True, kw_only=True):
    """Those whom the visitor is told of, by economy in the alphabetical order of its language."""

    template: ClassVar[str] = "organisations/list.html"
    groups: tuple[EconomyGroup, ...]
    picture: Chart | None
    names: Mapping[str, str]
    may_manage: bool
    q: str
    first: str = ""
    more: str = ""


class OrganisationPage(Content, frozen=True, kw_only=True):
    """One organisation. `records` are those of it that the visitor sees, counted no further than `counted`."""

    template: ClassVar[str] = "organisations/organisation.html"
    who: Who
    records: int
    counted: int = COUNTED
    agreements: tuple[Seen, ...]
    clients: tuple[Who, ...]
    names: Mapping[str, str]
    own: bool
    may_manage: bool
    may_host: bool
    may_see_peers: bool


@get("/organisations")
async def organisations(
    visit: NamedDependency[Visit],
    q: Annotated[str, QueryParameter(max_length=200)] = "",
    after: Annotated[str, QueryParameter(max_length=100)] = "",
) -> Response[str]:
    """The list of organisations whose name has `q` in it, those that follow the one with the id `after`."""
    told = await told_of(visit)
    wanted = fold(q)
    ordered = sorted((each for each in told if wanted in fold(each.known.name)), key=_by_economy(visit.speech))
    ids = [each.known.id for each in ordered]
    begin = ids.index(after) + 1 if after in ids else 0
    shown, rest = ordered[begin : begin + ROWS], ordered[begin + ROWS :]
    asked = {"q": q} if q else {}
    here = f"/organisations?{urlencode(asked)}" if asked else "/organisations"
    from egnatia.web.organisations.picture import constituencies  # noqa: PLC0415  drawing is heavy, idle nodes do not

    return visit.page(
        OrganisationsPage(
            title=visit.speech.gettext("Organisations"),
            groups=tuple(
                EconomyGroup(code=code, organisations=tuple(each))
                for code, each in groupby(shown, lambda one: one.known.economy)
            ),
            picture=None if q or after else constituencies(visit.speech, [each.known for each in told]),
            names={each.known.id: each.known.name for each in told},
            may_manage=visit.visitor.may(Permission.MANAGE_ORGANISATIONS),
            q=q,
            first=here if begin else "",
            more=f"/organisations?{urlencode(asked | {'after': shown[-1].known.id})}" if rest else "",
        )
    )


def _by_economy(speech: Speech) -> Callable[[Who], tuple[object, ...]]:
    """Economies in the alphabetical order of the reader's language, bodies of the region last; within them by name."""

    def key(one: Who) -> tuple[object, ...]:
        code = one.known.economy
        return (
            code in {"regional", "other"},
            speech.order(speech.economy(code)),
            code,
            fold(one.known.name),
            one.known.id,
        )

    return key


@get("/organisations/{organisation:str}")
async def organisation(visit: NamedDependency[Visit], organisation: FromPath[str]) -> Response[str]:
    """One organisation."""
    told = await told_of(visit)
    who = next((each for each in told if each.known.id == organisation), None)
    if who is None:
        raise NotFound
    clearance = visit.clearance()
    query = Query(owners=(organisation,), versions=(LAST,))
    agreements = tuple(one for one in await all_seen(visit) if organisation in one.text.terms.parties)
    may_manage = visit.visitor.may(Permission.MANAGE_ORGANISATIONS)
    return visit.page(
        OrganisationPage(
            title=who.known.name,
            who=who,
            records=await visit.ask(lambda: visit.store.count(clearance, query, COUNTED)),
            agreements=agreements,
            clients=tuple(each for each in told if organisation in each.known.client_of),
            names={each.known.id: each.known.name for each in told},
            own=organisation == visit.premises.own,
            may_manage=may_manage,
            may_host=may_manage and not who.here and not who.node,
            may_see_peers=visit.visitor.may(Permission.SEE_PEERS),
        )
    )


async def told_of(visit: Visit) -> tuple[Who, ...]:
    """Those whom the visitor is told of, by name."""
    clearance, reader = visit.clearance(), visit.visitor.organisation
    all_of_them = visit.visitor.signed_in and reader == visit.premises.own
    told, rows = await visit.ask(lambda: everybody(visit.premises, clearance, reader, all_of_them=all_of_them))
    await visit.surface.releases.note(visit.visitor.caller, "page", rows)
    return told
