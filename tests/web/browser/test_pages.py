"""Every page in a real browser: nobody is shut out, nothing is refused by the policy, nothing weighs too much, and
everything can be done by keyboard, on a phone, and without a script."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.web.browser.browsing import PATIENCE, chromium, fill, needs_chromium, opened
from tests.web.house import House, housed
from tests.web.telling import GREEN, record

from egnatia.web.navigation import all_entries
from egnatia.web.permission import Role
from egnatia.web.publish.form import offered
from egnatia.web.publish.product import KINDS
from egnatia.web.record.faces import FACES

pytestmark = [pytest.mark.browser, needs_chromium]

WORKBENCH = (
    "/intel?q=type:indicator",
    "/intel/graph",
    "/intel/actors",
    "/intel/lookalikes",
    "/intel/landscape?since=2026-06-01",
    "/intel/matrix?whole=true",
    "/intel/match",
    "/intel/outputs",
    "/intel/sources",
)
PAGES = ("/feed?type=indicator&economy=RS", "/search?q=racun", "/about", "/no-such-page", "/profile", "/sign-in")
INCIDENTS = ("/incidents/protocol", "/incidents/playbooks", "/incidents/teams", "/incidents/summary")
FORMS = (
    *("/incidents/import", "/cases/new", "/peers/invite", "/peers/accept", "/organisations/add", "/agreements/new"),
    *("/audit/verify", "/audit/heads", "/notices", "/notices/choices", "/publish/quick", "/publish/reviews", "/recall"),
    *(
        "/publish/new/indicator",
        "/publish/product/alert",
        "/products/exploited",
        "/intel/sources/new",
        "/profile/prove",
    ),
    "/exercises/new",
)
"""What pages of the navigation lead to."""

ALL = (*INCIDENTS, *(each.path for each in all_entries()), *PAGES, *WORKBENCH)
HEAVIEST = 150_000


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


def test_no_page_shuts_anybody_out(house: House, browser: Browser) -> None:
    found = {}
    with opened(browser, house) as tab:
        for path in (*ALL, *FORMS):
            tab.open(path)
            if said := tab.shuts_out():
                found[path] = said
    assert not found, "\n".join(found.values())


def test_the_form_of_every_type_shuts_nobody_out(house: House, browser: Browser) -> None:
    found = {}
    forms = [f"new/{type_}" for type_ in FACES if offered(type_)] + [f"product/{kind.value}" for kind in KINDS]
    assert len(forms) > 40
    with opened(browser, house) as tab:
        for form in forms:
            assert tab.open(f"/publish/{form}") == 200, form
            # The colours of the same fields are looked at in the forms among the pages above.
            if said := tab.shuts_out(contrast=form.startswith("product/")):
                found[form] = said
    assert not found, "\n".join(f"{form}: {report}" for form, report in found.items())


def test_no_page_breaks_the_policy_complains_or_weighs_too_much(house: House, browser: Browser) -> None:
    weights = {}
    with opened(browser, house) as tab:
        for path in ALL:
            status = tab.open(path)
            tab.page.wait_for_load_state("load")
            if path == "/no-such-page":
                assert status == 404
                tab.wrong.clear()  # chromium calls that an error
            else:
                assert status == 200, path
            weights[path] = tab.bytes
        assert tab.wrong == []
    assert {path: weight for path, weight in weights.items() if weight > HEAVIEST} == {}


@pytest.mark.parametrize("width", [320, 390, 800, 1920, 2560])
def test_no_page_scrolls_sideways(house: House, browser: Browser, width: int) -> None:
    wider = {}
    with opened(browser, house, width=width) as tab:
        for path in (*ALL, *FORMS) if width == 320 else ALL:
            tab.open(path)
            by = tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if by > 0:
                wider[path] = by
    assert wider == {}


def test_whatever_can_be_pressed_is_large_enough(house: House, browser: Browser) -> None:
    measure = """() => [...document.querySelectorAll("button, summary, select, input, nav a, .button")]
      .filter((each) => each.checkVisibility() && !each.closest("dialog"))
      .map((each) => [each.outerHTML.slice(0, 90), each.getBoundingClientRect()])
      .filter(([, box]) => box.width > 1 && box.height > 1 && (box.height < 24 || box.width < 24))
      .filter(([html]) => !/type="(checkbox|radio|hidden)"/.test(html))
      .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""
    small = {}
    with opened(browser, house, width=390) as tab:
        for path in (*ALL, *FORMS):
            tab.open(path)
            if found := tab.page.evaluate(measure):
                small[path] = found
    assert small == {}


def test_what_is_printed_shows_how_it_may_be_handled_and_nothing_to_press(house: House, browser: Browser) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        tab.open("/feed?type=indicator")
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.querySelector('.tlp')).printColorAdjust") == "exact"
        for each in ("nav.rail", ".filters", ".pager"):
            assert not page.locator(each).first.is_visible(), each
        tab.open("/audit?action=release")
        assert page.locator(".filters").is_visible(), "what was asked for belongs to the answer"
        assert page.evaluate("getComputedStyle(document.querySelector('.table')).overflow") == "visible"


