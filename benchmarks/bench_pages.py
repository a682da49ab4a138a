"""How long a node takes to make its pages over a large log: `python -m benchmarks.bench_pages [--rows 1000000]`.

The records were added over 60 days, as far as the log tells. Pages are asked for over loopback, one after the other, by
somebody who sees everything and by somebody who sees 1%; client and server share the machine, so the server's own time
is less than what is said here.
"""

import argparse
import secrets
import tempfile
import time
from collections.abc import Iterator
from statistics import median
from typing import Final

import httpx
from benchmarks.bench_store import FRIEND, OWNER, fill
from benchmarks.figure import Figure
from sqlalchemy import text
from tests.exchange.served import serving

from egnatia.exchange.api.app import app
from egnatia.node import Node
from egnatia.settings import Organisation, Settings
from egnatia.store import Known
from egnatia.web.account.account import new_account
from egnatia.web.account.door import Door
from egnatia.web.account.session import Origin
from egnatia.web.mount import pages
from egnatia.web.permission import Role
from egnatia.web.visit import SESSION, cookie_name

PASSPHRASE: Final = "for a measurement"  # noqa: S105  nothing is behind it
TARGET_MS: Final = 50
DAYS: Final = 60
TIMES: Final = 40

PATHS: Final = (
    ("situation, 7 days", "/?span=week"),
    ("situation, 30 days", "/?span=month"),
    ("feed", "/feed"),
    ("feed, one type", "/feed?type=tool"),
    ("feed, everything of a day", "/feed?all=true&days=1"),
    ("search, a word of every record", "/search?q=record"),
    ("search, a rare word", "/search?q=word77"),
    ("search, an address", "/search?q=10.1.2.3"),
    ("suggestions", "/search/suggest?q=rec"),
    ("organisations", "/organisations"),
    ("agreements", "/agreements"),
    ("peers", "/peers"),
    ("audit", "/audit"),
    ("settings and health", "/settings"),
)


def figures(rows: int = 1_000_000) -> Iterator[Figure]:
    """Times of the main pages over a log of so many rows."""
    with tempfile.TemporaryDirectory(prefix="egnatia-bench-") as folder:
        settings = Settings(organisation=Organisation(name="Measured", id=OWNER, economy="ME"), base=folder)
        Node.create(settings, PASSPHRASE)
        with Node.open(settings, PASSPHRASE) as node:
            node.store.organisations.put(Known(FRIEND, "Friend", "AL", member=False))
            node.forget_facts()
            fill(node.store, rows)
            node.store.indexer.wait_for(node.store.position(), 7_200)
            _spread(node)
            door = Door(node)
            with serving(app(node, extra=(pages(node, entrance=door),))) as url:
                for name, organisation in (("all", OWNER), ("1%", FRIEND)):
                    account = new_account(f"x{secrets.token_hex(4)}", name, organisation, frozenset(Role))
                    door.accounts.add(account)
                    cookie = door.sessions.begin(account.name, "a measurement", Origin("127.0.0.1", "bench"))
                    with httpx.Client(base_url=url, cookies={cookie_name(SESSION, settings): cookie}) as client:
                        yield from _times(client, f"who sees {name}, {rows:,} rows")


def _times(client: httpx.Client, reader: str) -> Iterator[Figure]:
    began = time.perf_counter()
    while "still being counted" in client.get("/?span=month").text:
        time.sleep(0.05)
    yield Figure(f"situation counted as a whole after the start, {reader}", time.perf_counter() - began, "s")
    for name, path in PATHS:
        if client.get(path, timeout=60).status_code != 200:
            continue
        took = sorted(_took(client, path) for _ in range(TIMES))
        yield Figure(f"{name}, {reader}, p50", median(took), "ms")
        yield Figure(f"{name}, {reader}, p95", took[int(TIMES * 0.95) - 1], "ms", TARGET_MS)


def _took(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path, timeout=60).raise_for_status()
    return (time.perf_counter() - began) * 1_000


def _spread(node: Node) -> None:
    """As if the log had grown over two months."""
    now, span = time.time_ns() // 1_000, DAYS * 86_400_000_000
    last = node.store.position()
    with node.store.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE versions SET at = :first + (:span / :last) * position"),
            {"first": now - span, "span": span, "last": last},
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    for figure in figures(parser.parse_args().rows):
        print(figure, flush=True)
