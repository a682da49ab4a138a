"""Every clock of NIS2 Article 23 and beside it, each with the words of the rule that it keeps."""

from datetime import datetime
from typing import Any

import pytest
from tests.cyber.building import (
    AUTHORITY,
    CONTACT,
    CSIRT,
    ENTITY,
    FINAL,
    NOTICE,
    PRIVACY,
    WARNING,
    Matter,
    at,
    book,
    instant,
)

from egnatia.casework.clock import Review, Timeliness, reminders
from egnatia.casework.span import Span, span


def test_early_warning() -> None:
    """(a) early warning | 24 h | becoming aware of the *significant* incident."""
    matter = Matter()
    assert matter.owed()["early-warning"].due == at(24)
    matter.file(24, "early-warning", **WARNING)
    assert matter.owed()["early-warning"].timeliness(at(500)) == Timeliness.ON_TIME


def test_notification() -> None:
    """(b) incident notification | 72 h | becoming aware."""
    assert Matter().owed()["notification"].due == at(72)


def test_notification_of_trust_services() -> None:
    """72 h (24 h for trust service providers, incident on trust services)."""
    owed = Matter(entity_type="trust", trust_service_affected=True).owed()
    assert owed["notification-trust"].due == at(24)
    assert "notification" not in owed
    usual = Matter()
    usual.file(60, "notification", **NOTICE)
    assert "notification-trust" not in usual.owed()
    assert Matter(entity_type="trust").owed()["notification"].due == at(72)


def test_intermediate_report() -> None:
    """(c) intermediate report | on request of CSIRT/authority | request."""
    matter = Matter()
    assert "intermediate" not in matter.owed()
    matter.do(CSIRT, "request-intermediate", 30)
    assert matter.owed()["intermediate"].start == at(30)
    matter.file(40, "intermediate", status="two of nine servers are back")
    assert matter.owed()["intermediate"].met == at(40)
    matter.do(AUTHORITY, "request-intermediate", 90)
    assert (matter.owed()["intermediate"].start, matter.owed()["intermediate"].met) == (at(90), None)
    refused = matter.do(ENTITY, "request-intermediate", 91)
    assert matter.refusal(refused) == "not-its-role"


def test_final_report() -> None:
    """(d) final report | 1 (calendar) month | *submission of (b)*."""
    matter = Matter()
    assert "final" not in matter.owed()
    matter.file(50, "notification", **NOTICE)
    matter.do(CSIRT, "set", 60, handled_at=instant(60))
    assert matter.owed()["final"].due == datetime.fromisoformat("2026-04-04T09:00:00Z")  # 10:00 there, as on 4 March
    late = matter.file(800, "final", **FINAL)
    assert matter.owed()["final"].timeliness(at(9_999)) == Timeliness.LATE
    matter.do(CSIRT, "review", 810, late.id, outcome="accepted")
    assert matter.owed()["final"].review == Review.ACCEPTED


def test_progress_report() -> None:
    """(e) progress report | at the time (d) is due, if ongoing | then final report within 1 month of *handling*."""
    matter = Matter()
    matter.file(50, "notification", **NOTICE)
    month = datetime.fromisoformat("2026-04-04T09:00:00Z")
    owed = matter.owed()
    assert (owed["progress"].due, owed["final"].due) == (month, None)
    matter.file(780, "progress", status="rebuilding", cross_border=True)
    assert matter.owed()["progress"].timeliness(at(9_999)) == Timeliness.ON_TIME
    matter.do(CSIRT, "set", 1_500, handled_at="2026-05-31T10:00:00Z")
    assert matter.owed()["final"].due == datetime.fromisoformat("2026-06-30T10:00:00Z")
    assert matter.owed()["progress"].due == month


def test_reply() -> None:
    """23(5) CSIRT/authority reply | without undue delay, where possible 24 h | receipt of (a)."""
    matter = Matter()
    matter.file(20, "early-warning", **WARNING)
    assert (matter.owed()["reply"].due, matter.owed()["reply"].by) == (at(44), (CSIRT,))
    matter.do(CSIRT, "reply", 21, feedback="isolate the file servers")
    assert matter.owed()["reply"].met == at(21)


def test_forwarding() -> None:
    """23(8) SPOC forwards notification to other affected SPOCs | on request of CSIRT/authority."""
    matter = Matter(affected_economies=["ME", "AL"])
    matter.do(CSIRT, "request-forwarding", 5)
    assert matter.owed()["forwarding"].by == (CONTACT,)
    matter.do(CONTACT, "forward", 6)
    assert matter.owed()["forwarding"].met == at(6)
    alone = Matter()
    assert alone.refusal(alone.do(CSIRT, "request-forwarding", 5)) == "rule-unmet"


