"""How the worth of a value went and will go: at each moment what was known by then, and from now on what is left if
nobody says anything new. A score of the past is made by the same rule as that of today."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from egnatia.cyber.intel.sameness import Chorus, evidence_at
from egnatia.cyber.intel.score import Reliability, decay_of, score

Happening = Literal["said", "renewed", "taken-back", "seen", "doubted", "confirmed"]

STEPS: Final = 60
"""The moments of a course, besides those at which something happened."""

MARKS: Final = 40
"""The most happenings that are told, the newest."""

LIFETIMES: Final = 2
"""How many lifetimes of its kind a course goes back at most."""

_INSTANT: Final = timedelta(seconds=1)
_VOTES: Final[Mapping[str, Happening]] = {
    "strongly-disagree": "doubted",
    "disagree": "doubted",
    "agree": "confirmed",
    "strongly-agree": "confirmed",
}


class Mark(msgspec.Struct, frozen=True):
    """Something that changed what a value is worth: when, what, by whom, and what it was worth then."""

    at: datetime
    what: Happening
    by: str
    score: int


class Course(msgspec.Struct, frozen=True):
    """The worth of a value over time, the earliest first, from when it was first said to when nothing is left of it;
    `last` is when it was confirmed last, `left` the share that is left of its worth then."""

    points: tuple[tuple[datetime, int], ...]
    marks: tuple[Mark, ...]
    now: datetime
    last: datetime
    left: float


def course(chorus: Chorus, now: datetime, reliabilities: Mapping[str, Reliability] = {}) -> Course | None:
    """The course of one value; None where nobody says it any more. What a clock ahead of ours said is known now."""
    evidence = evidence_at(chorus, None, reliabilities)
    if not evidence.sources:
        return None
    said = [*(each.at for each in evidence.sources), *(each.at for each in evidence.seen)]
    last = max((at for at in said if at <= now), default=now)
    lifetime = decay_of(evidence.kind).lifetime
    gone = min(last + lifetime, evidence.ends) if evidence.ends is not None else last + lifetime
    happened = sorted({(min(at, now), what, by) for at, what, by in _happened(chorus)})
    first = max(happened[0][0], now - LIFETIMES * lifetime)
    told = [each for each in happened if each[0] >= first][-MARKS:]
    end = max(gone, now + _INSTANT)
    moments = {
        first,
        now,
        end,
        gone,
        gone - _INSTANT,
        *(at for at, _, _ in told),
        *(at - _INSTANT for at, _, _ in told),
    }
    moments |= {first + (end - first) * step / STEPS for step in range(STEPS)}

    def worth(at: datetime) -> int:
        return score(evidence_at(chorus, at if at < now else None, reliabilities), at).value

    left = score(evidence, now).value / max(score(evidence, last).value, 1)
    return Course(
        tuple((at, worth(at)) for at in sorted(moments) if first <= at <= end),
        tuple(Mark(at, what, by, worth(at)) for at, what, by in told),
        now,
        last,
        min(left, 1.0),
    )


def _happened(chorus: Chorus) -> Iterator[tuple[datetime, Happening, str]]:
    for voice in chorus.voices:
        yield voice.first, "said", voice.source
        if voice.revoked:
            yield voice.at, "taken-back", voice.source
        elif voice.at > voice.first:
            yield voice.at, "renewed", voice.source
    yield from _days((each.at, each.organisation) for each in chorus.seen)
    for vote in chorus.votes:
        if vote.at is not None and vote.opinion in _VOTES:
            yield vote.at, _VOTES[vote.opinion], vote.organisation


def _days(seen: Iterable[tuple[datetime, str]]) -> Iterator[tuple[datetime, Happening, str]]:
    """Of what one organisation saw on one day, the last."""
    last: dict[tuple[str, str], datetime] = {}
    for at, who in seen:
        day = (who, f"{at:%Y-%m-%d}")
        last[day] = max(last.get(day, at), at)
    for (who, _), at in last.items():
        yield at, "seen", who
