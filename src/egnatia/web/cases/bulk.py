"""Many cases at once: one comment, one step or one person for all that are ticked; each case answers for itself."""

from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency

from egnatia.casework.registry import Deed, Refused, Registry, Unknown
from egnatia.exchange.api.problem import BadRequest
from egnatia.exchange.submission import Submitter
from egnatia.record import Invalid
from egnatia.store import Batch, Note
from egnatia.web.frame import Content
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

MOST = 500
"""Cases in one go."""


class Many(msgspec.Struct, frozen=True):
    """What is to happen to the cases that are ticked. `does` is comment, assign, or a step."""

    cases: tuple[str, ...] = ()
    does: Annotated[str, msgspec.Meta(max_length=80)] = ""
    text: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    person: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one case; `refused` is empty where it was done."""

    case: str
    title: str
    refused: str


class BulkPage(Content, frozen=True, kw_only=True):
    """What became of each."""

    template: ClassVar[str] = "cases/bulk.html"
    outcomes: tuple[Outcome, ...]


@post("/cases/bulk")
async def bulk(visit: NamedDependency[Visit]) -> Response[str]:
    """Do one thing in many cases."""
    visit.require(Permission.PUBLISH)
    form = await visit.form(Many)
    named = tuple(dict.fromkeys(form.cases))
    if not named or not form.does:
        raise BadRequest(visit.speech.gettext("Tick cases, and choose what is to happen"))
    if len(named) > MOST:
        raise BadRequest(visit.speech.gettext("At most %(count)s cases in one go", count=MOST))
    clearance, registry, submitter = visit.clearance(), visit.premises.casework, visit.visitor.caller.submitter
    titles = await visit.ask(lambda: registry.titles(clearance, named))

    def work() -> list[Outcome]:
        return [
            Outcome(case=each, title=titles.get(each, each), refused=_done(registry, submitter, each, form))
            for each in named
        ]

    outcomes = await visit.ask(work)
    done = [each.case for each in outcomes if not each.refused]
    note = Note(visit.actor, f"cases {form.does}", detail=f"{len(done)} of {len(outcomes)}")
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    return visit.page(BulkPage(title=visit.speech.gettext("What became of it"), outcomes=tuple(outcomes)))


def _done(registry: Registry, submitter: Submitter, case: str, form: Many) -> str:
    """Why it was not done; empty where it was."""
    try:
        for deed in _deeds(registry, submitter, case, form):
            registry.act(submitter, case, deed)
    except Unknown:
        return "not found"
    except Refused as refused:
        return refused.refusal.reason
    except Invalid as invalid:
        return str(invalid.problems[0])
    return ""


def _deeds(registry: Registry, submitter: Submitter, case: str, form: Many) -> list[Deed]:
    if form.does != "assign":
        return [Deed(does=form.does, text=form.text)]
    fold = registry.fold(registry.clearance_of(submitter), case)
    own, party = submitter.organisation, fold.state.active().get(submitter.organisation)
    roles = party.roles if party is not None else frozenset[str]()
    mine = [
        id_
        for id_, task in fold.state.tasks.items()
        if (task.responsible == own or task.responsible in roles) and task.status not in {"done", "cancelled"}
    ]
    fields: dict[str, Any] = {"responsible": own, "person": form.person}
    if mine:
        return [Deed(does="assign", about=tuple(mine), fields=fields)]
    return [Deed(does="task", fields={**fields, "title": form.text or "Handle the case"})]
