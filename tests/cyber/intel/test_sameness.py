"""The same from many sources is one with many voices: nothing is merged, and nothing hidden has a voice."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.exchange import gate

from egnatia.cyber.intel.board import survey
from egnatia.cyber.intel.profile import profile
from egnatia.cyber.intel.sameness import choruses, together
from egnatia.cyber.intel.vote import opinion
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.store import Query

NOW = datetime(2026, 1, 10, tzinfo=UTC)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def test_who_says_the_same_is_told_side_by_side_and_counted_once(node: Node) -> None:
    ours = gate.indicator(gate.GREEN, confidence=80)
    gate.hand_in(node, ours)
    theirs = gate.indicator(gate.GREEN, created_by_ref=gate.AL, pattern="[domain-name:value IN ('phish.example')]")
    secret = gate.indicator(gate.RED, created_by_ref=gate.RS)
    other = gate.indicator(gate.GREEN, pattern="[url:value = 'http://phish.example/']")
    both = gate.indicator(
        gate.GREEN,
        created_by_ref=gate.AL,
        pattern="[domain-name:value = 'phish.example' AND url:value = 'http://x.y/']",
    )
    gate.hand_in(node, other)
    gate.hand_in(node, theirs, both, owner=gate.AL)
    gate.hand_in(node, secret, owner=gate.RS)
    clearance = node.clearance_of(gate.ME)
    (row,) = node.store.get(clearance, [ours["id"]])
    (told,) = choruses(node.store, clearance, row, NOW)
    assert {voice.row.id for voice in told.voices} == {ours["id"], theirs["id"]}
    assert set(told.sources) == {gate.ME, gate.AL}
    assert told.score.because[0] == "2 independent sources"
    (seen,) = choruses(node.store, node.clearance_of(gate.RS), row, NOW)
    assert len(seen.sources) == 3
    rows = node.store.changes(clearance, 0, 100, Query(types=("indicator",), versions=("last",))).rows
    grouped = [(first.id, len(others)) for first, others in together(rows)]
    assert grouped == [(ours["id"], 1), (other["id"], 0), (both["id"], 0)]


def test_a_false_positive_lowers_what_it_is_worth_and_a_revocation_ends_one_voice_alone(node: Node) -> None:
    ours, theirs = gate.indicator(gate.GREEN, confidence=80), gate.indicator(gate.GREEN, created_by_ref=gate.AL)
    gate.hand_in(node, ours)
    gate.hand_in(node, theirs, owner=gate.AL)
    clearance = node.clearance_of(gate.AL)
    (row,) = node.store.get(clearance, [ours["id"]])
    (before,) = choruses(node.store, clearance, row, NOW)
    node.admission.submit(
        [opinion(row, gate.RS, "false-positive", NOW)], Submitter(gate.RS, "test", ALL_RIGHTS)
    ).result(20)
    (doubted,) = choruses(node.store, clearance, row, NOW)
    assert doubted.score.value < before.score.value
    assert [(vote.organisation, vote.opinion) for vote in doubted.votes] == [(gate.RS, "strongly-disagree")]
    gate.hand_in(node, ours | {"revoked": True, "modified": "2026-01-09T00:00:00.000Z"})
    (row,) = node.store.get(clearance, [ours["id"]])
    (ended,) = choruses(node.store, clearance, row, NOW)
    assert ended.sources == (gate.AL,)
    assert [voice.revoked for voice in ended.voices] == [True, False]


def test_what_was_taken_back_or_seen_nought_times_counts_nowhere(node: Node) -> None:
    one = gate.indicator(gate.GREEN, confidence=60)
    gate.hand_in(node, one)
    clearance = node.clearance_of(gate.AL)
    (row,) = node.store.get(clearance, [one["id"]])
    stamp = {"spec_version": "2.1", "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-09T00:00:00.000Z"}
    by = stamp | {"created_by_ref": gate.RS, "object_marking_refs": [gate.GREEN], "revoked": True}
    doubt = by | {"type": "opinion", "id": gate.new_id("opinion"), "opinion": "strongly-disagree"}
    seen = by | {"type": "sighting", "id": gate.new_id("sighting"), "sighting_of_ref": one["id"]}
    nought = seen | {"id": gate.new_id("sighting"), "revoked": False, "count": 0}

    def worth() -> set[int]:
        (told,) = choruses(node.store, clearance, row, NOW)
        return {told.score.value, *(each.score.value for each in survey(node.store, clearance, NOW))}

    before = worth()
    gate.hand_in(node, doubt | {"object_refs": [one["id"]]}, seen, nought, owner=gate.RS)
    assert worth() == before
    assert len(before) == 1


def test_a_profile_holds_what_its_campaigns_do_and_merges_nobody_of_the_same_name(node: Node) -> None:
    stamp = {"spec_version": "2.1", "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z"}

    def made(kind: str, marking: str = gate.GREEN, **more: object) -> dict[str, object]:
        return stamp | {"type": kind, "id": gate.new_id(kind), "object_marking_refs": [marking], **more}

    def tied(source: dict[str, object], verb: str, target: dict[str, object]) -> dict[str, object]:
        return made("relationship", relationship_type=verb, source_ref=source["id"], target_ref=target["id"])

    actor = made("intrusion-set", name="Marten", aliases=["Kuna"])
    namesake = made("threat-actor", name="Kuna")
    campaign = made("campaign", name="Road")
    number = [{"source_name": "mitre-attack", "external_id": "T1566"}]
    technique = made("attack-pattern", name="Phishing", external_references=number)
    hidden = made("malware", gate.RED, name="x", is_family=False)
    place = made("location", country="ME")
    victim = made("identity", name="all of it", identity_class="class", sectors=["energy"])
    sign = gate.indicator(gate.GREEN)
    gate.hand_in(node, actor, namesake, campaign, technique, hidden, place, victim, sign)
    gate.hand_in(
        node,
        tied(campaign, "attributed-to", actor),
        tied(campaign, "uses", technique),
        tied(campaign, "uses", hidden),
        tied(campaign, "targets", place),
        tied(campaign, "targets", victim),
        tied(sign, "indicates", campaign),
        made("report", name="all", published=stamp["created"], object_refs=[campaign["id"]]),
    )
    found = profile(node.store, node.clearance_of(gate.AL), str(actor["id"]))
    assert found is not None
    assert found.names == ("Kuna",)
    assert [row.id for row in found.campaigns] == [campaign["id"]]
    assert [way.number for way in found.techniques] == ["T1566"]
    assert (found.means, found.same, found.behind) == ((), (), ())
    assert (found.economies, found.sectors, found.indicators, len(found.reports)) == (("ME",), ("energy",), 1, 1)
    assert profile(node.store, node.clearance_of(gate.AL), str(technique["id"])) is None
    of_campaign = profile(node.store, node.clearance_of(gate.ME), str(campaign["id"]))
    assert of_campaign is not None
    assert [row.id for row in of_campaign.behind] == [actor["id"]]
    assert [row.id for row in of_campaign.means] == [hidden["id"]]
