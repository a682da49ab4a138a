"""MISP events to stored and searchable records, correlation on a value that everybody has, an output of a large store:
`python -m benchmarks.bench_intel [popular]`.

misp-stix converts 8.24 events a second (measured beside us, 2 cores); the whole way in may cost 1.3 times that.
"""

import gzip
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any, Final

import msgspec
from benchmarks.bench_store import FRIEND, KEYS, NAMED, OWNER
from benchmarks.bench_store import fill as fill_log
from benchmarks.figure import Figure
from tests.exchange import gate
from tests.exchange.formats.test_bringing import bringing

from egnatia.cyber.intel.correlation import correlate
from egnatia.cyber.intel.graph import SHOWN, Question, scene
from egnatia.cyber.intel.language import parse
from egnatia.cyber.intel.output import Output, make
from egnatia.cyber.intel.searching import known_to, search
from egnatia.cyber.intel.warning_index import WarningLists
from egnatia.exchange.formats.misp import Terms, read_events
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.policy import Clearance, Label, Tlp
from egnatia.record import Head, Record, Reference, Value
from egnatia.record.instant import version_of
from egnatia.settings import Organisation, Settings
from egnatia.store import Batch, Entry, Known, Store
from egnatia.trust import attest, leaf

DATA = Path(os.environ.get("EGNATIA_TEST_DATA", "../shared/data")) / "misp"
MISP_STIX = 8.24
"""Events that misp-stix converts in a second, without storing anything."""
PASSPHRASE: Final = "for a measurement"  # noqa: S105  nothing is behind it
HUB: Final = "malware--00000000-0000-4000-8000-00000000000b"
AT: Final = "2026-01-01T00:00:00.000Z"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def events() -> Iterator[Figure]:
    """The 27 real events, from bytes to searchable."""
    documents = [gzip.decompress(path.read_bytes()) for path in sorted(DATA.glob("*.json.gz"))]
    if not documents:
        return
    terms = Terms(tlp="clear")
    began = perf_counter()
    count = sum(1 for document in documents for _ in read_events(document, terms))
    yield Figure("MISP events converted", count / (perf_counter() - began), "events/s", MISP_STIX, "more")
    with tempfile.TemporaryDirectory() as folder, gate.node(Path(folder)) as node:
        began = perf_counter()
        bringing(node).bring(made for document in documents for made in read_events(document, terms))
        yield Figure("MISP events durable", count / (perf_counter() - began), "events/s")
        node.store.indexer.wait_for(node.store.position(), 120)
        took = perf_counter() - began
        yield Figure("MISP events durable and searchable", count / took, "events/s", MISP_STIX / 1.3, "more")


def fill(node: Node, count: int) -> None:
    """So many indicators that share one value, half of them for their owner alone."""
    submitter = Submitter(gate.ME, "bench", ALL_RIGHTS)
    waiting = []
    for first in range(0, count, 1_000):
        bodies = [
            msgspec.json.encode(
                gate.indicator(
                    gate.RED if number % 2 else gate.GREEN,
                    pattern=f"[domain-name:value = 'popular.example' OR url:value = 'http://x.example/{number // 3}']",
                )
            )
            for number in range(first, first + 1_000)
        ]
        waiting.append(node.admission.submit(bodies, submitter))
    for each in waiting:
        each.result(600)


def popular(count: int = 100_000) -> Iterator[Figure]:
    """A value seen so many times."""
    with tempfile.TemporaryDirectory() as folder, gate.node(Path(folder)) as node:
        fill(node, count)
        clearance = node.clearance_of(gate.AL)
        rows = [row for row in node.store.changes(clearance, 0, 500).rows if row.type == "indicator"]
        took = []
        for row in rows[:200]:
            began = perf_counter()
            correlate(node.store, clearance, row.id)
            took.append(perf_counter() - began)
        yield Figure(
            f"correlation of a record whose value {count:,} have, p95", quantiles(took, n=20)[-1] * 1e3, "ms", 100
        )
        node.store.indexer.wait_for(node.store.position(), 600)
        known = known_to(node.store, clearance)
        for query in ("popular.example", "value:popular.example -tlp:clear", "type:indicator since:30d confidence>50"):
            took = []
            for _ in range(20):
                began = perf_counter()
                search(node.store, clearance, parse(query), known, NOW)
                took.append(perf_counter() - began)
            yield Figure(f"search {query!r} among {count:,}, p95", quantiles(took, n=20)[-1] * 1e3, "ms", 100)
        began = perf_counter()
        output, warnings = Output(name="x", form="plain", least=1), WarningLists()
        made = make(output, node.store, clearance, NOW, warnings=warnings)
        yield Figure(f"output of {made.entries:,} values from {count // 2:,} indicators", perf_counter() - began, "s")


