"""The quarterly summary of incidents, anonymised and aggregated (NIS2 Article 23(9)).

It counts what an organisation may see of its incidents, real ones alone. It names nobody: organisations and contacts
appear only as a number of notifying entities, and counts below three are kept back.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final, Literal

import msgspec

from egnatia.casework.clock import moment, owed
from egnatia.casework.fold import Fold
from egnatia.casework.registry import Registry, Unknown
from egnatia.cyber.incidents.protocol import is_incident
from egnatia.cyber.incidents.suppression import LEAST, Counts, Tally, suppressed
from egnatia.exchange.formats.spreadsheet import csv_of
from egnatia.policy import Clearance

Basis = Literal["report", "incident"]
Review = Literal["any", "filed", "accepted"]
MOST: Final = 20_000
"""Cases that one summary looks at."""

_PAGE: Final = 500
_QUARTER: Final = re.compile(r"(\d{4})-Q([1-4])")
BASES: Final[tuple[Basis, ...]] = ("report", "incident")
REVIEWS: Final[tuple[Review, ...]] = ("any", "filed", "accepted")
"""From the widest to the strictest: each holds the next, and its answer does not depend on those of the next."""

KINDS: Final = ("significant-incident", "incident", "near-miss", "cyber-threat", "voluntary", "not-said")
"""What is counted, each case once: significant incidents apart from the others."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One quarter. `breakdowns` are counts by name of the breakdown; `entities` how many organisations notified."""

    quarter: str
    basis: Basis
    review: Review
    whole: int | None
    entities: int | None
    breakdowns: Mapping[str, Counts]


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """One case as it is counted."""

    kind: str
    severity: str
    root_cause: str
    level: str
    cross_border: str
    timeliness: str
    sectors: tuple[str, ...]
    classes: tuple[str, ...]
    entities: tuple[str, ...]


_BREAKDOWNS: Final[Mapping[str, tuple[Callable[[Counted], Sequence[str]], bool]]] = {
    "kind": (lambda one: (one.kind,), True),
    "severity": (lambda one: (one.severity,), True),
    "root_cause": (lambda one: (one.root_cause,), True),
    "level": (lambda one: (one.level,), True),
    "cross_border": (lambda one: (one.cross_border,), True),
    "timeliness": (lambda one: (one.timeliness,), True),
    "sectors": (lambda one: one.sectors, False),
    "rsit": (lambda one: one.classes, False),
}
"""The cells that a case is in, and whether it is in exactly one."""


def quarter_of(at: datetime) -> str:
    """The quarter of a moment, such as 2026-Q4."""
    return f"{at.year}-Q{(at.month + 2) // 3}"


