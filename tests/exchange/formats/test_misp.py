"""MISP events become records: everything of them, again and again the same, and for nobody whom MISP kept out."""

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange import gate
from tests.exchange.formats.events import EVENTS, LATER, UUID, attribute, event, needs_data

from egnatia.exchange.formats.conversion import Conversion
from egnatia.exchange.formats.misp import Terms, read_event, read_events
from egnatia.exchange.labelling import Labelling
from egnatia.policy import Handling, Label, Standing, admits
from egnatia.record import Invalid, Record, read

OWNER = gate.ME
MEMBER = Standing(gate.AL, member=True)
NAMED = "identity--dddddddd-dddd-4ddd-8ddd-dddddddddddd"


def records(conversion: Conversion) -> list[Record]:
    return [read(body) for body in conversion.records]


def of_type(conversion: Conversion, kind: str) -> list[dict[str, Any]]:
    return [found for body in conversion.records if (found := json.loads(body))["type"] == kind]


def labels(conversion: Conversion) -> dict[str, Label]:
    """The label of each record as its owner's node reads it."""
    labelling = Labelling(default=lambda _: Handling())
    several = records(conversion)
    for each in several:
        if each.head.type == "marking-definition":
            labelling.learn(OWNER, each)
    return {each.head.id: labelling.label(each, OWNER) for each in several if each.head.type != "marking-definition"}


@needs_data
@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.name.split(".")[0])
def test_every_attribute_of_a_real_event_comes_along(path: Path) -> None:
    document = gzip.decompress(path.read_bytes())
    (conversion,) = read_events(document)
    strict = [read(body, tolerant=False) for body in conversion.records]
    ids = {each.head.id for each in strict}
    assert len(ids) == len(strict)
    decoded = json.loads(document)
    inner = (decoded["response"][0] if "response" in decoded else decoded)["Event"]
    uuids = [each["uuid"] for each in inner["Attribute"]]
    uuids += [each["uuid"] for made in inner["Object"] for each in made["Attribute"]]
    assert uuids
    for uuid in uuids:
        became = conversion.origins[uuid]
        assert became
        assert ids.issuperset(became)


@pytest.mark.parametrize("tag", ["TLP:RED", "tlp:RED", "tlp:red", "nato:classification=secret", "Do not share"])
def test_a_restricted_event_is_for_its_owner_alone(tag: str) -> None:
    conversion = read_event(event(attribute("domain", "evil.example"), tags=("tlp:clear", tag)))
    found = labels(conversion)
    assert found
    assert not any(admits(label, MEMBER).allowed for label in found.values())


def test_a_permissible_action_is_kept() -> None:
    conversion = read_event(event(attribute("domain", "evil.example"), tags=("tlp:green", "PAP:RED")))
    (indicator,) = of_type(conversion, "indicator")
    assert labels(conversion)[indicator["id"]].pap.name == "RED"


def test_a_strange_tag_is_told_and_can_be_decided() -> None:
    made = event(attribute("domain", "evil.example"), tags=("tlp:clear", "Intern"))
    assert any(each.found == "Intern" for each in read_event(made).remarks)
    decided = read_event(made, Terms(decided={"intern": ""}))
    assert not decided.remarks
    assert all(admits(label, MEMBER).allowed for name, label in labels(decided).items() if "identity" not in name)


@settings(deadline=None)
@given(
    st.sampled_from(["0", "1", "2", "4", "7", "", "none"]),
    st.sampled_from(["5", "3", "0", "1", "2", "4"]),
    st.lists(st.sampled_from(["tlp:clear", "tlp:green", "TLP:AMBER", "Turla", "pap:clear"]), max_size=2),
    st.lists(st.sampled_from(["tlp:clear", "tlp:white"]), max_size=1),
)
def test_nobody_sees_what_misp_does_not_give_to_all(
    distribution: str, inner: str, tags: list[str], inner_tags: list[str]
) -> None:
    one = attribute("domain", "evil.example", distribution=inner, Tag=[{"name": tag} for tag in inner_tags])
    conversion = read_event(event(one, tags=tuple(tags), distribution=distribution))
    assert not any(admits(label, MEMBER).allowed for label in labels(conversion).values())


@pytest.mark.parametrize(("tags", "seen"), [(("tlp:white",), True), (("tlp:green",), True), ((), False)])
def test_an_event_of_a_feed_states_no_distribution_and_its_tags_count(tags: tuple[str, ...], seen: bool) -> None:
    made = event(attribute("domain", "evil.example"), tags=tags)
    del made["distribution"], made["Attribute"][0]["distribution"]
    (indicator,) = of_type(conversion := read_event(made), "indicator")
    assert admits(labels(conversion)[indicator["id"]], MEMBER).allowed == seen


def test_a_sharing_group_is_an_audience() -> None:
    group = {
        "uuid": UUID.format(9),
        "name": "Energy",
        "active": True,
        "SharingGroupOrg": [{"Organisation": {"uuid": "dddddddd-dddd-4ddd-8ddd-dddddddddddd", "name": "Grid"}}],
        "SharingGroupServer": [{"all_orgs": True}],
    }
    made = event(attribute("domain", "evil.example"), distribution="4", SharingGroup=group)
    found = labels(read_event(made))
    named = Standing(NAMED, member=True)
    client = Standing(gate.RS, member=True, client_of=(named,))
    for label in found.values():
        assert admits(label, named).allowed
        assert not admits(label, client).allowed
        assert not admits(label, MEMBER).allowed


