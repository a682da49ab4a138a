"""The facts of an incident a part at a time, what was found in it, and its way in and out, in the browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.web.cases.test_cases import BANK, LAW, opened, send, words
from tests.web.house import House, csrf_of, housed

from egnatia.cyber.incidents.stix import suite
from egnatia.store.query import LAST, Query
from egnatia.web.permission import Role

TECHNIQUE = {
    "type": "attack-pattern",
    "spec_version": "2.1",
    "id": "attack-pattern--00000000-0000-4000-8000-0000000000a1",
    "created": "2026-01-01T00:00:00.000Z",
    "modified": "2026-01-01T00:00:00.000Z",
    "name": "Data Encrypted for Impact",
    "external_references": [{"source_name": "mitre-attack", "external_id": "T1486"}],
}
TEXT = "seen: hxxps://evil[.]example/x and 198.51.100.7, CVE-2026-12345; nothing more"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        found.node.host(LAW, "Prosecutor of a test", "ME")
        yield found


@pytest.fixture
def csirt(house: House) -> Iterator[httpx.Client]:
    with house.visitor(Role.PUBLISHER) as client:
        yield client


def types_seen(house: House, organisation: str) -> list[str]:
    """The types of the newest versions of what an organisation may see."""
    page = house.node.store.changes(house.node.clearance_of(organisation), 0, 1_000, Query(versions=(LAST,)))
    return sorted(row.type for row in page.rows)


def test_several_tags_and_techniques_are_said_in_one_form_and_techniques_are_offered(
    house: House, csirt: httpx.Client
) -> None:
    house.submit(msgspec.json.encode(TECHNIQUE))
    case = opened(csirt)
    page = csirt.get(f"{case}/facts/classification").text
    assert '<option value="T1486">Data Encrypted for Impact</option>' in page
    tags = ["malicious-code:infected-system", "information-content-security:unauthorised-information-modification"]
    answer = send(
        csirt, f"{case}/facts/classification", rsit=tags, techniques=["t1486 data encrypted", "", "T1566.001"],
        cross_border="yes", sectors=["energy"], affected_economies=["ME", "AL"],
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    shown = words(csirt.get(case))
    assert "T1486, T1566.001" in shown
    assert "Infected system" in shown
    assert "Unauthorised information modification" in shown
    assert "Regional technical" in shown


def test_impact_and_thresholds_decide_significance_with_the_article(csirt: httpx.Client) -> None:
    case = opened(csirt)
    assert send(csirt, f"{case}/facts/impact", loss_eur="600000", availability_impact="80").status_code == 303
    assert "2024/2690 Art. 3(1)(a)" in words(csirt.get(case))
    assert send(csirt, f"{case}/facts/impact", loss_eur="many").status_code == 400


def test_a_part_that_is_none_and_a_case_that_is_no_incident_are_not_found(csirt: httpx.Client) -> None:
    case = opened(csirt)
    assert csirt.get(f"{case}/facts/nothing").status_code == 404
    form = {"workflow": "information-request", "name": "Whose is it?", "roles": ["asking"]}
    answer = send(csirt, "/cases/new", **form, parties=[f"{LAW} asked"])
    other = answer.headers["location"]
    assert csirt.get(f"{other}/facts/impact").status_code == 404
    assert csirt.get(f"{other}/incident.json").status_code == 404
    assert "As STIX" not in csirt.get(other).text


def test_what_was_found_is_shared_with_the_parties_alone_and_linked(house: House, csirt: httpx.Client) -> None:
    case = opened(csirt)
    page = csirt.get(f"{case}/findings")
    looked = csirt.post(f"{case}/findings", data={"csrf": csrf_of(page.text), "text": TEXT})
    assert "hxxps://evil[.]example/x" in words(looked)
    assert "https://evil.example" not in looked.text
    keys = [each.partition('"')[0] for each in looked.text.split('name="value" value="')[1:]]
    assert len(keys) == 3
    nothing = csirt.post(f"{case}/findings", data={"csrf": csrf_of(page.text), "text": TEXT, "do": "share"})
    assert nothing.status_code == 422
    done = csirt.post(
        f"{case}/findings",
        data={"csrf": csrf_of(page.text), "text": TEXT, "value": keys, "seen": "yes", "do": "share"},
    )
    assert done.status_code == 303, done.text
    mine = types_seen(house, BANK)
    assert mine.count("indicator") == 2
    assert mine.count("sighting") == 2
    assert (mine.count("vulnerability"), mine.count("incident"), mine.count("relationship")) == (1, 1, 3)
    assert not {"indicator", "incident", "sighting", "vulnerability", "case"} & set(types_seen(house, LAW))
    shown = words(csirt.get(case))
    assert "Linked records" in shown
    assert "hxxps://evil[.]example/x" in shown


def test_who_joins_later_gets_what_was_found_before(house: House, csirt: httpx.Client) -> None:
    case = opened(csirt)
    page = csirt.get(f"{case}/findings")
    looked = csirt.post(f"{case}/findings", data={"csrf": csrf_of(page.text), "text": TEXT})
    keys = [each.partition('"')[0] for each in looked.text.split('name="value" value="')[1:]]
    form = {"csrf": csrf_of(page.text), "text": TEXT, "value": keys, "do": "share"}
    assert csirt.post(f"{case}/findings", data=form).status_code == 303
    answer = send(csirt, f"{case}/join", organisation=LAW, roles=["law-enforcement"], talk="yes")
    assert answer.status_code == 303, answer.text
    assert types_seen(house, LAW).count("indicator") == 2


def test_who_takes_no_part_can_neither_share_findings_nor_have_the_bundle(house: House, csirt: httpx.Client) -> None:
    case = opened(csirt)
    with house.visitor(Role.PUBLISHER, organisation=LAW) as law:
        for path in ("findings", "facts/impact", "incident.json"):
            assert law.get(f"{case}/{path}").status_code == 404
    with house.visitor(Role.READER) as reader:
        assert reader.get(f"{case}/findings").status_code == 403
        assert reader.get(f"{case}/incident.json").status_code == 200


def test_a_case_goes_out_as_a_bundle_and_in_again(csirt: httpx.Client) -> None:
    case = opened(csirt)
    send(csirt, f"{case}/facts/impact", availability_impact="70", recoverability="extended")
    body = csirt.get(f"{case}/incident.json").content
    core = json.loads(body)["objects"][1]["extensions"][suite.INCIDENT]
    assert core["recoverability"] == "extended"
    page = csirt.get("/incidents/import")
    answer = csirt.post(
        "/incidents/import",
        data={"csrf": csrf_of(page.text), "workflow": "incident-me", "role": "national-csirt"},
        files={"bundle": ("incident.json", body)},
    )
    assert "Taken in:" in words(answer)
    new = answer.text.partition('<a href="/cases/')[2].partition('"')[0]
    if new.startswith("case--"):
        assert "Cyber incident (ME)" in words(csirt.get(f"/cases/{new}"))
    broken = csirt.post(
        "/incidents/import", data={"csrf": csrf_of(page.text)}, files={"bundle": ("x.json", b'{"objects": [1]}')}
    )
    assert broken.status_code == 422
    assert "there is no incident in it" in words(broken)
