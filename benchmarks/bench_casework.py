"""How long a case of 10,000 events takes to fold: `python -m benchmarks.bench_casework`.

Two organisations work on one case by the small workflow of the tests: facts, comments, tasks, steps back and forth;
one event in twenty was made by somebody who did not know the latest ones.
"""

from collections.abc import Iterator
from random import Random

from benchmarks.bench_policy import seconds
from benchmarks.figure import Figure
from tests.casework.builders import CSIRT, ENTITY, SMALL, case, event

from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.casework.rulebook import Rulebook

EVENTS = 10_000


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


def figures() -> Iterator[Figure]:
    """All of them."""
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
