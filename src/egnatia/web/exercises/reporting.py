"""The after-action report, on the page and as a PDF, and the findings that become real follow-up actions."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.registry import Unknown
from egnatia.cyber.exercises.exercises import FollowUp
from egnatia.cyber.exercises.game import Game, Noted
from egnatia.cyber.exercises.score import Points, Scores
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.record import Invalid
from egnatia.store import Batch, Known, Note
from egnatia.web.exercises.console import Expected, Hand, expected, hand, percent, standing, watched
from egnatia.web.exercises.paper import composed
from egnatia.web.exercises.playing import Happened, told
from egnatia.web.frame import HEADERS, Content
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One objective or team with what it earned."""

    title: str
    percent: int | None
    earned: float
    most: float


class PersonScore(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in one of their teams."""

    login: str
    team: str
    acts: int
    percent: int | None


class ReportPage(Content, frozen=True, kw_only=True):
    """What came of an exercise."""

    template: ClassVar[str] = "exercises/report.html"
    word: str
    story: str
    over: bool
    overall: int | None
    objectives: tuple[Score, ...]
    teams: tuple[Score, ...]
    people: tuple[PersonScore, ...]
    expected: tuple[Expected, ...]
    hands: tuple[Hand, ...]
    happened: tuple[Happened, ...]
    findings: tuple[Noted, ...]
    actions: tuple[Noted, ...]
    notes: tuple[Noted, ...]
    organisations: tuple[Known, ...]
    choices: tuple[tuple[str, str], ...]
    may_write: bool


class Following(msgspec.Struct, frozen=True):
    """A finding, and perhaps what is to be done about it by whom until when."""

    finding: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000)]
    objective: str = ""
    action: Annotated[str, msgspec.Meta(max_length=300)] = ""
    owner: str = ""
    person: Annotated[str, msgspec.Meta(max_length=200)] = ""
    until: str = ""


@get("/exercises/{word:str}/report")
async def report(visit: NamedDependency[Visit], word: FromPath[str]) -> Response[str]:
    """The report on the page."""
    game = await watched(visit, word)
    return visit.page(_page(visit, game, await standing(visit, game)))


@get("/exercises/{word:str}/report.pdf")
async def paper(visit: NamedDependency[Visit], word: FromPath[str]) -> Response[bytes]:
    """The same as a PDF."""
    game = await watched(visit, word)
    page = _page(visit, game, await standing(visit, game))
    made = await visit.ask(lambda: composed(visit, game, page))
    note = Note(visit.actor, "exercise report", word)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    attached = {**HEADERS, "content-disposition": f'attachment; filename="EXERCISE-{word}.pdf"'}
    return Response(made, media_type="application/pdf", headers=attached)


@post("/exercises/{word:str}/finding")
async def follow(visit: NamedDependency[Visit], word: FromPath[str]) -> Response[str]:
    """Write a finding down; with an owner and a day it becomes a real case, outside of the exercise."""
    game = await watched(visit, word)
    visit.require(Permission.PUBLISH)
    form = await visit.form(Following)
    wants = bool(form.action or form.owner or form.until)
    known = {each.id: each.name for each in visit.premises.organisations()}
    if wants and not (form.action and form.owner in known and form.until):
        raise BadRequest(visit.speech.gettext("An action needs what is to be done, an owner and a day"))
    submitter, manager = visit.visitor.caller.submitter, visit.premises.exercises
    try:
        until = datetime.fromisoformat(form.until).replace(hour=16, tzinfo=UTC) if form.until else None
    except ValueError as error:
        raise BadRequest(str(error)) from error

    def write() -> None:
        kind: Literal["finding"] = "finding"
        manager.note(submitter, word, form.finding, kind=kind, objective=form.objective)
        if wants and until is not None:
            opening = FollowUp(finding=form.finding, action=form.action, owner=form.owner, origin=game.title,
                               until=f"{until:%Y-%m-%dT%H:%M:%SZ}", person=form.person)  # fmt: skip
            manager.follow_up(submitter, opening)
            words = f"{form.action} ({known[form.owner]}{', ' + form.person if form.person else ''}, {until:%Y-%m-%d})"
            manager.note(submitter, word, words, kind="follow-up", objective=form.objective)

    try:
        await visit.ask(write)
    except Unknown:
        raise NotFound from None
    except (ValueError, Invalid) as error:
        raise BadRequest(str(error.args[0])) from error
    note = Note(visit.actor, "exercise finding", word)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    said = visit.speech.gettext("Written down. What is to be done is a real case now, outside of the exercise.")
    return visit.go(f"/exercises/{word}/report", said if wants else visit.speech.gettext("Written down"))


def _page(visit: Visit, game: Game, found: Scores) -> ReportPage:
    titles = {each.name: each.title for each in game.places}
    say, objectives = visit.speech.gettext, game.scenario.objectives if game.scenario else ()
    return ReportPage(
        title=visit.speech.gettext("After-action report"),
        word=game.word,
        story=game.scenario.about if game.scenario else "",
        over=game.state in {"finished", "closed"},
        overall=percent(found.overall),
        objectives=tuple(map(_score, found.objectives)),
        teams=tuple(map(_score, found.teams)),
        people=tuple(
            PersonScore(login=each.login, team=titles.get(each.team, each.team), acts=each.acts,
                        percent=None if each.share is None else round(each.share * 100))
            for each in found.people
        ),
        expected=tuple(expected(game, each) for each in found.results),
        hands=tuple(hand(say, game, each) for each in found.handovers),
        happened=tuple(told(game, each) for each in game.received),
        findings=tuple(each for each in game.notes if each.kind == "finding"),
        actions=tuple(each for each in game.notes if each.kind == "follow-up"),
        notes=tuple(each for each in game.notes if each.kind in {"note", "score"}),
        organisations=tuple(visit.premises.organisations()),
        choices=tuple((each.name, say(each.title)) for each in objectives),
        may_write=visit.visitor.may(Permission.PUBLISH),
    )  # fmt: skip


def _score(points: Points) -> Score:
    return Score(title=points.title, percent=percent(points), earned=points.earned, most=points.most)
