"""The form that opens a case: which workflow, what about, who takes part in which role."""

from typing import Annotated, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from egnatia.casework.registry import Opening, Unknown
from egnatia.casework.rulebook import Rulebook
from egnatia.exchange.api.problem import BadRequest
from egnatia.record import Invalid
from egnatia.record.case import CaseParty
from egnatia.store import Batch, Known, Note
from egnatia.web.cases.reported import settle_with
from egnatia.web.cases.templating import Templates
from egnatia.web.cases.wording import roles_of
from egnatia.web.frame import Content
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

TLPS = ("amber+strict", "amber", "red", "green")


class NewPage(Content, frozen=True, kw_only=True):
    """The form. `options` are the organisations in a role: what the form sends, and who it is."""

    template: ClassVar[str] = "cases/new.html"
    workflows: tuple[tuple[str, str], ...]
    workflow: str
    about: str
    roles: tuple[tuple[str, str, str], ...]
    organisations: tuple[Known, ...]
    tlps: tuple[str, ...] = TLPS
    error: str = ""
    name: str = ""
    report: str = ""
    templates: tuple[tuple[str, str], ...] = ()


class New(msgspec.Struct, frozen=True):
    """What the form sends: each of `parties` is an organisation and a role with a blank between. `report` is what
    somebody reported and becomes this case."""

    workflow: str
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    roles: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    tlp: str = "amber+strict"
    report: Annotated[str, msgspec.Meta(max_length=60)] = ""


@get("/cases/new")
async def new(
    visit: NamedDependency[Visit],
    workflow: FromQuery[str] = "",
    name: FromQuery[str] = "",
    report: FromQuery[str] = "",
) -> Response[str]:
    """The form for one workflow; the choice of one before."""
    visit.require(Permission.PUBLISH)
    organisation = visit.visitor.organisation or ""
    held = await visit.ask(lambda: Templates(visit.store).of(organisation))
    templates = tuple((each.id, each.name) for each in held)
    page = _page(visit, workflow)
    return visit.page(msgspec.structs.replace(page, name=name[:300], report=report[:60], templates=templates))


@post("/cases/new")
async def opened(visit: NamedDependency[Visit]) -> Response[str]:
    """Open the case."""
    visit.require(Permission.PUBLISH)
    form = await visit.form(New)
    submitter, registry = visit.visitor.caller.submitter, visit.premises.casework
    known = {each.id: each for each in visit.premises.organisations()}
    own = known.get(submitter.organisation)
    roles: dict[str, list[str]] = {submitter.organisation: list(form.roles)}
    for each in form.parties:
        who, _, role = each.partition(" ")
        if who not in known:
            raise BadRequest(visit.speech.gettext("This organisation is not known here"))
        roles.setdefault(who, []).append(role)
    opening = Opening(
        workflow=form.workflow,
        title=form.name,
        parties=tuple(
            CaseParty(party_ref=who, economy=known[who].economy if who in known else "other", roles=tuple(held))
            for who, held in roles.items()
        ),
        tlp=form.tlp,
        exercise=visit.visitor.exercise,
    )
    try:
        case = await visit.ask(lambda: registry.open(submitter, opening))
    except (Unknown, ValueError, Invalid) as error:
        page = _page(visit, form.workflow)
        return visit.page(
            msgspec.structs.replace(page, error=str(error.args[0]), name=form.name, report=form.report), status=422
        )
    note = Note(visit.actor, "case opened", case, own.name if own else "")
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    if form.report:
        await visit.ask(lambda: settle_with(visit, form.report, case))
    return visit.go(f"/cases/{case}", visit.speech.gettext("Opened. Say what is known, and bring in who is missing."))


def _page(visit: Visit, workflow: str) -> NewPage:
    library = visit.premises.casework.library
    books: dict[str, Rulebook] = {book.workflow.name: book for book in library}
    book = books.get(workflow)
    return NewPage(
        title=visit.speech.gettext("Open a case"),
        workflows=tuple((name, each.workflow.title) for name, each in books.items()),
        workflow=workflow if book else "",
        about=book.workflow.about if book else "",
        roles=roles_of(visit, book) if book else (),
        organisations=tuple(each for each in visit.premises.organisations() if each.id != visit.visitor.organisation),
    )