def test_awareness_not_detection() -> None:
    """Third-party restatements are wrong ... Use "awareness"."""
    matter = Matter(detected_at=instant(-9), started_at=instant(-9.5))
    assert matter.owed()["early-warning"].start == at(0)
    assert "early-warning" not in Matter(aware_at=None, detected_at=instant(0)).owed()


@pytest.mark.parametrize(
    ("filed", "due"),
    [
        ("2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z"),
        ("2028-01-31T12:00:00Z", "2028-02-29T12:00:00Z"),
        ("2028-01-30T12:00:00Z", "2028-02-29T12:00:00Z"),
        ("2026-01-31T23:30:00Z", "2026-02-28T23:30:00Z"),  # there it is 1 February, and then 1 March
        ("2026-03-15T12:00:00Z", "2026-04-15T11:00:00Z"),
    ],
)
def test_months_are_calendar_months(filed: str, due: str) -> None:
    """P1M from 31 Jan -> 28/29 Feb; from 30 Jan in a leap year -> 29 Feb; in the *authority's* zone."""
    aware = datetime.fromisoformat(filed)
    matter = Matter(aware)
    matter.file(0, "notification", **NOTICE)
    matter.do(CSIRT, "set", 1, handled_at=instant(0.5, aware))
    assert matter.owed()["final"].due == datetime.fromisoformat(due)


def test_hours_are_absolute() -> None:
    """DST-safe: hours are absolute."""
    aware = datetime.fromisoformat("2026-03-28T12:00:00+01:00")
    assert Matter(aware).owed()["early-warning"].due == datetime.fromisoformat("2026-03-29T13:00:00+02:00")


def test_the_first_accepted_submission_counts() -> None:
    """Final report counts from the FIRST accepted 72h submission, never from a later version."""
    matter = Matter()
    first = matter.file(50, "notification", **NOTICE)
    matter.do(CSIRT, "review", 55, first.id, outcome="accepted")
    second = matter.file(60, "notification", **NOTICE, users=5)
    matter.do(CSIRT, "review", 65, second.id, outcome="accepted")
    assert matter.owed()["progress"].start == at(50)


def test_one_submission_for_two_stages() -> None:
    """Early+72h may be one submission."""
    matter = Matter()
    matter.file(20, "early-warning", "notification", **NOTICE)
    owed = matter.owed()
    assert (owed["early-warning"].met, owed["notification"].met) == (at(20), at(20))


def test_two_axes() -> None:
    """Stage may be late AND under review: two orthogonal axes."""
    matter = Matter()
    late = matter.file(30, "early-warning", **WARNING)
    matter.do(CSIRT, "review", 31, late.id, outcome="under-review")
    found = matter.owed()["early-warning"]
    assert (found.timeliness(at(40)), found.review) == (Timeliness.LATE, Review.UNDER_REVIEW)


def test_many_reminders() -> None:
    """Reminders are many per stage, before and after due, relative to any clock."""
    found = reminders(book(), [Matter().owed()["early-warning"]], at(0), at(100))
    assert [each.at for each in found] == [at(12), at(20), at(23), at(24), at(36)]


def test_significance_is_raised_and_lowered() -> None:
    """Significance may be raised or lowered by regulator, logged."""
    matter = Matter()
    lowered = matter.do(AUTHORITY, "judge", 5, significance_decision="not-significant")
    assert "early-warning" not in matter.owed()
    raised = matter.do(CSIRT, "judge", 6, significance_decision="significant")
    assert "early-warning" in matter.owed()
    assert [event for event, _ in matter.fold.state.history["significance_decision"]] == [lowered.id, raised.id]
    assert matter.refusal(matter.do(ENTITY, "set", 7, significance_decision="not-significant")) == "not-its-field"


@pytest.mark.parametrize("kind", ["near-miss", "cyber-threat", "voluntary"])
def test_only_incidents_owe_reports(kind: str) -> None:
    """Notification kinds: incident | near_miss | cyber_threat | voluntary."""
    assert Matter(kind=kind).owed() == {}


def test_cross_border_flag_has_a_history() -> None:
    """Cross-border flag = a first-class field on every stage, history kept, latest value rules."""
    matter = Matter()
    matter.file(10, "early-warning", **WARNING)
    matter.file(40, "notification", **{**NOTICE, "cross_border": False})
    matter.do(CSIRT, "set", 50, cross_border=True)
    assert [value for _, value in matter.fold.state.history["cross_border"]] == [True, False, True]
    assert matter.fold.state.facts["cross_border"] is True
    for report in ("early-warning", "notification", "intermediate", "progress", "final"):
        assert "cross_border" in (*book().reports[report].needs, *book().reports[report].takes)


