"""When a line of a log says that it was; logs that name no zone are in UTC. Syslog names no year (RFC 3164 section
4.1.2): such a moment is in the year `NO_YEAR` until `in_year` says in which.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_SECONDS: Final = re.compile(r"\d{9,10}(?:\.\d+)?")
_MILLISECONDS: Final = re.compile(r"\d{13}")
_FORMS: Final = ("%d/%b/%Y:%H:%M:%S %z", "%d-%b-%Y %H:%M:%S.%f", "%d-%b-%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S")


NO_YEAR: Final = 1904
"""A leap year, in which nobody has kept a log."""

LONGEST: Final = 64
"""Letters that a moment has at most."""


def moment(text: str) -> datetime | None:
    """The moment, in UTC; None for what is none."""
    return _moment(text) if len(text) <= LONGEST else None


def in_year(at: datetime, now: datetime) -> datetime | None:
    """The moment with its year: the latest in which it is not later than `now`, but for a day. None where it is the
    29th of February of another year."""
    if at.year != NO_YEAR:
        return at
    try:
        this = at.replace(year=now.year)
        return this if this <= now + timedelta(days=1) else at.replace(year=now.year - 1)
    except ValueError:
        return None


@lru_cache(maxsize=4_096)
def _moment(text: str) -> datetime | None:
    text = text.strip()
    try:
        if _SECONDS.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        if _MILLISECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text) / 1_000, UTC)
        if text[:4].isdigit() and text[4:5] == "-":
            return _utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError, OSError):
        return None
    for form in _FORMS:
        try:
            return _utc(datetime.strptime(text, form))  # noqa: DTZ007  (UTC where no zone is named)
        except ValueError:
            continue
    try:
        return _utc(datetime.strptime(f"{NO_YEAR} {text}", "%Y %b %d %H:%M:%S"))  # noqa: DTZ007  (as above)
    except ValueError:
        return None


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
