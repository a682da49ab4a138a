"""The protocol is data that holds together; its thresholds are those of the regulation; economies adapt it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.cyber.building import COORDINATOR, CSIRT, ENTITY, Matter, book

from egnatia.casework.condition import Unsound
from egnatia.casework.rulebook import Rulebook
from egnatia.cyber.incidents.protocol import (
    ECONOMIES,
    Profile,
    adapted,
    differences,
    incidents,
    profile_in,
    profiles,
    protocol,
)

BOOK = book()
DATA = Path(os.environ.get("EGNATIA_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


def significant(**facts: Any) -> tuple[bool, str]:
    """Whether, and by which article."""
    known = BOOK.concluded(facts)
    line = BOOK.line(BOOK.conclusions["significant"], known)
    return known["significant"], line.source if line else ""


@pytest.mark.parametrize(
    ("facts", "verdict", "article"),
    [
        ({"loss_eur": 500_001}, True, "3(1)(a)"),
        ({"loss_eur": 500_000}, False, ""),
        ({"loss_eur": 10_000, "loss_share": 5.1}, True, "3(1)(a)"),
        ({"trade_secrets": True}, True, "3(1)(b)"),
        ({"deaths": True}, True, "3(1)(c)"),
        ({"health_damage": True}, True, "3(1)(d)"),
        ({"malicious_access": True}, True, "3(1)(e)"),
        ({"malicious_access": True, "planned_maintenance": True}, False, "3(2)"),
        ({"same_cause_6_months": 2, "loss_together": True}, True, "Art. 4"),
        ({"same_cause_6_months": 1, "loss_together": True}, False, ""),
        ({"entity_type": "dns", "down_minutes": 31}, True, "Art. 5"),
        ({"entity_type": "dns", "down_minutes": 30}, False, ""),
        ({"entity_type": "dns", "answer_seconds": 11, "slow_minutes": 61}, True, "Art. 5"),
        ({"entity_type": "dns", "answer_seconds": 11, "slow_minutes": 60}, False, ""),
        ({"entity_type": "dns", "compromised": True}, True, "Art. 5"),
        (
            {"entity_type": "dns", "compromised": True, "dns_misconfigured_names": 999, "dns_misconfigured_share": 1},
            False,
            "",
        ),
        ({"entity_type": "dns", "answer_seconds": 10, "slow_minutes": 61}, False, ""),
        (
            {"entity_type": "dns", "compromised": True, "dns_misconfigured_names": 1000, "dns_misconfigured_share": 1},
            True,
            "Art. 5",
        ),
        ({"loss_share": 5}, False, ""),
        ({"same_cause_6_months": 2}, False, ""),
        ({"entity_type": "tld", "down_minutes": 1}, True, "Art. 6"),
        ({"entity_type": "tld", "answer_seconds": 11, "slow_minutes": 61}, True, "Art. 6"),
        ({"entity_type": "tld", "answer_seconds": 11, "slow_minutes": 60}, False, ""),
        ({"entity_type": "tld", "compromised": True}, True, "Art. 6"),
        ({"entity_type": "cloud", "down_minutes": 30}, False, ""),
        ({"entity_type": "cloud", "limited_minutes": 60, "users_share": 6}, False, ""),
        ({"entity_type": "cloud", "limited_minutes": 61, "users_share": 5}, False, ""),
        ({"entity_type": "cloud", "compromised": True, "users_share": 5.1}, True, "Art. 7"),
        ({"entity_type": "cdn", "compromised": True, "users": 1_000_001}, True, "9"),
        ({"entity_type": "data-centre", "down_minutes": 1}, True, "Art. 8"),
        ({"entity_type": "data-centre", "limited_minutes": 60}, False, ""),
        ({"entity_type": "data-centre", "compromised": True, "suspected_malicious": True}, True, "Art. 8"),
        ({"entity_type": "data-centre", "compromised": True}, False, ""),
        ({"entity_type": "marketplace", "limited_minutes": 1, "users": 1_000_001}, True, "11-13"),
        ({"entity_type": "marketplace", "limited_minutes": 1, "users_share": 5}, False, ""),
        ({"entity_type": "search", "compromised": True, "suspected_malicious": True}, True, "11-13"),
        ({"entity_type": "social", "compromised": True, "users_share": 5.1}, True, "11-13"),
        ({"entity_type": "social", "compromised": True, "users_share": 5}, False, ""),
        ({"entity_type": "trust", "down_minutes": 20}, False, ""),
        ({"entity_type": "trust", "down_minutes_week": 60}, False, ""),
        ({"entity_type": "trust", "limited_minutes": 1, "users_share": 1.1}, True, "Art. 14"),
        ({"entity_type": "trust", "limited_minutes": 1, "users_share": 1, "users": 200_000}, False, ""),
        ({"entity_type": "trust", "physical_access": True}, True, "Art. 14"),
        ({"entity_type": "trust", "compromised": True, "users_share": 0.2}, True, "Art. 14"),
        ({"entity_type": "trust", "compromised": True, "users": 100, "users_share": 0.1}, False, ""),
        ({"entity_type": "cloud", "down_minutes": 31}, True, "Art. 7"),
        ({"entity_type": "cdn", "limited_minutes": 61, "users_share": 5.1}, True, "9"),
        ({"entity_type": "managed-service", "limited_minutes": 61, "users": 1_000_001}, True, "10"),
        ({"entity_type": "managed-service", "limited_minutes": 61, "users": 1_000_000}, False, ""),
        ({"entity_type": "cloud", "compromised": True, "suspected_malicious": True}, True, "Art. 7"),
        ({"entity_type": "cloud", "compromised": True}, False, ""),
        ({"entity_type": "data-centre", "physical_access": True}, True, "Art. 8"),
        ({"entity_type": "data-centre", "limited_minutes": 61}, True, "Art. 8"),
        ({"entity_type": "search", "down_minutes": 5, "users_share": 6}, True, "11-13"),
        ({"entity_type": "social", "down_minutes": 5}, False, ""),
        ({"entity_type": "trust", "down_minutes": 21}, True, "Art. 14"),
        ({"entity_type": "trust", "down_minutes_week": 61}, True, "Art. 14"),
        ({"entity_type": "trust", "limited_minutes": 1, "users": 200_001}, True, "Art. 14"),
        ({"entity_type": "trust", "compromised": True, "users": 101}, True, "Art. 14"),
        ({"entity_type": "other", "down_minutes": 500}, False, ""),
        ({"significance_decision": "not-significant", "deaths": True}, False, "decision"),
        ({"significance_decision": "significant"}, True, "decision"),
        ({}, False, ""),
    ],
)
def test_an_incident_is_significant_as_the_regulation_says(facts: dict[str, Any], verdict: bool, article: str) -> None:
    found, source = significant(**facts)
    assert found is verdict
    assert article in source


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"malicious_access": True}, True),
        ({}, False),
        ({"users": 100_001}, False),
        ({"users": 100_001, "transactions_share": 10.1}, True),
        ({"users": 100_000, "transactions_share": 10.1}, False),
        ({"users_share": 10.1, "lasted_hours": 25}, True),
        ({"users_share": 10, "lasted_hours": 25}, False),
        ({"lasted_hours": 24, "down_minutes": 121, "loss_eur": 100_001}, True),
        ({"lasted_hours": 24, "down_minutes": 120, "loss_eur": 100_001}, False),
        ({"affected_economies": ["ME", "AL"], "dora_criteria": ["reputation"]}, True),
        ({"affected_economies": ["ME"], "dora_criteria": ["reputation"]}, False),
        ({"loss_eur": 100_000, "dora_criteria": ["data"]}, False),
        ({"users": 100_001, "dora_criteria": ["clients"]}, False),
        ({"dora_criteria": ["clients", "costs"]}, True),
        ({"same_cause_6_months": 2, "dora_together": True}, True),
        ({"same_cause_6_months": 1, "dora_together": True}, False),
    ],
)
def test_an_incident_is_major_under_dora_by_its_figures(facts: dict[str, Any], verdict: bool) -> None:
    """A critical service AND (malicious access, or two of: clients > 10 % or > 100 000; transactions > 10 %; duration >
    24 h or downtime > 2 h; two economies; cost > EUR 100 000; reputation or data). Recurring: twice in six months."""
    entity = {"financial_entity": True, "critical_service": True}
    assert BOOK.concluded(entity | facts)["dora_major"] is verdict
    assert BOOK.concluded({"financial_entity": True} | facts)["dora_major"] is False
    assert BOOK.concluded({"critical_service": True} | facts)["dora_major"] is False


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({}, "national"),
        ({"assistance_asked": True}, "bilateral"),
        ({"affected_economies": ["ME", "AL"]}, "regional-technical"),
        ({"affected_economies": ["ME", "AL"], "exceeds_capacity": True}, "regional-operational"),
        ({"significant_economies": ["ME", "AL"]}, "regional-operational"),
        ({"political": True}, "political"),
    ],
)
def test_escalation_follows_from_the_facts(facts: dict[str, Any], level: str) -> None:
    known = BOOK.concluded(facts)
    assert known["level"] == level
    line = BOOK.line(BOOK.conclusions["level"], known)
    assert line is not None
    assert line.tells


def test_the_classification_is_rsit_1_3() -> None:
    path = DATA / "rsit" / "rsit_machinev1.json"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    taxonomy = json.loads(path.read_text())
    classes = [f"{group['predicate']}:{each['value']}" for group in taxonomy["values"] for each in group["entry"]]
    assert taxonomy["version"] == 1003
    assert list(BOOK.fields["rsit"].choices) == classes


def test_severity_and_sectors_are_those_of_the_cooperation_group() -> None:
    path = DATA / "rsit" / "nis2.json"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    values = {
        each["predicate"]: [one["value"] for one in each["entry"]] for each in json.loads(path.read_text())["values"]
    }
    assert list(BOOK.fields["severity"].choices) == values["impact-severity"][::-1]
    assert list(BOOK.fields["sectors"].choices) == values["impact-sectors-impacted"]
    assert list(BOOK.fields["root_cause"].choices) == values["nature-root-cause"]
    assert list(BOOK.fields["outlook"].choices) == values["impact-outlook"]


def test_each_economy_has_a_sound_profile_that_says_whether_anybody_confirmed_it() -> None:
    assert [each.economy for each in profiles()] == list(ECONOMIES)
    for each in profiles():
        assert incidents().newest(f"incident-{each.economy.lower()}") is not None
        assert bool(each.law) == bool(each.confirmed)


def test_a_profile_changes_figures_clocks_and_sectors() -> None:
    profile = Profile(
        economy="ME",
        version="2",
        title="Incident",
        figures={"loss_eur": 100_000},
        within={"early-warning": "PT12H"},
        sectors=("energy", "health"),
    )
    changed = Rulebook(adapted(protocol(), profile))
    assert changed.workflow.name == "incident-me"
    assert changed.concluded({"loss_eur": 200_000})["significant"] is True
    assert changed.deadlines["early-warning"].within == "PT12H"
    assert changed.fields["sectors"].choices == ("energy", "health")
    assert [(each.what, each.protocol, each.profile) for each in differences(protocol(), profile)][:2] == [
        ("figure loss_eur", "500000", "100000"),
        ("deadline early-warning", "PT24H", "PT12H"),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"figures": {"loss": 1}}, "no figure loss"),
        ({"within": {"supper": "PT1H"}}, "no deadline supper"),
        ({"sectors": ("magic",)}, "no sector magic"),
        ({"figures": {"loss_eur": -1}}, "below nothing"),
        ({"figures": {"users_share": 101}}, r"figures\.users_share = 101: a share is of a hundred"),
        ({"within": {"final": "soon"}}, r"within\.final = 'soon': .* is not an ISO 8601 duration"),
        ({"within": {"final": "PT0H"}}, "lies after what it starts with"),
        ({"within": {"early-warning": "PT80H"}}, r"due before the second \(NIS2 Art\. 23\(4\)\(a\) and \(b\)\)"),
        ({"within": {"dora-initial": "PT30H"}}, "DORA Art. 19"),
        ({"economy": "XX"}, "economy: 'XX' is none of AL, BA, XK"),
        ({"law": "Law 1/2026"}, "a law is named with who confirmed"),
    ],
)
def test_a_profile_that_contradicts_the_protocol_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Unsound, match=said):
        Rulebook(adapted(protocol(), replace(profiles()[0], **changes)))


def test_all_that_is_wrong_with_a_profile_is_told_at_once() -> None:
    text = 'economy = "ME"\nversion = "2"\ntitle = "x"\nsectors = ["magic"]\n[figures]\nloss = 1\nusers = -2\n'
    with pytest.raises(Unsound) as raised:
        profile_in(text)
    for place in ("figures.loss = 1", "figures.users = -2", "sectors: the protocol knows no sector magic"):
        assert place in str(raised.value)
    with pytest.raises(Unsound, match="unknown field `figure`"):
        profile_in('economy = "ME"\nversion = "2"\ntitle = "x"\n[figure]\nloss_eur = 1\n')
    with pytest.raises(Unsound, match="line 1"):
        profile_in("economy = ME")
    assert profile_in('economy = "ME"\nversion = "2"\ntitle = "x"\n[figures]\nloss_eur = 1\n').version == "2"


def test_a_rule_with_a_figure_that_nobody_gives_is_refused() -> None:
    with pytest.raises(Unsound, match=r"there is no figure '\w+'"):
        adapted(replace(protocol(), figures={}))


def test_an_incident_runs_from_the_first_notice_to_its_end() -> None:
    matter = Matter()
    steps = [
        (CSIRT, "triage", {"kind": "incident", "severity": "yellow"}),
        (CSIRT, "declare", {}),
        (ENTITY, "contain", {"mitigation": "cut off"}),
        (ENTITY, "flare-up", {}),
        (CSIRT, "contain", {}),
        (CSIRT, "eradicate", {}),
        (ENTITY, "recover", {}),
        (CSIRT, "look-back", {}),
        (CSIRT, "close", {"cause": "phishing"}),
    ]
    for hour, (author, does, fields) in enumerate(steps):
        assert does in {step.name for step in matter.fold.may(author)}
        assert matter.refusal(matter.do(author, does, hour, **fields)) == ""
    assert matter.fold.state.state == "closed"
    assert [task.duty for task in matter.fold.state.tasks.values()].count("containment") == 1
    assert matter.fold.may(COORDINATOR) == []
    assert {step.name for step in matter.fold.may(CSIRT)} >= {"reopen"}
