"""The facilitator's console: time, what comes next, what every team is expected to do and has done, and notes."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.registry import Refused, Unknown
from egnatia.cyber.exercises.conductor import reason
from egnatia.cyber.exercises.game import FACILITATOR, STAFF, Game, Noted
from egnatia.cyber.exercises.scenario import span
from egnatia.cyber.exercises.score import Passed, Points, Result, Scores, Status, scores
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.store import Batch, Note
from egnatia.web.cases.saying import micros
from egnatia.web.exercises.entrance import STATES, entered
from egnatia.web.exercises.playing import KINDS, Happened, told
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.live import stream_at
from egnatia.web.permission import Permission
from egnatia.web.sieve import Sieve
from egnatia.web.visit import Visit

STATUS: Mapping[Status, tuple[str, str]] = {
    Status.WAITING: ("plain", N_("not yet")),
    Status.OPEN: ("info", N_("expected")),
    Status.MET: ("good", N_("done in time")),
    Status.LATE: ("warn", N_("done late")),
    Status.MISSED: ("bad", N_("missed")),
    Status.BY_HAND: ("info", N_("scored by hand")),
}
"""How an expectation or a hand-over stands: the kind of mark, and its words."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """One expectation in the table; moments in microseconds UTC of simulated time."""

    name: str
    title: str
    team: str
    kind: str
    words: str
    due: int | None
    met: int | None
    percent: int | None
    comment: str


class Coming(msgspec.Struct, frozen=True, kw_only=True):
    """An inject that has not happened: `at` where its time is known, `after` what it waits for otherwise."""

    name: str
    title: str
    kind: str
    to: tuple[str, ...]
    at: int | None
    after: str
    hand: bool


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One team as the console shows it."""

    title: str
    organisations: str
    economy: str
    received: int
    percent: int | None
    open: int


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over."""

    title: str
    way: str
    kind: str
    words: str
    minutes: float | None
    within: int
    case: str


class ConsolePage(Content, frozen=True, kw_only=True):
    """All of an exercise, for who leads or observes it."""

    template: ClassVar[str] = "exercises/console.html"
    script: ClassVar[str] = "live.js"
    word: str
    kind: str
    state: str
    step: str
    leads: bool
    speed: float
    elapsed: int
    length: int
    teams: tuple[Side, ...]
    coming: tuple[Coming, ...]
    happened: tuple[Happened, ...]
    expected: tuple[Expected, ...]
    hands: tuple[Hand, ...]
    notes: tuple[Noted, ...]
    cases: tuple[tuple[str, str, str], ...]
    choices: tuple[tuple[str, str], ...]
    places: tuple[tuple[str, str], ...]
    names: Mapping[str, str]
    stream: str


class Controlling(msgspec.Struct, frozen=True):
    """What the facilitator presses."""

    does: Literal["begin", "hold", "go-on", "skip", "pace", "finish", "close"]
    minutes: float = 0
    speed: float = 0


class Releasing(msgspec.Struct, frozen=True):
    """Which inject, and why now."""

    inject: str
    why: Annotated[str, msgspec.Meta(max_length=300)] = ""


class Noting(msgspec.Struct, frozen=True):
    """What was seen; with an expectation and a score it is scored by hand."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000)]
    team: str = ""
    expectation: str = ""
    score: float | None = None


@get("/exercises/{word:str}/console")
async def console(visit: NamedDependency[Visit], word: FromPath[str]) -> Response[str]:
    """The console."""
    position = await visit.ask(visit.store.position)
    game = await watched(visit, word)
    found = await standing(visit, game)
    stream = stream_at(visit, position, Sieve(type="case-event", all=True))
    return visit.page(await visit.ask(lambda: _page(visit, game, found, stream)))


@post("/exercises/{word:str}/control")
async def control(visit: NamedDependency[Visit], word: FromPath[str]) -> Response[str]:
    """Move the exercise: begin, pause, go on, skip, another speed, finish."""
    await watched(visit, word)
    visit.require(Permission.PUBLISH)
    form = await visit.form(Controlling)
    fields: dict[str, Any] = {"skip": {"minutes": form.minutes}, "pace": {"speed": form.speed}}.get(form.does, {})
    submitter, manager = visit.visitor.caller.submitter, visit.premises.exercises
    try:
        await visit.ask(lambda: manager.do(submitter, word, form.does, **fields))
    except Unknown:
        raise NotFound from None
    except Refused as refused:
        raise BadRequest(refused.refusal.reason) from refused
    return await _noted(visit, word, f"exercise {form.does}")


@post("/exercises/{word:str}/release")
async def release(visit: NamedDependency[Visit], word: FromPath[str]) -> Response[str]:
    """Let something happen now."""
    await watched(visit, word)
    visit.require(Permission.PUBLISH)
    form = await visit.form(Releasing)
    submitter, manager = visit.visitor.caller.submitter, visit.premises.exercises
    why = form.why or visit.speech.gettext("by hand")
    try:
        await visit.ask(lambda: manager.release(submitter, word, form.inject, why))
    except Unknown:
        raise NotFound from None
    return await _noted(visit, word, "exercise inject")


