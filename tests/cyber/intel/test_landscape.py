"""A landscape counts what the reader may see in a period, and what was in the one before."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.exchange import gate

from egnatia.cyber.intel.landscape import Landscape, Period, Scope, landscape
from egnatia.cyber.intel.searching import known_to
from egnatia.node import Node
from egnatia.policy import Tlp

MARCH = Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def at(day: str, kind: str, marking: str = gate.GREEN, **more: Any) -> dict[str, Any]:
    stamp = f"2026-{day}T10:00:00.000Z"
    own = {"is_family": False} if kind == "malware" else {"name": kind}
    common = {"type": kind, "spec_version": "2.1", "id": gate.new_id(kind), "created": stamp, "modified": stamp}
    return own | common | {"object_marking_refs": [marking], **more}


def made(node: Node, organisation: str = gate.AL, **scope: Any) -> Landscape:
    clearance = node.clearance_of(organisation)
    known = known_to(node.store, clearance, node.facts.organisations())
    return landscape(node.store, clearance, known, MARCH, Scope(**scope), NOW)


def test_a_period_is_counted_beside_the_one_before(node: Node) -> None:
    number = [{"source_name": "mitre-attack", "external_id": "T1566"}]
    technique = at("01-01", "attack-pattern", external_references=number)
    actor, victim = at("03-05", "intrusion-set"), at("01-01", "identity", identity_class="class", sectors=["energy"])
    gate.hand_in(node, technique, actor, victim)
    named = [technique["id"], actor["id"], victim["id"]]

    def report(day: str, marking: str = gate.GREEN) -> dict[str, Any]:
        return at(day, "report", marking, published=f"2026-{day}T00:00:00Z", object_refs=named)

    gate.hand_in(node, report("03-10"), report("02-20"), report("01-02"), report("03-12", gate.RED))
    gate.hand_in(node, at("03-20", "malware"), gate.indicator(gate.GREEN, modified="2026-03-21T00:00:00.000Z"))
    gate.hand_in(node, report("03-30"), owner=gate.RS)
    found = made(node)
    assert (found.reports.now, found.reports.before) == (2, 1)
    assert [(each.key, each.now, each.before, each.organisations) for each in found.techniques] == [("T1566", 2, 1, 2)]
    assert [(each.key, each.now) for each in found.actors] == [(actor["id"], 3)]
    assert [(each.key, each.now) for each in found.sectors] == [("energy", 2)]
    assert [(each.key, each.now) for each in found.kinds] == [("domain-name", 1)]
    assert {each.key: each.now for each in found.sources} == {gate.ME: 4, gate.RS: 1}
    assert found.new_count == 4
    assert found.tlp is Tlp.GREEN
    assert sum(count for _, count in found.steps) == found.records.now == 5
    assert found.complete
    owner = made(node, gate.ME)
    assert (owner.reports.now, owner.tlp) == (3, Tlp.RED)
    assert made(node, gate.ME, most=Tlp.GREEN).reports.now == 2
    assert made(node, sector="energy").indicators.now == 0
    assert made(node, economy="rs").reports.now == 1
    assert made(node, economy="xk").records.now == 0


def test_who_targets_a_sector_by_a_relationship_is_of_its_landscape(node: Node) -> None:
    campaign, hidden, other = (at("03-05", "campaign") for _ in range(3))
    victim = at("01-01", "identity", identity_class="class", sectors=["energy"])

    def targets(source: dict[str, Any], marking: str = gate.GREEN) -> dict[str, Any]:
        ends = {"source_ref": source["id"], "target_ref": victim["id"], "relationship_type": "targets"}
        return at("03-06", "relationship", marking, **ends)

    gate.hand_in(node, victim, campaign, hidden, other)
    gate.hand_in(node, targets(campaign), targets(hidden, gate.RED), targets(other) | {"revoked": True})
    found = made(node, sector="energy")
    assert (found.records.now, [each.id for each in found.new]) == (1, [campaign["id"]])
    assert made(node, sector="energy", economy="me").records.now == 1
    assert made(node, sector="energy", economy="rs").records.now == 0
    assert made(node, gate.ME, sector="energy").records.now == 2
    assert made(node, gate.ME, sector="energy", most=Tlp.GREEN).records.now == 1


def test_what_was_revoked_is_told_of_by_nobody(node: Node) -> None:
    sign = gate.indicator(gate.GREEN, modified="2026-03-02T00:00:00.000Z")
    gate.hand_in(node, sign)
    assert made(node).indicators.now == 1
    gate.hand_in(node, sign | {"revoked": True, "modified": "2026-03-03T00:00:00.000Z"})
    assert made(node).indicators.now == 0
