"""What a party does in a case: a step, a report, new facts, a comment, a review."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.fold import Fold
from egnatia.casework.registry import Deed, Refused
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.exchange.submission import NotAllowed
from egnatia.record import Invalid
from egnatia.store import Batch, Note
from egnatia.web.cases.form import Asked, asked, filled, zone_in
from egnatia.web.cases.reading import found, party_of
from egnatia.web.cases.wording import unmet
from egnatia.web.frame import Content
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit


class Asking(Content, frozen=True, kw_only=True):
    """A form that asks for facts of a case; `error` is why what was filled in would have no effect."""

    template: ClassVar[str] = "cases/do.html"
    case: str
    case_title: str
    action: str
    about: str
    fields: tuple[Asked, ...]
    error: str = ""


class DoPage(Asking, frozen=True, kw_only=True):
    """The form of one deed."""

    reason: bool


class Comment(msgspec.Struct, frozen=True):
    """Words on the timeline, for all or for some roles."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    only: tuple[str, ...] = ()


class Reviewing(msgspec.Struct, frozen=True):
    """What becomes of a filing."""

    event: str
    outcome: str
    text: str = ""


@get("/cases/{case:str}/step/{step:str}")
async def step(visit: NamedDependency[Visit], case: FromPath[str], step: FromPath[str]) -> Response[str]:
    """The form of a step."""
    return visit.page(_step_page(visit, await acting(visit, case), step))


@post("/cases/{case:str}/step/{step:str}")
async def do(visit: NamedDependency[Visit], case: FromPath[str], step: FromPath[str]) -> Response[str]:
    """Do a step."""
    page = _step_page(visit, await acting(visit, case), step)
    fields, text = await filled(visit, page.fields)
    return await done(visit, case, Deed(does=step, fields=fields, text=text), page)


@get("/cases/{case:str}/report/{report:str}")
async def file(visit: NamedDependency[Visit], case: FromPath[str], report: FromPath[str]) -> Response[str]:
    """The form of a report."""
    return visit.page(_report_page(visit, await acting(visit, case), report))


@post("/cases/{case:str}/report/{report:str}")
async def submit(visit: NamedDependency[Visit], case: FromPath[str], report: FromPath[str]) -> Response[str]:
    """File a report."""
    page = _report_page(visit, await acting(visit, case), report)
    fields, text = await filled(visit, page.fields)
    return await done(visit, case, Deed(does="submit", about=(report,), fields=fields, text=text), page)


@get("/cases/{case:str}/facts")
async def facts(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """The form of everything that may be said."""
    return visit.page(_facts_page(visit, await acting(visit, case)))


@post("/cases/{case:str}/facts")
async def say(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Say what is known."""
    page = _facts_page(visit, await acting(visit, case))
    fields, text = await filled(visit, page.fields)
    return await done(visit, case, Deed(does="set", fields=fields, text=text), page)


@post("/cases/{case:str}/comment")
async def comment(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Say something."""
    await acting(visit, case)
    form = await visit.form(Comment)
    return await done(visit, case, Deed(does="comment", text=form.text, only=form.only))


@post("/cases/{case:str}/review")
async def review(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Say what becomes of a filing."""
    await acting(visit, case)
    form = await visit.form(Reviewing)
    deed = Deed(does="review", about=(form.event,), fields={"outcome": form.outcome}, text=form.text)
    return await done(visit, case, deed)


def _step_page(visit: Visit, fold: Fold, name: str) -> DoPage:
    step_ = fold.book.steps.get(name)
    if step_ is None:
        raise NotFound
    return _page(visit, fold, f"step/{name}", step_.title, needs=step_.needs, takes=step_.takes, reason=step_.reason)


def _report_page(visit: Visit, fold: Fold, name: str) -> DoPage:
    report = fold.book.reports.get(name)
    if report is None:
        raise NotFound
    return _page(
        visit, fold, f"report/{name}", report.title, needs=report.needs, takes=report.takes, about=report.about
    )


def _facts_page(visit: Visit, fold: Fold) -> DoPage:
    title = visit.speech.gettext("What is known")
    return _page(visit, fold, "facts", title, needs=(), takes=tuple(fold.book.fields))


def _page(  # noqa: PLR0913  the parts of a form
    visit: Visit,
    fold: Fold,
    path: str,
    title: str,
    *,
    needs: tuple[str, ...],
    takes: tuple[str, ...],
    about: str = "",
    reason: bool = False,
) -> DoPage:
    party = party_of(visit, fold)
    roles = party.roles if party else frozenset[str]()
    return DoPage(
        title=title,
        case=fold.case.id,
        case_title=fold.case.title,
        action=f"/cases/{fold.case.id}/{path}",
        about=about,
        fields=asked(fold.book, roles, needs, takes, fold.state),
        reason=reason,
    )


async def acting(visit: Visit, case: str) -> Fold:
    """The case, for somebody who may act in it; raises NotFound, Unauthorized, NotAllowed."""
    visit.require(Permission.PUBLISH)
    fold = await found(visit, case)
    if party_of(visit, fold) is None:
        raise NotAllowed(visit.speech.gettext("Your organisation does not take part in this case"))
    return fold


async def done(visit: Visit, case: str, deed: Deed, page: Asking | None = None) -> Response[str]:
    """Write it, and go back to the case; what would have no effect is said beside the form."""
    submitter, registry = visit.visitor.caller.submitter, visit.premises.casework
    try:
        made = await visit.ask(lambda: registry.act(submitter, case, deed))
    except Refused as refused:
        words = unmet(refused.refusal, visit.speech)
    except Invalid as invalid:
        words = f"{invalid.problems[0]}"
    else:
        note = Note(visit.actor, f"case {deed.does}", made.id, case)
        await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
        return visit.go(f"/cases/{case}", visit.speech.gettext("Done: every party will see it."))
    if page is None:
        raise BadRequest(words)
    kept = _again(page, deed.fields)
    return visit.page(msgspec.structs.replace(kept, error=words), status=422)


def _again(page: Asking, given: Mapping[str, Any]) -> Asking:
    """The form as it was filled in."""
    fields = []
    for each in page.fields:
        value = given.get(each.name)
        match value:
            case None:
                fields.append(each)
            case bool():
                fields.append(msgspec.structs.replace(each, value="yes" if value else "no"))
            case list():
                fields.append(msgspec.structs.replace(each, value="\n".join(value), values=tuple(value)))
            case _:
                moment = each.kind == "instant"
                text = str(value)[:16] if moment else str(value)
                fields.append(msgspec.structs.replace(each, value=text, zone=zone_in(value) if moment else ""))
    return msgspec.structs.replace(page, fields=tuple(fields))
