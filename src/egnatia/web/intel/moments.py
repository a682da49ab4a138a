"""When what is shown happened: each record on a line of its type, along one axis of time. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from egnatia.exchange.directory import moment
from egnatia.store import Row
from egnatia.web.intel.canvas import FAMILIES
from egnatia.web.language import Speech
from egnatia.web.record.faces import kind_words
from egnatia.web.record.name import decoded, name_of

WHEN: Final = (
    "first_observed", "first_seen", "start_time", "published", "valid_from", "submitted", "aware_at", "created",
)  # fmt: skip
"""The properties that say when a thing happened, the most telling first."""

ENDS: Final = {"first_seen": "last_seen", "first_observed": "last_observed"}
LEFT: Final = 190
WIDTH: Final = 960
LANE: Final = 28
TICKS: Final = 6


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When one record happened, microseconds UTC, and where it lies; `until_x` is where it ends, as far as it says."""

    id: str
    title: str
    kind: str
    family: str
    at: int
    x: int
    y: int
    until_x: int

    @property
    def href(self) -> str:
        """The page of the record."""
        return f"/records/{self.id}"


class Lane(msgspec.Struct, frozen=True):
    """The line of one type."""

    words: str
    y: int


class Tick(msgspec.Struct, frozen=True):
    """A day on the axis, or an hour of one."""

    x: int
    words: str


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """The whole drawing; `moments` are in the order of time."""

    width: int
    height: int
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    moments: tuple[Moment, ...]


def times(rows: Iterable[Row], speech: Speech) -> Times | None:
    """The records that say when they happened; None where fewer than two do."""
    told = [(row, stix, began) for row in rows for stix in (decoded(row),) if (began := began_at(stix)) is not None]
    if len(told) < 2:
        return None
    told.sort(key=lambda each: each[2])
    first, last = told[0][2], max(told[-1][2], told[0][2] + timedelta(hours=1))
    lanes = {kind: number for number, kind in enumerate(dict.fromkeys(row.type for row, _, _ in told))}

    def x(at: datetime) -> int:
        return LEFT + round((WIDTH - LEFT - 12) * max(0.0, min(1.0, (at - first) / (last - first))))

    moments = []
    for row, stix, began in told:
        ended = ended_at(stix)
        moments.append(
            Moment(
                id=row.id,
                title=name_of(stix, speech),
                kind=speech.gettext(kind_words(row.type)),
                family=FAMILIES.get(row.type, "word"),
                at=int(began.timestamp() * 1_000_000),
                x=x(began),
                y=lanes[row.type] * LANE + 20,
                until_x=x(ended) if ended is not None and ended > began else x(began),
            )
        )
    # All at one moment need one tick; of few days each tick has its hour as well.
    spots = [first + (last - first) * number / (TICKS - 1) for number in range(TICKS if told[-1][2] > first else 1)]
    has_days = last - first >= timedelta(days=TICKS - 1)
    return Times(
        width=WIDTH,
        height=len(lanes) * LANE + 34,
        lanes=tuple(Lane(speech.gettext(kind_words(kind)), at * LANE + 20) for kind, at in lanes.items()),
        ticks=tuple(Tick(x(at), speech.day(at) if has_days else speech.moment(at, "d MMM, HH:mm")) for at in spots),
        moments=tuple(moments),
    )


def began_at(stix: dict[str, Any]) -> datetime | None:
    """When the thing happened, or was first told of; None where the record does not say."""
    return next((_read(stix[name]) for name in WHEN if isinstance(stix.get(name), str)), None)


def ended_at(stix: dict[str, Any]) -> datetime | None:
    """When it ended, where it says so."""
    return next((_read(stix[end]) for start, end in ENDS.items() if start in stix and end in stix), None)


def _read(text: str) -> datetime | None:
    try:
        return moment(text)
    except ValueError:
        return None
