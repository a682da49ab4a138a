"""How long a case of 10,000 events takes to fold, and the due page of many: `python -m benchmarks.bench_casework`.

Two organisations work on one case by the small workflow of the tests: facts, comments, tasks, steps back and forth;
one event in twenty was made by somebody who did not know the latest ones.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import quantiles
from time import perf_counter

from benchmarks.bench_policy import seconds
from benchmarks.figure import Figure
from tests.casework.builders import CSIRT, ENTITY, SMALL, case, event
from tests.store.building import NODE, batch, record, record_id

from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.casework.rulebook import Rulebook
from egnatia.policy import Clearance, Label, Tlp
from egnatia.policy import Standing as Standing_
from egnatia.record import Record
from egnatia.store import Store
from egnatia.store.casebook import Due, Kept, Standing

EVENTS = 10_000
AT_ONCE = 1_000
PARTIES = [f"identity--00000000-0000-4000-8000-{number:012x}" for number in range(12)]


def history(rng: Random, count: int = EVENTS) -> list[Event]:
    """What happened in a long case."""
    events = [event(ENTITY, "declare", 0, severity="low")]
    heads = list(events)
    for number in range(1, count):
        # Who was cut off knows an older event; who is not knows all the latest ones.
        back = (rng.choice(events[-5:]),) if rng.random() < 0.05 else tuple(heads)
        hours, author = number / 100, rng.choice((ENTITY, CSIRT))
        match rng.randrange(6):
            case 0 | 1:
                made = event(author, "set", hours, after=back, users=number)
            case 2:
                made = event(CSIRT, "calm", hours, after=back)
            case 3:
                made = event(author, "task", hours, after=back, title=f"task {number}")
            case _:
                made = event(author, "comment", hours, after=back, text=f"comment {number}")
        events.append(made)
        heads = [each for each in heads if each not in back] + [made]
    return events


def filled(folder: Path, count: int) -> Store:
    """A store with open cases of four organisations each, out of twelve, and three things owed in each of them."""
    store = Store.open(f"sqlite:///{folder / 'node.db'}")
    rng = Random(2)  # noqa: S311 - the same cases every time
    by_label: dict[tuple[str, ...], list[Record]] = {}
    for start in range(0, count, AT_ONCE):
        cases = []
        for number in range(start, start + AT_ONCE):
            parties = tuple(sorted(rng.sample(PARTIES, 4)))
            id_ = record_id(number, "case")
            standing = Standing(id_, "incident", f"case {number}", "declared", True, parties, number * 1_000)
            by, to = rng.sample(parties, 2)
            moments = [rng.randrange(10**15) for _ in range(3)]
            dues = [
                Due(id_, standing.title, "incident", "1", f"report-{place}", "Report", at, 0, (by,), (to,), "draft")
                for place, at in enumerate(moments)
            ]
            cases.append(Kept(standing, dues))
            by_label.setdefault(parties, []).append(record(number, kind="case"))
        store.casebook.put(cases)
        tell(start + AT_ONCE, count, "cases in the view")
    # One batch a label, of which there are 495: each batch is signed.
    for done, (named, records) in enumerate(by_label.items(), 1):
        store.append(batch(*records, label=Label(NODE, Tlp.AMBER_STRICT, audiences=(named,)))).result()
        tell(done, len(by_label), "labels of cases in the log")
    return store


def tell(done: int, whole: int, what: str) -> None:
    """How far the filling is, on one line of a terminal; nothing where nobody looks."""
    if sys.stderr.isatty():
        print(f"\r  {done:,} of {whole:,} {what} ", end="\n" if done == whole else "", file=sys.stderr, flush=True)


def due_figures(count: int) -> Iterator[Figure]:
    """The due page over many open cases, for one party and for a node that hosts three."""
    with tempfile.TemporaryDirectory() as folder, filled(Path(folder), count) as store:
        for hosted in (1, 3):
            reader = Clearance(tuple(Standing_(each, member=True) for each in PARTIES[:hosted]))
            times = []
            for page in range(60):
                after = page * 10**13
                began = perf_counter()
                found = store.casebook.dues(reader, after=after, limit=100)
                times.append(perf_counter() - began)
                assert len(found) == 100
            words = f"the due page over {count:,} open cases, a reader for {hosted} of their parties, p95"
            yield Figure(words, quantiles(times, n=20)[-1] * 1e3, "ms", 100)


def figures(open_cases: int = 100_000) -> Iterator[Figure]:
    """All of them."""
    yield from due_figures(open_cases)
    rng = Random(1)  # noqa: S311 - the same case every time
    book, events, opened = Rulebook(SMALL), history(rng), case()
    shuffled = rng.sample(events, len(events))
    yield Figure(f"fold of {EVENTS:,} events", seconds(lambda: Fold(book, opened, events)) * 1e3, "ms", 50)
    yield Figure(
        f"fold of {EVENTS:,} events that came in any order",
        seconds(lambda: Fold(book, opened, shuffled)) * 1e3,
        "ms",
        50,
    )
    folded = Fold(book, opened, events)
    more = iter([event(CSIRT, "comment", 1_000 + number, text="more") for number in range(2_000)])

    def go_on() -> None:
        for _ in range(200):
            folded.add([next(more)])

    took = seconds(go_on)
    yield Figure(f"one more event in a case of {EVENTS:,}", took / 200 * 1e6, "us")


def main() -> None:
    """Prints a line per figure."""
    for figure in figures():
        print(figure, flush=True)


if __name__ == "__main__":
    main()
