"""The way between two records is a shortest one of what the reader may see."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.exchange import gate

from egnatia.cyber.intel.path import CROWDED, way
from egnatia.node import Node

STAMP = {"spec_version": "2.1", "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z"}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def malware() -> dict[str, Any]:
    return STAMP | {
        "type": "malware",
        "id": gate.new_id("malware"),
        "is_family": False,
        "object_marking_refs": [gate.GREEN],
    }


def link(source: dict[str, Any], target: dict[str, Any], marking: str = gate.GREEN) -> dict[str, Any]:
    made = {"type": "relationship", "id": gate.new_id("relationship"), "relationship_type": "related-to"}
    return STAMP | made | {"source_ref": source["id"], "target_ref": target["id"], "object_marking_refs": [marking]}


def test_a_shortest_way_is_found_from_either_end(node: Node) -> None:
    one, two, three, four, alone = (malware() for _ in range(5))
    links = [link(one, two), link(three, two), link(three, four), link(four, one, gate.RED)]
    gate.hand_in(node, one, two, three, four, alone, *links)
    member, owner = node.clearance_of(gate.AL), node.clearance_of(gate.ME)
    long = [one, links[0], two, links[1], three, links[2], four]
    for clearance, wanted in ((member, long), (owner, [one, links[3], four])):
        for ends in ((0, -1), (-1, 0)):
            found = way(node.store, clearance, wanted[ends[0]]["id"], wanted[ends[1]]["id"])
            assert found is not None
            expected = [each["id"] for each in wanted]
            assert [row.id for row in found.rows] == (expected if ends == (0, -1) else expected[::-1])
    none = way(node.store, member, one["id"], alone["id"])
    assert none is not None
    assert (none.rows, none.complete) == ((), True)
    assert way(node.store, member, one["id"], links[3]["id"]) is None


def test_no_way_goes_through_what_everybody_names(node: Node) -> None:
    one, crowd, two = malware(), malware(), malware()
    others = [malware() for _ in range(CROWDED + 5)]
    gate.hand_in(node, one, crowd, two, *others)
    gate.hand_in(node, link(one, crowd), link(two, crowd), *(link(each, crowd) for each in others))
    found = way(node.store, node.clearance_of(gate.AL), one["id"], two["id"])
    assert found is not None
    assert found.rows == ()
