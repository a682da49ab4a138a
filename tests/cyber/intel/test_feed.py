"""A MISP feed is read as it changes: what is new comes, what is gone is taken back, what is broken is told and tried
again, and its hashes say how much of it is known already."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.exchange import gate
from tests.exchange.formats.events import LATER, attribute, event

from egnatia.cyber.intel.overlap import overlap
from egnatia.cyber.intel.source import Health, Source, Sources
from egnatia.cyber.intel.tapping import run
from egnatia.exchange.formats.misp.feed import write_feed
from egnatia.exchange.formats.misp.hashes import Hashes, hashes_in
from egnatia.node import Node

NOW = "2026-10-01T00:00:00.000Z"

SOURCE = Source(name="osint", kind="misp-feed", url="https://feed.example/osint", tlp="clear")


def uuid(number: int) -> str:
    return f"bbbbbbbb-bbbb-4bbb-8bbb-{number:012}"


def made(number: int, *values: str, **more: Any) -> dict[str, Any]:
    several = [
        attribute("domain", value, uuid=f"aaaaaaaa-aaaa-4aaa-8{number:03}-{place:012}")
        for place, value in enumerate(values or (f"evil{number}.example",))
    ]
    return {"analysis": "2", "threat_level_id": "1", **event(*several), "uuid": uuid(number), **more}


class Feed:
    """A feed whose files can be changed between two readings."""

    def __init__(self, *events: dict[str, Any]) -> None:
        self.files: dict[str, bytes | int] = {}
        self.asked: list[str] = []
        self.write(*events)

    def write(self, *events: dict[str, Any]) -> None:
        self.files = dict(write_feed(events))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        self.asked.append(name)
        found = self.files.get(name, 404)
        return httpx.Response(found) if isinstance(found, int) else httpx.Response(200, content=found)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        Sources(opened.store).save(SOURCE)
        yield opened


def read(node: Node, feed: Feed, source: Source = SOURCE) -> Health:
    with httpx.Client(transport=httpx.MockTransport(feed)) as client:
        return run(node, source, client=client)


def live(node: Node) -> set[str]:
    found = node.store.changes(node.clearance_of(gate.ME), 0, 10_000).rows
    last = {row.id: msgspec.json.decode(row.body) for row in found if row.type == "indicator"}
    return {each["name"] for each in last.values() if not each.get("revoked")}


def indicator(node: Node, name: str) -> dict[str, Any]:
    rows = node.store.by_value(node.clearance_of(gate.ME), name)
    found: dict[str, Any] = next(msgspec.json.decode(row.body) for row in rows if row.type == "indicator")
    return found


def test_an_event_that_is_gone_is_taken_back_and_comes_again(node: Node) -> None:
    feed = Feed(*map(made, range(3)))
    assert read(node, feed).error == ""
    feed.write(made(0), made(1))
    health = read(node, feed)
    assert (health.error, live(node)) == ("", {"evil0.example", "evil1.example"})
    assert read(node, feed).added == 0
    feed.write(*map(made, range(3)))
    read(node, feed)
    assert live(node) == {"evil0.example", "evil1.example", "evil2.example"}


def test_all_that_came_with_an_event_goes_with_it(node: Node) -> None:
    said = attribute("comment", "What we think of it", 5, to_ids=False)
    seen = {"uuid": gate.new_id("x")[3:], "type": "0", "date_sighting": "1700000100",
            "Organisation": {"uuid": "dddddddd-dddd-4ddd-8ddd-dddddddddddd", "name": "Others"}}  # fmt: skip
    report = {"name": "A story", "content": "Once upon a time", "uuid": gate.new_id("x")[3:], "timestamp": "1700000000"}
    whole = event(attribute("domain", "evil.example", Sighting=[seen]), said, EventReport=[report])
    feed = Feed(made(0), {"analysis": "2", "threat_level_id": "1", **whole})
    read(node, feed)
    before = node.store.changes(node.clearance_of(gate.ME), 0, 1_000).rows
    assert not {"note", "indicator", "report"} - {row.type for row in before}
    feed.write(made(0))
    assert read(node, feed).remarks == 0
    rows = node.store.changes(node.clearance_of(gate.ME), 0, 1_000).rows
    last = {row.id: msgspec.json.decode(row.body) for row in rows if row.type in {"note", "sighting", "report"}}
    alive = [each["type"] for each in last.values() if not each.get("revoked")]
    assert alive == ["report"]


def test_what_a_person_or_another_source_has_to_do_with_stays(node: Node) -> None:
    feed = Feed(*map(made, range(6)), made(6, "voted.example", "alone.example"))
    read(node, feed)
    other = msgspec.structs.replace(SOURCE, name="second", url="https://other.example")
    read(node, Feed(made(5)), other)
    voted, changed = indicator(node, "voted.example"), indicator(node, "evil4.example")
    opinion = {
        "type": "opinion", "spec_version": "2.1", "id": gate.new_id("opinion"), "created": NOW,
        "modified": NOW, "created_by_ref": gate.ME, "object_marking_refs": [gate.GREEN], "opinion": "agree",
        "object_refs": [voted["id"]],
    }  # fmt: skip
    assert not gate.hand_in(node, opinion, {**changed, "modified": NOW, "description": "ours"}).refused
    feed.write(*map(made, range(4)))
    health = read(node, feed)
    assert health.error == ""
    kept = {"voted.example", "evil4.example", "evil5.example"}
    assert live(node) == {f"evil{number}.example" for number in range(4)} | kept
    assert health.remarks >= 2


def test_a_feed_that_loses_most_of_its_events_waits_for_a_person(node: Node) -> None:
    feed, all_of_them = Feed(*map(made, range(8))), {f"evil{number}.example" for number in range(8)}
    read(node, feed)
    leavings = Sources(node.store).leavings
    feed.write(made(0), made(9))
    read(node, feed)
    assert live(node) == {*all_of_them, "evil9.example"}
    waits = leavings.gone.get("osint")
    assert waits is not None
    assert (len(waits.events), waits.of, waits.decided) == (7, 9, "")
    leavings.decide("osint", "withdraw", "jelena")
    read(node, feed)
    assert live(node) == {"evil0.example", "evil9.example"}
    assert leavings.gone.get("osint") is None


def test_what_a_person_decides_to_keep_is_not_asked_about_again(node: Node) -> None:
    feed = Feed(*map(made, range(8)))
    read(node, feed)
    leavings = Sources(node.store).leavings
    feed.write(made(0))
    read(node, feed)
    leavings.decide("osint", "keep", "jelena")
    for _ in range(2):
        read(node, feed)
    assert len(live(node)) == 8
    assert leavings.gone.get("osint") is None
    with pytest.raises(LookupError):
        leavings.decide("osint", "withdraw", "jelena")


def test_what_comes_again_meanwhile_waits_for_nobody(node: Node) -> None:
    feed = Feed(*map(made, range(8)))
    read(node, feed)
    feed.write(made(0))
    read(node, feed)
    feed.write(*map(made, range(8)))
    read(node, feed)
    assert Sources(node.store).leavings.gone.get("osint") is None
    assert len(live(node)) == 8


@pytest.mark.parametrize("manifest", [b"{}", b'{"', 500, 404, b"<html>sign in</html>"])
def test_nothing_is_taken_back_for_a_manifest_that_is_empty_or_cut_short(node: Node, manifest: bytes | int) -> None:
    feed = Feed(made(0), made(1))
    read(node, feed)
    feed.files["manifest.json"] = manifest
    assert read(node, feed).error
    assert live(node) == {"evil0.example", "evil1.example"}


def test_what_is_broken_is_named_with_its_reason_and_tried_again(node: Node) -> None:
    feed = Feed(*map(made, range(4)))
    good = feed.files[f"{uuid(1)}.json"]
    feed.files |= {f"{uuid(1)}.json": b'{"Event": {', f"{uuid(2)}.json": 404}
    feed.files[f"{uuid(3)}.json"] = json.dumps({"Event": made(0, "stolen.example", timestamp=LATER)}).encode()
    for tries in (1, 2):
        health = read(node, feed)
        assert (health.error, live(node)) == ("", {"evil0.example"})
        assert [(each.uuid, each.tries) for each in health.broken] == [(uuid(n), tries) for n in (1, 2, 3)]
    assert health.broken_in_all == 3
    assert "404" in health.broken[1].why
    assert "named after" in health.broken[2].why
    assert health.broken[0].title == "A campaign"
    feed.files[f"{uuid(1)}.json"] = good
    assert [each.uuid for each in read(node, feed).broken] == [uuid(2), uuid(3)]
    assert live(node) == {"evil0.example", "evil1.example"}


@pytest.mark.parametrize(("status", "asked"), [(503, 1), (401, 1), (500, 20)])
def test_a_server_that_is_away_is_not_asked_for_every_event(node: Node, status: int, asked: int) -> None:
    feed = Feed(*map(made, range(40)))
    feed.files |= {f"{uuid(number)}.json": status for number in range(40)}
    health = read(node, feed)
    assert str(status) in health.error
    assert len(feed.asked) == 1 + asked


def test_the_hashes_tell_how_much_is_known_and_what_is_known_from_elsewhere(node: Node) -> None:
    gate.hand_in(node, gate.indicator(gate.GREEN, pattern="[domain-name:value = 'evil1.example']"))
    feed = Feed(*map(made, range(4)))
    told = hashes_in(bytes(feed.files["hashes.csv"]))
    before = overlap(node.store, node.clearance_of(gate.ME), told)
    assert (before.values, before.known, before.elsewhere) == (4, 1, 1)
    assert overlap(node.store, node.clearance_of(gate.AL), told).known == 1
    assert overlap(node.store, node.clearance_of(None), told).known == 0
    read(node, feed)
    after = Sources(node.store).overlaps.get("osint")
    assert after is not None
    assert (after.values, after.known, after.elsewhere, after.exact) == (4, 4, 1, True)
    feed.files["hashes.csv"] = 404
    assert read(node, feed).error == ""
    assert Sources(node.store).overlaps.get("osint") is None


def test_what_an_event_observed_is_known_from_the_feed_alone_until_somebody_else_observes_it(node: Node) -> None:
    seen = attribute("ip-dst|port", "198.51.100.7|443", to_ids=False)
    files = attribute("filename|sha256", f"evil.exe|{'a' * 64}", 2, to_ids=False)
    feed = Feed({"analysis": "2", "threat_level_id": "1", **event(seen, files)})
    read(node, feed)
    kept = Sources(node.store).overlaps.get("osint")
    assert kept is not None
    assert kept.known >= 2
    assert kept.elsewhere == 0


def test_lines_of_hashes_that_are_none_are_counted_and_named() -> None:
    line = f"{'0' * 32},{uuid(1)}"
    found = hashes_in(f"\ufeff{line}\r\n\nnonsense\n{'g' * 32},{uuid(1)}\n{line}\n{'1' * 32},x\n".encode() + b"\xff,\n")
    assert found == Hashes({0: uuid(1)}, lines=2, broken=4, examples=found.examples)
    assert found.examples[0] == "3: nonsense"
    assert hashes_in(b"a" * 1_000_000).broken == 1


def test_of_a_large_feed_a_part_stands_for_all() -> None:
    files = dict(write_feed([made(1, *(f"x{number}.example" for number in range(3_000)))]))
    found = hashes_in(bytes(files["hashes.csv"]), sample=500)
    assert not found.is_whole
    assert len(found.events) <= 500
    assert found.scaled(len(found.events)) == pytest.approx(3_000, rel=0.15)


def test_a_source_that_leads_elsewhere_is_read_from_its_beginning_and_takes_nothing_back(node: Node) -> None:
    read(node, Feed(*map(made, range(4))))
    kept = Sources(node.store)
    kept.save(msgspec.structs.replace(SOURCE, url="https://feed.example/other"))
    assert kept.health("osint") == Health()
    read(node, Feed(made(9)))
    assert live(node) == {*(f"evil{number}.example" for number in range(4)), "evil9.example"}
    assert kept.leavings.gone.get("osint") is None