def hub(neighbours: int = 10_000) -> Iterator[Figure]:
    """A technique that so many malware use, half of it for the owner alone, opened in the graph."""
    with tempfile.TemporaryDirectory() as folder, gate.node(Path(folder)) as node:
        stamp = {"spec_version": "2.1", "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z"}
        middle = stamp | {"type": "attack-pattern", "id": gate.new_id("attack-pattern"), "name": "named by all"}
        gate.hand_in(node, middle | {"object_marking_refs": [gate.GREEN]})
        submitter = Submitter(gate.ME, "bench", ALL_RIGHTS)
        waiting = []
        for first in range(0, neighbours * 2, 1_000):
            bodies = []
            for number in range(first, first + 1_000):
                marking = {"object_marking_refs": [gate.RED if number % 2 else gate.GREEN]}
                used = stamp | marking | {"type": "malware", "id": gate.new_id("malware"), "is_family": False}
                ends = {"relationship_type": "uses", "source_ref": used["id"], "target_ref": middle["id"]}
                link = stamp | marking | ends | {"type": "relationship", "id": gate.new_id("relationship")}
                bodies += [msgspec.json.encode(used), msgspec.json.encode(link)]
            waiting.append(node.admission.submit(bodies, submitter))
        for each in waiting:
            each.result(600)
        # Else it is measured beside the text index, which reads on what was handed in a moment ago.
        node.store.indexer.wait_for(node.store.position(), 600)
        clearance = node.clearance_of(gate.AL)
        question = Question(middle["id"], open=(middle["id"],))
        took = []
        for _ in range(20):
            began = perf_counter()
            seen = scene(node.store, clearance, question)
            took.append(perf_counter() - began)
        assert seen is not None
        assert sum(rest.count for rest in seen.rests) == neighbours - SHOWN
        yield Figure(f"a record with {neighbours:,} neighbours opened, p95", quantiles(took, n=20)[-1] * 1e3, "ms", 200)


QUESTIONS = (
    "record",
    "word77",
    "value:10.1.2.3",
    "type:tool -tlp:clear",
    "technique:T1566",
    "type:malware since:30d",
    "type:indicator since:30d confidence>50",
)
SEEN: Final = 100_000
"""Records that share one value in the large log, half of them for its owner alone."""
TIED: Final = 10_000
"""Neighbours of one record in the large log that its second reader sees; as many are for the owner alone."""


def large(rows: int, folder: Path | None = None) -> Iterator[Figure]:
    """Questions to a log of so many rows, by somebody who sees 1% of it and by its owner. What is in `folder` is asked
    again, or made there."""
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        yield from _large(rows, folder)
        return
    with tempfile.TemporaryDirectory(prefix="egnatia-bench-") as place:
        yield from _large(rows, Path(place))


