"""TAXII beside OpenTAXII: objects added a second, durable, and pages of 100 objects, over HTTP on loopback.

    python -m benchmarks.bench_taxii [--attack PATH.json.gz] [--objects 5000]

One server process, one client process. A node acknowledges a large envelope once it is durable and stores it soon
after: three rates are given, until all is acknowledged, until all is stored (every status complete, all of it in the
feed), and until all can be found by its words. OpenTAXII stores before it answers, so both of the first stand beside
it: it is installed into .bench-venvs/opentaxii and measured by the same client in the same run (SQLite, gunicorn with
one worker, no authentication at all).
"""

import argparse
import gzip
import http.client
import json
import math
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import msgspec
from benchmarks.figure import Figure
from benchmarks.peer_opentaxii import opentaxii

from egnatia.exchange.taxii.intake import MOST_OBJECTS

TAXII = "application/taxii+json;version=2.1"
RUNS = range(2)
_BEHIND = "SELECT state.position - coalesce(max(watermarks.position), 0) FROM state LEFT JOIN watermarks"
OBJECTS = "/taxii2/exchange/collections/all/objects/"
STATUS = "/taxii2/exchange/status/"


class Times(NamedTuple):
    """Times of requests in seconds, how many objects they carried, and the statuses that were told of them."""

    times: list[float]
    objects: int
    statuses: Sequence[str] = ()

    @property
    def rate(self) -> float:
        """Objects a second."""
        return self.objects / sum(self.times)

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return statistics.median(self.times) * 1e3

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * 0.99))] * 1e3


class Client:
    """One connection, as lean as Python has them, so that the server is what is measured."""

    def __init__(self, port: int, headers: Mapping[str, str], *, added: int = 202) -> None:
        self._added = added
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._headers = {"Accept": TAXII, **headers}

    def get(self, path: str) -> bytes:
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body[:500])
        return body

    def post(self, path: str, body: bytes) -> str:
        """The id of the status of what was posted; empty from a server that answers otherwise."""
        self._connection.request("POST", path, body, {**self._headers, "Content-Type": TAXII})
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == self._added, (answer.status, content[:500])
        if self._added != 202:
            return ""
        status = msgspec.json.decode(content)
        assert status["failure_count"] == 0, content[:2_000]
        return str(status["id"])

    def wait_for(self, statuses: Sequence[str]) -> None:
        """Until each is complete and everything of it was stored; asked no more often than it takes to store some."""
        for status_id in reversed(statuses):  # the last one is the last to be stored
            while (status := msgspec.json.decode(self.get(f"{STATUS}{status_id}/")))["status"] != "complete":
                time.sleep(0.02)
            assert status["success_count"] == status["total_count"], status


def adding(client: Client, path: str, bodies: Sequence[bytes], size: int) -> Times:
    """Add everything in envelopes of `size`."""
    times, statuses = [], []
    for start in range(0, len(bodies), size):
        envelope = b'{"objects":[' + b",".join(bodies[start : start + size]) + b"]}"
        began = time.perf_counter()
        statuses.append(client.post(path, envelope))
        times.append(time.perf_counter() - began)
    return Times(times, len(bodies), statuses)


def reading(client: Client, path: str, *, pages: int = 0) -> Times:
    """Read page after page of 100, all of them or the first `pages`."""
    times: list[float] = []
    count, following = 0, ""
    while True:
        began = time.perf_counter()
        body = client.get(f"{path}?limit=100{following}")
        times.append(time.perf_counter() - began)
        envelope = msgspec.json.decode(body)
        count += len(envelope.get("objects", ()))
        if not envelope.get("more") or len(times) == pages:
            return Times(times, count)
        following = f"&next={envelope['next']}"


def together(port: int, headers: Mapping[str, str], *, clients: int = 8) -> tuple[Times, Times]:
    """Pages read by several clients while envelopes of 100 are added, from before the first to after the last of
    them: reading, adding. Objects are stored all the while, as there is always one that has waited long enough."""
    figures: list[Times] = []

    def read() -> None:
        figures.append(reading(Client(port, headers), OBJECTS, pages=60))

    threads = [threading.Thread(target=read) for _ in range(clients)]
    client, times, start, statuses = Client(port, headers), list[float](), 10_000_000, list[str]()
    while any(thread.is_alive() for thread in threads) or not times:
        added = adding(client, OBJECTS, synthetic(100, start), 100)
        if not times:
            for thread in threads:
                thread.start()
        times, start = [*times, *added.times], start + 100
        statuses += added.statuses
    client.wait_for(statuses)
    return Times([each for figure in figures for each in figure.times], sum(f.objects for f in figures)), Times(
        times, start - 10_000_000
    )


