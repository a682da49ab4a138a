"""The seven-node network of the demonstration: how soon a record is everywhere, and how many a second.

    python -m benchmarks.bench_network [--submits 200] [--records 20000] [--envelope 500]

Eight processes of `egnatia serve` (seven in full mesh, a bank behind its CSIRT) on loopback, with the sample data and
no trickle. Latency: one GREEN indicator is posted to Montenegro's node at a time; its six peers are watched through
their live feeds (server-sent events, each under its own organisation's token), all from one client process. Bulk:
envelopes are posted over two connections, and every peer's log position is read from /metrics until it has them all.
"""

import argparse
import asyncio
import re
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
from benchmarks.figure import Figure

from egnatia.demo.cast import MESH, NODES
from egnatia.demo.network import fresh, make, ports, running
from egnatia.demo.region import Seat

FIRST_PORT = 17_100
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
ID = re.compile(rb'"id": ?"(indicator--[0-9a-f-]{36})"')
POSITION = re.compile(r"^egnatia_log_position ([0-9.e+]+)$", re.MULTILINE)
WAIT_SECONDS = 300.0


class Watch:
    """Hears the live feeds of several nodes, and when the last of them showed a record."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        self.seats = seats
        self._left: dict[str, int] = {}
        self._last: dict[str, asyncio.Future[float]] = {}

    def expect(self, record: str) -> "asyncio.Future[float]":
        """The moment at which the last node shows the record."""
        self._left[record] = len(self.seats)
        self._last[record] = asyncio.get_running_loop().create_future()
        return self._last[record]

    async def listen(self, seat: Seat, welcomed: asyncio.Semaphore) -> None:
        """One node's feed from now on, read as leanly as can be."""
        host, port = seat.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 20)
        request = f"GET /api/v1/changes/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {seat.token}\r\n\r\n"
        writer.write(request.encode())
        await reader.readuntil(b"welcome")
        welcomed.release()
        try:
            while line := await reader.readline():
                if found := line.startswith(b"data:") and ID.search(line):
                    self._heard(found[1].decode())
        finally:
            writer.close()

    def _heard(self, record: str) -> None:
        if record in self._left:
            self._left[record] -= 1
            if not self._left[record]:
                self._last.pop(record).set_result(time.perf_counter())
                del self._left[record]


def indicator() -> tuple[str, bytes]:
    """A small GREEN record and its id."""
    record = f"indicator--{uuid.uuid4()}"
    stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    body = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": record,
        "created": stamp,
        "modified": stamp,
        "name": "Measured",
        "pattern": f"[domain-name:value = '{record[-12:]}.example']",
        "pattern_type": "stix",
        "valid_from": stamp,
        "object_marking_refs": [GREEN],
    }
    return record, msgspec.json.encode(body)


async def latency(source: Seat, peers: Sequence[Seat], submits: int) -> list[Figure]:
    """One record after the other, each when the one before was everywhere."""
    watch, welcomed = Watch(peers), asyncio.Semaphore(0)
    ears = [asyncio.create_task(watch.listen(seat, welcomed)) for seat in peers]
    for _ in peers:
        await welcomed.acquire()
    acknowledged, everywhere, after = [], [], []
    async with httpx.AsyncClient(headers=source.headers, timeout=30) as client:
        for number in range(submits + 10):
            record, body = indicator()
            last = watch.expect(record)
            began = time.perf_counter()
            (await client.post(f"{source.url}/api/v1/records", content=body)).raise_for_status()
            durable = time.perf_counter()
            seen = await asyncio.wait_for(last, 30)
            if number >= 10:
                acknowledged.append((durable - began) * 1e3)
                everywhere.append((seen - began) * 1e3)
                after.append(max(0.0, seen - durable) * 1e3)
    for ear in ears:
        ear.cancel()
    await asyncio.gather(*ears, return_exceptions=True)
    return [
        Figure("submit to acknowledged, p50", statistics.median(acknowledged), "ms"),
        Figure("submit to readable at the last of six peers, p50", statistics.median(everywhere), "ms"),
        Figure("submit to readable at the last of six peers, p99", _p99(everywhere), "ms"),
        Figure("acknowledged to readable at the last of six peers, p50", statistics.median(after), "ms", 50),
        Figure("acknowledged to readable at the last of six peers, p99", _p99(after), "ms", 250),
    ]


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(len(values) * 0.99))]


async def bulk(source: Seat, peers: Sequence[Seat], records: int, envelope: int) -> list[Figure]:
    """As fast as it goes."""
    bodies = [b"[" + b",".join(indicator()[1] for _ in range(envelope)) + b"]" for _ in range(records // envelope)]
    async with httpx.AsyncClient(timeout=120) as client:
        wanted = {seat.url: await _position(client, seat) + envelope * len(bodies) for seat in peers}
        began = time.perf_counter()

        async def post() -> None:
            while bodies:
                answered = await client.post(
                    f"{source.url}/api/v1/records", content=bodies.pop(), headers=source.headers
                )
                assert answered.status_code == 201, answered.text[:300]

        async with asyncio.TaskGroup() as group:
            posting = [group.create_task(post()) for _ in range(2)]
            group.create_task(_reached(client, peers, wanted))
            await asyncio.gather(*posting)
            acknowledged = time.perf_counter() - began
        took = time.perf_counter() - began
    name = f"bulk: {records:,} records in envelopes of {envelope}"
    return [
        Figure(f"{name}, acknowledged", records / acknowledged, "records/s"),
        Figure(f"{name}, until the last of six peers has all", records / took, "records/s", 1_500, "more"),
    ]


async def _reached(client: httpx.AsyncClient, peers: Sequence[Seat], wanted: dict[str, int]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        for seat in peers:
            while await _position(client, seat) < wanted[seat.url]:  # noqa: ASYNC110  (it is in another process)
                await asyncio.sleep(0.1)


async def _position(client: httpx.AsyncClient, seat: Seat) -> int:
    found = POSITION.search((await client.get(f"{seat.url}/metrics")).text)
    assert found is not None
    return int(float(found[1]))


def run(*, submits: int = 200, records: int = 20_000, envelope: int = 500) -> list[Figure]:
    """Bring the network up, measure, take it down."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "network"
        with fresh(folder):
            made = make(folder, ports(FIRST_PORT, len(NODES)), datetime.now(UTC))
            seats = {seat.actor.key: seat for seat in made.seats}
            peers = [seats[each.key] for each in MESH if each.key != "me"]
            with running(made):
                asyncio.run(settled(peers))
                figures = asyncio.run(latency(seats["me"], peers, submits))
                return figures + asyncio.run(bulk(seats["me"], peers, records, envelope))


async def settled(peers: Sequence[Seat]) -> None:
    """Until the sample data has arrived: no position moves for two seconds."""
    async with httpx.AsyncClient(timeout=30) as client:
        before: list[int] = []
        while True:
            now = [await _position(client, seat) for seat in peers]
            if now == before:
                return
            before = now
            await asyncio.sleep(2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submits", type=int, default=200)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--envelope", type=int, default=500)
    given = parser.parse_args()
    for figure in run(submits=given.submits, records=given.records, envelope=given.envelope):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
