"""The pages of a case in a real browser: nobody is shut out, nothing scrolls sideways, and the keyboard is enough."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.cyber.test_playbook import real
from tests.web.browser.browsing import PATIENCE, chromium, needs_chromium, opened
from tests.web.cases.test_cases import BANK, send
from tests.web.cases.test_cases import opened as case_of
from tests.web.cases.test_working import attach
from tests.web.house import House, csrf_of, housed
from tests.web.incidents.test_playbooks import taken

from egnatia.web.notices.telling import Teller
from egnatia.web.permission import Role

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.xdist_group("browser")]

HEAVIEST = 150_000


class Matter:
    """A node with a case in which much has happened, and the paths of its pages."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.node.host(BANK, "Банка за пример", "ME")
        Teller(house.node).once()
        with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
            self.case, self.other = case_of(csirt), case_of(csirt)
            case = self.case
            roles = ["national-csirt", "competent-authority", "single-point-of-contact"]
            assert send(csirt, f"{case}/join", organisation=house.node.own, roles=roles).status_code == 303
            send(csirt, f"{case}/step/triage", kind="incident", severity="red", rsit=["availability:outage"])
            aware = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
            send(bank, f"{case}/facts", aware_at=aware, aware_at_zone="local", users="120000")
            send(
                bank,
                f"{case}/report/early-warning",
                suspected_malicious="yes",
                cross_border="no",
                text_="као што рекосмо",
            )
            assert send(csirt, f"{case}/step/request-intermediate", text_="колико?").status_code == 303
            send(csirt, f"{case}/clock/intermediate", what="pause", text="the court has the disks")
            self.file = attach(csirt, case, "дневник приступа.txt", b"x")
            send(
                csirt, f"{case}/task", name="Сачувати слике дискова", responsible=BANK, accountable=house.node.own,
                consulted=["national-csirt"], person="Ана", due="2026-12-01T10:00",
            )  # fmt: skip
            send(bank, f"{case}/comment", text="Систем је изолован; враћамо податке из резервне копије.")
            send(csirt, f"{self.other}/merge", other=case.removeprefix("/cases/"), what="duplicate", text="same")
            csrf = csrf_of(csirt.get(case).text)
            csirt.post(f"{case}/template", data={"csrf": csrf, "name": "Bank, ransomware"})
            found = re.search(r'href="(/cases/templates/[^"]+)"', csirt.get("/cases/new").text)
            assert found is not None
            self.template = found[1]
            self.play = f"{case}/playbooks/{taken(csirt, real('soarca-http')).headers['location'].rpartition('/')[2]}"
        Teller(house.node).once()

    @property
    def pages(self) -> tuple[str, ...]:
        own = (
            "", "/facts", "/step/declare", "/report/notification", "/task", "/join", "/leave", "/merge",
            "/clock/intermediate", "/clock/early-warning", "/stages", "/forward", "/findings", "/facts/impact",
        )  # fmt: skip
        lists = ("/cases", "/cases/due", "/cases/due?own=true", "/cases/new", "/cases/new?workflow=incident")
        rest = (self.other, self.file, self.template, self.play, "/notices", "/notices/choices")
        return (*(f"{self.case}{each}" for each in own), *lists, *rest)


@pytest.fixture(scope="module")
def matter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matter]:
    with housed(tmp_path_factory.mktemp("house")) as house:
        yield Matter(house)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_no_page_of_a_case_shuts_anybody_out(matter: Matter, browser: Browser) -> None:
    found = {}
    with opened(browser, matter.house) as tab:
        for path in matter.pages:
            assert tab.open(path) == 200, path
            if said := tab.shuts_out():
                found[path] = said
        assert tab.wrong == []
    assert not found, "\n".join(f"{path}\n{report}" for path, report in found.items())


def test_no_page_of_a_case_scrolls_sideways_or_weighs_too_much(matter: Matter, browser: Browser) -> None:
    wide, heavy = {}, {}
    with opened(browser, matter.house, width=390) as tab:
        for path in matter.pages:
            tab.open(path)
            tab.page.wait_for_load_state("load")
            by = tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if by > 0:
                wide[path] = by
            if tab.bytes > HEAVIEST:
                heavy[path] = tab.bytes
    assert wide == {}
    assert heavy == {}


def press_to(page: Page, selector: str) -> None:
    """Tabs on until what the selector names has the focus."""
    for _ in range(150):
        if page.evaluate("each => document.activeElement.matches(each)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {selector}")


def test_a_case_is_worked_on_by_keyboard_alone(matter: Matter, browser: Browser) -> None:
    with opened(browser, matter.house, [Role.PUBLISHER]) as tab:
        page = tab.page
        tab.open("/cases")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/cases/case--*")
        case = page.url
        press_to(page, "a[href$='/task']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/task")
        press_to(page, "#name")
        page.keyboard.type("Call the provider")
        page.keyboard.press("Enter")
        page.wait_for_url(case)
        expect(page.locator("main")).to_contain_text("Call the provider", timeout=PATIENCE)
        press_to(page, "#comment-text")
        page.keyboard.type("typed without a mouse")
        press_to(page, "form[action$='/comment'] button")
        page.keyboard.press("Enter")
        expect(page.locator("#moments")).to_contain_text("typed without a mouse", timeout=PATIENCE)
        tab.open(matter.case)
        press_to(page, "a[href$='/step/declare']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/step/declare")
        press_to(page, "main form.form button[type=submit]")
        page.keyboard.press("Enter")
        expect(page.locator(".page-head")).to_contain_text("Declared", timeout=PATIENCE)
        assert tab.wrong == []


def test_a_case_in_cyrillic_is_in_cyrillic(matter: Matter, browser: Browser) -> None:
    with opened(browser, matter.house, [Role.PUBLISHER]) as tab:
        page = tab.page
        tab.open(matter.case)
        page.locator("summary:has-text('English')").click()
        page.locator("button[value=sr-Cyrl]").click()
        page.wait_for_selector("html[lang=sr-Cyrl]")
        for part in ("#tasks", "#moments", "#do"):
            words = page.locator(part).inner_text()
            assert "Сачувати слике дискова" in words or part == "#do"
            said = re.sub(r"\S*\d\S*", "", words)  # without identifiers
            latin = set(re.findall(r"[A-Za-z]{4,}", said)) - KEPT
            assert not latin, (part, latin)


KEPT = {"Ransomware", "bank", "CSIRT", "test", "Test", "STIX", "DORA", "court", "disks", "RSIT"}
"""What people wrote themselves, and names."""


def test_a_case_on_paper_has_no_buttons(matter: Matter, browser: Browser) -> None:
    with opened(browser, matter.house, [Role.PUBLISHER]) as tab:
        tab.open(matter.case)
        tab.page.emulate_media(media="print")
        shown = """() => [...document.querySelectorAll('button, .button, textarea, nav.rail, header.top')]
          .filter((each) => each.checkVisibility()).length"""
        assert tab.page.evaluate(shown) == 0
        assert "Early warning" in tab.page.locator("main").inner_text()
