"""The tolerant reading takes what has one clear meaning, lists what it forgave, and forgives no marking."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.record.builders import CREATED, DATA, body, bundle, properties, ref

from egnatia.record import Invalid, read, read_bundle, reading
from egnatia.record.file import File
from egnatia.record.finding import Indicator

WHITE = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"


@pytest.mark.parametrize(
    ("type_", "changes", "path"),
    [
        ("tool", {"external_references": "[{'source_name': 'x'}]"}, "$.external_references"),
        ("tool", {"labels": []}, "$.labels"),
        ("tool", {"description": None}, "$.description"),
        ("tool", {"confidence": 900}, "$.confidence"),
        ("tool", {"modified": "2024-02-28T00:00:00.000Z"}, "$.modified"),
        ("tool", {"spec_version": ...}, "$.spec_version"),
        ("tool", {"id": "tool--7B9F8F0E-5F6E-4A58-9A3A-3A1B2C3D4E5F"}, "$.id"),
        ("tool", {"Odd-Name": 1}, "$['Odd-Name']"),
        ("indicator", {"valid_until": CREATED}, "$.valid_until"),
        ("indicator", {"pattern": "file:name = 'x']"}, "$.pattern"),
        ("url", {"labels": ["x"]}, "$.labels"),
        ("opinion", {"opinion": "Strongly-Agree"}, "$.opinion"),
    ],
)
def test_a_clear_meaning_is_taken_and_the_deviation_listed(type_: str, changes: dict[str, Any], path: str) -> None:
    raw = body(type_, **changes)
    with pytest.raises(Invalid):
        read(raw)
    record = read(raw, tolerant=True)
    assert record.body == raw
    assert [one.path for one in record.deviations] == [path]
    assert reading(record).id == record.head.id


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("2024-03-01T10:00:00", "2024-03-01T10:00:00.000000000"),
        ("2024-03-01 10:00:00.5Z", "2024-03-01T10:00:00.500000000"),
        ("2024-03-01T10:00:00+02:00", "2024-03-01T08:00:00.000000000"),
        ("2024-03-01T00:30:00.25+0100", "2024-02-29T23:30:00.250000000"),
    ],
)
def test_a_moment_without_z_or_with_an_offset_has_one_meaning(written: str, version: str) -> None:
    assert read(body("tool", modified=written), tolerant=True).version == version


@pytest.mark.parametrize("written", ["2025-15-08T00:00:00.000Z", "yesterday", "0000-01-01T00:00:00Z", 1709200000])
def test_a_moment_that_means_nothing_is_not_guessed(written: object) -> None:
    with pytest.raises(Invalid):
        read(body("tool", modified=written, created=written), tolerant=True)


def test_a_missing_creation_is_the_first_modification() -> None:
    record = read(body("tool", created=...), tolerant=True)
    assert record.version == "2024-02-29T10:00:00.000000000"


def test_hash_names_are_spelled_as_the_vocabulary_does() -> None:
    digest = "A" * 64
    record = read(body("file", hashes={"sha256": digest, "MD5": "not one", "x_own": "1"}), tolerant=True)
    file = reading(record)
    assert isinstance(file, File)
    assert file.hashes == {"SHA-256": digest, "x_own": "1"}


def test_an_indicator_without_beginning_is_valid_from_its_creation() -> None:
    indicator = reading(read(body("indicator", valid_from=...), tolerant=True))
    assert isinstance(indicator, Indicator)
    assert indicator.valid_from == CREATED


@pytest.mark.parametrize(
    "changes",
    [
        {"object_marking_refs": RED},
        {"object_marking_refs": [RED, 7]},
        {"object_marking_refs": {"0": RED}},
        {"granular_markings": [{"selectors": ["nmae"], "marking_ref": RED}]},
        {"granular_markings": [{"selectors": [], "marking_ref": RED}]},
        {"granular_markings": [{"selectors": "name", "marking_ref": RED}]},
        {"granular_markings": [{"selectors": ["name"], "marking_ref": 7}]},
        {"granular_markings": [{"selectors": ["name"]}]},
        {"granular_markings": "all"},
        # The selector names what a tolerant reading would have to drop.
        {"labels": "x", "granular_markings": [{"selectors": ["labels"], "marking_ref": RED}]},
    ],
)
def test_a_marking_that_cannot_be_read_is_never_dropped(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read(body("tool", **changes), tolerant=True)


def test_a_marking_that_is_not_understood_stays_as_it_is() -> None:
    refs = ["TLP:RED", "marking-definition--nonsense", ref("tool")]
    record = read(body("tool", object_marking_refs=refs), tolerant=True)
    assert record.head.object_marking_refs == tuple(refs)
    granular = [{"selectors": ["name"], "marking_ref": "TLP:RED"}]
    marked = read(body("tool", granular_markings=granular), tolerant=True)
    assert marked.head.granular_markings[0].marking_ref == "TLP:RED"


def marking(id_: str, **definition: str) -> dict[str, Any]:
    """A TLP 1.0 style marking."""
    kind = next(iter(definition))
    return properties("marking-definition", id=id_, definition_type=kind, definition=definition)


def test_tlp_clear_written_as_if_it_were_tlp_1_is_white() -> None:
    inline = marking(WHITE, tlp="clear")
    reading_ = read_bundle(bundle(inline, properties("tool", object_marking_refs=[WHITE])), tolerant=True)
    assert reading_.refused == ()
    assert [len(one.deviations) for one in reading_.records] == [1, 0]


@pytest.mark.parametrize(
    "content", [{"tlp": "red"}, {"tlp": "purple"}, {"statement": "TLP:AMBER"}, {"statement": "(c)"}]
)
def test_a_bundle_that_gives_a_known_marking_another_meaning_loses_what_it_marks(content: dict[str, str]) -> None:
    outcome = read_bundle(
        bundle(properties("tool", object_marking_refs=[WHITE]), marking(WHITE, **content), properties("malware")),
        tolerant=True,
    )
    assert [one.head.type for one in outcome.records] == ["malware"]
    assert [one.index for one in outcome.refused] == [0, 1]


@pytest.mark.parametrize("content", [{"tlp": "clear"}, {"tlp": "white"}, {"statement": "TLP:CLEAR"}, {"tlp": "red"}])
def test_nobody_makes_a_tlp_marking_of_his_own(content: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        read(json.dumps(marking(ref("marking-definition"), **content)).encode(), tolerant=True)


ELASTIC = {"banshee": 4, "blister": 84, "ghostengine": 19, "grimresource": 5, "jokerspy": 0, "pikabot": 15,
           "ref0657": 7, "ref6138": 53, "rustbucket": 19, "shellter": 10, "tollbooth": 1}  # fmt: skip


def data(name: str) -> bytes:
    """A file of real data, unpacked."""
    path: Path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not here: set EGNATIA_TEST_DATA")
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@pytest.mark.parametrize(("name", "taken"), ELASTIC.items())
def test_bundles_as_published_are_taken_where_they_mean_one_thing(name: str, taken: int) -> None:
    outcome = read_bundle(data(f"stix/indicators_{name}_stix-bundle.json.gz"), tolerant=True)
    assert len(outcome.records) == taken
    for record in outcome.records:
        assert reading(record).id == record.head.id
    assert all(one.problems for one in outcome.refused)


@pytest.mark.parametrize("edition", ["ics-attack-18.1", "enterprise-attack-18.1"])
def test_attack_is_in_order_by_the_strict_reading(edition: str) -> None:
    outcome = read_bundle(data(f"attack/{edition}-stix21.json.gz"))
    assert outcome.refused == ()
    assert len(outcome.records) in {1826, 24771}
