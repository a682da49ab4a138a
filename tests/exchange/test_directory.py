"""Timestamps of records as moments."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.directory import moment
from egnatia.record.instant import version_of

fractions = st.text("0123456789", max_size=12)


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)), fractions)  # noqa: DTZ001  (the zone is Z)
def test_a_timestamp_is_its_moment_to_the_microsecond(whole: datetime, fraction: str) -> None:
    whole = whole.replace(microsecond=0, tzinfo=UTC)
    said = f"{whole:%Y-%m-%dT%H:%M:%S}".zfill(19) + (f".{fraction}" if fraction else "") + "Z"
    assert moment(said) == whole + timedelta(microseconds=int(f"{fraction:0<6}"[:6]))


@pytest.mark.parametrize("leap", ["2016-12-31T23:59:60Z", "2016-12-31T23:59:60.000Z"])
def test_a_leap_second_is_the_second_before_it(leap: str) -> None:
    assert moment(leap) == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "2016-13-31T00:00:00Z", "2016-12-31T23:59:61Z"])
def test_what_is_no_timestamp_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(text)


@given(st.lists(st.datetimes(datetime(1000, 1, 1)), min_size=2, max_size=2))  # noqa: DTZ001  (the zone is Z)
def test_versions_stand_in_the_order_of_their_moments(two: list[datetime]) -> None:
    said = [f"{each:%Y-%m-%dT%H:%M:%S.%f}Z" for each in two]
    assert (moment(said[0]) < moment(said[1])) == (version_of(said[0]) < version_of(said[1]))
