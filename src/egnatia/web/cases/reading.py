"""The page of one case: where it stands, who takes part, what is owed, what was done and what was refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final, Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from markupsafe import Markup

from egnatia.casework.attaching import attached, described, known_for
from egnatia.casework.clock import Owed, moment, owed
from egnatia.casework.diagram import diagram
from egnatia.casework.fold import Fold
from egnatia.casework.registry import Unknown
from egnatia.casework.stage import time_in
from egnatia.casework.state import Conflict, Party, Task
from egnatia.casework.workflow import Report, Step
from egnatia.exchange.api.problem import NotFound
from egnatia.web.cases.reported import report_of
from egnatia.web.cases.saying import PROGRESS, REVIEWS, TIMELINESS, micros, told
from egnatia.web.cases.timeline import Moment, Said, moment_of
from egnatia.web.cases.ways import ways
from egnatia.web.frame import Content
from egnatia.web.live import stream_at
from egnatia.web.permission import Permission
from egnatia.web.sieve import Sieve
from egnatia.web.visit import Visit


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the case; `size` in words."""

    id: str
    name: str
    size: str
    sha256: str
    author: str
    known: bool


class ConflictRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fact on which two parties said different things: who said what, the one that counts last."""

    title: str
    said: tuple[tuple[str, str], ...]


class TaskRow(msgspec.Struct, frozen=True, kw_only=True):
    """One task, under the id by which it is changed; `due` in microseconds UTC, 0 for none; `left`
    says that who is responsible takes part no longer."""

    id: str
    task: Task
    status: str
    due: int
    left: bool


class OwedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is owed."""

    owed: Owed
    kind: str
    words: str
    review_kind: str
    review: str
    source: str
    adjustable: bool

    @property
    def due(self) -> int | None:
        """When, in microseconds UTC."""
        return None if self.owed.due is None else micros(self.owed.due)


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list of the case: where the one before and the one after are, empty where there is none."""

    newer: str = ""
    older: str = ""


class CasePage(Content, frozen=True, kw_only=True):
    """One case as its reader may see it."""

    template: ClassVar[str] = "cases/case.html"
    script: ClassVar[str] = "live.js"
    id: str
    workflow: str
    version: str
    about: str
    state: str
    final: bool
    exercise: str
    drawing: Markup
    facts: tuple[Said, ...]
    conclusions: tuple[Said, ...]
    parties: tuple[tuple[str, Party], ...]
    owed: tuple[OwedRow, ...]
    tasks: tuple[TaskRow, ...]
    conflicts: tuple[ConflictRow, ...]
    files: tuple[FileRow, ...]
    merged: tuple[str, str]
    absorbed: tuple[tuple[str, str], ...]
    duplicates: tuple[tuple[str, str], ...]
    missing: int
    moments: tuple[Moment, ...]
    more_tasks: Leaf
    more_moments: Leaf
    steps: tuple[Step, ...]
    onward: str
    reports: tuple[Report, ...]
    roles: Mapping[str, str]
    names: Mapping[str, str]
    may_act: bool
    may_admit: bool
    ways: tuple[tuple[str, str], ...]
    stream: str

    @property
    def who(self) -> list[tuple[str, str]]:
        """The parties that are there, and the roles: what a form sends, and what they are called."""
        there = [(id_, self.name(id_)) for id_, party in self.parties if not party.left]
        return [*there, *self.roles.items()]

    def file_name(self, ref: str) -> str:
        """What a file of the case is called; another record by its id."""
        return next((each.name for each in self.files if each.id == ref), ref)

    def name(self, organisation: str) -> str:
        """What an organisation, or a role, is called."""
        return self.names.get(organisation) or self.roles.get(organisation, organisation)


TASKS, MOMENTS = 20, 50
"""Of each on one page of a case."""
_END: Final = 1_000_000


class Place(msgspec.Struct, frozen=True):
    """Where the reader is in a long case: how many tasks and moments come before those that are shown."""

    tasks: int = 0
    moments: int = 0


@get("/cases/{case:str}")
async def case(
    visit: NamedDependency[Visit], case: FromPath[str], tasks: FromQuery[int] = 0, moments: FromQuery[int] = 0
) -> Response[str]:
    """One case."""
    place = Place(max(0, min(tasks, _END)), max(0, min(moments, _END)))
    # Asked first: what comes while the case is folded is told again rather than missed.
    position = await visit.ask(visit.store.position)
    fold = await found(visit, case)
    stream = stream_at(visit, position, Sieve(type="case-event", all=True))
    return visit.page(page_of(visit, fold, stream, await visit.ask(lambda: beside(visit, fold)), place))


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows of other records: the files of the case, and what other cases are called."""

    files: tuple[FileRow, ...]
    titles: Mapping[str, str]


def beside(visit: Visit, fold: Fold) -> Beside:
    """What the case names that the visitor may see. Asks the store."""
    clearance, registry, state = visit.clearance(), visit.premises.casework, fold.state
    authors = {id_: event.author for event in fold.ordering if event.id not in state.refused for id_ in attached(event)}
    files = described(registry, clearance, list(authors))
    others = {*state.duplicates, *state.absorbed, *([state.merged] if state.merged else [])}
    return Beside(
        files=tuple(
            FileRow(
                id=each.id,
                name=each.name,
                size=visit.speech.number(each.size),
                sha256=each.sha256,
                author=authors[each.id],
                known=bool(known_for(registry, clearance, each.sha256)),
            )
            for each in files.values()
            if each.case_ref == fold.case.id
        ),
        titles=registry.titles(clearance, others) if others else {},
    )


async def found(visit: Visit, case: str) -> Fold:
    """The case as the visitor may see it; raises NotFound."""
    clearance = visit.clearance()
    try:
        return await visit.ask(lambda: visit.premises.casework.fold(clearance, case))
    except Unknown:
        raise NotFound from None


