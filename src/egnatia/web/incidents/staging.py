"""The stages that the law asks for on one page, and the step by which other economies are told."""

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.clock import moment
from egnatia.casework.registry import Deed, Refused
from egnatia.casework.stage import time_in
from egnatia.cyber.incidents.protocol import is_incident
from egnatia.cyber.incidents.stages import Stage, Word, history, stages
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.record import Invalid
from egnatia.store import Batch, Known, Note
from egnatia.web.cases.doing import acting
from egnatia.web.cases.reading import found, party_of
from egnatia.web.cases.saying import REVIEWS, TIMELINESS, micros
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.visit import Visit

CONTACT_ROLES = ("single-point-of-contact", "national-csirt")
"""The roles in which those who are told come in."""

NOBODY = N_("Choose at least one organisation")
NO_WORDS = N_("Say what they should know")


class Filed(msgspec.Struct, frozen=True):
    """One version of a report, as the page shows it."""

    at: int
    author: str
    kind: str
    words: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One stage. `kind` and `words` say how it stands in time."""

    stage: Stage
    due: int | None
    kind: str
    words: str
    filed: tuple[Filed, ...]
    may_file: bool


class Told(msgspec.Struct, frozen=True):
    """One word on other economies."""

    at: int
    word: Word
    stages: tuple[str, ...]


class StagesPage(Content, frozen=True, kw_only=True):
    """All stages of one incident."""

    template: ClassVar[str] = "incidents/stages.html"
    case: str
    case_title: str
    stages: tuple[Shown, ...]
    history: tuple[Told, ...]
    cross_border: bool | None
    names: Mapping[str, str]
    may_forward: bool


class ForwardPage(Content, frozen=True, kw_only=True):
    """The form by which a single point of contact tells other economies."""

    template: ClassVar[str] = "incidents/forward.html"
    case: str
    case_title: str
    economies: tuple[str, ...]
    organisations: tuple[Known, ...]
    ticked: tuple[str, ...]
    text: str = ""
    error: str = ""


class Forwarding(msgspec.Struct, frozen=True):
    """Who is told, and what."""

    organisation: tuple[str, ...] = ()
    text: str = ""


@get("/cases/{case:str}/stages")
async def all_stages(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """The stages."""
    fold = await found(visit, case)
    if not is_incident(fold.book.workflow.name):
        raise NotFound
    party = party_of(visit, fold)
    roles = party.roles if party else frozenset[str]()
    shown = []
    now = time_in(visit.premises.casework.stage, fold.case)
    for each in stages(fold):
        kind, words = ("plain", N_("not owed")) if each.owed is None else TIMELINESS[each.owed.timeliness(now)]
        filed = tuple(
            Filed(micros(moment(one.at)), one.author, *_reviewed(one.review)) for one in reversed(each.filings)
        )
        may_file = not roles.isdisjoint(fold.book.reports[each.name].roles) and fold.state.state not in fold.book.final
        due = micros(each.owed.due) if each.owed is not None and each.owed.due is not None else None
        shown.append(Shown(stage=each, due=due, kind=kind, words=words, filed=filed, may_file=may_file))
    titles = {name: report.title for name, report in fold.book.reports.items()}
    told = tuple(
        Told(micros(moment(each.at)), each, tuple(titles.get(one, one) for one in each.stages))
        for each in history(fold)
    )
    return visit.page(
        StagesPage(
            title=visit.speech.gettext("Statutory stages"),
            case=fold.case.id,
            case_title=fold.case.title,
            stages=tuple(shown),
            history=told,
            cross_border=fold.state.facts.get("cross_border"),
            names={each.id: each.name for each in visit.premises.organisations()},
            may_forward=any(each.name == "forward" for each in fold.may(visit.visitor.organisation or "")),
        )
    )


@get("/cases/{case:str}/forward")
async def forwarding(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Whom to tell."""
    return visit.page(await _forward(visit, case, Forwarding()))


@post("/cases/{case:str}/forward")
async def forward(visit: NamedDependency[Visit], case: FromPath[str]) -> Response[str]:
    """Tell them: the step is taken, and each comes in as a party with all that changed the case."""
    given = await visit.form(Forwarding)
    page = await _forward(visit, case, given)
    known = {each.id: each for each in page.organisations}
    chosen = [known[each] for each in given.organisation if each in known]
    if not chosen or not given.text:
        words = NOBODY if not chosen else NO_WORDS
        return visit.page(msgspec.structs.replace(page, error=visit.speech.gettext(words)), status=422)
    submitter, registry = visit.visitor.caller.submitter, visit.premises.casework
    economies = list(dict.fromkeys((*page.economies, *(each.economy for each in chosen))))

    def told() -> str:
        fields = {"affected_economies": economies, "cross_border": True}
        step = registry.act(submitter, case, Deed(does="forward", fields=fields, text=given.text))
        for each in chosen:
            join = {"roles": list(CONTACT_ROLES), "economy": each.economy, "whole": True}
            registry.act(submitter, case, Deed(does="join", about=(each.id,), fields=join, text=given.text))
        return step.id

    try:
        step = await visit.ask(told)
    except (Refused, Invalid) as refused:
        raise BadRequest(str(refused)) from refused
    note = Note(visit.actor, "case forward", step, case)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    return visit.go(f"/cases/{case}", visit.speech.gettext("They are told, and take part from now on."))


async def _forward(visit: Visit, case: str, given: Forwarding) -> ForwardPage:
    fold = await acting(visit, case)
    if not any(each.name == "forward" for each in fold.may(visit.visitor.organisation or "")):
        raise NotFound
    there = fold.state.active()
    economies = tuple(fold.state.facts.get("affected_economies") or ())
    others = [each for each in visit.premises.organisations() if each.id not in there]
    first = [each for each in others if each.economy in economies]
    return ForwardPage(
        title=visit.speech.gettext("Tell the other economies"),
        case=fold.case.id,
        case_title=fold.case.title,
        economies=economies,
        organisations=(*first, *(each for each in others if each.economy not in economies)),
        ticked=given.organisation,
        text=given.text,
    )


def _reviewed(review: str) -> tuple[str, str]:
    return next((words for key, words in REVIEWS.items() if key.value == review), ("plain", review))
