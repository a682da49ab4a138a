"""The quarterly summary of incidents, anonymised and aggregated (NIS2 Article 23(9)).

It counts what an organisation may see of its incidents, real ones alone. It names nobody: organisations and contacts
appear only as a number of notifying entities, and counts below three are kept back.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from egnatia.casework.clock import moment, owed
from egnatia.casework.fold import Fold
from egnatia.casework.registry import Registry, Unknown
from egnatia.cyber.incidents.protocol import is_incident
from egnatia.cyber.incidents.suppression import LEAST, Counts, suppressed
from egnatia.policy import Clearance

Basis = Literal["report", "incident"]
Review = Literal["any", "filed", "accepted"]
MOST: Final = 20_000
"""Cases that one summary looks at."""

_PAGE: Final = 500
_QUARTER: Final = re.compile(r"(\d{4})-Q([1-4])")
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


def summary(cases: Iterable[Fold], quarter: str, *, basis: Basis = "report", review: Review = "any") -> Summary:
    """The counts of a quarter: cases whose first report (or whose incident) falls into it, with a report in that state
    of review."""
    start, end = bounds(quarter)
    found = [
        counted(fold)
        for fold in cases
        if (at := dated(fold, basis)) is not None and start <= at < end and _is_reviewed(fold, review)
    ]
    whole = len(found)
    entities = len({each for one in found for each in one.entities})
    singles: Mapping[str, Callable[[Counted], str]] = {
        "kind": lambda one: one.kind,
        "severity": lambda one: one.severity,
        "root_cause": lambda one: one.root_cause,
        "level": lambda one: one.level,
        "cross_border": lambda one: one.cross_border,
        "timeliness": lambda one: one.timeliness,
    }
    breakdowns = {name: suppressed(_tally([of(one)] for one in found), whole) for name, of in singles.items()}
    for name, many in (("sectors", [one.sectors for one in found]), ("rsit", [one.classes for one in found])):
        breakdowns[name] = suppressed(_tally(many), whole, adds_up=False)
    is_hidden = any(each.whole is None for each in breakdowns.values())
    return Summary(
        quarter=quarter,
        basis=basis,
        review=review,
        whole=None if is_hidden else whole,
        entities=None if 0 < entities < LEAST else entities,
        breakdowns={
            name: msgspec.structs.replace(each, whole=None) if is_hidden else each for name, each in breakdowns.items()
        },
    )


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
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("quarter", "basis", "review", "breakdown", "cell", "count"))
    head = (found.quarter, found.basis, found.review)
    writer.writerow((*head, "whole", "", shown(found.whole)))
    writer.writerow((*head, "entities", "", shown(found.entities)))
    for name, counts in found.breakdowns.items():
        for cell, count in counts.cells.items():
            writer.writerow((*head, name, cell, shown(count)))
    return out.getvalue()


def shown(count: int | None) -> str:
    """A count, or that it is kept back: a small one, or one by which a small one could be worked out."""
    return "kept back" if count is None else str(count)


def _tally(found: Iterable[Iterable[str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in found:
        for cell in each:
            counts[cell] = counts.get(cell, 0) + 1
    return dict(sorted(counts.items()))


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
