"""A case is the fold of its events: refusals say their rule, and what arrives in another order folds to the same."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.casework.builders import CSIRT, ENTITY, OTHER, SMALL, WATCHER, case, event, fold

from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.casework.rulebook import Rulebook
from egnatia.casework.state import CaseState, Rule
from egnatia.casework.workflow import State, Step, Workflow

BOOK = Rulebook(SMALL)
DECLARED = event(ENTITY, "declare", 1, severity="low")


def rule_of(*events: Event) -> Rule | None:
    """The rule by which the last event is refused."""
    refusal = fold(*events).state.refused.get(events[-1].id)
    return refusal.rule if refusal else None


def test_a_step_moves_the_case_and_has_its_effects() -> None:
    state = fold(DECLARED).state
    assert (state.state, state.facts["severity"], state.facts["aware_at"]) == (
        "declared", "low", "2026-03-02T09:00:00.000000Z",
    )  # fmt: skip
    assert [(task.title, task.responsible) for task in state.tasks.values()] == [("Look into it", "csirt")]


@pytest.mark.parametrize(
    ("last", "rule"),
    [
        (event(OTHER, "declare", 2), Rule.NOT_A_PARTY),
        (event(ENTITY, "close", 2, text="done"), Rule.NOT_ITS_ROLE),
        (event(CSIRT, "close", 2), Rule.REASON_MISSING),
        (event(CSIRT, "reopen", 2, after=(DECLARED,)), Rule.WRONG_STATE),
        (event(CSIRT, "close", 2, text="done", severity="high"), Rule.FIELD_WRONG),
        (event(CSIRT, "fly", 2), Rule.UNKNOWN_DEED),
        (event(CSIRT, "set", 2, severity="terrible"), Rule.FIELD_WRONG),
        (event(CSIRT, "set", 2, grave=True), Rule.FIELD_WRONG),
        (event(CSIRT, "set", 2), Rule.FIELD_MISSING),
        (event(ENTITY, "set", 2, verdict="not us"), Rule.NOT_ITS_FIELD),
        (event(ENTITY, "comment", 2), Rule.REASON_MISSING),
        (event(ENTITY, "set", 2, users=3, only=("csirt",)), Rule.FOR_ALL),
        (event(ENTITY, "set", 2, users=3, answered=False), Rule.NOT_ANSWERED_FOR),
        (event(ENTITY, "join", 2, OTHER, roles=["entity"], economy="RS"), Rule.NOT_ITS_ROLE),
        (event(CSIRT, "join", 2, OTHER, roles=["king"], economy="RS"), Rule.FIELD_WRONG),
        (event(ENTITY, "leave", 2, CSIRT, text="out"), Rule.NOT_ITS_ROLE),
        (event(ENTITY, "submit", 2, "nothing"), Rule.UNKNOWN_SUBJECT),
        (event(CSIRT, "submit", 2, "first"), Rule.NOT_ITS_ROLE),
        (event(CSIRT, "review", 2, "case-event--x", outcome="accepted"), Rule.UNKNOWN_SUBJECT),
        (event(ENTITY, "pause", 2, "first", text="ill"), Rule.NOT_ITS_ROLE),
        (event(CSIRT, "resume", 2, "first", text="well"), Rule.WRONG_STATE),
        (event(CSIRT, "extend", 2, "first", text="ill", until="soon"), Rule.FIELD_WRONG),
        (event(CSIRT, "assign", 2, "nothing", responsible=CSIRT), Rule.UNKNOWN_SUBJECT),
        (event(CSIRT, "duplicate", 2, "report--x", text="same"), Rule.UNKNOWN_SUBJECT),
    ],
)
def test_what_nobody_had_the_right_to_do_is_kept_as_refused_with_its_rule(last: Event, rule: Rule) -> None:
    assert rule_of(DECLARED, last) == rule
    assert fold(DECLARED, last).state.state == "declared"


def test_a_rule_over_the_facts_keeps_a_step_back() -> None:
    grave = event(ENTITY, "set", 2, severity="high")
    close = event(CSIRT, "close", 3, text="done")
    assert rule_of(DECLARED, grave, close) == Rule.RULE_UNMET
    calm = event(CSIRT, "calm", 2.5)
    assert fold(DECLARED, grave, calm, close).state.state == "closed"


def test_a_step_needs_what_must_be_known() -> None:
    assert rule_of(event(ENTITY, "declare", 1)) == Rule.FIELD_MISSING
    assert rule_of(event(ENTITY, "set", 0.5, severity="low"), event(ENTITY, "declare", 1)) is None


def test_who_left_does_nothing_any_more_and_may_come_back() -> None:
    left = event(ENTITY, "leave", 2)
    late = event(ENTITY, "comment", 3, text="but", after=(left,))
    assert rule_of(DECLARED, left, late) == Rule.HAS_LEFT
    back = event(CSIRT, "join", 4, ENTITY, roles=["entity"], economy="ME")
    again = event(ENTITY, "comment", 5, text="here")
    assert rule_of(DECLARED, left, late, back, again) is None


def test_an_observer_reads_and_comments_only() -> None:
    joined = event(CSIRT, "join", 1, WATCHER, roles=["observer"], economy="other")
    assert rule_of(joined, event(WATCHER, "comment", 2, text="I see")) is None
    assert rule_of(joined, event(WATCHER, "set", 2, users=1)) == Rule.ONLY_READS
    assert rule_of(joined, event(WATCHER, "leave", 2)) is None


def test_two_steps_that_did_not_know_of_each_other_the_later_is_overtaken() -> None:
    closed = event(CSIRT, "close", 3, text="done", after=(DECLARED,))
    calm = event(ENTITY, "declare", 4, severity="low", after=(DECLARED,))
    refusal = fold(DECLARED, closed, calm).state.refused[calm.id]
    assert (refusal.rule, refusal.instead) == (Rule.OVERTAKEN, closed.id)
    knowing = event(ENTITY, "declare", 4, severity="low", after=(closed,))
    assert fold(DECLARED, closed, knowing).state.refused[knowing.id].rule == Rule.WRONG_STATE


def test_two_words_on_one_fact_that_did_not_know_of_each_other_are_a_conflict_until_somebody_decides() -> None:
    here = event(ENTITY, "set", 2, users=10, after=(DECLARED,))
    there = event(CSIRT, "set", 3, users=99, after=(DECLARED,))
    state = fold(DECLARED, there, here).state
    assert (state.facts["users"], state.conflicts["users"].earlier, state.conflicts["users"].later) == (
        99, here.id, there.id,
    )  # fmt: skip
    decided = event(ENTITY, "set", 4, users=50, after=(here, there))
    settled = fold(DECLARED, there, here, decided).state
    assert (settled.facts["users"], settled.conflicts) == (50, {})
    assert [value for _, value in settled.history["users"]] == [10, 99, 50]


def test_nobody_puts_an_event_before_one_that_they_knew() -> None:
    closed = event(CSIRT, "close", 3, text="done", after=(DECLARED,))
    backdated = event(ENTITY, "set", 0.1, users=1, after=(closed,))
    assert rule_of(DECLARED, closed, backdated) == Rule.CASE_OVER


def test_what_is_named_but_not_held_is_told() -> None:
    second = event(ENTITY, "set", 2, users=1, after=(DECLARED,))
    incomplete = fold(second)
    assert incomplete.state.missing == {DECLARED.id}
    incomplete.add([DECLARED])
    assert incomplete.state == fold(DECLARED, second).state


def test_an_event_counts_once_it_comes_from_who_answers_for_it() -> None:
    forged = event(ENTITY, "declare", 1, severity="low", answered=False)
    true = Event(**{**{name: getattr(forged, name) for name in Event.__struct_fields__}, "answered": True})
    here = fold(forged)
    assert here.state.refused[forged.id].rule == Rule.NOT_ANSWERED_FOR
    here.add([true])
    here.add([forged])
    assert here.state.state == "declared"


ORGANISATIONS = (ENTITY, CSIRT, OTHER, WATCHER)


@st.composite
def workflows(draw: st.DrawFn) -> Rulebook:
    """A random sound workflow: states in a row with more steps across, some with rules and effects."""
    count = draw(st.integers(2, 5))
    names = [f"s{number}" for number in range(count)]
    states = tuple(State(name=name, title=name, final=name == names[-1]) for name in names)
    row = [(names[number], names[number + 1]) for number in range(count - 1)]
    across = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(["", *names])), max_size=5))
    roles = st.lists(st.sampled_from(["entity", "csirt"]), min_size=1, max_size=2, unique=True)
    steps = tuple(
        Step(
            name=f"go-{number}",
            title="go",
            roles=tuple(draw(roles)),
            source=(source,),
            to=to,
            when=draw(
                st.sampled_from(["", "", "known(users)", "users > 3 or severity == 'low'", "count(parties) > 2"])
            ),
            sets=draw(st.sampled_from([{}, {}, {"severity": "high"}, {"users": 5}])),
            stamps=draw(st.sampled_from([(), ("aware_at",)])),
        )
        for number, (source, to) in enumerate([*row, *across])
    )
    return Rulebook(
        Workflow(
            name="small", title="t", version="1", about="", admits=("csirt",), roles=SMALL.roles, states=states,
            fields=SMALL.fields, reports=SMALL.reports, deadlines=tuple(SMALL.deadlines[each] for each in (0, 2, 3, 4)),
            steps=(*steps, *SMALL.steps[-2:]),
        )
    )  # fmt: skip


@st.composite
def histories(draw: st.DrawFn, book: Rulebook) -> list[Event]:
    """What several organisations do, each knowing a part of what the others did, clocks astray."""
    events: list[Event] = []
    for _ in range(draw(st.integers(1, 25))):
        known = draw(st.lists(st.sampled_from(events), max_size=3, unique_by=lambda one: one.id)) if events else []
        author = draw(st.sampled_from(ORGANISATIONS))
        hours = draw(st.integers(0, 40))
        does = draw(
            st.sampled_from([*book.steps, "set", "join", "leave", "submit", "review", "pause", "resume", "task"])
        )
        about: tuple[str, ...] = ()
        fields: dict[str, Any] = {}
        match does:
            case "set":
                fields = draw(st.sampled_from([{"users": 1}, {"users": 7}, {"severity": "low"}, {"users": "x"}]))
            case "join":
                about = (draw(st.sampled_from(ORGANISATIONS)),)
                fields = {"roles": draw(st.sampled_from([["csirt"], ["entity"], ["observer"]])), "economy": "RS"}
            case "leave":
                about = (draw(st.sampled_from(ORGANISATIONS)),)
            case "submit":
                about, fields = ("first",), {"severity": "low"}
            case "review":
                about = tuple(each.id for each in events if each.does == "submit")[-1:]
                fields = {"outcome": draw(st.sampled_from(["accepted", "revision-required"]))}
            case "pause" | "resume":
                about = ("first",)
            case "task":
                fields = {"title": "do"}
        made = event(author, does, hours, *about, after=tuple(known), text=draw(st.sampled_from(["", "why"])), **fields)
        if made.id not in {each.id for each in events}:
            events.append(made)
    return events


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_every_node_folds_the_same_events_to_the_same_state(data: st.DataObject) -> None:
    book = data.draw(workflows())
    events = data.draw(histories(book))
    whole = Fold(book, case(), events)
    shuffled = data.draw(st.permutations(events))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=4)))
    in_parts = Fold(book, case())
    for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True):
        late = data.draw(st.sampled_from(events))
        in_parts.add([*shuffled[max(start - 2, 0) : end], late])
    assert in_parts.state == whole.state
    one_by_one = Fold(book, case())
    for each in shuffled:
        one_by_one.add([each])
    assert one_by_one.state == whole.state
    assert list(one_by_one.ordering) == list(whole.ordering)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_nothing_is_lost_and_causes_come_first(data: st.DataObject) -> None:
    events = data.draw(histories(BOOK))
    folded = Fold(BOOK, case(), data.draw(st.permutations(events)))
    order = {each.id: place for place, each in enumerate(folded.ordering)}
    assert order.keys() == {each.id for each in events}
    assert all(order[before] < order[each.id] for each in events for before in each.after)
    assert folded.state.count == len(events)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_two_sides_that_were_cut_off_agree_once_they_are_joined(data: st.DataObject) -> None:
    events = data.draw(histories(BOOK))
    side = data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    here, there = Fold(BOOK, case()), Fold(BOOK, case())
    for each, left in zip(events, side, strict=True):
        (here if left else there).add([each])
    here.add(list(there.ordering))
    there.add(list(here.ordering))
    assert here.state == there.state == Fold(BOOK, case(), events).state


def test_states_are_told_apart() -> None:
    assert fold(DECLARED).state != fold().state
    assert isinstance(fold().state, CaseState)
