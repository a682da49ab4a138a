"""The list of cases: sifted, kept as views, worked on in bulk, begun from templates, subscribed to as a calendar."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from icalendar import Calendar
from tests.web.cases.test_cases import BANK, LAW, opened, send, words
from tests.web.house import House, csrf_of, housed

from egnatia.web.permission import Role


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        found.node.host(LAW, "Prosecutor of a test", "ME")
        yield found


def triaged(client: httpx.Client, severity: str) -> str:
    case = opened(client)
    assert send(client, f"{case}/step/triage", kind="incident", severity=severity).status_code == 303
    return case


def listed(client: httpx.Client, query: str) -> set[str]:
    return set(re.findall(r'href="(/cases/case--[^"]+)" data-open', client.get(f"/cases?{query}").text))


def test_the_list_is_narrowed_by_what_one_asks(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        red, green, new = triaged(csirt, "red"), triaged(csirt, "green"), opened(csirt)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
        assert send(bank, f"{red}/facts", aware_at=now, users="120000").status_code == 303
        assert listed(csirt, "severity=red") == {red}
        assert listed(csirt, "state=received") == {new}
        assert listed(csirt, f"party={BANK}") == {red, green, new}
        assert listed(csirt, f"party={BANK}&role=national-csirt") == set()
        assert listed(csirt, f"party={LAW}") == set()
        assert listed(csirt, "due=week") == {red}
        assert listed(csirt, "due=overdue") == set()
        assert listed(csirt, "q=ransomWARE&workflow=incident") == {red, green, new}
        assert csirt.get("/cases?due=never").status_code == 400
        assert csirt.get("/cases?state=%3Cscript%3E").status_code == 200


def test_a_view_is_kept_by_who_kept_it_alone(house: House) -> None:
    with house.visitor(Role.READER) as one, house.visitor(Role.READER) as other:
        form = {
            "csrf": csrf_of(one.get("/cases?severity=red").text),
            "name": "Red ones",
            "sifting": '{"severity":"red"}',
        }
        assert one.post("/cases/views", data=form).headers["location"] == "/cases?severity=red"
        assert "Red ones" in words(one.get("/cases"))
        assert "Red ones" not in words(other.get("/cases"))
        assert one.post("/cases/views", data={**form, "sifting": "[]"}).status_code == 400
        view = re.search(r'name="forget" value="([^"]+)"', one.get("/cases").text)
        assert view is not None
        other.post("/cases/views", data={"csrf": csrf_of(other.get("/cases").text), "forget": view[1]})
        assert "Red ones" in words(one.get("/cases"))
        one.post("/cases/views", data={"csrf": form["csrf"], "forget": view[1]})
        assert "Red ones" not in words(one.get("/cases"))


def test_one_thing_is_done_in_many_cases_and_each_answers_for_itself(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=LAW) as law:
        ready, early = triaged(csirt, "red"), opened(csirt)
        ids = [each.removeprefix("/cases/") for each in (ready, early)]
        csrf = csrf_of(csirt.get("/cases").text)
        page = words(csirt.post("/cases/bulk", data={"csrf": csrf, "cases": ids, "does": "declare"}))
        assert "declare cannot be done in the state received" in page
        assert "done" in page
        assert "Declared" in words(csirt.get(ready))
        csirt.post("/cases/bulk", data={"csrf": csrf, "cases": ids, "does": "comment", "text": "to all"})
        assert all("to all" in words(csirt.get(each)) for each in (ready, early))
        csirt.post(
            "/cases/bulk", data={"csrf": csrf, "cases": ids, "does": "assign", "person": "Vesna", "text": "Look"}
        )
        assert all("(Vesna)" in words(csirt.get(each)) for each in (ready, early))
        other = csrf_of(law.get("/cases").text)
        refused = law.post("/cases/bulk", data={"csrf": other, "cases": ids, "does": "comment", "text": "x"})
        assert "Ransomware" not in words(refused)
        assert csirt.post("/cases/bulk", data={"csrf": csrf, "does": "comment"}).status_code == 400


def test_a_case_begins_from_a_template_of_its_own_organisation(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        case = triaged(csirt, "red")
        assert send(csirt, f"{case}/task", name="Call the bank", responsible=BANK).status_code == 303
        kept = send(csirt, f"{case}/template", name="Ransomware at a bank")
        assert kept.status_code == 303
        address = kept.headers["location"]
        assert "Ransomware at a bank" in words(csirt.get("/cases/new"))
        assert bank.get(address).status_code == 404
        made = send(csirt, address, name="The next one")
        assert made.status_code == 303, made.text
        page = words(csirt.get(made.headers["location"]))
        assert "Call the bank" in page
        assert "Bank of a test" in page
        assert "Received" in page
        gone = csirt.post(f"{address}/forget", data={"csrf": csrf_of(csirt.get(address).text)})
        assert gone.status_code == 303
        assert csirt.get(address).status_code == 404


def test_a_calendar_is_subscribed_to_by_its_own_address_and_says_no_more_than_may_be_said_outside(house: House) -> None:
    with (
        house.visitor(Role.PUBLISHER) as csirt,
        house.visitor(Role.PUBLISHER, organisation=BANK) as bank,
        house.visitor() as anybody,
    ):
        case = triaged(csirt, "red")
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
        assert send(bank, f"{case}/facts", aware_at=now, users="120000").status_code == 303
        csrf = csrf_of(bank.get("/cases/due").text)
        bank.post("/cases/calendar", data={"csrf": csrf, "what": "renew"})
        address = re.search(r"/calendar/[\w-]+/due\.ics", bank.get("/cases/due").text)
        assert address is not None
        answer = anybody.get(address[0])
        assert answer.status_code == 200
        entries = [str(each["summary"]) for each in Calendar.from_ical(answer.content).walk("VEVENT")]
        assert entries
        assert not any("Ransomware" in each or "Early" in each for each in entries)
        assert b"Early" not in answer.content
        # From a page that was opened anew: the same form sent twice at once is one press of a button.
        csrf = csrf_of(bank.get("/cases/due").text)
        bank.post("/cases/calendar", data={"csrf": csrf, "what": "renew"})
        assert anybody.get(address[0]).status_code == 404, "the old address leads nowhere"
        renewed = re.search(r"/calendar/[\w-]+/due\.ics", bank.get("/cases/due").text)
        assert renewed is not None
        bank.post("/cases/calendar", data={"csrf": csrf, "what": "end"})
        assert anybody.get(renewed[0]).status_code == 404
        assert anybody.get("/calendar/nothing/due.ics").status_code == 404
