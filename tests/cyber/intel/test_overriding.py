"""What a person labelled or wrote otherwise here than the server that it came from is not undone by a change there."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cyber.intel.misp_server import MispServer
from tests.cyber.intel.test_server_sync import read
from tests.cyber.intel.test_source import uuid
from tests.exchange import gate
from tests.exchange.formats.events import LATER, attribute, event

from egnatia.cyber.intel.giving import Conflict, Conflicts
from egnatia.cyber.intel.source import Source
from egnatia.cyber.intel.tapping import run
from egnatia.exchange.takeback import recalling
from egnatia.node import Node
from egnatia.policy import Tlp

NOW = datetime(2026, 11, 2, tzinfo=UTC)
STILL_LATER = "1700019999"
OURS = "indicator--aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaa1"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


@pytest.fixture
def server() -> MispServer:
    made = MispServer()
    changed(made, "1700000000")
    return made


def changed(server: MispServer, stamp: str, *more: dict[str, Any], tags: tuple[str, ...] = ("tlp:green",)) -> None:
    """The event says so there now."""
    one = attribute("domain", "evil.example", 1, comment=f"as of {stamp}", timestamp=stamp)
    server.events[uuid(0)] = event(one, *more, tags=tags, timestamp=stamp) | {"uuid": uuid(0)}


def held(node: Node) -> tuple[dict[str, Any], Tlp]:
    (row,) = (each for each in node.store.get(node.clearance_of(gate.ME), [OURS]) if each.owner == gate.ME)
    return json.loads(row.body), row.label.tlp


def seen_by_albania(node: Node) -> str:
    return b" ".join(row.body for row in node.store.changes(node.clearance_of(gate.AL), 0, 1_000).rows).decode()


def narrowed(node: Node) -> None:
    """A person narrows the indicator to TLP:RED by a recall."""
    (row,) = node.store.get(node.clearance_of(gate.ME), [OURS])
    body = recalling(OURS, "narrow", owner=gate.ME, reason="ours", now=NOW, marking_refs=[gate.RED])
    assert not gate.hand_in(node, json.loads(body)).refused, row.id


def relabelled(node: Node, *markings: str) -> None:
    """A person publishes it anew under these markings."""
    made, _ = held(node)
    stamp = "2026-11-01T10:00:00.123Z"
    assert not gate.hand_in(node, made | {"object_marking_refs": list(markings), "modified": stamp}).refused


def conflict(node: Node) -> Conflict | None:
    return next(iter(Conflicts(node.store).kept.all().values()), None)


def side(node: Node, taken: Any) -> None:
    Conflicts(node.store).side("misp", uuid(0), taken, "ana")


@pytest.mark.parametrize("how", ["recall", "version"])
def test_what_a_person_narrowed_stays_narrow_whatever_changes_there(node: Node, server: MispServer, how: str) -> None:
    read(node, server)
    assert "evil.example" in seen_by_albania(node)
    if how == "recall":
        narrowed(node)
    else:
        relabelled(node, gate.RED)
    changed(server, LATER, attribute("domain", "more.example", 2))
    for _ in range(2):
        assert read(node, server).error == ""
    assert held(node)[1] is Tlp.RED
    found = conflict(node)
    assert found is not None
    assert found.taken
    assert "= indicator: evil.example (RED | GREEN)" in found.differs
    assert "+ indicator: more.example" in found.differs
    side(node, "theirs")
    read(node, server)
    made, tlp = held(node)
    assert (made["description"], tlp) == (f"as of {LATER}", Tlp.RED)
    assert f"as of {LATER}" not in seen_by_albania(node)
    assert conflict(node) is None


def test_what_a_person_widened_is_no_wider_after_a_change_there(node: Node, server: MispServer) -> None:
    changed(server, "1700000000", tags=("tlp:amber+strict",))
    read(node, server)
    relabelled(node, gate.GREEN)
    changed(server, LATER, tags=("tlp:red",))
    read(node, server)
    assert held(node)[1] is Tlp.GREEN, "the change waits"
    side(node, "theirs")
    read(node, server)
    assert held(node)[1] is Tlp.RED, "the strictest of both"


def test_what_a_person_keeps_is_asked_about_again_with_the_next_change_there(node: Node, server: MispServer) -> None:
    read(node, server)
    relabelled(node, gate.RED)
    changed(server, LATER)
    read(node, server)
    side(node, "ours")
    for _ in range(2):
        read(node, server)
        assert conflict(node) is None
        assert "as of 1700000000" in held(node)[0]["description"]
    changed(server, STILL_LATER)
    read(node, server)
    found = conflict(node)
    assert found is not None
    assert (found.stamp, found.side, held(node)[1]) == (int(STILL_LATER), "", Tlp.RED)


def test_what_nobody_touched_here_changes_as_it_does_there(node: Node, server: MispServer) -> None:
    read(node, server)
    changed(server, LATER, tags=("tlp:clear",))
    read(node, server)
    assert conflict(node) is None
    assert held(node)[1] is Tlp.CLEAR
    assert read(node, server).error == ""


def test_a_later_version_from_any_source_stays_as_narrow_as_a_person_made_the_last(node: Node) -> None:
    made = gate.indicator(gate.GREEN) | {"id": OURS, "description": "first"}
    del made["created_by_ref"]
    source = Source(name="x", kind="stix", url="https://feed.example/b.json")

    def fed(**said: Any) -> None:
        content = json.dumps({"type": "bundle", "id": "bundle--1", "objects": [made | said]}).encode()
        with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=content))) as client:
            assert run(node, source, client=client).error == ""

    fed()
    narrowed(node)
    fed(description="second", modified="2026-12-01T00:00:00.000Z")
    assert (held(node)[0]["description"], held(node)[1]) == ("second", Tlp.RED)
    assert "second" not in seen_by_albania(node)
    gate.hand_in(node, made | {"description": "third", "modified": "2026-12-02T00:00:00.000Z"})
    assert held(node)[1] is Tlp.GREEN, "a person decides anew"
