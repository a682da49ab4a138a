"""The one way in: what is handed in, whole, and who sees what comes of it."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from tests.exchange.gate import (
    AL,
    AMBER,
    CLEAR,
    GREEN,
    ME,
    MITRE,
    RED,
    RS,
    audience,
    hand_in,
    indicator,
    new_id,
    node,
    seen,
)

from egnatia.exchange import admission
from egnatia.exchange.submission import NotAllowed, Right, Submitter
from egnatia.exchange.takeback import recalling
from egnatia.node import ALL_RIGHTS, Node
from egnatia.policy import TLP_2, Tlp
from egnatia.record.marking import AUDIENCE_EXTENSION
from egnatia.trust import check, check_proof, leaf


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Node]:
    with node(tmp_path) as opened:
        yield opened


def test_a_record_is_durable_and_readable_when_the_answer_comes(gate: Node) -> None:
    given = indicator(GREEN)
    outcome = hand_in(gate, given)
    assert [each.id for each in outcome.accepted] == [given["id"]]
    assert outcome.accepted[0].position == gate.store.position()
    assert seen(gate, AL) == [given["id"]]
    assert seen(gate, None) == []


def test_the_same_record_again_changes_nothing(gate: Node) -> None:
    given = indicator(GREEN)
    hand_in(gate, given)
    position = gate.store.position()
    again = hand_in(gate, given)
    assert again.accepted[0].position == 0
    assert gate.store.position() == position


def test_other_content_under_the_same_version_is_refused(gate: Node) -> None:
    given = indicator(GREEN)
    hand_in(gate, given)
    outcome = hand_in(gate, {**given, "name": "something else"})
    assert not outcome.accepted
    assert "later `modified`" in outcome.refused[0].problems[0].rule


def test_a_bad_record_does_not_sink_the_good_ones(gate: Node) -> None:
    good, bad = indicator(GREEN), {**indicator(GREEN), "valid_from": "yesterday"}
    outcome = hand_in(gate, bad, good, tolerant=False)
    assert [each.id for each in outcome.accepted] == [good["id"]]
    assert outcome.refused[0].index == 0
    assert outcome.refused[0].problems[0].path == "$.valid_from"


def test_an_atomic_submission_is_all_or_nothing(gate: Node) -> None:
    good, bad = indicator(GREEN), {**indicator(GREEN), "valid_from": "yesterday"}
    outcome = hand_in(gate, good, bad, atomic=True, tolerant=False)
    assert not outcome.accepted
    assert len(outcome.refused) == 1
    assert seen(gate, ME) == []


def test_who_may_not_submit_stores_nothing(gate: Node) -> None:
    with pytest.raises(NotAllowed):
        hand_in(gate, indicator(GREEN), rights=frozenset({Right.READ}))
    assert seen(gate, ME) == []


def test_nobody_publishes_in_the_name_of_another_member(gate: Node) -> None:
    outcome = hand_in(gate, {**indicator(GREEN), "created_by_ref": AL})
    assert outcome.refused[0].problems[0].path == "$.created_by_ref"
    assert seen(gate, AL) == []


def test_what_an_outsider_wrote_is_answered_for_by_who_brings_it_in(gate: Node) -> None:
    hand_in(gate, {**indicator(CLEAR), "created_by_ref": MITRE})
    row = gate.store.changes(gate.clearance_of(None), 0, 10).rows[-1]
    assert row.owner == ME


def test_a_record_without_a_marking_is_not_public_and_not_for_the_community(gate: Node) -> None:
    given = indicator()
    hand_in(gate, given)
    assert seen(gate, ME) == [given["id"]]
    assert seen(gate, AL) == []
    assert seen(gate, None) == []


def test_the_stricter_of_two_tlp_counts(gate: Node) -> None:
    hand_in(gate, indicator(CLEAR, AMBER))
    assert seen(gate, AL) == []


def test_an_audience_in_the_same_submission_names_who_may_see(gate: Node) -> None:
    named = audience(AL)
    given = indicator(RED, named["id"])
    hand_in(gate, given, named)
    assert set(seen(gate, AL)) == {given["id"], named["id"]}
    assert seen(gate, RS) == []


def test_a_record_waits_for_its_audience_to_be_known(gate: Node) -> None:
    named = audience(AL)
    given = indicator(RED, named["id"])
    hand_in(gate, given)
    assert seen(gate, AL) == []
    hand_in(gate, named)
    assert set(seen(gate, AL)) == {given["id"], named["id"]}
    assert seen(gate, RS) == []


def test_a_marking_that_another_published_under_the_same_id_changes_nothing(gate: Node) -> None:
    named = audience(AL)
    statement = {
        **{key: named[key] for key in ("type", "spec_version", "id", "created")},
        "definition_type": "statement",
        "definition": {"statement": "free for all"},
    }
    hand_in(gate, statement, owner=RS)
    given = indicator(CLEAR, named["id"])
    hand_in(gate, named, given)
    assert given["id"] not in seen(gate, RS)
    assert given["id"] in seen(gate, AL)


def test_what_waits_together_with_the_definition_of_its_marking_is_for_those_it_names(gate: Node) -> None:
    held, first, definition = threading.Event(), audience(RS), audience(AL)
    given = indicator(definition["id"])
    end = gate.store.subscribe(lambda _: (held.wait(20), None)[1])
    submitter = Submitter(ME, "test", ALL_RIGHTS)
    # The gate waits for its first definition, which the store holds; the others are then taken together, in this order.
    answers = [gate.admission.submit([msgspec.json.encode(each)], submitter) for each in (first, definition, given)]
    held.set()
    assert all(answer.result(timeout=20).accepted for answer in answers)
    end()
    assert given["id"] in seen(gate, AL)
    assert given["id"] not in seen(gate, RS)


def test_a_marking_defined_by_another_is_copied_when_it_may_be_seen(gate: Node) -> None:
    named = {**audience(AL, ME), "created_by_ref": AL}
    hand_in(gate, named, owner=AL)
    given = indicator(RED, named["id"])
    hand_in(gate, given)
    assert given["id"] in seen(gate, AL)
    assert given["id"] not in seen(gate, RS)
    owners = {row.owner for row in gate.store.custody.records("marking-definition") if row.id == named["id"]}
    assert owners == {AL, ME}


def test_a_narrower_version_hides_the_older_ones_and_says_so_to_who_had_them(gate: Node) -> None:
    given = indicator(GREEN)
    hand_in(gate, given)
    assert given["id"] in seen(gate, AL)
    marking = next(ref for ref, tlp in TLP_2.items() if tlp is Tlp.RED)
    hand_in(gate, {**given, "modified": "2026-02-01T00:00:00.000Z", "object_marking_refs": [marking]})
    assert given["id"] not in seen(gate, AL)
    assert [each for each in seen(gate, AL) if each.startswith("recall--")]
    assert seen(gate, ME).count(given["id"]) == 2


def test_a_later_wider_version_ends_a_narrowing(gate: Node) -> None:
    given = indicator(GREEN)
    hand_in(gate, given)
    hand_in(gate, {**given, "modified": "2026-02-01T00:00:00.000Z", "object_marking_refs": [RED]})
    hand_in(gate, {**given, "modified": "2026-03-01T00:00:00.000Z"})
    versions = [row.version for row in gate.store.changes(gate.clearance_of(AL), 0, 99).rows if row.id == given["id"]]
    assert "2026-03-01T00:00:00.000000000" in versions
    assert "2026-02-01T00:00:00.000000000" not in versions


def test_only_the_owner_recalls_and_a_withdrawn_record_stays_withdrawn(gate: Node) -> None:
    given = indicator(GREEN)
    hand_in(gate, given)
    now = datetime.now(UTC)
    foreign = recalling(given["id"], "withdraw", owner=AL, reason="not mine", now=now)
    assert gate.admission.submit([foreign], _submitter(AL)).result().refused
    own = recalling(given["id"], "withdraw", owner=ME, reason="a mistake", now=now)
    assert not gate.admission.submit([own], _submitter(ME)).result().refused
    assert given["id"] not in seen(gate, AL)
    outcome = hand_in(gate, {**given, "modified": "2026-05-01T00:00:00.000Z"})
    assert "withdrawn" in outcome.refused[0].problems[0].rule


def test_a_relationship_goes_no_further_than_its_ends(gate: Node) -> None:
    hidden, shown = indicator(RED), indicator(GREEN)
    link = {
        "type": "relationship",
        "spec_version": "2.1",
        "id": new_id("relationship"),
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "relationship_type": "related-to",
        "source_ref": shown["id"],
        "target_ref": hidden["id"],
        "object_marking_refs": [CLEAR],
    }
    hand_in(gate, link, shown)
    hand_in(gate, hidden)
    assert seen(gate, AL) == [shown["id"]]
    assert link["id"] in seen(gate, ME)


def test_a_record_marked_in_part_is_given_in_part(gate: Node) -> None:
    given = indicator(GREEN, name="public name", description="the source is an informant")
    given["granular_markings"] = [{"selectors": ["description"], "marking_ref": RED}]
    hand_in(gate, given)
    (row,) = [row for row in gate.store.changes(gate.clearance_of(AL), 0, 10).rows if row.id == given["id"]]
    assert row.redacted
    assert b"informant" not in row.body
    (whole,) = [row for row in gate.store.changes(gate.clearance_of(ME), 0, 10).rows if row.id == given["id"]]
    assert b"informant" in whole.body


def test_every_record_can_be_proved_against_the_nodes_signature(gate: Node) -> None:
    hand_in(gate, *[indicator(GREEN) for _ in range(5)])
    rows = gate.store.changes(gate.clearance_of(ME), 0, 100).rows
    held = gate.store.attestations({row.proof.attestation for row in rows if row.proof})
    for row in rows:
        assert row.proof is not None
        attestation = held[row.proof.attestation]
        check(attestation, gate.keys.public.verifying)
        check_proof(leaf(row.owner, row.applied, row.body), row.proof, attestation)


def test_the_audit_log_tells_what_was_taken_and_refused_but_not_what_it_said(gate: Node) -> None:
    hand_in(gate, indicator(GREEN, name="SECRET-WORD"))
    hand_in(gate, {**indicator(GREEN), "valid_from": "SECRET-WORD"}, tolerant=False)
    told = [(row.action, row.detail) for row in gate.store.audit_rows()]
    assert {"submit", "refuse"} <= {action for action, _ in told}
    assert "SECRET-WORD" not in str(told)
    assert gate.audit_findings() == []


def _submitter(owner: str) -> Submitter:
    return Submitter(owner, "test", ALL_RIGHTS)


def test_personal_data_is_erased_when_its_time_has_come(gate: Node) -> None:
    named = audience(AL)
    named["extensions"][AUDIENCE_EXTENSION]["personal_data"] = True
    given, other = indicator(AMBER, named["id"]), indicator(AMBER)
    hand_in(gate, named, given, other)
    half_a_year = 181 * 86_400_000_000
    assert gate.store.purge(time.time_ns() // 1_000) == 0
    assert gate.store.purge(time.time_ns() // 1_000 + half_a_year) == 1
    assert given["id"] not in seen(gate, ME)
    assert other["id"] in seen(gate, ME)


def test_an_observable_that_comes_with_another_marking_is_the_one_that_is_held(gate: Node) -> None:
    address = {
        "type": "ipv4-addr",
        "spec_version": "2.1",
        "id": "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd",
        "value": "198.51.100.3",
    }
    hand_in(gate, {**address, "object_marking_refs": [GREEN]})
    outcome = hand_in(gate, {**address, "object_marking_refs": [CLEAR]})
    assert outcome.accepted[0].position == 0
    assert "no versions" in outcome.accepted[0].deviations[-1].rule
    assert seen(gate, None) == []


def withdrawing(record: str) -> dict[str, Any]:
    """Montenegro's recall of a record."""
    body = recalling(record, "withdraw", owner=ME, reason="a mistake", now=datetime.now(UTC))
    found: dict[str, Any] = msgspec.json.decode(body)
    return found


