"""What one node holds in memory: `python -m benchmarks.bench_idle`.

A real process of `egnatia serve` over a small log: after the start, after an administrator has opened every page of
the navigation three times in two scripts, and when it has been idle for a while after that. Memory is the resident set,
read from /proc.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from benchmarks.bench_sse import resident_megabytes
from benchmarks.bench_store import OWNER, fill
from benchmarks.figure import Figure

from egnatia.demo.network import ports
from egnatia.node import Node
from egnatia.settings import FILE, Keys, Network, Organisation, Settings, load, to_toml
from egnatia.web.account.account import new_account
from egnatia.web.account.door import Door
from egnatia.web.account.session import Origin
from egnatia.web.navigation import all_entries
from egnatia.web.permission import Role
from egnatia.web.visit import SESSION, cookie_name

PASSPHRASE: Final = "for a measurement"  # noqa: S105  nothing is behind it
VARIABLE: Final = "EGNATIA_BENCH"
TARGET_MB: Final = 120
ROWS: Final = 5_000
ROUNDS: Final = 3
IDLE_SECONDS: Final = 35
"""In which a node looks twice at whether there is memory to give back."""


def figures() -> Iterator[Figure]:
    """Memory at the start, and after the pages were opened."""
    with tempfile.TemporaryDirectory(prefix="egnatia-bench-") as folder, _serving(Path(folder)) as (url, cookies, pid):
        time.sleep(3)
        yield Figure("an idle node after the start", resident_megabytes(pid), "MB", TARGET_MB)
        for language in ("en", "sr-Cyrl"):
            headers = {"Accept-Language": language}
            with httpx.Client(base_url=url, cookies=cookies, headers=headers, timeout=60) as client:
                for _ in range(ROUNDS):
                    for entry in all_entries():
                        client.get(entry.path).raise_for_status()
        yield Figure("the node just after every page of the navigation", resident_megabytes(pid), "MB")
        time.sleep(IDLE_SECONDS)
        yield Figure("the node when it is idle after that", resident_megabytes(pid), "MB", TARGET_MB)


@contextmanager
def _serving(home: Path) -> Iterator[tuple[str, dict[str, str], int]]:
    """Where a new node answers, the cookies of its administrator, and its process."""
    (port,) = ports(17_400, 1)
    wanted = Settings(
        organisation=Organisation(name="Measured", id=OWNER, economy="ME"),
        network=Network(listen=f"127.0.0.1:{port}"),
        keys=Keys(passphrase_env=VARIABLE),
        base=str(home),
    )
    (home / FILE).write_text(to_toml(wanted), encoding="utf-8")
    settings = load(home / FILE, {})
    Node.create(settings, PASSPHRASE)
    with Node.open(settings, PASSPHRASE) as node:
        fill(node.store, ROWS)
        node.store.indexer.wait_for(node.store.position(), 60)
        door = Door(node)
        account = new_account(f"x{secrets.token_hex(4)}", "Measure", OWNER, frozenset(Role))
        door.accounts.add(account)
        cookie = door.sessions.begin(account.name, "a measurement", Origin("127.0.0.1", "bench"))
    process = subprocess.Popen(
        [sys.executable, "-m", "egnatia", "serve", "--config", str(home / FILE)],
        env={**os.environ, VARIABLE: PASSPHRASE},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _ready(url)
        yield url, {cookie_name(SESSION, settings): cookie}, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _ready(url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            httpx.get(f"{url}/health/ready").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"{url} does not answer")


if __name__ == "__main__":
    for figure in figures():
        print(figure, flush=True)
