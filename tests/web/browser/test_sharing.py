"""Two operators in two browsers: they pair their nodes, agree on sharing, and a record becomes visible."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.exchange.peer.region import AMBER, id_of, indicator
from tests.web.agreements.test_agreements import drafted, proposed
from tests.web.browser.browsing import PATIENCE, Tab, chromium, needs_chromium, opened
from tests.web.house import House
from tests.web.neighbour import neighbour, until

from egnatia.store import Known
from egnatia.web.permission import Role

pytestmark = [pytest.mark.browser, needs_chromium]

CLIENT = "identity--00000000-0000-4000-8000-0000000000c9"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of these tests."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, House]]:
    """Two whole nodes; the tests below are one story, in their order."""
    folder = tmp_path_factory.mktemp("two")
    with neighbour(folder / "a", "CSIRT Alpha", "AL") as one, neighbour(folder / "b", "CSIRT Beta", "MK") as other:
        yield one, other


def invitation(tab: Tab) -> str:
    """What an operator copies."""
    tab.open("/peers")
    tab.page.get_by_role("link", name="Invite a node").click()
    tab.page.get_by_role("button", name="Write an invitation").click()
    return tab.page.get_by_label("Your invitation").input_value()


def accepted(tab: Tab, text: str) -> str:
    """An invitation pasted; the five words that this operator reads out."""
    tab.open("/peers/accept")
    tab.page.get_by_label("Their invitation").fill(text)
    tab.page.get_by_role("button", name="See who it is").click()
    tab.page.get_by_text("Show our five words").click()
    return tab.page.locator(".proquint.large").inner_text()


def confirmed(tab: Tab, words: str) -> None:
    """The words that the other one reads, typed."""
    tab.page.get_by_label("The five words that they read").fill(words)
    tab.page.get_by_role("button", name="They are the same: pair").click()
    expect(tab.page.get_by_role("status")).to_contain_text("Paired with")


def test_two_operators_pair_their_nodes(two: tuple[House, House], browser: Browser) -> None:
    one, other = two
    with opened(browser, one) as here, opened(browser, other) as there:
        mine, theirs = invitation(here), invitation(there)
        read_here, read_there = accepted(here, theirs), accepted(there, mine)
        assert read_here == read_there
        confirmed(here, read_there.upper())
        confirmed(there, read_here)
        for tab in (here, there):  # the page follows by itself
            expect(tab.page.locator("#standing .state-good")).to_have_text("Connected", timeout=PATIENCE)
            assert tab.wrong == []


def test_they_agree_and_a_record_becomes_visible(two: tuple[House, House], browser: Browser) -> None:
    one, other = two
    secret = indicator("only under an agreement", marking=AMBER)
    one.submit(secret)

    def visible() -> bool:
        return bool(other.node.store.get(other.node.clearance_of(other.node.own), [id_of(secret)]))

    until(lambda: any(each.name == "CSIRT Beta" for each in one.node.organisations()))
    with opened(browser, one) as here, opened(browser, other) as there:
        here.open("/agreements")
        here.page.get_by_role("link", name="Draft an agreement").click()
        here.page.get_by_label("Name").fill("Alpha and Beta on incidents")
        here.page.get_by_role("checkbox", name="CSIRT Beta").check()
        here.page.get_by_label("Purpose").fill("incident response")
        here.page.get_by_label("Legal basis").fill("Memorandum of a test")
        here.page.get_by_label("How long a recipient may keep it").select_option("P1Y")
        here.page.get_by_role("button", name="Save and look at it").click()
        expect(here.page.get_by_text("would see 1 more of your records")).to_be_visible()
        here.page.get_by_role("button", name="Sign for CSIRT Alpha and publish").click()
        expect(here.page.locator(".page-head")).to_contain_text("Signed by some")
        path = here.page.url.removeprefix(here.url)
        until(lambda: there.open(path) == 200)
        there.wrong.clear()  # what was not there yet
        assert not visible()
        there.page.get_by_role("button", name="Sign for CSIRT Beta").click()
        expect(there.page.get_by_role("status")).to_contain_text("every party has signed")
        until(visible)
        there.open(f"/records/{id_of(secret)}")
        expect(there.page.get_by_role("heading", level=1)).to_contain_text("only under an agreement")
        here.open("/agreements")
        expect(here.page.get_by_role("row", name="Alpha and Beta on incidents")).to_contain_text("In force")
        assert here.wrong == there.wrong == []


def test_none_of_these_pages_shuts_anybody_out(two: tuple[House, House], browser: Browser) -> None:
    found, wider = {}, {}
    with opened(browser, two[0], width=320) as tab:
        for path in _pages(*two):
            assert tab.open(path) == 200, path
            if said := tab.shuts_out():
                found[path] = said
            by = tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if by > 0:
                wider[path] = by
        assert tab.wrong == []
    assert not found, "\n".join(found.values())
    assert wider == {}


def _pages(one: House, other: House) -> list[str]:
    """Every page of peers, organisations, agreements, audit and settings."""
    long = "Operator of the distribution system with a very long registered name d.o.o. " * 2
    one.node.store.organisations.put(Known(CLIENT, long, "XK", client_of=(one.node.own,)))
    one.node.forget_facts()
    with one.visitor(Role.ADMINISTRATOR) as admin:
        draft = drafted(admin, parties=CLIENT)
        waiting = proposed(admin, parties=f"{CLIENT}", name=long)
    node = other.node.node_id
    if all(each.node != node for each in one.node.pairings.all()):  # where this test runs without those before it
        one.node.pairings.accept(other.node.pairings.invite())
        one.node.pairings.confirm(node)
    return [
        *("/peers", f"/peers/{node}", f"/peers/{node}/remove", "/peers/invite", "/peers/accept"),
        *("/organisations", f"/organisations/{CLIENT}", f"/organisations/{CLIENT}/edit", "/organisations/add"),
        *("/agreements", waiting, f"{waiting}/print", draft, f"{draft}/edit", "/agreements/new"),
        *("/audit", "/audit?action=none", "/audit/verify", "/audit/heads", "/settings"),
    ]
