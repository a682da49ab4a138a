"""What was done is scored for each team by its own, in time or late, by rule or by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cyber.exercises.playing import HUB, act, begun, game, incident, skip, stage, who
from tests.exchange.gate import AL, RS

from egnatia.cyber.exercises.score import Scores, Status, scores
from egnatia.node import Node


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Node]:
    with stage(tmp_path) as opened:
        yield opened


def standing(at: Node, word: str) -> Scores:
    found = game(at, word)
    now = found.clock.at(datetime.now(UTC))
    assert now is not None
    return scores(found, at.exercises.evidence(HUB, found), now)


def statuses(at: Node, word: str) -> dict[str, Status]:
    found = standing(at, word)
    return {each.expectation.name: each.status for each in found.results} | {
        each.handover.name: each.status for each in found.handovers
    }


def warn(at: Node, word: str, case: str, name: str = "a person") -> None:
    act(at, word, case, RS, "submit", "early-warning", name=name, suspected_malicious=True, cross_border=True)


def test_what_waits_for_an_inject_is_not_expected_before_it(here: Node) -> None:
    word = begun(here)
    assert statuses(here, word)["warning"] is Status.WAITING
    here.exercises.release(who(HUB), word, "call", "now")
    assert statuses(here, word)["warning"] is Status.OPEN


def test_in_time_late_and_missed(here: Node) -> None:
    word = begun(here)
    here.exercises.release(who(HUB), word, "call", "now")
    case = incident(here, word, national_csirt=AL)
    skip(here, word, 30)
    warn(here, word, case)
    assert statuses(here, word)["warning"] is Status.MET
    other = begun(here)
    here.exercises.release(who(HUB), other, "call", "now")
    case = incident(here, other, national_csirt=AL)
    skip(here, other, 61)
    assert statuses(here, other)["warning"] is Status.MISSED
    warn(here, other, case)
    assert statuses(here, other)["warning"] is Status.LATE
    earned = {each.name: (each.earned, each.most) for each in standing(here, other).teams}
    assert earned["serbia"] == (5.0, 10)


def test_what_was_refused_or_done_before_does_not_count(here: Node) -> None:
    word = begun(here)
    case = incident(here, word, national_csirt=AL)
    warn(here, word, case)
    skip(here, word, 5)
    here.exercises.release(who(HUB), word, "call", "now")
    assert statuses(here, word)["warning"] is Status.OPEN


def test_what_only_a_person_can_judge_is_scored_by_hand_alone(here: Node) -> None:
    word = begun(here)
    skip(here, word, 241)
    assert statuses(here, word)["calm"] is Status.OPEN
    here.exercises.note(who(HUB), word, "They were calm", kind="score", expectation="calm", score=70)
    (result,) = [each for each in standing(here, word).results if each.expectation.name == "calm"]
    assert (result.status, result.worth, result.words) == (Status.BY_HAND, 0.7, "They were calm")
    with pytest.raises(ValueError, match="0 to 100"):
        here.exercises.note(who(HUB), word, "x", kind="score", expectation="calm", score=101)


def test_a_hand_over_is_timed_from_giving_to_taking_up(here: Node) -> None:
    word = begun(here)
    assert statuses(here, word)["to-albania"] is Status.WAITING
    case = incident(here, word)
    skip(here, word, 10)
    # The entity may not bring parties in, so it opens another case with its CSIRT.
    case = incident(here, word, national_csirt=AL)
    assert statuses(here, word)["to-albania"] is Status.OPEN
    skip(here, word, 12)
    act(here, word, case, AL, "comment")
    (passed,) = standing(here, word).handovers
    assert passed.status is Status.MET
    assert passed.minutes is not None
    assert 12 <= passed.minutes < 13


def test_a_hand_over_that_nobody_takes_up_is_missed(here: Node) -> None:
    word = begun(here)
    incident(here, word, national_csirt=AL)
    skip(here, word, 31)
    assert statuses(here, word)["to-albania"] is Status.MISSED


def test_who_plays_in_several_teams_is_scored_in_each_by_its_own(here: Node) -> None:
    """One organisation plays both teams; what its people of the one do is nothing that the other did."""
    people = {"serbia": ("mira", "both"), "albania": ("agon", "both")}
    word = begun(here, cast={"albania": (RS,), "serbia": (RS,)}, people=people)
    here.exercises.release(who(HUB), word, "call", "now")
    case = incident(here, word)
    warn(here, word, case, name="agon")
    assert statuses(here, word)["warning"] is Status.OPEN
    warn(here, word, case, name="both")
    assert statuses(here, word)["warning"] is Status.MET
    here.exercises.note(who(HUB), word, "No", kind="score", expectation="calm", score=0)
    found = {(each.login, each.team): each for each in standing(here, word).people}
    assert found["both", "serbia"].share == 1.0
    assert found["both", "albania"].share == 0.0
    assert found["mira", "serbia"].share == 1.0
    assert found["mira", "serbia"].acts == 0
    assert found["both", "serbia"].acts == 1


def test_objectives_sum_their_expectations_and_hand_overs(here: Node) -> None:
    word = begun(here)
    here.exercises.release(who(HUB), word, "call", "now")
    case = incident(here, word, national_csirt=AL)
    warn(here, word, case)
    act(here, word, case, AL, "comment")
    here.exercises.do(who(HUB), word, "finish")
    found = standing(here, word)
    earned = {each.name: (each.earned, each.most) for each in found.objectives}
    assert earned["report"] == (10.0, 10)
    # The hand-over was taken up, the indicator missed; what only a person can judge is not counted.
    assert earned["together"] == (10.0, 20)
    assert found.overall.share == pytest.approx(20 / 30)


def test_players_know_no_scores(here: Node) -> None:
    word = begun(here)
    found = scores(game(here, word, AL), here.exercises.evidence(AL, game(here, word, AL)), datetime.now(UTC))
    assert found.results == ()
