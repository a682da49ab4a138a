"""The first meaningful page on a throttled phone, and what pages weigh: `python -m benchmarks.bench_phone`.

Chromium is slowed down as Lighthouse does for a mid-range phone, to a quarter of the processor, on three networks: none
in between; LTE as WebPageTest has it (70 ms there and back, 12 Mbit/s); and Lighthouse's slow 4G (150 ms, 1.6 Mbit/s).
Nothing of the node is in its cache. What counts is the first contentful paint, from the moment at which the page is
asked for.

Beside it stand the largest contentful paint, when the most of the first screen is there; the same page opened again,
when the browser has the sheet and the script that it keeps for a year, as whoever works with a node has them; and how
far anything on the page moved while it loaded (cumulative layout shift, good below 0.1). Who comes to the portal or to
the sign-in has no session; all other pages are those of a person with every role.

Beside each stands the floor: a page of one word and no sheet, to the same browser under the same profile. No page can
be faster. A page with a sheet goes there and back twice: on slow 4G that is 300 ms before anything is parsed, so 300 ms
cannot be met there by a page that keeps its sheet apart from its HTML, as the policy against anything inline asks. What
is above the floor is what the page itself costs.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from benchmarks.figure import Figure, Skipped
from playwright.sync_api import Browser
from tests.exchange.served import answering, port_of
from tests.web.browser.browsing import Tab, chromium, fill, opened
from tests.web.house import House, housed

from egnatia.exchange.asgi import Receive, Scope, Send
from egnatia.web.permission import Role

SLOWER: Final = 4
LTE: Final = {"offline": False, "latency": 70, "downloadThroughput": 1_500_000, "uploadThroughput": 1_500_000}
SLOW_4G: Final = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
LOCAL: Final = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
NETWORKS: Final = (("no network in between", LOCAL), ("LTE", LTE), ("slow 4G", SLOW_4G))
EMPTY: Final = b"<!doctype html><html lang=en><title>Empty</title><p>Empty"
TIMES: Final = 7
WINDOW_MS: Final = 800
TARGET_MS: Final = 300
HEAVIEST: Final = 150_000
SHIFT: Final = 0.1
ENTRIES: Final = """() => new Promise((done) => {
  const seen = { "largest-contentful-paint": 0, "layout-shift": 0 };
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) seen["largest-contentful-paint"] = each.startTime;
  }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) seen["layout-shift"] += each.value;
  }).observe({ type: "layout-shift", buffered: true });
  const first = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
  setTimeout(() => done([first, seen["largest-contentful-paint"], seen["layout-shift"]]), 50);
})"""
"""What the browser itself has noted of its paints."""

DOORS: Final = ("/public", "/sign-in")
"""What people see who have no session; for most the first page of all."""
PATHS: Final = (
    *DOORS,
    "/",
    "/feed",
    "/intel?q=type:indicator",
    "/intel/graph",
    "/intel/actors",
    "/intel/matrix",
    "/intel/landscape",
)


class Painted(msgspec.Struct, frozen=True):
    """When a page was seen, milliseconds: first, most of it, and first when opened again; how far it shifted; and what
    it weighs with all that it needs, bytes unpacked. Of several visits the best, of shifts and weights the worst."""

    first: float
    largest: float
    again: float
    shift: float
    weight: int


def figures() -> Iterator[Figure]:
    """Times and weights of the main pages."""
    if shutil.which("chromium") is None:
        raise Skipped("there is no chromium on this machine")
    with tempfile.TemporaryDirectory() as folder, housed(Path(folder)) as house, chromium() as browser:
        fill(house)
        for name, network in NETWORKS:
            with answering(_empty, lambda: None) as server:
                floor = _painted(browser, house, f"http://127.0.0.1:{port_of(server)}/", network)
            yield Figure(f"floor: first contentful paint of an empty page, CPU 1/{SLOWER}, {name}", floor.first, "ms")
            for path in PATHS:
                yield from _told(path, name, _painted(browser, house, house.url + path, network), floor)


def _told(path: str, name: str, painted: Painted, floor: Painted) -> Iterator[Figure]:
    first = f"first contentful paint of {path}, CPU 1/{SLOWER}, {name}"
    yield Figure(first, painted.first, "ms", TARGET_MS)
    yield Figure(f"  of which above the floor, {path}, {name}", painted.first - floor.first, "ms")
    yield Figure(f"  largest contentful paint, {path}, {name}", painted.largest, "ms")
    yield Figure(f"  opened again, {path}, {name}", painted.again, "ms", TARGET_MS)
    if name == NETWORKS[0][0]:
        yield Figure(f"  layout shift, {path}", painted.shift, "", SHIFT)
        yield Figure(f"weight of {path} with all it needs", painted.weight / 1_000, "kB", HEAVIEST / 1_000)


async def _empty(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers one word."""
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(EMPTY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": EMPTY})


def _painted(browser: Browser, house: House, url: str, network: dict[str, Any]) -> Painted:
    """What several visits with an empty cache saw, since whatever else the machine does only makes each longer."""
    visits = [_visited(browser, house, url, network) for _ in range(TIMES)]
    return Painted(
        first=min((each.first for each in visits if each.first > 0), default=0.0),
        largest=min((each.largest for each in visits if each.largest > 0), default=0.0),
        again=min((each.again for each in visits if each.again > 0), default=0.0),
        shift=max(each.shift for each in visits),
        weight=max(each.weight for each in visits),
    )


def _visited(browser: Browser, house: House, url: str, network: dict[str, Any]) -> Painted:
    roles = () if url.endswith(DOORS) else tuple(Role)
    with opened(browser, house, roles, width=390) as tab:
        session = tab.page.context.new_cdp_session(tab.page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", network)
        # A new window of the browser is a page of its own that loads meanwhile: a phone's is there already.
        tab.page.wait_for_timeout(WINDOW_MS)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        first, largest, shift = _seen(tab, url)
        weight = tab.bytes
        tab.page.goto("about:blank")
        again, _, _ = _seen(tab, url)
        return Painted(first, largest, again, shift, weight)


def _seen(tab: Tab, url: str) -> tuple[float, float, float]:
    """First and largest contentful paint in milliseconds, and the cumulative layout shift."""
    tab.page.goto(url)
    tab.page.wait_for_load_state("load")
    tab.page.wait_for_timeout(100)
    first, largest, shift = tab.page.evaluate(ENTRIES)
    return float(first), float(largest), float(shift)


def main() -> None:
    """Prints a line per figure."""
    for figure in figures():
        print(figure, flush=True)


if __name__ == "__main__":
    main()
