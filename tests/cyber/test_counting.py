"""What the summary and the situation count is kept between two questions, and always as it stands."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cyber.exercises.playing import act, begun, incident, stage, who
from tests.exchange.gate import AL, ME, RS

from egnatia.casework.registry import Deed, Opening
from egnatia.cyber.incidents.counting import Counting
from egnatia.cyber.incidents.situation import Situations, begins, week_of
from egnatia.cyber.incidents.summary import folds, looked_at, quarter_of, summed
from egnatia.node import Node
from egnatia.record.case import CaseParty

DEEDS = st.lists(st.sampled_from(["open", "severity", "warn", "leave", "play"]), min_size=1, max_size=12)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(deeds=DEEDS)
def test_it_is_what_every_case_looked_at_anew_is(tmp_path_factory: pytest.TempPathFactory, deeds: list[str]) -> None:
    folder = tmp_path_factory.mktemp("counting")
    with stage(folder) as node:
        counting, situations, cases = Counting(node.casework), Situations(node.casework), [_open(node)]
        quarter = quarter_of(datetime.now(UTC))
        for number, deed in enumerate(deeds):
            case = cases[number % len(cases)]
            match deed:
                case "open":
                    cases.append(_open(node))
                case "severity":
                    node.casework.act(who(AL), case, Deed(does="set", fields={"severity": "green"}))
                case "warn":
                    fields = {"suspected_malicious": True, "cross_border": True}
                    node.casework.act(who(RS), case, Deed(does="submit", about=("early-warning",), fields=fields))
                case "leave":
                    left = cases.pop(number % len(cases))
                    node.casework.act(who(AL), left, Deed(does="leave", about=(AL,), text="because"))
                    cases.append(_open(node))
                case _:
                    word = begun(node)
                    act(node, word, incident(node, word), RS, "set", severity="red")
            for reader in (AL, RS, ME):
                clearance = node.clearance_of(reader)
                kept = counting.of(clearance)
                situations.of(clearance, 3)
                node.casework.catch_up()
                anew = [looked_at(fold) for fold in folds(node.casework, clearance)]
                assert sorted(map(repr, kept)) == sorted(map(repr, anew)), (reader, deed)
                said = counting.summary(clearance, quarter, basis="report", review="any")
                assert said == summed(anew, quarter), (reader, deed)
                assert situations.of(clearance, 3) == Situations(node.casework).of(clearance, 3), (reader, deed)


def test_a_week_begins_on_monday() -> None:
    sunday, monday = (int(datetime(2026, 11, day, 23, 59, tzinfo=UTC).timestamp()) * 1_000_000 for day in (22, 23))
    assert week_of(monday) == week_of(sunday) + 1
    assert datetime.fromtimestamp(begins(week_of(monday)) / 1e6, UTC) == datetime(2026, 11, 23, tzinfo=UTC)


def _open(node: Node) -> str:
    parties = (
        CaseParty(party_ref=AL, economy="AL", roles=("national-csirt",)),
        CaseParty(party_ref=RS, economy="RS", roles=("affected-entity",)),
    )
    opening = Opening(workflow="incident", title="It stands still", parties=parties, facts={"severity": "red"})
    return str(node.casework.open(who(AL), opening))
