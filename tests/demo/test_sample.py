"""The sample data is strict STIX that points at nobody."""

import itertools
import re
from datetime import UTC, datetime

import msgspec
import pytest
import stix2patterns.validator  # type: ignore[import-untyped]  # it has no types

from egnatia.demo.adversaries import TECHNIQUES
from egnatia.demo.attribution import technique
from egnatia.demo.cast import ACTORS, CSIRTS, NODES, Actor
from egnatia.demo.pen import TLP
from egnatia.demo.sample import sample
from egnatia.demo.trickle import happenings, noticed
from egnatia.record import read

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DOCUMENTATION = re.compile(r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}$")


@pytest.mark.parametrize("by", ACTORS, ids=lambda by: by.key)
def test_every_sample_record_passes_the_strict_reading(by: Actor) -> None:
    for body in sample(by, NOW):
        assert read(body).head.created_by_ref in {by.id, None}


def test_every_happening_passes_the_strict_reading() -> None:
    for by, story, rng in itertools.islice(happenings(1), 200):
        for body in noticed(by, story, rng, NOW):
            assert read(body).deviations == ()


def test_seven_nodes_and_a_bank_have_lively_data_in_several_scripts() -> None:
    assert len(NODES) == 8
    counts = {by.key: len(sample(by, NOW)) for by in CSIRTS}
    assert min(counts.values()) > 60
    words = b" ".join(itertools.chain.from_iterable(sample(by, NOW) for by in CSIRTS)).decode()
    for word in ("Рансомвер", "рачуни", "pako", "Lažne", "povrat"):
        assert word in words


@pytest.mark.parametrize("by", ACTORS, ids=lambda by: by.key)
def test_names_and_addresses_are_reserved_ones(by: Actor) -> None:
    for body in sample(by, NOW):
        stix = msgspec.json.decode(body)
        match stix["type"]:
            case "domain-name":
                assert stix["value"].endswith(".example")
            case "url":
                assert re.match(r"https://[a-z0-9-]+\.example/", stix["value"])
            case "ipv4-addr":
                assert DOCUMENTATION.match(stix["value"])
            case "indicator":
                assert stix2patterns.validator.validate(stix["pattern"], stix_version="2.1")


def test_nothing_refers_to_what_is_not_there_yet_but_to_the_techniques_that_the_hub_publishes() -> None:
    techniques = {technique(each, NOW)["id"] for each in TECHNIQUES}
    for by in ACTORS:
        seen: set[str] = {by.id, *TLP.values(), *techniques}
        for body in sample(by, NOW):
            record = read(body)
            assert {reference.target for reference in record.references} <= seen
            seen.add(record.head.id)


def test_ids_are_the_same_in_every_run_and_differ_within_one() -> None:
    first, second = (sample(CSIRTS[0], NOW) for _ in range(2))
    assert first == second
    everything = [read(body).head for by in ACTORS for body in sample(by, NOW)]
    own = [head.id for head in everything if head.created]
    assert len(own) == len(set(own))
