"""Which pattern is at it, and how long each took: whoever ends a run that has no end can say what it was."""

from datetime import UTC, datetime

import pytest

from egnatia.engine.pattern import Matcher, Observation, compiled
from egnatia.engine.pattern.pace import Pace

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def seen(name: str) -> Observation:
    return Observation({"0": {"type": "domain-name", "value": name}}, NOW, NOW)


def test_a_pattern_is_told_of_before_it_tries_and_nothing_after() -> None:
    matcher: Matcher[str] = Matcher()
    matcher.add("tries", compiled("[domain-name:value MATCHES '^[a-z]{4}$']"))
    matcher.add("looks up", compiled("[domain-name:value = 'evil.example']"))
    heard: list[str | None] = []
    matcher.tell_of_trials(heard.append)
    assert [each.key for each in matcher.match([seen("evil.example"), seen("abcd")])] == ["looks up", "tries"]
    assert heard == ["tries", None, "tries", None]
    assert [key for key, _ in matcher.spent()] == ["tries"]
    assert matcher.spent()[0][1] > 0


def test_a_trial_that_is_broken_off_stays_told_of() -> None:
    heard: list[int | None] = []
    pace = Pace()
    pace.trying = heard.append

    def endless(_: object) -> set[str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pace.of(7, endless)({})
    assert heard == [7]


def test_nobody_has_to_listen() -> None:
    matcher: Matcher[str] = Matcher()
    matcher.add("tries", compiled("[domain-name:value != 'a' AND domain-name:value LIKE 'evil%example']"))
    assert [each.key for each in matcher.match([seen("evil.example")])] == ["tries"]
