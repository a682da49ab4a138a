"""What is converted is brought in once, and what its source takes out again is revoked."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.exchange import gate
from tests.exchange.formats.events import EVENTS, LATER, UUID, attribute, event, needs_data

from egnatia.exchange.formats.bringing import Bringing
from egnatia.exchange.formats.misp import read_event, read_events
from egnatia.exchange.importing import Tally
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.store import Query
from egnatia.store.query import LAST


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def bringing(node: Node) -> Bringing:
    submitter = Submitter(gate.ME, "test", ALL_RIGHTS)
    return Bringing(
        node.store,
        node.clearance_of(gate.ME),
        gate.ME,
        lambda bodies: node.admission.submit(bodies, submitter),
    )


def bring(node: Node, made: dict[str, Any]) -> Tally:
    return bringing(node).bring([read_event(made)])


def held(node: Node, name: str) -> dict[str, Any]:
    (row,) = node.store.get(node.clearance_of(gate.ME), [name])
    found: dict[str, Any] = json.loads(row.body)
    return found


@needs_data
def test_real_events_brought_in_twice_add_nothing(node: Node) -> None:
    documents = [gzip.decompress(path.read_bytes()) for path in EVENTS[:6]]
    conversions = [conversion for document in documents for conversion in read_events(document)]
    first, second = bringing(node).bring(conversions), bringing(node).bring(conversions)
    assert first.added > 500
    assert (first.refused, second.refused, second.added) == (0, 0, 0)
    assert second.present == second.read


def test_only_what_has_changed_becomes_a_new_version(node: Node) -> None:
    before = event(attribute("domain", "one.example", 1), attribute("domain", "two.example", 2))
    bring(node, before)
    after = event(
        attribute("domain", "one.example", 1),
        attribute("domain", "two.example", 2, comment="C2"),
        timestamp=LATER,
    )
    tally = bring(node, after)
    assert tally.added == 1
    assert held(node, f"indicator--{UUID.format(2)}")["description"] == "C2"


def test_an_attribute_that_is_gone_is_revoked(node: Node) -> None:
    bring(node, event(attribute("domain", "one.example", 1), attribute("domain", "two.example", 2)))
    bring(node, event(attribute("domain", "one.example", 1), timestamp=LATER))
    assert "revoked" not in held(node, f"indicator--{UUID.format(1)}")
    assert held(node, f"indicator--{UUID.format(2)}")["revoked"] is True


def test_an_attribute_that_no_longer_detects_ends_its_indicator(node: Node) -> None:
    bring(node, event(attribute("domain", "one.example", 1)))
    bring(node, event(attribute("domain", "one.example", 1, to_ids=False, timestamp=LATER), timestamp=LATER))
    assert held(node, f"indicator--{UUID.format(1)}")["revoked"] is True
    assert held(node, f"observed-data--{UUID.format(1)}")["object_refs"]


def test_an_attribute_that_became_stricter_is_hidden_from_those_who_saw_it(node: Node) -> None:
    name = f"indicator--{UUID.format(1)}"
    bring(node, event(attribute("domain", "one.example", 1)))
    assert node.store.get(node.clearance_of(gate.AL), [name])
    bring(node, event(attribute("domain", "one.example", 1, Tag=[{"name": "TLP:RED"}]), timestamp=LATER))
    assert not node.store.get(node.clearance_of(gate.AL), [name])
    assert "revoked" not in held(node, name)


def test_an_older_copy_of_an_event_revokes_nothing(node: Node) -> None:
    bring(
        node,
        event(attribute("domain", "one.example", 1), attribute("domain", "two.example", 2), timestamp=LATER),
    )
    bring(node, event(attribute("domain", "one.example", 1)))
    rows = node.store.changes(node.clearance_of(gate.ME), 0, 100, Query(types=("indicator",), versions=(LAST,))).rows
    assert [json.loads(row.body).get("revoked") for row in rows] == [None, None]
