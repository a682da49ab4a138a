"""The matrix as a layer of the ATT&CK Navigator, and layers of others, whatever is in them."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.cyber.intel.layer import BadLayer, covered, held, layer
from egnatia.cyber.intel.matrix import Cell, Matrix
from egnatia.policy import Tlp


def cell(number: str, records: int) -> Cell:
    return Cell(number, "A way", ("execution",), records, min(records, 2), ())


TOLD = Matrix(
    ("execution",),
    {"execution": (cell("T1059.001", 7), cell("T1204", 1), cell("T1566", 0), cell("T0865", 3), cell("T0073", 2))},
    4,
    5,
    complete=True,
    tlp=Tlp.AMBER,
)


def test_a_layer_has_what_is_told_of_enterprise_techniques_with_its_strictest_marking() -> None:
    made = json.loads(layer(TOLD, "CSIRT: Techniques", "economy:me"))
    scores = {each["techniqueID"]: each.get("score") for each in made["techniques"]}
    assert scores == {"T1059.001": 7, "T1204": 1, "T1059": None}
    assert (made["domain"], made["versions"]["layer"]) == ("enterprise-attack", "4.5")
    assert made["gradient"]["maxValue"] == 7
    assert made["description"] == "TLP:AMBER. economy:me"
    assert {"name": "TLP", "value": "TLP:AMBER"} in made["metadata"]


def test_a_layer_that_is_written_covers_what_it_says() -> None:
    own = held(layer(TOLD, "Ours", ""))
    assert own.name == "Ours"
    assert own.covers == {"T1059.001", "T1204"}
    assert covered(own, "T1204.002")
    assert not covered(own, "T1059")


def test_only_what_is_scored_or_coloured_and_not_disabled_is_covered() -> None:
    techniques = [
        {"techniqueID": "T1001", "score": 1}, {"techniqueID": "T1002", "score": 0}, {"techniqueID": "T1003"},
        {"techniqueID": "T1004", "color": "#e60d0d"}, {"techniqueID": "T1005", "score": 5, "enabled": False},
        {"techniqueID": "<b>", "score": 5}, {"techniqueID": "t1006", "score": 2.5, "tactic": "impact"},
    ]  # fmt: skip
    assert held(json.dumps({"techniques": techniques}).encode()).covers == {"T1001", "T1004", "T1006"}


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"techniques": 3}', b'{"techniques": [3]}', b"\xff\xfe"])
def test_what_is_no_layer_is_refused(document: bytes) -> None:
    with pytest.raises(BadLayer):
        held(document)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_layer_or_none(document: bytes) -> None:
    with suppress(BadLayer):
        assert isinstance(held(document).covers, frozenset)
