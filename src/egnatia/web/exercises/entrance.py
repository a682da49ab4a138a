"""The exercises of the visitor's organisation: the list, a new one, and the way in and out.

In an exercise every page shows it alone, under a banner; outside no page shows anything of it but its name here.
"""

from typing import Annotated, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from egnatia.casework.condition import Unsound
from egnatia.casework.registry import Unknown
from egnatia.cyber.exercises.exercises import Plan
from egnatia.cyber.exercises.game import FACILITATOR, STAFF, Game
from egnatia.cyber.exercises.scenario import Scenario, scenario_in, shipped
from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.record import Invalid
from egnatia.store import Batch, Known, Note
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.visit import EXERCISE, Visit

STATES = {
    "planned": ("plain", N_("Planned")),
    "running": ("good", N_("Running")),
    "paused": ("warn", N_("Paused")),
    "finished": ("info", N_("Finished")),
    "closed": ("plain", N_("Closed")),
}
"""The kind of mark and the words of each state."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise in the list."""

    word: str
    title: str
    kind: str
    state: str
    teams: tuple[str, ...]
    leads: bool
    staff: bool
    entered: bool


class ExercisesPage(Content, frozen=True, kw_only=True):
    """The exercises that the visitor's organisation takes part in."""

    template: ClassVar[str] = "exercises/list.html"
    rows: tuple[Row, ...]
    may_plan: bool


class Cast(msgspec.Struct, frozen=True, kw_only=True):
    """One team of a scenario, to be given to organisations."""

    name: str
    title: str
    organisation: str
    economy: str
    brief: str


class PlanPage(Content, frozen=True, kw_only=True):
    """The form that plans one."""

    template: ClassVar[str] = "exercises/plan.html"
    scenarios: tuple[tuple[str, str], ...]
    scenario: str
    about: str = ""
    text: str = ""
    cast: tuple[Cast, ...] = ()
    organisations: tuple[Known, ...] = ()
    error: str = ""


class Planned(msgspec.Struct, frozen=True):
    """What the form sends: each of `cast` is a team and an organisation with a blank between."""

    scenario: str = ""
    text: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    cast: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()


class Entering(msgspec.Struct, frozen=True):
    """Nothing but where to go on."""

    to: str = ""


@get("/exercises")
async def exercises(visit: NamedDependency[Visit]) -> Response[str]:
    """The list."""
    visit.require(Permission.READ)
    organisation = visit.visitor.organisation
    found = await visit.ask(lambda: visit.premises.exercises.of(organisation))
    return visit.page(
        ExercisesPage(
            title=visit.speech.gettext("Exercises"),
            rows=tuple(_row(visit, each) for each in found),
            may_plan=visit.visitor.may(Permission.PUBLISH) and not visit.visitor.exercise,
        )
    )


@get("/exercises/new")
async def new(visit: NamedDependency[Visit], scenario: FromQuery[str] = "") -> Response[str]:
    """The form."""
    _outside(visit)
    return visit.page(_plan_page(visit, scenario, shipped().get(scenario, "")))


@post("/exercises/new")
async def planned(visit: NamedDependency[Visit]) -> Response[str]:
    """Plan one."""
    _outside(visit)
    form = await visit.form(Planned)
    text = form.text or shipped().get(form.scenario, "")
    known = {each.id for each in visit.premises.organisations()}
    cast: dict[str, tuple[str, ...]] = {}
    for each in form.cast:
        team, _, who = each.partition(" ")
        if who not in known:
            raise BadRequest(visit.speech.gettext("This organisation is not known here"))
        cast[team] = (*cast.get(team, ()), who)
    submitter, manager = visit.visitor.caller.submitter, visit.premises.exercises
    plan = Plan(text=text, cast=cast, observers=tuple(each for each in form.observers if each in known))
    try:
        word = await visit.ask(lambda: manager.plan(submitter, plan))
    except (Unsound, Unknown, ValueError, Invalid) as error:
        page = _plan_page(visit, form.scenario, text)
        return visit.page(msgspec.structs.replace(page, error=str(error.args[0])), status=422)
    note = Note(visit.actor, "exercise planned", word)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    return visit.go("/exercises", visit.speech.gettext("Planned. Enter it to begin."))


@post("/exercises/{word:str}/enter")
async def enter(visit: NamedDependency[Visit], word: FromPath[str]) -> Response[str]:
    """From now on every page of this browser is in the exercise."""
    await visit.form(Entering)
    organisation = visit.visitor.organisation
    game = await visit.ask(lambda: visit.premises.exercises.game(organisation, word))
    if game is None:
        raise NotFound
    note = Note(visit.actor, "exercise entered", word)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    leads = not game.roles(organisation or "").isdisjoint(STAFF)
    answer = visit.go(f"/exercises/{word}/console" if leads else f"/exercises/{word}")
    visit.remember(answer, EXERCISE, word)
    return answer


@post("/exercises/leave")
async def leave(visit: NamedDependency[Visit]) -> Response[str]:
    """Back to what is real."""
    await visit.form(Entering)
    answer = visit.go("/exercises", visit.speech.gettext("You have left the exercise: what you see is real again."))
    visit.forget(answer, EXERCISE)
    return answer


async def entered(visit: Visit, word: str) -> Game:
    """The exercise that the visit is in, as its organisation may see it; raises NotFound where it is in another one
    or in none: no page shows an exercise outside of it."""
    visit.require(Permission.READ)
    organisation = visit.visitor.organisation
    if not word or visit.visitor.exercise != word:
        raise NotFound
    game = await visit.ask(lambda: visit.premises.exercises.game(organisation, word))
    if game is None:
        raise NotFound
    return game


def _outside(visit: Visit) -> None:
    visit.require(Permission.PUBLISH)
    if visit.visitor.exercise:
        raise BadRequest(visit.speech.gettext("Leave the exercise that you are in first"))


def _row(visit: Visit, game: Game) -> Row:
    own = visit.visitor.organisation or ""
    kind, words = STATES[game.state]
    return Row(
        word=game.word,
        title=game.title,
        kind=kind,
        state=words,
        teams=tuple(each.title for each in game.teams_of(own)),
        leads=FACILITATOR in game.roles(own),
        staff=not game.roles(own).isdisjoint(STAFF),
        entered=visit.visitor.exercise == game.word,
    )


def _plan_page(visit: Visit, name: str, text: str) -> PlanPage:
    scenarios = tuple((each, scenario_in(toml).title) for each, toml in shipped().items())
    scenario: Scenario | None = None
    error = ""
    if text:
        try:
            scenario = scenario_in(text)
        except Unsound as unsound:
            error = str(unsound)
    return PlanPage(
        title=visit.speech.gettext("Plan an exercise"),
        scenarios=scenarios,
        scenario=name,
        about=scenario.about if scenario else "",
        text=text if name not in shipped() else "",
        cast=tuple(
            Cast(name=each.name, title=each.title, organisation=each.organisation, economy=each.economy,
                 brief=each.brief)
            for each in scenario.teams
        ) if scenario else (),
        organisations=tuple(visit.premises.organisations()),
        error=error,
    )  # fmt: skip
