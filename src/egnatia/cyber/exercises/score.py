"""What was expected, what was done, and how that is scored: a pure function of the cases of an exercise.

A team is scored by what its own organisations and people did; who plays in several teams is scored in each by that
team's own result. What an observer said by hand counts before a rule.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from egnatia.casework.clock import moment
from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.cyber.exercises.game import Game, Place
from egnatia.cyber.exercises.scenario import Expectation, Handover, span


class Status(enum.StrEnum):
    """How an expectation stands."""

    WAITING = "waiting"
    OPEN = "open"
    MET = "met"
    LATE = "late"
    MISSED = "missed"
    BY_HAND = "by-hand"


WORTH: Final[Mapping[Status, float]] = {Status.MET: 1.0, Status.LATE: 0.5, Status.MISSED: 0.0}
"""The part of its points that an expectation is worth; what is open or waits is not counted yet."""


class Shared(msgspec.Struct, frozen=True):
    """A record that somebody shared in the exercise, and when in simulated time."""

    id: str
    type: str
    owner: str
    at: datetime


class Evidence(msgspec.Struct, frozen=True):
    """What was done: the cases of the exercise, and what was shared beside them."""

    cases: tuple[Fold, ...] = ()
    records: tuple[Shared, ...] = ()


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One expectation and how it stands. `met` is when it was, `proof` the event or record that shows it; `worth` is
    None while nothing can be said."""

    expectation: Expectation
    status: Status
    due: datetime | None
    met: datetime | None = None
    proof: str = ""
    worth: float | None = None
    words: str = ""


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-over between economies: when it was given, when it was taken up, and whether that was in time."""

    handover: Handover
    given: datetime | None = None
    taken: datetime | None = None
    case: str = ""
    status: Status = Status.WAITING

    @property
    def minutes(self) -> float | None:
        """How long it took in simulated minutes; None while it is not taken up."""
        if self.given is None or self.taken is None:
            return None
        return (self.taken - self.given).total_seconds() / 60


class Points(msgspec.Struct, frozen=True):
    """What was earned of what could be, and how many things were counted; `share` is None before the first."""

    name: str
    title: str
    earned: float
    most: float
    counted: int

    @property
    def share(self) -> float | None:
        """From 0 to 1."""
        return self.earned / self.most if self.most else None


class Person(msgspec.Struct, frozen=True):
    """Somebody in one of their teams: how many events were theirs there, and the team's own result."""

    login: str
    team: str
    acts: int
    share: float | None


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of it."""

    results: tuple[Result, ...]
    handovers: tuple[Passed, ...]
    objectives: tuple[Points, ...]
    teams: tuple[Points, ...]
    people: tuple[Person, ...]
    overall: Points


def scores(game: Game, evidence: Evidence, now: datetime) -> Scores:
    """How everything stands at a moment of simulated time; nothing for who does not know the scenario."""
    scenario = game.scenario
    if scenario is None:
        return Scores(results=(), handovers=(), objectives=(), teams=(), people=(), overall=Points("", "", 0, 0, 0))
    book = Book(game, evidence, now)
    results = tuple(map(book.result, scenario.expectations))
    passed = tuple(map(book.passed, scenario.handovers))
    teams = tuple(_points(each.name, each.title, (one for one in results if one.expectation.team == each.name))
                  for each in scenario.teams)  # fmt: skip
    shares = {each.name: each.share for each in teams}
    return Scores(
        results=results,
        handovers=passed,
        objectives=tuple(_objective(each.name, each.title, results, passed) for each in scenario.objectives),
        teams=teams,
        people=tuple(Person(login, team, book.acts(team, login), shares.get(team))
                     for team, logins in game.people.items() for login in logins),
        overall=_points("", scenario.title, results, passed),
    )  # fmt: skip


class Book:
    """Looks up who did what, and when."""

    def __init__(self, game: Game, evidence: Evidence, now: datetime) -> None:
        self.game, self.evidence, self.now = game, evidence, now
        self.over = game.state in {"finished", "closed"}
        self.given = {each.name: each.at for each in game.received}
        self.said = {each.expectation: each for each in game.notes if each.kind == "score" and each.score is not None}

    def result(self, each: Expectation) -> Result:
        """How one expectation stands."""
        start, due = self._window(each)
        by_hand = self.said.get(each.name)
        if by_hand is not None and by_hand.score is not None:
            return Result(expectation=each, status=Status.BY_HAND, due=due, met=by_hand.at, proof=by_hand.event,
                          worth=by_hand.score / 100, words=by_hand.text)  # fmt: skip
        if start is None or due is None:
            return Result(expectation=each, status=Status.WAITING, due=due)
        met, proof = self.first(each, start)
        if met is not None:
            status = Status.MET if met <= due else Status.LATE
        elif self.now > due or self.over:
            # What only a person can judge is never missed by a rule.
            status = Status.OPEN if each.met_by == "observer" else Status.MISSED
        else:
            status = Status.OPEN
        return Result(expectation=each, status=status, due=due, met=met, proof=proof, worth=WORTH.get(status))

    def passed(self, each: Handover) -> Passed:
        """How one hand-over went: the first case into which the giver brought the taker, and its first act there."""
        giver, taker = self.game.place(each.giver), self.game.place(each.taker)
        if giver is None or taker is None:
            return Passed(handover=each)
        found = []
        for fold in self.evidence.cases:
            given = next(iter(self._informs(fold, giver, taker)), None)
            if given is not None:
                acts = (
                    at
                    for event, at in _events(fold)
                    if self._is_of(event, taker) and at >= given[0] and event.id != given[1]
                )
                found.append((given[0], next(acts, None), fold.case.id))
        if not found:
            return Passed(handover=each, status=Status.MISSED if self.over else Status.WAITING)
        given_at, taken, case = min(found)
        limit = given_at + span(each.within)
        if taken is not None:
            status = Status.MET if taken <= limit else Status.LATE
        else:
            status = Status.MISSED if self.now > limit or self.over else Status.OPEN
        return Passed(handover=each, given=given_at, taken=taken, case=case, status=status)

    def first(self, each: Expectation, start: datetime) -> tuple[datetime | None, str]:
        """When a team first did what is expected, from a moment on, and what shows it."""
        place = self.game.place(each.team)
        if place is None:
            return None, ""
        done = [one for one in self._done(each, place) if one[0] >= start]
        return min(done, default=(None, ""))

    def stepped(self, name: str) -> datetime | None:
        """When a step was first done in any case of the exercise."""
        done = (at for fold in self.evidence.cases for event, at in _events(fold) if event.does == name)
        return min(done, default=None)

    def acts(self, team: str, login: str) -> int:
        """How many events of a team were a person's."""
        place = self.game.place(team)
        events = (event for fold in self.evidence.cases for event, _ in _events(fold))
        return sum(place is not None and event.author in place.organisations and event.by == login for event in events)

    def _window(self, each: Expectation) -> tuple[datetime | None, datetime | None]:
        begun = self.game.clock.begun
        if each.since:
            given = self.given.get(each.since)
            return given, None if given is None else given + span(each.within)
        return begun, None if begun is None else begun + span(each.by)

    def _done(self, each: Expectation, place: Place) -> Iterator[tuple[datetime, str]]:
        kind, _, name = each.met_by.partition(":")
        if kind == "shares":
            yield from ((one.at, one.id) for one in self.evidence.records
                        if one.type == name and one.owner in place.organisations)  # fmt: skip
            return
        if kind == "observer":
            return
        informed = self.game.place(name) if kind == "informs" else None
        for fold in self.evidence.cases:
            if kind == "opens" and fold.case.workflow == name and fold.case.created_by_ref in place.organisations:
                yield moment(fold.state.parties[fold.case.created_by_ref].joined), fold.case.id
            if informed is not None:
                yield from self._informs(fold, place, informed)
            for event, at in _events(fold):
                if self._is_of(event, place) and _shows(kind, name, event):
                    yield at, event.id

    def _informs(self, fold: Fold, giver: Place, taker: Place) -> Iterator[tuple[datetime, str]]:
        """When one team brought another one into a case: when it opened it with it, or by its event."""
        named = {each.party_ref for each in fold.case.parties}
        if fold.case.created_by_ref in giver.organisations and not named.isdisjoint(taker.organisations):
            yield moment(fold.state.parties[fold.case.created_by_ref].joined), fold.case.id
        for event, at in _events(fold):
            joins = event.does == "join" and not taker.organisations.isdisjoint(event.about)
            if joins and self._is_of(event, giver):
                yield at, event.id

    def _is_of(self, event: Event, place: Place) -> bool:
        """Whether a team did it: one of its organisations, by one of its people where they are named."""
        people = self.game.people.get(place.name, ())
        return event.author in place.organisations and (not people or event.by in people)


def _events(fold: Fold) -> Iterator[tuple[Event, datetime]]:
    """What had an effect, in order, with its moment in simulated time."""
    for event in fold.ordering:
        if event.id not in fold.state.refused:
            yield event, moment(fold.ordering.keys[event.id][0])


def _shows(kind: str, name: str, event: Event) -> bool:
    match kind:
        case "report":
            return event.does == "submit" and name in event.about
        case "step" | "deed":
            return event.does == name
        case "says":
            return event.fields.get(name) is not None
        case _:
            return False


def _points(name: str, title: str, results: Iterable[Result], passed: Iterable[Passed] = ()) -> Points:
    worths = [(each.expectation.points, each.worth) for each in results if each.worth is not None]
    worths += [(10, WORTH[each.status]) for each in passed if each.status in WORTH]
    return Points(name, title, sum(points * worth for points, worth in worths), sum(points for points, _ in worths),
                  len(worths))  # fmt: skip


def _objective(name: str, title: str, results: Iterable[Result], passed: Iterable[Passed]) -> Points:
    mine = (each for each in results if each.expectation.objective == name)
    return _points(name, title, mine, (each for each in passed if each.handover.objective == name))
