"""STIX 2.0 comes in as STIX 2.1, and nothing of it is lost."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.record.deterministic import canonical, observable_id
from egnatia.record.record import Invalid
from egnatia.record.upgrade import upgrade, upgrade_all, upgrade_bundle

DATA = Path(os.environ.get("EGNATIA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SEEN = "2016-04-06T19:58:16.000Z"


def older(type_: str, **properties: Any) -> dict[str, Any]:
    """A STIX 2.0 object with what every one of them has."""
    return {
        "type": type_,
        "id": f"{type_}--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        "created": SEEN,
        "modified": SEEN,
        **properties,
    }


def newer(decoded: dict[str, Any]) -> dict[str, Any]:
    """The object itself after the upgrade."""
    result: dict[str, Any] = json.loads(upgrade(json.dumps(decoded).encode()))
    return result


def observed(objects: dict[str, Any], **properties: Any) -> list[dict[str, Any]]:
    """An observed-data of 2.0 and what comes of it."""
    body = older("observed-data", first_observed=SEEN, last_observed=SEEN, number_observed=1, objects=objects)
    return [json.loads(new) for new in upgrade_all(json.dumps(body | properties).encode())]


@pytest.fixture(scope="module")
def attack() -> tuple[bytes, bytes]:
    """The same release of ATT&CK for ICS in STIX 2.0 and 2.1, as MITRE published them."""
    folder = DATA / "attack"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here: set EGNATIA_TEST_DATA")
    old, new = (gzip.decompress((folder / f"ics-attack-18.1-stix{v}.json.gz").read_bytes()) for v in ("20", "21"))
    return old, new


def test_attack_upgraded_equals_its_official_2_1_edition(attack: tuple[bytes, bytes]) -> None:
    upgraded = json.loads(upgrade_bundle(attack[0]))
    official = {found["id"]: found for found in json.loads(attack[1])["objects"]}
    # The 2.1 edition adds one object that 2.0 never had: the list of what the release holds.
    official.pop("x-mitre-collection--90c00720-636b-4485-b342-8751d232bf09")
    assert {found["id"]: found for found in upgraded["objects"]} == official
    assert len(upgraded["objects"]) == 1825
    assert "spec_version" not in upgraded


def test_what_is_2_1_comes_back_to_the_byte(attack: tuple[bytes, bytes]) -> None:
    assert upgrade_bundle(attack[1]) == attack[1]


def test_upgrading_twice_is_upgrading_once(attack: tuple[bytes, bytes]) -> None:
    once = upgrade_bundle(attack[0])
    assert upgrade_bundle(once) == once


@pytest.mark.parametrize(
    ("type_", "labels", "expected"),
    [
        ("indicator", ["malicious-activity", "apt"], {"indicator_types": ["malicious-activity"], "labels": ["apt"]}),
        ("malware", ["malware"], {}),
        ("malware", ["ransomware"], {"malware_types": ["ransomware"]}),
        ("tool", ["tool", "remote-access"], {"tool_types": ["remote-access"]}),
        ("threat-actor", ["nation-state"], {"threat_actor_types": ["nation-state"]}),
        ("report", ["campaign"], {"report_types": ["campaign"]}),
        ("identity", ["CEO"], {"roles": ["CEO"]}),
        ("campaign", ["malware"], {"labels": ["malware"]}),
    ],
)
def test_vocabulary_terms_leave_the_labels(type_: str, labels: list[str], expected: dict[str, list[str]]) -> None:
    upgraded = newer(older(type_, labels=labels))
    found = {name: value for name, value in upgraded.items() if isinstance(value, list)}
    assert found == expected
    assert upgraded["spec_version"] == "2.1"


def test_a_pattern_says_that_it_is_one_of_stix() -> None:
    assert newer(older("indicator", labels=["benign"], pattern="[a:b = 1]"))["pattern_type"] == "stix"


def test_malware_of_2_0_is_a_family_unless_it_says_otherwise() -> None:
    assert newer(older("malware", labels=["worm"]))["is_family"] is True
    assert newer(older("malware", labels=["worm"], is_family=False))["is_family"] is False


def test_unknown_properties_survive_to_the_byte() -> None:
    odd = b'{"n": 1.0e+2, "big": 123456789012345678901234567890, "u": "\\u0160"}'
    body = json.dumps(older("x-thing")).encode()[:-1] + b', "x_odd": ' + odd + b"}"
    assert b'"x_odd":' + odd in upgrade(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "ipv4-addr",  "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.3"}',
        b'{"type": "indicator", "spec_version": "2.1", "created": "x", "id":"indicator--1", "labels": ["benign"]}',
        b'{"no": "object of STIX"}',
    ],
)
def test_what_is_not_2_0_is_not_touched(body: bytes) -> None:
    assert upgrade_all(body) == (body,)


@pytest.mark.parametrize(
    ("type_", "content", "expected"),
    [
        ("ipv4-addr", {"value": "198.51.100.3"}, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"),
        ("domain-name", {"value": "example.com"}, "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7"),
        ("autonomous-system", {"number": 15139}, "autonomous-system--3aa27478-50b5-5ab8-9da9-cdc12b657fff"),
    ],
)
def test_an_observable_gets_the_id_of_the_specification(type_: str, content: Any, expected: str) -> None:
    assert observable_id(type_, content) == expected


@pytest.mark.parametrize(
    ("number", "written"),
    [(7.0, "7"), (0.5, "0.5"), (1e16, "10000000000000000"), (1e21, "1e+21"), (1e-5, "0.00001"), (-1.5e-7, "-1.5e-7")],
)
def test_numbers_are_written_as_rfc_8785_wants(number: float, written: str) -> None:
    assert canonical(number) == written


def test_names_are_ordered_and_text_is_escaped_as_rfc_8785_wants() -> None:
    decoded = {"\u20ac": "\x0f", "\r": '"\\\n', "\ufb33": [None, True, 5], "\U0001f600": {}, "1": "€"}
    assert canonical(decoded) == (
        r'{"\r":"\"\\\n","1":"€","\u20ac":"\u000f","\U0001f600":{},"\ufb33":[null,true,5]}'.replace(r"\u20ac", "€")
        .replace(r"\U0001f600", "\U0001f600")
        .replace(r"\ufb33", "\ufb33")
    )


def test_a_process_has_no_id_of_its_content() -> None:
    assert observable_id("process", {"pid": 5}) is None


def test_observables_of_an_observed_data_become_objects_that_it_refers_to() -> None:
    traffic = {"type": "network-traffic", "src_ref": "0", "dst_ref": "1", "protocols": ["tcp"]}
    record, source, name, flow = observed(
        {
            "0": {"type": "ipv4-addr", "value": "198.51.100.3"},
            "1": {"type": "domain-name", "value": "example.com", "resolves_to_refs": ["0"]},
            "2": traffic,
        }
    )
    assert "objects" not in record
    assert record["object_refs"] == [source["id"], name["id"], flow["id"]]
    assert source["id"] == "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"
    assert name["resolves_to_refs"] == [source["id"]]
    assert (flow["src_ref"], flow["dst_ref"]) == (source["id"], name["id"])


def test_observables_stay_under_the_markings_of_what_they_were_inside() -> None:
    red = ["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]
    _, address = observed({"0": {"type": "ipv4-addr", "value": "198.51.100.3"}}, object_marking_refs=red)
    assert address["object_marking_refs"] == red


def test_observables_take_the_names_of_2_1() -> None:
    _, file, process, mail = observed(
        {
            "0": {"type": "file", "name": "a", "created": SEEN, "hashes": {"ssdeep": "3:a:b"}, "x_own": 1},
            "1": {"type": "process", "pid": 7, "created": SEEN, "binary_ref": "0"},
            "2": {"type": "email-message", "is_multipart": False, "additional_header_fields": {"X": "y", "Z": ["z"]}},
        }
    )
    assert (file["ctime"], file["hashes"], file["x_own"]) == (SEEN, {"SSDEEP": "3:a:b"}, 1)
    assert (process["created_time"], process["image_ref"]) == (SEEN, file["id"])
    assert mail["additional_header_fields"] == {"X": ["y"], "Z": ["z"]}


def test_observables_in_a_ring_refer_to_each_other_by_the_ids_they_got() -> None:
    inner = {"archive-ext": {"contains_refs": ["1"]}}
    outer = {"archive-ext": {"contains_refs": ["0"]}}
    record, one, two = observed(
        {
            "0": {"type": "file", "name": "a", "extensions": inner},
            "1": {"type": "file", "name": "b", "extensions": outer},
        }
    )
    assert one["extensions"]["archive-ext"]["contains_refs"] == [two["id"]]
    assert two["extensions"]["archive-ext"]["contains_refs"] == [one["id"]]
    assert record["object_refs"] == [one["id"], two["id"]]


def test_a_long_chain_of_observables_ends() -> None:
    chain = {
        str(i): {"type": "file", "extensions": {"archive-ext": {"contains_refs": [str(i + 1)]}}} for i in range(3_000)
    }
    assert len(observed(chain)) == 3_001


def test_the_same_observed_data_upgrades_to_the_same_bytes() -> None:
    objects = {"0": {"type": "process", "pid": 5, "child_refs": ["1"]}, "1": {"type": "process", "pid": 6}}
    assert observed(objects) == observed(objects)


def test_an_observable_that_two_records_carry_is_in_the_bundle_once() -> None:
    inside = {"0": {"type": "ipv4-addr", "value": "198.51.100.3"}}
    first = older("observed-data", objects=inside)
    second = first | {"id": "observed-data--00000000-17d4-4cbf-938f-98ee46b3cd3f"}
    data = {"type": "bundle", "id": "bundle--1", "spec_version": "2.0", "objects": [first, second]}
    objects = json.loads(upgrade_bundle(json.dumps(data).encode()))["objects"]
    assert [found["type"] for found in objects] == ["observed-data", "ipv4-addr", "observed-data"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"a":}', b"\xff", b"nul", b'{"type": "x", "id": [' + b"[" * 100_000]
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid, match=r"^\$"):
        upgrade(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["file", "0", "1", "ipv4-addr"]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["0", "1", "type", "value", "a_ref", "b_refs"]), inner)
    ),
    max_leaves=20,
)


@given(
    st.sampled_from(["indicator", "malware", "identity", "observed-data", "x"]),
    st.dictionaries(st.sampled_from(["labels", "objects", "object_marking_refs", "pattern", "is_family"]), json_values),
)
def test_any_object_upgrades_and_keeps_what_is_not_renamed(type_: str, content: dict[str, Any]) -> None:
    upgraded = newer(older(type_, **content))
    kept = {name: value for name, value in content.items() if name not in {"labels", "objects"}}
    assert upgraded["spec_version"] == "2.1"
    for name, value in kept.items():
        assert upgraded[name] == value
