"""The statutory stages on a page, and the step that tells other economies."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.cases.test_cases import BANK, LAW, opened, send, words
from tests.web.house import House, csrf_of, housed

from egnatia.web.permission import Role


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        found.node.host(LAW, "CSIRT next door", "AL")
        yield found


def test_each_stage_says_what_it_asks_by_which_article_and_what_is_missing(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        case = opened(csirt)
        send(csirt, f"{case}/step/triage", kind="incident", severity="red")
        send(bank, f"{case}/facts", aware_at="2026-11-20T10:00")
        page = words(bank.get(f"{case}/stages"))
        for said in ("NIS2 Art. 23(4)(a)", "NIS2 Art. 23(4)(d)(iii)", "GDPR Art. 33(3)(b)", "DORA Art. 19", "overdue"):
            assert said in page
        warning = {"suspected_malicious": "yes", "cross_border": "yes"}
        assert send(bank, f"{case}/report/early-warning", **warning).status_code == 303
        assert send(csirt, f"{case}/facts/classification", cross_border="no").status_code == 303
        after = words(csirt.get(f"{case}/stages"))
        assert "no other economy affected" in after
        assert "Other economies, by this report: yes" in after
        assert after.index("no CSIRT of a test New facts") < after.index("yes Bank of a test Early warning")


def test_a_single_point_of_contact_forwards_and_those_told_take_part(house: House) -> None:
    with (
        house.visitor(Role.PUBLISHER) as contact,
        house.visitor(Role.PUBLISHER, organisation=LAW) as next_door,
        house.visitor(Role.PUBLISHER, organisation=BANK) as bank,
    ):
        answer = send(
            contact, "/cases/new", workflow="incident", name="Over the border", parties=[f"{BANK} affected-entity"],
            roles=["national-csirt", "single-point-of-contact"],
        )  # fmt: skip
        case = str(answer.headers["location"])
        assert next_door.get(case).status_code == 404
        assert bank.get(f"{case}/forward").status_code == 404
        send(contact, f"{case}/facts/classification", affected_economies=["ME", "AL"])
        form = contact.get(f"{case}/forward")
        assert "CSIRT next door" in words(form)
        token = csrf_of(form.text)
        for given in ({"organisation": LAW}, {"text": "look for it"}, {"organisation": "identity--x", "text": "x"}):
            assert contact.post(f"{case}/forward", data={"csrf": token, **given}).status_code == 422
        told = contact.post(f"{case}/forward", data={"csrf": token, "organisation": LAW, "text": "Look for the same"})
        assert told.status_code == 303, told.text
        page = words(next_door.get(case))
        assert "Tell the other economies" in page
        assert "Look for the same" in page
        assert "A party came in" in page
