"""Opening the form of a record and sending it back unchanged changes nothing that it says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.record.builders import REQUIRED, properties, ref

from egnatia.web.publish.field import NOT_A_MOMENT, Wrong, moment, text_of, value_of
from egnatia.web.publish.form import asked, given_of, offered, said_in
from egnatia.web.publish.warning import is_citizen_number, is_iban
from egnatia.web.record.properties import PROPERTIES

TYPES = [each for each in REQUIRED if offered(each)]

MORE: dict[str, dict[str, Any]] = {
    "indicator": {"kill_chain_phases": [{"kill_chain_name": "a-chain", "phase_name": "b"}], "indicator_types": ["x y"]},
    "malware": {"capabilities": ["evades-av", "ours"], "aliases": ["One", "Two"], "sample_refs": [ref("file")]},
    "file": {"hashes": {"MD5": "0" * 32, "SHA-256": "1" * 64}, "size": 12},
    "location": {"latitude": 41.9973, "longitude": 21.428},
    "identity": {"sectors": ["energy", "our-sector"]},
    "network-traffic": {"ipfix": {"minimumIpTotalLength": 32}, "is_active": False},
    "report": {
        "external_references": [
            {"source_name": "cve", "external_id": "CVE-2026-1234"},
            {"source_name": "a | b", "description": "strange"},
            {"source_name": "blog", "url": "https://blog.example/", "description": "two words"},
            {"source_name": "hashed", "url": "https://x.example/", "hashes": {"MD5": "0" * 32}},
        ]
    },
}


@pytest.mark.parametrize("type_", TYPES)
def test_a_form_gives_back_what_the_record_says(type_: str) -> None:
    stix = json.loads(json.dumps({**properties(type_), **MORE.get(type_, {})}))
    said, wrong = said_in(type_, given_of(type_, stix))
    names = {each.name for each in asked(type_)}
    assert wrong == {}
    assert said == {name: value for name, value in stix.items() if name in names}


@given(st.lists(st.fixed_dictionaries({"source_name": st.text(min_size=1)}, optional={
    "external_id": st.text(min_size=1), "url": st.text(min_size=1), "description": st.text(min_size=1)})
    .filter(lambda each: len(each) > 1), min_size=1, max_size=3))  # fmt: skip
def test_sources_survive_the_form_whatever_is_in_them(sources: list[dict[str, str]]) -> None:
    declared = PROPERTIES["external_references"]
    assert value_of(declared, text_of(declared, sources)) == sources


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-24", "2026-11-24T00:00:00.000Z"),
        ("2026-11-24 13:05", "2026-11-24T13:05:00.000Z"),
        ("2026-11-24T13:05:09", "2026-11-24T13:05:09.000Z"),
        ("2026-11-24T13:05:09.123456Z", "2026-11-24T13:05:09.123456Z"),
    ],
)
def test_a_moment_is_understood_as_people_write_it(written: str, meant: str) -> None:
    assert moment(written) == meant
    assert moment(text_of(PROPERTIES["valid_from"], meant)) == meant


@pytest.mark.parametrize(
    "written", ["tomorrow", "24.11.2026", "2026-13-01", "2026-11-24 25:00", "2026-11-24T13:05+01:00"]
)
def test_a_moment_that_could_mean_another_is_refused(written: str) -> None:
    with pytest.raises(Wrong, match=NOT_A_MOMENT[:20]):
        moment(written)


@pytest.mark.parametrize(
    ("digits", "real"), [("0101006500006", True), ("0101006500007", False), ("9913006500006", False)]
)
def test_a_citizen_number_is_told_from_thirteen_digits(digits: str, real: bool) -> None:
    assert is_citizen_number(digits) is real


@pytest.mark.parametrize(
    ("text", "real"), [("AL47212110090000000235698741", True), ("AL47212110090000000235698742", False)]
)
def test_an_account_is_told_from_a_row_of_characters(text: str, real: bool) -> None:
    assert is_iban(text) is real
