"""Kill a writing node a thousand times and count: `python -m benchmarks.crash --times 1000 [--url postgresql://...]`.

With `--envelopes` it is one that takes large TAXII envelopes and is killed between acknowledging and storing them.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

from tests.store import crashing_envelopes
from tests.store.crashing import Nursery, wrong

from egnatia.store import Store

CHECK_EVERY = 50


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--times", type=int, default=1000)
    arguments.add_argument("--url", default="", help="an empty database; by default an SQLite file that is thrown away")
    arguments.add_argument("--seconds", type=float, default=0.3, help="the longest that a process writes")
    arguments.add_argument("--envelopes", action="store_true", help="kill a node that takes TAXII envelopes")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        killing = crash_envelopes if given.envelopes else crash
        killing(given.url or f"sqlite:///{folder}/node.db", Path(folder), given.times, given.seconds)


def crash(url: str, folder: Path, times: int, longest: float) -> None:
    """Kill, and check from time to time; exits with an error at the first thing that is wrong."""
    ledger, began = folder / "erased", time.monotonic()
    acknowledged: dict[int, set[tuple[int, int]]] = {}
    with Nursery() as nursery:
        for seed in range(times):
            seconds = random.random() * longest  # noqa: S311 no secret
            acknowledged[seed] = nursery.run(url, ledger, seed, seconds=seconds, folder=folder)
            if (seed + 1) % CHECK_EVERY and seed + 1 < times:
                continue
            with Store.open(url, ledger=ledger) as store:
                assert store.indexer.wait_for(store.position(), timeout=600)
                findings = wrong(store, acknowledged)
                position = store.position()
            batches = sum(map(len, acknowledged.values()))
            print(
                f"{seed + 1} kills, {batches} batches acknowledged, {position} rows, {time.monotonic() - began:.0f} s"
            )
            if findings:
                raise SystemExit("\n".join(findings[:50]))
    print("nothing acknowledged was lost, nothing is there by half, all indexes agree with the log")


def crash_envelopes(url: str, folder: Path, times: int, longest: float) -> None:
    """The same of a node that takes envelopes: each that was acknowledged is stored and audited once."""
    ledger, began = folder / "erased", time.monotonic()
    acknowledged: crashing_envelopes.Acknowledged = {}
    with Nursery("tests.store.crashing_envelopes") as nursery:
        for seed in range(times):
            seconds = random.random() * longest  # noqa: S311 no secret
            lines = nursery.lines(url, ledger, seed, seconds=seconds, folder=folder)
            acknowledged.update((id_, int(start)) for id_, start in lines)
            if (seed + 1) % CHECK_EVERY and seed + 1 < times:
                continue
            findings = crashing_envelopes.wrong(url, ledger, acknowledged)
            print(f"{seed + 1} kills, {len(acknowledged)} envelopes acknowledged, {time.monotonic() - began:.0f} s")
            if findings:
                raise SystemExit("\n".join(findings[:50]))
    print("every envelope that was acknowledged is stored whole and audited once, and its status says so")


if __name__ == "__main__":
    main()
