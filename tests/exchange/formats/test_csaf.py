"""Advisories come in with what others act on, and go out so that they come in again the same."""

import json
import re
from typing import Any

import pytest

from egnatia.exchange.formats.conversion import TLP_IDS
from egnatia.exchange.formats.csaf import EXPLOITED, read_advisory
from egnatia.exchange.formats.csaf_writing import write_advisory
from egnatia.record import Invalid, read

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
CVSS = {"version": "3.1", "vectorString": VECTOR, "baseScore": 9.8, "baseSeverity": "CRITICAL"}
ADVISORY: dict[str, Any] = {
    "document": {
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "title": "A gateway lets strangers in",
        "lang": "en",
        "distribution": {"tlp": {"label": "WHITE"}},
        "publisher": {"category": "vendor", "name": "Maker", "namespace": "https://maker.example"},
        "notes": [
            {"category": "summary", "text": "Update now."},
            {"category": "legal_disclaimer", "title": "Terms", "text": "As it is."},
        ],
        "references": [{"summary": "Advisory", "url": "https://maker.example/1"}],
        "tracking": {
            "id": "MK-2026-1", "status": "final", "version": "2",
            "initial_release_date": "2026-03-01T00:00:00Z", "current_release_date": "2026-03-02T10:00:00.000Z",
            "revision_history": [],
        },
    },
    "product_tree": {
        "branches": [
            {"category": "vendor", "name": "Maker", "branches": [
                {"category": "product_name", "name": "Gate", "branches": [
                    {"category": "product_version", "name": "1.0",
                     "product": {"product_id": "P1", "name": "Maker Gate 1.0"}},
                    {"category": "product_version", "name": "1.1",
                     "product": {"product_id": "P2", "name": "Maker Gate 1.1"}},
                ]},
            ]},
        ]
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2026-1234",
            "cwe": {"id": "CWE-78", "name": "OS Command Injection"},
            "notes": [{"category": "description", "text": "A command goes through."}],
            "product_status": {"known_affected": ["P1"], "fixed": ["P2"]},
            "remediations": [{"category": "vendor_fix", "details": "Install 1.1", "product_ids": ["P1"]}],
            "scores": [{"cvss_v3": CVSS, "products": ["P1"]}],
            "threats": [{"category": "exploit_status", "details": "Exploited in the wild since February"}],
        }
    ],
}  # fmt: skip


def convert(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    conversion = read_advisory(json.dumps(document).encode())
    found: dict[str, list[dict[str, Any]]] = {}
    for body in conversion.records:
        assert not read(body, tolerant=False).deviations
        made = json.loads(body)
        found.setdefault(made["type"], []).append(made)
    return found


def test_an_advisory_comes_in_with_what_others_act_on() -> None:
    found = convert(ADVISORY)
    (vulnerability,) = found["vulnerability"]
    assert vulnerability["name"] == "CVE-2026-1234"
    assert vulnerability["labels"] == [EXPLOITED]
    assert vulnerability["x_csaf_products"] == {"known_affected": ["Maker Gate 1.0"], "fixed": ["Maker Gate 1.1"]}
    assert vulnerability["x_csaf_base_score"] == 9.8
    weakness = {"source_name": "cwe", "external_id": "CWE-78", "description": "OS Command Injection"}
    assert weakness in vulnerability["external_references"]
    (report,) = found["report"]
    assert report["object_refs"] == [vulnerability["id"]]
    assert (report["created"], report["modified"]) == ("2026-03-01T00:00:00.000Z", "2026-03-02T10:00:00.000Z")
    assert report["object_marking_refs"] == [TLP_IDS["clear"]]
    assert found["note"][0]["abstract"] == "Terms"


@pytest.mark.parametrize(
    ("distribution", "level"),
    [
        ({"tlp": {"label": "AMBER"}}, "amber"),
        ({"tlp": {"label": "AMBER"}, "text": "TLP:AMBER+STRICT"}, "amber+strict"),
        ({"tlp": {"label": "PURPLE"}}, "red"),
        ({"text": "Not for publication"}, "red"),
    ],
)
def test_a_distribution_is_read_and_what_is_not_understood_is_red(distribution: dict[str, Any], level: str) -> None:
    document = {**ADVISORY, "document": {**ADVISORY["document"], "distribution": distribution}}
    assert convert(document)["report"][0]["object_marking_refs"] == [TLP_IDS[level]]


def test_an_advisory_goes_out_and_comes_in_again_the_same() -> None:
    found = convert(ADVISORY)
    publisher = {"name": "CSIRT", "namespace": "https://csirt.example"}
    written = write_advisory(found["report"][0], found["vulnerability"], publisher, "amber+strict")
    again = convert(json.loads(written))
    told, retold = found["vulnerability"][0], again["vulnerability"][0]
    for name in ("name", "labels", "x_csaf_products", "x_csaf_remediations", "x_csaf_scores", "x_csaf_base_score"):
        assert retold[name] == told[name]
    assert told["x_csaf_scores"][0]["cvss_v3"]["vectorString"] == VECTOR
    assert [each for each in told["external_references"] if each["source_name"] == "cwe"] == [
        each for each in retold["external_references"] if each["source_name"] == "cwe"
    ]
    assert again["report"][0]["object_marking_refs"] == [TLP_IDS["amber+strict"]]
    assert json.loads(written)["document"]["distribution"]["tlp"]["label"] == "AMBER"


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"document":{"csaf_version":"1.2"}}', b'{"document":5}'])
def test_what_is_no_advisory_is_refused(document: bytes) -> None:
    with pytest.raises(Invalid):
        read_advisory(document)


