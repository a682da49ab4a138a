"""The first meaningful page on a throttled phone, and what pages weigh: `python -m benchmarks.bench_phone`.

Chromium is slowed down as Lighthouse does for a mid-range phone: a quarter of the processor, and slow 4G (150 ms there
and back, 1.6 Mbit/s down). Nothing is in its cache. What counts is the first contentful paint, from the moment at which
the page is asked for; of it, the network alone costs two ways there and back: the page, and its sheet.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.figure import Figure, Skipped
from playwright.sync_api import Browser
from tests.web.browser.browsing import chromium, fill, opened
from tests.web.house import House, housed

SLOWER: Final = 4
SLOW_4G: Final = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
LOCAL: Final = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
TIMES: Final = 5
TARGET_MS: Final = 300
HEAVIEST: Final = 200_000

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
        for path in PATHS:
            for name, network in (("slow 4G", SLOW_4G), ("no network in between", LOCAL)):
                took, weight = _measured(browser, house, path, network)
                yield Figure(f"first contentful paint of {path}, CPU 1/{SLOWER}, {name}", took, "ms", TARGET_MS)
            yield Figure(f"weight of {path} with all it needs", weight / 1_000, "kB", HEAVIEST / 1_000)


def _measured(browser: Browser, house: House, path: str, network: dict[str, Any]) -> tuple[float, int]:
    """The median first contentful paint in milliseconds, and the bytes of the page."""
    took, weight = [], 0
    for _ in range(TIMES):
        with opened(browser, house, width=390) as tab:
            session = tab.page.context.new_cdp_session(tab.page)
            session.send("Network.enable")
            session.send("Network.emulateNetworkConditions", network)
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            tab.open(path)
            tab.page.wait_for_load_state("load")
            paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
            tab.page.wait_for_timeout(100)
            took.append(float(tab.page.evaluate(paint)))
            weight = tab.bytes
    return median(took), weight


def main() -> None:
    """Prints a line per figure."""
    for figure in figures():
        print(figure, flush=True)


if __name__ == "__main__":
    main()