def test_by_keyboard_alone_one_reaches_the_content_the_pages_and_the_records(house: House, browser: Browser) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        tab.open("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("g")
        page.keyboard.press("f")
        page.wait_for_url("**/feed")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        first = page.locator("[data-list] a[data-open]").first
        assert page.evaluate("document.activeElement.href") == first.evaluate("each => each.href")
        page.keyboard.press("Enter")
        page.wait_for_url("**/records/*")
        page.keyboard.press("?")
        page.locator("dialog[open]").wait_for()
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")
        page.keyboard.press("/")
        page.keyboard.type("gf?racun")
        assert page.input_value("#find") == "gf?racun", "keys do nothing while one writes"
        assert tab.wrong == []


def test_who_switches_the_shortcuts_off_has_none(house: House, browser: Browser) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        tab.open("/feed")
        page.locator("summary:has-text('English')").click()
        page.locator("button[name=shortcuts][value=off]").click()
        page.wait_for_load_state("load")
        page.keyboard.press("?")
        page.keyboard.press("g")
        page.keyboard.press("s")
        assert page.locator("dialog").count() == 0
        assert page.url.endswith("/feed")


def test_a_menu_closes_with_escape_and_gives_the_focus_back(house: House, browser: Browser) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        tab.open("/feed")
        page.locator("header summary").last.focus()
        page.keyboard.press("Enter")
        page.locator("details.drop[open]").wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        assert page.locator("details.drop[open]").count() == 0
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_one_press_turns_everything_into_cyrillic_and_stays(house: House, browser: Browser) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        tab.open("/feed?type=indicator")
        page.locator("summary:has-text('English')").click()
        page.locator("button[value=sr-Cyrl]").click()
        page.wait_for_selector("html[lang=sr-Cyrl]")
        assert page.url.endswith("/feed?type=indicator")
        tab.open("/search")
        assert re.search("[а-шј]{4,}", page.inner_text("nav.rail"))
        assert "Kosovo" not in page.inner_text("nav.rail")


def test_the_scheme_that_one_chooses_beats_the_devices(house: House, browser: Browser) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        tab.open("/about")
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.locator("summary:has-text('English')").click()
        page.locator("button[value=dark]").click()
        page.wait_for_selector("html[data-scheme=dark]")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_new_records_are_announced_and_shown_when_asked_for(house: House, browser: Browser) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        tab.open("/feed")
        page.wait_for_selector("[data-live-state=live]")
        before = page.locator("[data-list] a[data-open]").first.inner_text()
        house.submit(record("report", GREEN, name="Tek stiglo"))
        page.locator("[data-news] a").wait_for()
        assert page.locator("[data-list] a[data-open]").first.inner_text() == before, "the list does not jump"
        page.locator("[data-news] a").click()
        expect(page.locator("[data-list] a[data-open]").first).to_have_text("Tek stiglo", timeout=PATIENCE)
        expect(page.locator("[data-list] a[data-open]").first).to_be_focused(timeout=PATIENCE)


def test_the_situation_moves_by_itself(house: House, browser: Browser) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        tab.open("/")
        page.wait_for_selector("[data-live-state=live]")
        house.submit(record("campaign", GREEN, name="Novi talas"))
        page.get_by_text("Novi talas").wait_for(timeout=PATIENCE)
        assert tab.wrong == []


def test_what_is_the_same_as_before_stays_as_it_is(house: House, browser: Browser) -> None:
    with opened(browser, house) as tab:
        page = tab.page
        tab.open("/")
        page.wait_for_selector("[data-live-state=live]")
        page.evaluate("for (const each of document.querySelectorAll('[data-part]')) each.known = true")
        house.submit(record("campaign", GREEN, name="Drugi talas"))
        page.get_by_text("Drugi talas").wait_for(timeout=PATIENCE)
        known = "(name) => document.querySelector(`[data-part=${name}]`).known ?? false"
        assert [page.evaluate(known, each) for each in ("awaits", "newest")] == [True, False]


def test_skopje_is_found_and_offered_in_any_script(house: House, browser: Browser) -> None:
    house.submit(record("report", GREEN, name="Скопје: лажне странице банака", lang="sr"))
    assert house.node.store.indexer.wait_for(house.node.store.position())
    with opened(browser, house) as tab:
        page = tab.page
        tab.open("/search")
        page.locator("#q").press_sequentially("skopj")
        page.wait_for_selector("#offered option", state="attached")
        page.fill("#q", "skopje")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=skopje")
        assert page.locator("mark").first.inner_text() == "Скопје"


def test_everything_can_be_read_and_searched_without_a_script(house: House, browser: Browser) -> None:
    with opened(browser, house, [Role.READER], script=False, width=390) as tab:
        page = tab.page
        tab.open("/")
        page.locator("details.ways summary").click()
        page.locator("details.ways a[href='/feed']").click()
        page.wait_for_url("**/feed")
        page.fill("#find", "racun")
        page.locator(".find button").click()
        page.wait_for_url("**/search?q=racun")
        assert page.locator("mark").count() > 0


def test_a_log_is_matched_while_one_watches(house: House, browser: Browser, tmp_path: Path) -> None:
    log = tmp_path / "queries.json"
    log.write_text('{"ts":1767225600,"id.orig_h":"10.0.0.7","query":"x.pako-dogane.example"}\n' * 3)
    with opened(browser, house) as tab:
        tab.open("/intel/match")
        tab.page.set_input_files("#file", str(log))
        tab.page.fill("#least", "1")
        tab.page.get_by_role("button", name="Match it").click()
        expect(tab.page.get_by_role("heading", name="Record as sightings")).to_be_visible(timeout=30_000)
        assert not tab.shuts_out()  # from here on everything is unfolded
        tab.page.get_by_role("button", name="Record counts only").click()
        expect(tab.page.get_by_text("1 sighting is recorded.")).to_be_visible()
        assert not tab.wrong
        place = tab.page.url.removeprefix(house.url)
    with opened(browser, house, script=False, width=390) as tab:
        tab.open(place)
        expect(tab.page.get_by_text("1 indicator was found in it")).to_be_visible()
