"""The live feed: memory of idle listeners and how soon a record reaches them all.

    python -m benchmarks.bench_sse [--listeners 1000] [--records 20]

One server process (memory is its resident set, read from /proc), one client process with all the connections.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.bench_taxii import OBJECTS, Client, serving, synthetic
from benchmarks.figure import Figure

REQUEST = "GET /api/v1/changes/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"


class Ears:
    """All listeners: how many have heard of the record that is waited for, and when the last one did."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.heard = 0
        self.all_heard = asyncio.Event()
        self.first = self.last = 0.0

    def expect(self) -> None:
        """Wait for the next record."""
        self.heard, self.first = 0, 0.0
        self.all_heard.clear()

    def hears(self) -> None:
        """One listener has it."""
        self.heard += 1
        self.last = time.perf_counter()
        self.first = self.first or self.last
        if self.heard == self.count:
            self.all_heard.set()


async def listen(port: int, token: str, ears: Ears, welcomed: asyncio.Semaphore) -> None:
    """One listener, as lean as can be."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST.format(token=token).encode())
    await reader.readuntil(b"welcome")
    welcomed.release()
    try:
        while line := await reader.readline():
            if line.startswith(b"event: record"):
                ears.hears()
    finally:
        writer.close()


def resident_megabytes(process: int) -> float:
    """The resident set of a process."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def measure(port: int, token: str, process: int, *, listeners: int, records: int) -> list[Figure]:
    """Connect everybody, then hand records in one by one."""
    before = resident_megabytes(process)
    ears, welcomed = Ears(listeners), asyncio.Semaphore(0)
    tasks = []
    for _ in range(listeners):
        tasks.append(asyncio.create_task(listen(port, token, ears, welcomed)))
        await welcomed.acquire()
    await asyncio.sleep(1)
    after = resident_megabytes(process)
    client = Client(port, {"Authorization": f"Bearer {token}"})
    firsts, lasts = [], []
    for body in synthetic(records, 50_000_000):
        ears.expect()
        began = time.perf_counter()
        await asyncio.to_thread(client.post, OBJECTS, b'{"objects":[' + body + b"]}")
        await asyncio.wait_for(ears.all_heard.wait(), 30)
        firsts.append((ears.first - began) * 1e3)
        lasts.append((ears.last - began) * 1e3)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [
        Figure(f"{listeners} idle listeners, more memory", after - before, "MB", 100),
        Figure("from the submission on: the first listener, p50", statistics.median(firsts), "ms"),
        Figure(f"from the submission on: the last of {listeners}, p50", statistics.median(lasts), "ms"),
        Figure(f"from the submission on: the last of {listeners}, slowest", max(lasts), "ms", 1_000),
    ]


def figures(listeners: int, records: int) -> list[Figure]:
    """Bring a server up, measure, take it down."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (port, token, process):
        return asyncio.run(measure(port, token, process, listeners=listeners, records=records))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=1_000)
    parser.add_argument("--records", type=int, default=20)
    given = parser.parse_args()
    for figure in figures(given.listeners, given.records):
        print(figure)


if __name__ == "__main__":
    main()
