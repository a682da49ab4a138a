"""Who is to be told of what happens in a case: a pure function of the case, one event of it, or the moment."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from egnatia.casework.clock import Owed, Reminder, open_only, reminders
from egnatia.casework.event import Event
from egnatia.casework.fold import Fold
from egnatia.casework.state import Task
from egnatia.exchange.notice import Kind

_MENTION: Final = re.compile(r"(?<![\w.@-])@([a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?)", re.IGNORECASE)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be told, to the people of some organisations, or to one `person` among them, by name. `what` is
    the key of a sentence (`egnatia.web.notices.words`)."""

    kind: Kind
    organisations: frozenset[str]
    what: str
    values: dict[str, str] = {}
    person: str = ""


def mentioned(text: str) -> frozenset[str]:
    """The sign-in names that a text mentions with `@`."""
    return frozenset(found.lower() for found in _MENTION.findall(text))


def told(fold: Fold, event: Event) -> Iterator[Told]:
    """What one event of the case is told as; nothing where it had no effect."""
    if event.id in fold.state.refused:
        return
    parties = frozenset(fold.state.active())
    for name in sorted(mentioned(event.text)):
        yield Told(
            kind=Kind.MENTIONED, organisations=parties, what="mention", values={"who": event.author}, person=name
        )
    match event.does:
        case "task" | "assign":
            for id_ in [event.id] if event.does == "task" else event.about:
                task = fold.state.tasks.get(id_)
                if task is not None:
                    yield _given(fold, task)
        case "submit":
            for name in event.about:
                report = fold.book.reports[name]
                yield _of(Kind.REVIEW, _holders(fold, report.reviewers), "filed", report=report.title)
        case "review":
            yield from _reviewed(fold, event)
        case "join" | "leave":
            who = event.about[0] if event.about else event.author
            yield _of(Kind.PARTY, parties | {who}, "joined" if event.does == "join" else "left", who=who)
        case _:
            yield from _stepped(fold, event)


def overdue_first(fold: Fold, now: datetime) -> list[Reminder]:
    """For everything that is owed still, the reminder that fell last; none for what has had none yet."""
    latest: dict[tuple[str, datetime], Reminder] = {}
    start = datetime.min.replace(tzinfo=now.tzinfo)
    for each in reminders(fold.book, open_only(fold), start, now):
        latest[each.owed.deadline, each.owed.start] = each
    return list(latest.values())


def reminded(fold: Fold, reminder: Reminder) -> Told:
    """Who owes it is reminded; once it is overdue also whom it is owed to."""
    owed: Owed = reminder.owed
    late = owed.due is not None and reminder.at >= owed.due
    organisations = frozenset(owed.by) | (frozenset(owed.to) if late else frozenset())
    due = str(int(owed.due.timestamp() * 1_000_000)) if owed.due is not None else ""
    kind, what = (Kind.AFTER, "after") if late else (Kind.BEFORE, "before")
    return _of(kind, organisations, what, what=owed.title, due=due)


def _given(fold: Fold, task: Task) -> Told:
    whose = _holders(fold, (task.responsible,))
    if task.person:
        return Told(
            kind=Kind.ASSIGNED,
            organisations=whose,
            what="task-person",
            values={"title": task.title},
            person=task.person,
        )
    return _of(Kind.ROLE, whose, "task", title=task.title)


def _reviewed(fold: Fold, event: Event) -> Iterator[Told]:
    outcome: Any = event.fields.get("outcome", "")
    for name, filed in fold.state.submissions.items():
        authors = frozenset(each.author for each in filed if each.event in event.about)
        if authors:
            title = fold.book.reports[name].title
            yield _of(Kind.REVIEW, authors, "reviewed", report=title, outcome=str(outcome))


def _stepped(fold: Fold, event: Event) -> Iterator[Told]:
    step = fold.book.steps.get(event.does)
    if step is None:
        return
    if step.tells:
        yield _of(Kind.ROLE, _holders(fold, step.tells) - {event.author}, "step", step=step.title)
    for name in step.opens:
        task = fold.state.tasks.get(f"{event.id}/{name}")
        if task is not None:
            yield _given(fold, task)


def _of(kind: Kind, organisations: frozenset[str], what_: str, /, **values: str) -> Told:
    return Told(kind=kind, organisations=organisations, what=what_, values=values)


def _holders(fold: Fold, names: Iterable[str]) -> frozenset[str]:
    """The parties that are named, and those that hold a role that is."""
    found: set[str] = set()
    for name in names:
        found.update([name] if name in fold.state.parties else fold.state.holders(name))
    return frozenset(found)
