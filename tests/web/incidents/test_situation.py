"""The situation of incidents, the quarterly summary, and what one node tells who keeps the regional picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.web.cases.test_cases import BANK, LAW, opened, send, words
from tests.web.house import House, housed

from egnatia.casework.registry import Opening
from egnatia.cyber.incidents.picture import by_economy, publish, told
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.record.case import CaseParty
from egnatia.web.permission import Role


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        found.node.host(LAW, "Coordinator of a test", "AL")
        yield found


@pytest.fixture
def csirt(house: House) -> Iterator[httpx.Client]:
    with house.visitor(Role.PUBLISHER) as client:
        yield client


def incident(house: House, title: str = "Secret name", **facts: Any) -> str:
    """An incident of the node's own organisation alone."""
    own = CaseParty(party_ref=house.node.own, economy="ME", roles=("national-csirt", "affected-entity"))
    said = {"kind": "incident", "severity": "red", "sectors": ["energy"], **facts}
    opening = Opening(workflow="incident", title=title, parties=(own,), facts=said)
    return house.node.casework.open(Submitter(house.node.own, "test", ALL_RIGHTS), opening)


def test_an_empty_situation_says_what_would_stand_there(csirt: httpx.Client) -> None:
    page = words(csirt.get("/incidents"))
    assert "No incident is open" in page
    assert "No node has told you its numbers" in page


def test_open_incidents_stand_by_economy_sector_and_severity(house: House, csirt: httpx.Client) -> None:
    for number in range(3):
        incident(house, f"Outage {number}", affected_economies=["ME", "AL"])
    incident(house, "Phishing", severity="green", sectors=["health"])
    page = words(csirt.get("/incidents"))
    assert "Open incidents 4" in page
    assert "energy 3" in page
    assert "Regional level 3" in page
    assert page.index("Outage") < page.index("Phishing")
    with house.visitor(Role.READER, language="sr-Cyrl") as reader:
        assert "веома велик" in reader.get("/incidents").text


def test_who_takes_no_part_sees_nothing_of_an_incident_not_even_in_numbers(house: House) -> None:
    incident(house)
    with house.visitor(Role.READER, organisation=LAW) as stranger:
        page = stranger.get("/incidents")
        assert "Secret name" not in page.text
        assert "Open incidents 0" in words(page)
        assert "All 0" in words(stranger.get("/incidents/summary"))


def test_a_node_tells_numbers_to_those_it_names_and_to_nobody_else(house: House) -> None:
    node = house.node
    for number in range(7):
        incident(house, f"Secret name {number}")
    incident(house, "Secret name x", severity="yellow")
    assert publish(node.casework, node.own, "ME", (LAW,))
    assert not publish(node.casework, node.own, "ME", (LAW,))
    (found,) = told(node.store, node.clearance_of(LAW))
    assert found.whole == 8
    severity = next(each for each in found.breakdowns if each.name == "severity")
    assert set(severity.kept_back) == {"red", "yellow"}
    assert by_economy([found]) == {"ME": (8, False)}
    assert told(node.store, node.clearance_of(BANK)) == ()
    assert told(node.store, node.clearance_of(None)) == ()
    with house.visitor(Role.READER, organisation=LAW) as coordinator:
        page = coordinator.get("/incidents")
        assert "CSIRT of a test Montenegro 8" in words(page)
        assert "Secret name" not in page.text


def test_fewer_than_three_are_not_told(house: House) -> None:
    incident(house)
    assert publish(house.node.casework, house.node.own, "ME", (LAW,))
    (found,) = told(house.node.store, house.node.clearance_of(LAW))
    assert found.whole is None
    assert all(not each.counts for each in found.breakdowns)
    incident(house, "second")
    incident(house, "third")
    assert publish(house.node.casework, house.node.own, "ME", (LAW,))
    (newer,) = told(house.node.store, house.node.clearance_of(LAW))
    assert newer.whole == 3


def test_the_summary_is_a_page_a_table_and_json(house: House, csirt: httpx.Client) -> None:
    for _ in range(4):
        incident(house)
    page = words(csirt.get("/incidents/summary"))
    assert "All 4" in page
    assert "Notifying entities kept back" in page
    table = csirt.get("/incidents/summary/csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert "significant-incident,4" in table.text
    assert csirt.get("/incidents/summary/json?basis=incident").json()["whole"] == 0
    assert csirt.get("/incidents/summary?quarter=x").status_code == 400
    assert csirt.get("/incidents/summary/xml").status_code in {400, 404}


def test_what_is_opened_in_the_browser_is_counted(csirt: httpx.Client) -> None:
    case = opened(csirt)
    send(csirt, f"{case}/facts/classification", kind="incident", severity="yellow", affected_economies=["XK"])
    page = csirt.get("/incidents")
    assert "Kosovo*" in page.text
    assert "substantial" in words(page)