@pytest.mark.parametrize("place", ["tracking", "publisher", "distribution", "notes", "title", "lang", "references"])
@pytest.mark.parametrize("value", [None, 5, "x", [], [5], {}, {"a": [None]}])
def test_a_hostile_advisory_is_read_or_refused(place: str, value: Any) -> None:
    document = json.dumps({**ADVISORY, "document": {**ADVISORY["document"], place: value}}).encode()
    try:
        conversion = read_advisory(document)
    except Invalid:
        return
    assert conversion.records


def broken_rules(document: dict[str, Any]) -> list[str]:
    """Which of the mandatory tests of CSAF (2.0 section 6.1, the same numbers in 2.1) an advisory of ours fails; those
    about what we never write are left out."""
    head = document["document"]
    tracking, version = head["tracking"], head["csaf_version"]
    names = document.get("product_tree", {}).get("full_product_names", [])
    ids = [each["product_id"] for each in names]
    found = []
    for vulnerability in document.get("vulnerabilities", []):
        status = vulnerability.get("product_status", {})
        named = [each for several in status.values() for each in several]
        named += [each for remedy in vulnerability.get("remediations", []) for each in remedy["product_ids"]]
        found += ["6.1.1 missing definition of product id"] if not set(named) <= set(ids) else []
        affected, fixed = (set(status.get(name, [])) for name in ("known_affected", "fixed"))
        found += ["6.1.6 contradicting product status"] if affected & fixed else []
        if head["category"] == "csaf_security_advisory":
            found += ["6.1.27.5 vulnerability notes"] if not vulnerability.get("notes") else []
            found += ["6.1.27.x product status"] if not status else []
    found += ["6.1.2 multiple definition of product id"] if len(ids) != len(set(ids)) else []
    history = tracking["revision_history"]
    found += ["6.1.14 sorted revision history"] if history != sorted(history, key=lambda each: each["date"]) else []
    found += ["6.1.16 latest document version"] if tracking["version"] != history[-1]["number"] else []
    found += ["6.1.18 released version 0"] if any(each["number"].startswith("0") for each in history) else []
    numbers = [each.get("cve") for each in document.get("vulnerabilities", []) if each.get("cve")]
    found += ["6.1.23 multiple use of same CVE"] if len(numbers) != len(set(numbers)) else []
    if head["category"] == "csaf_security_advisory":
        found += [f"6.1.27.4 {each}" for each in ("product_tree", "vulnerabilities") if each not in document]
    labels = (
        {"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"} if version == "2.1" else {"WHITE", "GREEN", "AMBER", "RED"}
    )
    found += ["TLP label"] if head["distribution"]["tlp"]["label"] not in labels else []
    return found


@pytest.mark.parametrize("version", ["2.0", "2.1"])
@pytest.mark.parametrize("tlp", ["clear", "green", "amber", "amber+strict", "red"])
def test_what_is_written_keeps_the_mandatory_rules_and_comes_in_again_in_both_versions(version: str, tlp: str) -> None:
    found = convert(ADVISORY)
    report, vulnerabilities = found["report"][0], found["vulnerability"]
    publisher = {"name": "CSIRT", "namespace": "https://csirt.example"}
    document = json.loads(write_advisory(report, vulnerabilities, publisher, tlp, version))
    assert broken_rules(document) == []
    assert document["document"]["csaf_version"] == version
    again = convert(document)
    for name in ("name", "labels", "x_csaf_products", "x_csaf_remediations"):
        assert again["vulnerability"][0][name] == vulnerabilities[0][name], name
    level = TLP_IDS["amber" if (tlp, version) == ("amber+strict", "2.0") else tlp]
    assert (
        level in again["report"][0]["object_marking_refs"] or TLP_IDS[tlp] in again["report"][0]["object_marking_refs"]
    )


