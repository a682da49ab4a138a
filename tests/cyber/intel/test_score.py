"""Scores fall with age, rise with independent voices, and say why."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.cyber.intel.output import Output
from egnatia.cyber.intel.score import DECAYS, OTHER, Evidence, Seen, Source, Vote, decay_of, remaining, score

NOW = datetime(2026, 6, 1, tzinfo=UTC)
KINDS = [*DECAYS, "mutex", "yara"]


def evidence(kind: str = "domain-name", days: float = 0, confidence: int = 60, **more: object) -> Evidence:
    source = Source("identity--a", NOW - timedelta(days=days), confidence, "A")
    return Evidence(kind, (source,), **more)  # type: ignore[arg-type]  # a test's shorthand


@given(st.sampled_from(KINDS), st.floats(0, 2_000), st.floats(0, 2_000))
def test_a_score_only_falls_with_age(kind: str, one: float, other: float) -> None:
    older, younger = max(one, other), min(one, other)
    assert score(evidence(kind, older), NOW).value <= score(evidence(kind, younger), NOW).value


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_at_the_end_of_a_lifetime(kind: str) -> None:
    decay = decay_of(kind)
    assert remaining(decay, timedelta(0)) == 1
    assert 0 < remaining(decay, decay.lifetime / 2) < 1
    assert remaining(decay, decay.lifetime) == 0
    assert score(evidence(kind, decay.lifetime.days), NOW).value == 0


def test_an_address_ages_sooner_than_a_digest() -> None:
    aged = {kind: score(evidence(kind, 45), NOW).value for kind in ("ipv4-addr", "domain-name", "file")}
    assert aged["ipv4-addr"] < aged["domain-name"] < aged["file"]


@given(st.integers(1, 6), st.integers(1, 95))
def test_an_independent_source_raises_and_a_repeated_one_does_not(count: int, confidence: int) -> None:
    one = evidence(confidence=confidence)
    repeated = Evidence("domain-name", one.sources * (count + 1))
    more = tuple(Source(f"identity--{number}", NOW, 50, "A") for number in range(count))
    assert score(repeated, NOW).value == score(one, NOW).value
    assert score(Evidence("domain-name", (*one.sources, *more)), NOW).value > score(one, NOW).value


def test_a_sighting_by_somebody_else_raises_and_makes_young_again() -> None:
    old = evidence(days=100)
    seen = (Seen("identity--b", NOW - timedelta(days=1)),)
    assert score(evidence(days=100, seen=seen), NOW).value > score(old, NOW).value
    again = tuple(Seen("identity--b", NOW - timedelta(days=1)) for _ in range(50))
    assert score(evidence(days=100, seen=again), NOW) == score(evidence(days=100, seen=seen), NOW)


def test_the_last_vote_of_each_organisation_counts() -> None:
    doubted = (Vote("identity--b", "strongly-disagree"),)
    assert score(evidence(votes=doubted), NOW).value == round(60 * 0.25)
    assert score(evidence(votes=doubted * 9), NOW).value == round(60 * 0.25)
    changed = (*doubted, Vote("identity--b", "agree"))
    assert score(evidence(votes=changed), NOW).value > 60


def test_the_reliability_of_a_source_counts() -> None:
    values = [score(Evidence("file", (Source("a", NOW, 80, grade),)), NOW).value for grade in ("A", "B", "C", "D", "E")]
    assert values == sorted(values, reverse=True)
    assert values[0] == 80


@pytest.mark.parametrize(("kind", "days"), [("ipv4-addr", 7), ("domain-name", 30), ("file", 365)])
def test_what_a_member_says_without_more_reaches_the_usual_output_for_a_while(kind: str, days: int) -> None:
    told = Evidence(kind, (Source("identity--a", NOW - timedelta(days=days)),))
    assert score(told, NOW).value >= Output(name="x", form="plain").least


def test_what_is_over_is_worth_nothing() -> None:
    assert score(evidence(ends=NOW), NOW).value == 0
    assert score(evidence(ends=NOW + timedelta(days=1)), NOW).value == 60
    assert score(Evidence("file", ()), NOW).value == 0


def test_a_score_says_why() -> None:
    told = " ".join(score(evidence(days=10, votes=(Vote("b", "disagree"),)), NOW).because)
    assert "1 independent source" in told
    assert "2026-05-22" in told
    assert "false positive" in told


def test_a_kind_without_a_row_ages_like_the_others() -> None:
    assert decay_of("mutex") is OTHER
