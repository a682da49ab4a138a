"""An import takes the memory of a few batches, whatever the size: `python -m benchmarks.bench_import [MB]`.

It writes a bundle of so many megabytes (200) and streams it: once through cutting and batching alone, once
into a node with its own keys and SQLite. Peak memory is that of a fresh process for each.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from egnatia.exchange.importing import import_stream
from egnatia.exchange.submission import Accepted, Submission

TEXT = "A description as analysts write them, so that an object has the size that real ones have. " * 8


def write(path: Path, megabytes: int) -> int:
    """A bundle of about so many megabytes; how many objects it holds."""
    count = 0
    with path.open("w", encoding="utf-8") as out:
        out.write('{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":[\n')
        while out.tell() < megabytes * 1_000_000:
            out.write(",\n" if count else "")
            out.write(
                f'{{"type":"malware","spec_version":"2.1","id":"malware--{count:08x}-0000-4000-8000-000000000000",'
                f'"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","is_family":false,'
                f'"name":"Sample {count}","description":"{TEXT}"}}'
            )
            count += 1
        out.write("\n]}\n")
    return count


def nowhere(bodies: Sequence[bytes]) -> "Future[Submission]":
    """Takes everything and keeps nothing."""
    done: Future[Submission] = Future()
    done.set_result(Submission(accepted=tuple(Accepted(index, "", "", 1) for index in range(len(bodies)))))
    return done


def measure(path: Path) -> None:
    """Streams the file through; says seconds and peak memory."""
    before = peak()
    began = time.perf_counter()
    with path.open("rb") as stream:
        tally = import_stream(stream, nowhere)
    took = time.perf_counter() - began
    size = path.stat().st_size / 1_000_000
    print(f"cut {tally.read:>9,} records  {size / took:7.1f} MB/s  {peak():6.0f} MB peak ({before:.0f} before)")


def peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def main() -> None:
    """Writes the file and measures, in processes of their own."""
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
        return
    megabytes = int(sys.argv[1]) if sys.argv[1:] else 200
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.json"
        count = write(path, megabytes)
        print(f"{path.stat().st_size / 1_000_000:.0f} MB, {count:,} objects")
        subprocess.run([sys.executable, "-m", "benchmarks.bench_import", "--measure", str(path)], check=True)
        node = str(Path(folder) / "node")
        environ = {"EGNATIA_PASSPHRASE": "benchmark", "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-m", "egnatia"]
        init = [*command, "init", node, "--name", "Benchmark", "--economy", "other"]
        subprocess.run(init, check=True, env=environ, stdout=subprocess.DEVNULL)
        began = time.perf_counter()
        done = [*command, "import", str(path), "--config", f"{node}/egnatia.toml", "--tlp", "green"]
        subprocess.run(done, check=True, env=environ)
        took = time.perf_counter() - began
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_024
        print(f"into a node      {count:>9,} records  {count / took:7.0f} records/s  {most:6.0f} MB peak")


if __name__ == "__main__":
    main()
