"""The sample cases: nothing in them is refused, they stand where they should, and each author's part is its own."""

from datetime import UTC, datetime

import msgspec
from tests.cyber.building import book

from egnatia.casework.clock import Timeliness, owed
from egnatia.demo.cast import TELECOM, Actor
from egnatia.demo.incidents import incidents
from egnatia.node.domains import workflows

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_the_sample_incidents_stand_in_different_states() -> None:
    plays = list(incidents(workflows(), NOW))
    states = {play.fold.state.state for play in plays}
    assert {"post-incident", "declared", "contained", "closed", "watch", "received"} <= states
    assert all(not play.fold.state.refused and not play.fold.state.missing for play in plays)


def test_ransomware_is_run_to_its_final_report_over_four_economies() -> None:
    play = next(iter(incidents(workflows(), NOW)))
    state = play.fold.state
    assert {each.economy for each in state.parties.values()} == {"MK", "AL", "ME", "RS", "regional"}
    assert play.fold.known()["level"] == "regional-operational"
    dues = {each.deadline: each for each in owed(play.fold)}
    for name in ("early-warning", "notification", "intermediate", "final", "forwarding", "reply"):
        assert dues[name].timeliness(NOW) == Timeliness.ON_TIME, name
    assert state.submissions["final"][0].review == "accepted"
    assert {event.author for event in play.fold.ordering} > {TELECOM.id}
    assert set(book().reports) >= set(state.submissions)


def test_each_event_is_handed_in_by_its_author_for_all_parties() -> None:
    play = next(iter(incidents(workflows(), NOW)))
    handed: list[tuple[Actor, bytes]] = []
    play.hand_in(lambda by, bodies: handed.extend((by, body) for body in bodies))
    audiences = set()
    for by, body in handed:
        record = msgspec.json.decode(body)
        if record["type"] == "case-event":
            assert record["created_by_ref"] == by.id
        if record["type"] in {"case", "case-event", "indicator"}:
            audiences.add(tuple(record["object_marking_refs"]))
    assert len(audiences) == 1
