"""A part of the graph shows what the reader may see, counts nothing else, and stays small around what all name."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.exchange import gate

from egnatia.cyber.intel.graph import MOST, PAGE, SHOWN, Question, Sieve, gathered, listed, scene, spread
from egnatia.node import Node

STAMP = {"spec_version": "2.1", "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z"}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def thing(kind: str = "malware", marking: str = gate.GREEN, **more: Any) -> dict[str, Any]:
    own = {"is_family": False} if kind == "malware" else {"name": "x"}
    return STAMP | own | {"type": kind, "id": gate.new_id(kind), "object_marking_refs": [marking], **more}


def link(
    source: dict[str, Any], verb: str, target: dict[str, Any], marking: str = gate.GREEN, **more: Any
) -> dict[str, Any]:
    ends = {"relationship_type": verb, "source_ref": source["id"], "target_ref": target["id"]}
    made = {"type": "relationship", "id": gate.new_id("relationship"), "object_marking_refs": [marking]}
    return STAMP | made | ends | more


def test_ties_are_grouped_by_what_they_say_and_only_what_may_be_seen_counts(node: Node) -> None:
    actor, hidden, technique = thing("intrusion-set"), thing("malware", gate.RED), thing("attack-pattern")
    used = [thing() for _ in range(3)]
    gate.hand_in(node, actor, hidden, technique, *used)
    report = thing("report", published=STAMP["created"], object_refs=[actor["id"], technique["id"]])
    gate.hand_in(
        node,
        *(link(actor, "uses", each) for each in (*used, hidden, technique)),
        link(actor, "uses", used[0]),
        link(actor, "targets", used[0], gate.RED),
        report,
    )
    member = spread(node.store, node.clearance_of(gate.AL), actor["id"])
    counts = {group.strand.key: len(group.ties) for group in member.groups}
    assert counts == {"uses>malware": 3, "uses>attack-pattern": 1, "object_refs<report": 1}
    owner = spread(node.store, node.clearance_of(gate.ME), actor["id"])
    counts = {group.strand.key: len(group.ties) for group in owner.groups}
    assert counts == {"uses>malware": 4, "uses>attack-pattern": 1, "object_refs<report": 1, "targets>malware": 1}
    assert member.verbs == {"uses", "object_refs"}
    from_report = spread(node.store, node.clearance_of(gate.AL), report["id"])
    assert {group.strand.key for group in from_report.groups} == {
        "object_refs>intrusion-set",
        "object_refs>attack-pattern",
    }
    assert spread(node.store, node.clearance_of(gate.AL), hidden["id"]).groups == ()
    assert scene(node.store, node.clearance_of(gate.AL), Question(hidden["id"])) is None


def test_a_scene_grows_by_what_is_opened_added_and_taken_away(node: Node) -> None:
    one, two, three = thing("campaign"), thing(), thing("tool")
    many = [thing("attack-pattern") for _ in range(SHOWN + 3)]
    gate.hand_in(node, one, two, three, *many)
    gate.hand_in(node, link(one, "uses", two), link(two, "uses", three), *(link(one, "uses", each) for each in many))
    clearance = node.clearance_of(gate.AL)
    alone = scene(node.store, clearance, Question(one["id"]))
    assert alone is not None
    assert [place.id for place in alone.places] == [one["id"]]
    grown = scene(node.store, clearance, Question(one["id"], open=(two["id"], one["id"])))
    assert grown is not None
    depths = {place.id: place.depth for place in grown.places}
    assert depths[three["id"]] == 2
    assert len(grown.places) == 3 + SHOWN
    assert [(rest.strand.key, rest.count) for rest in grown.rests] == [("uses>attack-pattern", 3)]
    assert {(edge.source, edge.target) for edge in grown.edges} >= {(one["id"], two["id"]), (two["id"], three["id"])}
    last = many[0]["id"]
    with_one = scene(node.store, clearance, Question(one["id"], open=(one["id"],), added=(last,)))
    assert with_one is not None
    assert last in {place.id for place in with_one.places}
    assert [rest.count for rest in with_one.rests] == [2]
    less = scene(node.store, clearance, Question(one["id"], open=(one["id"],), less=(two["id"],)))
    assert less is not None
    assert two["id"] not in {place.id for place in less.places}
    held = [row.type for row in gathered(node.store, clearance, grown)]
    assert held.count("relationship") == len(grown.edges)


def test_a_sieve_lets_through_types_ties_and_times(node: Node) -> None:
    one, two, three = thing("campaign"), thing(), thing("tool")
    gate.hand_in(node, one, two, three)
    late = "2026-06-01T00:00:00.000Z"
    gate.hand_in(node, link(one, "uses", two), link(one, "targets", three, created=late, modified=late))
    clearance = node.clearance_of(gate.AL)
    for sieve, keys in (
        (Sieve(types=("tool",)), ["targets>tool"]),
        (Sieve(verbs=("uses",)), ["uses>malware"]),
        (Sieve(since="2026-05-01"), ["targets>tool"]),
        (Sieve(until="2026-05-01"), ["uses>malware"]),
    ):
        found = spread(node.store, clearance, one["id"], sieve)
        assert [group.strand.key for group in found.groups] == keys
        assert found.types == {"malware", "tool"}


def test_the_way_to_another_record_is_part_of_the_picture(node: Node) -> None:
    one, two, three, alone = thing(), thing(), thing(), thing()
    gate.hand_in(node, one, two, three, alone)
    gate.hand_in(node, link(one, "uses", two), link(three, "uses", two))
    clearance = node.clearance_of(gate.AL)
    found = scene(node.store, clearance, Question(one["id"], to=three["id"]))
    assert found is not None
    assert found.found
    assert found.way == (one["id"], two["id"], three["id"])
    assert {(edge.source, edge.target, edge.on_way) for edge in found.edges} == {
        (one["id"], two["id"], True),
        (three["id"], two["id"], True),
    }
    none = scene(node.store, clearance, Question(one["id"], to=alone["id"]))
    assert none is not None
    assert none.found is False
    hidden = scene(node.store, clearance, Question(one["id"], to=gate.new_id("malware")))
    assert hidden is not None
    assert hidden.found is False


def test_what_very_many_name_is_opened_at_once_and_listed_page_by_page(node: Node) -> None:
    hub = thing("attack-pattern")
    gate.hand_in(node, hub)
    others = [thing(marking=gate.RED if number % 2 else gate.GREEN) for number in range(1_200)]
    gate.hand_in(node, *others)
    gate.hand_in(node, *(link(each, "uses", hub) for each in others))
    clearance = node.clearance_of(gate.AL)
    began = time.perf_counter()
    found = scene(node.store, clearance, Question(hub["id"], open=(hub["id"],)))
    took = time.perf_counter() - began
    assert found is not None
    assert len(found.places) == 1 + SHOWN <= MOST
    assert [rest.count for rest in found.rests] == [600 - SHOWN]
    assert took < 2
    page = listed(node.store, clearance, found.spreads[hub["id"]], "uses<malware", 99)
    assert page is not None
    assert (page.count, page.pages, page.page, len(page.rows)) == (600, 12, 11, PAGE)
    assert listed(node.store, clearance, found.spreads[hub["id"]], "uses<tool", 0) is None