def synthetic(count: int, start: int = 0) -> list[bytes]:
    """Indicators like those that feeds carry, about 600 bytes each."""
    return [
        json.dumps(
            {
                "type": "indicator",
                "spec_version": "2.1",
                "id": f"indicator--00000000-0000-4000-8000-{number:012x}",
                "created": "2026-01-01T00:00:00.000Z",
                "modified": "2026-01-01T00:00:00.000Z",
                "name": f"Phishing host {number}",
                "description": "Seen in a campaign against the customers of banks in the region. " * 3,
                "pattern": f"[domain-name:value = 'login{number}.example.com']",
                "pattern_type": "stix",
                "valid_from": "2026-01-01T00:00:00Z",
                "labels": ["phishing"],
            }
        ).encode()
        for number in range(start, start + count)
    ]


def attack(path: Path) -> list[bytes]:
    """The objects of a bundle, as they are."""
    outer = msgspec.json.decode(gzip.decompress(path.read_bytes()), type=dict[str, msgspec.Raw])
    return [bytes(each) for each in msgspec.json.decode(outer["objects"], type=list[msgspec.Raw])]


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, str, int]]:
    """A node's surfaces in a process of their own: its port, a token, the number of the process."""
    command = [sys.executable, "-m", "benchmarks.serve_surfaces", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port, token = process.stdout.readline().split()
        try:
            yield int(port), token, process.pid
        finally:
            process.terminate()


class Rates(NamedTuple):
    """Objects a second until all was acknowledged, was stored, could be found by its words; each from the first
    request on."""

    acknowledged: float
    stored: float
    searchable: float

    def best(self, other: "Rates") -> "Rates":
        """The better of each."""
        return Rates(*map(max, self, other))


def at_once(
    port: int, headers: Mapping[str, str], folder: Path, bodies: Sequence[bytes], *, size: int, clients: int
) -> Rates:
    """What several clients add together."""
    parts = [bodies[number::clients] for number in range(clients)]
    added: list[Times] = []

    def add(part: Sequence[bytes]) -> None:
        added.append(adding(Client(port, headers), OBJECTS, part, size))

    threads = [threading.Thread(target=add, args=(part,)) for part in parts]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    acknowledged = time.perf_counter() - began
    stored, searchable = done(Client(port, headers), folder, [each for one in added for each in one.statuses], began)
    return Rates(*(len(bodies) / each for each in (acknowledged, stored, searchable)))


def done(client: Client, folder: Path, statuses: Sequence[str], began: float) -> tuple[float, float]:
    """Seconds until all is stored, and until the full text has followed, which the database itself tells."""
    client.wait_for(statuses)
    stored = time.perf_counter() - began
    with closing(sqlite3.connect(f"file:{folder}/egnatia.db?mode=ro", uri=True)) as database:
        while database.execute(_BEHIND).fetchone()[0] > 0:
            time.sleep(0.02)
    return stored, time.perf_counter() - began


def bare(bodies: Sequence[bytes], size: int) -> float:
    """Objects a second of the least that could be done: decode, one indexed insert each, a synced commit each time."""
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(f"{folder}/bare.db")) as database:
        database.isolation_level = None
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE bare (position INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB)")
        began = time.perf_counter()
        for start in range(0, len(bodies), size):
            rows = [(msgspec.json.decode(body)["id"], body) for body in bodies[start : start + size]]
            database.execute("BEGIN")
            database.executemany("INSERT INTO bare (id, body) VALUES (?, ?)", rows)
            database.execute("COMMIT")
        return len(bodies) / (time.perf_counter() - began)


def alone(bodies: Sequence[bytes], size: int) -> tuple[Rates, Times]:
    """What one client adds to a new node (what it takes to acknowledge is the sum of its requests, without what the
    client does between them), and the pages that it reads after that."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (port, token, _):
        headers = {"Authorization": f"Bearer {token}"}
        began = time.perf_counter()
        added = adding(client := Client(port, headers), OBJECTS, bodies, size)
        stored, searchable = done(client, Path(folder), added.statuses, began)
        rates = Rates(added.rate, len(bodies) / stored, len(bodies) / searchable)
        read = reading(Client(port, headers), OBJECTS)
        assert read.objects == len(bodies)
        return rates, read


def crowded(bodies: Sequence[bytes], size: int, clients: int) -> Rates:
    """What several clients add to a new node."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (port, token, _):
        headers = {"Authorization": f"Bearer {token}"}
        return at_once(port, headers, Path(folder), bodies, size=size, clients=clients)


