"""TAXII beside OpenTAXII: objects added a second, durable, and pages of 100 objects, over HTTP on loopback.

    python -m benchmarks.bench_taxii [--attack PATH.json.gz] [--objects 5000]

One server process, one client process. OpenTAXII is installed into .bench-venvs/opentaxii and measured
by the same client in the same run (SQLite, gunicorn with one worker, no authentication at all).
"""

import argparse
import gzip
import http.client
import json
import math
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from benchmarks.figure import Figure
from benchmarks.peer_opentaxii import opentaxii

TAXII = "application/taxii+json;version=2.1"
RUNS = range(2)
OBJECTS = "/taxii2/exchange/collections/all/objects/"


class Times(NamedTuple):
    """Times of requests in seconds, and how many objects they carried."""

    times: list[float]
    objects: int

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

    def post(self, path: str, body: bytes) -> None:
        self._connection.request("POST", path, body, {**self._headers, "Content-Type": TAXII})
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == self._added, (answer.status, content[:500])
        assert self._added != 202 or msgspec.json.decode(content)["failure_count"] == 0, content[:2_000]


def adding(client: Client, path: str, bodies: Sequence[bytes], size: int) -> Times:
    """Add everything in envelopes of `size`."""
    times = []
    for start in range(0, len(bodies), size):
        envelope = b'{"objects":[' + b",".join(bodies[start : start + size]) + b"]}"
        began = time.perf_counter()
        client.post(path, envelope)
        times.append(time.perf_counter() - began)
    return Times(times, len(bodies))


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


def together(
    port: int, headers: Mapping[str, str], bodies: Sequence[bytes], *, clients: int = 8
) -> tuple[Times, Times]:
    """Pages read by several clients while envelopes of 100 are added: reading, adding."""
    figures: list[Times] = []

    def read() -> None:
        figures.append(reading(Client(port, headers), OBJECTS, pages=60))

    threads = [threading.Thread(target=read) for _ in range(clients)]
    for thread in threads:
        thread.start()
    added = adding(Client(port, headers), OBJECTS, bodies, 100)
    for thread in threads:
        thread.join()
    return Times([each for figure in figures for each in figure.times], sum(f.objects for f in figures)), added


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


def at_once(port: int, headers: Mapping[str, str], bodies: Sequence[bytes], size: int, clients: int) -> float:
    """Objects a second that several clients add together."""
    parts = [bodies[number::clients] for number in range(clients)]
    threads = [threading.Thread(target=adding, args=(Client(port, headers), OBJECTS, part, size)) for part in parts]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(bodies) / (time.perf_counter() - began)


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


def alone(bodies: Sequence[bytes], size: int) -> tuple[float, Times]:
    """Objects a second that one client adds to a new node, and the pages that it reads after that."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (port, token, _):
        headers = {"Authorization": f"Bearer {token}"}
        rate = adding(Client(port, headers), OBJECTS, bodies, size).rate
        return rate, reading(Client(port, headers), OBJECTS)


def crowded(bodies: Sequence[bytes], size: int, clients: int) -> float:
    """Objects a second that several clients add to a new node."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (port, token, _):
        return at_once(port, {"Authorization": f"Bearer {token}"}, bodies, size, clients)


def mixed(bodies: Sequence[bytes]) -> Iterator[Figure]:
    """Pages that 8 clients read while a ninth adds."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (port, token, _):
        headers = {"Authorization": f"Bearer {token}"}
        adding(Client(port, headers), OBJECTS, bodies, 500)
        read, added = together(port, headers, synthetic(2_000, 10_000_000))
        yield Figure(f"GET by 8 clients while envelopes are added, p50 (p99 {read.p99:.0f} ms)", read.p50, "ms")
        yield Figure("POST while 8 clients read", added.rate, "objects/s")


def beside(some: Sequence[bytes]) -> tuple[float, Times]:
    """The same of OpenTAXII: objects a second of one client, in envelopes of 100, and the pages read after that."""
    with opentaxii() as (port, headers, path):
        rate = adding(Client(port, headers, added=500), path, some, 100).rate
        read = reading(Client(port, headers), path)
        assert read.objects == len(some)
        return rate, read


def figures(bodies: Sequence[bytes], *, clients: int = 4) -> Iterator[Figure]:
    """Ours, the bare insert, then OpenTAXII's beside them, each at the best of two runs: what else the machine does
    only ever costs. Raises Skipped where OpenTAXII cannot be installed."""
    rates: dict[int, float] = {}
    page = math.inf
    for size in (100, 500):
        least = max(bare(bodies, size) for _ in RUNS)
        yield Figure(f"bare decode and indexed insert, {size} a commit", least, "objects/s")
        runs = [alone(bodies, size) for _ in RUNS]
        rates[size] = max(rate for rate, _ in runs)
        read = min((read for _, read in runs), key=lambda read: read.p50)
        page = min(page, read.p50)
        yield Figure(f"POST, envelopes of {size}, one client", rates[size], "objects/s", 7_400, "more")
        yield Figure(f"POST, envelopes of {size}, the bare insert times it", least / rates[size], "x", 3)
        yield Figure(f"GET, pages of 100 after that, p50 (p99 {read.p99:.1f} ms)", read.p50, "ms", 2.1)
        rate = max(crowded(bodies, size, clients) for _ in RUNS)
        rates[size] = max(rate, rates[size])
        yield Figure(f"POST, envelopes of {size}, {clients} clients", rate, "objects/s", 7_400, "more")
    yield from mixed(bodies[:6_000])
    theirs = [beside(bodies[:2_000]) for _ in RUNS]
    best = max(rate for rate, _ in theirs)
    yield Figure("OpenTAXII 0.9.3: POST, envelopes of 100, one client", best, "objects/s")
    for size, rate in rates.items():
        yield Figure(f"POST, envelopes of {size}, at best, times OpenTAXII's", rate / best, "x", 20, "more")
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
