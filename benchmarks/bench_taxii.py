"""TAXII beside OpenTAXII: objects added a second, durable, and pages of 100 objects, over HTTP on loopback.

    python -m benchmarks.bench_taxii [--attack PATH.json.gz] [--objects 5000] [--peer]

One server process, one client process. With `--peer` OpenTAXII is installed into .bench-venvs/opentaxii and measured
by the same client in the same run (SQLite, gunicorn with one worker, no authentication at all).
"""

import argparse
import gzip
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from benchmarks.peer_opentaxii import opentaxii

TAXII = "application/taxii+json;version=2.1"
OBJECTS = "/taxii2/exchange/collections/all/objects/"


class Figure(NamedTuple):
    """Times of requests in seconds, and how many objects they carried."""

    times: list[float]
    objects: int

    def __str__(self) -> str:
        ordered = sorted(self.times)
        p50, p99 = statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        rate = self.objects / sum(ordered)
        return f"{rate:10,.0f} objects/s   p50 {p50 * 1e3:8.2f} ms   p99 {p99 * 1e3:8.2f} ms   n={len(ordered)}"


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


def adding(client: Client, path: str, bodies: Sequence[bytes], size: int) -> Figure:
    """Add everything in envelopes of `size`."""
    times = []
    for start in range(0, len(bodies), size):
        envelope = b'{"objects":[' + b",".join(bodies[start : start + size]) + b"]}"
        began = time.perf_counter()
        client.post(path, envelope)
        times.append(time.perf_counter() - began)
    return Figure(times, len(bodies))


def reading(client: Client, path: str, *, pages: int = 0) -> Figure:
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
            return Figure(times, count)
        following = f"&next={envelope['next']}"


def together(
    port: int, headers: Mapping[str, str], bodies: Sequence[bytes], *, clients: int = 8
) -> tuple[Figure, Figure]:
    """Pages read by several clients while envelopes of 100 are added: reading, adding."""
    figures: list[Figure] = []

    def read() -> None:
        figures.append(reading(Client(port, headers), OBJECTS, pages=60))

    threads = [threading.Thread(target=read) for _ in range(clients)]
    for thread in threads:
        thread.start()
    added = adding(Client(port, headers), OBJECTS, bodies, 100)
    for thread in threads:
        thread.join()
    return Figure([each for figure in figures for each in figure.times], sum(f.objects for f in figures)), added


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
def egnatia(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A node's surfaces in a process of their own: its port and the headers of a caller."""
    command = [sys.executable, "-m", "benchmarks.serve_surfaces", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port, token = process.stdout.readline().split()
        try:
            yield int(port), {"Authorization": f"Bearer {token}"}
        finally:
            process.terminate()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attack", type=Path)
    parser.add_argument("--objects", type=int, default=5_000)
    parser.add_argument("--peer", action="store_true")
    given = parser.parse_args()
    bodies = attack(given.attack) if given.attack else synthetic(given.objects)
    for size in (100, 500):
        with tempfile.TemporaryDirectory() as folder, egnatia(Path(folder)) as (port, headers):
            client = Client(port, headers)
            print(f"egnatia    POST {size:4}  {adding(client, OBJECTS, bodies, size)}", flush=True)
            reading(client, OBJECTS, pages=5)
            print(f"egnatia    GET   100  {reading(client, OBJECTS)}", flush=True)
            if size == 500:
                read, added = together(port, headers, synthetic(2_000, 10_000_000))
                print(f"egnatia    8 clients GET {read}\n           while POST {added}", flush=True)
    if given.peer:
        with opentaxii() as (port, headers, path):
            some = bodies[:2_000]
            print(f"opentaxii  POST  100  {adding(Client(port, headers, added=500), path, some, 100)}", flush=True)
            read = reading(Client(port, headers), path)
            print(f"opentaxii  GET   100  {read}", flush=True)
            assert read.objects == len(some)
    else:
        print("opentaxii  recorded before on such a machine (2 cores): POST 369 objects/s, GET p50 21.5 ms at its best")


if __name__ == "__main__":
    main()
