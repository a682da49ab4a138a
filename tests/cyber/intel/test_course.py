"""The course of a worth tells what was known at each moment, and nothing that its reader may not see."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange import gate

from egnatia.cyber.intel.board import Detected
from egnatia.cyber.intel.course import MARKS, Course, course
from egnatia.cyber.intel.sameness import Chorus, Voice, choruses, evidence_at
from egnatia.cyber.intel.score import Score, Seen, Vote, decay_of, score
from egnatia.cyber.intel.vote import opinion
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.policy import Label, Tlp
from egnatia.store import Row

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROW = Row(1, 0, "indicator--a", "", "indicator", "identity--a", Label("identity--a", Tlp.GREEN), b"{}")


def voice(by: str, first: float, last: float, *, revoked: bool = False, until: datetime | None = None) -> Voice:
    """Said by somebody so many days ago, for the first and the last time."""
    return Voice(ROW, by, 60, NOW - timedelta(days=first), NOW - timedelta(days=last), until, revoked)


def chorus(*voices: Voice, seen: tuple[Seen, ...] = (), votes: tuple[Vote, ...] = ()) -> Chorus:
    return Chorus(Detected("domain-name:value", "evil.example"), voices, seen, votes, Score(0, ()))


def at(found: Course, moment: datetime) -> int:
    """The worth at the last moment that is told, not after the given one."""
    return [value for when, value in found.points if when <= moment][-1]


def test_what_nobody_says_any_more_has_no_course() -> None:
    assert course(chorus(voice("a", 10, 5, revoked=True)), NOW) is None


def test_it_falls_is_raised_by_who_sees_it_and_by_who_says_it_again_and_ends() -> None:
    seen = (Seen("b", NOW - timedelta(days=30)),)
    found = course(chorus(voice("a", 100, 60), seen=seen), NOW)
    assert found is not None
    assert [(mark.what, mark.by) for mark in found.marks] == [("said", "a"), ("renewed", "a"), ("seen", "b")]
    for mark in found.marks[1:]:
        assert at(found, mark.at - timedelta(seconds=1)) < mark.score == at(found, mark.at)
    assert found.points[-1] == (NOW - timedelta(days=30) + decay_of("domain-name").lifetime, 0)
    assert found.last == seen[0].at


def test_a_retraction_a_doubt_and_an_end_of_validity_are_seen_in_it() -> None:
    votes = (Vote("c", "strongly-disagree", NOW - timedelta(days=2)),)
    until = NOW + timedelta(days=10)
    found = course(
        chorus(voice("a", 50, 20, until=until), voice("b", 40, 5, revoked=True), votes=votes), NOW
    )  # fmt: skip
    assert found is not None
    assert {"taken-back", "doubted"} <= {mark.what for mark in found.marks}
    for mark in found.marks:
        if mark.what in {"taken-back", "doubted"}:
            assert mark.score < at(found, mark.at - timedelta(seconds=1))
    assert found.points[-1] == (until, 0)
    assert found.points[-2][1] > 0


days = st.floats(0, 400)
spans = st.tuples(days, days).map(lambda two: (max(two), min(two)))


@given(st.lists(st.tuples(st.sampled_from("abc"), spans, st.booleans()), min_size=1, max_size=6), st.lists(days))
def test_the_worth_of_now_is_the_score_of_now(
    said: list[tuple[str, tuple[float, float], bool]], ago: list[float]
) -> None:
    made = chorus(
        *(voice(by, *span, revoked=revoked) for by, span, revoked in said),
        seen=tuple(Seen("z", NOW - timedelta(days=each)) for each in ago),
    )
    found = course(made, NOW)
    if found is None:
        assert all(revoked for _, _, revoked in said)
        return
    assert at(found, NOW) == score(evidence_at(made, None), NOW).value
    assert [when for when, _ in found.points] == sorted({when for when, _ in found.points})
    assert len(found.marks) <= MARKS
    ahead = [value for when, value in found.points if when >= NOW]
    assert ahead == sorted(ahead, reverse=True)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def test_a_mark_of_a_hidden_record_is_in_nobody_elses_course(node: Node) -> None:
    ours, secret = gate.indicator(gate.GREEN, confidence=80), gate.indicator(gate.RED, created_by_ref=gate.RS)
    gate.hand_in(node, ours)
    gate.hand_in(node, secret, owner=gate.RS)
    now = datetime(2026, 1, 10, tzinfo=UTC)
    (hidden,) = node.store.get(node.clearance_of(gate.RS), [secret["id"]])
    said = [opinion(hidden, gate.RS, "confirmed", now)]
    node.admission.submit(said, Submitter(gate.RS, "test", ALL_RIGHTS)).result(20)
    told = {}
    for reader in (gate.ME, gate.RS):
        clearance = node.clearance_of(reader)
        (row,) = node.store.get(clearance, [ours["id"]])
        (one,) = choruses(node.store, clearance, row, now)
        found = course(one, now)
        assert found is not None
        told[reader] = {(mark.what, mark.by) for mark in found.marks}
    assert told[gate.ME] == {("said", gate.ME)}
    assert told[gate.RS] == {("said", gate.ME), ("said", gate.RS), ("confirmed", gate.RS)}
