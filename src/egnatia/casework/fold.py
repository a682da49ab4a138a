"""A case is the fold of its events: whoever holds the same events holds the same state.

Nothing here knows a clock, a database or a network. An event that the workflow does not allow changes nothing and is
kept as refused, with the rule. An event at the end costs the same in a case of any length; one that belongs
earlier has the case folded again.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from egnatia.casework.acts import ACTS, Act, open_duty
from egnatia.casework.deed import DEEDS
from egnatia.casework.event import Event, opened_at
from egnatia.casework.field import complaint, known_as
from egnatia.casework.order import Ordering
from egnatia.casework.rulebook import Rulebook
from egnatia.casework.state import CaseState, Conflict, Party, Refusal, Rule
from egnatia.casework.workflow import Step
from egnatia.record.case import Case

_IN_MERGED: Final = frozenset({"merge", "unmerge", "join", "leave"})
"""What can be done, besides talking, in a case that goes on in another one."""


class Fold:
    """One case under one rulebook, and the events that are held of it."""

    def __init__(self, book: Rulebook, case: Case, events: Iterable[Event] = ()) -> None:
        self.book, self.case = book, case
        self.ordering = Ordering()
        self._steps = {step.name: (step, book.sources(step), frozenset(step.roles)) for step in book.workflow.steps}
        self._acts = {name: (ACTS[name], DEEDS[name].talks) for name in ACTS}
        self.state = self._begin()
        self.add(events)

    def add(self, events: Iterable[Event]) -> None:
        """Take in events in any order; those that are held already are no news."""
        further = self.ordering.add(events)
        if further is None:
            self.state = self._begin()
            further = list(self.ordering)
        for event in further:
            self._apply(event)
        self.state.missing = set(self.ordering.missing)

    def known(self) -> dict[str, Any]:
        """The facts, what follows from them, and what the case knows of itself."""
        return self.book.concluded(self._facts())

    def may(self, organisation: str) -> list[Step]:
        """The steps that a party could do now, as far as its roles, the state and the rules go."""
        party = self.state.parties.get(organisation)
        if party is None or party.left or self.state.merged:
            return []
        known = self.known()
        return [
            step
            for step, sources, roles in self._steps.values()
            if self.state.state in sources
            and not roles.isdisjoint(party.roles)
            and ((rule := self.book.rule("step", step.name)) is None or rule.holds(known))
        ]

    def covers(self, event: str) -> bool:
        """Whether the event's author knew everything that comes before it. Asked of the last event only."""
        return self.state.heads == {event}

    def refuse(self, event: Event, rule: Rule, reason: str, instead: str = "") -> None:
        """The event has no effect."""
        self.state.refused[event.id] = Refusal(event.id, rule, reason, instead)

    def say(self, event: Event, name: str, value: Any) -> None:
        """A fact is known now, or no longer where the value is None."""
        state = self.state
        said, value = value, known_as(self.book.fields[name], value)
        before = state.said_by.get(name)
        if before is not None and before != event.id:
            self._compare(event, name, value, before)
        if value is None:
            state.facts.pop(name, None)
        else:
            state.facts[name] = value
        self._enter(name, said, value)
        state.said_by[name] = event.id
        state.history.setdefault(name, []).append((event.id, value))

    def check(self, event: Event, party: Party, allowed: Callable[[str], bool]) -> bool:
        """Whether the fields that an event brings are in order; refuses it where not."""
        for name, value in event.fields.items():
            field = self.book.fields.get(name)
            if field is None or not allowed(name):
                self.refuse(event, Rule.FIELD_WRONG, f"{name} has no place in {event.does}")
            elif problem := complaint(field, value):
                self.refuse(event, Rule.FIELD_WRONG, problem)
            elif field.by and party.roles.isdisjoint(field.by):
                self.refuse(event, Rule.NOT_ITS_FIELD, f"{name} is said by {', '.join(field.by)}")
            else:
                continue
            return False
        return True

    def lacking(self, event: Event, needs: Iterable[str]) -> str:
        """The first fact of `needs` that is not known even with the event's own fields; empty where none is."""
        facts, fields = self.state.facts, event.fields
        return next((name for name in needs if (fields[name] if name in fields else facts.get(name)) is None), "")

    def _begin(self) -> CaseState:
        opened = opened_at(self.case)
        parties: dict[str, Party] = {}
        for each in self.case.parties:
            roles = frozenset(each.roles) & self.book.roles.keys()
            parties[each.party_ref] = Party(each.economy, roles, opened)
        state = CaseState(self.book.initial, opened, parties)
        for name, value in (self.case.facts or {}).items():
            field = self.book.fields.get(name)
            if field is not None and value is not None and not complaint(field, value):
                state.facts[name] = known_as(field, value)
                if state.facts[name] != value:
                    state.entered[name] = value
        return state

    def _apply(self, event: Event) -> None:
        state = self.state
        state.count += 1
        heads = state.heads
        heads.difference_update(event.after)
        heads.add(event.id)
        if not event.answered:
            return self.refuse(event, Rule.NOT_ANSWERED_FOR, "whoever brought it in is not the author that it names")
        party = state.parties.get(event.author)
        if party is None:
            return self.refuse(event, Rule.NOT_A_PARTY, "its author is not a party of the case")
        if party.left:
            return self.refuse(event, Rule.HAS_LEFT, "its author had left the case")
        act = self._acts.get(event.does)
        if state.merged and not (act is not None and (act[1] or event.does in _IN_MERGED)):
            return self.refuse(event, Rule.MERGED, f"the case goes on in {state.merged}: take that back first")
        if act is not None:
            return self._act(event, party, *act)
        step = self._steps.get(event.does)
        if step is None:
            return self.refuse(event, Rule.UNKNOWN_DEED, f"the workflow knows no {event.does}")
        return self._step(event, party, *step)

    def _act(self, event: Event, party: Party, act: Act, talks: bool) -> None:
        if not talks:
            if event.only:
                return self.refuse(event, Rule.FOR_ALL, "what changes the case is for all its parties")
            if party.roles.isdisjoint(self.book.acting) and event.does != "leave":
                return self.refuse(event, Rule.ONLY_READS, "its roles read and comment only")
        if DEEDS[event.does].reason and not event.text:
            return self.refuse(event, Rule.REASON_MISSING, f"{event.does} needs words")
        return act(self, event, party)

    def _step(self, event: Event, party: Party, step: Step, sources: frozenset[str], roles: frozenset[str]) -> None:
        state = self.state
        if event.only:
            return self.refuse(event, Rule.FOR_ALL, "what changes the case is for all its parties")
        if roles.isdisjoint(party.roles):
            return self.refuse(event, Rule.NOT_ITS_ROLE, f"{step.name} is for {', '.join(step.roles)}")
        if state.state not in sources:
            return self._wrong_state(event, step)
        if step.reason and not event.text:
            return self.refuse(event, Rule.REASON_MISSING, f"{step.name} needs words")
        if event.fields and not self.check(event, party, (*step.needs, *step.takes).__contains__):
            return None
        if step.needs and (name := self.lacking(event, step.needs)):
            return self.refuse(event, Rule.FIELD_MISSING, f"{step.name} needs {name}")
        rule = self.book.rule("step", step.name)
        if rule is not None and not rule.holds(self.book.concluded({**self._facts(), **self._said(event)})):
            return self.refuse(event, Rule.RULE_UNMET, f"{step.name} asks that {rule.text}")
        return self._done(event, step)

    def _done(self, event: Event, step: Step) -> None:
        state = self.state
        at = self.ordering.keys[event.id][0]
        for name, value in event.fields.items():
            self.say(event, name, value)
        for name in step.stamps:
            if name not in state.facts:
                self.say(event, name, f"{at[:26]}Z")
        for name, value in step.sets.items():
            self.say(event, name, value)
        if step.to and step.to != state.state:
            state.state, state.since, state.moved_by = step.to, at, event.id
        state.done.setdefault(step.name, []).append((event.id, at))
        for name in step.opens:
            open_duty(self, event, name)

    def _wrong_state(self, event: Event, step: Step) -> None:
        """The state is another one: because somebody moved it meanwhile, or because the author got it wrong."""
        state = self.state
        reason = f"{step.name} cannot be done in the state {state.state}"
        moved = state.moved_by
        if moved and not self.covers(event.id) and not self.ordering.is_before(moved, event.id):
            return self.refuse(event, Rule.OVERTAKEN, f"{reason}, to which another party had moved it", moved)
        return self.refuse(event, Rule.WRONG_STATE, reason)

    def _compare(self, event: Event, name: str, value: Any, before: str) -> None:
        """Notes a conflict where the author did not know what was said before, and ends one where it did."""
        state = self.state
        if self.covers(event.id) or self.ordering.is_before(before, event.id):
            earlier = state.conflicts.get(name)
            if earlier and (self.covers(event.id) or self.ordering.is_before(earlier.earlier, event.id)):
                del state.conflicts[name]
        elif state.facts.get(name) != value:
            state.conflicts[name] = Conflict(name, before, event.id)

    def _enter(self, name: str, said: Any, value: Any) -> None:
        """Keeps a moment as it was said, where that was not in UTC."""
        if said is not value:
            self.state.entered[name] = said
        elif self.state.entered:
            self.state.entered.pop(name, None)

    def _said(self, event: Event) -> dict[str, Any]:
        return {name: known_as(self.book.fields[name], value) for name, value in event.fields.items()}

    def _facts(self) -> dict[str, Any]:
        active = self.state.active()
        economies = sorted({party.economy for party in active.values()})
        return {**self.state.facts, "state": self.state.state, "economies": economies, "parties": list(active)}