def test_personal_data_have_a_clock_of_their_own() -> None:
    """GDPR breach notification (72 h) as a parallel clock."""
    matter = Matter(kind="voluntary", breach_aware_at=instant(10))
    assert (matter.owed()["personal-data"].due, matter.owed()["personal-data"].to) == (at(82), (PRIVACY,))


def test_dora() -> None:
    """DORA clock: 4 h from classification, cap 24 h from awareness."""
    facts: dict[str, Any] = {"financial_entity": True, "critical_service": True, "malicious_access": True}
    owed = Matter(**facts, classified_at=instant(22)).owed()
    assert (owed["dora-initial"].due, owed["dora-cap"].due) == (at(26), at(24))
    assert "dora-cap" not in Matter(financial_entity=True, critical_service=True).owed()


def test_more_time_is_given_by_the_competent_authority_alone() -> None:
    matter = Matter()
    refused = matter.do(CSIRT, "extend", 10, "early-warning", until=instant(48))
    assert matter.refusal(refused) == "not-its-role"
    matter.do(AUTHORITY, "extend", 11, "early-warning", until=instant(48))
    assert (matter.owed()["early-warning"].due, matter.owed()["early-warning"].lawful) == (at(48), at(24))


def test_moments_keep_the_zone_in_which_they_were_said() -> None:
    """aware_at stored separately from detected_at/started_at/notified_at, in UTC with original zone."""
    matter = Matter(aware_at=None)
    matter.do(ENTITY, "set", 2, aware_at="2026-03-02T09:00:00+01:00", detected_at="2026-03-02T08:30:00+01:00")
    facts, entered = matter.fold.state.facts, matter.fold.state.entered
    assert (facts["aware_at"], facts["detected_at"]) == ("2026-03-02T08:00:00Z", "2026-03-02T07:30:00Z")
    assert entered["aware_at"] == "2026-03-02T09:00:00+01:00"
    assert matter.owed()["early-warning"].start == datetime.fromisoformat("2026-03-02T08:00:00Z")
    matter.do(ENTITY, "set", 3, aware_at="2026-03-02T08:05:00Z")
    assert set(matter.fold.state.entered) == {"detected_at"}, "said again in UTC, it has no zone any more"
    opened = Matter(aware_at="2026-03-02T10:00:00+02:00")
    assert (opened.fold.state.facts["aware_at"], opened.fold.state.entered) == (
        "2026-03-02T08:00:00Z",
        {"aware_at": "2026-03-02T10:00:00+02:00"},
    )


@pytest.mark.parametrize(
    "said",
    ["2026-03-02T09:00:00+25:00", "2026-03-02T09:00:00", "0001-01-01T00:00:00+14:00", "2026-02-30T09:00:00+01:00"],
)
def test_a_moment_without_a_clock_that_exists_is_refused(said: str) -> None:
    """... in UTC with original zone."""
    matter = Matter(aware_at=None)
    assert matter.refusal(matter.do(ENTITY, "set", 2, aware_at=said)) == "field-wrong"


@pytest.mark.parametrize(("length", "months", "seconds"), [("PT24H", 0, 86_400), ("PT72H", 0, 259_200), ("P1M", 1, 0)])
def test_lengths_are_iso_8601(length: str, months: int, seconds: int) -> None:
    """ISO-8601 durations (PT24H, PT72H, P1M)."""
    assert span(length) == Span(months=months, seconds=seconds)
    assert length in {each.within for each in book().workflow.deadlines}


def test_other_economies_are_told() -> None:
    """23(6) inform other affected States + ENISA | without undue delay | incident concerns >=2 States."""
    source = book().deadlines["forwarding"]
    assert "Art. 23(6)" in source.source
    assert "without undue delay" in source.source
    matter = Matter(affected_economies=["ME"])
    assert matter.refusal(matter.do(CSIRT, "request-forwarding", 5)) == "rule-unmet", "it concerns one"
    matter.do(CSIRT, "set", 6, affected_economies=["ME", "AL"])
    matter.do(CSIRT, "request-forwarding", 7)
    owed = matter.owed()["forwarding"]
    assert (owed.start, owed.due) == (at(7), at(31))


def test_recurring_incidents_count_within_six_months() -> None:
    """>=2 in 6 months AND same apparent root cause AND together meet 3(1)(a)."""
    assert "six months" in book().fields["same_cause_6_months"].title
    recurs: dict[str, Any] = {"entity_type": "cloud", "same_cause_6_months": 2, "loss_together": True}
    quiet: dict[str, Any] = {"severity": "green"}
    assert Matter(**quiet, **recurs).fold.known()["significant"] is True
    assert Matter(**quiet, **{**recurs, "same_cause_6_months": 1}).fold.known()["significant"] is False
    assert Matter(**quiet, **{**recurs, "loss_together": False}).fold.known()["significant"] is False
