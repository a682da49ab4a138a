"""Reading records: parse and full strict validation of ATT&CK, beside a bare decode and beside stix2.parse.

python -m benchmarks.bench_record PATH/enterprise-attack-18.1-stix21.json.gz
"""

import gzip
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from benchmarks.figure import Figure
from benchmarks.peer import environment

from egnatia.record import read, read_bundle
from egnatia.record.values import values_of
from egnatia.record.words import text_of

_PEER = """
import gzip, json, sys, time, stix2
data = gzip.open(sys.argv[1]).read()
seconds = []
for _ in range(2):
    start = time.perf_counter()
    stix2.parse(data.decode(), allow_custom=True)
    seconds.append(time.perf_counter() - start)
print(min(seconds))
"""


class _Objects(msgspec.Struct):
    objects: list[msgspec.Raw]


def _best(work: Callable[[], object], times: int = 5) -> float:
    """The best of some runs, in seconds: what else the machine does only ever adds to it. What a run leaves is thrown
    away before the next begins."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
        del result
    return min(seconds)


def figures(bundle: Path) -> Iterator[Figure]:
    """The figures, on a gzipped bundle of which every object is in order."""
    data = gzip.decompress(bundle.read_bytes())
    bodies = [bytes(raw) for raw in msgspec.json.decode(data, type=_Objects).objects]
    decoded: list[dict[str, Any]] = [msgspec.json.decode(body) for body in bodies]
    outcome = read_bundle(data)
    if outcome.refused or len(outcome.records) != len(bodies):
        raise SystemExit(f"{len(outcome.refused)} objects refused: {outcome.refused[0]}")
    del outcome
    yield Figure("objects", len(bodies), "")
    bare = _best(lambda: msgspec.json.decode(data))
    yield Figure("bare msgspec decode to dicts", bare, "s")
    whole = _best(lambda: read_bundle(data))
    yield Figure("read_bundle: validation, head, references, values", whole, "s")
    yield Figure("read_bundle, times the bare decode", whole / bare, "x", 4)
    yield Figure("  of which values", _best(lambda: [values_of(one["type"], one) for one in decoded]), "s")
    yield Figure("search text, which the indexer reads later", _best(lambda: [text_of(one) for one in decoded]), "s")
    yield Figure("read, one object", _best(lambda: [read(body) for body in bodies]) / len(bodies) * 1e6, "us")
    command = [str(environment("stix2", "stix2==3.0.2") / "python"), "-c", _PEER, str(bundle)]
    peer = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    yield Figure("stix2.parse 3.0.2", peer, "s")
    yield Figure("stix2.parse, times read_bundle", peer / whole, "x", 15, "more")


def main(arguments: list[str]) -> None:
    """Print the figures."""
    if not arguments:
        raise SystemExit(__doc__)
    for one in figures(Path(arguments[0])):
        print(one, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