@post("/exercises/{word:str}/note")
async def noted(visit: NamedDependency[Visit], word: FromPath[str]) -> Response[str]:
    """Write down what was seen."""
    await watched(visit, word)
    visit.require(Permission.PUBLISH)
    form = await visit.form(Noting)
    submitter, manager = visit.visitor.caller.submitter, visit.premises.exercises
    kind: Literal["note", "score"] = "score" if form.expectation and form.score is not None else "note"

    def write() -> None:
        manager.note(submitter, word, form.text, kind=kind, team=form.team, expectation=form.expectation,
                     score=form.score if kind == "score" else None)  # fmt: skip

    try:
        await visit.ask(write)
    except Unknown:
        raise NotFound from None
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return await _noted(visit, word, "exercise note")


async def watched(visit: Visit, word: str) -> Game:
    """The exercise, for who leads or observes it; raises NotFound for who plays."""
    game = await entered(visit, word)
    if game.roles(visit.visitor.organisation or "").isdisjoint(STAFF):
        raise NotFound
    return game


async def standing(visit: Visit, game: Game) -> Scores:
    """How everything stands now."""
    manager, own = visit.premises.exercises, visit.visitor.organisation or ""
    now = game.clock.at(datetime.now(UTC)) or datetime.now(UTC)
    return await visit.ask(lambda: scores(game, manager.evidence(own, game), now))


def percent(points: Points) -> int | None:
    """A share as people read it; None before anything counts."""
    return None if points.share is None else round(points.share * 100)


def expected(game: Game, each: Result) -> Expected:
    """An expectation as the table shows it."""
    kind, words = STATUS[each.status]
    titles = {place.name: place.title for place in game.places}
    return Expected(
        name=each.expectation.name,
        title=each.expectation.title,
        team=titles.get(each.expectation.team, each.expectation.team),
        kind=kind,
        words=words,
        due=None if each.due is None else micros(each.due),
        met=None if each.met is None else micros(each.met),
        percent=None if each.worth is None else round(each.worth * 100),
        comment=each.words,
    )


def hand(say: Callable[[str], str], game: Game, each: Passed) -> Hand:
    """A hand-over as the table shows it."""
    kind, words = STATUS[each.status]
    titles = {place.name: place.title for place in game.places}
    way = " → ".join(say(titles.get(team, team)) for team in (each.handover.giver, each.handover.taker))
    limit = round(span(each.handover.within).total_seconds() / 60)
    return Hand(title=each.handover.title, way=way, kind=kind, words=words, minutes=each.minutes, within=limit,
                case=each.case)  # fmt: skip


async def _noted(visit: Visit, word: str, action: str) -> Response[str]:
    note = Note(visit.actor, action, word)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    return visit.go(f"/exercises/{word}/console", visit.speech.gettext("Done"))


def _page(visit: Visit, game: Game, found: Scores, stream: str) -> ConsolePage:
    scenario = game.scenario
    kind, state = STATES[game.state]
    own = visit.visitor.organisation or ""
    evidence = visit.premises.exercises.evidence(own, game)
    real, say = datetime.now(UTC), visit.speech.gettext
    return ConsolePage(
        title=visit.speech.gettext(game.title),
        word=game.word,
        kind=kind,
        state=state,
        step=game.state,
        leads=FACILITATOR in game.roles(own) and visit.visitor.may(Permission.PUBLISH),
        speed=game.clock.speed or (scenario.speed if scenario else 1),
        elapsed=round(game.since(real)),
        length=round(span(scenario.length).total_seconds() / 60) if scenario else 0,
        teams=_sides(visit, game, found),
        coming=_coming(game),
        happened=tuple(told(game, each) for each in reversed(game.received)),
        expected=tuple(expected(game, each) for each in found.results),
        hands=tuple(hand(say, game, each) for each in found.handovers),
        notes=tuple(reversed([each for each in game.notes if each.kind in {"note", "score"}])),
        cases=tuple((each.case.id, each.case.title, each.book.states[each.state.state].title)
                    for each in evidence.cases),
        choices=tuple((each.name, say(each.title)) for each in scenario.expectations) if scenario else (),
        places=tuple((each.name, say(each.title)) for each in game.places),
        names={each.id: each.name for each in visit.premises.organisations()},
        stream=stream,
    )  # fmt: skip


def _sides(visit: Visit, game: Game, found: Scores) -> tuple[Side, ...]:
    names = {each.id: each.name for each in visit.premises.organisations()}
    points = {each.name: each for each in found.teams}
    sides = []
    for place in game.places:
        team = game.scenario.team(place.name) if game.scenario else None
        left = [one for one in found.results
                if one.expectation.team == place.name and one.status in {Status.OPEN, Status.WAITING}]  # fmt: skip
        sides.append(
            Side(
                title=place.title,
                organisations=", ".join(sorted(names.get(each, each) for each in place.organisations)),
                economy=team.economy if team else "",
                received=sum(place.name in each.to for each in game.received),
                percent=percent(points[place.name]) if place.name in points else None,
                open=len(left),
            )
        )
    return tuple(sides)


def _coming(game: Game) -> tuple[Coming, ...]:
    happened = {each.name for each in game.received}
    titles = {place.name: place.title for place in game.places}
    begun = game.clock.begun
    waiting = [each for each in (game.scenario.injects if game.scenario else ()) if each.name not in happened]
    found = [
        Coming(
            name=each.name,
            title=each.title,
            kind=KINDS[each.kind],
            to=tuple(titles.get(team, team) for team in each.to),
            at=micros(begun + span(each.at)) if each.at and begun is not None else None,
            after=reason(each),
            hand=each.hand,
        )
        for each in waiting
    ]
    return tuple(sorted(found, key=lambda one: (one.at is None, one.at or 0)))
