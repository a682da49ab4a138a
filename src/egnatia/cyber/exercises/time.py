"""What time it is in an exercise: it follows from the steps of its facilitator, so every node folds the same."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from egnatia.casework.clock import moment
from egnatia.casework.fold import Fold

CONTROLS = frozenset({"begin", "hold", "go-on", "skip", "pace", "finish"})


class Mark(msgspec.Struct, frozen=True):
    """From a `real` moment on it is `simulated`, and goes on `speed` times as fast; 0 while it stands still."""

    real: datetime
    simulated: datetime
    speed: float

    def at(self, real: datetime) -> datetime:
        """The simulated moment at a real one; what lies before the mark counts as the mark."""
        return self.simulated + max(real - self.real, timedelta()) * self.speed


class Clock(msgspec.Struct, frozen=True):
    """The marks of one exercise, oldest first; none before it has begun."""

    marks: tuple[Mark, ...] = ()

    @property
    def begun(self) -> datetime | None:
        """When it began, in simulated time."""
        return self.marks[0].simulated if self.marks else None

    @property
    def speed(self) -> float:
        """How fast time goes now; 0 while it stands still."""
        return self.marks[-1].speed if self.marks else 0

    def at(self, real: datetime) -> datetime | None:
        """What time it is in the exercise at a real moment; None before it has begun."""
        found = None
        for mark in self.marks:
            if found is not None and mark.real > real:
                break
            found = mark
        return None if found is None else found.at(real)


class GameTime(msgspec.Struct, frozen=True):
    """What time it is in an exercise: `at` in microseconds UTC of simulated time, None before it has begun; `speed` 0
    while it stands still."""

    at: int | None
    speed: float


def clock_of(fold: Fold) -> Clock:
    """The clock that the steps of an exercise's own case make. What was refused moves nothing."""
    marks: list[Mark] = []
    pace = 1.0
    for event in fold.ordering:
        if event.does not in CONTROLS or event.id in fold.state.refused:
            continue
        real = moment(fold.ordering.keys[event.id][0])
        now = marks[-1].at(real) if marks else None
        match event.does:
            case "begin":
                pace = float(_fact(fold, event.fields, "speed"))
                marks.append(Mark(real, moment(_fact(fold, event.fields, "starts_at")), pace))
            case "skip" if now is not None:
                marks.append(Mark(real, now + timedelta(minutes=event.fields["minutes"]), marks[-1].speed))
            case "pace" if now is not None:
                pace = float(event.fields["speed"])
                marks.append(Mark(real, now, pace if marks[-1].speed else 0))
            case "go-on" if now is not None:
                marks.append(Mark(real, now, pace))
            case "hold" | "finish" if now is not None:
                marks.append(Mark(real, now, 0))
    return Clock(tuple(marks))


def _fact(fold: Fold, fields: Mapping[str, Any], name: str) -> str:
    """What a step says, or what was known before it."""
    said = fields.get(name)
    return str(said if said is not None else (fold.case.facts or {})[name])
