"""A DNS log against more than a million domains, beside DuckDB alone and a Python set; many patterns against many
observations, beside stix2-matcher: `python -m benchmarks.bench_match [quick]`.

Speeds are per second of processor time, so that a busy machine, or a second core, changes them little.
"""

import gzip
import os
import random
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any, TypeVar

from benchmarks.figure import Figure

from egnatia.engine.connection import embedded
from egnatia.engine.log.source import Source
from egnatia.engine.pattern import Matcher, Observation, compiled, observations_of
from egnatia.engine.scanning import Scan, Tally

DATA = Path(os.environ.get("EGNATIA_TEST_DATA", "../shared/data")) / "detection"
COLUMNS = 24
AT = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = "2026-01-01T00:00:00Z"
SAMPLE = 1_000_000
"""Domains of which the facts of the project were measured: a random million (seed 1)."""

T = TypeVar("T")


def best(work: Callable[[], T], times: int = 3) -> tuple[float, T]:
    """The least processor time of several runs, in seconds, and what the last gave."""
    took = []
    for _ in range(times):
        began = process_time()
        answer = work()
        took.append(process_time() - began)
    return min(took), answer


def walk(path: Path, domains: set[str]) -> int:
    """The plain way: each name and all that it is under, looked up in a set."""
    lines = 0
    with path.open(encoding="utf-8") as log:
        for line in log:
            name = line.split("\t", 10)[9]
            while name:
                if name in domains:
                    lines += 1
                    break
                name = name.partition(".")[2]
    return lines


def logs() -> Iterator[Figure]:
    """The real log and the real domains."""
    if not (DATA / "zeek-dns-300k.log.gz").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dns.log"
        path.write_bytes(gzip.decompress((DATA / "zeek-dns-300k.log.gz").read_bytes()))
        megabytes = path.stat().st_size / 1e6
        domains = gzip.decompress((DATA / "maltrail-domains.txt.gz").read_bytes()).decode().split()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = process_time()
        matcher: Matcher[int] = Matcher()
        for number, name in enumerate(domains):
            matcher.add_value(number, "domain-name", ("value",), name)
        backend = embedded(threads=1)
        scan = Scan(matcher, AT, backend)
        yield Figure(f"{len(domains):,} domains made ready, once", process_time() - began, "s CPU")

        def ours() -> int:
            found = matcher.match(scan.observations(Source(str(path)), Tally(str(path))))
            return len({match.observations[0].source.number for match in found})

        took, lines = best(ours)
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        speed = megabytes / took
        yield Figure("most memory above the list of domains", memory, "MB")
        names = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(COLUMNS))
        reading = f"read_csv('{path}', delim='\t', quote='', header=false, auto_detect=false, columns={{{names}}})"
        connection: Any = backend.con  # DuckDB's own

        def alone(columns: str) -> int:
            return int(connection.execute(f"SELECT {columns} FROM {reading}").to_arrow_table().num_rows)

        three, _ = best(lambda: alone("c0, c2, c9"))
        every, _ = best(lambda: alone("*"))
        yield Figure("DuckDB alone: scan, time, client and name projected", megabytes / three, "MB/s")
        yield Figure("DuckDB alone: scan, all columns projected", megabytes / every, "MB/s")
        yield Figure("log matched with all domains", speed, "MB/s", 82, "more")
        yield Figure(
            "log matched, times DuckDB alone with three columns", speed / (megabytes / three), "x", 0.5, "more"
        )
        yield Figure("log matched, times DuckDB alone with all columns", speed / (megabytes / every), "x", 0.5, "more")
        known = set(domains)
        took, truth = best(lambda: walk(path, known))
        yield Figure("Python set with a walk over labels", megabytes / took, "MB/s")
        yield Figure("log matched, times the Python set", speed / (megabytes / took), "x", 1, "more")
        yield Figure("lines that match", lines, "lines")
        yield Figure("of these, lines that do not or are missing", abs(lines - truth), "lines", 0)
        million = set(random.Random(1).sample(domains, SAMPLE))  # noqa: S311  (a sample, no secret)
        yield Figure("lines that match a random million of the domains", walk(path, million), "lines")


def pattern(number: int) -> str:
    """One of many, of five kinds."""
    match number % 5:
        case 0:
            return f"[domain-name:value = 'd{number}.example']"
        case 1:
            return f"[ipv4-addr:value = '10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}']"
        case 2:
            return f"[file:hashes.'SHA-256' = '{number:064x}' OR file:name = 'f{number}.exe']"
        case 3:
            return f"[url:value LIKE 'http://d{number}.example/%']"
        case _:
            return (
                f"[file:size > {number} AND file:name = 'f{number}.exe'] AND [domain-name:value = 'd{number}.example']"
            )


def objects(number: int) -> dict[str, Any]:
    """What is seen once."""
    made: dict[str, Any]
    match number % 4:
        case 0:
            made = {"type": "domain-name", "value": f"d{number}.example"}
        case 1:
            made = {"type": "ipv4-addr", "value": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
        case 2:
            made = {"type": "file", "name": f"f{number}.exe", "size": number, "hashes": {"SHA-256": f"{number:064x}"}}
        case _:
            made = {"type": "url", "value": f"http://d{number}.example/x"}
    return {"0": made}


def matched(count: int, observations: list[Observation]) -> tuple[float, float, int]:
    """Seconds to compile so many patterns and to match them, and how many matches there are."""
    began = process_time()
    matcher: Matcher[int] = Matcher()
    for number in range(count):
        matcher.add(number, compiled(pattern(number)))
    ready = process_time() - began
    began = process_time()
    found = sum(1 for _ in matcher.match(observations))
    return ready, process_time() - began, found


def patterns(*, quick: bool) -> Iterator[Figure]:
    """Every pattern with every observation."""
    chosen = random.Random(2)  # noqa: S311  (a sample, no secret)
    records = [
        {
            "type": "observed-data",
            "first_observed": STAMP,
            "last_observed": STAMP,
            "number_observed": 1,
            "objects": objects(chosen.randrange(10_000)),
        }
        for _ in range(1_000)
    ]
    took, found = min(matched(1_000, list(observations_of(records)))[1:] for _ in range(5))
    yield Figure("1,000 patterns x 1,000 observations", took * 1e3, "ms CPU")
    yield Figure("of which match", found, "pairs")
    with suppress(ImportError):
        yield Figure("stix2-matcher, times that", theirs(records) / took, "x", 1_000, "more")
    count, many = (10_000, 100_000) if quick else (100_000, 1_000_000)
    observations = [Observation(objects(chosen.randrange(count * 10)), AT, AT) for _ in range(many)]
    ready, took, _ = matched(count, observations)
    yield Figure(f"{count:,} patterns compiled", ready, "s CPU")
    yield Figure(f"{count:,} patterns x {many:,} observations", took, "s CPU", 300)


def theirs(records: list[dict[str, Any]], tried: int = 40) -> float:
    """Seconds that stix2-matcher takes for 1,000 patterns, by the first so many of them."""
    from stix2matcher.matcher import Pattern  # noqa: PLC0415  (it is compared with where it is there)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ready = [Pattern(pattern(number), "2.0") for number in range(tried)]
        began = process_time()
        for each in ready:
            each.match(records)
        return (process_time() - began) * 1_000 / tried


def figures(*, quick: bool = False) -> Iterator[Figure]:
    """All of them."""
    yield from logs()
    yield from patterns(quick=quick)


def main() -> None:
    """Prints a line per figure."""
    for figure in figures(quick="quick" in sys.argv):
        print(figure)


if __name__ == "__main__":
    main()
