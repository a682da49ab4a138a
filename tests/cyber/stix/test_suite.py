"""Incidents in the words of the STIX incident extension suite: both published forms are read, the newer is written."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cyber.building import CSIRT, ENTITY, FINAL, NOTICE, WARNING, Matter, book, instant

from egnatia.cyber.incidents.stix import suite
from egnatia.cyber.incidents.stix.adopting import adopted, deeds
from egnatia.cyber.incidents.stix.bundle import Incident, read, write
from egnatia.cyber.incidents.stix.mending import Unreadable
from egnatia.cyber.incidents.stix.telling import bundle_of, incident_id

DATA = Path(os.environ.get("EGNATIA_TEST_DATA", Path(__file__).parents[4] / "shared" / "data")) / "stix"
AT = "2026-04-01T12:00:00.000Z"

IMPACTS: dict[str, Any] = {
    "availability_impact": 85,
    "confidentiality_impact": "confirmed-loss",
    "integrity_impact": "full-modification",
    "information_type": "pii",
    "record_count": 12_000,
    "external_impacts": ["economic", "public-confidence"],
    "loss_eur": 400_000,
    "loss_most_eur": 900_000,
    "loss_variety": "business-disruption",
    "physical_impact": "damaged-functional",
    "physical_asset": "turbine",
    "traceability_impact": "partial-accountability",
}
FACTS: dict[str, Any] = {
    **IMPACTS,
    "description": "Сви сервери датотека су шифровани",
    "determination": "confirmed",
    "detection_methods": ["human-review", "system-outage"],
    "recoverability": "supplemented",
    "rsit": ["malicious-code:infected-system", "information-content-security:unauthorised-information-modification"],
    "malware_effects": ["ransomware"],
    "techniques": ["T1486", "T1566.001"],
    "sectors": ["energy", "health"],
    "affected_economies": ["ME", "AL"],
    "root_cause": "malicious-actions",
    "outlook": "improving",
    "cross_border": True,
    "users": 5_000,
    "entities": 3,
    "started_at": instant(-6),
    "detected_at": instant(-2),
}


def matter() -> Matter:
    """An incident that was run to its final report."""
    made = Matter(**FACTS)
    made.do(CSIRT, "triage", 1, kind="incident", severity="red")
    made.do(CSIRT, "declare", 2)
    made.file(9, "early-warning", **WARNING)
    made.do(CSIRT, "reply", 12, feedback="cut it off")
    made.file(50, "notification", **NOTICE)
    made.do(CSIRT, "contain", 60)
    made.do(ENTITY, "flare-up", 70)
    made.do(CSIRT, "contain", 80)
    made.do(ENTITY, "eradicate", 90)
    made.do(ENTITY, "recover", 100)
    task = next(iter(made.fold.state.tasks))
    made.do(ENTITY, "progress", 101, task, status="done")
    made.file(400, "final", **{**FINAL, "description": FACTS["description"], "cross_border": True})
    return made


def exported() -> tuple[Matter, dict[str, Any]]:
    made = matter()
    return made, json.loads(bundle_of(made.fold, author=CSIRT, at=AT))


def of(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in bundle["objects"] if each["type"] == kind]


def test_a_case_becomes_an_incident_with_the_words_of_the_suite() -> None:
    made, bundle = exported()
    (incident,) = of(bundle, "incident")
    core = incident["extensions"][suite.INCIDENT]
    assert incident["id"] == incident_id(made.case.id)
    assert (core["determination"], core["investigation_status"], core["criticality"]) == ("confirmed", "open", 95)
    assert core["recoverability"] == "supplemented"
    assert core["impacted_entity_counts"] == {"individual": 5_000, "organization": 3}
    assert core["detection_methods"] == ["human-review", "system-outage"]
    assert {each["impact_category"] for each in of(bundle, "impact")} == set(suite.NESTED)
    types = {kind for each in of(bundle, "task") for kind in each.get("task_types", ())}
    assert {"declared", "containment", "eradication", "recovery", "reported", "routine-updates"} <= types
    assert {kind for each in of(bundle, "event") for kind in each["event_types"]} == {
        "began", "detected", "aware", "handled", "flare-up",
    }  # fmt: skip


def test_what_is_written_names_only_what_is_in_the_bundle_and_marks_everything_with_the_label_of_the_case() -> None:
    _, bundle = exported()
    core = of(bundle, "incident")[0]["extensions"][suite.INCIDENT]
    ids = {each["id"] for each in bundle["objects"]}
    named = {each["event_ref"] for each in core["events"]} | {each["task_ref"] for each in core["tasks"]}
    assert named | set(core["impact_refs"]) <= ids
    audience = of(bundle, "marking-definition")[0]["id"]
    for kind in ("incident", "event", "impact", "task"):
        assert all(audience in each["object_marking_refs"] for each in of(bundle, kind))


def test_comments_do_not_leave_the_case() -> None:
    made = matter()
    made.do(CSIRT, "comment", 500, text="between us: the insider is known")
    assert b"insider" not in bundle_of(made.fold, author=CSIRT, at=AT)


def test_the_facts_come_back_as_they_went() -> None:
    made, bundle = exported()
    (incident,) = read(json.dumps(bundle).encode())
    taken = adopted(incident, book())
    assert taken.left_out == ()
    known = made.fold.known()
    for name in (*FACTS, "severity", "kind", "aware_at", "handled_at"):
        assert taken.facts[name] == known[name], name


def test_tasks_come_back_with_how_they_stand() -> None:
    _, bundle = exported()
    (incident,) = read(json.dumps(bundle).encode())
    found = [(deed.fields["title"], status) for deed, status in deeds(incident)]
    assert ("Stop it from spreading", "done") in found
    assert ("Find the cause, the ways in and what was touched", "") in found


def test_what_was_read_is_written_as_it_was_read() -> None:
    _, bundle = exported()
    (first,) = read(json.dumps(bundle).encode())
    (second,) = read(write(first, author=CSIRT, at=AT))
    assert msgspec.to_builtins(second) == msgspec.to_builtins(first)


@pytest.mark.parametrize("name", ["bundle1", "bundle2"])
def test_bundles_of_the_older_form_are_read_and_what_was_forgiven_is_told(name: str) -> None:
    path = DATA / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    incidents = read(path.read_bytes())
    incident = incidents[0]
    assert (incident.core.determination, incident.core.investigation_status) == ("suspected", "new")
    assert incident.core.criticality == 80
    assert incident.core.impacted_entity_counts == {"individual": 10, "organization": 1, "system": 5}
    assert incident.core.events
    assert incident.core.tasks
    wanted = "user-reporting" if name == "bundle1" else "automated-tool"
    assert incident.core.detection_methods[0] == wanted
    assert any("older form" in words for words in incident.forgiven)
    taken = adopted(incident, book())
    assert (taken.facts["severity"], taken.facts["determination"]) == ("yellow", "suspected")
    assert taken.facts["started_at"].startswith("2020-10-15T06:00")
    for each in incidents:
        assert read(write(each, author=CSIRT, at=AT))[0].core == each.core


def incident(core: dict[str, Any], *others: dict[str, Any], **more: Any) -> bytes:
    said = {
        "type": "incident",
        "id": "incident--1a074418-9248-4a21-9918-a79d0f1dbc5b",
        "name": "x",
        "extensions": {suite.INCIDENT: {"extension_type": "property-extension", **core}},
        **more,
    }
    return json.dumps({"type": "bundle", "objects": [said, *others]}).encode()


def impact(number: int, category: str, name: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    id_ = f"impact--00000000-0000-4000-8000-{number:012d}"
    return {"type": "impact", "id": id_, "impact_category": category, "extensions": {name: content}, **more}


BASE = {"determination": "confirmed", "investigation_status": "open"}


def test_entity_counts_are_read_in_both_forms() -> None:
    """3c865272: entity_count as {entity_type,count,precise_within}; efb50f3c: a dict."""
    older = {**BASE, "impacted_entity_counts": [{"entity_type": "organization", "count": 4, "precise_within": 10}]}
    newer = {**BASE, "impacted_entity_counts": {"organization": 4}}
    for core in (older, newer):
        assert read(incident(core))[0].core.impacted_entity_counts == {"organization": 4}


def test_a_category_is_read_with_and_without_its_ending() -> None:
    """impact_category with or without "-ext" (issue #43)."""
    found = [
        impact(1, "availability", "availability-ext", {"availability_impact": 70}),
        impact(2, "integrity-ext", "integrity-ext", {"alteration": "none"}),
        impact(3, "economic-ext", "economic-ext", {"variety": "ransom-payment", "currency": "eur", "min_amount": 5}),
    ]
    body = incident({**BASE, "impact_refs": [each["id"] for each in found]}, *found)
    assert [each.category for each in read(body)[0].impacts.values()] == ["availability", "integrity", "monetary"]


def test_the_spelling_of_the_text_is_read_as_that_of_the_schema() -> None:
    """spec says "propriety-solution", schema "proprietary-solution"."""
    core = {**BASE, "detection_methods": ["propriety-solution"]}
    assert read(incident(core))[0].core.detection_methods == ("proprietary-solution",)


def test_of_several_impacts_the_worst_counts_and_what_was_superseded_does_not() -> None:
    last = "impact--00000000-0000-4000-8000-000000000003"
    found = [
        impact(1, "availability", "availability-ext", {"availability_impact": 20}),
        impact(2, "availability", "availability-ext", {"availability_impact": 60}),
        impact(4, "availability", "availability-ext", {"availability_impact": 99}, superseded_by_ref=last),
        impact(3, "confidentiality", "confidentiality-ext", {"loss_type": "contained", "information_type": "legal"}),
        impact(5, "confidentiality", "confidentiality-ext", {"loss_type": "confirmed-loss", "information_type": "pii"}),
        impact(6, "monetary", "monetary-ext", {"variety": "ransom-demand", "currency": "usd", "min_amount": 9}),
    ]
    body = incident({**BASE, "impact_refs": [each["id"] for each in found]}, *found)
    taken = adopted(read(body)[0], book())
    assert taken.facts["availability_impact"] == 60
    assert taken.facts["confidentiality_impact"] == "confirmed-loss"
    assert "loss_eur" not in taken.facts
    assert "an amount in USD is not taken: amounts here are in EUR" in taken.left_out


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"objects": 3}', b'{"objects": []}', b'{"objects": [{"type": "incident"}]}', b"[" * 9_000],
)
def test_what_tells_no_incident_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


