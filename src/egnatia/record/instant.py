"""A moment is RFC 3339 text in UTC; it is compared as text and never rounded."""

import re
from datetime import UTC, datetime, timedelta

_LOOSE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"\s?(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2}))?"
)


_DATE = (
    r"(?!0000)[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_TIME = r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_USUAL = re.compile(rf"{_DATE}{_TIME}(?:\.[0-9]+)?Z")

is_usual = _USUAL.fullmatch
"""A quick look that knows every timestamp but leap days and leap seconds."""
_ELSEWHERE = re.compile(rf"({_DATE}{_TIME}(?:\.[0-9]+)?)([+-])(0[0-9]|1[0-4]):([0-5][0-9])")
is_usual_and_precise = re.compile(rf"{_DATE}{_TIME}\.[0-9]{{3,}}Z").fullmatch


def is_instant(text: str) -> bool:
    """Whether `text` is a STIX timestamp: RFC 3339 with `Z`, a day that exists, leap seconds allowed."""
    return _USUAL.fullmatch(text) is not None or _is_leap(text)


def _is_leap(text: str) -> bool:
    if text[5:10] == "02-29":
        return _is_leap_year(text[:4]) and is_instant(text[:8] + "28" + text[10:])
    return text[11:19] == "23:59:60" and is_instant(text[:17] + "59" + text[19:])


def _is_leap_year(digits: str) -> bool:
    if not (digits.isascii() and digits.isdigit()):
        return False
    year = int(digits)
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def is_precise_instant(text: str) -> bool:
    """Whether `text` is a timestamp with at least three fraction digits, as `created` and `modified` must be."""
    return len(text) >= 24 and is_instant(text)


def utc_of(text: str) -> str | None:
    """The timestamp in UTC of one with an offset (`2026-03-28T13:00:00+01:00`); None for what is none."""
    match = _ELSEWHERE.fullmatch(text)
    if match is None:
        return None
    said, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        moment = datetime.fromisoformat(said[:19])
        utc = moment - offset if sign == "+" else moment + offset
    except (ValueError, OverflowError):
        return None
    return f"{utc.isoformat()}{said[19:]}Z"


def mend_instant(text: str) -> str | None:
    """The timestamp that `text` can only mean (no `Z`, an offset, a blank for the `T`), or None."""
    match = _LOOSE.fullmatch(text.strip())
    if match is None:
        return None
    day, time, fraction, _, sign, hours, minutes = match.groups()
    mended = f"{day}T{time}"
    if not is_instant(mended + "Z"):
        return None
    if sign is not None:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        try:
            moment = datetime.fromisoformat(mended).replace(tzinfo=UTC)
            mended = (moment - offset if sign == "+" else moment + offset).strftime("%Y-%m-%dT%H:%M:%S")
        except (ValueError, OverflowError):
            return None
    mended = f"{mended}.{fraction}Z" if fraction else mended + "Z"
    return mended if is_instant(mended) else None


def mend_precise_instant(text: str) -> str | None:
    """As `mend_instant`, with the fraction filled up to milliseconds."""
    mended = mend_instant(text)
    if mended is None or len(mended) >= 24:
        return mended
    return mended[:19] + "." + mended[20:-1].ljust(3, "0") + "Z"


def version_of(instant: str | None) -> str:
    """`instant` such that text order is time order: no `Z`, at least nine fraction digits; empty for none."""
    if not instant:
        return ""
    if len(instant) == 24:
        return f"{instant[:23]}000000"
    fraction = instant[20:-1]
    return f"{instant[:19]}.{fraction.rstrip('0') if len(fraction) > 9 else fraction:0<9}"
