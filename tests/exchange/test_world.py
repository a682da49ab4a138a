"""What is of an exercise stays in it at the gate: it is handed in, read, changed and linked there alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.exchange.gate import AL, CLEAR, ME, RS, audience, indicator, new_id, node, seen

from egnatia.casework.audience import marking
from egnatia.exchange.submission import Submission, Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.policy import PUBLIC, clearance_within
from egnatia.record.case import Case, CaseParty, identified
from egnatia.record.schemas import CASE, RECALL
from egnatia.store.query import Query

GAME = "autumn-0123456789ab"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Node]:
    with node(tmp_path) as opened:
        yield opened


def play(
    at: Node, *objects: dict[str, Any], owner: str = ME, named: tuple[str, ...] = (ME, AL), exercise: str = GAME
) -> Submission:
    """Hands objects in within an exercise."""
    bodies = [msgspec.json.encode(each) for each in objects]
    submitter = Submitter(owner, "player", ALL_RIGHTS, exercise, marking(named, exercise)[1])
    return at.admission.submit(bodies, submitter).result(20)


def real(at: Node, *objects: dict[str, Any], owner: str = ME) -> Submission:
    bodies = [msgspec.json.encode(each) for each in objects]
    return at.admission.submit(bodies, Submitter(owner, "officer", ALL_RIGHTS)).result(20)


def inside(at: Node, organisation: str, exercise: str = GAME) -> list[str]:
    clearance = clearance_within(at.clearance_of(organisation), exercise)
    return [row.id for row in at.store.changes(clearance, 0, 1000).rows if not row.id.startswith("marking-")]


def test_what_is_played_is_seen_in_the_exercise_by_its_players_alone(here: Node) -> None:
    made = indicator(CLEAR)
    assert not play(here, made).refused
    assert inside(here, ME) == inside(here, AL) == [made["id"]]
    assert inside(here, RS) == []
    assert inside(here, ME, "another-0123456789ab") == []


def test_it_is_nowhere_in_what_is_real_not_even_for_who_made_it(here: Node) -> None:
    made = indicator(CLEAR, name="Харлекин", pattern="[domain-name:value = 'played.example']")
    play(here, made)
    for clearance in (here.clearance_of(ME), here.clearance_of(AL), here.clearance_of(RS), PUBLIC):
        assert not here.store.get(clearance, [made["id"]])
        assert not here.store.versions(clearance, made["id"])
        assert not here.store.by_value(clearance, "played.example", 10)
        assert not here.store.search(clearance, "Харлекин", Query(), 10)
        assert not here.store.neighbours(clearance, ME, "in", 100)
        assert all(row.id != made["id"] for row in here.store.bodies(clearance, 0, 1000).rows)
    assert made["id"] not in seen(here, ME)


def test_the_marking_itself_is_not_seen_outside(here: Node) -> None:
    play(here, indicator(CLEAR))
    outside = [row.type for row in here.store.changes(here.clearance_of(ME), 0, 1000).rows]
    assert "marking-definition" not in outside


def test_nothing_real_is_seen_from_inside(here: Node) -> None:
    made = indicator(CLEAR, name="a real one")
    real(here, made)
    play(here, indicator(CLEAR))
    within = clearance_within(here.clearance_of(ME), GAME)
    assert not here.store.get(within, [made["id"]])
    assert not here.store.search(within, "real", Query(), 10)
    assert made["id"] not in inside(here, ME)


def test_who_is_not_in_the_exercise_hands_nothing_in_under_its_marking(here: Node) -> None:
    id_, definition = marking((ME, AL), GAME)
    outcome = real(here, msgspec.json.decode(definition), indicator(CLEAR, id_))
    assert {each.problems[0].path for each in outcome.refused} == {"$.object_marking_refs"}
    assert len(outcome.refused) == 2


def test_one_exercise_takes_nothing_of_another(here: Node) -> None:
    id_, definition = marking((ME, AL), "another-0123456789ab")
    outcome = play(here, msgspec.json.decode(definition), indicator(CLEAR, id_))
    assert len(outcome.refused) == 2


def test_a_real_record_does_not_become_one_of_an_exercise(here: Node) -> None:
    made = indicator(CLEAR)
    real(here, made)
    newer = {**made, "modified": "2026-01-02T00:00:00.000Z"}
    assert "moves" in play(here, newer).refused[0].problems[0].rule
    assert here.store.get(here.clearance_of(ME), [made["id"]])[0].version < "2026-01-02"


def test_a_record_of_an_exercise_does_not_become_real(here: Node) -> None:
    made = indicator(CLEAR)
    play(here, made)
    assert "moves" in real(here, {**made, "modified": "2026-01-02T00:00:00.000Z"}).refused[0].problems[0].rule
    assert made["id"] not in seen(here, ME)


def relationship(source: str, target: str) -> dict[str, Any]:
    return {
        "type": "relationship",
        "spec_version": "2.1",
        "id": new_id("relationship"),
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "created_by_ref": ME,
        "relationship_type": "related-to",
        "source_ref": source,
        "target_ref": target,
        "object_marking_refs": [CLEAR],
    }


def test_nothing_real_links_to_what_is_played(here: Node) -> None:
    played, plain = indicator(CLEAR), indicator(CLEAR)
    play(here, played)
    real(here, plain)
    for source, target in ((played["id"], plain["id"]), (plain["id"], played["id"])):
        assert "links" in real(here, relationship(source, target)).refused[0].problems[0].rule
    note = {**relationship(ME, AL), "type": "note", "id": new_id("note"), "content": "x", "object_refs": [played["id"]]}
    kept = {name: value for name, value in note.items() if name not in {"source_ref", "target_ref"}}
    kept.pop("relationship_type")
    assert "links" in real(here, kept).refused[0].problems[0].rule


def test_nothing_played_links_to_what_is_real_but_to_whom_and_how(here: Node) -> None:
    played, plain = indicator(CLEAR), indicator(CLEAR)
    technique = {
        "type": "attack-pattern",
        "spec_version": "2.1",
        "id": new_id("attack-pattern"),
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "created_by_ref": ME,
        "name": "Phishing",
        "object_marking_refs": [CLEAR],
    }
    real(here, plain, technique)
    play(here, played)
    assert "links" in play(here, relationship(played["id"], plain["id"])).refused[0].problems[0].rule
    shown = relationship(str(played["id"]), str(technique["id"]))
    assert not play(here, shown).refused
    assert shown["id"] in inside(here, AL)


def test_a_case_says_the_exercise_that_it_bears_the_marking_of(here: Node) -> None:
    def case(exercise: str | None) -> dict[str, Any]:
        made = identified(
            Case(
                id="",
                spec_version="2.1",
                created="2026-01-01T00:00:00.000Z",
                modified="2026-01-01T00:00:00.000Z",
                created_by_ref=ME,
                title="x",
                workflow="incident",
                workflow_version="1",
                parties=(CaseParty(party_ref=ME, economy="ME", roles=("national-csirt",)),),
                exercise=exercise,
            )
        )
        decoded: dict[str, Any] = msgspec.json.decode(CASE.write(made))
        return decoded

    assert real(here, case(GAME)).refused
    assert play(here, case(None)).refused
    assert not play(here, case(GAME)).refused


def test_a_narrower_audience_holds_within_the_exercise(here: Node) -> None:
    alone = audience(ME)
    made = indicator(CLEAR, alone["id"])
    assert not play(here, alone, made).refused
    assert inside(here, ME) == [made["id"]]
    assert inside(here, AL) == []


def test_what_is_taken_back_in_an_exercise_leaves_no_trace_outside(here: Node) -> None:
    made = indicator(CLEAR)
    play(here, made)
    recall = {
        "type": "recall",
        "spec_version": "2.1",
        "id": new_id("recall"),
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "created_by_ref": ME,
        "object_ref": made["id"],
        "action": "withdraw",
        "reason": "wrong",
    }
    recall["extensions"] = {RECALL.extension_id: {"extension_type": "new-sdo"}}
    before = seen(here, ME)
    assert real(here, recall).refused
    assert not play(here, recall).refused
    assert seen(here, ME) == before
    assert inside(here, AL) == [recall["id"]]
