"""An incident in and out: a case as a STIX bundle, and a bundle as a case."""

from datetime import UTC, datetime
from typing import ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.registry import Refused, Unknown
from egnatia.cyber.incidents.protocol import is_incident
from egnatia.cyber.incidents.stix.bundle import read
from egnatia.cyber.incidents.stix.entering import Entered, begin, enter
from egnatia.cyber.incidents.stix.mending import Unreadable
from egnatia.cyber.incidents.stix.telling import bundle_of
from egnatia.exchange.api.problem import NotFound
from egnatia.record import Invalid
from egnatia.record.case import CaseParty
from egnatia.store import Batch, Note
from egnatia.web.cases.reading import found
from egnatia.web.frame import HEADERS, Content
from egnatia.web.permission import Permission
from egnatia.web.publish.composing import stamp
from egnatia.web.visit import Visit


class ImportPage(Content, frozen=True, kw_only=True):
    """The form that takes a bundle in, and what became of it."""

    template: ClassVar[str] = "incidents/import.html"
    workflows: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str, str], ...]
    cases: tuple[tuple[str, str], ...]
    entered: tuple[Entered, ...] = ()
    error: str = ""


class Given(msgspec.Struct, frozen=True):
    """The form: the bundle as text, and where it goes (a case, or a new one of this workflow in this role)."""

    bundle: str = ""
    into: str = ""
    workflow: str = "incident"
    role: str = "national-csirt"


@get("/cases/{case:str}/incident.json")
async def bundle(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[bytes]:
    """The case as a STIX bundle."""
    fold = await found(visit, case)
    if not is_incident(fold.book.workflow.name) or visit.visitor.organisation not in fold.state.parties:
        raise NotFound
    at = stamp(datetime.now(UTC))
    body = await visit.ask(lambda: bundle_of(fold, author=visit.visitor.organisation or "", at=at))
    note = Note(visit.actor, "case export", case, "stix")
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    name = f"attachment; filename={visit.file_name(fold.case.id[:14])}.json"
    return Response(
        body, media_type="application/stix+json;version=2.1", headers={**HEADERS, "content-disposition": name}
    )


@get("/incidents/import")
async def form(visit: NamedDependency[Visit]) -> Response[str]:
    """Where a bundle is handed in."""
    visit.require(Permission.PUBLISH)
    return visit.page(await visit.ask(lambda: _page(visit)))


@post("/incidents/import")
async def take(visit: NamedDependency[Visit]) -> Response[str]:
    """Take the incidents of a bundle into cases."""
    visit.require(Permission.PUBLISH)
    given = await visit.form(Given)
    submitter, registry = visit.visitor.caller.submitter, visit.premises.casework
    own = visit.visitor.organisation or ""
    economy = next((each.economy for each in visit.premises.organisations() if each.id == own), "")

    def taken() -> tuple[Entered, ...]:
        made = []
        for incident in read(given.bundle.encode()):
            if given.into:
                made.append(enter(registry, submitter, incident, given.into))
            else:
                party = CaseParty(party_ref=own, economy=economy, roles=(given.role,))
                made.append(begin(registry, submitter, incident, given.workflow, party))
        return tuple(made)

    try:
        entered = await visit.ask(taken)
    except Unknown:
        raise NotFound from None
    except (Unreadable, Refused, Invalid, ValueError) as error:
        words = str(error)
        return visit.page(await visit.ask(lambda: _page(visit, error=words)), status=422)
    note = Note(visit.actor, "case import", entered[0].case, "stix")
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    return visit.page(await visit.ask(lambda: _page(visit, entered=entered)))


def _page(visit: Visit, *, entered: tuple[Entered, ...] = (), error: str = "") -> ImportPage:
    registry = visit.premises.casework
    books = [each.workflow for each in registry.library if is_incident(each.workflow.name)]
    standings = registry.standings(visit.clearance(), is_open=True, limit=200)
    return ImportPage(
        title=visit.speech.gettext("Take an incident in"),
        workflows=tuple((each.name, each.title) for each in books),
        roles=tuple((each.name, each.title, each.about) for each in books[0].roles),
        cases=tuple((each.id, each.title) for each in standings if is_incident(each.workflow)),
        entered=entered,
        error=error,
    )