def sustained(size: int) -> Iterator[Figure]:
    """Four times as many objects as may wait, one envelope after the other: once there is no room, a request takes as
    long as it takes to store as much."""
    bodies = synthetic(4 * MOST_OBJECTS)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (port, token, process):
        client = Client(port, {"Authorization": f"Bearer {token}"})
        began = time.perf_counter()
        added = adding(client, OBJECTS, bodies, size)
        stored, searchable = done(client, Path(folder), added.statuses, began)
        last = Times(added.times[len(added.times) // 2 :], len(bodies) // 2)
        memory = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
        of = f"{len(bodies)} objects in envelopes of {size}"
        yield Figure(f"POST, {of}, acknowledged (p99 {added.p99:.0f} ms)", added.rate, "objects/s")
        yield Figure("the same, of the second half, while as much waits as may", last.rate, "objects/s")
        yield Figure("the same, until all is stored", len(bodies) / stored, "objects/s")
        yield Figure("the same, until all can be found by its words", len(bodies) / searchable, "objects/s")
        if memory:
            yield Figure("memory of the node at most, meanwhile", int(memory[1]) / 1024, "MB")


def mixed(bodies: Sequence[bytes]) -> Iterator[Figure]:
    """Pages that 8 clients read while a ninth adds."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (port, token, _):
        headers = {"Authorization": f"Bearer {token}"}
        client = Client(port, headers)
        client.wait_for(adding(client, OBJECTS, bodies, 500).statuses)
        read, added = together(port, headers)
        yield Figure(f"GET by 8 clients while envelopes are added, p50 (p99 {read.p99:.0f} ms)", read.p50, "ms")
        yield Figure("POST while 8 clients read", added.rate, "objects/s")


def beside(some: Sequence[bytes]) -> tuple[float, Times]:
    """The same of OpenTAXII: objects a second of one client, in envelopes of 100, and the pages read after that."""
    with opentaxii() as (port, headers, path):
        rate = adding(Client(port, headers, added=500), path, some, 100).rate
        read = reading(Client(port, headers), path)
        assert read.objects == len(some)
        return rate, read


def told(what: str, rates: Rates) -> Iterator[Figure]:
    """Three figures."""
    yield Figure(what, rates.acknowledged, "objects/s", 7_400, "more")
    yield Figure(f"{what}, until all is stored", rates.stored, "objects/s")
    yield Figure(f"{what}, until all can be found by its words", rates.searchable, "objects/s")


def figures(bodies: Sequence[bytes], *, clients: int = 4) -> Iterator[Figure]:
    """Ours, the bare insert, then OpenTAXII's beside them, each at the best of two runs: what else the machine does
    only ever costs. Raises Skipped where OpenTAXII cannot be installed."""
    rates: dict[int, Rates] = {}
    page = math.inf
    for size in (100, 500):
        least = max(bare(bodies, size) for _ in RUNS)
        yield Figure(f"bare decode and indexed insert, {size} a commit", least, "objects/s")
        runs = [alone(bodies, size) for _ in RUNS]
        rates[size] = reduce(Rates.best, (rate for rate, _ in runs))
        read = min((read for _, read in runs), key=lambda read: read.p50)
        page = min(page, read.p50)
        yield from told(f"POST, envelopes of {size}, one client", rates[size])
        yield Figure(f"POST, envelopes of {size}, the bare insert times it", least / rates[size].acknowledged, "x", 3)
        yield Figure(
            f"POST, envelopes of {size}, until all is stored, the bare insert times it", least / rates[size].stored, "x"
        )
        yield Figure(f"GET, pages of 100 after that, p50 (p99 {read.p99:.1f} ms)", read.p50, "ms", 2.1)
        many = reduce(Rates.best, (crowded(bodies, size, clients) for _ in RUNS))
        rates[size] = rates[size].best(many)
        yield from told(f"POST, envelopes of {size}, {clients} clients", many)
    yield from sustained(500)
    yield from mixed(bodies[:6_000])
    theirs = [beside(bodies[:2_000]) for _ in RUNS]
    best = max(rate for rate, _ in theirs)
    yield Figure("OpenTAXII 0.9.3: POST, envelopes of 100, one client", best, "objects/s")
    for size, rate in rates.items():
        of = f"POST, envelopes of {size}, at best"
        yield Figure(f"{of}, times OpenTAXII's", rate.acknowledged / best, "x", 20, "more")
        yield Figure(f"{of}, until all is stored, times OpenTAXII's", rate.stored / best, "x", 20, "more")
    their_page = min(read.p50 for _, read in theirs)
    yield Figure("OpenTAXII 0.9.3: GET, pages of 100, p50", their_page, "ms")
    yield Figure("OpenTAXII's page, times ours", their_page / page, "x", 10, "more")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attack", type=Path)
    parser.add_argument("--objects", type=int, default=5_000)
    given = parser.parse_args()
    for figure in figures(attack(given.attack) if given.attack else synthetic(given.objects)):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
