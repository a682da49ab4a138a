"""By when somebody owes something, from the state of a case: a pure function of what was said and done.

Two axes that never mix: timeliness (not due, on time, late, overdue) and review (draft to accepted). Whether a report
was in time is told by its first filing; the clocks that start with its acceptance start with the first filing that was
not sent back, so no later version moves them.
"""

import enum
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from egnatia.casework.fold import Fold
from egnatia.casework.holiday import working_day_from, working_days_later, zone_of
from egnatia.casework.rulebook import Rulebook
from egnatia.casework.span import NEVER, end_of, later, span
from egnatia.casework.state import CaseState, Stop, Submission
from egnatia.casework.workflow import Deadline
from egnatia.record.instant import version_of


class Timeliness(enum.StrEnum):
    """Whether it comes when it is owed."""

    NOT_DUE = "not-due"
    ON_TIME = "on-time"
    LATE = "late"
    OVERDUE = "overdue"


class Review(enum.StrEnum):
    """How far the newest version of a report is; what is no report is never reviewed."""

    NONE = "none"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under-review"
    REVISION_REQUIRED = "revision-required"
    ACCEPTED = "accepted"


class Owed(msgspec.Struct, frozen=True):
    """One thing that is owed. `due` is None while the clock stands still or waits for a fact; `lawful` is when
    it was due before anybody gave more time; `by` and `to` are the parties that hold the roles now."""

    deadline: str
    title: str
    start: datetime
    due: datetime | None
    lawful: datetime | None
    met: datetime | None
    review: Review
    by: tuple[str, ...]
    to: tuple[str, ...]
    stopped: bool = False
    reason: str = ""

    def timeliness(self, now: datetime) -> Timeliness:
        """How it stands at a moment."""
        if self.met is not None:
            return Timeliness.ON_TIME if self.due is None or self.met <= self.due else Timeliness.LATE
        return Timeliness.OVERDUE if self.due is not None and now > self.due else Timeliness.NOT_DUE


class Reminder(msgspec.Struct, frozen=True):
    """When somebody is to be reminded of what is owed; `offset` is the declared one, before or after it is due."""

    at: datetime
    owed: Owed
    offset: str


def owed(fold: Fold) -> list[Owed]:
    """Everything that is or was owed in a case, in the order of the declared deadlines."""
    clock = Clock(fold.book, fold.state, fold.known())
    return [each for deadline in fold.book.workflow.deadlines for each in clock.owed(deadline)]


def open_only(fold: Fold) -> list[Owed]:
    """What is owed still; nothing in a case that is over or goes on in another."""
    if fold.state.state in fold.book.final or fold.state.merged:
        return []
    return [each for each in owed(fold) if each.met is None]


def reminders(book: Rulebook, everything: Sequence[Owed], since: datetime, until: datetime) -> list[Reminder]:
    """The reminders that fall after `since` and not after `until`, of what was not done by then."""
    found = []
    for each in everything:
        for offset in book.deadlines[each.deadline].remind if each.due is not None else ():
            at = later(each.due or NEVER, span(offset), UTC)
            if since < at <= until and (each.met is None or each.met > at):
                found.append(Reminder(at, each, offset))
    return sorted(found, key=lambda one: (one.at, one.owed.deadline))


def moment(text: str) -> datetime:
    """A moment of a state or a field (UTC) to the microsecond; a leap second counts as the one before."""
    said = version_of(text if text.endswith("Z") else f"{text}Z")[:26]
    return datetime.fromisoformat(said.replace(":60.", ":59.")).replace(tzinfo=UTC)


