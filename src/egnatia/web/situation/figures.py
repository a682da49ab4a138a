"""The figures of a situation: what a reader may see, counted by kind, handling, economy and time."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from egnatia.exchange.shown import TLP_NAMES
from egnatia.store.tally import HOUR, Tallied
from egnatia.web.card import MINOR, Organisations

DAY: Final = 24
"""Hours."""


class Span(msgspec.Struct, frozen=True):
    """A stretch of time up to now that a situation looks at: `hours` long, drawn in steps of `step` hours."""

    name: str
    hours: int
    step: int


SPANS: Final = {"day": Span("day", DAY, 1), "week": Span("week", 7 * DAY, 6), "month": Span("month", 30 * DAY, DAY)}

Kind = tuple[str, int, tuple[int, ...]]
"""A record type, how many there were, and how many in each step."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of one span. `before` is how many there were in a span as long before it, None where that is not
    known; `steps` are the numbers over time, the oldest first. Links and observables are not counted but in `minor`."""

    total: int
    before: int | None
    minor: int
    steps: tuple[int, ...]
    kinds: tuple[Kind, ...]
    tlps: Counter[str]
    economies: Counter[str]
    newest: dict[str, int]
    """The last hour in which something came of an economy, as microseconds UTC."""


def figures(tallied: Tallied, span: Span, now: int, organisations: Organisations) -> Figures:
    """The figures of a span that ends `now`, microseconds UTC."""
    last = now // HOUR
    first = last - span.hours + 1
    length = span.hours // span.step
    steps: Counter[int] = Counter()
    kinds: dict[str, Counter[int]] = {}
    tlps: Counter[str] = Counter()
    economies: Counter[str] = Counter()
    newest: dict[str, int] = {}
    before = minor = 0
    for pile in tallied.piles:
        if pile.type in MINOR:
            minor += sum(count for hour, count in pile.hours.items() if hour >= first)
            continue
        owner = organisations.get(pile.owner)
        economy = owner.economy if owner else "other"
        for hour, count in pile.hours.items():
            if hour < first:
                before += count if hour >= first - span.hours else 0
                continue
            step = min((hour - first) // span.step, length - 1)
            steps[step] += count
            kinds.setdefault(pile.type, Counter())[step] += count
            tlps[TLP_NAMES[pile.tlp]] += count
            economies[economy] += count
            newest[economy] = max(newest.get(economy, 0), hour * HOUR)
    ranked = sorted(kinds.items(), key=lambda each: -each[1].total())
    return Figures(
        total=steps.total(),
        before=before if tallied.since <= (first - span.hours) * HOUR else None,
        minor=minor,
        steps=_row(steps, length),
        kinds=tuple((kind, counts.total(), _row(counts, length)) for kind, counts in ranked),
        tlps=tlps,
        economies=economies,
        newest=newest,
    )


def labels(span: Span, now: int, said: Callable[[int, str], str]) -> tuple[str, ...]:
    """What each step of a span is called; `said` writes microseconds UTC by a pattern."""
    first = (now // HOUR - span.hours + 1) * HOUR
    pattern = {1: "HH", 6: "d MMM", DAY: "d MMM"}[span.step]
    return tuple(said(first + at * span.step * HOUR, pattern) for at in range(span.hours // span.step))


def _row(counts: Counter[int], length: int) -> tuple[int, ...]:
    return tuple(counts[at] for at in range(length))


def others(kinds: Sequence[Kind]) -> tuple[int, ...]:
    """The sum of several kinds, step by step; empty for none."""
    return tuple(map(sum, zip(*(row for _, _, row in kinds), strict=True)))
