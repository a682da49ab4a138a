"""The graph grows in place under a script, by keyboard too, and by links alone without one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.web.browser.browsing import chromium, fill, needs_chromium, opened
from tests.web.house import House, housed

from egnatia.store import Query

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("house")) as found:
        fill(found)
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def start(house: House) -> str:
    query = Query(types=("intrusion-set",), versions=("last",))
    rows = house.node.store.changes(house.node.clearance_of(house.node.own), 0, 100, query).rows
    return f"/intel/graph?at={rows[0].id}"


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.dataset.node ?? ''"))


def test_records_open_in_place_and_the_way_back_is_kept(house: House, browser: Browser) -> None:
    with opened(browser, house) as tab:
        tab.open(start(house))
        page = tab.page
        page.evaluate("window.same = true")
        nodes = page.locator("[data-node]")
        assert nodes.count() == 1
        nodes.first.focus()
        page.keyboard.press("Enter")
        nodes.nth(5).wait_for()
        assert "open=" in page.url
        assert focused(page).startswith("intrusion-set--")
        page.keyboard.press("ArrowRight")
        first = focused(page)
        assert first
        assert not first.startswith("intrusion-set--")
        page.keyboard.press("ArrowDown")
        assert focused(page) not in {first, ""}
        page.locator("#type-malware").check()
        page.get_by_role("button", name="Apply").click()
        nodes.nth(5).wait_for(state="detached")
        page.go_back()
        nodes.nth(5).wait_for()
        assert page.evaluate("window.same")
        assert tab.wrong == []


def test_without_a_script_every_step_is_a_page(house: House, browser: Browser) -> None:
    with opened(browser, house, script=False) as tab:
        tab.open(start(house))
        tab.page.locator("[data-node]").first.click()
        assert tab.page.locator("[data-node]").count() > 5
        tab.page.get_by_role("link", name="Way to it").last.click()
        tab.page.wait_for_url("**to=**")
        assert tab.page.locator(".line.on-way").count() > 0