def test_what_is_stricter_than_its_event_is_not_named_in_the_report() -> None:
    hidden = attribute("domain", "hidden.example", 2, Tag=[{"name": "TLP:RED"}])
    conversion = read_event(event(attribute("domain", "evil.example", 1), hidden))
    (report,) = of_type(conversion, "report")
    secret = f"indicator--{UUID.format(2)}"
    assert secret not in report["object_refs"]
    assert f"indicator--{UUID.format(1)}" in report["object_refs"]
    (grouping,) = of_type(conversion, "grouping")
    assert secret in grouping["object_refs"]
    found = labels(conversion)
    assert admits(found[report["id"]], MEMBER).allowed
    assert not admits(found[secret], MEMBER).allowed
    assert not admits(found[grouping["id"]], MEMBER).allowed


def test_a_restricted_value_cannot_be_guessed_from_an_identifier() -> None:
    open_ = read_event(event(attribute("domain", "evil.example", to_ids=False)))
    closed = read_event(event(attribute("domain", "evil.example", to_ids=False), tags=("tlp:amber",)))
    (known,), (hidden,) = of_type(open_, "domain-name"), of_type(closed, "domain-name")
    assert known["id"] != hidden["id"]
    assert hidden["id"][-22] == "8"


def test_a_deleted_attribute_is_revoked() -> None:
    (indicator,) = of_type(read_event(event(attribute("domain", "evil.example", deleted=True))), "indicator")
    assert indicator["revoked"] is True


def test_personal_data_stays_with_the_owner() -> None:
    conversion = read_event(event(attribute("full-name", "Ana Anić", category="Person")))
    (note,) = of_type(conversion, "note")
    assert labels(conversion)[note["id"]].personal
    assert not admits(labels(conversion)[note["id"]], MEMBER).allowed


def test_sightings_say_seen_false_or_over() -> None:
    team = {"uuid": "dddddddd-dddd-4ddd-8ddd-dddddddddddd", "name": "Grid"}
    seen = [
        {"uuid": UUID.format(4 + kind), "type": str(kind), "date_sighting": "1700000500", "Organisation": team}
        for kind in range(3)
    ]
    conversion = read_event(event(attribute("domain", "evil.example", Sighting=seen)))
    (indicator,) = of_type(conversion, "indicator")
    (sighting,) = of_type(conversion, "sighting")
    (opinion,) = of_type(conversion, "opinion")
    assert sighting["sighting_of_ref"] == indicator["id"] == opinion["object_refs"][0]
    assert sighting["where_sighted_refs"] == [NAMED]
    assert opinion["opinion"] == "strongly-disagree"
    assert indicator["valid_until"] == "2023-11-14T22:21:40.000Z"


def test_a_file_object_is_one_file_and_an_indicator_for_each_hash() -> None:
    inner = [
        attribute("filename", "a.exe", 1, to_ids=False, object_relation="filename"),
        attribute("md5", "0" * 32, 2, object_relation="md5"),
        attribute("sha256", "f" * 64, 3, object_relation="sha256"),
        attribute("text", "packed", 4, to_ids=False, object_relation="state"),
    ]
    made = {"name": "file", "uuid": UUID.format(8), "timestamp": "1700000000", "Attribute": inner}
    conversion = read_event(event(Object=[{**made, "distribution": "5"}]))
    (file,) = of_type(conversion, "file")
    assert file["hashes"] == {"MD5": "0" * 32, "SHA-256": "f" * 64}
    assert file["name"] == "a.exe"
    assert len(of_type(conversion, "indicator")) == 2
    (note,) = of_type(conversion, "note")
    assert note["content"] == "state: packed"


def test_an_event_is_a_new_version_when_it_changes() -> None:
    before = event(attribute("domain", "evil.example"))
    after = copy.deepcopy(before) | {"timestamp": LATER, "Tag": [{"name": "tlp:red"}]}
    first, second = of_type(read_event(before), "indicator"), of_type(read_event(after), "indicator")
    assert first[0]["id"] == second[0]["id"]
    assert first[0]["created"] == second[0]["created"]
    assert first[0]["modified"] < second[0]["modified"]


def test_an_empty_galaxy_identifier_does_not_stop_an_event() -> None:
    cluster = {"type": "mitre-intrusion-set", "value": "APT32", "uuid": "", "tag_name": 'misp-galaxy:x="APT32"'}
    galaxy = [{"type": "mitre-intrusion-set", "GalaxyCluster": [cluster]}]
    (actor,) = of_type(read_event(event(attribute("domain", "evil.example"), Galaxy=galaxy)), "intrusion-set")
    assert actor["name"] == "APT32"


def test_broken_parts_are_told_and_the_rest_is_read() -> None:
    made = event(attribute("domain", "evil.example"), attribute("md5", "not a digest", 2))
    made["Attribute"] += [None, {"type": 5, "value": {}}, attribute("domain", "", 3)]
    conversion = read_event(made)
    assert len(of_type(conversion, "indicator")) == 1
    assert len(of_type(conversion, "note")) == 1
    assert len(conversion.remarks) == 4


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    st.sampled_from(["Attribute", "Object", "Tag", "Galaxy", "SharingGroup", "timestamp", "date", "Orgc", "info"]),
    json_values,
)
def test_a_hostile_event_is_read_or_refused(place: str, value: Any) -> None:
    try:
        conversion = read_event(event(attribute("domain", "evil.example")) | {place: value})
    except Invalid:
        return
    assert records(conversion)


@pytest.mark.parametrize(
    "document", [b"", b"{", b"[1]", b'{"a":1}', b'{"response":[{"x":1}]}', b'{"Event":{"info":"x"}}']
)
def test_what_is_no_event_is_refused(document: bytes) -> None:
    with pytest.raises(Invalid):
        list(read_events(document))
