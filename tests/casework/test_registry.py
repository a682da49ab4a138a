"""Cases on a real node: opened, worked on, shared with those who join, listed and due under a clearance."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.exchange.gate import AL, ME, RS, node

from egnatia.casework.registry import Deed, Opening, Refused, Registry, Unknown
from egnatia.casework.state import Rule
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.record import Invalid
from egnatia.record.case import CaseParty
from egnatia.record.schemas import CASE_EVENT

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Node]:
    """A node that hosts the organisations of three economies, so that one test can play them all."""
    with node(tmp_path) as opened:
        opened.host(AL, "CSIRT of Albania", "AL")
        opened.host(RS, "CSIRT of Serbia", "RS")
        yield opened


def who(organisation: str) -> Submitter:
    return Submitter(organisation, "an officer", ALL_RIGHTS)


def party(organisation: str, *roles: str) -> CaseParty:
    return CaseParty(party_ref=organisation, economy={ME: "ME", AL: "AL", RS: "RS"}[organisation], roles=roles)


def request(cases: Registry, **more: object) -> str:
    """Montenegro asks Albania."""
    opening = Opening(
        workflow="information-request",
        title="Whose is this address?",
        parties=(party(ME, "asking"), party(AL, "asked")),
        facts={"urgency": "urgent", "asked_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"), **more},
    )
    return cases.open(who(ME), opening)


def seen(at: Node, organisation: str, case: str) -> list[str]:
    """What an organisation sees done in a case."""
    return [each.does for each in at.casework.fold(at.clearance_of(organisation), case).ordering]


def test_a_case_is_worked_on_by_its_parties_alone(here: Node) -> None:
    cases = here.casework
    case = request(cases)
    cases.act(who(AL), case, Deed(does="acknowledge"))
    cases.act(who(AL), case, Deed(does="answer", fields={"answer": "a resolver of the university"}))
    assert cases.fold(here.clearance_of(ME), case).state.state == "answered"
    with pytest.raises(Unknown):
        cases.fold(here.clearance_of(RS), case)
    with pytest.raises(Unknown):
        cases.act(who(RS), case, Deed(does="comment", text="hello"))
    with pytest.raises(Unknown):
        cases.fold(here.clearance_of(None), case)


def test_what_would_have_no_effect_is_not_written(here: Node) -> None:
    case = request(here.casework)
    position = here.store.position()
    with pytest.raises(Refused) as caught:
        here.casework.act(who(ME), case, Deed(does="answer", fields={"answer": "x"}))
    assert caught.value.refusal.rule == Rule.NOT_ITS_ROLE
    assert here.store.position() == position


@pytest.mark.parametrize(
    ("opening", "error"),
    [
        (Opening(workflow="magic", title="x", parties=(party(ME, "asking"),)), Unknown),
        (Opening(workflow="information-request", title="x", parties=(party(ME, "king"),)), ValueError),
        (Opening(workflow="information-request", title="x", parties=(party(AL, "asked"),)), ValueError),
        (
            Opening(workflow="information-request", title="x", parties=(party(ME, "asking"),), facts={"mood": "bad"}),
            ValueError,
        ),
        (Opening(workflow="information-request", title="x", parties=(party(ME, "asking"),), tlp="blue"), ValueError),
        (Opening(workflow="information-request", title="", parties=(party(ME, "asking"),)), Invalid),
    ],
)
def test_a_case_that_makes_no_sense_is_not_opened(here: Node, opening: Opening, error: type[Exception]) -> None:
    with pytest.raises(error):
        here.casework.open(who(ME), opening)


def share_all(at: Node, case: str) -> None:
    """What the follower of each node does."""
    for organisation in (ME, AL, RS):
        try:
            at.casework.share(who(organisation), case)
        except Unknown:
            continue


def test_who_joins_sees_what_was_said_before_from_each_who_said_it(here: Node) -> None:
    case = request(here.casework)
    here.casework.act(who(AL), case, Deed(does="comment", text="we look"))
    here.casework.act(who(ME), case, Deed(does="comment", text="between us", only=("asking",)))
    join = Deed(does="join", about=(RS,), fields={"roles": ["observer"], "economy": "RS"})
    here.casework.act(who(ME), case, join)
    share_all(here, case)
    assert seen(here, RS, case) == ["comment", "join"]
    assert seen(here, ME, case) == ["comment", "comment", "join"]
    here.casework.act(who(RS), case, Deed(does="comment", text="thank you"))
    assert seen(here, AL, case) == ["comment", "join", "comment"]
    assert here.casework.share(who(ME), case) == 0


def test_who_joins_without_the_past_sees_what_was_done_but_none_of_the_talk(here: Node) -> None:
    case = request(here.casework)
    here.casework.act(who(AL), case, Deed(does="comment", text="we look"))
    here.casework.act(who(AL), case, Deed(does="acknowledge"))
    join = Deed(does="join", about=(RS,), fields={"roles": ["observer"], "economy": "RS", "whole": False})
    here.casework.act(who(ME), case, join)
    share_all(here, case)
    assert seen(here, RS, case) == ["acknowledge", "join"]
    fold = here.casework.fold(here.clearance_of(RS), case)
    assert (fold.state.state, len(fold.state.missing)) == ("acknowledged", 1)


def test_who_leaves_keeps_what_it_saw_and_sees_nothing_new(here: Node) -> None:
    case = request(here.casework)
    join = Deed(does="join", about=(RS,), fields={"roles": ["asked"], "economy": "RS"})
    here.casework.act(who(ME), case, join)
    share_all(here, case)
    here.casework.act(who(RS), case, Deed(does="leave"))
    here.casework.act(who(ME), case, Deed(does="comment", text="now we are two"))
    share_all(here, case)
    assert seen(here, RS, case) == ["join", "leave"]
    with pytest.raises(Refused) as caught:
        here.casework.act(who(RS), case, Deed(does="comment", text="but"))
    assert caught.value.refusal.rule == Rule.HAS_LEFT
    assert [each.id for each in here.casework.standings(here.clearance_of(RS))] == []


def test_lists_and_dues_are_for_those_who_take_part(here: Node) -> None:
    case = request(here.casework)
    (mine,) = here.casework.standings(here.clearance_of(AL))
    assert (mine.id, mine.state, mine.title) == (case, "sent", "Whose is this address?")
    assert [each.deadline for each in here.casework.dues(here.clearance_of(AL))] == ["urgent-answer", "acknowledgement"]
    assert len(here.casework.dues(here.clearance_of(AL), own=True)) == 2
    assert here.casework.dues(here.clearance_of(ME), own=True) == ()
    assert len(here.casework.dues(here.clearance_of(ME))) == 2
    assert here.casework.dues(here.clearance_of(RS)) == here.casework.dues(here.clearance_of(None)) == ()
    soon = int((NOW + timedelta(hours=8)).timestamp() * 1_000_000)
    assert [each.due for each in here.casework.dues(here.clearance_of(AL), until=soon)] == [soon]
    here.casework.act(who(AL), case, Deed(does="answer", fields={"answer": "x"}))
    assert [each.deadline for each in here.casework.dues(here.clearance_of(AL))] == ["acknowledgement"]
    here.casework.act(who(ME), case, Deed(does="close"))
    assert here.casework.dues(here.clearance_of(AL)) == ()
    assert here.casework.standings(here.clearance_of(AL)) == ()
    assert len(here.casework.standings(here.clearance_of(AL), is_open=False)) == 1


def test_what_a_party_does_not_see_changes_nothing_in_its_lists(here: Node) -> None:
    case = request(here.casework)
    (before,) = here.casework.standings(here.clearance_of(AL))
    (own,) = here.casework.standings(here.clearance_of(ME))
    moment = datetime.now(UTC) + timedelta(minutes=1)
    here.casework.act(who(ME), case, Deed(does="comment", text="between us", only=("asking",)), now=moment)
    assert here.casework.standings(here.clearance_of(AL))[0].updated == before.updated
    assert here.casework.standings(here.clearance_of(ME))[0].updated > own.updated
    here.casework.act(who(AL), case, Deed(does="acknowledge"), now=moment + timedelta(minutes=1))
    assert here.casework.standings(here.clearance_of(AL))[0].state == "acknowledged"


def test_lists_go_on_where_they_ended(here: Node) -> None:
    ids = [request(here.casework, question=f"number {number}") for number in range(7)]
    clearance = here.clearance_of(AL)
    first = here.casework.standings(clearance, limit=4)
    rest = here.casework.standings(clearance, limit=4, before=(first[-1].updated, first[-1].id))
    assert [each.id for each in (*first, *rest)] == [each.id for each in here.casework.standings(clearance)]
    assert {each.id for each in (*first, *rest)} == set(ids)
    assert len(here.casework.dues(clearance, limit=3)) == 3
    assert len({(each.case, each.deadline) for each in here.casework.dues(clearance)}) == 14


def test_the_view_follows_what_others_did_and_can_be_made_anew(here: Node) -> None:
    case = request(here.casework)
    here.store.casebook.put((), gone=(case,), reached=0)
    clearance = here.clearance_of(AL)
    assert here.casework.standings(clearance) == ()
    assert here.casework.catch_up() == (case,)
    assert [each.id for each in here.casework.standings(clearance)] == [case]
    assert here.casework.catch_up() == ()


def test_an_event_in_anothers_name_is_not_taken(here: Node) -> None:
    case = request(here.casework)
    fold = here.casework.fold(here.clearance_of(ME), case)
    record, _ = here.casework._event(who(AL), fold, Deed(does="acknowledge"), NOW)
    with pytest.raises(Invalid, match="published by that member"):
        here.casework.submit(who(ME), CASE_EVENT.write(record))


def test_a_guest_takes_part_through_a_members_node(here: Node) -> None:
    """An organisation without a node takes part through an account at a member's node."""
    guest = "identity--44444444-4444-4444-8444-444444444444"
    here.host(guest, "A bank", "ME")
    case = request(here.casework)
    join = Deed(does="join", about=(guest,), fields={"roles": ["asked"], "economy": "ME"})
    here.casework.act(who(ME), case, join)
    here.casework.share(who(AL), case)
    here.casework.act(who(guest), case, Deed(does="comment", text="it was our server"))
    assert seen(here, AL, case) == ["join", "comment"]
    assert [each.id for each in here.casework.standings(here.clearance_of(guest))] == [case]
