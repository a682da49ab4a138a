"""A MISP server is read and told: through faults, without losing a change, and never over what somebody did there."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cyber.intel.misp_server import MispServer
from tests.cyber.intel.test_source import own_report, uuid
from tests.exchange import gate
from tests.exchange.formats.events import LATER, attribute, event

from egnatia.cyber.intel.giving import Conflict, Conflicts
from egnatia.cyber.intel.server_sync import Look
from egnatia.cyber.intel.source import Health, Source, Sources
from egnatia.cyber.intel.tapping import run
from egnatia.node import Node

SOURCE = Source(name="misp", kind="misp-server", url="https://misp.example", every_minutes=10)
GIVES = Source(name="misp", kind="misp-server", url="https://misp.example", give_to=gate.AL)
SEEN = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaa1"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


@pytest.fixture
def server() -> MispServer:
    return MispServer()


def read(node: Node, server: MispServer, source: Source = SOURCE) -> Health:
    with server.client() as client:
        return run(node, source, client=client)


def bodies(node: Node, kind: str) -> list[dict[str, Any]]:
    rows = node.store.changes(node.clearance_of(gate.ME), 0, 10_000).rows
    return list({row.id: json.loads(row.body) for row in rows if row.type == kind}.values())


def look_again(node: Node) -> None:
    """The list of the server is looked at with the next reading."""
    node.store.kept("misp-look", Look).put("misp", Look())


def filled(server: MispServer, count: int) -> None:
    for number in range(count):
        one = attribute("domain", f"evil{number}.example", uuid=f"aaaaaaaa-aaaa-4aaa-8aaa-{number:012}")
        server.events[uuid(number)] = event(one) | {"uuid": uuid(number)}


def test_a_busy_server_is_asked_again_after_as_long_as_it_says(node: Node, server: MispServer) -> None:
    filled(server, 1)
    answers = [httpx.Response(429, headers={"Retry-After": "3"}), httpx.Response(502), httpx.Response(503)]
    server.fault = lambda _: answers.pop(0) if answers else None
    assert read(node, server).error == ""
    assert server.slept == [3.0, 2.0, 4.0]
    assert len(bodies(node, "indicator")) == 1


def test_a_server_that_wants_an_hour_gets_it(node: Node, server: MispServer) -> None:
    Sources(node.store).save(SOURCE)
    server.fault = lambda _: httpx.Response(429, headers={"Retry-After": "7200"})
    health = read(node, server)
    assert health.trouble == "busy"
    assert server.slept == []
    assert not Sources(node.store).due(health.tried + 7_100 * 1_000_000)
    assert Sources(node.store).due(health.tried + 7_201 * 1_000_000)


def test_what_broke_off_goes_on_and_nothing_is_passed_over(node: Node, server: MispServer) -> None:
    filled(server, 120)
    server.events[uuid(3)]["timestamp"] = LATER
    server.fault = lambda request: httpx.Response(500) if b'"page":2' in request.content else None
    assert "500" in read(node, server).error
    assert len(bodies(node, "indicator")) == 50
    server.fault = lambda _: None
    assert read(node, server).error == ""
    assert len(bodies(node, "indicator")) == 120, "the latest change stood on the page before the fault"


def test_what_was_synchronised_there_from_elsewhere_is_found_by_the_list(node: Node, server: MispServer) -> None:
    filled(server, 2)
    server.events[uuid(1)]["timestamp"] = LATER
    read(node, server)
    server.events[uuid(9)] = event(attribute("domain", "old.example"), timestamp="1600000000") | {"uuid": uuid(9)}
    read(node, server)
    assert len(bodies(node, "indicator")) == 2
    look_again(node)
    read(node, server)
    assert len(bodies(node, "indicator")) == 3


def test_an_event_that_was_deleted_there_is_revoked_here(node: Node, server: MispServer) -> None:
    filled(server, 2)
    read(node, server)
    del server.events[uuid(0)]
    look_again(node)
    assert read(node, server).error == ""
    ended = [each.get("revoked", False) for each in sorted(bodies(node, "indicator"), key=lambda each: str(each["id"]))]
    assert ended == [True, False]
    assert sum(each.get("revoked", False) for each in bodies(node, "report")) == 1
    server.events[uuid(0)] = event(
        attribute("domain", "evil0.example", uuid="aaaaaaaa-aaaa-4aaa-8aaa-000000000000")
    ) | {"uuid": uuid(0)}
    look_again(node)
    read(node, server)
    assert not any(each.get("revoked", False) for each in bodies(node, "indicator"))


def test_where_nearly_everything_is_gone_at_once_a_person_says_what_is_revoked(node: Node, server: MispServer) -> None:
    filled(server, 30)
    read(node, server)
    server.events = {uuid(0): server.events[uuid(0)]}
    look_again(node)
    assert read(node, server).error == ""
    assert not any(each.get("revoked", False) for each in bodies(node, "indicator"))
    Sources(node.store).settle(SOURCE.name, "withdraw", "jelena")
    read(node, server)
    assert sum(each.get("revoked", False) for each in bodies(node, "indicator")) == 29


def test_an_attribute_that_was_deleted_there_is_revoked_here(node: Node, server: MispServer) -> None:
    one, two = attribute("domain", "one.example", 1), attribute("domain", "two.example", 2)
    server.events[uuid(0)] = event(one, two) | {"uuid": uuid(0)}
    read(node, server)
    server.events[uuid(0)] = event(one, two | {"deleted": True, "timestamp": LATER}, timestamp=LATER) | {
        "uuid": uuid(0)
    }
    read(node, server)
    assert {each["name"]: each.get("revoked", False) for each in bodies(node, "indicator")} == {
        "one.example": False,
        "two.example": True,
    }


def test_sightings_come_from_the_server_though_the_event_stays_the_same(node: Node, server: MispServer) -> None:
    server.events[uuid(0)] = event(attribute("domain", "one.example", 1), tags=("tlp:amber",)) | {"uuid": uuid(0)}
    read(node, server)
    server.seen(SEEN, int(time.time()))
    server.seen(SEEN, int(time.time()), kind="1")
    server.seen("ffffffff-ffff-4fff-8fff-ffffffffffff", int(time.time()))
    for _ in range(2):
        assert read(node, server).error == ""
    (sighting,) = bodies(node, "sighting")
    (opinion,) = bodies(node, "opinion")
    (indicator,) = bodies(node, "indicator")
    assert sighting["sighting_of_ref"] == opinion["object_refs"][0] == indicator["id"]
    assert sighting["object_marking_refs"] == indicator["object_marking_refs"], "never wider than what was seen"


def sighting(of: str, marking: str) -> dict[str, Any]:
    made = gate.indicator(marking)
    common = {name: made[name] for name in ("spec_version", "created", "modified", "created_by_ref")}
    seen = {"sighting_of_ref": of, "last_seen": "2026-01-02T03:04:05.000Z", "count": 2}
    return common | {"type": "sighting", "id": gate.new_id("sighting"), "object_marking_refs": [marking]} | seen


def test_what_we_saw_is_told_once_as_far_as_the_server_may_see_it(node: Node, server: MispServer) -> None:
    server.events[uuid(0)] = event(attribute("domain", "one.example", 1)) | {"uuid": uuid(0)}
    read(node, server, GIVES)
    of = f"indicator--{SEEN}"
    gate.hand_in(node, sighting(of, gate.CLEAR), sighting(of, gate.RED))
    for _ in range(2):
        assert read(node, server, GIVES).error == ""
    (told,) = server.sightings
    assert (told["attribute_uuid"], told["date_sighting"]) == (SEEN, "1767323045")


def given(node: Node, server: MispServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """A report of ours that is on the server: it, and the event."""
    shown = gate.indicator(gate.GREEN)
    report = own_report(shown["id"])
    gate.hand_in(node, shown, report)
    assert read(node, server, GIVES).error == ""
    (there,) = server.events.values()
    return report, there


def edited(server: MispServer, there: dict[str, Any]) -> None:
    """An analyst on the server adds an attribute to our event."""
    added = attribute("domain", "theirs.example", 7)
    stamp = str(int(there["timestamp"]) + 60)
    server.events[there["uuid"]] = {**there, "timestamp": stamp, "Attribute": [*there["Attribute"], added]}


def renamed(node: Node, report: dict[str, Any], name: str, day: int = 1) -> None:
    stamp = f"2027-01-0{day}T00:00:00.000Z"
    assert not gate.hand_in(node, report | {"name": name, "modified": stamp}).refused


def conflict(node: Node) -> Conflict | None:
    return next(iter(Conflicts(node.store).kept.all().values()), None)


def test_what_was_changed_on_both_sides_waits_for_a_person_and_nothing_is_overwritten(
    node: Node, server: MispServer
) -> None:
    report, there = given(node, server)
    edited(server, there)
    renamed(node, report, "Ours, changed")
    for _ in range(2):
        assert read(node, server, GIVES).error == ""
    held = conflict(node)
    assert held is not None
    assert held.differs == ("+ domain: theirs.example",)
    assert server.events[there["uuid"]]["info"] == "Ours"
    Conflicts(node.store).side("misp", held.uuid, "ours", "ana")
    read(node, server, GIVES)
    now = server.events[there["uuid"]]
    assert now["info"] == "Ours, changed"
    assert "theirs.example" in json.dumps(now), "what others added stays"
    assert conflict(node) is None


def test_a_change_that_nobody_has_seen_is_not_overwritten_by_a_decision_about_an_older_one(
    node: Node, server: MispServer
) -> None:
    report, there = given(node, server)
    edited(server, there)
    renamed(node, report, "Ours, changed")
    read(node, server, GIVES)
    Conflicts(node.store).side("misp", there["uuid"], "ours", "ana")
    edited(server, server.events[there["uuid"]])
    read(node, server, GIVES)
    assert server.events[there["uuid"]]["info"] == "Ours"
    held = conflict(node)
    assert held is not None
    assert held.side == ""


def test_their_side_stays_until_ours_changes_again(node: Node, server: MispServer) -> None:
    report, there = given(node, server)
    edited(server, there)
    renamed(node, report, "Ours, changed")
    read(node, server, GIVES)
    Conflicts(node.store).side("misp", there["uuid"], "theirs", "ana")
    for _ in range(2):
        read(node, server, GIVES)
    assert server.events[there["uuid"]]["info"] == "Ours"
    assert conflict(node) is None
    renamed(node, report, "Ours, changed again", 2)
    read(node, server, GIVES)
    assert server.events[there["uuid"]]["info"] == "Ours, changed again"


def test_a_change_there_is_told_though_ours_stayed_the_same(node: Node, server: MispServer) -> None:
    _, there = given(node, server)
    edited(server, there)
    read(node, server, GIVES)
    held = conflict(node)
    assert held is not None
    assert held.differs == ("+ domain: theirs.example",)


def test_a_sharing_group_is_exactly_its_members_and_never_wider(node: Node, server: MispServer) -> None:
    group = {
        "uuid": "99999999-9999-4999-8999-999999999999", "name": "Banks", "active": True,
        "SharingGroupOrg": [{"Organisation": {"uuid": gate.AL.partition("--")[2], "name": "AL"}}],
    }  # fmt: skip
    made = event(attribute("domain", "one.example", 1), distribution="4", SharingGroup=group, tags=("tlp:clear",))
    server.events[uuid(0)] = made | {"uuid": uuid(0)}
    read(node, server)
    for reader, count in ((gate.AL, 1), (gate.ME, 1), (None, 0)):
        rows = node.store.changes(node.clearance_of(reader), 0, 1_000).rows
        assert sum(row.type == "indicator" for row in rows) == count
