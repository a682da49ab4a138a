"""Playbooks: kept, shown as a drawing, written strictly, started in a case and followed there step by step.

Nothing is ever run by the node. A command for a machine waits until somebody in an authorised role approves it; a
person or a connector of the organisation then does it outside, and what came of it is said here.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup

from egnatia.casework.fold import Fold
from egnatia.casework.registry import Deed, Refused
from egnatia.cyber.incidents.cacao import Unreadable
from egnatia.cyber.incidents.picture import open_incidents
from egnatia.cyber.incidents.playbook import Playbook, read
from egnatia.cyber.incidents.playbook_run import (
    APPROVED,
    APPROVERS,
    approval,
    asked,
    deeds,
    is_for_machines,
    is_same_person,
    outcomes,
    run,
)
from egnatia.cyber.incidents.playbook_shelf import Playbooks, Shelved
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.record import Invalid
from egnatia.store import Batch, Note
from egnatia.web.cases.doing import acting
from egnatia.web.cases.reading import found, party_of
from egnatia.web.frame import HEADERS, Content
from egnatia.web.incidents.tabs import TABS
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

NOT_APPROVED: Final = N_("A command for a machine is approved first")

FOUR_EYES: Final = N_("You approved this command: somebody else does it and says so")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One playbook in the list."""

    key: str
    name: str
    steps: int
    forgiven: int
    at: int


class ShelfPage(Content, frozen=True, kw_only=True):
    """The organisation's playbooks, and the form that takes one in."""

    template: ClassVar[str] = "incidents/playbooks.html"
    tabs: tuple[tuple[str, str], ...] = TABS
    lines: tuple[Line, ...]
    may_change: bool
    error: str = ""


