"""The exercises of one node: planned, led, played and evaluated through the one way in, like any other case.

An exercise is a case of its own (`exercise.toml`) in the world that it makes; everything that happens in it is a signed
event there, so every node of its participants folds the same state and the same time.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import Any, Final

import msgspec

from egnatia.casework.audience import marking
from egnatia.casework.library import Library, shipped
from egnatia.casework.registry import Deed, Opening, Registry, Unknown
from egnatia.casework.stage import everywhere
from egnatia.cyber.exercises.examination import examined
from egnatia.cyber.exercises.game import (
    FACILITATOR,
    INJECT,
    NOTE,
    OBSERVER,
    PLAN,
    WORKFLOW,
    Game,
    NoteKind,
    game_of,
    is_genuine,
    word_of,
)  # fmt: skip
from egnatia.cyber.exercises.observables import observed
from egnatia.cyber.exercises.scenario import Inject, Scenario, scenario_in
from egnatia.cyber.exercises.score import Evidence, Shared
from egnatia.cyber.exercises.time import GameTime
from egnatia.exchange.submission import Submitter
from egnatia.policy import EVERY, Clearance, clearance_within
from egnatia.record import Invalid, read, reading
from egnatia.record.case import Case, CaseParty
from egnatia.store.query import LAST, Query

_MOST: Final = 1_000
_FRESH_SECONDS: Final = 5.0
"""For so long nothing but new events is looked for; a marking that became known late is noticed then."""
_SHARED: Final = ("indicator", "sighting", "observed-data", "malware", "campaign", "report", "note", "incident",
                  "course-of-action", "infrastructure", "intrusion-set", "vulnerability", "grouping")  # fmt: skip


@cache
def library() -> Library:
    """The workflows of exercises, and of what follows from them."""
    return Library([shipped("egnatia.cyber.exercises", f"{name}.toml") for name in ("exercise", "follow-up")])


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An exercise to be held: which organisations play each team, who observes, and perhaps who plays by name."""

    text: str
    cast: Mapping[str, tuple[str, ...]]
    observers: tuple[str, ...] = ()
    people: Mapping[str, tuple[str, ...]] = {}
    title: str = ""


class _Known(msgspec.Struct, frozen=True):
    """The exercises as they were read last, `position` in the log and on the monotonic clock."""

    clearance: Clearance
    position: int
    read_at: float
    games: dict[str, Game]


