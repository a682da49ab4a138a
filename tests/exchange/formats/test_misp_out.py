"""Records go out as MISP events: one that came in comes back as it was, and no distribution is wider than a label."""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.exchange import gate
from tests.exchange.formats.events import EVENTS, attribute, event, needs_data
from tests.exchange.formats.test_bringing import bringing

from egnatia.exchange.formats.conversion import instant
from egnatia.exchange.formats.misp import Terms, read_event, read_events
from egnatia.exchange.formats.misp.feed import read_feed, write_feed
from egnatia.exchange.formats.misp.writing import distribution, events, tags
from egnatia.node import Node
from egnatia.policy import Label, Pap, Tlp
from egnatia.store import Row

CREATOR = (gate.ME, "CSIRT of Montenegro")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def rows(node: Node) -> list[Row]:
    return [row for row in node.store.changes(node.clearance_of(gate.ME), 0, 10_000).rows if row.id != gate.ME]


def said(made: Mapping[str, Any]) -> set[tuple[str, str, bool]]:
    inner = [*made["Attribute"], *(each for one in made.get("Object", ()) for each in one["Attribute"])]
    return {(each["type"], each["value"], bool(each["to_ids"])) for each in inner}


def test_an_event_comes_back_as_it_went_in(node: Node) -> None:
    made = event(
        attribute("domain", "evil.example", 1),
        attribute("ip-src", "198.51.100.7", 2, to_ids=False),
        attribute("domain|ip", "a.example|198.51.100.8", 3),
        attribute("ip-dst|port", "198.51.100.9|443", 4),
        attribute("sha256", "f" * 64, 5),
        attribute("text", "a remark", 6, to_ids=False, category="Other"),
        attribute("yara", "rule x { condition: true }", 7),
        attribute("vulnerability", "CVE-2024-1234", 8, to_ids=False, category="External analysis"),
        tags=("tlp:green", "PAP:AMBER", "Turla"),
    )
    bringing(node).bring([read_event(made)])
    (back,) = events(rows(node), CREATOR)
    assert said(back) == said(made)
    assert back["uuid"] == made["uuid"]
    assert back["distribution"] == "1"
    assert {tag["name"] for tag in back["Tag"]} == {"tlp:green", "PAP:AMBER", "Turla"}
    assert {each["uuid"] for each in back["Attribute"]} >= {each["uuid"] for each in made["Attribute"][:7]}


@needs_data
def test_what_detects_in_a_real_event_detects_when_it_comes_back(node: Node) -> None:
    for path in EVENTS[:4]:
        bringing(node).bring(read_events(gzip.decompress(path.read_bytes())))
    made = events(rows(node), CREATOR)
    back = set().union(*(said(each) for each in made))
    for path in EVENTS[:4]:
        decoded = json.loads(gzip.decompress(path.read_bytes()))
        inner = (decoded["response"][0] if "response" in decoded else decoded)["Event"]
        wanted = {each for each in said(inner) if each[2] and each[0] not in {"domain|ip", "text"}}
        assert {(kind.partition("|")[2] or kind, value.partition("|")[2] or value) for kind, value, _ in wanted} <= {
            (kind, value) for kind, value, detects in back if detects
        }


@pytest.mark.parametrize("tlp", list(Tlp))
def test_a_distribution_is_never_wider_than_the_label(tlp: Tlp) -> None:
    wide = {Tlp.CLEAR: "3", Tlp.GREEN: "1"}.get(tlp, "0")
    assert distribution(Label(gate.ME, tlp)) == wide
    assert distribution(Label(gate.ME, tlp, audiences=((gate.AL,),))) == "0"
    assert distribution(Label(gate.ME, tlp, unresolved=("marking-definition--x",))) == "0"
    assert tags(Label(gate.ME, tlp, Pap.RED))[-1] == "PAP:RED"


def test_a_feed_is_written_and_read_again() -> None:
    made = event(attribute("domain|ip", "a.example|198.51.100.8", 3), analysis="2", threat_level_id="1")
    files = dict(write_feed([made]))
    assert list(files)[-1] == "manifest.json"
    assert hashlib.md5(b"a.example", usedforsecurity=False).hexdigest().encode() in files["hashes.csv"]
    (conversion,) = read_feed(files.__getitem__, Terms())
    assert conversion.records == read_event(made).records
    held = {f"report--{made['uuid']}": instant(1_700_000_000)}
    assert not list(read_feed(files.__getitem__, Terms(), lambda _: held))


def test_a_feed_names_no_file_outside_its_folder() -> None:
    asked: list[str] = []

    def fetch(name: str) -> bytes:
        asked.append(name)
        return b'{"../../etc/passwd":{"timestamp":"1"}}'

    (conversion,) = read_feed(fetch, Terms())
    assert asked == ["manifest.json"]
    assert conversion.remarks
