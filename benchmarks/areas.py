"""What is measured, in the order in which it is: one line for each area."""

import gzip
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
from benchmarks import (
    bench_casework,
    bench_idle,
    bench_import,
    bench_incidents,
    bench_intel,
    bench_match,
    bench_network,
    bench_open_pages,
    bench_pages,
    bench_phone,
    bench_policy,
    bench_postgresql,
    bench_record,
    bench_split,
    bench_sse,
    bench_store,
    bench_taxii,
    bench_trust,
)
from benchmarks.figure import Figure


class Extent(msgspec.Struct, frozen=True):
    """How much is measured, and on what: `attack` is MITRE's gzipped bundle, without it records are generated; `keep`
    a folder where the large log of the workbench is made once and asked again (5 million records take an hour)."""

    quick: bool = False
    full: bool = False
    attack: Path | None = None
    keep: Path | None = None

    @property
    def rows(self) -> int:
        """Of the large log."""
        return 5_000_000 if self.full else 200_000 if self.quick else 1_000_000

    def bodies(self) -> list[bytes]:
        """Records to submit."""
        if self.attack is None:
            return bench_taxii.synthetic(4_000 if self.quick else 20_000)
        return bench_taxii.attack(self.attack)


class Area(msgspec.Struct, frozen=True):
    """One bench and what it is about."""

    name: str
    title: str
    figures: Callable[[Extent], Iterable[Figure]]


def _record(extent: Extent) -> Iterator[Figure]:
    if extent.attack is not None:
        yield from bench_record.figures(extent.attack)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.json.gz"
        start = b'{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":['
        path.write_bytes(gzip.compress(start + b",".join(extent.bodies()) + b"]}", 1))
        yield from bench_record.figures(path)


AREAS = (
    Area("record", "Reading records: parse and full validation", _record),
    Area("split", "Cutting a stream into records", lambda extent: bench_split.figures(64 if extent.quick else 256)),
    Area("policy", "Deciding who may see what", lambda _: bench_policy.figures()),
    Area(
        "casework",
        "Folding a long case, and what is due in many",
        lambda e: bench_casework.figures(10_000 if e.quick else 100_000),
    ),
    Area(
        "incidents",
        "The situation of incidents and the quarterly summary over many open cases",
        lambda e: bench_incidents.figures(2_000 if e.quick else 10_000),
    ),
    Area(
        "intel",
        "MISP events in, correlation, search, outputs",
        lambda e: bench_intel.figures(*((20_000, 20_000) if e.quick else (100_000, e.rows)), e.keep),
    ),
    Area(
        "match", "Logs and observations against indicators and patterns", lambda e: bench_match.figures(quick=e.quick)
    ),
    Area("trust", "Attesting, sealing, the channel between nodes, the audit log", lambda _: bench_trust.figures()),
    Area("taxii", "TAXII: adding and reading over HTTP, beside OpenTAXII", lambda e: bench_taxii.figures(e.bodies())),
    Area("sse", "The live feed", lambda e: bench_sse.figures(200 if e.quick else 1_000, 5 if e.quick else 20)),
    Area(
        "network",
        "Propagation over the seven nodes of the demonstration",
        lambda e: bench_network.run(submits=50, records=5_000) if e.quick else bench_network.run(),
    ),
    Area(
        "open-pages",
        "From an event of a case to the open pages of its other parties",
        lambda e: bench_open_pages.run(20 if e.quick else 100),
    ),
    Area("import", "Importing a bundle", lambda extent: bench_import.figures(20 if extent.quick else 200)),
    Area("idle", "The memory of an idle node", lambda _: bench_idle.figures()),
    Area("phone", "The first page on a throttled phone, and what pages weigh", lambda _: bench_phone.figures()),
    Area("pages", "Pages over a large log", lambda e: bench_pages.figures(20_000 if e.quick else 1_000_000)),
    Area(
        "pages-postgresql",
        "The same pages over a log in PostgreSQL",
        lambda e: bench_postgresql.figures(20_000 if e.quick else 200_000),
    ),
    Area("store", "The store: appending, pages in small and large logs, memory", lambda e: bench_store.figures(e.rows)),
)
