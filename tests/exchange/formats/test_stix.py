"""STIX objects say in words how they may be handled, and no spelling of it makes them wider."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange import gate

from egnatia.exchange.formats.conversion import PAP_MARKINGS, TLP_IDS
from egnatia.exchange.formats.restriction import TLP_LEVELS
from egnatia.exchange.formats.stix import Marking, Markings, Unknown, marking_in, read_object
from egnatia.record.marking import AUDIENCE_EXTENSION
from egnatia.record.upgrade import TYPE_TERMS

FOREIGN = "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37"
RESTRICTING = (
    "confidential", "Do not share", "law enforcement only", "FOR OFFICIAL USE ONLY", "not to be redistributed",
    "strogo povjerljivo", "ne dijeliti dalje", "samo za internu upotrebu", "строго доверливо", "не споделувај",
    "не делити даље", "само за чланове", "konfidenciale", "mos e shpërndani", "vetëm për përdorim të brendshëm",
    "nije za objavljivanje", "забрането", "tlp:ex:chr", "TLР:RED", "NATO:restricted",
)  # fmt: skip


def nothing(_: str) -> Marking | Unknown | None:
    return Unknown()


def read(
    made: dict[str, Any], decided: dict[str, str] | None = None, markings: Markings = nothing
) -> tuple[list[str], tuple[str, ...]]:
    """The markings that the object ends up with, and the words that nobody understands."""
    found = read_object(json.dumps(made).encode(), decided or {}, markings)
    if found is None:
        return list(made.get("object_marking_refs", ())), ()
    return json.loads(found.records[-1])["object_marking_refs"], tuple(each.word for each in found.strange)


def defined(**definition: Any) -> Markings:
    made = {"type": "marking-definition", "spec_version": "2.1", "id": FOREIGN} | definition
    found = marking_in(json.dumps(made).encode())
    assert found is not None
    return lambda _: found[1]


@given(
    st.sampled_from(TLP_LEVELS),
    st.lists(st.booleans(), min_size=24, max_size=24),
    st.sampled_from([":", " : ", "=", "-", "_", " ", ":\t", "\u200b:"]),
    st.sampled_from(["labels", "x_opencti_labels", "x_tags"]),
    st.sampled_from([None, *TLP_LEVELS]),
)
def test_no_casing_or_spacing_of_a_label_makes_an_object_wider(
    level: str, upper: list[bool], between: str, place: str, borne: str | None
) -> None:
    label = "".join(each.upper() if up else each for each, up in zip(f"tlp{between}{level}", upper, strict=False))
    refs, strange = read(gate.indicator(*([TLP_IDS[borne]] if borne else [])) | {place: [label]})
    said = {name for name, marking in TLP_IDS.items() if marking in refs}
    strictest = max({level, borne or level}, key=TLP_LEVELS.index)
    assert max(said, key=TLP_LEVELS.index) == strictest
    assert not strange


@given(st.sampled_from(RESTRICTING), st.booleans(), st.sampled_from([" ", "  ", " - ", "_", "\t"]))
def test_what_seems_to_restrict_is_red_for_the_owner_alone(word: str, shouted: bool, between: str) -> None:
    spelled = between.join(word.upper().split() if shouted else word.split())
    refs, strange = read(gate.indicator(gate.CLEAR, labels=["botnet", spelled]))
    assert strange == (spelled,)
    assert TLP_IDS["red"] in refs
    assert len([each for each in refs if each not in TLP_IDS.values()]) == 1, "an audience of nobody"


@pytest.mark.parametrize("word", ["C O N F I D E N T I A L", "confi\u200bdential", "D.O.N.O.T.S.H.A.R.E"])
def test_letters_apart_and_signs_nobody_sees_hide_nothing(word: str) -> None:
    assert read(gate.indicator(gate.CLEAR, labels=[word]))[1] == (word,)


@given(st.text(max_size=30))
def test_whatever_a_label_says_nothing_becomes_wider(word: str) -> None:
    refs, _ = read(gate.indicator(gate.AMBER, labels=[word, f"tlp:{word}"]))
    assert not {gate.CLEAR, gate.GREEN}.intersection(refs) or gate.AMBER in refs


def test_the_vocabularies_of_stix_restrict_nothing() -> None:
    words = sorted(each for terms in TYPE_TERMS.values() for each in terms)
    assert read_object(json.dumps(gate.indicator(labels=words)).encode(), {}, nothing) is None


def test_an_object_without_words_stays_the_bytes_that_came() -> None:
    for made in (gate.indicator(), gate.indicator(gate.RED, labels=["tlp:red"]), gate.indicator(labels=["Turla"])):
        assert read_object(json.dumps(made).encode(), {}, nothing) is None


def test_a_level_of_pap_and_custom_properties_count() -> None:
    assert PAP_MARKINGS["red"] in read(gate.indicator(gate.GREEN, labels=["Pap : RED"]))[0]
    assert TLP_IDS["red"] in read(gate.indicator(x_tlp="Red"))[0]
    assert read(gate.indicator(x_acme_tlp="level 3"))[1] == ("tlp:level 3",)
    assert read(gate.indicator(x_classification="secret"))[1] == ("secret",)


def test_a_title_restricts_too() -> None:
    report = {"type": "report", "id": gate.new_id("report"), "name": "[TLP:AMBER+STRICT] Wave", "modified": "x"}
    assert TLP_IDS["amber+strict"] in read(gate.indicator() | report)[0]


def test_a_statement_restricts_where_it_seems_to() -> None:
    made = gate.indicator(gate.GREEN, FOREIGN)
    secret = defined(definition_type="statement", definition={"statement": "Law enforcement only"})
    assert read(made, markings=secret)[1] == ("Law enforcement only",)
    free = defined(definition_type="statement", definition={"statement": "Copyright 2026, The Example Corporation"})
    assert read(made, markings=free) == ([gate.GREEN, FOREIGN], ())
    decided = read(made, {"law enforcement only": "tlp:amber"}, secret)
    assert decided == ([gate.GREEN, FOREIGN, gate.AMBER], ())


def test_a_tlp_under_a_strange_identifier_is_understood() -> None:
    amber = defined(definition_type="tlp", name="TLP:AMBER+STRICT", definition={"tlp": "amber+strict"})
    assert read(gate.indicator(FOREIGN), markings=amber) == ([TLP_IDS["amber+strict"]], ())
    pap = defined(definition_type="PAP", name="PAP:RED", definition={"pap": "pap:red"})
    assert read(gate.indicator(gate.GREEN, FOREIGN), markings=pap) == ([gate.GREEN, PAP_MARKINGS["red"]], ())


def test_any_other_marking_waits_for_a_person_who_alone_takes_it_away() -> None:
    made = gate.indicator(gate.GREEN, FOREIGN)
    odd = defined(definition_type="iep", name="Friends", definition={"level": "x"})
    for markings, word in ((odd, "Friends"), (nothing, FOREIGN)):
        assert read(made, markings=markings)[1] == (word,)
        assert read(made, {word: ""}, markings) == ([gate.GREEN], ())
    inner = made | {"object_marking_refs": [gate.GREEN]}
    inner |= {"granular_markings": [{"marking_ref": FOREIGN, "selectors": ["name"]}], "name": "x"}
    assert read(inner, markings=odd)[1] == ("Friends",)
    audience = defined(extensions={AUDIENCE_EXTENSION: {"extension_type": "property-extension"}})
    assert read(made, markings=audience) == ([gate.GREEN, FOREIGN], ())


def test_an_observable_waits_outside_because_it_could_not_be_released_later() -> None:
    made = {"type": "domain-name", "id": "domain-name--1", "spec_version": "2.1", "value": "x.example"}
    made |= {"x_opencti_labels": ["confidential"]}  # type: ignore[dict-item]  # as anybody may write it
    found = read_object(json.dumps(made).encode(), {}, nothing)
    assert found is not None
    assert (len(found.records), found.origin and found.origin.record) == (1, "")
    assert found.document == json.dumps(made).encode()


def test_of_an_object_of_stix_2_0_the_labels_count_before_they_become_types() -> None:
    team = {"type": "identity", "id": gate.new_id("identity"), "name": "x", "identity_class": "group"}
    times = {"created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z"}
    refs, strange = read(team | times | {"labels": ["confidential"]})
    assert strange == ("confidential",)
    assert TLP_IDS["red"] in refs


@pytest.mark.parametrize("body", [b"", b"[]", b'{"labels":', b'{"labels":{"a":1},"type":7}', b'{"type":"report"}'])
def test_what_is_no_object_passes_to_the_gate_that_refuses_it(body: bytes) -> None:
    assert read_object(body, {}, nothing) is None
