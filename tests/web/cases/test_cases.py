"""A case in the browser: opened, worked on by forms, due, refused in words, seen by its parties alone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from tests.web.house import House, csrf_of, housed

from egnatia.web.permission import Role

BANK = "identity--00000000-0000-4000-8000-0000000000ba"
LAW = "identity--00000000-0000-4000-8000-0000000000bb"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A CSIRT that hosts a bank and a prosecutor."""
    with housed(tmp_path) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        found.node.host(LAW, "Prosecutor of a test", "ME")
        yield found


def send(client: httpx.Client, path: str, **fields: Any) -> httpx.Response:
    """A form of a case, filled in; its page is where it is sent or the case."""
    page = client.get(path)
    if page.status_code != 200:
        page = client.get(path.rpartition("/")[0])
    return client.post(path, data={"csrf": csrf_of(page.text), **fields})


def opened(client: httpx.Client) -> str:
    """The path of a new incident of the bank."""
    answer = send(
        client,
        "/cases/new",
        workflow="incident",
        name="Ransomware <at> the bank",
        roles=["national-csirt", "competent-authority"],
        parties=[f"{BANK} affected-entity"],
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def words(answer: httpx.Response) -> str:
    """What a page says, without its marks."""
    assert answer.status_code in {200, 422}, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_a_page_without_cases_says_what_a_case_is(house: House) -> None:
    with house.visitor(Role.READER) as reader:
        assert "No cases here" in words(reader.get("/cases"))
        assert "Nothing is due" in words(reader.get("/cases/due"))
        assert "Open a case" not in words(reader.get("/cases"))


def test_an_incident_runs_in_the_browser_between_a_bank_and_its_csirt(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        case = opened(csirt)
        assert "Ransomware <at> the bank" in words(bank.get(case))
        assert (
            send(
                csirt, f"{case}/step/triage", kind="incident", severity="red", rsit=["availability:outage"]
            ).status_code
            == 303
        )
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
        assert send(bank, f"{case}/facts", aware_at=now, users="1200").status_code == 303
        page = words(bank.get(case))
        assert "Triaged" in page
        assert "Early warning" in page
        assert "NIS2 Art. 23(4)(a)" in page
        assert "regional protocol: a very large impact" in page
        assert "Early warning" in words(bank.get("/cases/due?own=true"))
        assert "Early warning" not in words(csirt.get("/cases/due?own=true"))
        filed = send(
            bank, f"{case}/report/early-warning", suspected_malicious="yes", cross_border="no", text_="as told"
        )
        assert filed.status_code == 303, filed.text
        event = re.search(r'name="event" value="(case-event--[^"]+)"', csirt.get(case).text)
        assert event is not None
        assert 'name="event"' not in bank.get(case).text
        assert send(csirt, f"{case}/review", event=event[1], outcome="accepted").status_code == 303
        assert "on time accepted" in words(bank.get(case))
        assert send(bank, f"{case}/comment", text="we restore now").status_code == 303
        assert "we restore now" in words(csirt.get(case))
        assert "Ransomware" in words(csirt.get("/cases"))
        calendar = Calendar.from_ical(csirt.get("/cases/due.ics").content)
        assert "Incident notification: Ransomware <at> the bank" in [
            str(each["summary"]) for each in calendar.walk("VEVENT")
        ]


def test_what_the_workflow_refuses_is_said_beside_the_form_and_what_was_typed_stays(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        case = opened(csirt)
        answer = send(csirt, f"{case}/step/contain", mitigation="cut off")
        assert answer.status_code == 422
        assert "contain cannot be done in the state received" in words(answer)
        assert "cut off" in answer.text
        assert send(csirt, f"{case}/step/triage", severity="terrible").status_code == 422
        assert send(csirt, f"{case}/facts", users="many").status_code == 400


def test_a_case_is_seen_by_its_parties_alone(house: House) -> None:
    with (
        house.visitor(Role.PUBLISHER) as csirt,
        house.visitor(Role.PUBLISHER, organisation=LAW) as law,
        house.visitor() as public,
    ):
        case = opened(csirt)
        for path in (case, f"{case}/step/triage", f"{case}/facts", f"{case}/join"):
            assert law.get(path).status_code == 404
        assert public.get(case).status_code == 404
        assert public.get("/cases/new").status_code in {303, 401}
        assert "Ransomware" not in words(law.get("/cases"))
        joined = send(csirt, f"{case}/join", organisation=LAW, roles=["law-enforcement"], talk="yes")
        assert joined.status_code == 303, joined.text
        assert "Ransomware" in words(law.get(case))


def test_a_reader_reads_and_does_nothing(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.READER) as reader:
        case = opened(csirt)
        page = reader.get(case)
        assert "What you can do" not in words(page)
        assert reader.get(f"{case}/step/triage").status_code == 403
        assert reader.post(f"{case}/comment", data={"csrf": "", "text": "x"}).status_code == 403


def test_a_comment_for_some_roles_is_not_shown_to_others(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        case = opened(csirt)
        assert (
            send(csirt, f"{case}/comment", text="between authorities", only=["competent-authority"]).status_code == 303
        )
        assert "between authorities" in words(csirt.get(case))
        assert "between authorities" not in words(bank.get(case))


@pytest.mark.parametrize("path", ["/cases/new", "/cases/new?workflow=incident", "/cases/new?workflow=magic"])
def test_the_form_offers_what_there_is(house: House, path: str) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        page = words(csirt.get(path))
        assert ("Affected entity" in page) == path.endswith("incident")
        assert ("Request for information" in page) != path.endswith("incident")


def test_a_case_that_makes_no_sense_is_not_opened(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        answer = send(csirt, "/cases/new", workflow="incident", name="x", roles=["king"])
        assert answer.status_code == 422
        assert "no such facts or roles: king" in words(answer)
        stranger = send(csirt, "/cases/new", workflow="incident", name="x", roles=["observer"], parties=["x observer"])
        assert stranger.status_code == 400


def test_unknown_steps_and_cases_are_not_found(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt:
        case = opened(csirt)
        assert csirt.get(f"{case}/step/fly").status_code == 404
        assert csirt.get(f"{case}/report/fly").status_code == 404
        assert csirt.get("/cases/case--00000000-0000-8000-8000-000000000000").status_code == 404
