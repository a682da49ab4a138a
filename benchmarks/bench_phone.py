"""The first meaningful page on a throttled phone, and what pages weigh: `python -m benchmarks.bench_phone`.

Chromium is slowed down as Lighthouse does for a mid-range phone, to a quarter of the processor, on three networks: none
in between; LTE as WebPageTest has it (70 ms there and back, 12 Mbit/s); and Lighthouse's slow 4G (150 ms, 1.6 Mbit/s).
Nothing of the node is in its cache. What counts is the first contentful paint, from the moment at which the page is
asked for.

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

from benchmarks.figure import Figure, Skipped
from playwright.sync_api import Browser
from tests.exchange.served import answering, port_of
from tests.web.browser.browsing import chromium, fill, opened
from tests.web.house import House, housed

from egnatia.exchange.asgi import Receive, Scope, Send

SLOWER: Final = 4
LTE: Final = {"offline": False, "latency": 70, "downloadThroughput": 1_500_000, "uploadThroughput": 1_500_000}
SLOW_4G: Final = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
LOCAL: Final = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
NETWORKS: Final = (("no network in between", LOCAL), ("LTE", LTE), ("slow 4G", SLOW_4G))
EMPTY: Final = b"<!doctype html><html lang=en><title>Empty</title><p>Empty"
TIMES: Final = 7
TARGET_MS: Final = 300
HEAVIEST: Final = 150_000

PATHS: Final = (
    "/",
    "/feed",
    "/intel?q=type:indicator",
    "/intel/graph",
    "/intel/actors",
    "/intel/matrix",
    "/intel/landscape",
)


def figures() -> Iterator[Figure]:
    """Times and weights of the main pages."""
    if shutil.which("chromium") is None:
        raise Skipped("there is no chromium on this machine")
    with tempfile.TemporaryDirectory() as folder, housed(Path(folder)) as house, chromium() as browser:
        fill(house)
        for name, network in NETWORKS:
            with answering(_empty, lambda: None) as server:
                floor, _ = _measured(browser, house, f"http://127.0.0.1:{port_of(server)}/", network)
            yield Figure(f"floor: first contentful paint of an empty page, CPU 1/{SLOWER}, {name}", floor, "ms")
            for path in PATHS:
                took, weight = _measured(browser, house, house.url + path, network)
                yield Figure(f"first contentful paint of {path}, CPU 1/{SLOWER}, {name}", took, "ms", TARGET_MS)
                yield Figure(f"  of which above the floor, {path}, {name}", took - floor, "ms")
                if network is LOCAL:
                    yield Figure(f"weight of {path} with all it needs", weight / 1_000, "kB", HEAVIEST / 1_000)


async def _empty(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers one word."""
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(EMPTY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": EMPTY})


def _measured(browser: Browser, house: House, url: str, network: dict[str, Any]) -> tuple[float, int]:
    """The best first contentful paint in milliseconds, since whatever else the machine does only makes it longer; and
    the bytes of the page, unpacked."""
    took, weight = [], 0
    for _ in range(TIMES):
        with opened(browser, house, width=390) as tab:
            session = tab.page.context.new_cdp_session(tab.page)
            session.send("Network.enable")
            session.send("Network.emulateNetworkConditions", network)
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            tab.page.goto(url)
            tab.page.wait_for_load_state("load")
            paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
            tab.page.wait_for_timeout(100)
            took.append(float(tab.page.evaluate(paint)))
            weight = tab.bytes
    return min((each for each in took if each > 0), default=0.0), weight


def main() -> None:
    """Prints a line per figure."""
    for figure in figures():
        print(figure, flush=True)


if __name__ == "__main__":
    main()
