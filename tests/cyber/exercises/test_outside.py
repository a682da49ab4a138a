"""What is played blocks nothing and is counted nowhere: defences and matrices are made of what is real."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.gate import AL, CLEAR, ME, indicator, node
from tests.exchange.test_world import play, real

from egnatia.cyber.intel.language import parse
from egnatia.cyber.intel.matching import Known
from egnatia.cyber.intel.matrix import matrix
from egnatia.cyber.intel.output import DEVICES, Output, make
from egnatia.cyber.intel.warning_index import WarningLists
from egnatia.exchange.formats.conversion import instant
from egnatia.node import Node
from egnatia.policy import PUBLIC

NOW = datetime.now(UTC)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Node]:
    """A node where the same is played and real, under other names."""
    with node(tmp_path) as opened:
        at = instant(NOW.timestamp() - 60)
        since: dict[str, Any] = {"valid_from": at, "modified": at, "confidence": 95}
        for hand_in, name in ((play, "played.example"), (real, "real.example")):
            made = indicator(CLEAR, pattern=f"[domain-name:value = '{name}']", labels=["T1566"], **since)
            assert not hand_in(opened, made).refused
        yield opened


@pytest.mark.parametrize("form", ["plain", "rpz", "suricata", "sigma", "misp-feed"])
def test_no_output_for_defences_holds_what_is_played(here: Node, form: str) -> None:
    assert form in DEVICES
    for clearance in (here.clearance_of(ME), here.clearance_of(AL), PUBLIC):
        output = Output(name="feed", form=form, least=1)
        made = make(output, here.store, clearance, NOW, warnings=WarningLists())
        assert b"real.example" in made.content
        assert b"played.example" not in made.content


def test_the_matrix_counts_nothing_that_is_played(here: Node) -> None:
    found = matrix(here.store, here.clearance_of(ME), parse(""), Known(), NOW)
    assert [cell.records for cells in found.cells.values() for cell in cells] == [1]
