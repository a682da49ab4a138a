"""Dependencies are brought up to date every three months at the latest."""

from datetime import date

from docs.overdue import is_overdue


def test_a_lock_is_overdue_after_three_months() -> None:
    day = date(2026, 1, 31)
    assert not is_overdue(day, day)
    assert not is_overdue(day, date(2026, 4, 30))
    assert is_overdue(day, date(2026, 5, 4))
