"""What is owed by when: clocks start, stop, are given more time, and never move by a later version of a report."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from tests.casework.builders import CSIRT, ENTITY, OTHER, SMALL, case, event, fold, moment, stamp

from egnatia.casework.agenda import agenda
from egnatia.casework.clock import Owed, Review, Timeliness, open_only, owed, reminders
from egnatia.casework.event import Event
from egnatia.casework.rulebook import Rulebook
from egnatia.record.case import CaseParty

BOOK = Rulebook(SMALL)
AWARE = event(ENTITY, "set", 0, aware_at=stamp(0), severity="low")


def one(name: str, *events: Event) -> Owed:
    """What a deadline asks, which asks one thing."""
    (found,) = [each for each in owed(fold(*events)) if each.deadline == name]
    return found


def filed(hours: float, report: str = "first", **fields: Any) -> Event:
    return event(ENTITY, "submit", hours, report, **fields)


def reviewed(hours: float, filing: Event, outcome: str) -> Event:
    return event(CSIRT, "review", hours, filing.id, after=(filing,), outcome=outcome, text="seen")


def test_nothing_is_owed_before_the_clock_starts() -> None:
    assert owed(fold()) == []


@pytest.mark.parametrize(
    ("events", "now", "timeliness"),
    [
        ((), 23.9, Timeliness.NOT_DUE),
        ((), 24.1, Timeliness.OVERDUE),
        ((filed(24),), 99, Timeliness.ON_TIME),
        ((filed(24.1),), 99, Timeliness.LATE),
    ],
)
def test_what_is_owed_is_on_time_late_or_overdue(events: tuple[Event, ...], now: float, timeliness: Timeliness) -> None:
    assert one("first", AWARE, *events).timeliness(moment(now)) == timeliness


def test_timeliness_and_review_are_two_axes() -> None:
    """A stage may be late AND under review."""
    late = filed(30)
    found = one("first", AWARE, late, reviewed(31, late, "under-review"))
    assert (found.timeliness(moment(40)), found.review) == (Timeliness.LATE, Review.UNDER_REVIEW)
    back = one("first", AWARE, filed(5), reviewed(6, filed(5), "revision-required"))
    assert (back.timeliness(moment(40)), back.review) == (Timeliness.ON_TIME, Review.REVISION_REQUIRED)
    assert one("first", AWARE).review == Review.DRAFT


def test_a_later_version_of_a_report_never_moves_a_later_clock() -> None:
    first, second = filed(10), filed(20, users=5)
    start = one("last", AWARE, first).start
    assert start == moment(10)
    accepted = reviewed(21, second, "accepted")
    assert one("last", AWARE, first, second, accepted).start == start
    assert one("last", AWARE, first, reviewed(11, first, "accepted"), second).start == start


def test_what_was_sent_back_starts_no_clock() -> None:
    first, second = filed(10), filed(20, users=5)
    back = reviewed(11, first, "revision-required")
    assert [each.deadline for each in owed(fold(AWARE, first, back))] == ["first", "reply"]
    assert one("last", AWARE, first, back, second).start == moment(20)
    assert one("first", AWARE, first, back, second).met == moment(10)


def test_what_was_accepted_stays_accepted() -> None:
    first = filed(10)
    accepted, back = reviewed(11, first, "accepted"), reviewed(12, first, "revision-required")
    assert one("last", AWARE, first, accepted, back).start == moment(10)


def test_a_clock_that_stands_still_adds_its_time_and_is_due_at_no_moment_meanwhile() -> None:
    stop = event(CSIRT, "pause", 10, "first", text="waiting for a translation")
    still = one("first", AWARE, stop)
    assert (still.due, still.stopped, still.timeliness(moment(99))) == (None, True, Timeliness.NOT_DUE)
    go = event(CSIRT, "resume", 15, "first", text="it is here")
    assert one("first", AWARE, stop, go).due == moment(29)
    again, on = event(CSIRT, "pause", 20, "first", text="x"), event(CSIRT, "resume", 21, "first", text="y")
    assert one("first", AWARE, stop, go, again, on).due == moment(30)
    after = event(CSIRT, "pause", 31, "first", text="too late")
    assert one("first", AWARE, stop, go, again, on, after).due == moment(30)


def test_a_stop_after_it_was_done_changes_nothing() -> None:
    found = one("first", AWARE, filed(5), event(CSIRT, "pause", 10, "first", text="x"))
    assert (found.due, found.stopped) == (moment(24), False)


def test_more_time_is_given_by_whom_the_workflow_names_with_a_reason() -> None:
    more = event(CSIRT, "extend", 20, "first", text="a holiday", until=stamp(48))
    found = one("first", AWARE, more)
    assert (found.due, found.lawful, found.reason) == (moment(48), moment(24), "a holiday")
    own = event(ENTITY, "extend", 20, "first", text="please", until=stamp(48))
    assert one("first", AWARE, own).due == moment(24)
    less = event(CSIRT, "extend", 20, "first", text="quick", until=stamp(2))
    assert one("first", AWARE, less).due == moment(24)


def test_working_days_are_those_of_whom_it_is_owed_to() -> None:
    # Filed on Friday 10 July 2026; in Montenegro 13 and 14 July are Statehood Day.
    friday = "2026-07-10T09:00:00.000Z"
    opened = case(created=friday, modified=friday)
    filing = event(ENTITY, "submit", 24 * 130 + 1, "first", severity="low")
    (reply,) = [each for each in owed(fold(filing, of=opened)) if each.deadline == "reply"]
    assert reply.start == datetime.fromisoformat("2026-07-10T09:00:00Z")
    assert reply.due == datetime.fromisoformat("2026-07-16T09:00:00Z")
    parties = (
        CaseParty(party_ref=ENTITY, economy="AL", roles=("entity",)),
        CaseParty(party_ref=CSIRT, economy="ME", roles=("csirt",)),
    )
    (elsewhere,) = [each for each in owed(fold(filing, of=case(parties=parties))) if each.deadline == "reply"]
    assert elsewhere.due == datetime.fromisoformat("2026-07-14T09:00:00Z")


def test_each_request_asks_anew() -> None:
    asked, more, again = event(CSIRT, "ask", 5), filed(8, "more"), event(CSIRT, "ask", 30)
    found = [each for each in owed(fold(AWARE, asked, more, again)) if each.deadline == "more"]
    assert [(each.start, each.met) for each in found] == [(moment(5), moment(8)), (moment(30), None)]


def test_what_no_longer_applies_is_owed_no_longer() -> None:
    asked = event(CSIRT, "ask", 5)
    unknown = event(ENTITY, "set", 6, severity=None)
    assert "more" in {each.deadline for each in owed(fold(AWARE, asked))}
    assert "more" not in {each.deadline for each in owed(fold(AWARE, asked, unknown))}
    assert "more" not in {each.deadline for each in owed(fold(AWARE, asked, filed(5.5, "more"), unknown))}


def test_while_it_goes_on_a_progress_report_is_due_and_the_last_one_after_it_was_handled() -> None:
    first = filed(10)
    goes_on = [one(name, AWARE, first) for name in ("last", "so-far")]
    due = datetime.fromisoformat("2026-04-02T17:00:00Z")  # a month on the clocks of Albania, an hour less in UTC
    assert [each.due for each in goes_on] == [None, due]
    soon = event(ENTITY, "set", 99, handled_at=stamp(98))
    assert one("last", AWARE, first, soon).due == due
    assert [each.deadline for each in owed(fold(AWARE, first, soon))] == ["first", "reply", "last"]
    late = event(ENTITY, "set", 1_500, handled_at="2026-05-10T10:00:00Z")
    assert one("last", AWARE, first, late).due == datetime.fromisoformat("2026-06-10T10:00:00Z")
    assert one("so-far", AWARE, first, late).due == due


def test_what_is_over_owes_nothing() -> None:
    done = event(CSIRT, "close", 3, text="done", after=(declared := event(ENTITY, "declare", 1),))
    assert open_only(fold(AWARE, declared)) != []
    assert open_only(fold(AWARE, declared, done)) == []


def test_reminders_come_before_and_after_until_it_is_done() -> None:
    """Reminders are many per stage, before and after due, relative to any clock."""
    everything = owed(fold(AWARE))
    found = reminders(BOOK, everything, moment(0), moment(100))
    assert [(each.at, each.offset) for each in found] == [
        (moment(20), "-PT4H"), (moment(24), "PT0S"), (moment(48), "PT24H"),
    ]  # fmt: skip
    assert reminders(BOOK, everything, moment(20), moment(24))[0].offset == "PT0S"
    done = owed(fold(AWARE, filed(22)))
    assert [each.offset for each in reminders(BOOK, done, moment(0), moment(100)) if each.owed.deadline == "first"] == [
        "-PT4H"
    ]


def test_nothing_that_a_party_says_breaks_a_clock() -> None:
    wild = event(ENTITY, "set", 1, aware_at="9999-12-31T23:59:60Z", handled_at="0001-01-01T00:00:00Z")
    stop = event(CSIRT, "pause", 1, "first", text="x")
    far = event(CSIRT, "extend", 2, "first", text="x", until="9999-12-31T23:59:59Z")
    for events in ((AWARE, wild), (AWARE, wild, stop, far, filed(3)), (AWARE, stop, far, filed(3), wild)):
        state = fold(*events)
        for each in owed(state):
            assert each.timeliness(moment(5)) is not None
        assert all(moment(0) <= one.at <= moment(9) for one in reminders(BOOK, owed(state), moment(0), moment(9)))


def test_what_is_due_stands_in_a_calendar_with_its_reminders() -> None:
    state = fold(AWARE)
    body = agenda([(state.case.id, state.case.title, each, BOOK) for each in owed(state)], moment(1))
    (entry,) = Calendar.from_ical(body).walk("VEVENT")
    assert (entry["summary"], entry.decoded("dtstart")) == ("First report: Trouble", moment(24))
    assert [alarm.decoded("trigger") for alarm in entry.walk("VALARM")] == [
        timedelta(hours=-4), timedelta(0), timedelta(hours=24),
    ]  # fmt: skip
    later = fold(AWARE, event(CSIRT, "extend", 20, "first", text="ill", until=stamp(48)))
    moved = agenda([(later.case.id, later.case.title, each, BOOK) for each in owed(later)], moment(1))
    assert Calendar.from_ical(moved).walk("VEVENT")[0]["uid"] == entry["uid"]


def test_who_owes_follows_the_roles() -> None:
    joined = event(CSIRT, "join", 1, OTHER, roles=["entity"], economy="RS")
    assert one("first", AWARE, joined).by == (ENTITY, OTHER)
    assert one("first", AWARE, joined, event(ENTITY, "leave", 2)).by == (OTHER,)


def test_a_calendar_is_folded_and_escaped_as_rfc_5545_asks_whatever_a_title_says() -> None:
    """RFC 5545, 3.1: lines end with CRLF and are no longer than 75 octets; 3.3.11: commas and the like are escaped."""
    title = 'Рансомвер у болници; сервери, копије\\ и "телефони" ' * 3 + "\r\nATTACH:http://x.example\r\nEND:VEVENT"
    of = case(title=title[:300])
    state = fold(AWARE, of=of)
    body = agenda([(of.id, title, each, BOOK) for each in owed(state)], moment(1))
    assert body.endswith(b"END:VCALENDAR\r\n")
    lines = body.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    for line in lines:
        line.decode()  # no character is cut in two
    calendar = Calendar.from_ical(body)
    (entry,) = calendar.walk("VEVENT")
    assert "attach" not in entry
    assert str(entry["summary"]).startswith("First report: Рансомвер у болници; сервери, копије\\ и ")
    assert (calendar["version"], bool(calendar["prodid"]), bool(entry["uid"])) == ("2.0", True, True)
    assert entry.decoded("dtstamp").utcoffset() == timedelta()
    assert entry.errors == calendar.errors == []