def test_a_recall_is_taken_together_with_its_record_in_either_order(gate: Node) -> None:
    for first in (0, 1):
        record = indicator(GREEN)
        recall = withdrawing(record["id"])
        together = [record, recall] if first else [recall, record]
        outcome = hand_in(gate, *together)
        assert [each.id for each in outcome.accepted] == [each["id"] for each in together]
        assert outcome.refused == ()
        assert record["id"] not in seen(gate, AL)


def test_a_recall_handed_in_with_somebody_elses_record_is_refused(gate: Node) -> None:
    record, other = {**indicator(GREEN), "created_by_ref": AL}, indicator(GREEN)
    hand_in(gate, record, owner=AL)
    outcome = hand_in(gate, other, withdrawing(record["id"]))
    assert [each.id for each in outcome.accepted] == [other["id"]]
    assert record["id"] in seen(gate, AL)


def test_time_does_not_run_backwards_where_the_clock_does(gate: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    day = 86_400_000_000_000
    now = time.time_ns()
    times = []
    for clock in (now, now - day, now + day):
        monkeypatch.setattr(admission, "time", SimpleNamespace(time_ns=lambda clock=clock: clock))
        record = indicator(GREEN)
        hand_in(gate, record)
        [row] = gate.store.get(gate.clearance_of(ME), [record["id"]])
        assert row.proof is not None
        times.append(gate.store.attestations([row.proof.attestation])[row.proof.attestation].at)
    assert times == [now // 1_000, now // 1_000, (now + day) // 1_000]
