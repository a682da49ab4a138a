"""Sources are read from where they were left, over the protocols as they are documented, and say how they go."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.cyber.intel.misp_server import MispServer
from tests.exchange import gate
from tests.exchange.formats.events import LATER, attribute, event
from tests.exchange.served import MEMBER, Served, served

from egnatia.cyber.intel.source import Health, Source, Sources
from egnatia.cyber.intel.tapping import run
from egnatia.exchange.formats.listing import ListMapping
from egnatia.exchange.formats.misp.server import push
from egnatia.exchange.formats.taxii import Mark
from egnatia.exchange.takeback import recalling
from egnatia.node import Node

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def read(node: Node, source: Source, handler: Handler) -> Health:
    with httpx.Client(transport=httpx.MockTransport(handler), base_url=source.url) as client:
        return run(node, source, client=client)


def count(node: Node, kind: str) -> int:
    rows = node.store.changes(node.clearance_of(gate.ME), 0, 10_000).rows
    return len({row.id for row in rows if row.type == kind})


def test_a_list_is_fetched_once_while_it_stays_the_same(node: Node) -> None:
    asked: list[str | None] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("If-None-Match"))
        if asked[-1] == '"1"':
            return httpx.Response(304)
        return httpx.Response(200, content=b"evil.example\nbad.example\n", headers={"ETag": '"1"'})

    mapping = ListMapping(name="a list", form="text")
    source = Source(
        name="x", kind="list", url="https://list.example/x.txt", mapping=mapping, tlp="clear", reliability="B"
    )
    Sources(node.store).save(source)
    assert read(node, source, serve).added == 2
    assert read(node, source, serve).added == 0
    assert asked == [None, '"1"']
    assert node.store.changes(node.clearance_of(None), 0, 10).rows
    assert Sources(node.store).reliabilities() == {"a list": "B"}


def test_a_failure_is_kept_and_the_source_waits_longer(node: Node) -> None:
    source = Source(name="x", kind="stix", url="https://feed.example/b.json", every_minutes=10)
    sources = Sources(node.store)
    sources.save(source)
    now = time.time_ns() // 1_000
    assert [each.name for each in sources.due(now)] == ["x"]
    for failures in (1, 2):
        health = read(node, source, lambda _: httpx.Response(500))
        assert (health.failures, health.succeeded) == (failures, 0)
        assert "500" in health.error
    minute = 60_000_000
    assert not sources.due(health.tried + 39 * minute)
    assert sources.due(health.tried + 41 * minute)
    bundle = json.dumps({"type": "bundle", "id": "bundle--1", "objects": [gate.indicator(gate.CLEAR)]}).encode()
    assert read(node, source, lambda _: httpx.Response(200, content=bundle)).failures == 0
    assert count(node, "indicator") == 1


def test_what_is_written_otherwise_is_no_other_content_and_a_refusal_has_its_reason(node: Node) -> None:
    source, one = Source(name="x", kind="stix", url="https://feed.example/b.json"), gate.indicator(gate.CLEAR)

    def serve(*objects: dict[str, Any]) -> Health:
        bundle = json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}, indent=1).encode()
        return read(node, source, lambda _: httpx.Response(200, content=bundle))

    assert serve(one).added == 1
    again = serve(dict(reversed(one.items())))
    assert (again.present, again.refused, again.reasons) == (1, 0, ())
    other = serve(one | {"name": "changed in silence"})
    assert other.refused == 1
    assert "later `modified`" in other.reasons[0]


def uuid(number: int) -> str:
    return f"bbbbbbbb-bbbb-4bbb-8bbb-{number:012}"


def test_a_misp_server_is_pulled_page_by_page_and_then_what_is_new(node: Node) -> None:
    server = MispServer()
    for number in range(120):
        one = attribute("domain", f"evil{number}.example", uuid=f"aaaaaaaa-aaaa-4aaa-8aaa-{number:012}")
        server.events[uuid(number)] = event(one) | {"uuid": uuid(number)}
    source = Source(name="misp", kind="misp-server", url="https://misp.example")
    with server.client() as client:
        first = run(node, source, client=client)
    assert count(node, "indicator") == 120
    assert [each["page"] for each in server.asked] == [1, 2, 3]
    assert server.asked[0]["deleted"] == [0, 1]
    assert first.mark == Mark(next="1700000000")
    server.events[uuid(7)] = event(timestamp=LATER) | {"uuid": uuid(7)}
    with server.client() as client:
        second = run(node, source, client=client)
    assert server.asked[-1]["timestamp"] == 1_700_000_000
    assert second.added == 2
    with server.client("wrong") as client:
        assert "403" in run(node, source, client=client).error


def test_an_event_is_put_onto_a_server_once_and_changed_when_it_is_newer() -> None:
    server = MispServer()
    made = event(attribute("domain", "evil.example"))
    with server.client() as client:
        done = [push(client, each)[0] for each in (made, made, made | {"timestamp": LATER})]
    assert done == ["added", "held", "changed"]
    assert server.events[made["uuid"]]["timestamp"] == LATER


def own_report(*refs: str) -> dict[str, Any]:
    made = gate.indicator(gate.GREEN)
    common = {
        name: made[name] for name in ("spec_version", "created", "modified", "created_by_ref", "object_marking_refs")
    }
    report = {"type": "report", "id": gate.new_id("report"), "name": "Ours", "published": made["created"]}
    return common | report | {"object_refs": list(refs)}


def test_own_reports_are_given_as_far_as_the_server_may_see_them_and_taken_back(node: Node) -> None:
    shown, hidden = (
        gate.indicator(gate.GREEN),
        gate.indicator(gate.RED, pattern="[domain-name:value = 'secret.example']"),
    )
    report = own_report(shown["id"], hidden["id"])
    secret = own_report(hidden["id"]) | {"object_marking_refs": [gate.RED]}
    gate.hand_in(node, shown, hidden, report, secret)
    server = MispServer()
    source = Source(name="misp", kind="misp-server", url="https://misp.example", give_to=gate.AL)
    for _ in range(2):
        with server.client() as client:
            assert run(node, source, client=client).error == ""
    (given,) = server.events.values()
    assert [(each["type"], each["value"]) for each in given["Attribute"]] == [("domain", "phish.example")]
    assert "secret" not in json.dumps(given)
    assert len(node.store.versions(node.clearance_of(gate.ME), report["id"])) == 1
    (row,) = node.store.get(node.clearance_of(gate.ME), [report["id"]])
    taken = recalling(row.id, "withdraw", owner=gate.ME, reason="", now=datetime.now(UTC))
    assert not gate.hand_in(node, json.loads(taken)).refused
    with server.client() as client:
        assert run(node, source, client=client).error == ""
    assert not server.events


def test_what_an_event_has_no_longer_is_deleted_on_the_server() -> None:
    server = MispServer()
    with server.client() as client:
        _, base = push(client, event(attribute("domain", "one.example", 1), attribute("domain", "two.example", 2)))
        assert push(client, event(attribute("domain", "one.example", 1)), base)[0] == "changed"
    (held,) = server.events.values()
    assert [(each["value"], each["deleted"]) for each in held["Attribute"]] == [
        ("one.example", False),
        ("two.example", True),
    ]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as running:
        yield running


def test_a_taxii_collection_is_pulled_and_resumed(node: Node, other: Served) -> None:
    def hand_in(first: int, last: int) -> None:
        fields = {"created_by_ref": None, "object_marking_refs": [gate.CLEAR]}
        many = [
            gate.indicator() | {"id": f"indicator--00000000-0000-4000-8000-{number:012}"}
            for number in range(first, last)
        ]
        other.node.submit(*(msgspec.json.encode({**each, **fields} | {}) for each in map(_without_author, many)))

    hand_in(0, 1_500)
    with other.client(MEMBER) as client:
        root = client.get("/taxii2/").json()["default"]
        collection = client.get(f"{root}collections/").json()["collections"][0]["id"]
        source = Source(name="t", kind="taxii21", url=f"{root}collections/{collection}")
        assert run(node, source, client=client).error == ""
        assert count(node, "indicator") == 1_500
        hand_in(1_500, 1_510)
        again = run(node, source, client=client)
    assert count(node, "indicator") == 1_510
    assert again.added >= 10
    assert again.present < 100


def _without_author(made: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made.items() if key != "created_by_ref"}


def test_a_taxii_2_0_collection_is_pulled_by_ranges(node: Node) -> None:
    asked: list[str] = []
    old = _without_author(gate.indicator()) | {"labels": ["malicious-activity"]}
    many = [
        {key: value for key, value in old.items() if key not in {"spec_version", "pattern_type"}}
        | {"id": f"indicator--00000000-0000-4000-8000-{number:012}"}
        for number in range(1_200)
    ]

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Range"])
        first, last = map(int, request.headers["Range"].removeprefix("items ").split("-"))
        part = many[first : last + 1]
        headers = {"Content-Range": f"items {first}-{first + len(part) - 1}/1200"}
        bundle = {"type": "bundle", "id": "bundle--1", "spec_version": "2.0", "objects": part}
        return httpx.Response(206, json=bundle, headers={**headers, "X-TAXII-Date-Added-Last": "2026-01-01T00:00:00Z"})

    source = Source(name="t", kind="taxii20", url="https://old.example/api/collections/1")
    health = read(node, source, serve)
    assert health.error == ""
    assert asked == ["items 0-999", "items 1000-1999"]
    assert count(node, "indicator") == 1_200
    assert health.mark == Mark("2026-01-01T00:00:00Z")
