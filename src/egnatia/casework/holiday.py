"""Working days by economy: Monday to Friday without the public holidays, from a kept library.

Economies that the library does not know (a regional body, `other`) keep no public holidays: their deadlines are never
later than anybody's. Where the holidays of an economy differ by entity (BA), those of the whole economy count.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

ZONES: Final = {
    "AL": ZoneInfo("Europe/Tirane"),
    "BA": ZoneInfo("Europe/Sarajevo"),
    "XK": ZoneInfo("Europe/Belgrade"),  # the time zone database has no entry of its own; the clocks agree
    "ME": ZoneInfo("Europe/Podgorica"),
    "MK": ZoneInfo("Europe/Skopje"),
    "RS": ZoneInfo("Europe/Belgrade"),
}
"""The clocks of each economy."""

ELSEWHERE: Final = ZoneInfo("UTC")


def zone_of(economy: str) -> ZoneInfo:
    """The time zone of an economy; UTC for whom has none."""
    return ZONES.get(economy, ELSEWHERE)


@lru_cache(maxsize=256)
def public_holidays(economy: str, year: int) -> dict[date, str]:
    """The public holidays of an economy in a year, by their English names; empty where none are known."""
    if economy not in ZONES:
        return {}
    import holidays  # noqa: PLC0415  (every country's, 2 MB: for who has a deadline in working days)

    found = holidays.country_holidays(economy, years=year, language="en_US")
    return {day: name for day, name in found.items() if day.year == year}


def is_working_day(day: date, economy: str) -> bool:
    """Whether offices are open."""
    return day.weekday() < 5 and day not in public_holidays(economy, day.year)


def working_days_later(day: date, count: int, economy: str) -> date:
    """The working day that is `count` working days after `day`, which itself is not counted."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day, economy)
    return day


def working_day_from(day: date, economy: str) -> date:
    """`day`, or the next working day where it is none."""
    while not is_working_day(day, economy):
        day += timedelta(days=1)
    return day
