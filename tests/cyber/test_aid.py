"""Assistance between economies: its workflow, and the ledger that comes of it."""

from datetime import UTC, datetime

from egnatia.cyber.incidents.aid import Account, entry, ledger
from egnatia.demo.incidents import assistance
from egnatia.node.domains import workflows


def test_what_was_given_and_received_stands_by_economy() -> None:
    play = assistance(workflows(), datetime(2026, 11, 1, tzinfo=UTC))
    line = entry(play.fold)
    assert (line.asking, line.giving, line.hours, line.people) == (("MK",), ("ME",), 96, 2)
    assert line.state == "Stood down"
    assert ledger([line, line]) == {
        "ME": Account(hours_given=192, people_given=4),
        "MK": Account(hours_received=192, people_received=4),
    }


def test_a_call_that_nobody_answered_is_in_no_account() -> None:
    book = workflows().newest("assistance")
    assert book is not None
    assert book.initial == "called"
    play = assistance(workflows(), datetime(2026, 11, 1, tzinfo=UTC))
    unanswered = entry(type(play.fold)(play.fold.book, play.fold.case))
    assert (unanswered.giving, unanswered.hours) == ((), 0)
    assert ledger([unanswered]) == {}
