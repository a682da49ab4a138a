"""The pages that show organisations: all of them, and each by itself."""

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.exchange.api.problem import NotFound
from egnatia.store import Query
from egnatia.store.query import LAST
from egnatia.web.agreements.reading import all_seen
from egnatia.web.agreements.standing import Seen
from egnatia.web.chart import Chart
from egnatia.web.frame import Content
from egnatia.web.organisations.picture import constituencies
from egnatia.web.organisations.who import Who, everybody
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

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
async def organisations(visit: NamedDependency[Visit]) -> Response[str]:
    """The list of organisations."""
    told = await told_of(visit)
    by_economy: dict[str, list[Who]] = {}
    for each in told:
        by_economy.setdefault(each.known.economy, []).append(each)
    order = sorted(by_economy, key=lambda code: (code in {"regional", "other"}, visit.speech.economy(code).casefold()))
    groups = tuple(EconomyGroup(code=code, organisations=tuple(by_economy[code])) for code in order)
    return visit.page(
        OrganisationsPage(
            title=visit.speech.gettext("Organisations"),
            groups=groups,
            picture=constituencies(visit.speech, [each.known for each in told]),
            names={each.known.id: each.known.name for each in told},
            may_manage=visit.visitor.may(Permission.MANAGE_ORGANISATIONS),
        )
    )


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
