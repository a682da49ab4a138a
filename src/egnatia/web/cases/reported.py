"""The report from which a case was opened: known here alone, to those who look through reports."""

import time
from collections.abc import Iterator

from egnatia.web.intake.tip import OPEN, Tips
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit


def settle_with(visit: Visit, report: str, case: str) -> None:
    """The report has become this case; nothing happens where it is none that the visitor may settle."""
    tips = _tips(visit)
    found = tips.get(report) if tips is not None else None
    if tips is not None and found is not None and found.state in OPEN:
        now = time.time_ns() // 1_000
        tips.become(found, visit.visitor.login, case, now, organisation=visit.visitor.organisation or "")


def report_of(visit: Visit, case: str) -> Iterator[tuple[str, str]]:
    """The way to the report, for who may go it."""
    tips = _tips(visit)
    found = tips.of_case(case) if tips is not None else None
    if found is not None:
        yield f"/triage/{found.id}", N_("The report that it came from")


def _tips(visit: Visit) -> Tips | None:
    may = visit.visitor.may(Permission.TRIAGE) and visit.visitor.organisation == visit.premises.own
    return Tips(visit.store, visit.premises.secret) if may else None
