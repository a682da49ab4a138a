"""Lengths of time: hours are absolute, days and months belong to a calendar and a place.

31 January and one month is the last day of February. `PT24H` is 24 hours also where a clock is set back that night.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, Literal

import msgspec

_ISO: Final = re.compile(
    r"(?P<sign>-)?P(?=[0-9T])(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
LIMIT: Final = 9_999
"""Of each part: nothing in any law is longer."""


class Span(msgspec.Struct, frozen=True):
    """An ISO 8601 duration as its calendar part and its absolute part; `sign` is -1 for one that lies before."""

    months: int = 0
    days: int = 0
    seconds: int = 0
    sign: Literal[1, -1] = 1


def span(text: str) -> Span:
    """The span that `text` (`PT24H`, `P1M`, `-PT4H`) says; raises ValueError for what is none."""
    found = _ISO.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an ISO 8601 duration such as PT24H or P1M")
    sign: Literal[1, -1] = -1 if found["sign"] else 1
    part = {name: int(value or 0) for name, value in found.groupdict().items() if name != "sign"}
    if max(part.values()) > LIMIT:
        raise ValueError(f"{text!r} is too long")
    seconds = part["hours"] * 3_600 + part["minutes"] * 60 + part["seconds"]
    return Span(part["years"] * 12 + part["months"], part["weeks"] * 7 + part["days"], seconds, sign)


NEVER: Final = datetime(9999, 12, 1, tzinfo=UTC)
"""Where a length of time leads beyond what a calendar holds."""


def later(moment: datetime, length: Span, zone: tzinfo) -> datetime:
    """`moment` (with its zone) and `length` after it, in UTC; calendar parts are counted on the clocks of `zone`."""
    try:
        return _later(moment, length, zone)
    except (ValueError, OverflowError):
        return NEVER


def _later(moment: datetime, length: Span, zone: tzinfo) -> datetime:
    if length.months or length.days:
        local = moment.astimezone(zone)
        day = month_later(local.date(), length.sign * length.months) + timedelta(days=length.sign * length.days)
        # What the clocks skip is read as the moment after the skip; of what comes twice the first counts.
        moment = datetime.combine(day, local.time().replace(fold=0), tzinfo=zone)
    return moment.astimezone(UTC) + timedelta(seconds=length.sign * length.seconds)


def month_later(day: date, months: int) -> date:
    """The same day of the month some months later, or that month's last."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def end_of(day: date, zone: tzinfo) -> datetime:
    """The moment a day is over, in UTC: the midnight that follows it."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
