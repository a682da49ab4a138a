"""Work within a case: tasks, clocks, links to records, merging with another case."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.registry import Deed, Refused, Unknown
from egnatia.casework.state import Progress
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.record import Invalid
from egnatia.record.identifier import target_type
from egnatia.store import Batch, Note
from egnatia.store.casebook import Standing
from egnatia.web.cases.doing import acting, done
from egnatia.web.cases.reading import party_of
from egnatia.web.cases.wording import unmet
from egnatia.web.frame import Content
from egnatia.web.visit import Visit

Text = Annotated[str, msgspec.Meta(max_length=20_000)]


class TaskPage(Content, frozen=True, kw_only=True):
    """The form of a new task. `who` are the parties and roles: what the form sends, and what it is called."""

    template: ClassVar[str] = "cases/task.html"
    case: str
    case_title: str
    who: tuple[tuple[str, str], ...]
    own: str


class ClockPage(Content, frozen=True, kw_only=True):
    """The form for one deadline: more time, a stop, going on."""

    template: ClassVar[str] = "cases/clock.html"
    case: str
    case_title: str
    deadline: str
    may_extend: bool
    may_pause: bool
    stands: bool


class MergePage(Content, frozen=True, kw_only=True):
    """The form that lets a case go on in another one, or says that it is the same matter."""

    template: ClassVar[str] = "cases/merge.html"
    case: str
    case_title: str
    others: tuple[tuple[str, str], ...]


class NewTask(msgspec.Struct, frozen=True):
    """A task as the form sends it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    responsible: str = ""
    accountable: str = ""
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()
    person: Annotated[str, msgspec.Meta(max_length=100)] = ""
    due: Annotated[str, msgspec.Meta(pattern=r"^$|^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?\Z")] = ""
    text: Text = ""


class TaskChange(msgspec.Struct, frozen=True):
    """How a task stands, or whose it is."""

    task: str
    status: Progress | Literal[""] = ""
    responsible: str = ""
    person: Annotated[str, msgspec.Meta(max_length=100)] = ""
    answer: Annotated[str, msgspec.Meta(max_length=300)] = ""


class ClockChange(msgspec.Struct, frozen=True):
    """What is done with a clock, and why."""

    what: Literal["extend", "pause", "resume"]
    text: Text = ""
    until: Annotated[str, msgspec.Meta(pattern=r"^$|^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?\Z")] = ""


class Linking(msgspec.Struct, frozen=True):
    """Ids of records, one on each line or after blanks."""

    records: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]
    text: Text = ""


class Merging(msgspec.Struct, frozen=True):
    """The other case, what it is to this one, and why."""

    other: str
    what: Literal["merge", "unmerge", "duplicate"]
    text: Text = ""


