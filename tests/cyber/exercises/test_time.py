"""The time of an exercise follows from its steps alone: the same on every node, in whatever order they arrive."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.cyber.exercises.exercises import library
from egnatia.cyber.exercises.game import FACILITATOR
from egnatia.cyber.exercises.time import clock_of
from egnatia.record.case import Case, CaseParty, identified
from egnatia.record.instant import version_of

HUB, PLAYER = "identity--00000000-0000-4000-8000-0000000000a1", "identity--00000000-0000-4000-8000-0000000000b2"
BEGUN = datetime(2026, 9, 1, 8, tzinfo=UTC)
STARTS = "2027-03-04T08:00:00Z"


def empty() -> Fold:
    book = library().newest("exercise")
    assert book is not None
    made = identified(
        Case(
            id="",
            spec_version="2.1",
            created="2026-09-01T07:00:00.000Z",
            modified="2026-09-01T07:00:00.000Z",
            created_by_ref=HUB,
            title="x",
            workflow="exercise",
            workflow_version="1",
            parties=(
                CaseParty(party_ref=HUB, economy="ME", roles=(FACILITATOR,)),
                CaseParty(party_ref=PLAYER, economy="AL", roles=("team-1",)),
            ),
            exercise="x-1",
        )
    )
    return Fold(book, made)


def stamp(minutes: float) -> str:
    return version_of(f"{BEGUN + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S.%f}Z")


steps = st.lists(
    st.tuples(
        st.sampled_from(["hold", "go-on", "skip", "pace", "finish", "begin"]),
        st.floats(0.1, 500),
        st.sampled_from([HUB, PLAYER]),
        st.floats(0, 30),
    ),
    max_size=25,
)


def history(drawn: list[tuple[str, float, str, float]]) -> list[Event]:
    made = [Event("e0", HUB, "begin", stamp(0), fields={"starts_at": STARTS, "speed": 2})]
    at = 0.0
    for number, (does, value, author, pause) in enumerate(drawn, 1):
        at += pause
        fields: dict[str, Any] = {"skip": {"minutes": value}, "pace": {"speed": value}}.get(does, {})
        if does == "begin":
            fields = {"starts_at": "2030-01-01T00:00:00Z", "speed": value}
        made.append(Event(f"e{number}", author, does, stamp(at), after=(made[-1].id,), fields=fields))
    return made


@settings(max_examples=150, deadline=None)
@given(steps, st.integers(0, 2**32))
def test_every_order_gives_the_same_time(drawn: list[tuple[str, float, str, float]], seed: int) -> None:
    events = history(drawn)
    one = empty()
    one.add(events)
    shuffled = [*events, *events[::3]]
    Random(seed).shuffle(shuffled)  # noqa: S311  chance for a test, repeatable
    other = empty()
    for each in shuffled:
        other.add([each])
    assert clock_of(one) == clock_of(other)


@settings(max_examples=150, deadline=None)
@given(steps)
def test_time_never_runs_backwards_and_players_do_not_move_it(drawn: list[tuple[str, float, str, float]]) -> None:
    whole = empty()
    whole.add(history(drawn))
    clock = clock_of(whole)
    moments = [clock.at(BEGUN + timedelta(minutes=each)) for each in range(0, 800, 7)]
    assert moments == sorted(each for each in moments if each is not None)
    assert len(clock.marks) <= 1 + sum(author == HUB for _, _, author, _ in drawn)
    assert clock.begun == datetime(2027, 3, 4, 8, tzinfo=UTC)


def test_before_it_begins_there_is_no_time() -> None:
    clock = clock_of(empty())
    assert clock.at(BEGUN) is None
    assert clock.speed == 0
