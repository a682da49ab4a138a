"""All benchmarks in order, a line per figure, and docs/performance.md: `python -m benchmarks` (`make bench`).

    python -m benchmarks [--only NAME]... [--quick | --full] [--attack PATH.json.gz] [--keep DIR]

Each area runs in a process of its own, so that its memory is its own and that one that fails fails alone. With `--only`
the other areas of docs/performance.md stay as they are.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import msgspec
from benchmarks.areas import AREAS, Area, Extent
from benchmarks.figure import Figure, Skipped
from benchmarks.paper import Measured, conditions, load, write

_figure = msgspec.json.Decoder(Figure).decode


def child(area: Area, extent: Extent) -> int:
    """Measure here, a figure in JSON on each line; what was skipped is the last line."""
    try:
        for figure in area.figures(extent):
            print(msgspec.json.encode(figure).decode(), flush=True)
    except Skipped as why:
        print(f"skipped: {why}", flush=True)
    return 0


def measure(area: Area, arguments: list[str]) -> Measured:
    """Measure in a process of its own, and say each figure as it comes."""
    print(f"\n{area.title}", flush=True)
    figures, remarks = [], []
    began = conditions()
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "--child", area.name, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{"):
                figure = _figure(line)
                figures.append(figure)
                print(f"  {figure}", flush=True)
            elif line.startswith("skipped: "):
                remarks.append(line.strip())
                print(f"  {line.strip()}", flush=True)
    if process.returncode:
        remarks.append("It failed before its end: the figures that are missing were not measured.")
        print(f"  FAILED ({process.returncode})", flush=True)
    return Measured(area.name, area.title, began, tuple(figures), tuple(remarks))


def main() -> int:
    """Run what was asked for; the exit code is 1 where a benchmark itself failed, not where a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=[area.name for area in AREAS], help="an area; repeatable")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--full", action="store_true", help="5 million records in the large log")
    parser.add_argument("--attack", type=Path, help="ATT&CK Enterprise as gzipped STIX 2.1; else made-up records")
    parser.add_argument("--keep", type=Path, help="where the workbench's large log is made or asked again")
    parser.add_argument("--output", type=Path, default=Path("docs/performance.md"))
    parser.add_argument("--child", choices=[area.name for area in AREAS], help=argparse.SUPPRESS)
    given = parser.parse_args()
    extent = Extent(given.quick, given.full, given.attack, given.keep)
    if given.child:
        return child(next(area for area in AREAS if area.name == given.child), extent)
    passed = ["--quick"] * given.quick + ["--full"] * given.full
    named = [*passed, *(["--attack", given.attack.name] if given.attack else [])]
    if given.attack:
        passed += ["--attack", str(given.attack)]
    if given.keep:
        passed += ["--keep", str(given.keep)]
    failed = 0
    kept = load(given.output.with_suffix(".json"))
    for area in AREAS:
        if not given.only or area.name in given.only:
            found = measure(area, passed)
            kept[area.name] = msgspec.structs.replace(found, command=" ".join(["python -m benchmarks", *named]))
            failed += any("failed" in remark for remark in found.remarks)
            write(given.output, [kept[each.name] for each in AREAS if each.name in kept])
    print(f"\nwritten to {os.path.relpath(given.output)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