def _large(rows: int, folder: Path) -> Iterator[Figure]:
    settings = Settings(organisation=Organisation(name="Measured", id=OWNER, economy="ME"), base=str(folder))
    if is_new := not (folder / "node").exists():
        Node.create(settings, PASSPHRASE)
    with Node.open(settings, PASSPHRASE) as node:
        node.store.organisations.put(Known(FRIEND, "Friend", "AL", member=False))
        node.forget_facts()
        if is_new:
            fill_log(node.store, rows)
        friend = node.clearance_of(FRIEND)
        seen, tied = min(SEEN, rows // 10), min(TIED, rows // 100)
        if not node.store.by_value(friend, "popular.example", 1):
            append(node.store, popular_records(seen))
            append(node.store, hub_records(tied))
        node.store.indexer.wait_for(node.store.position(), 7_200)
        for name, organisation in (("1%", FRIEND), ("all", OWNER)):
            reader = f"who sees {name} of {rows:,} rows"
            yield from _asked(node.store, node.clearance_of(organisation), reader, seen, tied)


def _asked(store: Store, clearance: Clearance, reader: str, seen: int, tied: int) -> Iterator[Figure]:
    known, now = known_to(store, clearance), datetime.now(UTC)
    for query in QUESTIONS:
        ask = partial(search, store, clearance, parse(query), known, now)
        yield _slowest(f"question {query!r} of {reader}", ask)
    ids = [row.id for row in store.by_value(clearance, "popular.example", 20)]
    turns = iter(range(1 << 30))
    title = f"correlation of a record whose value {seen:,} have, {reader}"
    yield _slowest(title, lambda: correlate(store, clearance, ids[next(turns) % len(ids)]))
    question = Question(HUB, open=(HUB,))
    yield _slowest(
        f"a record with {tied:,} neighbours opened, {reader}", lambda: scene(store, clearance, question), 200
    )


def _slowest(title: str, ask: Callable[[], object], target: float = 100) -> Figure:
    """The 95th percentile of 20 times."""
    took = []
    for _ in range(20):
        began = perf_counter()
        ask()
        took.append(perf_counter() - began)
    return Figure(f"{title}, p95", quantiles(took, n=20)[-1] * 1e3, "ms", target)


def append(store: Store, records: Sequence[tuple[Record, Label]]) -> None:
    """Straight into the log, as the way in would hand them over."""
    for first in range(0, len(records), 1_000):
        part = records[first : first + 1_000]
        leaves = [leaf(OWNER, (), record.body) for record, _ in part]
        attestation, proofs = attest(KEYS, node=OWNER, sequence=10_000_000 + first, at=1, leaves=leaves)
        entries = tuple(Entry(*each, proof) for each, proof in zip(part, proofs, strict=True))
        store.append(Batch(entries, (attestation,))).result()


def popular_records(count: int) -> list[tuple[Record, Label]]:
    """Indicators of one value, every second for its owner alone."""
    made = []
    for number in range(count):
        pattern = f"[domain-name:value = 'popular.example' OR url:value = 'http://x.example/{number // 3}']"
        body = _body("indicator", name=f"Popular {number}", pattern=pattern, pattern_type="stix", valid_from=AT)
        values = (Value("domain-name:value", "popular.example"), Value("url:value", f"http://x.example/{number // 3}"))
        made.append((_record(body, values=values), _label(number)))
    return made


def hub_records(neighbours: int) -> list[tuple[Record, Label]]:
    """A record that twice as many name through relationships; half of them are for the owner alone."""
    made = [(_record({**_body("malware", name="Hub", is_family=True), "id": HUB}), NAMED)]
    for number in range(neighbours * 2):
        other = _body("tool", name=f"Tied {number}")
        ends = {"source_ref": str(other["id"]), "target_ref": HUB}
        tie = _body("relationship", relationship_type="uses", **ends)
        references = tuple(Reference(name, target) for name, target in ends.items())
        made += [(_record(other), _label(number)), (_record(tie, references=references), _label(number))]
    return made


def _label(number: int) -> Label:
    return Label(OWNER, Tlp.RED) if number % 2 else NAMED


def _body(kind: str, **more: object) -> dict[str, object]:
    return {"type": kind, "spec_version": "2.1", "id": gate.new_id(kind), "created": AT, "modified": AT, **more}


def _record(body: dict[str, object], **more: Any) -> Record:
    head = Head(str(body["type"]), str(body["id"]), created=AT, modified=AT)
    return Record(msgspec.json.encode(body), head, version_of(AT), **more)


def figures(count: int = 100_000, rows: int = 100_000, folder: Path | None = None) -> Iterator[Figure]:
    """All of them; the large log has so many rows, and is kept in `folder` if there is one."""
    yield from events()
    yield from popular(count)
    yield from hub(min(count // 10, 10_000))
    yield from large(rows, folder)


def main() -> None:
    """Prints a line per figure."""
    for figure in figures(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000):
        print(figure)


if __name__ == "__main__":
    main()
