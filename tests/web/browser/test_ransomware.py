"""Ransomware at a company in one economy, worked on by people in five browsers at four real nodes, to its final report.

The company has no node: it takes part through its account at its CSIRT's.
"""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.web.browser.browsing import PATIENCE, Tab, chromium, needs_chromium, opened
from tests.web.house import House
from tests.web.neighbour import neighbour, until

from egnatia.casework.evidence import check, evidence_in
from egnatia.casework.follower import Follower
from egnatia.store import Known
from egnatia.web.permission import Role

pytestmark = [pytest.mark.browser, needs_chromium]

COMPANY = "identity--00000000-0000-4000-8000-00000000c0de"
NAMES = ("Montenegro", "Albania", "North Macedonia", "Serbia")
CAST = {code: f"CSIRT of {name}" for code, name in zip(("ME", "AL", "MK", "RS"), NAMES, strict=True)}


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, House]]:
    """Four nodes that exchange, one of which hosts a company."""
    folder = tmp_path_factory.mktemp("region")
    with ExitStack() as stack:
        houses = {
            economy: stack.enter_context(neighbour(folder / economy, name, economy)) for economy, name in CAST.items()
        }
        houses["ME"].node.host(COMPANY, "A power company", "ME")
        for each in houses.values():
            for economy, other in houses.items():
                each.node.store.organisations.put(Known(other.node.own, CAST[economy], economy))
            each.node.forget_facts()
        for one, other in itertools.combinations(houses.values(), 2):
            one.node.pairings.accept(other.node.pairings.invite(), scope="own")
            other.node.pairings.accept(one.node.pairings.invite(), scope="own")
            one.node.pairings.confirm(other.node.node_id)
            other.node.pairings.confirm(one.node.node_id)
        for each in houses.values():
            follower = Follower(each.node.casework)
            stack.callback(follower.close)
        yield houses


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


class Person:
    """Somebody at a browser, working on one case."""

    def __init__(self, tab: Tab) -> None:
        self.tab, self.page = tab, tab.page

    def fill(self, **fields: str | list[str]) -> None:
        """Fills in the fields of a form by their names."""
        for name, value in fields.items():
            found = self.page.locator(f'main [name="{name}"]')
            if isinstance(value, list) and found.first.get_attribute("type") == "checkbox":
                for each in value:
                    self.page.locator(f'main [name="{name}"][value="{each}"]').check()
            elif isinstance(value, list):
                found.first.fill("\n".join(value))
            elif found.first.evaluate("each => each.tagName") == "SELECT":
                found.first.select_option(value)
            else:
                found.first.fill(value)

    def send(self, case: str, path: str, **fields: str | list[str]) -> None:
        """Opens a form of the case, fills it in and sends it: the case's page says that it is done."""
        assert self.tab.open(f"{case}/{path}") == 200
        self.fill(**fields)
        self.page.locator("main form.form button[type=submit]").first.click()
        expect(self.page.locator(".said")).to_contain_text("Done")

    def sees(self, case: str, words: str) -> None:
        """Looks at the case until it says so."""

        def there() -> bool:
            return self.tab.open(case) == 200 and words in self.page.locator("main").inner_text()

        until(there)

    def judges(self, case: str, outcome: str, words: str = "") -> None:
        """Reviews what was filed last."""
        self.sees(case, "Review it")
        self.page.get_by_text("Review it").first.click()
        form = self.page.locator(f'form[action="{case}/review"]').first
        form.locator("select").select_option(outcome)
        if words:
            form.locator("textarea").fill(words)
        form.get_by_role("button").click()
        expect(self.page.locator(".said")).to_contain_text("Done")


def test_people_at_four_nodes_answer_one_incident(  # noqa: PLR0915  a story
    region: dict[str, House], browser: Browser, tmp_path: Path
) -> None:
    with ExitStack() as stack:

        def seat(economy: str, organisation: str | None = None) -> Person:
            tab = stack.enter_context(opened(browser, region[economy], [Role.PUBLISHER], organisation=organisation))
            return Person(tab)

        csirt, company = seat("ME"), seat("ME", COMPANY)
        abroad = {economy: seat(economy) for economy in ("AL", "MK", "RS")}

        assert csirt.tab.open("/cases/new?workflow=incident") == 200
        csirt.fill(
            name="Ransomware at a power company",
            roles=["national-csirt", "single-point-of-contact", "competent-authority"],
        )
        csirt.page.get_by_label("A power company").select_option(f"{COMPANY} affected-entity")
        csirt.page.get_by_role("button", name="Open the case").click()
        expect(csirt.page.locator(".said")).to_contain_text("Opened")
        case = csirt.page.url.removeprefix(csirt.tab.url)

        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
        company.sees(case, "Ransomware at a power company")
        company.send(case, "facts", aware_at=now, malicious_access="yes", malware_effects=["ransomware"])
        csirt.send(case, "step/triage", kind="incident", severity="red")
        csirt.send(case, "step/declare")
        company.send(case, "report/early-warning", suspected_malicious="yes", cross_border="yes")
        csirt.send(case, "step/reply", feedback="cut the control network off; keep the memory images")
        csirt.judges(case, "accepted")

        for economy, person in abroad.items():
            assert csirt.tab.open(f"{case}/join") == 200
            csirt.fill(organisation=region[economy].node.own, roles=["national-csirt"])
            csirt.page.locator("main form.form button[type=submit]").first.click()
            expect(csirt.page.locator(".said")).to_contain_text("Done")
            person.sees(case, "cut the control network off")
        abroad["AL"].send(case, "facts", affected_economies=["ME", "AL", "MK"])
        csirt.sees(case, "Albania")
        csirt.send(case, "step/call-for-assistance", text_="forensics")
        abroad["RS"].sees(case, "forensics")
        abroad["RS"].send(case, "step/offer-assistance", text_="two people")
        notice: dict[str, str | list[str]] = {
            "suspected_malicious": "yes", "cross_border": "yes", "severity": "red", "initial_assessment": "3 economies",
        }  # fmt: skip
        company.send(case, "report/notification", **notice)
        csirt.judges(case, "revision-required", "how many users?")
        company.sees(case, "how many users?")
        company.send(case, "report/notification", users="1200000", **notice)
        csirt.judges(case, "accepted")
        abroad["AL"].sees(case, "accepted")
        abroad["AL"].send(case, "step/contain", mitigation="hunted with shared indicators")
        csirt.sees(case, "hunted with shared indicators")
        csirt.send(case, "step/eradicate")
        company.send(case, "step/recover")
        company.send(
            case, "report/final", description="entry by a supplier", severity="red", cross_border="yes",
            cause="a stolen password of a supplier", mitigation="keys on all remote access",
        )  # fmt: skip
        csirt.judges(case, "accepted")
        csirt.send(case, "step/look-back")
        csirt.send(case, "step/close", lessons="suppliers are part of the perimeter")

        for economy, person in abroad.items():
            person.sees(case, "suppliers are part of the perimeter")
            expect(person.page.locator(".page-head")).to_contain_text("Closed")
            assert "without effect" not in person.page.locator("main").inner_text(), economy
        person = abroad["MK"]
        with person.page.expect_download(timeout=PATIENCE) as waiting:
            person.page.get_by_role("link", name="Report as PDF").click()
        waiting.value.save_as(tmp_path / "report.pdf")
        evidence = evidence_in((tmp_path / "report.pdf").read_bytes())
        node = region["RS"].node
        assert check(evidence, node.casework.library, node.card_of) == [], "checked at another node than it was made at"
        assert evidence.state == "closed"
        assert all(each.tab.wrong == [] for each in (csirt, company))
