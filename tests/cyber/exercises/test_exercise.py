"""An exercise on a real node: its time, what happens in it, and that nothing of it is ever real."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.cyber.exercises.playing import (
    HUB,
    SMALL,
    START,
    act,
    begun,
    fold,
    game,
    incident,
    minutes,
    planned,
    skip,
    stage,
    who,
)  # fmt: skip
from tests.exchange.gate import AL, ME, RS

from egnatia.casework.clock import owed
from egnatia.casework.condition import Unsound
from egnatia.casework.registry import Deed, Opening, Refused, Unknown
from egnatia.cyber.exercises.conductor import conduct
from egnatia.cyber.exercises.exercises import FollowUp, within
from egnatia.node import Node
from egnatia.policy import PUBLIC
from egnatia.record import Invalid
from egnatia.record.case import CaseParty


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Node]:
    with stage(tmp_path) as opened:
        yield opened


def test_time_begins_when_the_facilitator_says_and_stands_still_while_paused(here: Node) -> None:
    word = planned(here)
    assert game(here, word).clock.at(datetime.now(UTC)) is None
    here.exercises.do(who(HUB), word, "begin")
    here.exercises.do(who(HUB), word, "hold")
    first = game(here, word).clock.at(datetime.now(UTC))
    assert first is not None
    assert START <= first < minutes(5)
    assert game(here, word).clock.at(datetime.now(UTC) + timedelta(hours=1)) == first
    skip(here, word, 90)
    assert game(here, word).clock.at(datetime.now(UTC)) == first + timedelta(minutes=90)


def test_time_goes_as_fast_as_the_facilitator_says(here: Node) -> None:
    word = begun(here)
    here.exercises.do(who(HUB), word, "pace", speed=10)
    here.exercises.do(who(HUB), word, "go-on")
    clock = game(here, word).clock
    now = datetime.now(UTC)
    one, other = clock.at(now + timedelta(minutes=1)), clock.at(now + timedelta(minutes=2))
    assert one is not None
    assert other is not None
    assert other - one == timedelta(minutes=10)


def test_players_do_not_move_the_clock_nor_see_the_plan(here: Node) -> None:
    word = begun(here)
    with pytest.raises(Unknown):
        here.exercises.do(who(AL), word, "skip", minutes=5)
    with pytest.raises(Refused):
        here.casework.act(within(who(AL), word), game(here, word).id, Deed(does="skip", fields={"minutes": 5}))
    seen = game(here, word, AL)
    assert seen.scenario is None
    assert "albania" in {each.name for each in seen.teams_of(AL)}
    assert all("objectives" not in each.text for each in seen.fold.ordering)


def test_what_is_due_happens_once_and_to_its_teams_alone(here: Node) -> None:
    word = begun(here)
    here.exercises.do(who(HUB), word, "go-on")
    assert conduct(here.exercises, datetime.now(UTC)) == 0
    skip(here, word, 15)
    assert conduct(here.exercises, datetime.now(UTC)) == 1
    assert conduct(here.exercises, datetime.now(UTC)) == 0
    assert [each.name for each in game(here, word, RS).received] == ["call"]
    assert game(here, word, AL).received == ()
    skip(here, word, 30)
    assert conduct(here.exercises, datetime.now(UTC)) == 1
    (finding,) = game(here, word, AL).received
    assert finding.techniques == ("T1486",)
    assert finding.to == ("albania", "serbia")


def test_what_is_found_is_a_record_of_the_exercise_with_an_id_of_its_own(here: Node) -> None:
    word = begun(here)
    here.exercises.release(who(HUB), word, "finding", "by hand")
    inside = here.exercises.clearance(AL, word)
    (row,) = here.store.by_value(inside, "203.0.113.7", 10)
    assert not here.store.by_value(here.clearance_of(AL), "203.0.113.7", 10)
    real = {
        "type": "ipv4-addr",
        "spec_version": "2.1",
        "id": "ipv4-addr--" + "0" * 8 + row.id[18:],
        "value": "203.0.113.7",
    }
    assert row.id != real["id"]


def test_an_inject_by_hand_waits_for_the_facilitator(here: Node) -> None:
    word = begun(here)
    skip(here, word, 200)
    here.exercises.do(who(HUB), word, "go-on")
    conduct(here.exercises, datetime.now(UTC))
    assert "by-hand" not in {each.name for each in game(here, word).received}
    assert here.exercises.release(who(HUB), word, "by-hand", "they are too calm")
    assert not here.exercises.release(who(HUB), word, "by-hand", "again")
    assert game(here, word).received[-1].why == "they are too calm"
    with pytest.raises(Unknown):
        here.exercises.release(who(AL), word, "press", "me too")


def test_statutory_clocks_run_in_simulated_time(here: Node) -> None:
    word = begun(here)
    skip(here, word, 20)
    case = incident(here, word, national_csirt=AL)
    act(here, word, case, RS, "set", kind="incident", aware_at="2027-03-04T08:15:00Z", loss_eur=9_000_000)
    due = {each.deadline: each for each in owed(fold(here, word, case, AL))}["early-warning"]
    assert due.due == datetime(2027, 3, 5, 8, 15, tzinfo=UTC)
    now = here.exercises.moment(fold(here, word, case, AL).case)
    assert now is not None
    assert due.timeliness(now) == "not-due"
    skip(here, word, 25 * 60)
    later = here.exercises.moment(fold(here, word, case, AL).case)
    assert later is not None
    assert due.timeliness(later) == "overdue"
    act(here, word, case, RS, "submit", "early-warning", suspected_malicious=True, cross_border=True)
    due = {each.deadline: each for each in owed(fold(here, word, case, AL))}["early-warning"]
    assert due.timeliness(later) == "late"


def test_a_case_of_an_exercise_is_in_no_list_of_what_is_real(here: Node) -> None:
    word = begun(here)
    case = incident(here, word, national_csirt=AL)
    act(here, word, case, RS, "set", kind="incident", aware_at="2027-03-04T08:15:00Z", loss_eur=9_000_000)
    here.casework.catch_up()
    for organisation in (ME, AL, RS):
        real = here.clearance_of(organisation)
        assert here.casework.standings(real) == ()
        assert here.casework.dues(real) == ()
        assert not here.store.get(real, [case, game(here, word).id])
        with pytest.raises(Unknown):
            here.casework.fold(real, case)
    assert not here.store.get(PUBLIC, [case])
    inside = here.exercises.clearance(AL, word)
    assert {each.id for each in here.casework.standings(inside)} == {case, game(here, word).id}
    assert "early-warning" in {each.deadline for each in here.casework.dues(inside)}


def test_a_real_case_and_one_of_an_exercise_do_not_name_each_other(here: Node) -> None:
    word = begun(here)
    played = incident(here, word, national_csirt=AL)
    opening = Opening(
        workflow="incident",
        title="A real one",
        parties=(CaseParty(party_ref=AL, economy="AL", roles=("national-csirt",)),),
    )
    real = here.casework.open(who(AL), opening)
    with pytest.raises(Refused):
        here.casework.act(who(AL), real, Deed(does="duplicate", about=(played,), text="the same"))
    with pytest.raises(Refused):
        here.casework.act(within(who(AL), word), played, Deed(does="duplicate", about=(real,), text="the same"))
    with pytest.raises(Invalid):
        here.casework.act(who(AL), real, Deed(does="link", refs=(played,)))
    with pytest.raises(Invalid):
        here.casework.act(within(who(AL), word), played, Deed(does="link", refs=(real,)))
    with pytest.raises(Unknown):
        here.casework.act(who(AL), played, Deed(does="comment", text="from outside"))
    with pytest.raises(ValueError, match="belongs to the exercise"):
        here.casework.open(who(AL), msgspec.structs.replace(opening, exercise=word))


def test_who_leads_sees_every_team_and_no_team_sees_another(here: Node) -> None:
    word = begun(here)
    case = incident(here, word)
    act(here, word, case, RS, "comment", name="mira")
    assert [each.does for each in fold(here, word, case, HUB).ordering] == ["comment"]
    with pytest.raises(Unknown):
        fold(here, word, case, AL)
    assert {each.case.id for each in here.exercises.evidence(HUB, game(here, word)).cases} == {case}


def test_a_name_is_not_taken_by_another_exercise(here: Node) -> None:
    word = begun(here)
    opening = Opening(
        workflow="exercise",
        title="A thief",
        parties=(CaseParty(party_ref=AL, economy="AL", roles=("facilitator",)),),
        facts={"scenario": "small", "scenario_version": "1", "teams": ["albania: x"]},
        exercise=word,
    )
    here.casework.open(within(who(AL), word), opening)
    assert game(here, word, AL).title == "A small exercise"
    assert len(here.exercises.of(AL)) == 1


def test_what_was_learnt_becomes_a_real_case_with_an_owner_and_a_day(here: Node) -> None:
    word = begun(here)
    here.exercises.note(who(HUB), word, "Nobody knew whom to call", kind="finding", objective="together")
    opened = here.exercises.follow_up(
        who(HUB),
        FollowUp(
            finding="Nobody knew whom to call",
            action="Print the list of contacts",
            owner=RS,
            until="2027-06-01T12:00:00Z",
            origin="A small exercise",
        ),
    )
    (due,) = here.casework.dues(here.clearance_of(RS), own=True)
    assert (due.case, due.deadline, due.exercise) == (opened, "action", "")
    assert word not in here.casework.fold(here.clearance_of(RS), opened).case.title


def test_notes_are_for_who_leads_and_observes(here: Node) -> None:
    word = begun(here, cast={"albania": (AL,), "serbia": (RS,)}, observers=(RS,))
    here.exercises.note(who(RS), word, "They wait", team="albania")
    assert [each.text for each in game(here, word).notes] == ["They wait"]
    assert game(here, word, AL).notes == ()
    with pytest.raises(Unknown):
        here.exercises.note(who(AL), word, "We are great", kind="score", expectation="calm", score=100)


def test_a_scenario_that_contradicts_itself_is_not_played(here: Node) -> None:
    with pytest.raises(Unsound, match="no objective"):
        planned(here, SMALL.replace('objective = "report"', 'objective = "glory"'))
    with pytest.raises(ValueError, match="nobody plays"):
        planned(here, cast={"albania": (AL,)})


def test_it_is_the_same_time_after_it_ended(here: Node) -> None:
    word = begun(here)
    here.exercises.do(who(HUB), word, "finish")
    now = datetime.now(UTC)
    assert game(here, word).clock.at(now) == game(here, word).clock.at(now + timedelta(days=9))
    with pytest.raises(Refused):
        skip(here, word, 5)
