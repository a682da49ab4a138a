"""How fast the log grows and is read: `python -m benchmarks.bench_store [--rows 300000] [--url postgresql://...]`.

Records of about 1.3 KB with two references and a value each; attested before the clock runs. Appends are durable. The
baseline is one insert of the same bytes under an indexed id per record, committed as often, fully synced, in the same
run. Pages of 100 are read by somebody who sees everything and by somebody who sees 1%, in one stretch of the log.
"""

import argparse
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import msgspec
from benchmarks.bench_sse import resident_megabytes
from benchmarks.bench_taxii import OBJECTS, Client, serving
from benchmarks.figure import Figure

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
    named = tuple(Reference("object_refs", targets[(number * step) % len(targets)]) for step in (3, 7))
    value = Value("ipv4-addr:value", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
    pattern = f""","pattern_type":"stix","pattern":"[ipv4-addr:value = '{value.value}']\""""
    body = b'{"type":"%s","id":"%s","name":"Record %d","description":"%s"%s}' % (
        kind.encode(), name.encode(), number, words.encode(), pattern.encode() if kind == "indicator" else b"",
    )  # fmt: skip
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


def rate(name: str, work: Callable[[], object], count: int) -> tuple[Figure, Figure]:
    """Records by second of the clock, and by second of one core."""
    clock, core = time.perf_counter(), time.process_time()
    work()
    clock, core = time.perf_counter() - clock, time.process_time() - core
    return Figure(name, count / clock, "records/s"), Figure(
        f"{name}, per second of one core", count / core, "records/s"
    )


def bare(path: Path, given: Sequence[Batch], *, refs: bool = False, words: bool = False) -> None:
    """The least that any store does: decode, one indexed insert for each record, a synced commit for each batch; then
    also a table of references, and full text."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bare (position INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB)")
    connection.execute("CREATE TABLE refs (target TEXT, source TEXT, PRIMARY KEY (target, source)) WITHOUT ROWID")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5 (text, content='')")
    place = 0
    for one in given:
        connection.execute("BEGIN")
        decoded = [msgspec.json.decode(entry.record.body) for entry in one.entries]
        bodies = [entry.record.body for entry in one.entries]
        rows = [(each["id"], body) for each, body in zip(decoded, bodies, strict=True)]
        connection.executemany("INSERT INTO bare (id, body) VALUES (?, ?)", rows)
        if refs:
            named = {(to.target, entry.record.head.id) for entry in one.entries for to in entry.record.references}
            connection.executemany("INSERT INTO refs VALUES (?, ?)", sorted(named))
        if words:
            texts = [(place + number, each["description"]) for number, each in enumerate(decoded, 1)]
            connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", texts)
        place += len(rows)
        connection.execute("COMMIT")
    connection.close()


def appends(url: str, folder: Path) -> Iterator[Figure]:
    """Rates by batch size, one batch after the other; the last with many submitters that share commits."""
    for size, count in ((1, 400), (100, 80), (500, 20)):
        given = batches(count, size)
        least = 0.0
        if url.startswith("sqlite"):
            for name, more in (
                ("", {}),
                (", references", {"refs": True}),
                (" and text", {"refs": True, "words": True}),
            ):
                path = folder / f"bare-{size}-{len(name)}.db"
                figure, _ = rate(
                    f"bare insert{name}, {size} a commit", partial(bare, path, given, **more), count * size
                )
                least = least or figure.value
                yield figure
        with Store.open(url.format(size), ledger=folder / f"erased-{size}") as store:

            def one_by_one(store: Store = store, given: Sequence[Batch] = given) -> None:
                for one in given:
                    store.append(one).result()

            clock, core = rate(f"append, batches of {size}", one_by_one, count * size)
            yield clock
            yield core
            if least:
                yield Figure(f"bare insert, times append of batches of {size}", least / clock.value, "x", 3)
            began = time.perf_counter()
            store.indexer.wait_for(store.position(), 600)
            yield Figure("full text of them caught up later", time.perf_counter() - began, "s")

    given = batches(2000, 1)
    with Store.open(url.format("many"), ledger=folder / "erased-many") as store:

        def together() -> None:
            for future in [store.append(one) for one in given]:
                future.result()

        yield from rate("append, 2000 at once, each a batch of its own", together, 2000)


def fill(store: Store, rows: int) -> None:
    """A log of so many rows, 1% of which, in the middle, is for one more reader."""
    size = 1000
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


def filled(store: Store, rows: int) -> Figure:
    """Fill it, without its full text."""
    store.indexer.close()
    began = time.perf_counter()
    fill(store, rows)
    taken = time.perf_counter() - began
    return Figure(f"filling a log with {rows:,} rows, rows made on the way", rows / taken, "records/s")


def compared(title: str, sizes: Sequence[int], ask: Callable[[int, float], object], times: int) -> Iterator[Figure]:
    """How long `ask(log, place)` takes in a small and in a large log, by turns, at places from 0 to 1 of each; and how
    many times longer in the large one."""
    found: list[list[float]] = [[], []]
    for step in range(times):
        for log in (0, 1):
            found[log].append(timed(lambda log=log, step=step: ask(log, step % 50 / 50)))  # type: ignore[misc]
    for size, times_taken in zip(sizes, found, strict=True):
        yield Figure(f"{title}, {size:,} rows, p50", median(times_taken), "ms")
        yield Figure(f"{title}, {size:,} rows, p99", sorted(times_taken)[int(times * 0.99)], "ms")
    ratio = median(found[1]) / median(found[0])
    yield Figure(f"{title}: {sizes[1]:,} rows, times {sizes[0]:,}", ratio, "x", 1.5)


def reads(url: str, folder: Path, sizes: Sequence[int]) -> Iterator[Figure]:
    """Times of pages and of searches in a small and in a large log, for who sees all and for who sees 1%."""
    readers = (("all", Clearance((Standing(OWNER),))), ("1%", Clearance((Standing(FRIEND),))))

    def opened(size: int) -> Store:
        return Store.open(url.format(f"pages-{size}"), ledger=folder / f"erased-{size}")

    with opened(sizes[0]) as small, opened(sizes[1]) as large:
        logs = (small, large)
        for store, size in zip(logs, sizes, strict=True):
            yield filled(store, size)
        for name, reader in readers:
            for what, query in (("", Query()), (" of one type", Query(types=("tool",)))):

                def page(log: int, place: float, reader: Clearance = reader, query: Query = query) -> object:
                    return logs[log].bodies(reader, int(sizes[log] * place), 100, query)

                yield from compared(f"page of 100{what} for who sees {name}", sizes, page, 1_000)
    with opened(sizes[0]) as small, opened(sizes[1]) as large:
        logs = (small, large)
        began = time.perf_counter()
        large.indexer.wait_for(sizes[1], 3_600)
        yield Figure(f"full text of {sizes[1]:,} rows caught up", sizes[1] / (time.perf_counter() - began), "records/s")
        small.indexer.wait_for(sizes[0])
        for name, reader in readers:

            def search(log: int, _: float, reader: Clearance = reader) -> object:
                return logs[log].search(reader, "record")

            yield from compared(f"search for a word of every record for who sees {name}", sizes, search, 100)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def resident(folder: Path) -> float:
    """Megabytes of a server on the store `egnatia.db` in the folder after some pages and a rest."""
    with serving(folder) as (port, token, process):
        client = Client(port, {"Authorization": f"Bearer {token}"})
        for _ in range(20):
            client.get(f"{OBJECTS}?limit=100")
        time.sleep(2)
        return resident_megabytes(process)


def memory(folder: Path, rows: int) -> Iterator[Figure]:
    """A serving process on an empty store, and on the one that `reads` has filled."""
    with tempfile.TemporaryDirectory() as empty:
        yield Figure("memory of an idle server", resident(Path(empty)), "MB", 120)
    (folder / f"pages-{rows}.db").rename(folder / "egnatia.db")
    yield Figure(f"memory of a server with {rows:,} rows", resident(folder), "MB", 500)


def figures(rows: int, url: str = "") -> Iterator[Figure]:
    """All of them; `url` has {} where the name of a new, empty database goes."""
    with tempfile.TemporaryDirectory(prefix="egnatia-bench-") as place:
        folder = Path(place)
        where = url or f"sqlite:///{folder}/{{}}.db"
        yield from appends(where, folder)
        yield from reads(where, folder, (10_000, rows))
        if not url:
            yield from memory(folder, rows)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=300_000, help="of the larger log that pages are read from")
    arguments.add_argument("--url", default="", help="with {} where the name of a new, empty database goes")
    given = arguments.parse_args()
    for figure in figures(given.rows, given.url):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
