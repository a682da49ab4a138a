"""Who takes part in a case: a party comes in, leaves, or is sent away."""

from typing import Annotated, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.fold import Fold
from egnatia.casework.registry import Deed
from egnatia.exchange.api.problem import BadRequest
from egnatia.store import Known
from egnatia.web.cases.doing import acting, done
from egnatia.web.cases.reading import party_of
from egnatia.web.cases.wording import roles_of
from egnatia.web.frame import Content
from egnatia.web.visit import Visit


class JoinPage(Content, frozen=True, kw_only=True):
    """The form that brings a party in."""

    template: ClassVar[str] = "cases/join.html"
    case: str
    case_title: str
    organisations: tuple[Known, ...]
    roles: tuple[tuple[str, str, str], ...]


class LeavePage(Content, frozen=True, kw_only=True):
    """The form by which a party leaves or is sent away: who may be named, by id and name, and who asks."""

    template: ClassVar[str] = "cases/leave.html"
    case: str
    case_title: str
    who: tuple[tuple[str, str], ...]
    own: str


class Joining(msgspec.Struct, frozen=True):
    """Who comes in, as what; `talk` says that it is given what was said before."""

    organisation: str
    roles: tuple[str, ...] = ()
    talk: str = ""


class Leaving(msgspec.Struct, frozen=True):
    """Who leaves, and why: sending somebody away needs words."""

    organisation: str
    text: Annotated[str, msgspec.Meta(max_length=20_000)] = ""


@get("/cases/{case:str}/join")
async def joining(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """The form that brings a party in."""
    fold = await acting(visit, case)
    there = fold.state.active()
    return visit.page(
        JoinPage(
            title=visit.speech.gettext("Bring a party in"),
            case=case,
            case_title=fold.case.title,
            organisations=tuple(each for each in visit.premises.organisations() if each.id not in there),
            roles=roles_of(visit, fold.book),
        )
    )


@post("/cases/{case:str}/join")
async def join(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Bring a party in."""
    await acting(visit, case)
    form = await visit.form(Joining)
    known = next((each for each in visit.premises.organisations() if each.id == form.organisation), None)
    if known is None:
        raise BadRequest(visit.speech.gettext("This organisation is not known here"))
    fields = {"roles": list(form.roles), "economy": known.economy, "whole": form.talk == "yes"}
    return await done(visit, case, Deed(does="join", about=(known.id,), fields=fields))


@get("/cases/{case:str}/leave")
async def leaving(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """The form by which one leaves or sends a party away."""
    fold = await acting(visit, case)
    names = {each.id: each.name for each in await visit.ask(visit.premises.organisations)}
    return visit.page(
        LeavePage(
            title=visit.speech.gettext("Leave, or send a party away"),
            case=case,
            case_title=fold.case.title,
            who=tuple((each, names.get(each, each)) for each in _may_go(visit, fold)),
            own=visit.visitor.organisation or "",
        )
    )


@post("/cases/{case:str}/leave")
async def leave(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Leave, or send a party away."""
    await acting(visit, case)
    form = await visit.form(Leaving)
    return await done(visit, case, Deed(does="leave", about=(form.organisation,), text=form.text))


def _may_go(visit: Visit, fold: Fold) -> list[str]:
    """The visitor's own organisation first, and every other party where it may admit them."""
    own, there = visit.visitor.organisation or "", fold.state.active()
    party = party_of(visit, fold)
    admits = party is not None and not party.roles.isdisjoint(fold.book.workflow.admits)
    return [own, *(each for each in there if each != own and admits)]
