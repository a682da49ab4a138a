"""A real browser at a real node: what it loads, says and complains of is kept for the test to judge."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, Error, Page, Response, expect, sync_playwright
from tests.web.house import House

from egnatia.demo.cast import ACTORS
from egnatia.demo.sample import sample
from egnatia.store import Known
from egnatia.web.permission import Role

CHROMIUM: Final = shutil.which("chromium")
PATIENCE: Final = 30_000
"""Milliseconds that anything may take on a busy machine."""

expect.set_options(timeout=PATIENCE)  # 5 seconds by default: an answer may take longer while others work

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")

_OPTIONS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_axe = Axe()
_FOUND: Final = {"resultTypes": ["violations"]}
_NO_CONTRAST: Final = {"color-contrast": {"enabled": False}}


def fill(house: House) -> None:
    """What nine organisations of the demonstration have to tell."""
    for each in ACTORS:
        house.node.store.organisations.put(Known(each.id, each.name, each.economy))
    house.node.forget_facts()
    for each in ACTORS:
        house.submit(*sample(each, datetime.now(UTC)), owner=each.id)
    assert house.node.store.indexer.wait_for(house.node.store.position())


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


class Tab:
    """One page of the browser. `wrong` is what went wrong in it, `bytes` what the last page weighed."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.wrong: list[str] = []
        self._loaded: list[Response] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("response", lambda response: self._loaded.append(response))  # noqa: PLW0108  it is given attributes

    def open(self, path: str) -> int:
        """Goes to a page; its status."""
        self._loaded.clear()
        answer = self.page.goto(self.url + path)
        assert answer is not None
        return answer.status

    def shuts_out(self, *, contrast: bool = True) -> str:
        """What axe finds wrong with this page, also in what is folded away; its colours in the light and in the dark,
        where nothing else differs. Empty where nobody is shut out."""
        self.page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
        self.page.emulate_media(color_scheme="light")
        reports = [_axe.run(self.page, options=_FOUND if contrast else {**_FOUND, "rules": _NO_CONTRAST})]
        if contrast:
            self.page.emulate_media(color_scheme="dark")
            reports.append(_axe.run(self.page, options={**_FOUND, "runOnly": ["color-contrast"]}))
        return "\n".join(report.generate_report() for report in reports if report.violations_count)

    @property
    def bytes(self) -> int:
        """What the page and all that it needs weigh, streams aside."""
        whole = [each for each in self._loaded if "event-stream" not in each.headers.get("content-type", "")]
        return sum(self._weight(each) for each in whole if each.status == 200)

    def _weight(self, loaded: Response) -> int:
        """A page that refreshes itself lets go of what it had before: that is fetched once more."""
        try:
            return len(loaded.body())
        except Error:
            return len(self.page.context.request.get(loaded.url).body())


@contextmanager
def opened(
    browser: Browser,
    house: House,
    roles: Sequence[Role] = tuple(Role),
    *,
    dark: bool = False,
    width: int = 1280,
    script: bool = True,
    organisation: str | None = None,
) -> Iterator[Tab]:
    """A tab of a person with these roles, of the node's organisation or another one; of the public for none."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        locale="en-GB",
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    try:
        with house.visitor(*roles, organisation=organisation) as visitor:
            context.add_cookies(
                [{"name": name, "value": value, "url": house.url} for name, value in visitor.cookies.items()]
            )
            yield Tab(context.new_page(), house.url)
    finally:
        context.close()
