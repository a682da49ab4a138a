"""An exercise in a real browser: the banner on every page, the console by hand, and a player's page that moves."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.cyber.exercises.playing import SMALL, who
from tests.web.browser.browsing import chromium, needs_chromium, opened
from tests.web.house import House, housed

from egnatia.cyber.exercises.exercises import Plan

pytestmark = needs_chromium

AL = "identity--22222222-2222-4222-8222-222222222222"
RS = "identity--33333333-3333-4333-8333-333333333333"
PLAYED = ("/", "/feed", "/search", "/intel", "/publish", "/cases", "/cases/due", "/cases/new", "/exercises")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("exercises")) as made:
        made.node.host(AL, "CSIRT of Albania", "AL")
        made.node.host(RS, "CSIRT of Serbia", "RS")
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def word(house: House) -> str:
    """An exercise in which the hub plays too, so that one person sees both sides."""
    cast = {"albania": (house.node.own, AL), "serbia": (RS,)}
    return house.node.exercises.plan(who(house.node.own), Plan(text=SMALL, cast=cast))


def enter(page: Page, house: House, word: str) -> None:
    page.goto(f"{house.url}/exercises")
    page.locator(f"form[action='/exercises/{word}/enter'] button").click()
    page.wait_for_url(f"{house.url}/exercises/{word}/console")


def test_the_banner_is_on_every_page_and_goes_when_one_leaves(house: House, browser: Browser, word: str) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        enter(page, house, word)
        for path in (*PLAYED, f"/exercises/{word}", f"/exercises/{word}/report"):
            page.goto(house.url + path)
            banner = page.locator(".exercise")
            expect(banner).to_be_visible()
            expect(banner).to_contain_text("EXERCISE")
            expect(banner).to_contain_text("Nothing on this page is real")
        page.locator(".exercise button").click()
        page.wait_for_url(f"{house.url}/exercises")
        expect(page.locator(".exercise")).to_have_count(0)
        assert tab.wrong == []


def test_the_facilitator_leads_by_hand_and_players_see_it_at_once(house: House, browser: Browser, word: str) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        enter(page, house, word)
        page.get_by_role("button", name="Begin").click()
        expect(page.locator("[data-part=state]", has_text="Running")).to_be_visible()
        clock = page.locator("[data-game-at]")
        first = clock.inner_text()
        expect(clock).not_to_have_text(first, timeout=15_000)
        player = page.context.new_page()
        player.goto(f"{house.url}/exercises/{word}")
        expect(player.locator("[data-live-state]")).to_have_attribute("data-live-state", "live")
        row = page.locator("#coming tr", has_text="The minister calls")
        row.get_by_role("button", name="Now").click()
        expect(page.locator("#happened")).to_contain_text("The minister calls")
        expect(player.locator("#happened")).to_contain_text("What do I say?", timeout=15_000)
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".exercise")).to_contain_text("time stands still")
        page.get_by_role("button", name="Skip an hour").click()
        page.locator("#note-text").fill("Мирни су")
        page.locator("#note-expectation").select_option("calm")
        page.locator("#note-score").fill("80")
        page.get_by_role("button", name="Write it down").click()
        expect(page.locator("#notes")).to_contain_text("Мирни су")
        page.locator("summary", has_text="Finish").click()
        page.locator(".confirm-body button").click()
        expect(page.locator("[data-part=state]", has_text="Finished")).to_be_visible()
        assert tab.wrong == []


def test_its_pages_shut_nobody_out(house: House, browser: Browser, word: str) -> None:
    found = {}
    leader = who(house.node.own)
    house.node.exercises.do(leader, word, "begin")
    house.node.exercises.release(leader, word, "finding", "now")
    with opened(browser, house) as tab:
        page = tab.page
        page.goto(f"{house.url}/exercises/new?scenario=hybrid-election")
        found["new"] = tab.shuts_out()
        enter(page, house, word)
        for path in (f"/exercises/{word}", f"/exercises/{word}/console", f"/exercises/{word}/report", "/exercises"):
            tab.open(path)
            found[path] = tab.shuts_out()
    assert not any(found.values()), "\n".join(found.values())


@pytest.mark.parametrize("width", [320, 390, 1920])
def test_they_fit_every_width_and_are_light(house: House, browser: Browser, word: str, width: int) -> None:
    house.node.exercises.do(who(house.node.own), word, "begin")
    with opened(browser, house, width=width) as tab:
        enter(tab.page, house, word)
        for path in (f"/exercises/{word}", f"/exercises/{word}/console", f"/exercises/{word}/report", "/exercises"):
            assert tab.open(path) == 200
            tab.page.wait_for_load_state("load")
            by = tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert by <= 0, path
            assert tab.bytes < 150_000, path


def test_it_goes_without_a_script(house: House, browser: Browser, word: str) -> None:
    with opened(browser, house, script=False) as tab:
        page = tab.page
        enter(page, house, word)
        page.get_by_role("button", name="Begin").click()
        expect(page.locator("[data-part=state]", has_text="Running")).to_be_visible()
        page.get_by_role("button", name="Skip an hour").click()
        expect(page.locator(".exercise time")).to_contain_text("09:00")