@pytest.mark.parametrize(
    "core",
    [
        {"determination": 7, "investigation_status": {"x": []}},
        {**BASE, "events": "nothing", "tasks": [3, None, {"task_ref": 5}], "impact_refs": {"a": 1}},
        {**BASE, "criticality": 10**30, "scores": [{"value": "x"}], "incident_types": [[]]},
        {**BASE, "impacted_entity_counts": {"organization": -4, "A": 1, "x": True}},
    ],
)
def test_hostile_incidents_are_read_without_harm(core: dict[str, Any]) -> None:
    (found,) = read(incident(core, description=["x"], labels=[1, "rsit:nothing"]))
    assert found.core.impacted_entity_counts == {}
    assert adopted(found, book()).facts["kind"] == "incident"


def test_the_strict_writer_refuses_what_the_suite_does_not_know() -> None:
    core = suite.IncidentCore(
        extension_type="property-extension",
        determination="perhaps",  # type: ignore[arg-type]  # that is the point
        investigation_status="open",
    )
    with pytest.raises(msgspec.ValidationError):
        write(Incident(id="incident--x", name="x", core=core), author=CSIRT, at=AT)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("determination", "events", "tasks", "scores"), _JSON)))
def test_whatever_an_extension_says_it_is_read_or_refused(core: dict[str, Any]) -> None:
    (found,) = read(incident(core))
    assert read(write(found, author=CSIRT, at=AT))[0].core == found.core
