"""MISP events to stored and searchable records, correlation on a value that everybody has, an output of a large store:
`python -m benchmarks.bench_intel [popular]`.

misp-stix converts 8.24 events a second (measured beside us, 2 cores); the whole way in may cost 1.3 times that.
"""

import gzip
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import msgspec
from benchmarks.bench_store import FRIEND, OWNER
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
from egnatia.settings import Organisation, Settings
from egnatia.store import Known

DATA = Path(os.environ.get("EGNATIA_TEST_DATA", "../shared/data")) / "misp"
MISP_STIX = 8.24
"""Events that misp-stix converts in a second, without storing anything."""
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


QUESTIONS = ("record", "word77", "value:10.1.2.3", "type:tool -tlp:clear", "technique:T1566", "type:malware since:30d")


def large(rows: int) -> Iterator[Figure]:
    """Questions to a log of so many rows, by somebody who sees 1% of it and by its owner."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(organisation=Organisation(name="Measured", id=OWNER, economy="ME"), base=folder)
        Node.create(settings, "for a measurement")
        with Node.open(settings, "for a measurement") as node:
            node.store.organisations.put(Known(FRIEND, "Friend", "AL", member=False))
            node.forget_facts()
            fill_log(node.store, rows)
            node.store.indexer.wait_for(node.store.position(), 7_200)
            now = datetime.now(UTC)
            for name, organisation in (("1%", FRIEND), ("all", OWNER)):
                clearance = node.clearance_of(organisation)
                known = known_to(node.store, clearance)
                for query in QUESTIONS:
                    took = []
                    for _ in range(20):
                        began = perf_counter()
                        search(node.store, clearance, parse(query), known, now)
                        took.append(perf_counter() - began)
                    title = f"question {query!r} of who sees {name} of {rows:,} rows, p95"
                    yield Figure(title, quantiles(took, n=20)[-1] * 1e3, "ms", 100)


def figures(count: int = 100_000) -> Iterator[Figure]:
    """All of them."""
    yield from events()
    yield from popular(count)
    yield from hub(min(count // 10, 10_000))
    yield from large(count)


def main() -> None:
    """Prints a line per figure."""
    for figure in figures(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000):
        print(figure)


if __name__ == "__main__":
    main()
