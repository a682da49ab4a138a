"""The portal and its stories in a real browser: from a report to a warning in Cyrillic, and how it can be read."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.web.browser.browsing import chromium, fill, needs_chromium, opened
from tests.web.house import House, housed
from tests.web.intake.test_message import phishing
from tests.web.portal.test_portal import product
from tests.web.portal.test_subscription import link_in, posted

from egnatia.exchange.four_eyes import FourEyes, Rule
from egnatia.web.permission import Role

pytestmark = needs_chromium

HEAVIEST = 150_000
PATHS = (
    "/public/en", "/public/sr-Cyrl/alerts", "/public/mk/exploited", "/public/sq/campaigns", "/public/en/search?q=gate",
    "/public/bs/report", "/public/cnr/report/state", "/public/en/nothing",
)  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node with the sample data of the demonstration."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        fill(found)
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of these tests."""
    with chromium() as found:
        yield found


def test_the_portal_shuts_nobody_out_weighs_little_and_fits_a_phone(house: House, browser: Browser) -> None:
    found, weights = {}, {}
    with opened(browser, house, roles=(), width=320) as tab:
        for path in PATHS:
            tab.open(path)
            tab.page.wait_for_load_state("load")
            weights[path] = tab.bytes
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= 320, path
            if said := tab.shuts_out():
                found[path] = said
        assert tab.page.context.cookies() == []
        assert [each for each in tab.wrong if "404" not in each] == []
    assert not found, "\n".join(found.values())
    assert {path: weight for path, weight in weights.items() if weight > HEAVIEST} == {}


def test_a_report_becomes_a_warning_that_a_second_person_approves_and_the_portal_tells_in_cyrillic(
    house: House, browser: Browser, tmp_path: Path
) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(phishing())
    FourEyes(house.node.store).set(house.node.own, Rule.PUBLIC)
    with opened(browser, house, roles=()) as public:
        public.open("/public/en/report")
        public.page.get_by_label("In a few words").fill("A mail from a false bank")
        public.page.get_by_label("What happened?").fill("It came this morning")
        public.page.set_input_files("#file", mail)
        public.page.wait_for_timeout(2_100)
        with public.page.expect_navigation():
            public.page.get_by_role("button", name="Send the report").click()
        reference = public.page.locator(".reference").inner_text()
        assert re.fullmatch(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", reference)
    with (
        opened(browser, house, roles=(Role.PUBLISHER,)) as ana,
        opened(browser, house, roles=(Role.PUBLISHER,)) as boris,
    ):
        ana.open("/triage")
        ana.page.get_by_role("link", name="A mail from a false bank").click()
        expect(ana.page.locator("#main")).to_contain_text("hxxps://bank-secure[.]example/login")
        ana.page.get_by_role("button", name="Make a record of it").click()
        expect(ana.page.locator("#main")).to_contain_text("things were recognised")
        ana.open("/publish/product/alert")
        ana.page.locator("#lang").select_option("sr-Cyrl")
        ana.page.locator("#name").fill("Лажне поруке банке")
        ana.page.locator("#text").fill("Не отварајте везу.")
        ana.page.get_by_role("button", name="Show who will see it").click()
        ana.page.locator("details.folded summary", has_text="English").click()
        ana.page.locator("#name_en").fill("False mails of a bank")
        ana.page.locator("#text_en").fill("Do not open the link.")
        ana.page.locator("#tlp-1").check()
        ana.page.get_by_role("button", name="Publish", exact=True).click()
        expect(ana.page.locator("#main")).to_contain_text("It waits for another person")
        assert ana.page.get_by_role("button", name="Approve and publish").count() == 0
        boris.open("/publish/reviews")
        boris.page.get_by_role("link", name="Лажне поруке банке").click()
        boris.page.get_by_role("button", name="Approve and publish").click()
        expect(boris.page.locator(".said")).to_contain_text("Approved and published")
    with opened(browser, house, roles=()) as public:
        public.open("/public/sr-Cyrl")
        public.page.get_by_role("link", name="Лажне поруке банке").click()
        expect(public.page.locator("article")).to_contain_text("Не отварајте везу.")
        public.page.get_by_role("link", name="English").click()
        expect(public.page.locator("article")).to_contain_text("Do not open the link.")
        public.open("/public/en/report/state")
        public.page.get_by_label("Your reference").fill(reference)
        public.page.wait_for_timeout(2_100)
        public.page.get_by_role("button", name="Look").click()
        expect(public.page.locator("#standing")).to_contain_text("A warning for others is made of it")


def test_somebody_subscribes_confirms_and_ends_it_in_the_browser(browser: Browser, tmp_path: Path) -> None:
    with posted(tmp_path) as (house, _, post), opened(browser, house, roles=()) as tab:
        tab.open("/public/cnr")
        tab.page.get_by_role("link", name="Primajte upozorenja e-poštom").click()
        tab.page.locator("#address").fill("ana@company.example")
        tab.page.wait_for_timeout(2_100)
        tab.page.get_by_role("button", name="Zatraži pisma").click()
        expect(tab.page.locator(".notice.good")).to_contain_text("poštansko sanduče")
        tab.open(link_in(post.letters()[0], "confirm"))
        tab.page.get_by_role("button", name="Potvrdi").click()
        expect(tab.page.locator(".notice.good")).to_contain_text("sljedeće upozorenje stiže vama")
        house.submit(product(1, "alert", "Phishing of banks"))
        letter = post.letters()[1]
        assert "Phishing of banks" in str(letter["Subject"])
        tab.open(link_in(letter, "end"))
        tab.page.get_by_role("button", name="Prekini pisma").click()
        expect(tab.page.locator(".notice.good")).to_contain_text("adresa je izbrisana")
        house.submit(product(2, "alert", "Nobody listens"))
        assert len(post.letters()) == 2
        assert tab.page.context.cookies() == []
