"""A rule over the facts: what it means, what may not stand in it, and that a slip is found when it is declared."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.casework.condition import Unsound, condition
from egnatia.casework.field import Field, complaint

FIELDS = {
    field.name: field
    for field in (
        Field(name="severity", title="", kind="choice", choices=("low", "medium", "high", "critical")),
        Field(name="worst", title="", kind="choice", choices=("low", "medium", "high", "critical")),
        Field(name="users", title="", kind="number"),
        Field(name="malicious", title="", kind="flag"),
        Field(name="sectors", title="", kind="choices", choices=("energy", "health")),
        Field(name="economies", title="", kind="texts"),
        Field(name="aware_at", title="", kind="instant"),
        Field(name="handled_at", title="", kind="instant"),
        Field(name="cause", title=""),
    )
}


@pytest.mark.parametrize(
    ("text", "facts", "holds"),
    [
        ("severity >= 'high'", {"severity": "critical"}, True),
        ("severity >= 'high'", {"severity": "low"}, False),
        ("'medium' < severity", {"severity": "high"}, True),
        ("severity > worst", {"severity": "high", "worst": "critical"}, False),
        ("severity in ('low', 'high')", {"severity": "high"}, True),
        ("users > 500000", {"users": 500_000}, False),
        ("users > 5.5 and malicious", {"users": 6, "malicious": True}, True),
        ("not malicious", {}, True),
        ("malicious == False", {}, False),
        ("users != 3", {}, False),
        ("known(users)", {"users": 0}, True),
        ("'health' in sectors", {"sectors": ["health"]}, True),
        ("'health' not in sectors", {"sectors": ["energy"]}, True),
        ("count(economies) >= 2", {"economies": ["AL", "ME"]}, True),
        ("count(economies) == 0", {}, True),
        ("handled_at > aware_at", {"handled_at": "2026-01-01T00:00:00.5Z", "aware_at": "2026-01-01T00:00:00Z"}, True),
        (
            "handled_at > aware_at",
            {"handled_at": "2026-01-01T00:00:00Z", "aware_at": "2026-01-01T00:00:00.000Z"},
            False,
        ),
        ("malicious or users > 3 and severity == 'low'", {"users": 4, "severity": "low"}, True),
        ("users > -1", {"users": 0}, True),
        ("True", {}, True),
    ],
)
def test_what_a_rule_means(text: str, facts: dict[str, Any], holds: bool) -> None:
    assert condition(text, FIELDS).holds(facts) is holds


@pytest.mark.parametrize(
    "text",
    [
        "severty == 'high'", "severity == 'hi'", "severity > 3", "users > 'many'", "users", "malicious > 3 > 2",
        "__import__('os')", "users.real", "(lambda: 1)()", "[x for x in users]", "severity[0]", "known('users')",
        "count(users) > 1", "1 == 1", "severity < sectors", "users = 3", "", "a" * 3_000, "not " * 50 + "malicious",
        "users ** 9 > 1", "cause > 'a'", "aware_at == users", "f'{users}' == '1'", "users is None",
        "known(users, users)",
        "cause == '\\d'",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_when_it_is_declared(text: str) -> None:
    with pytest.raises(Unsound):
        condition(text, FIELDS)


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_unsound(text: str) -> None:
    try:
        rule = condition(text, FIELDS)
    except Unsound:
        return
    assert rule.holds({}) in {True, False}


def test_a_rule_tells_which_facts_it_misses() -> None:
    assert condition("users > 3 and malicious", FIELDS).unknown({"users": 1}) == ("malicious",)


@pytest.mark.parametrize(
    ("name", "value", "fine"),
    [
        ("severity", "high", True), ("severity", "High", False), ("users", 1.5, True), ("users", True, False),
        ("users", "1", False), ("malicious", True, True), ("malicious", 1, False), ("sectors", ["health"], True),
        ("sectors", ["war"], False), ("sectors", "health", False), ("aware_at", "2026-02-30T00:00:00Z", False),
        ("aware_at", "2026-02-28T00:00:00Z", True), ("cause", " ", False), ("cause", None, True),
        ("economies", ["a"] * 1_001, False),
    ],
)  # fmt: skip
def test_what_a_field_takes(name: str, value: Any, fine: bool) -> None:
    assert (complaint(FIELDS[name], value) == "") is fine


def test_it_counts_how_many_rules_hold() -> None:
    fields = {each: Field(name=each, title=each, kind="number") for each in ("users", "hours")}
    rule = condition("count(users > 10, hours > 2, users > 1000) >= 2", fields)
    assert [rule.holds(facts) for facts in ({}, {"users": 11}, {"users": 11, "hours": 3}, {"users": 1001})] == [
        False, False, True, True,
    ]  # fmt: skip
    deep = "users > 1"
    for _ in range(30):
        deep = f"count({deep}, hours > 1) >= 1"
    with pytest.raises(Unsound, match="nested too deeply"):
        condition(deep, fields)
