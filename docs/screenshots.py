"""Makes the pictures of the main pages, light and dark, from the demonstration's data: `python -m docs.screenshots`.

The network of the demonstration is made, left to exchange, aged as if it had run for days, and looked at in chromium
as its person. Written are docs/screenshots/<page>-<light or dark>.png, and a few in other languages and sizes.
"""

import asyncio
import contextlib
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from egnatia.demo.cast import ACTORS, actor
from egnatia.demo.network import Made, make, ports, running
from egnatia.demo.person import PASSWORD
from egnatia.demo.region import Seat, application

FOLDER: Final = Path(__file__).parent / "screenshots"
AT: Final = "me"
FACILITATOR: Final = "hub"
DAYS: Final = 12
SIZE: Final = {"width": 1200, "height": 800}
PHONE: Final = {"width": 390, "height": 800}
PATIENCE: Final = 60_000

Cookies = list[Any]
"""As playwright takes them; it exports no name for one."""

DARK: Final = ("situation", "feed", "search", "record", "publish")
"""Those that are taken in the dark as well."""

PAGES: Final = {
    "situation": "/",
    "feed": "/feed",
    "search": "/search?q=skopje",
    "record": "/feed?type=report",
    "publish": "/publish",
    "cases": "/cases",
    "peers": "/peers",
    "organisations": "/organisations",
    "agreements": "/agreements",
    "audit": "/audit",
    "incidents": "/incidents",
    "workbench": "/intel",
    "graph": "/intel/graph",
    "exercises": "/exercises",
}
"""By name; a record is reached through the list that it is in."""


def main() -> None:
    """Makes all of them anew."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("The pictures need chromium, and there is none on this machine")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="egnatia-pictures-") as folder:
        own, *free = ports(7500, len(ACTORS))
        made = make(Path(folder), free, datetime.now(UTC))
        with running(made), sync_playwright() as playwright:
            _settled(made)
            _aged(made)
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            )
            seat = next(each for each in made.seats if each.actor.key == AT)
            person = _signed_in(browser, seat)
            for scheme in ("light", "dark"):
                _look(browser, seat, scheme, person)
            _others(browser, seat, person)
            _console(browser, next(each for each in made.seats if each.actor.key == FACILITATOR))
            with _regional(made, own) as url, _context(browser, "light") as context:
                page = context.new_page()
                page.goto(url)
                page.wait_for_selector("[data-live-state=live]")
                page.locator("#report button").click()
                page.wait_for_selector(".node.lit")
                page.wait_for_timeout(1_500)
                page.evaluate("scrollTo(0, 0)")
                _take(page, "region-light")
            browser.close()


def _look(browser: Browser, seat: Seat, scheme: str, person: Cookies) -> None:
    with _context(browser, scheme) as context:
        page = context.new_page()
        page.goto(f"{seat.url}/sign-in")
        _take(page, f"sign-in-{scheme}")
        context.add_cookies(person)
        for name, path in PAGES.items():
            if scheme == "dark" and name not in DARK:
                continue
            answer = page.goto(seat.url + path)
            if answer is None or answer.status != 200:
                sys.exit(f"{path} answered {answer.status if answer else 'nothing'}")
            if name == "record":
                page.locator("[data-list] a[data-open]").first.click()
                page.wait_for_url("**/records/*")
            if name == "graph":
                page.locator("main .links a[data-step]").first.click()
                page.wait_for_selector("[data-canvas] svg")
            _take(page, f"{name}-{scheme}")
        if scheme == "light":
            page.goto(f"{seat.url}/public/en")
            _take(page, f"portal-{scheme}")


def _others(browser: Browser, seat: Seat, person: Cookies) -> None:
    """The same in other languages, and on a phone."""
    for language in ("sr-Cyrl", "sq", "mk"):
        with _context(browser, "light", language) as context:
            context.add_cookies(person)
            page = context.new_page()
            page.goto(f"{seat.url}/")
            _take(page, f"situation-{language}")
    with _context(browser, "light", size=PHONE) as context:
        context.add_cookies(person)
        page = context.new_page()
        page.goto(f"{seat.url}/")
        _take(page, "situation-phone")


def _console(browser: Browser, seat: Seat) -> None:
    """The exercise that runs, as who leads it sees it."""
    with _context(browser, "light") as context:
        context.add_cookies(_signed_in(browser, seat))
        page = context.new_page()
        page.goto(f"{seat.url}/exercises")
        page.get_by_role("button", name="Enter the exercise").first.click()
        page.wait_for_url("**/console")
        _take(page, "console-light")


@contextlib.contextmanager
def _context(
    browser: Browser, scheme: str, language: str = "en-GB", size: dict[str, int] = SIZE
) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=language,
        extra_http_headers={"Accept-Language": language},
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    try:
        yield context
    finally:
        context.close()


def _signed_in(browser: Browser, seat: Seat) -> Cookies:
    """The session of the demonstration's person: signed in once, because a code is good once."""
    with _context(browser, "light") as context:
        page = context.new_page()
        page.goto(f"{seat.url}/sign-in")
        page.fill("#name", seat.key.name)
        page.fill("#password", PASSWORD)
        page.fill("#code", seat.key.code(time.time_ns() // 1_000))
        page.locator("form[action='/sign-in'] button").click()
        page.wait_for_url(f"{seat.url}/")
        return [
            {"name": each["name"], "value": each["value"], "url": seat.url}
            for each in context.cookies()
            if "session" in each["name"]
        ]


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("load")
    page.wait_for_timeout(400)
    page.screenshot(path=FOLDER / f"{name}.png")


def _settled(made: Made) -> None:
    """Waits until every node has what the last of the others wrote."""
    until = time.monotonic() + 180
    with httpx.Client(timeout=10) as client:
        for seat in (each for each in made.seats if each.actor.runs_node):
            for other in ("al", "hub"):
                while client.get(f"{seat.url}/api/v1/records/{actor(other).id}").status_code != 200:
                    if time.monotonic() > until:
                        sys.exit(f"{seat.actor.name} has not received everything")
                    time.sleep(0.2)
    time.sleep(5)


def _aged(made: Made) -> None:
    """As if the records had come over the last days: nobody waits twelve days for a picture."""
    now, span = time.time_ns() // 1_000, DAYS * 86_400_000_000
    for database in made.folder.glob("*/egnatia.db"):
        chance = Random(database.parent.name)  # noqa: S311  nothing secret
        with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection, connection:
            positions = [row[0] for row in connection.execute("SELECT position FROM versions ORDER BY position")]
            moments = sorted(now - int(span * chance.random() ** 1.6) for _ in positions)
            connection.executemany(
                "UPDATE versions SET at = ? WHERE position = ?", zip(moments, positions, strict=True)
            )


@contextlib.contextmanager
def _regional(made: Made, port: int) -> Iterator[str]:
    """The regional view, on a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(application(made.seats), host="127.0.0.1", port=port, log_config=None))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    main()
