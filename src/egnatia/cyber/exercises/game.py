"""An exercise as it stands: the fold of its own case, read as teams, time, what has happened and what was noted.

What a reader may not see is not part of it: a player's node holds neither the plan nor what others were told.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal
from uuid import uuid5

import msgspec

from egnatia.casework.clock import moment
from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.cyber.exercises.scenario import Scenario, scenario_in
from egnatia.cyber.exercises.time import Clock, clock_of
from egnatia.record.marking import EGNATIA

WORKFLOW: Final = "exercise"
FACILITATOR, OBSERVER = "facilitator", "observer"
STAFF: Final = (FACILITATOR, OBSERVER)
PLAN, INJECT, NOTE = "plan", "inject", "note"
NoteKind = Literal["note", "score", "finding", "follow-up"]


class Place(msgspec.Struct, frozen=True):
    """A team as everybody in the exercise knows it: its role, its title, its organisations."""

    role: str
    name: str
    title: str
    organisations: frozenset[str]


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """An inject that has happened. `at` is in simulated time; `why` says by whose hand or by what it was released."""

    event: str
    name: str
    title: str
    kind: str
    sender: str
    text: str
    at: datetime
    to: tuple[str, ...]
    refs: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    by: str = ""
    why: str = ""


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """What an observer wrote down; `score` is out of 100, `expectation` what it is about."""

    event: str
    kind: NoteKind
    text: str
    author: str
    person: str
    at: datetime | None
    team: str = ""
    expectation: str = ""
    objective: str = ""
    score: float | None = None


class Game(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise, as a reader may see it. `scenario` is None for who plays."""

    word: str
    fold: Fold
    clock: Clock
    places: tuple[Place, ...]
    scenario: Scenario | None
    people: Mapping[str, tuple[str, ...]]
    received: tuple[Received, ...]
    notes: tuple[Noted, ...]

    @property
    def title(self) -> str:
        """What it is called."""
        return self.fold.case.title

    @property
    def id(self) -> str:
        """The id of its own case."""
        return self.fold.case.id

    @property
    def state(self) -> str:
        """Planned, running, paused, finished or closed."""
        return self.fold.state.state

    @property
    def staff(self) -> frozenset[str]:
        """The organisations that lead or observe."""
        return frozenset(who for who, party in self.fold.state.active().items() if not party.roles.isdisjoint(STAFF))

    @property
    def participants(self) -> frozenset[str]:
        """Everybody who takes part."""
        return frozenset(self.fold.state.active())

    def roles(self, organisation: str) -> frozenset[str]:
        """What an organisation is in it; nothing where it takes no part."""
        party = self.fold.state.active().get(organisation)
        return party.roles if party is not None else frozenset()

    def place(self, team: str) -> Place | None:
        """The team of that name."""
        return next((each for each in self.places if each.name == team), None)

    def teams_of(self, organisation: str) -> tuple[Place, ...]:
        """The teams that an organisation plays in."""
        return tuple(each for each in self.places if organisation in each.organisations)

    def since(self, real: datetime) -> float:
        """Minutes of simulated time since the beginning; 0 before it."""
        now, begun = self.clock.at(real), self.clock.begun
        return 0.0 if now is None or begun is None else (now - begun).total_seconds() / 60


def word_of(scenario: str, owner: str, created: str) -> str:
    """The name of an exercise: nobody else's exercise can bear it, for it follows from who opened it, and when."""
    return f"{scenario}-{uuid5(EGNATIA, f'exercise {scenario} {owner} {created}').hex[:12]}"


def is_genuine(fold: Fold) -> bool:
    """Whether a case is an exercise's own one, opened by whose exercise it is."""
    case = fold.case
    facts = case.facts or {}
    return (
        case.workflow == WORKFLOW
        and case.exercise is not None
        and case.exercise == word_of(str(facts.get("scenario")), case.created_by_ref, case.created)
        and FACILITATOR in next((each.roles for each in case.parties if each.party_ref == case.created_by_ref), ())
    )


def game_of(fold: Fold) -> Game:
    """The exercise that a case tells of."""
    clock = clock_of(fold)
    places = _places(fold)
    comments = [event for event in fold.ordering if event.does == "comment" and event.id not in fold.state.refused]
    leading = {who for who, party in fold.state.parties.items() if FACILITATOR in party.roles}
    staff = {who for who, party in fold.state.parties.items() if not party.roles.isdisjoint(STAFF)}
    plans = [event for event in comments if event.author in leading and event.fields.get("what") == PLAN]
    plan = plans[0] if plans else None
    injects = [event for event in comments if event.author in leading and event.fields.get("what") == INJECT]
    first = {str(event.fields.get("inject")): event for event in reversed(injects)}
    notes = [event for event in comments if event.author in staff and event.fields.get("what") == NOTE]
    return Game(
        word=fold.case.exercise or "",
        fold=fold,
        clock=clock,
        places=places,
        scenario=_scenario(plan.text) if plan is not None else None,
        people=_people(plan) if plan is not None else {},
        received=tuple(
            _received(fold, event, clock, places)
            for event in injects
            if first[str(event.fields.get("inject"))] is event
        ),
        notes=tuple(_noted(fold, event, clock) for event in notes),
    )


_scenario = lru_cache(maxsize=32)(scenario_in)


def _places(fold: Fold) -> tuple[Place, ...]:
    """`teams` are `name: title` in the order of the roles."""
    named: Any = (fold.case.facts or {}).get("teams", ())
    found = []
    for number, text in enumerate(named, 1):
        name, _, title = str(text).partition(": ")
        role = f"team-{number}"
        held = frozenset(who for who, party in fold.state.parties.items() if role in party.roles and not party.left)
        found.append(Place(role, name, title, held))
    return tuple(found)


def _people(plan: Event) -> dict[str, tuple[str, ...]]:
    """`people` are `team login`: who plays in which team, where that was said."""
    found: dict[str, tuple[str, ...]] = {}
    for each in plan.fields.get("people", ()):
        team, _, login = str(each).partition(" ")
        found[team] = (*found.get(team, ()), login)
    return found


def _at(fold: Fold, event: Event, clock: Clock) -> datetime | None:
    return clock.at(moment(fold.ordering.keys[event.id][0]))


def _received(fold: Fold, event: Event, clock: Clock, places: tuple[Place, ...]) -> Received:
    said = event.fields
    at = _at(fold, event, clock)
    return Received(
        event=event.id,
        name=str(said.get("inject", "")),
        title=str(said.get("title", "")),
        kind=str(said.get("kind", "message")),
        sender=str(said.get("sender", "")),
        text=event.text,
        at=at if at is not None else moment(fold.ordering.keys[event.id][0]),
        to=tuple(each.name for each in places if each.role in event.only),
        refs=event.refs,
        techniques=tuple(map(str, said.get("techniques", ()))),
        by=event.by,
        why=str(said.get("why", "")),
    )


def _noted(fold: Fold, event: Event, clock: Clock) -> Noted:
    said = event.fields
    kind: Any = said.get("kind", "note")
    score = said.get("score")
    return Noted(
        event=event.id,
        kind=kind if kind in {"note", "score", "finding", "follow-up"} else "note",
        text=event.text,
        author=event.author,
        person=event.by,
        at=_at(fold, event, clock),
        team=str(said.get("team", "")),
        expectation=str(said.get("expectation", "")),
        objective=str(said.get("objective", "")),
        score=float(score) if isinstance(score, int | float) and 0 <= score <= 100 else None,
    )
