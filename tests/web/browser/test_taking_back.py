"""Four nodes in one browser: published under AMBER to two, it appears there and not at the third, and is taken back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.web.browser.browsing import PATIENCE, chromium, needs_chromium, opened
from tests.web.neighbour import neighbour, until
from tests.web.recall.test_story import paired

from egnatia.web.permission import Role

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all four."""
    with chromium() as found:
        yield found


def test_under_amber_it_appears_at_two_nodes_and_not_at_the_third_and_is_recalled(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> None:
    folder = tmp_path_factory.mktemp("four")
    with (
        neighbour(folder / "a", "Alpha", "AL") as alpha,
        neighbour(folder / "b", "Beta", "MK") as beta,
        neighbour(folder / "c", "Gamma", "RS") as gamma,
        neighbour(folder / "d", "Delta", "ME") as delta,
        opened(browser, alpha, [Role.PUBLISHER]) as author,
        opened(browser, beta, [Role.READER]) as first,
        opened(browser, delta, [Role.READER]) as second,
        opened(browser, gamma, [Role.READER]) as outsider,
    ):
        for each in (beta, gamma, delta):
            paired(alpha, each)
        page = author.page
        author.open("/publish/new/campaign")
        page.get_by_label("Name").first.fill("Autumn mails")
        page.locator("input[name=tlp][value=amber]").check()
        for name in ("Beta", "Delta"):
            page.locator("#audience label", has_text=name).click()
        expect(page.locator("#foreseen .seen-count")).to_contain_text("2 organisations besides yours", timeout=PATIENCE)
        page.get_by_role("button", name="Publish", exact=True).click()
        page.wait_for_url("**/records/campaign--*")
        place = page.url.removeprefix(alpha.url)

        for reader, node in ((first, beta), (second, delta)):
            with node.visitor(Role.READER) as visitor:
                until(lambda visitor=visitor: visitor.get(place).status_code == 200)  # type: ignore[misc]
            reader.open("/feed")
            reader.page.locator("main").get_by_role("link", name="Autumn mails").first.click()
            expect(reader.page.locator("h1")).to_have_text("Autumn mails", timeout=PATIENCE)
        outsider.open("/feed")
        expect(outsider.page.locator("main")).not_to_contain_text("Autumn mails")
        answer = outsider.page.goto(gamma.url + place)
        assert answer is not None
        assert answer.status == 404

        page.get_by_role("link", name="Take back").click()
        page.get_by_label("Withdraw it").check()
        page.get_by_label("Reason").fill("The wrong company")
        page.get_by_role("button", name="Show the effect").click()
        expect(page.locator(".seers")).to_contain_text("loses it")
        page.get_by_role("button", name="Take it back").click()
        expect(page.locator("main")).to_contain_text("All nodes have complied", timeout=PATIENCE)
        for reader, node in ((first, beta), (second, delta)):
            gone = reader.page.goto(node.url + place)
            assert gone is not None
            assert gone.status == 404
