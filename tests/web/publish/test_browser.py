"""In a browser: who will see it shows while one writes, and the pages shut nobody out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.record.builders import body, ref
from tests.web.browser.browsing import PATIENCE, chromium, fill, needs_chromium, opened
from tests.web.house import House, housed
from tests.web.telling import GREEN

from egnatia.web.permission import Role

pytestmark = [pytest.mark.browser, needs_chromium]

RECORD = f"/records/{ref('indicator', 5)}"
PAGES = (
    RECORD,
    f"{RECORD}/links",
    f"{RECORD}/history",
    f"{RECORD}/origin",
    f"{RECORD}/audience",
    f"{RECORD}/raw",
    "/publish",
    "/publish/new/indicator",
    "/publish/new/malware",
    f"/publish/edit/{ref('indicator', 5)}",
    "/publish/quick",
    "/recall",
    f"/recall/{ref('indicator', 5)}",
)
HEAVIEST = 150_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node that knows the organisations of the demonstration, with a record that has versions and links."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        fill(found)
        marked = {"object_marking_refs": [GREEN]}
        indicator = ref("indicator", 5)
        found.submit(
            body("indicator", id=indicator, name="First", **marked),
            body("malware", id=ref("malware", 5), name="Worm", **marked),
            body("relationship", id=ref("relationship", 5), source_ref=indicator, relationship_type="indicates",
                 target_ref=ref("malware", 5), **marked),
            body("note", id=ref("note", 5), object_refs=[indicator], **marked),
        )  # fmt: skip
        newer = body(
            "indicator", id=indicator, name="Second", modified="2024-03-01T00:00:00.000Z", confidence=80, **marked
        )
        found.submit(newer)
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of these tests."""
    with chromium() as found:
        yield found


def test_no_page_shuts_anybody_out(house: House, browser: Browser) -> None:
    found = {}
    with opened(browser, house) as tab:
        for path in PAGES:
            assert tab.open(path) == 200, path
            if said := tab.shuts_out():
                found[path] = said
        assert tab.wrong == []
    assert not found, "\n".join(found.values())


@pytest.mark.parametrize("width", [320, 1920])
def test_no_page_scrolls_sideways_or_weighs_too_much(house: House, browser: Browser, width: int) -> None:
    wrong = {}
    with opened(browser, house, width=width) as tab:
        for path in PAGES:
            tab.open(path)
            tab.page.wait_for_load_state("load")
            by = tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if by > 0 or tab.bytes > HEAVIEST:
                wrong[path] = (by, tab.bytes)
    assert wrong == {}


def test_who_will_see_it_shows_while_one_writes_and_then_they_do(house: House, browser: Browser) -> None:
    with opened(browser, house, [Role.PUBLISHER]) as tab:
        page = tab.page
        tab.open("/publish/new/campaign")
        page.get_by_label("Name").first.fill("Autumn mails")
        page.locator("input[name=tlp][value=amber]").check()
        count = page.locator("#foreseen .seen-count")
        expect(count).to_contain_text("0 organisations besides yours", timeout=PATIENCE)
        page.locator("#audience label", has_text="CSIRT of Serbia").click()
        expect(count).to_contain_text("1 organisation besides yours", timeout=PATIENCE)
        expect(page.locator("#foreseen .sees")).to_contain_text("names CSIRT of Serbia (demo) in its audience")
        page.get_by_role("button", name="Publish", exact=True).click()
        page.wait_for_url("**/records/campaign--*")
        expect(page.locator("h1")).to_have_text("Autumn mails")
        page.get_by_role("link", name="Readers and receipts").click()
        row = page.locator("tr", has=page.get_by_role("rowheader", name="CSIRT of Serbia"))
        expect(row).to_contain_text("yes", timeout=PATIENCE)
        other = page.locator("tr", has=page.get_by_role("rowheader", name="CSIRT of Albania"))
        expect(other).to_contain_text("may not see it", timeout=PATIENCE)
        assert tab.wrong == []


def test_without_a_script_a_button_shows_who_will_see_it(house: House, browser: Browser) -> None:
    with opened(browser, house, [Role.PUBLISHER], script=False) as tab:
        page = tab.page
        tab.open("/publish/new/campaign")
        page.get_by_label("Name").first.fill("Autumn mails")
        page.locator("input[name=tlp][value=green]").check()
        page.get_by_role("button", name="Show who will see it").click()
        expect(page.locator(".seen-count")).to_contain_text("9 organisations besides yours", timeout=PATIENCE)
        assert page.get_by_label("Name").first.input_value() == "Autumn mails"


def test_a_record_to_refer_to_is_found_by_its_name(house: House, browser: Browser) -> None:
    assert house.node.store.indexer.wait_for(house.node.store.position())
    with opened(browser, house, [Role.PUBLISHER]) as tab:
        page = tab.page
        tab.open("/publish/new/sighting")
        find = page.locator("[data-for=p_sighting_of_ref] input[type=search]")
        find.press_sequentially("worm")
        page.locator("#p_sighting_of_ref-found option").first.wait_for(state="attached")
        find.fill(ref("malware", 5))
        expect(page.locator("#p_sighting_of_ref")).to_have_value(ref("malware", 5), timeout=PATIENCE)
        assert tab.wrong == []
