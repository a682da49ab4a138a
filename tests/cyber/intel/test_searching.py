"""Every question to the store finds what the rule says, for each reader, and nothing that the reader may not see."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.exchange import gate

from egnatia.cyber.intel.language import And, Has, Not, Or, Term, Text, parse
from egnatia.cyber.intel.matching import matches
from egnatia.cyber.intel.searching import Stretch, candidate_of, known_to, search
from egnatia.node import Node
from egnatia.store import Query
from egnatia.store.query import LAST

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TECHNIQUE = "attack-pattern--44444444-4444-4444-8444-444444444444"
PLACE = "location--55555555-5555-4555-8555-555555555555"
STAMP = {"spec_version": "2.1", "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with gate.node(tmp_path_factory.mktemp("search")) as opened:
        fill(opened)
        opened.store.indexer.wait_for(opened.store.position(), 30)
        yield opened


def fill(node: Node) -> None:
    number = [{"source_name": "mitre-attack", "external_id": "T1566.001"}]
    pattern = {"type": "attack-pattern", "id": TECHNIQUE, "name": "Spear phishing", "external_references": number}
    place = {"type": "location", "id": PLACE, "name": "Скопје", "country": "MK"}
    gate.hand_in(node, STAMP | pattern, STAMP | place, owner=gate.ME, applied=(gate.CLEAR,))
    one = gate.indicator(gate.GREEN, name="Ransomware in Skopje", confidence=80, labels=["phishing", "T1059"])
    two = gate.indicator(gate.RED, name="Ransomware, secret", confidence=20, modified="2026-05-20T00:00:00.000Z")
    three = gate.indicator(
        gate.CLEAR, name="Рансомвер", pattern="[ipv4-addr:value = '198.51.100.7']", valid_until="2026-02-01T00:00:00Z"
    )
    gate.hand_in(node, one, two, three)
    relation = {"type": "relationship", "id": gate.new_id("relationship"), "relationship_type": "indicates"}
    report = {"type": "report", "id": gate.new_id("report"), "name": "A wave", "published": STAMP["created"]}
    mine = {"created_by_ref": gate.AL, "object_marking_refs": [gate.GREEN]}
    gate.hand_in(
        node,
        STAMP | mine | relation | {"source_ref": one["id"], "target_ref": TECHNIQUE},
        STAMP | mine | report | {"object_refs": [PLACE], "labels": ['sector="energy"'], "revoked": True},
        owner=gate.AL,
    )


TERMS = [
    *(Text(words) for words in ("ransomware", "рансомвер", "Skopje", "скоп*", "ransomware in", "nothing", "wave")),
    *(Has("type", kind) for kind in ("indicator", "report", "location", "malware")),
    *(Has("tlp", level) for level in ("clear", "green", "red")),
    *(Has("economy", economy) for economy in ("me", "al", "mk")),
    *(Has("is", word) for word in ("live", "expired", "revoked", "redacted")),
    *(Has("since", text) for text in ("2026-05-01", "30d")),
    Has("technique", "T1566"),
    Has("technique", "t1566.001"),
    Has("technique", "T1059"),
    Has("tag", "phish*"),
    Has("sector", "Energy"),
    Has("value", "198.51.100.7"),
    Has("value", "phish.example"),
    Has("owner", "albania"),
    Has("confidence", "50", ">"),
    Has("until", "2026-02-01"),
    Has("id", TECHNIQUE),
]


def grown(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, inner) | st.builds(And, several) | st.builds(Or, several)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(st.sampled_from(TERMS), grown, max_leaves=5), st.sampled_from([gate.ME, gate.AL, gate.RS, None]))
def test_the_store_is_asked_for_what_the_rule_says(node: Node, term: Term, reader: str | None) -> None:
    clearance = node.clearance_of(reader)
    known = known_to(node.store, clearance, node.facts.organisations())
    visible = node.store.changes(clearance, 0, 1_000, Query(versions=(LAST,))).rows
    wanted = {row.position for row in visible if matches(term, candidate_of(row), known, NOW)}
    found = search(node.store, clearance, term, known, NOW, Stretch(limit=1_000))
    assert {row.position for row in found.rows} == wanted
    assert found.complete


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_every_field_finds_something_or_is_meant_not_to(node: Node, term: Term) -> None:
    clearance = node.clearance_of(gate.ME)
    known = known_to(node.store, clearance, node.facts.organisations())
    found = search(node.store, clearance, term, known, NOW)
    assert bool(found.rows) == (term not in {Text("nothing"), Has("type", "malware"), Has("is", "redacted")})


def test_what_a_reader_may_not_see_is_not_found(node: Node, tmp_path: Path) -> None:
    term = parse("ransomware secret")
    for reader, count in ((gate.ME, 1), (gate.AL, 0), (None, 0)):
        clearance = node.clearance_of(reader)
        known = known_to(node.store, clearance)
        assert len(search(node.store, clearance, term, known, NOW).rows) == count


@pytest.mark.parametrize("query", ["", "ransomware OR type:report", "skopje", "value:phish.example", "technique:T1566"])
def test_a_search_goes_on_where_it_ended(node: Node, query: str) -> None:
    clearance = node.clearance_of(gate.ME)
    known = known_to(node.store, clearance, node.facts.organisations())
    whole = search(node.store, clearance, parse(query), known, NOW, Stretch(limit=1_000))
    pages, before = [], 0
    while True:
        found = search(node.store, clearance, parse(query), known, NOW, Stretch(before=before, budget=2))
        pages += [row.position for row in found.rows]
        if found.complete:
            break
        before = found.next
    assert pages == [row.position for row in whole.rows]


def test_a_record_of_a_leap_second_stops_no_question(tmp_path: Path) -> None:
    with gate.node(tmp_path) as node:
        leap = "2016-12-31T23:59:60.000Z"
        gate.hand_in(node, gate.indicator(gate.GREEN, created=leap, modified=leap, valid_until="2026-12-31T23:59:60Z"))
        clearance = node.clearance_of(gate.AL)
        known = known_to(node.store, clearance)
        for query in ("type:indicator since:2016-12-31 until:2017-01-01", "type:indicator is:live"):
            assert [row.type for row in search(node.store, clearance, parse(query), known, NOW).rows] == ["indicator"]
