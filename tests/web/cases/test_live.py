"""What one party does shows at another's open page by itself."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from tests.web.cases.test_cases import BANK, opened, send
from tests.web.house import housed

from egnatia.web.permission import Role

CHROMIUM = shutil.which("chromium")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_an_event_shows_at_the_open_page_of_another_party(tmp_path: Path) -> None:
    with housed(tmp_path) as house:
        house.node.host(BANK, "Bank of a test", "ME")
        with house.visitor(Role.PUBLISHER) as csirt, house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
            case = opened(csirt)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
                context = browser.new_context()
                for name, value in bank.cookies.items():
                    context.add_cookies([{"name": name, "value": value, "url": house.url}])
                page = context.new_page()
                page.goto(house.url + case)
                expect(page.locator("[data-live-state=live]")).to_be_visible(timeout=30_000)
                assert send(csirt, f"{case}/comment", text="the key is found").status_code == 303
                expect(page.get_by_text("the key is found")).to_be_visible(timeout=30_000)
                triage = send(csirt, f"{case}/step/triage", kind="incident", severity="red")
                assert triage.status_code == 303
                expect(page.locator(".page-head").get_by_text("Triaged")).to_be_visible(timeout=30_000)
                context.close()
                browser.close()