def party_of(visit: Visit, fold: Fold) -> Party | None:
    """The visitor's organisation in the case, while it takes part."""
    return fold.state.active().get(visit.visitor.organisation or "")


def page_of(visit: Visit, fold: Fold, stream: str, more: Beside, at: Place) -> CasePage:
    """Everything that the page shows."""
    book, state = fold.book, fold.state
    now = time_in(visit.premises.casework.stage, fold.case)
    party = party_of(visit, fold)
    may_act = party is not None and visit.visitor.may(Permission.PUBLISH)
    roles = party.roles if party is not None and may_act else frozenset[str]()
    known = fold.known()
    conclusions = []
    for each in book.workflow.conclusions:
        line = book.line(each, known)
        value = known[each.name]
        conclusions.append(
            Said(
                title=each.title,
                value=told(visit, value, each.choices),
                source=line.source if line else "",
            )
        )
    steps = tuple(fold.may(visit.visitor.organisation or "")) if may_act else ()
    drawn = diagram(book, current=state.state, say=visit.speech.gettext)
    return CasePage(
        title=fold.case.title,
        id=fold.case.id,
        workflow=book.workflow.title,
        version=book.workflow.version,
        about=book.states[state.state].about,
        state=book.states[state.state].title,
        final=state.state in book.final,
        exercise=fold.case.exercise or "",
        drawing=Markup(drawn),  # noqa: S704  our own drawing; its words are escaped
        facts=tuple(
            Said(
                title=book.fields[name].title,
                value=told(visit, value, book.fields[name].choices),
                entered=told(visit, state.entered[name]) if name in state.entered else "",
            )
            for name, value in state.facts.items()
        ),
        conclusions=tuple(conclusions),
        parties=tuple(state.parties.items()),
        owed=tuple(_row(fold, each, roles, now) for each in owed(fold)),
        tasks=tuple(
            TaskRow(
                id=id_,
                task=each,
                status=PROGRESS[each.status],
                due=micros(moment(each.due)) if each.due else 0,
                left=each.responsible in state.parties and each.responsible not in state.active(),
            )
            for id_, each in _open_first(state.tasks)[at.tasks : at.tasks + TASKS]
        ),
        more_tasks=_leaf(fold.case.id, "tasks", at, len(state.tasks)),
        more_moments=_leaf(fold.case.id, "moments", at, len(fold.ordering.keys)),
        conflicts=tuple(_conflict(visit, fold, name, each) for name, each in state.conflicts.items()),
        files=more.files,
        merged=(state.merged, more.titles.get(state.merged, state.merged)),
        absorbed=tuple((each, more.titles.get(each, each)) for each in state.absorbed),
        duplicates=tuple((each, more.titles.get(each, each)) for each in state.duplicates),
        missing=len(state.missing),
        moments=tuple(
            moment_of(visit, fold, id_, roles)
            for id_ in [event.id for event in fold.ordering][::-1][at.moments : at.moments + MOMENTS]
        ),
        steps=steps,
        onward=_onward(fold, steps),
        reports=tuple(each for each in book.workflow.reports if not roles.isdisjoint(each.roles)),
        roles={role.name: visit.speech.gettext(role.title) for role in book.workflow.roles},
        names={each.id: each.name for each in visit.premises.organisations()},
        may_act=may_act,
        may_admit=not roles.isdisjoint(book.workflow.admits),
        ways=(*ways(fold.case.id, book.workflow.name, acts=may_act), *report_of(visit, fold.case.id))
        if party is not None
        else (),
        stream=stream,
    )


def _onward(fold: Fold, steps: Sequence[Step]) -> str:
    """The step that leads on without ending the case; empty where there is none."""
    order = list(fold.book.states)
    here = order.index(fold.state.state)
    further = [each for each in steps if each.to and each.to not in fold.book.final and order.index(each.to) > here]
    return further[0].name if further else ""


def _open_first(tasks: Mapping[str, Task]) -> list[tuple[str, Task]]:
    """What is open before what is done, each in the order in which it came."""
    return sorted(tasks.items(), key=lambda one: one[1].status in {"done", "cancelled"})


def _leaf(case: str, name: Literal["tasks", "moments"], at: Place, count: int) -> Leaf:
    """The way through one list, at the same place of the other."""
    here, size = (at.tasks, TASKS) if name == "tasks" else (at.moments, MOMENTS)

    def link(first: int) -> str:
        there = msgspec.structs.replace(at, **{name: first})
        said = "&".join(f"{key}={value}" for key, value in msgspec.structs.asdict(there).items() if value)
        return f"/cases/{case}{'?' if said else ''}{said}#{name}"

    return Leaf(
        newer=link(max(here - size, 0)) if here else "",
        older=link(here + size) if here + size < count else "",
    )


def _conflict(visit: Visit, fold: Fold, name: str, each: Conflict) -> ConflictRow:
    events = (fold.ordering.events[id_] for id_ in (each.earlier, each.later))
    said = tuple((event.author, told(visit, event.fields.get(name))) for event in events)
    return ConflictRow(title=fold.book.fields[name].title, said=said)


def _row(fold: Fold, each: Owed, roles: frozenset[str], now: datetime) -> OwedRow:
    kind, words = TIMELINESS[each.timeliness(now)]
    review_kind, review = REVIEWS[each.review]
    declared = fold.book.deadlines[each.deadline]
    return OwedRow(
        owed=each,
        kind=kind,
        words=words,
        review_kind=review_kind,
        review=review,
        source=declared.source,
        adjustable=each.met is None and not roles.isdisjoint((*declared.extendable_by, *declared.pausable_by)),
    )
