"""Hours are absolute, months belong to a calendar and a place, working days to an economy."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.casework.holiday import ZONES, is_working_day, public_holidays, working_days_later, zone_of
from egnatia.casework.span import NEVER, Span, end_of, later, span

PODGORICA = ZoneInfo("Europe/Podgorica")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PT24H", Span(seconds=86_400)),
        ("PT72H", Span(seconds=259_200)),
        ("P1M", Span(months=1)),
        ("P1Y2M3W4DT5H6M7S", Span(14, 25, 18_367)),
        ("-PT4H", Span(seconds=14_400, sign=-1)),
    ],
)
def test_iso_8601_durations_are_read(text: str, found: Span) -> None:
    assert span(text) == found


@pytest.mark.parametrize("text", ["", "P", "PT", "1M", "P1.5M", "P-1M", "P1H", "PT1D", "P99999D", "p1m", "P1MT"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ISO 8601|too long"):
        span(text)


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        # "P1M from 31 Jan -> 28/29 Feb; from 30 Jan in a leap year -> 29 Feb."
        ("2026-01-31T12:00:00+01:00", "P1M", "2026-02-28T12:00:00+01:00"),
        ("2028-01-31T12:00:00+01:00", "P1M", "2028-02-29T12:00:00+01:00"),
        ("2028-01-30T12:00:00+01:00", "P1M", "2028-02-29T12:00:00+01:00"),
        ("2026-03-15T12:00:00+01:00", "P1M", "2026-04-15T12:00:00+02:00"),
        ("2026-12-31T12:00:00+01:00", "P2M", "2027-02-28T12:00:00+01:00"),
        # "DST-safe: hours are absolute; months are calendar in the *authority's* zone."
        ("2026-03-28T12:00:00+01:00", "PT24H", "2026-03-29T13:00:00+02:00"),
        ("2026-10-24T12:00:00+02:00", "PT24H", "2026-10-25T11:00:00+01:00"),
        ("2026-03-28T12:00:00+01:00", "P1D", "2026-03-29T12:00:00+02:00"),
        # The authority's day counts: in UTC it is still January there.
        ("2026-01-31T23:30:00+00:00", "P1M", "2026-03-01T00:30:00+01:00"),
        # A time that the clocks skip is the moment after the skip.
        ("2026-02-28T02:30:00+01:00", "P29D", "2026-03-29T03:30:00+02:00"),
        ("2026-03-31T12:00:00+02:00", "-P1M", "2026-02-28T12:00:00+01:00"),
    ],
)
def test_lengths_of_time_on_the_clocks_of_montenegro(start: str, length: str, end: str) -> None:
    assert later(at(start), span(length), PODGORICA) == at(end)


def test_beyond_the_calendar_it_never_comes() -> None:
    assert later(datetime(9999, 12, 31, tzinfo=UTC), span("P1M"), UTC) == NEVER


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001  the zone follows
    st.integers(0, 500),
    st.sampled_from(sorted(ZONES)),
)
def test_hours_are_the_same_everywhere_and_months_never_leave_their_month(
    moment: datetime, count: int, economy: str
) -> None:
    start, zone = moment.replace(tzinfo=UTC), zone_of(economy)
    assert later(start, Span(seconds=count * 3_600), zone) - start == timedelta(hours=count)
    before, after = start.astimezone(zone), later(start, Span(months=count), zone).astimezone(zone)
    assert (after.year * 12 + after.month) - (before.year * 12 + before.month) == count
    assert after.day <= before.day


@pytest.mark.parametrize("economy", ["AL", "BA", "XK", "ME", "MK", "RS"])
@pytest.mark.parametrize("year", [2025, 2026, 2027, 2030])
def test_each_economy_keeps_its_public_holidays(economy: str, year: int) -> None:
    found = public_holidays(economy, year)
    assert date(year, 1, 1) in found
    assert date(year, 5, 1) in found
    assert len(found) >= 8


def test_an_economy_that_nobody_keeps_holidays_of_has_none() -> None:
    assert public_holidays("other", 2026) == {}
    assert is_working_day(date(2026, 1, 1), "regional")
    assert not is_working_day(date(2026, 1, 3), "regional")


@pytest.mark.parametrize(
    ("economy", "start", "count", "end"),
    [
        ("ME", date(2026, 7, 10), 1, date(2026, 7, 15)),  # Statehood Day, 13 and 14 July
        ("AL", date(2026, 7, 10), 1, date(2026, 7, 13)),
        ("MK", date(2026, 12, 7), 1, date(2026, 12, 9)),  # Saint Clement of Ohrid, 8 December
        ("RS", date(2026, 11, 10), 1, date(2026, 11, 12)),  # Armistice Day
        ("XK", date(2026, 2, 16), 1, date(2026, 2, 18)),  # 17 February
        ("BA", date(2026, 4, 30), 1, date(2026, 5, 4)),  # 1 May and the weekend
        ("AL", date(2026, 11, 27), 1, date(2026, 12, 2)),  # two holidays on a weekend, observed after it
        ("ME", date(2026, 7, 10), 0, date(2026, 7, 10)),
    ],
)
def test_working_days_leave_out_weekends_and_public_holidays(economy: str, start: date, count: int, end: date) -> None:
    assert working_days_later(start, count, economy) == end


def test_a_day_is_over_at_its_midnight() -> None:
    assert end_of(date(2026, 3, 29), PODGORICA) == at("2026-03-30T00:00:00+02:00")
