"""Rosters for those who may see them alone, calls for assistance, and the ledger's page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.cases.test_cases import BANK, LAW, send, words
from tests.web.house import House, csrf_of, housed

from egnatia.web.permission import Role

PEOPLE = "Ana A.; memory forensics, malware; mk, sr; 2026-01-01; 2126-01-01\nБранко Б.; networks; sr\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        found.node.host(BANK, "CSIRT next door", "AL")
        found.node.host(LAW, "A stranger", "RS")
        yield found


def test_a_roster_is_seen_by_those_who_were_ticked_and_nobody_else(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        page = csirt.get("/incidents/teams")
        assert "Nobody has shown you a roster" in words(page)
        token = csrf_of(page.text)
        done = csirt.post("/incidents/teams", data={"csrf": token, "people": PEOPLE, "reader": BANK})
        assert done.status_code == 303, done.text
        shown = words(csirt.get("/incidents/teams"))
        assert "Ana A. memory forensics, malware mk, sr on call now" in shown
        narrower = csirt.post("/incidents/teams", data={"csrf": token, "people": "Ana A.; malware", "reader": BANK})
        assert narrower.status_code == 303
        for wrong in ("", "x;y;z;not a day", ";;;", "a;b;c;d;e;f"):
            assert csirt.post("/incidents/teams", data={"csrf": token, "people": wrong}).status_code == 422
    with house.visitor(Role.READER, organisation=BANK) as neighbour:
        seen = words(neighbour.get("/incidents/teams"))
        assert "Ana A. malware" in seen
        assert "Бранко" not in seen
        token = csrf_of(neighbour.get("/incidents/teams").text)
        assert neighbour.post("/incidents/teams", data={"csrf": token, "people": "x"}).status_code == 403
    with house.visitor(Role.READER, organisation=LAW) as stranger:
        assert "Ana A." not in words(stranger.get("/incidents/teams"))


def test_assistance_goes_from_the_call_to_the_ledger(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as asking, house.visitor(Role.PUBLISHER, organisation=BANK) as giving:
        opened = send(
            asking, "/cases/new", workflow="assistance", name="Two analysts", roles=["asking"],
            parties=[f"{BANK} giving"],
        )  # fmt: skip
        case = str(opened.headers["location"])
        assert send(giving, f"{case}/step/offer", people="2", text_="From tomorrow").status_code == 303
        assert send(asking, f"{case}/step/accept").status_code == 303
        assert send(giving, f"{case}/step/deploy").status_code == 303
        assert send(asking, f"{case}/step/stand-down", hours="40", people="2").status_code == 303
        page = words(asking.get("/incidents/teams"))
        assert "Two analysts Stood down Montenegro Albania 2 40" in page
        assert "Hours given and received" in page
    with house.visitor(Role.READER, organisation=LAW) as stranger:
        assert "No assistance yet" in words(stranger.get("/incidents/teams"))
