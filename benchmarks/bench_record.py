"""Reading records: parse and full strict validation of ATT&CK, beside a bare decode and beside stix2.parse.

python -m benchmarks.bench_record PATH/enterprise-attack-18.1-stix21.json.gz [PYTHON-WITH-STIX2]
"""

import gzip
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from egnatia.record import read, read_bundle
from egnatia.record.values import values_of
from egnatia.record.words import text_of

_PEER = """
import gzip, json, sys, time, stix2
data = gzip.open(sys.argv[1]).read()
start = time.perf_counter()
stix2.parse(data.decode(), allow_custom=True)
print(time.perf_counter() - start)
"""


class Figure(NamedTuple):
    """One measurement; `ratio` says how many times `against` it takes (below 1 is faster)."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str = ""


class _Objects(msgspec.Struct):
    objects: list[msgspec.Raw]


def _median(work: Callable[[], object], times: int = 5) -> float:
    """The median of some runs, in seconds; what a run leaves is thrown away before the next begins."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
        del result
    return statistics.median(seconds)


def run(bundle: Path, peer_python: str | None = None) -> tuple[Figure, ...]:
    """The figures, on a gzipped bundle; `peer_python` is an interpreter that has stix2."""
    data = gzip.decompress(bundle.read_bytes())
    bodies = [bytes(raw) for raw in msgspec.json.decode(data, type=_Objects).objects]
    decoded: list[dict[str, Any]] = [msgspec.json.decode(body) for body in bodies]
    outcome = read_bundle(data)
    if outcome.refused or len(outcome.records) != len(bodies):
        raise SystemExit(f"{len(outcome.refused)} objects refused: {outcome.refused[0]}")
    del outcome
    bare = _median(lambda: msgspec.json.decode(data))
    whole = _median(lambda: read_bundle(data))
    values = _median(lambda: [values_of(one["type"], one) for one in decoded])
    text = _median(lambda: [text_of(one) for one in decoded])
    each = _median(lambda: [read(body) for body in bodies])
    figures = [
        Figure("objects", len(bodies), ""),
        Figure("bare msgspec decode to dicts", bare, "s"),
        Figure("read_bundle: validation, head, references, values", whole, "s", whole / bare, "bare decode"),
        Figure("  of which values", values, "s"),
        Figure("search text, which the indexer reads later", text, "s", text / bare, "bare decode"),
        Figure("read, one object", each / len(bodies) * 1e6, "us"),
    ]
    if peer_python is not None:
        command = [peer_python, "-c", _PEER, str(bundle)]
        peer = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        figures.append(Figure("stix2.parse", peer, "s", peer / whole, "read_bundle"))
    return tuple(figures)


def main(arguments: list[str]) -> None:
    """Print the figures."""
    if not arguments:
        raise SystemExit(__doc__)
    for one in run(Path(arguments[0]), arguments[1] if len(arguments) > 1 else None):
        ratio = f"  {one.ratio:5.1f} x {one.against}" if one.ratio is not None else ""
        print(f"{one.name:50} {one.value:10.3f} {one.unit:3}{ratio}")


if __name__ == "__main__":
    main(sys.argv[1:])