class Clock:
    """The clocks of one case at one state."""

    def __init__(self, book: Rulebook, state: CaseState, known: Mapping[str, Any]) -> None:
        self.book, self.state, self.known = book, state, known

    def owed(self, deadline: Deadline) -> Iterator[Owed]:
        """What one deadline asks: nothing, once, or once for each start where it repeats."""
        rule = self.book.rule("deadline", deadline.name)
        if rule is not None and not rule.holds(self.known):
            return
        starts = self._starts(deadline)
        for place, start in enumerate(starts):
            met = self._met(deadline, start)
            further = place == len(starts) - 1
            if deadline.instead_of:
                if not self._deferred(self.book.deadlines[deadline.instead_of], start):
                    continue
                yield self._owed(deadline, start, self._after(deadline, start), met, further)
            elif deadline.deferred_by:
                yield self._after_handling(deadline, start, met)
            else:
                yield self._owed(deadline, start, self._after(deadline, start), met, further)

    def _after_handling(self, deadline: Deadline, start: datetime, met: datetime | None) -> Owed:
        """Due as declared where the fact it waits for came in time, else once more after that fact."""
        if not self._deferred(deadline, start):
            return self._owed(deadline, start, self._after(deadline, start), met, True)
        fact = self.state.facts.get(deadline.deferred_by)
        if fact is None:
            return self._owed(deadline, start, self._after(deadline, start) if met else None, met, True)
        return self._owed(deadline, moment(fact), self._after(deadline, moment(fact)), met, True)

    def _deferred(self, deadline: Deadline, start: datetime) -> bool:
        fact = self.state.facts.get(deadline.deferred_by)
        return fact is None or moment(fact) > self._after(deadline, start)

    def _owed(
        self, deadline: Deadline, start: datetime, lawful: datetime | None, met: datetime | None, newest: bool
    ) -> Owed:
        due, stopped = self._shifted(deadline, start, lawful, met)
        more = self.state.extensions.get(deadline.name, []) if newest else []
        if due is not None and more:
            due = max(due, *(moment(each.until) for each in more))
        return Owed(
            deadline=deadline.name,
            title=deadline.title,
            start=start,
            due=due,
            lawful=lawful,
            met=met,
            review=self._review(deadline, start),
            by=tuple(self.state.holders(deadline.owed_by)),
            to=tuple(self.state.holders(deadline.owed_to)),
            stopped=stopped,
            reason=more[-1].reason if more else "",
        )

    def _starts(self, deadline: Deadline) -> list[datetime]:
        kind, _, name = deadline.starts.partition(":")
        match kind:
            case "fact":
                fact = self.state.facts.get(name)
                return [] if fact is None else [moment(fact)]
            case "step":
                done = [moment(at) for _, at in self.state.done.get(name, [])]
                return done if deadline.repeats else done[:1]
            case "filed":
                filed = self.state.submissions.get(name, [])
                return [moment(filed[0].at)] if filed else []
            case _:
                first = first_accepted(self.state.submissions.get(name, []))
                return [] if first is None else [moment(first.at)]

    def _met(self, deadline: Deadline, start: datetime) -> datetime | None:
        kind, _, name = deadline.met_by.partition(":")
        if kind == "step":
            return next((at for _, text in self.state.done.get(name, []) if (at := moment(text)) >= start), None)
        filed = self._filed(deadline, start)
        return moment(filed[0].at) if filed else None

    def _filed(self, deadline: Deadline, start: datetime) -> list[Submission]:
        """The versions that answer a start: all of them, those after it where each start asks anew."""
        filed = self.state.submissions.get(deadline.met_by.partition(":")[2], [])
        return [each for each in filed if moment(each.at) >= start] if deadline.repeats else filed

    def _review(self, deadline: Deadline, start: datetime) -> Review:
        if deadline.met_by.startswith("step:"):
            return Review.NONE
        filed = self._filed(deadline, start)
        return Review(filed[-1].review) if filed else Review.DRAFT

    def _after(self, deadline: Deadline, start: datetime) -> datetime:
        """When the time is up that starts at a moment, by the calendar of whom it is owed to."""
        economy = self._economy(deadline)
        zone = zone_of(economy)
        try:
            if deadline.working_days:
                local = start.astimezone(zone)
                day = working_days_later(local.date(), deadline.working_days, economy)
                due = datetime.combine(day, local.time().replace(fold=0), tzinfo=zone).astimezone(UTC)
            else:
                due = later(start, self.book.spans[deadline.within], zone)
            if deadline.ends == "moment":
                return due
            day = due.astimezone(zone).date()
            return end_of(working_day_from(day, economy) if deadline.ends == "working-day" else day, zone)
        except (ValueError, OverflowError):
            return NEVER

    def _economy(self, deadline: Deadline) -> str:
        for role in (deadline.owed_to, deadline.owed_by):
            for holder in self.state.holders(role):
                return self.state.parties[holder].economy
        return ""

    def _shifted(
        self, deadline: Deadline, start: datetime, due: datetime | None, met: datetime | None
    ) -> tuple[datetime | None, bool]:
        """When it is due with the time added for which its clock stood still, and whether it does now."""
        for stop in self.state.stops.get(deadline.name, []):
            begun = max(moment(stop.start), start)
            if due is None or begun >= due or (met is not None and begun >= met):
                continue
            length = _length(stop, begun)
            if length is None:
                return (due if met else None), met is None
            due = min(due + length, NEVER) if length < NEVER - due else NEVER
        return due, False


def first_accepted(filed: Sequence[Submission]) -> Submission | None:
    """The version of a report that counts for what starts with it: the first that was not sent back."""
    return next((each for each in filed if each.review != "revision-required"), None)


def _length(stop: Stop, begun: datetime) -> timedelta | None:
    """How long a clock stood still since `begun`; None while it does."""
    return max(moment(stop.end) - begun, _NONE) if stop.end else None


_NONE: Final = timedelta()