class Exercises:
    """Every exercise that an organisation of this node takes part in. Thread-safe."""

    def __init__(self, registry: Registry, economy_of: Callable[[str], str]) -> None:
        self.registry, self._economy_of = registry, economy_of
        self._host = registry.host
        self._lock = Lock()
        self._known = _Known(Clearance(), -1, float("-inf"), {})

    # What casework asks of its stage.

    def moment(self, case: Case) -> datetime | None:
        """What time it is in the exercise of a case; None for what is real, and for an exercise's own case."""
        if not case.exercise or case.workflow == WORKFLOW:
            return None
        game = self._all().get(case.exercise)
        return game.clock.at(datetime.now(UTC)) if game is not None else None

    def watchers(self, exercise: str) -> frozenset[str]:
        """Who leads and observes an exercise."""
        game = self._all().get(exercise) if exercise else None
        return game.staff if game is not None else frozenset()

    # Finding.

    def of(self, organisation: str | None) -> tuple[Game, ...]:
        """The exercises that an organisation takes part in, as it may see them, the newest first."""
        if organisation is None:
            return ()
        found = [self.game(organisation, word) for word, each in self._all().items()
                 if organisation in each.participants]  # fmt: skip
        return tuple(sorted(filter(None, found), key=lambda game: game.fold.case.created, reverse=True))

    def game(self, organisation: str | None, word: str) -> Game | None:
        """One exercise as an organisation that takes part may see it; None for others."""
        whole = self._all().get(word)
        if organisation is None or whole is None or organisation not in whole.participants:
            return None
        try:
            return game_of(self.registry.fold(self.clearance(organisation, word), whole.id))
        except Unknown:
            return None

    def clearance(self, organisation: str, word: str) -> Clearance:
        """What an organisation may see in an exercise."""
        return clearance_within(self._host.clearance_of(organisation), word)

    def marking(self, word: str) -> bytes:
        """What everything bears that is handed in in an exercise: for its participants, unless it is narrower."""
        return marking(self._all()[word].participants, word)[1]

    def is_in(self, organisation: str | None, word: str) -> str:
        """The title of the exercise, if the organisation takes part in it and it is not closed; else empty. Cheap."""
        game = self._all().get(word) if word and organisation is not None else None
        return game.title if game is not None and organisation in game.participants else ""

    def time(self, word: str) -> GameTime:
        """What time it is in an exercise now."""
        game = self._all().get(word)
        now = game.clock.at(datetime.now(UTC)) if game is not None else None
        at = None if now is None else int(now.timestamp() * 1_000_000)
        return GameTime(at, game.clock.speed if game is not None else 0)

    def led_here(self) -> tuple[Game, ...]:
        """The exercises that run and are led by an organisation of this node."""
        hosted = set(self.registry.hosted())
        return tuple(each for each in self._all().values()
                     if each.state == "running" and each.fold.case.created_by_ref in hosted)  # fmt: skip

    # Leading.

    def plan(self, submitter: Submitter, plan: Plan, *, now: datetime | None = None) -> str:
        """Opens an exercise and returns its name. Raises Unsound for a scenario that contradicts itself, ValueError
        for a cast that does not fit."""
        scenario = examined(scenario_in(plan.text), self.registry.library)
        stamp = (now or datetime.now(UTC)).astimezone(UTC)
        created = f"{stamp:%Y-%m-%dT%H:%M:%S.%f}"[:23] + "Z"
        word = word_of(scenario.name, submitter.organisation, created)
        player = within(submitter, word)
        opening = Opening(
            workflow=WORKFLOW,
            title=plan.title or scenario.title,
            parties=self._parties(submitter.organisation, scenario, plan),
            facts={
                "scenario": scenario.name,
                "scenario_version": scenario.version,
                "teams": [f"{each.name}: {each.title}" for each in scenario.teams],
            },
            exercise=word,
        )
        case = self.registry.open(player, opening, now=stamp)
        people = [f"{team} {login}" for team, logins in plan.people.items() for login in logins]
        fields: dict[str, Any] = {"what": PLAN} | ({"people": people} if people else {})
        self.registry.act(
            player, case, Deed(does="comment", text=plan.text, fields=fields, only=(FACILITATOR, OBSERVER))
        )
        return word

    def do(self, submitter: Submitter, word: str, does: str, text: str = "", **fields: Any) -> None:
        """A step of the facilitator; raises Refused where it would have no effect, Unknown."""
        game = self._led(submitter, word)
        if does == "begin" and game.scenario is not None:
            fields = {"starts_at": game.scenario.starts_at, "speed": game.scenario.speed} | fields
        self.registry.act(within(submitter, word), game.id, Deed(does=does, text=text, fields=fields))

    def release(self, submitter: Submitter, word: str, inject: str, why: str) -> bool:
        """Lets something happen to its teams; whether it had not happened before. Raises Unknown."""
        game = self._led(submitter, word)
        found = next((each for each in game.scenario.injects if each.name == inject), None) if game.scenario else None
        if found is None:
            raise Unknown(f"the scenario has no inject {inject!r}")
        if game.clock.begun is None or any(each.name == inject for each in game.received):
            return False
        player = within(submitter, word)
        refs = self._found(player, game, found)
        said = {"what": INJECT, "inject": found.name, "title": found.title, "kind": found.kind,
                "sender": found.sender, "techniques": list(found.techniques), "why": why}  # fmt: skip
        only = (*(game.scenario.place(team) for team in found.to), FACILITATOR, OBSERVER) if game.scenario else ()
        fields = {name: value for name, value in said.items() if value}
        self.registry.act(player, game.id, Deed(does="comment", text=found.text, fields=fields, refs=refs, only=only))
        return True

    def note(  # noqa: PLR0913  what a note may say
        self, submitter: Submitter, word: str, text: str, *, kind: NoteKind = "note", team: str = "",
        expectation: str = "", objective: str = "", score: float | None = None,
    ) -> None:  # fmt: skip
        """Writes down what was seen, scored or found; for who leads and observes alone. Raises Unknown for others."""
        game = self.game(submitter.organisation, word)
        if game is None or submitter.organisation not in game.staff:
            raise Unknown(f"there is no exercise {word!r} that you may take notes in")
        if score is not None and not 0 <= score <= 100:
            raise ValueError("a score is from 0 to 100")
        said = {"what": NOTE, "kind": kind, "team": team, "expectation": expectation, "objective": objective}
        fields: dict[str, Any] = {name: value for name, value in said.items() if value}
        if score is not None:
            fields["score"] = score
        deed = Deed(does="comment", text=text, fields=fields, only=(FACILITATOR, OBSERVER))
        self.registry.act(within(submitter, word), game.id, deed)

    def evidence(self, organisation: str, game: Game) -> Evidence:
        """What was done in an exercise, as far as an organisation may see it."""
        clearance = self.clearance(organisation, game.word)
        rows = self._host.store.changes(clearance, 0, _MOST, Query(types=("case",), versions=(LAST,))).rows
        folds = []
        for id_ in dict.fromkeys(row.id for row in rows if row.id != game.id):
            try:
                folds.append(self.registry.fold(clearance, id_))
            except Unknown:
                continue
        given = {ref for each in game.received for ref in each.refs}
        shared = self._host.store.changes(clearance, 0, _MOST, Query(types=_SHARED, versions=(LAST,))).rows
        records = [Shared(row.id, row.type, row.owner, at) for row in shared if row.id not in given
                   and (at := game.clock.at(datetime.fromtimestamp(row.at / 1_000_000, UTC))) is not None]  # fmt: skip
        return Evidence(tuple(folds), tuple(records))

    def follow_up(self, submitter: Submitter, opening: "FollowUp") -> str:
        """Opens a real case for what was learnt: words alone go into it, nothing of the exercise. Raises ValueError."""
        asking, owner = submitter.organisation, opening.owner
        roles: dict[str, tuple[str, ...]] = {asking: ("asking",)}
        roles[owner] = (*roles.get(owner, ()), "owner")
        facts = {"finding": opening.finding, "action": opening.action, "origin": opening.origin,
                 "person": opening.person, "until": opening.until}  # fmt: skip
        real = msgspec.structs.replace(submitter, exercise="", marking=b"")
        parties = tuple(CaseParty(party_ref=who, economy=self._economy_of(who), roles=held)
                        for who, held in roles.items())  # fmt: skip
        return self.registry.open(
            real,
            Opening(workflow="follow-up", title=opening.action[:300], parties=parties,
                    facts={name: value for name, value in facts.items() if value}),
        )  # fmt: skip

    def _led(self, submitter: Submitter, word: str) -> Game:
        game = self.game(submitter.organisation, word)
        if game is None or FACILITATOR not in game.roles(submitter.organisation):
            raise Unknown(f"there is no exercise {word!r} that you lead")
        return game

    def _found(self, player: Submitter, game: Game, inject: Inject) -> tuple[str, ...]:
        """What a technical finding names, as records of the exercise for its teams and who leads and observes."""
        if not inject.observables:
            return ()
        readers = game.staff.union(*(place.organisations for team in inject.to if (place := game.place(team))))
        id_, definition = marking(readers, game.word)
        bodies, refs = observed(inject, game.word, player.organisation, id_, datetime.now(UTC))
        outcome = self._host.admission.submit([definition, *bodies], player, atomic=True).result(30)
        if outcome.refused:
            raise Invalid(outcome.refused[0].problems)
        return refs

    def _parties(self, leading: str, scenario: Scenario, plan: Plan) -> tuple[CaseParty, ...]:
        missing = [each.name for each in scenario.teams if not plan.cast.get(each.name)]
        strange = plan.cast.keys() - {each.name for each in scenario.teams}
        if missing or strange:
            raise ValueError(f"the cast does not fit: nobody plays {missing}, there are no teams {sorted(strange)}")
        roles: dict[str, list[str]] = {leading: [FACILITATOR]}
        for observer in plan.observers:
            roles.setdefault(observer, []).append(OBSERVER)
        for team, organisations in plan.cast.items():
            for organisation in organisations:
                roles.setdefault(organisation, []).append(scenario.place(team))
        return tuple(CaseParty(party_ref=who, economy=self._economy_of(who), roles=tuple(dict.fromkeys(held)))
                     for who, held in roles.items())  # fmt: skip

    def _all(self) -> dict[str, Game]:
        """Every exercise that is held here, as all organisations of this node together may see it."""
        position = self._host.store.position()
        hosted = [each for one in self.registry.hosted() for each in self._host.clearance_of(one).standings]
        clearance = clearance_within(Clearance(tuple(hosted)), EVERY)
        with self._lock:
            known = self._known
        if known.clearance == clearance and time.monotonic() - known.read_at < _FRESH_SECONDS:
            asked = Query(types=("case", "case-event", "recall"))
            if known.position == position or not self._host.store.changes(clearance, known.position, 1, asked).rows:
                return known.games
        rows = self._host.store.changes(clearance, 0, _MOST, Query(types=("case",), versions=(LAST,))).rows
        found: dict[str, Game] = {}
        for row in rows:
            case = reading(read(row.body))
            if not isinstance(case, Case) or case.workflow != WORKFLOW or row.owner != case.created_by_ref:
                continue
            try:
                fold = self.registry.fold(everywhere(clearance), case.id)
            except Unknown:
                continue
            if is_genuine(fold):
                found[case.exercise or ""] = game_of(fold)
        with self._lock:
            self._known = _Known(clearance, position, time.monotonic(), found)
        return found


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that somebody is to act upon: `owner` is an organisation, `until` a moment in UTC."""

    finding: str
    action: str
    owner: str
    until: str
    origin: str
    person: str = ""


def within(submitter: Submitter, word: str) -> Submitter:
    """The same person in an exercise; records of its cases bear their own marking."""
    return msgspec.structs.replace(submitter, exercise=word, marking=b"")
