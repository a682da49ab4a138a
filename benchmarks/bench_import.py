"""An import takes the memory of a few batches, whatever the size: `python -m benchmarks.bench_import [MB]`.

It writes a bundle of so many megabytes (200) and streams it: once through cutting and batching alone, once
into a node with its own keys and SQLite. Peak memory is that of a fresh process for each.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from benchmarks.figure import Figure

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
    """Streams the file through; prints megabytes a second."""
    began = time.perf_counter()
    with path.open("rb") as stream:
        import_stream(stream, nowhere)
    print(path.stat().st_size / 1_000_000 / (time.perf_counter() - began))


def run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> tuple[str, float, float]:
    """What it prints, the seconds that it takes, and the most memory in MB that any command here took so far."""
    began = time.perf_counter()
    said = subprocess.run(command, check=True, env=environ, stdout=subprocess.PIPE, text=True).stdout
    return said, time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_024


def figures(megabytes: int) -> Iterator[Figure]:
    """Writes the file and measures, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.json"
        count = write(path, megabytes)
        yield Figure(f"objects in {megabytes} MB", count, "")
        said, _, most = run([sys.executable, "-m", "benchmarks.bench_import", "--measure", str(path)])
        yield Figure("cut into batches", float(said), "MB/s")
        yield Figure("cut into batches, most memory", most, "MB")
        node = str(Path(folder) / "node")
        environ = {"EGNATIA_PASSPHRASE": "benchmark", "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-m", "egnatia"]
        run([*command, "init", node, "--name", "Benchmark", "--economy", "other"], environ)
        config = ["--config", f"{node}/egnatia.toml", "--tlp", "green"]
        _, took, most = run([*command, "import", str(path), *config], environ)
        yield Figure("imported into a node", count / took, "records/s")
        yield Figure("imported into a node, most memory", most, "MB")


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
        return
    for figure in figures(int(sys.argv[1]) if sys.argv[1:] else 200):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
