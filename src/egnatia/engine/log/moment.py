"""When a line of a log says that it was; logs that name no zone are in UTC."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

_SECONDS: Final = re.compile(r"\d{9,10}(?:\.\d+)?")
_MILLISECONDS: Final = re.compile(r"\d{13}")
_FORMS: Final = ("%d/%b/%Y:%H:%M:%S %z", "%d-%b-%Y %H:%M:%S.%f", "%d-%b-%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S")


@lru_cache(maxsize=4_096)
def moment(text: str) -> datetime | None:
    """The moment, in UTC; None for what is none."""
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
    return None


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