@get("/cases/{case:str}/task")
async def task_form(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """The form of a task."""
    fold = await acting(visit, case)
    names = {each.id: each.name for each in await visit.ask(visit.premises.organisations)}
    who = [(id_, names.get(id_, id_)) for id_ in fold.state.active()]
    who += [(role.name, visit.speech.gettext(role.title)) for role in fold.book.workflow.roles]
    return visit.page(
        TaskPage(
            title=visit.speech.gettext("Open a task"),
            case=case,
            case_title=fold.case.title,
            who=tuple(who),
            own=visit.visitor.organisation or "",
        )
    )


@post("/cases/{case:str}/task")
async def open_task(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Open a task."""
    await acting(visit, case)
    form = await visit.form(NewTask)
    fields: dict[str, Any] = {"title": form.name}
    for name in ("responsible", "accountable", "person"):
        if value := getattr(form, name):
            fields[name] = value
    for name in ("consulted", "informed"):
        if values := getattr(form, name):
            fields[name] = list(values)
    if form.due:
        fields["due"] = f"{form.due[:16]}:00Z"
    return await done(visit, case, Deed(does="task", fields=fields, text=form.text))


@post("/cases/{case:str}/task/change")
async def change_task(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Say how a task stands, or give it to somebody."""
    await acting(visit, case)
    form = await visit.form(TaskChange)
    if form.status:
        fields: dict[str, Any] = {"status": form.status} | ({"answer": form.answer} if form.answer else {})
        return await done(visit, case, Deed(does="progress", about=(form.task,), fields=fields))
    fields = {"responsible": form.responsible, "person": form.person}
    return await done(visit, case, Deed(does="assign", about=(form.task,), fields=fields))


@get("/cases/{case:str}/clock/{deadline:str}")
async def clock(visit: NamedDependency[Visit], case: FromPath[str], deadline: FromPath[str]) -> Response[str]:
    """The form of a deadline, for who may give time or stop its clock."""
    fold = await acting(visit, case)
    declared, party = fold.book.deadlines.get(deadline), party_of(visit, fold)
    if declared is None or party is None:
        raise NotFound
    stops = fold.state.stops.get(deadline, [])
    return visit.page(
        ClockPage(
            title=visit.speech.gettext(declared.title),
            case=case,
            case_title=fold.case.title,
            deadline=deadline,
            may_extend=not party.roles.isdisjoint(declared.extendable_by),
            may_pause=not party.roles.isdisjoint(declared.pausable_by),
            stands=bool(stops) and not stops[-1].end,
        )
    )


@post("/cases/{case:str}/clock/{deadline:str}")
async def set_clock(visit: NamedDependency[Visit], case: FromPath[str], deadline: FromPath[str]) -> Response[str]:
    """Give time, stop a clock, let it go on."""
    await acting(visit, case)
    form = await visit.form(ClockChange)
    fields = {"until": f"{form.until[:16]}:00Z"} if form.what == "extend" else {}
    return await done(visit, case, Deed(does=form.what, about=(deadline,), fields=fields, text=form.text))


@post("/cases/{case:str}/links")
async def link(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Link records to the case; those that the visitor may see."""
    await acting(visit, case)
    form = await visit.form(Linking)
    ids = tuple(dict.fromkeys(form.records.split()))
    clearance = visit.clearance()
    rows = await visit.ask(lambda: visit.store.get(clearance, ids[:1_000]))
    lacking = [each for each in ids if target_type(each) is None or each not in {row.id for row in rows}]
    if lacking:
        raise BadRequest(visit.speech.gettext("There is no record %(id)s here", id=lacking[0][:100]))
    return await done(visit, case, Deed(does="link", refs=ids, text=form.text))


@get("/cases/{case:str}/merge")
async def merging(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """The form that merges."""
    fold = await acting(visit, case)
    clearance, registry = visit.clearance(), visit.premises.casework

    def fits(other: Standing) -> bool:
        return other.id != case and other.exercise == (fold.case.exercise or "")

    others = await visit.ask(lambda: registry.standings(clearance, limit=200, matching=fits))
    return visit.page(
        MergePage(
            title=visit.speech.gettext("The same matter as another case"),
            case=case,
            case_title=fold.case.title,
            others=tuple((each.id, each.title) for each in others),
        )
    )


@post("/cases/{case:str}/merge")
async def merge(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Let the case go on in another one, take that back, or say that both are the same matter."""
    await acting(visit, case)
    form = await visit.form(Merging)
    submitter, registry = visit.visitor.caller.submitter, visit.premises.casework
    if form.what == "duplicate":
        await acting(visit, form.other)
        return await done(visit, case, Deed(does="duplicate", about=(form.other,), text=form.text))
    work = registry.merge if form.what == "merge" else registry.unmerge
    try:
        await visit.ask(lambda: work(submitter, case, form.other, form.text))
    except Unknown:
        raise NotFound from None
    except Refused as refused:
        raise BadRequest(unmet(refused.refusal, visit.speech)) from refused
    except Invalid as invalid:
        raise BadRequest(str(invalid.problems[0])) from invalid
    note = Note(visit.actor, f"case {form.what}", case, form.other)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    return visit.go(f"/cases/{case}", visit.speech.gettext("Done: every party will see it."))
