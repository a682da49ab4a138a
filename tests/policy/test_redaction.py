"""What is left of a record holds nothing that was marked, changes no byte of the rest, and is a record; or is not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.policy import TLP_2, redact
from egnatia.record import GranularMarking, Head, Record, read

RED = next(marking for marking, tlp in TLP_2.items() if tlp.name == "RED")
INDICATOR: dict[str, Any] = {
    "type": "indicator",
    "spec_version": "2.1",
    "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
    "created": "2026-04-06T20:03:48.000Z",
    "modified": "2026-04-06T20:03:48.1234567Z",
    "name": "Poison Ivy",
    "description": "SECRET",
    "indicator_types": ["malicious-activity"],
    "pattern": "[ file:name = 'a' ]",
    "pattern_type": "stix",
    "valid_from": "2026-01-01T00:00:00Z",
    "labels": ["first", "SECRET", "third"],
    "kill_chain_phases": [{"kill_chain_name": "SECRET", "phase_name": "one"}],
    "external_references": [
        {"source_name": "a", "url": "https://a.example/SECRET", "description": "kept"},
        {"source_name": "b", "description": "kept too"},
    ],
}


def marked(*selectors: str, languages: tuple[str, ...] = (), **changes: Any) -> Record:
    entries: list[dict[str, Any]] = [{"marking_ref": RED, "selectors": list(selectors)}]
    if languages:
        entries.append({"lang": "sq", "selectors": list(languages)})
    body = {**INDICATOR, **changes, "granular_markings": entries}
    return read(json.dumps({key: value for key, value in body.items() if value is not None}).encode())


def left_of(record: Record) -> Any:
    variant = redact(record)
    assert variant is not None
    read(variant)
    return json.loads(variant)


@pytest.mark.parametrize(
    ("selector", "gone"),
    [
        ("description", "description"),
        ("labels", "labels"),
        ("external_references", "external_references"),
        ("external_references.[0]", None),
        ("external_references.[0].url", None),
        ("labels.[1]", None),
        ("kill_chain_phases.[0]", "kill_chain_phases"),
        ("kill_chain_phases.[0].kill_chain_name", "kill_chain_phases"),
    ],
)
def test_what_a_selector_names_is_gone_with_all_in_it(selector: str, gone: str | None) -> None:
    left = left_of(marked(selector))
    assert "granular_markings" not in left
    assert gone is None or gone not in left
    secret = json.dumps(INDICATOR).count("SECRET") - json.dumps(left).count("SECRET")
    assert secret == 1


def test_all_that_is_marked_goes_at_once() -> None:
    left = left_of(marked("description", "labels.[1]", "external_references.[0].url", "kill_chain_phases"))
    assert "SECRET" not in json.dumps(left)
    assert RED not in json.dumps(left)
    assert left["labels"] == ["first", "third"]
    assert left["external_references"] == [
        {"source_name": "a", "description": "kept"},
        INDICATOR["external_references"][1],
    ]


def test_two_items_of_one_list_go_by_their_places_in_the_whole() -> None:
    assert left_of(marked("labels.[0]", "labels.[1]"))["labels"] == ["third"]


def test_what_stays_keeps_its_bytes() -> None:
    body = json.dumps(
        {**INDICATOR, "x_exact": 0, "granular_markings": [{"marking_ref": RED, "selectors": ["description"]}]}
    )
    body = body.replace('"x_exact": 0', '"x_exact": { "n" : 1.50e+3, "s":"\\u00e9" }')
    variant = redact(read(body.encode(), tolerant=True))
    assert variant is not None
    assert b'{ "n" : 1.50e+3, "s":"\\u00e9" }' in variant
    assert b"20:03:48.1234567Z" in variant


def test_a_language_stays_named_where_its_text_stayed() -> None:
    record = marked("description", "labels.[1]", languages=("name", "description", "labels.[2]"))
    assert left_of(record)["granular_markings"] == [{"lang": "sq", "selectors": ["name"]}]


@pytest.mark.parametrize("selector", ["pattern", "pattern_type", "valid_from"])
def test_without_a_required_property_there_is_no_variant(selector: str) -> None:
    assert redact(marked(selector)) is None


@pytest.mark.parametrize("selector", ["id", "created", "modified", "type", "spec_version", "object_marking_refs"])
def test_what_makes_it_a_record_under_its_markings_cannot_be_marked_out(selector: str) -> None:
    assert redact(marked(selector, object_marking_refs=[RED])) is None


@pytest.mark.parametrize("selector", ["absent", "name.[0]", "labels.[9].x", "x y", "name.deeper"])
def test_a_selector_that_names_nothing_leaves_no_more_than_is_safe(selector: str) -> None:
    record = marked("description")
    head = Head(type="indicator", id=record.head.id, granular_markings=(GranularMarking((selector,), marking_ref=RED),))
    variant = redact(Record(record.body, head, record.version))
    assert variant is None or selector.split(".", maxsplit=1)[0] not in json.loads(variant)


def test_nothing_marked_means_no_variant() -> None:
    record = read(json.dumps(INDICATOR).encode())
    assert redact(record) is None


@pytest.mark.parametrize(
    ("body", "selector", "safe"),
    [
        (
            {"type": "file", "id": "file--e277603e-1060-5ad4-9937-c26c97f1ca68", "name": "a.exe", "size": 3},
            "name",
            False,
        ),
        (
            {"type": "file", "id": "file--e277603e-1060-5ad4-9937-c26c97f1ca68", "name": "a.exe", "size": 3},
            "size",
            True,
        ),
    ],
)
def test_what_the_id_is_computed_from_cannot_be_hidden(body: dict[str, Any], selector: str, safe: bool) -> None:
    body |= {"spec_version": "2.1", "granular_markings": [{"marking_ref": RED, "selectors": [selector]}]}
    assert (redact(read(json.dumps(body).encode(), tolerant=True)) is not None) is safe


def test_of_a_record_whose_id_a_producer_computed_only_what_no_id_comes_from_goes() -> None:
    computed = "indicator--8e2e2d2b-17d4-5cbf-938f-98ee46b3cd3f"
    assert redact(marked("name", id=computed)) is None
    assert redact(marked("description", id=computed)) is not None


leaves = st.sampled_from(["name", "description", "labels.[0]", "labels.[1]", "labels.[2]", "labels"]) | st.sampled_from(
    ["external_references.[1]", "external_references.[0].url", "external_references.[0].description"]
)


@given(st.sets(leaves, min_size=1))
def test_nothing_marked_is_ever_left(selectors: set[str]) -> None:
    values: dict[str, Any] = {
        "name": "S-name",
        "description": "S-description",
        "labels": ["S-l0", "S-l1", "S-l2"],
        "external_references": [
            {"source_name": "a", "url": "https://x.example/S-url", "description": "S-d0"},
            {"source_name": "b", "description": "S-d1"},
        ],
    }
    tokens = {
        "name": ["S-name"],
        "description": ["S-description"],
        "labels": ["S-l0", "S-l1", "S-l2"],
        "labels.[0]": ["S-l0"],
        "labels.[1]": ["S-l1"],
        "labels.[2]": ["S-l2"],
        "external_references.[1]": ["S-d1"],
        "external_references.[0].url": ["S-url"],
        "external_references.[0].description": ["S-d0"],
    }
    variant = redact(marked(*sorted(selectors), **values))
    assert variant is not None
    for selector in selectors:
        for token in tokens[selector]:
            assert f'{token}"'.encode() not in variant