class StepLine(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a playbook: who does it, with what, and whether it is approved first."""

    title: str
    kind: str
    who: str
    what: str
    is_for_machines: bool


class PlaybookPage(Content, frozen=True, kw_only=True):
    """One playbook."""

    template: ClassVar[str] = "incidents/playbook.html"
    key: str
    about: str
    drawing: Markup
    steps: tuple[StepLine, ...]
    forgiven: tuple[str, ...]
    cases: tuple[tuple[str, str], ...]
    may_change: bool


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One step that waits in a case: its task, and what is to be said of it; `approved_here` by the visitor."""

    task: str
    title: str
    text: str
    responsible: str
    way: str
    approved: str
    approved_here: bool
    cases: tuple[str, ...]


class RunPage(Content, frozen=True, kw_only=True):
    """One playbook as it is followed in one case."""

    template: ClassVar[str] = "incidents/run.html"
    case: str
    case_title: str
    key: str
    drawing: Markup
    waiting: tuple[Waiting, ...]
    done: int
    finished: bool
    stuck: tuple[str, ...]
    may_act: bool
    may_approve: bool


class Given(msgspec.Struct, frozen=True):
    """A playbook as text or as a file."""

    playbook: Annotated[str, msgspec.Meta(max_length=900_000)] = ""


class Starting(msgspec.Struct, frozen=True):
    """In which case."""

    case: str


class Word(msgspec.Struct, frozen=True):
    """What is said of a step: approved, done, failed, or the answer to its question."""

    task: str
    word: str
    text: str = ""


@get("/incidents/playbooks")
async def shelf(visit: NamedDependency[Visit]) -> Response[str]:
    """The list."""
    return visit.page(await visit.ask(lambda: _shelf(visit)))


@post("/incidents/playbooks")
async def take(visit: NamedDependency[Visit]) -> Response[str]:
    """Take a playbook in."""
    visit.require(Permission.PUBLISH)
    given = await visit.form(Given)
    try:
        playbook = read(given.playbook.encode())
    except Unreadable as unreadable:
        words = str(unreadable)
        return visit.page(await visit.ask(lambda: _shelf(visit, words)), status=422)
    key = await visit.ask(lambda: _own(visit).put(playbook, visit.now))
    await _note(visit, "playbook taken in", playbook.id)
    return visit.go(f"/incidents/playbooks/{key}", visit.speech.gettext("Taken in."))


@get("/incidents/playbooks/{key:str}")
async def one(visit: NamedDependency[Visit], key: FromPath[str]) -> Response[str]:
    """One playbook."""
    shelved = await visit.ask(lambda: _get(visit, key))
    return visit.page(await visit.ask(lambda: _playbook(visit, key, shelved)))


@get("/incidents/playbooks/{key:str}/playbook.json")
async def written(visit: NamedDependency[Visit], key: FromPath[str]) -> Response[bytes]:
    """The playbook as OASIS's schemas want it."""
    shelved = await visit.ask(lambda: _get(visit, key))
    head = {**HEADERS, "content-disposition": "attachment; filename=playbook.json"}
    return Response(shelved.body, media_type="application/json", headers=head)


@post("/incidents/playbooks/{key:str}/remove")
async def remove(visit: NamedDependency[Visit], key: FromPath[str]) -> Response[str]:
    """Keep it no longer; what it began in cases stays there."""
    visit.require(Permission.PUBLISH)
    await visit.form(msgspec.defstruct("Nothing", []))
    if not await visit.ask(lambda: _own(visit).remove(key)):
        raise NotFound
    await _note(visit, "playbook removed", key)
    return visit.go("/incidents/playbooks", visit.speech.gettext("It is gone."))


@post("/incidents/playbooks/{key:str}/start")
async def start(visit: NamedDependency[Visit], key: FromPath[str]) -> Response[str]:
    """Start it in a case: what is to be done first becomes tasks there."""
    given = await visit.form(Starting)
    shelved = await visit.ask(lambda: _get(visit, key))
    await acting(visit, given.case)
    await _go_on(visit, given.case, shelved.playbook)
    return visit.go(f"/cases/{given.case}/playbooks/{key}", visit.speech.gettext("Started: its first steps are tasks."))


@get("/cases/{case:str}/playbooks/{key:str}")
async def followed(visit: NamedDependency[Visit], case: FromPath[str], key: FromPath[str]) -> Response[str]:
    """How a playbook goes in a case."""
    shelved = await visit.ask(lambda: _get(visit, key))
    return visit.page(_run(visit, await found(visit, case), key, shelved.playbook))


@post("/cases/{case:str}/playbooks/{key:str}")
async def say(visit: NamedDependency[Visit], case: FromPath[str], key: FromPath[str]) -> Response[str]:
    """Approve a step, or say what came of it; what follows becomes tasks."""
    given = await visit.form(Word)
    fold = await acting(visit, case)
    playbook = (await visit.ask(lambda: _get(visit, key))).playbook
    steps = dict(asked(fold, playbook))
    if given.task not in steps:
        raise NotFound
    fields = _said(visit, fold, playbook, steps[given.task], given)
    submitter, registry = visit.visitor.caller.submitter, visit.premises.casework
    deed = Deed(does="progress", about=(given.task,), fields=fields, text=given.text)
    try:
        await visit.ask(lambda: registry.act(submitter, case, deed))
    except (Refused, Invalid) as refused:
        raise BadRequest(str(refused)) from refused
    await _note(visit, f"playbook step {given.word[:40]}", case)
    await _go_on(visit, case, playbook)
    return visit.go(f"/cases/{case}/playbooks/{key}", visit.speech.gettext("Done: every party will see it."))


def _said(visit: Visit, fold: Fold, playbook: Playbook, step: str, given: Word) -> Mapping[str, str]:
    """The word as a task knows it; raises BadRequest where it may not be said."""
    if given.word == "approve":
        party = party_of(visit, fold)
        if party is None or party.roles.isdisjoint(APPROVERS):
            raise BadRequest(visit.speech.gettext("Your organisation's role does not approve commands"))
        return {"status": "in-progress", "answer": APPROVED}
    if given.word == "failed":
        return {"status": "cancelled"}
    if is_for_machines(playbook, step):
        approved, who = approval(fold, given.task), visit.visitor.caller.submitter
        if approved is None:
            raise BadRequest(visit.speech.gettext(NOT_APPROVED))
        if is_same_person(approved, who.organisation, who.name):
            raise BadRequest(visit.speech.gettext(FOUR_EYES))
    return {"status": "done"} if given.word == "done" else {"status": "done", "answer": given.word[:300]}


async def _go_on(visit: Visit, case: str, playbook: Playbook) -> None:
    """Opens the tasks that are to be done now."""
    submitter, registry = visit.visitor.caller.submitter, visit.premises.casework
    clearance = visit.clearance()

    def opened() -> None:
        for deed in list(deeds(registry.fold(clearance, case), playbook)):
            registry.act(submitter, case, deed)

    try:
        await visit.ask(opened)
    except (Refused, Invalid) as refused:
        raise BadRequest(str(refused)) from refused


def _run(visit: Visit, fold: Fold, key: str, playbook: Playbook) -> RunPage:
    from egnatia.cyber.incidents.playbook_drawing import drawing  # noqa: PLC0415  drawing is heavy when idle

    party = party_of(visit, fold)
    past = outcomes(fold, playbook)
    stands = run(playbook, past)
    ways = {each.step: each.way for each in stands.waiting}
    newest = {step: task for task, step in asked(fold, playbook) if step in ways}
    waiting = tuple(_waiting(visit, fold, playbook, task, step, ways[step]) for step, task in newest.items())
    may_act = party is not None and visit.visitor.may(Permission.PUBLISH) and fold.state.state not in fold.book.final
    drawn = drawing(playbook, done={each.step for each in past}, waiting=set(ways))
    return RunPage(
        title=playbook.name,
        case=fold.case.id,
        case_title=fold.case.title,
        key=key,
        drawing=Markup(drawn),  # noqa: S704  our own drawing; its words are escaped
        waiting=waiting,
        done=len(past),
        finished=stands.finished,
        stuck=tuple(playbook.title(each) for each in stands.stuck),
        may_act=may_act,
        may_approve=may_act and party is not None and not party.roles.isdisjoint(APPROVERS),
    )


def _waiting(visit: Visit, fold: Fold, playbook: Playbook, task: str, step: str, way: str) -> Waiting:
    names = {each.id: each.name for each in visit.premises.organisations()}
    titles = {role.name: role.title for role in fold.book.workflow.roles}
    responsible, approved = fold.state.tasks[task].responsible, approval(fold, task)
    who = visit.visitor.caller.submitter
    return Waiting(
        task=task,
        title=playbook.title(step),
        text=fold.ordering.events[task].text,
        responsible=names.get(responsible) or titles.get(responsible, responsible),
        way=way,
        approved=names.get(approved.author, approved.author) if approved is not None else "",
        approved_here=approved is not None and is_same_person(approved, who.organisation, who.name),
        cases=tuple(playbook.steps[step].get("cases", ())) or ("true", "false"),
    )


def _shelf(visit: Visit, error: str = "") -> ShelfPage:
    visit.require(Permission.READ)
    lines = []
    for key, each in _own(visit).all().items():
        playbook = each.playbook
        lines.append(
            Line(key=key, name=playbook.name, steps=len(playbook.steps), forgiven=len(each.forgiven), at=each.at)
        )
    return ShelfPage(
        title=visit.speech.gettext("Playbooks"),
        lines=tuple(sorted(lines, key=lambda each: each.name)),
        may_change=visit.visitor.may(Permission.PUBLISH),
        error=error,
    )


def _playbook(visit: Visit, key: str, shelved: Shelved) -> PlaybookPage:
    from egnatia.cyber.incidents.playbook_drawing import drawing  # noqa: PLC0415  as above

    playbook = shelved.playbook
    steps = tuple(
        StepLine(
            title=playbook.title(id_),
            kind=str(step["type"]),
            who=str(playbook.agent(id_).get("name", "")),
            what="\n".join(f"{each['type']}: {each.get('command') or '…'}" for each in step.get("commands", ())),
            is_for_machines=is_for_machines(playbook, id_),
        )
        for id_, step in playbook.steps.items()
        if step["type"] not in {"start", "end"}
    )
    may_change = visit.visitor.may(Permission.PUBLISH)
    incidents = list(open_incidents(visit.premises.casework, visit.clearance()))[:200] if may_change else []
    own = visit.visitor.organisation
    return PlaybookPage(
        title=playbook.name,
        key=key,
        about=str(playbook.content.get("description", "")),
        drawing=Markup(drawing(playbook)),  # noqa: S704  as above
        steps=steps,
        forgiven=shelved.forgiven,
        cases=tuple((each.id, each.title) for each in incidents if own in each.parties),
        may_change=may_change,
    )


def _own(visit: Visit) -> Playbooks:
    return Playbooks(visit.store, visit.visitor.organisation or "")


def _get(visit: Visit, key: str) -> Shelved:
    visit.require(Permission.READ)
    shelved = _own(visit).get(key)
    if shelved is None:
        raise NotFound
    return shelved


async def _note(visit: Visit, action: str, subject: str) -> None:
    note = Note(visit.actor, action, subject)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
