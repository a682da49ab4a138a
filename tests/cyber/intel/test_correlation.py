"""What records have in common is told with its reason, popular values stop early, and nothing hidden is told of."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.exchange import gate

from egnatia.cyber.intel.correlation import POPULAR, correlate
from egnatia.cyber.intel.language import parse
from egnatia.cyber.intel.matrix import Extent, matrix
from egnatia.cyber.intel.searching import known_to
from egnatia.cyber.intel.vote import opinion
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STAMP = {"spec_version": "2.1", "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z"}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def domain(name: str, *markings: str) -> dict[str, Any]:
    return gate.indicator(*(markings or (gate.GREEN,)), pattern=f"[domain-name:value = '{name}']")


def report(*refs: str) -> dict[str, Any]:
    made = {"type": "report", "id": gate.new_id("report"), "name": "A wave", "published": STAMP["created"]}
    return STAMP | made | {"object_refs": list(refs), "object_marking_refs": [gate.GREEN]}


def test_a_shared_value_is_the_reason(node: Node) -> None:
    one, two, other = domain("evil.example"), domain("EVIL.example."), domain("else.example")
    gate.hand_in(node, one, two, other)
    found = correlate(node.store, node.clearance_of(gate.AL), one["id"])
    assert found is not None
    (related,) = found.related
    assert related.row.id == two["id"]
    assert [(each.kind, each.value, each.of) for each in related.shared] == [("domain-name:value", "evil.example", 1)]


def test_a_report_has_what_is_in_it(node: Node) -> None:
    inner, elsewhere = domain("evil.example"), domain("evil.example")
    whole = report(inner["id"])
    gate.hand_in(node, inner, elsewhere, whole)
    found = correlate(node.store, node.clearance_of(gate.AL), whole["id"])
    assert found is not None
    assert [each.row.id for each in found.related] == [elsewhere["id"]]


def test_what_the_reader_may_not_see_is_neither_found_nor_counted(node: Node) -> None:
    one, hidden = domain("evil.example"), [domain("evil.example", gate.RED) for _ in range(POPULAR + 5)]
    gate.hand_in(node, one, *hidden)
    found = correlate(node.store, node.clearance_of(gate.AL), one["id"])
    assert found is not None
    assert (found.related, found.popular) == ((), ())
    assert correlate(node.store, node.clearance_of(gate.AL), hidden[0]["id"]) is None
    owner = correlate(node.store, node.clearance_of(gate.ME), one["id"])
    assert owner is not None
    assert [each.value for each in owner.popular] == ["evil.example"]


def test_a_rare_value_weighs_more_than_a_common_one(node: Node) -> None:
    both = gate.indicator(
        gate.GREEN, pattern="[domain-name:value = 'rare.example' OR domain-name:value = 'much.example']"
    )
    rare, much = domain("rare.example"), [domain("much.example") for _ in range(10)]
    gate.hand_in(node, both, rare, *much)
    found = correlate(node.store, node.clearance_of(gate.AL), both["id"])
    assert found is not None
    assert found.related[0].row.id == rare["id"]
    assert found.related[0].weight > 5 * found.related[1].weight


def test_a_technique_in_common_is_told_and_the_matrix_counts_it(node: Node) -> None:
    technique: dict[str, Any] = STAMP | {
        "type": "attack-pattern", "id": gate.new_id("attack-pattern"), "name": "Phishing",
        "external_references": [{"source_name": "mitre-attack", "external_id": "T1566"}],
        "kill_chain_phases": [{"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}],
        "object_marking_refs": [gate.CLEAR],
    }  # fmt: skip
    one, two = report(technique["id"]), report(technique["id"])
    secret = report(technique["id"]) | {"object_marking_refs": [gate.RED]}
    gate.hand_in(node, technique, one, two, secret)
    clearance = node.clearance_of(gate.AL)
    found = correlate(node.store, clearance, one["id"])
    assert found is not None
    assert [(each.row.id, each.shared[0].kind) for each in found.related] == [(two["id"], "names")]
    known = known_to(node.store, clearance, node.facts.organisations())
    for query, count in (("", 2), ("economy:me", 2), ("economy:rs", 0), ("since:2026-05-01", 0)):
        made = matrix(node.store, clearance, parse(query), known, NOW)
        assert sum(cell.records for cells in made.cells.values() for cell in cells) == count
    made = matrix(node.store, clearance, parse(""), known, NOW, Extent(with_empty=True))
    assert made.tactics == ("initial-access",)
    assert (made.covered, made.known, made.cells["initial-access"][0].name) == (1, 1, "Phishing")


@pytest.mark.parametrize("marking", [gate.GREEN, gate.RED])
def test_an_opinion_is_for_no_more_readers_than_what_it_is_about(node: Node, marking: str) -> None:
    one = domain("evil.example", marking)
    gate.hand_in(node, one)
    (row,) = node.store.get(node.clearance_of(gate.ME), [one["id"]])
    body = opinion(row, gate.ME, "false-positive", NOW)
    outcome = node.admission.submit([body], Submitter(gate.ME, "test", ALL_RIGHTS), tolerant=False).result(20)
    assert not outcome.refused
    name = msgspec.json.decode(body)["id"]
    assert bool(node.store.get(node.clearance_of(gate.AL), [name])) == (marking == gate.GREEN)
    again = msgspec.json.decode(opinion(row, gate.ME, "agree", NOW.replace(day=2)))
    assert again["id"] == name


def thing(kind: str, name: str, marking: str = gate.GREEN, **more: Any) -> dict[str, Any]:
    return STAMP | {"type": kind, "id": gate.new_id(kind), "name": name, "object_marking_refs": [marking]} | more


def tie(source: dict[str, Any], verb: str, target: dict[str, Any], marking: str = gate.GREEN) -> dict[str, Any]:
    ends = {"source_ref": source["id"], "target_ref": target["id"], "relationship_type": verb}
    return STAMP | {"type": "relationship", "id": gate.new_id("relationship"), "object_marking_refs": [marking]} | ends


def test_adversaries_that_use_the_same_are_told_by_what_they_both_use(node: Node) -> None:
    ours, theirs, unseen = (thing("intrusion-set", name) for name in ("Ours", "Theirs", "Unseen"))
    way, other_way = thing("attack-pattern", "Phishing"), thing("attack-pattern", "A kind of phishing")
    host = thing("infrastructure", "Rented server")
    gate.hand_in(node, ours, theirs, unseen, way, other_way, host)
    used = [tie(ours, "uses", way), tie(theirs, "uses", way), tie(ours, "uses", host), tie(theirs, "uses", host)]
    gate.hand_in(node, *used, tie(other_way, "subtechnique-of", way), tie(unseen, "uses", way, gate.RED))
    found = correlate(node.store, node.clearance_of(gate.AL), ours["id"])
    assert found is not None
    assert [each.row.id for each in found.related] == [theirs["id"]]
    assert {(one.value, one.of) for one in found.related[0].shared} == {(way["id"], 1), (host["id"], 1)}
    owner = correlate(node.store, node.clearance_of(gate.ME), ours["id"])
    assert owner is not None
    assert {each.row.id for each in owner.related} == {theirs["id"], unseen["id"]}


def test_names_that_lead_to_one_address_share_infrastructure(node: Node) -> None:
    one, two = domain("one.example"), domain("two.example")
    address: dict[str, Any] = {
        "type": "ipv4-addr",
        "spec_version": "2.1",
        "id": gate.new_id("ipv4-addr"),
        "value": "198.51.100.7",
    }
    address |= {"object_marking_refs": [gate.GREEN]}
    gate.hand_in(node, one, two, address)
    gate.hand_in(node, tie(one, "related-to", address), tie(two, "related-to", address))
    found = correlate(node.store, node.clearance_of(gate.AL), one["id"])
    assert found is not None
    assert [(each.row.id, each.shared[0].value) for each in found.related] == [(two["id"], address["id"])]
