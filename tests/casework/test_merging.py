"""Merging: two cases agree that one goes on in the other, nothing is lost, and it can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.casework.test_attaching import case_of, who
from tests.web.cases.test_cases import BANK
from tests.web.house import House, housed

from egnatia.casework.registry import Deed, Refused


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        yield found


def test_a_merged_case_goes_on_in_the_other_and_nothing_is_lost(house: House) -> None:
    registry, one, two = house.node.casework, case_of(house), case_of(house)
    clearance = house.node.clearance_of(house.node.own)
    registry.act(who(house), one, Deed(does="triage", fields={"kind": "incident", "severity": "red"}))
    registry.act(who(house, BANK), one, Deed(does="set", fields={"aware_at": "2026-11-25T08:00:00Z"}))
    assert [each.id for each in registry.standings(clearance)] != []
    owed_before = [each.case for each in registry.dues(clearance)]
    registry.merge(who(house), one, two, "the same bank")
    first, second = registry.fold(clearance, one).state, registry.fold(clearance, two).state
    assert first.merged == two
    assert list(second.absorbed) == [one]
    assert first.facts["severity"] == "red"
    assert one in owed_before
    assert one not in [each.case for each in registry.dues(clearance)]
    assert [each.id for each in registry.standings(clearance)] == [two]
    with pytest.raises(Refused, match="goes on in"):
        registry.act(who(house), one, Deed(does="declare"))
    registry.act(who(house, BANK), one, Deed(does="comment", text="still heard"))
    registry.unmerge(who(house), one, two, "it was another bank")
    assert registry.fold(clearance, one).state.merged == ""
    assert not registry.fold(clearance, two).state.absorbed
    assert one in [each.case for each in registry.dues(clearance)]
    registry.act(who(house), one, Deed(does="declare"))


def test_who_may_not_admit_merges_nothing(house: House) -> None:
    registry, one, two = house.node.casework, case_of(house), case_of(house)
    clearance = house.node.clearance_of(house.node.own)
    with pytest.raises(Refused):
        registry.merge(who(house, BANK), one, two, "because")
    assert not registry.fold(clearance, two).state.absorbed
    registry.merge(who(house), one, two, "because")
    with pytest.raises(Refused, match="already"):
        registry.merge(who(house), one, two, "again")
