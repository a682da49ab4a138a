"""What is owed as an iCalendar (RFC 5545), to be read by any calendar: an entry where it is due, with its reminders."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from egnatia.casework.clock import Owed
from egnatia.casework.rulebook import Rulebook
from egnatia.casework.span import span

if TYPE_CHECKING:  # imported where it is used: a node of which nobody asks a calendar does without
    from icalendar import Event


def agenda(entries: Iterable[tuple[str, str, Owed, Rulebook]], now: datetime) -> bytes:
    """A calendar of `(case id, case title, what is owed, rulebook)`; what has no moment yet is left out.

    An entry keeps its identity when its moment changes, so that a calendar that is read again moves it.
    """
    from icalendar import Calendar  # noqa: PLC0415  four megabytes that an idle node does without

    calendar = Calendar()
    calendar.add("prodid", "-//Egnatia//Casework//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Egnatia: what is due")
    for case, title, owed, book in entries:
        if owed.due is not None:
            calendar.add_component(_entry(case, title, owed, book, now))
    return bytes(calendar.to_ical())


def _entry(case: str, title: str, owed: Owed, book: Rulebook, now: datetime) -> "Event":
    from icalendar import Alarm, Event  # noqa: PLC0415  as above

    entry = Event()
    repeats = book.deadlines[owed.deadline].repeats
    number = f"-{int(owed.start.timestamp())}" if repeats else ""
    entry.add("uid", f"{case.removeprefix('case--')}-{owed.deadline}{number}@egnatia")
    entry.add("dtstamp", now)
    entry.add("dtstart", owed.due)
    entry.add("dtend", owed.due)
    entry.add("summary", f"{owed.title}: {title}"[:200])
    entry.add("categories", [book.workflow.title, owed.timeliness(now).value])
    entry.add("transp", "TRANSPARENT")
    for offset in book.deadlines[owed.deadline].remind:
        length = span(offset)
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", owed.title)
        days = length.months * 30 + length.days
        alarm.add("trigger", length.sign * timedelta(days=days, seconds=length.seconds))
        entry.add_component(alarm)
    return entry
