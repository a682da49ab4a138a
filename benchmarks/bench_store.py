"""How fast the log grows and is read: `python -m benchmarks.bench_store [--rows 300000] [--url postgresql://...]`.

Records of about 1.3 KB with two references and a value each; attested before the clock runs. Appends are durable. The
baseline is one insert of the same bytes under an indexed id per record, committed as often, fully synced, in the same
run. Pages of 100 are read by somebody who sees everything and by somebody who sees 1%, in one stretch of the log.
"""

import argparse
import resource
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from egnatia.policy import Clearance, Label, Standing, Tlp
from egnatia.record import Head, Record, Reference, Value
from egnatia.store import Batch, Entry, Query, Store
from egnatia.trust import SigningKeys, attest, leaf

KEYS = SigningKeys.generate()
OWNER, FRIEND = "identity--00000000-0000-4000-8000-000000000001", "identity--00000000-0000-4000-8000-000000000002"
OPEN = Label(OWNER, Tlp.CLEAR)
NAMED = Label(OWNER, Tlp.RED, audiences=((FRIEND,),))
SMALL, LARGE = 60, 1000
TYPES = ("indicator", "malware", "tool", "report")


def record(number: int, targets: Sequence[str], padding: int) -> Record:
    """An indicator-like record; `targets` are what it may name."""
    kind = TYPES[number % len(TYPES)]
    name = f"{kind}--{uuid.uuid4()}"
    words = " ".join(f"word{number * 7919 % 10_007 + step}" for step in range(padding // 10))
    body = b'{"type":"%s","id":"%s","name":"Record %d","description":"%s"}' % (
        kind.encode(), name.encode(), number, words.encode(),
    )  # fmt: skip
    named = tuple(Reference("object_refs", targets[(number * step) % len(targets)]) for step in (3, 7))
    value = Value("ipv4-addr:value", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
    return Record(body, Head(kind, name), "2026-01-01T00:00:00.000000000", named, (value,))


def batch(sequence: int, first: int, size: int, targets: Sequence[str], label: Label, padding: int) -> Batch:
    """A batch as the way in hands it over: read, labelled, attested."""
    records = [record(first + number, targets, padding) for number in range(size)]
    leaves = [leaf(OWNER, (), one.body) for one in records]
    attestation, proofs = attest(KEYS, node=OWNER, sequence=sequence, at=1, leaves=leaves)
    entries = tuple(Entry(one, label, proof) for one, proof in zip(records, proofs, strict=True))
    return Batch(entries, (attestation,))


def batches(count: int, size: int, label: Label = OPEN, padding: int = LARGE) -> list[Batch]:
    targets = [f"malware--{uuid.uuid4()}" for _ in range(500)]
    return [batch(sequence + 1, sequence * size, size, targets, label, padding) for sequence in range(count)]


def rate(work: Callable[[], object], count: int) -> str:
    """Records by second of the clock, and by second of one core."""
    clock, core = time.perf_counter(), time.process_time()
    work()
    clock, core = time.perf_counter() - clock, time.process_time() - core
    return f"{count / clock:9,.0f} records/s   {count / core:9,.0f} per core"


def bare(path: Path, given: Sequence[Batch]) -> None:
    """The least that any store does: one indexed insert for each record, a synced commit for each batch."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bare (position INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB)")
    for one in given:
        connection.execute("BEGIN")
        rows = [(entry.record.head.id, entry.record.body) for entry in one.entries]
        connection.executemany("INSERT INTO bare (id, body) VALUES (?, ?)", rows)
        connection.execute("COMMIT")
    connection.close()


def appends(url: str, folder: Path) -> None:
    """Rates by batch size, one batch after the other; the last with 32 submitters that share commits."""
    for size, count in ((1, 400), (100, 80), (500, 20)):
        given = batches(count, size)
        if url.startswith("sqlite"):
            path = folder / f"bare-{size}.db"
            print(f"bare insert,  batches of {size:3}: {rate(lambda p=path, g=given: bare(p, g), count * size)}")  # type: ignore[misc]
        with Store.open(url.format(size), ledger=folder / f"erased-{size}") as store:

            def one_by_one(store: Store = store, given: Sequence[Batch] = given) -> None:
                for one in given:
                    store.append(one).result()

            print(f"append,       batches of {size:3}: {rate(one_by_one, count * size)}")
            began = time.perf_counter()
            store.indexer.wait_for(store.position(), 600)
            print(f"  full text caught up {time.perf_counter() - began:.2f} s later")

    given = batches(2000, 1)
    with Store.open(url.format("many"), ledger=folder / "erased-many") as store:

        def together() -> None:
            for future in [store.append(one) for one in given]:
                future.result()

        print(f"append,       2000 at once, of 1: {rate(together, 2000)}")


def pages(url: str, folder: Path, rows: int) -> None:
    """Times of pages in a log of so many rows, 1% of which, in the middle, is for one more reader."""
    everybody = Clearance((Standing(OWNER),))
    friend = Clearance((Standing(FRIEND),))
    size = 1000
    with Store.open(url.format(f"pages-{rows}"), ledger=folder / f"erased-{rows}") as store:
        store.indexer.close()
        targets = [f"malware--{uuid.uuid4()}" for _ in range(500)]
        hidden = Label(OWNER, Tlp.RED)
        pending = []
        for number in range(0, rows, size):
            label = NAMED if rows // 2 <= number < rows // 2 + max(size, rows // 100) else hidden
            pending.append(store.append(batch(number, number, size, targets, label, SMALL)))
            if len(pending) > 4:
                pending.pop(0).result()
        for future in pending:
            future.result()
        places = [rows * step // 50 for step in range(50)]
        for name, clearance in (("all", everybody), ("1%", friend)):
            for what, query in (("", Query()), (" of one type", Query(types=("tool",)))):
                found = [timed(lambda at=at: store.bodies(clearance, at, 100, query)) for at in places * 4]  # type: ignore[misc] # noqa: B023
                print(f"page of 100{what} for who sees {name}, {rows:,} rows: p50 {median(found):.2f} ms,"
                      f" p99 {sorted(found)[-2]:.2f} ms")  # fmt: skip
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"most memory so far, with the records that were handed in: {memory} MB")


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=300_000, help="of the larger log that pages are read from")
    arguments.add_argument("--url", default="", help="with {} where the name of a new, empty database goes")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="egnatia-bench-") as folder:
        url = given.url or f"sqlite:///{folder}/{{}}.db"
        appends(url, Path(folder))
        pages(url, Path(folder), 10_000)
        pages(url, Path(folder), given.rows)


if __name__ == "__main__":
    main()