def test_an_advisory_whose_products_are_not_all_known_is_a_base_document() -> None:
    vulnerabilities = [{"name": "CVE-2026-1", "external_references": []}]
    report = {"id": "report--x", "name": "x", "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z"}
    document = json.loads(
        write_advisory(report, vulnerabilities, {"name": "x", "namespace": "https://x.example"}, "clear")
    )
    assert document["document"]["category"] == "csaf_base"
    assert broken_rules(document) == []
    with pytest.raises(ValueError, match="3\\.0"):
        write_advisory(report, vulnerabilities, {}, "clear", "3.0")


def test_products_of_two_minds_count_as_affected_and_a_fix_is_for_those_alone() -> None:
    status = {"known_affected": ["A"], "fixed": ["A", "B"], "known_not_affected": ["B", "C"]}
    references = [{"source_name": "cve", "external_id": "CVE-2026-1"}]
    found: dict[str, Any] = {
        "name": "CVE-2026-1", "external_references": references, "x_csaf_products": status, "labels": [EXPLOITED],
        "x_csaf_remediations": ["vendor_fix: Update"], "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-02T00:00:00.000Z",
    }  # fmt: skip
    report: dict[str, Any] = {"id": "report--x", "name": "x", "labels": ["csaf:category=csaf_vex"]}
    report |= {name: found[name] for name in ("created", "modified")}
    document = json.loads(
        write_advisory(report, [found], {"name": "x", "namespace": "https://x.example"}, "clear", "2.1")
    )
    assert broken_rules(document) == []
    (made,) = document["vulnerabilities"]
    names = {each["product_id"]: each["name"] for each in document["product_tree"]["full_product_names"]}
    told = {kind: [names[each] for each in several] for kind, several in made["product_status"].items()}
    assert told == {"known_affected": ["A"], "fixed": ["B"], "known_not_affected": ["C"]}
    assert [names[each] for each in made["remediations"][0]["product_ids"]] == ["A"]
    assert [names[each] for each in made["first_known_exploitation_dates"][0]["product_ids"]] == ["A"]
    assert document["document"]["category"] == "csaf_security_advisory"


def test_every_version_of_a_report_is_a_revision() -> None:
    report = {"id": "report--x", "name": "x", "created": "2026-01-01T00:00:00Z", "modified": "2026-03-01T00:00:00Z"}
    publisher = {"name": "x", "namespace": "https://x.example"}
    dates = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]
    tracking = json.loads(write_advisory(report, [], publisher, "clear", dates=dates))["document"]["tracking"]
    assert [(each["number"], each["date"]) for each in tracking["revision_history"]] == list(
        zip("123", dates, strict=True)
    )
    assert tracking["version"] == "3"


@pytest.mark.parametrize(("version", "category"), [("2.0", "csaf_base"), ("2.1", "csaf_withdrawn")])
def test_one_that_is_taken_back_says_why_and_names_nothing_vulnerable(version: str, category: str) -> None:
    found = convert(ADVISORY)
    publisher = {"name": "CSIRT", "namespace": "https://csirt.example"}
    written = write_advisory(
        found["report"][0], found["vulnerability"], publisher, "clear", version, withdrawn="It was another product."
    )
    document = json.loads(written)
    assert document["document"]["category"] == category
    assert document["document"]["notes"][0]["text"] == "It was another product."
    assert document["document"]["notes"][0]["title"] == "Reasoning for Withdrawal"
    assert document["document"]["tracking"]["aliases"] == ["MK-2026-1"]
    assert document.keys() <= {"document", "$schema"}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("$.document.publisher", None),
        ("$.document.tracking.id", 5),
        ("$.vulnerabilities[0].cwe", 78),
        ("$.vulnerabilities[0].remediations", "fix"),
        ("$.vulnerabilities[0].scores", "9.8"),
        ("$.vulnerabilities[0].product_status", []),
    ],
)
def test_what_is_written_otherwise_is_told_with_its_place_and_no_word_of_the_program(place: str, value: object) -> None:
    document = json.loads(json.dumps(ADVISORY))
    *way, last = [int(each) if each.isdigit() else each for each in re.findall(r"\w+", place)]
    at = document
    for step in way:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    with pytest.raises(Invalid) as refused:
        read_advisory(json.dumps(document).encode())
    (problem,) = refused.value.problems
    assert problem.path == (place if value is not None else "$.document")
    assert "Error" not in problem.found


def test_a_byte_order_mark_is_passed_over() -> None:
    written = json.dumps(ADVISORY).encode()
    assert read_advisory(b"\xef\xbb\xbf" + written).records == read_advisory(written).records
