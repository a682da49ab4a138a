"""The quarterly summary: what falls into a quarter, what is counted, and that it names nobody."""

from typing import Any

import msgspec
import pytest
from tests.cyber.building import CSIRT, ENTITY, NOTICE, WARNING, Matter, instant

from egnatia.casework.fold import Fold
from egnatia.cyber.incidents.summary import as_csv, bounds, counted, summary


def matter(**facts: Any) -> Fold:
    made = Matter(**{"malicious_access": True, "sectors": ["energy"], "rsit": ["availability:outage"], **facts})
    made.file(20, "early-warning", **WARNING)
    return made.fold


def test_a_quarter_is_that_of_the_calendar() -> None:
    assert [each.isoformat()[:10] for each in bounds("2026-Q1")] == ["2026-01-01", "2026-04-01"]
    assert [each.isoformat()[:10] for each in bounds("2026-Q4")] == ["2026-10-01", "2027-01-01"]


@pytest.mark.parametrize("quarter", ["", "2026", "2026-Q5", "2026-q1", "0001-Q1", "99999-Q1", "2026-Q1\n"])
def test_what_is_no_quarter_is_refused(quarter: str) -> None:
    with pytest.raises(ValueError, match="a quarter is written as"):
        bounds(quarter)


def test_significant_incidents_incidents_threats_and_near_misses_are_counted_apart() -> None:
    """23(9): anonymised, aggregated: significant incidents, incidents, cyber threats, near misses."""
    cases = [matter() for _ in range(4)]
    cases += [matter(severity="green", malicious_access=False) for _ in range(5)]
    cases += [matter(kind="near-miss") for _ in range(3)] + [matter(kind="cyber-threat") for _ in range(6)]
    found = summary(cases, "2026-Q1")
    assert found.breakdowns["kind"].cells == {
        "cyber-threat": 6, "incident": 5, "near-miss": 3, "significant-incident": 4,
    }  # fmt: skip
    assert found.whole == 18


def test_the_period_goes_by_the_report_or_by_the_incident() -> None:
    """Export filters: review status, period basis (report date vs incident date)."""
    cases = [matter(started_at="2025-12-30T08:00:00Z") for _ in range(3)]
    assert summary(cases, "2026-Q1", basis="report").whole == 3
    assert summary(cases, "2026-Q1", basis="incident").whole == 0
    assert summary(cases, "2025-Q4", basis="incident").whole == 3


def test_only_accepted_reports_are_counted_where_that_is_asked() -> None:
    made = [Matter() for _ in range(7)]
    for each in made[:3]:
        filed = each.file(20, "early-warning", "notification", **NOTICE)
        each.do(CSIRT, "review", 30, filed.id, outcome="accepted")
    folds = [each.fold for each in made]
    assert summary(folds, "2026-Q1", review="accepted").whole == 3
    assert summary(folds, "2026-Q1", review="filed").whole == 3
    assert summary(folds, "2026-Q1", review="any").whole == 7


def test_nobody_is_named_and_entities_are_a_number() -> None:
    """pseudonymise contacts."""
    cases = [matter(description=f"at {ENTITY}, call +382 20 000 000") for _ in range(5)]
    found = summary(cases, "2026-Q1")
    told = msgspec.json.encode(found).decode() + as_csv(found)
    for secret in (ENTITY, CSIRT, "+382", "Ransomware", cases[0].case.id):
        assert secret not in told
    assert found.entities is None


def test_small_counts_are_kept_back_with_the_whole_where_they_could_be_worked_out() -> None:
    alone = summary([matter()], "2026-Q1")
    assert alone.whole is None
    assert all(count in {None, 0} for each in alone.breakdowns.values() for count in each.cells.values())
    assert "kept back" in as_csv(alone)
    mixed = summary([matter() for _ in range(9)] + [matter(severity="green")], "2026-Q1")
    assert mixed.breakdowns["severity"].cells == {"green": None, "red": None}


def test_timeliness_is_that_of_the_first_report() -> None:
    late = Matter()
    late.file(90, "early-warning", **WARNING)
    assert counted(late.fold).timeliness == "late"
    assert counted(matter()).timeliness == "on-time"
    assert counted(Matter().fold).timeliness == "not-filed"
    assert counted(Matter(started_at=instant(-5)).fold).cross_border == "not-said"
