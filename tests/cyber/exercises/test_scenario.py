"""A scenario says everything that is wrong with it before anybody plays it; those that ship are in order."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cyber.exercises.playing import SMALL

from egnatia.casework.condition import Unsound
from egnatia.cyber.exercises.examination import examined
from egnatia.cyber.exercises.scenario import Scenario, scenario_in, shipped, span
from egnatia.node.domains import workflows

BROKEN = {
    "an inject that waits for itself": ('after = "inject:call"', 'after = "inject:finding"', "can never be reached"),
    "an inject after nothing": ('after = "step:declare"', 'after = "step:dance"', "nothing that happens"),
    "an inject for nobody there": ('to = ["serbia"]', 'to = ["atlantis"]', "no team 'atlantis'"),
    "two times at once": ('at = "PT10M"', 'at = "PT10M"\nhand = true', "exactly one of"),
    "beyond the end": ('at = "PT10M"', 'at = "PT9H"', "beyond the end"),
    "an expectation without objective": ('objective = "report"', 'objective = "glory"', "serves no objective"),
    "an objective without expectation": ('name = "report"\ntitle', 'name = "other"\ntitle', "has no expectation"),
    "a team without organisation": ('organisation = "CSIRT of Arbania"', 'organisation = " "', "has no organisation"),
    "a report that no workflow has": ("report:early-warning", "report:poem", "names nothing"),
    "an unknown rule": ("report:early-warning", "telepathy:now", "nothing tells whether"),
    "since what the team is not given": ('since = "call"', 'since = "by-hand"', "is given no inject"),
    "a real address": ("203.0.113.7", "8.8.8.8", "kept for documentation"),
    "a real name": ("pay.example", "pay.com", "kept for documentation"),
    "a hand-over to itself": ('to = "albania"\nwithin', 'to = "serbia"\nwithin', "goes nowhere"),
    "an economy that is none": ('economy = "AL"', 'economy = "ZZ"', "is none of"),
    "a technique that is none": ("T1486", "magic", "no technique"),
    "a role that is none": ('roles = ["national-csirt"]', 'roles = ["king"]', "has a role 'king'"),
    "a moment that is none": ("2027-03-04T08:00:00Z", "tomorrow", "a moment in UTC"),
    "a length that is none": ('length = "PT4H"', 'length = "long"', "is not a duration"),
}


def checked(text: str) -> Scenario:
    return examined(scenario_in(text), workflows())


@pytest.mark.parametrize("name", BROKEN)
def test_a_contradiction_is_told(name: str) -> None:
    before, after, words = BROKEN[name]
    assert before in SMALL
    with pytest.raises(Unsound, match=re.escape(words)):
        checked(SMALL.replace(before, after, 1))


def test_everything_is_told_at_once() -> None:
    text = SMALL.replace('economy = "AL"', 'economy = "ZZ"').replace("203.0.113.7", "8.8.8.8")
    with pytest.raises(Unsound, match=r"is none of.*kept for documentation"):
        checked(text)


@pytest.mark.parametrize("text", ["", "name = 7", "[[", 'name = "x"', "\x00"])
def test_what_is_no_scenario_is_refused(text: str) -> None:
    with pytest.raises(Unsound):
        scenario_in(text)


@given(st.text(max_size=200))
def test_nothing_that_is_written_into_one_fails_otherwise(text: str) -> None:
    try:
        checked(SMALL.replace("A small exercise", text))
    except Unsound:
        return


@pytest.mark.parametrize("name", sorted(shipped()))
def test_the_shipped_ones_are_whole(name: str) -> None:
    found = checked(shipped()[name])
    assert found.name == name
    assert 15 <= len(found.injects) <= 25
    assert 4 <= len(found.teams) <= 6
    assert len({team.economy for team in found.teams}) >= 3
    assert all(any(each.team == team.name for each in found.expectations) for team in found.teams)
    assert found.handovers
    assert {each.kind for each in found.injects} >= {"message", "e-mail", "call", "article", "finding", "task"}
    assert span(found.length) >= span("PT4H")
    text = shipped()[name].lower()
    assert "country" not in text
    assert "nation-state" not in text
