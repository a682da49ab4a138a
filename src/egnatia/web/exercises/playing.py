"""The players' page: what has happened to the visitor's teams, and where they work."""

from typing import ClassVar

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.cyber.exercises.game import STAFF, Game, Received
from egnatia.store.casebook import Standing
from egnatia.web.cases.saying import micros
from egnatia.web.exercises.entrance import STATES, entered
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.live import stream_at
from egnatia.web.sieve import Sieve
from egnatia.web.visit import Visit

KINDS = {
    "message": N_("Message"),
    "e-mail": N_("E-mail"),
    "call": N_("Call"),
    "article": N_("Article"),
    "finding": N_("Technical finding"),
    "task": N_("Task"),
}
"""What the kinds of injects are called."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One inject as people read it; `at` in microseconds UTC of simulated time."""

    id: str
    at: int
    title: str
    kind: str
    sender: str
    text: str
    refs: tuple[str, ...]
    techniques: tuple[str, ...]
    to: tuple[str, ...] = ()
    why: str = ""


class PlayPage(Content, frozen=True, kw_only=True):
    """What the visitor's teams know."""

    template: ClassVar[str] = "exercises/play.html"
    script: ClassVar[str] = "live.js"
    word: str
    kind: str
    state: str
    teams: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    happened: tuple[Happened, ...]
    cases: tuple[tuple[Standing, str, str], ...]
    staff: bool
    over: bool
    stream: str


@get("/exercises/{word:str}")
async def play(visit: NamedDependency[Visit], word: FromPath[str]) -> Response[str]:
    """What has happened, the newest first."""
    position = await visit.ask(visit.store.position)
    game = await entered(visit, word)
    own, clearance, registry = visit.visitor.organisation or "", visit.clearance(), visit.premises.casework
    standings = await visit.ask(lambda: registry.standings(clearance, limit=50))
    closed = await visit.ask(lambda: registry.standings(clearance, is_open=False, limit=50))
    names = {each.id: each.name for each in visit.premises.organisations()}
    mine = game.teams_of(own)
    kind, state = STATES[game.state]
    return visit.page(
        PlayPage(
            title=visit.speech.gettext(game.title),
            word=word,
            kind=kind,
            state=state,
            teams=tuple(each.title for each in mine),
            others=tuple((each.title, ", ".join(sorted(names.get(one, one) for one in each.organisations)))
                         for each in game.places),
            happened=tuple(told(game, each) for each in reversed(game.received)),
            cases=tuple((each, *_words(visit, each)) for each in (*standings, *closed) if each.id != game.id),
            staff=not game.roles(own).isdisjoint(STAFF),
            over=game.state in {"finished", "closed"},
            stream=stream_at(visit, position, Sieve(type="case-event", all=True)),
        )
    )  # fmt: skip


def told(game: Game, each: Received) -> Happened:
    """An inject in words."""
    titles = {place.name: place.title for place in game.places}
    return Happened(
        id=each.event,
        at=micros(each.at),
        title=each.title,
        kind=KINDS.get(each.kind, each.kind),
        sender=each.sender,
        text=each.text,
        refs=each.refs,
        techniques=each.techniques,
        to=tuple(titles.get(name, name) for name in each.to),
        why=each.why,
    )


def _words(visit: Visit, case: Standing) -> tuple[str, str]:
    book = visit.premises.casework.library.newest(case.workflow)
    if book is None:
        return case.workflow, case.state
    state = book.states.get(case.state)
    return book.workflow.title, state.title if state is not None else case.state