def bounds(quarter: str) -> tuple[datetime, datetime]:
    """The first moment of a quarter and the first after it, in UTC; raises ValueError."""
    found = _QUARTER.fullmatch(quarter)
    if found is None or not 1970 <= int(found[1]) <= 9_000:
        raise ValueError(f"a quarter is written as 2026-Q4, not {quarter!r}")
    year, number = int(found[1]), int(found[2])
    start = datetime(year, 3 * number - 2, 1, tzinfo=UTC)
    return start, datetime(year + number // 4, 3 * number % 12 + 1, 1, tzinfo=UTC)


def folds(registry: Registry, clearance: Clearance) -> Iterator[Fold]:
    """Every real incident that somebody takes part in."""
    looked = 0
    for is_open in (True, False):
        before = (1 << 62, "")
        while looked < MOST:
            page = registry.standings(clearance, is_open=is_open, before=before, limit=_PAGE)
            looked += len(page)
            for each in page:
                if is_incident(each.workflow) and not each.exercise:
                    try:
                        yield registry.fold(clearance, each.id)
                    except Unknown:
                        continue
            if len(page) < _PAGE:
                break
            before = (page[-1].updated, page[-1].id)


class Found(msgspec.Struct, frozen=True):
    """One case as every question about it sees it: its moments by basis, and which states of review it has reached."""

    counted: Counted
    at: Mapping[Basis, datetime | None]
    reviewed: tuple[Review, ...]


def summary(cases: Iterable[Fold], quarter: str, *, basis: Basis = "report", review: Review = "any") -> Summary:
    """The counts of a quarter: cases whose first report (or whose incident) falls into it, with a report in that state
    of review. What the other bases and states of review would tell is looked at too: no difference tells a small
    count."""
    return summed([looked_at(fold) for fold in cases], quarter, basis=basis, review=review)


def summed(known: Sequence[Found], quarter: str, *, basis: Basis = "report", review: Review = "any") -> Summary:
    """The same of cases that have been looked at."""
    start, end = bounds(quarter)
    hidden: dict[str, set[str]] = {}
    if basis == "incident":
        _keep(hidden, summed(known, quarter))
    for wider in REVIEWS[: REVIEWS.index(review)]:
        _keep(hidden, _answer(known, (start, end), basis, wider, hidden)[0])
    breakdowns, entities = _answer(known, (start, end), basis, review, hidden)
    whole = breakdowns["kind"].whole
    return Summary(
        quarter=quarter,
        basis=basis,
        review=review,
        whole=whole,
        entities=entities if whole is not None else None,
        breakdowns=breakdowns,
    )


def _keep(hidden: dict[str, set[str]], found: Summary | Mapping[str, Counts]) -> None:
    """Notes what an answer keeps back."""
    for name, counts in (found.breakdowns if isinstance(found, Summary) else found).items():
        hidden.setdefault(name, set()).update(cell for cell, count in counts.cells.items() if count is None)


def _answer(
    known: Sequence[Found], span: tuple[datetime, datetime], basis: Basis, review: Review,
    hidden: Mapping[str, Collection[str]],
) -> tuple[Mapping[str, Counts], int | None]:  # fmt: skip
    """The breakdowns of one question and how many entities; `hidden` is what wider ones keep back."""
    mine = [each for each in known if _falls(each, basis, *span)]
    chosen = [each for each in mine if review in each.reviewed]
    wider = REVIEWS[: REVIEWS.index(review)]
    others = [[each for each in mine if one in each.reviewed and review not in each.reviewed] for one in wider]
    if basis == "incident":
        others += [[each for each in known if review in each.reviewed and _crosses(each, at)] for at in span]
    tallies = {}
    for name, (of, adds_up) in _BREAKDOWNS.items():
        cells, *differ = [_tally(of(each.counted) for each in found) for found in (chosen, *others)]
        tallies[name] = Tally(cells, adds_up, tuple(differ), frozenset(hidden.get(name, ())))
    entities = _entities(chosen)
    differ_ = [len(_entities(found) - entities) for found in others]
    is_told = not any(0 < each < LEAST for each in (len(entities), *differ_))
    return suppressed(tallies, len(chosen), tuple(map(len, others))), len(entities) if is_told else None


def looked_at(fold: Fold) -> Found:
    """A case as every question about it sees it."""
    at: dict[Basis, datetime | None] = {each: dated(fold, each) for each in BASES}
    return Found(counted(fold), at, tuple(each for each in REVIEWS if _is_reviewed(fold, each)))


def _falls(each: Found, basis: Basis, start: datetime, end: datetime) -> bool:
    at = each.at[basis]
    return at is not None and start <= at < end


def _crosses(each: Found, at: datetime) -> bool:
    """Whether a case lies on one side of a moment by its incident and on the other by its report."""
    incident, report = each.at["incident"], each.at["report"]
    return incident is not None and report is not None and (incident < at) != (report < at)


def _entities(found: Iterable[Found]) -> set[str]:
    return {each for one in found for each in one.counted.entities}


def dated(fold: Fold, basis: Basis) -> datetime | None:
    """When a case counts: of its first report (where none is filed, of its opening), or of the incident itself."""
    if basis == "incident":
        found = next((fold.state.facts[name] for name in ("started_at", "detected_at", "aware_at")
                      if name in fold.state.facts), None)  # fmt: skip
        return None if found is None else datetime.fromisoformat(str(found)).astimezone(UTC)
    filed = [each.at for filings in fold.state.submissions.values() for each in filings]
    return moment(min(filed)) if filed else datetime.fromisoformat(fold.case.created).astimezone(UTC)


def counted(fold: Fold) -> Counted:
    """What is counted of a case."""
    known = fold.known()
    kind = str(known.get("kind") or "not-said")
    if kind == "incident" and known.get("significant"):
        kind = "significant-incident"
    border: Any = known.get("cross_border")
    return Counted(
        kind=kind,
        severity=str(known.get("severity") or "not-said"),
        root_cause=str(known.get("root_cause") or "not-said"),
        level=str(known.get("level") or "not-said"),
        cross_border="not-said" if border is None else "yes" if border else "no",
        timeliness=_timeliness(fold),
        sectors=tuple(known.get("sectors") or ()),
        classes=tuple(dict.fromkeys(each.partition(":")[0] for each in known.get("rsit") or ())),
        entities=tuple(fold.state.holders("affected-entity")),
    )


def as_csv(found: Summary) -> str:
    """The summary as a table: breakdown, cell, count; what is kept back says so."""
    head = (found.quarter, found.basis, found.review)
    rows: list[tuple[str, ...]] = [("quarter", "basis", "review", "breakdown", "cell", "count")]
    rows += [(*head, "whole", "", shown(found.whole)), (*head, "entities", "", shown(found.entities))]
    for name, counts in found.breakdowns.items():
        rows += [(*head, name, cell, shown(count)) for cell, count in counts.cells.items()]
    return csv_of(rows)


def shown(count: int | None) -> str:
    """A count, or that it is kept back: a small one, or one by which a small one could be worked out."""
    return "kept back" if count is None else str(count)


def _tally(found: Iterable[Iterable[str]]) -> dict[str, int]:
    return dict(sorted(Counter(chain.from_iterable(found)).items()))


def _is_reviewed(fold: Fold, review: Review) -> bool:
    filings = [each for one in fold.state.submissions.values() for each in one]
    match review:
        case "any":
            return True
        case "filed":
            return bool(filings)
        case "accepted":
            return any(each.review == "accepted" for each in filings)


def _timeliness(fold: Fold) -> str:
    """Whether the first report of the stages came in time."""
    for each in owed(fold):
        if each.deadline in {"early-warning", "notification", "notification-trust"} and each.met is not None:
            return "on-time" if each.due is None or each.met <= each.due else "late"
    return "not-filed"
