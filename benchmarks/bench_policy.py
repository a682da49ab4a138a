"""How many decisions a second, and how long a label takes to make: `python -m benchmarks.bench_policy`.

A region of 200 organisations in 20 groups under 60 agreements; 500 labels as the store knows them, one in five of a
relationship bounded by its ends. Every reader is asked of every label.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter

from benchmarks.figure import Figure

from egnatia.policy import Agreement, Directory, Label, Tlp, bounded_by, clearance, decide, label_of
from egnatia.policy.marking import TLP_2
from egnatia.record import Head

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ORGANISATIONS = [f"identity--{number:04}" for number in range(200)]
GROUPS = [f"identity--group-{number:02}" for number in range(20)]
TYPES = ["indicator", "malware", "incident", "report"]


def region(rng: Random) -> Directory:
    """A region with members, groups, constituencies and agreements."""
    return Directory(
        members=frozenset(rng.sample(ORGANISATIONS, 150)),
        groups={group: frozenset(rng.sample(ORGANISATIONS, 15)) for group in GROUPS},
        clients={provider: frozenset(rng.sample(ORGANISATIONS[10:], 12)) for provider in ORGANISATIONS[:10]},
        agreements=tuple(
            Agreement(f"sharing-agreement--{number}", parties, NOW - timedelta(days=1), signed=parties)
            for number in range(60)
            for parties in [frozenset(rng.sample(ORGANISATIONS, 6))]
        ),
    )


def label(rng: Random) -> Label:
    """A label of any TLP, half of them with an audience of a few groups."""
    audiences = (tuple(sorted(rng.sample(GROUPS, 3))),) if rng.random() < 0.5 else ()
    return Label(rng.choice(ORGANISATIONS), rng.choice(list(Tlp)), audiences=audiences, type=rng.choice(TYPES))


def seconds(work: Callable[[], object], repeat: int = 5) -> float:
    """The best of a few runs."""
    times = []
    for _ in range(repeat):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return min(times)


def figures() -> Iterator[Figure]:
    """All of them."""
    rng = Random(1)  # noqa: S311 - the same region every time
    directory = region(rng)
    labels = [label(rng) for _ in range(400)]
    labels += [bounded_by(label(rng), [label(rng), label(rng)]) for _ in range(100)]
    readers = [clearance([one], directory, NOW) for one in ORGANISATIONS]
    pairs = len(labels) * len(readers)
    took = seconds(lambda: [decide(under, reader) for under in labels for reader in readers])
    yield Figure(f"decide, {pairs:,} pairs", took / pairs * 1e6, "us")
    head = Head("indicator", "indicator--1", object_marking_refs=(next(iter(TLP_2)),))
    took = seconds(lambda: [label_of(head, owner=ORGANISATIONS[0], markings={}) for _ in range(10_000)])
    yield Figure("label_of", took / 10_000 * 1e6, "us")
    took = seconds(lambda: [bounded_by(labels[place], labels[place + 1 : place + 3]) for place in range(390)])
    yield Figure("bounded_by, two ends", took / 390 * 1e6, "us")
    took = seconds(lambda: [clearance([one], directory, NOW) for one in ORGANISATIONS])
    yield Figure("clearance, in a region of 200 organisations", took / 200 * 1e6, "us")


def main() -> None:
    """Prints a line per figure."""
    for figure in figures():
        print(figure, flush=True)


if __name__ == "__main__":
    main()
