"""What is large is counted once a minute, for each clearance apart."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.exchange import gate

from egnatia.node import Node
from egnatia.policy import PUBLIC, Clearance, Standing
from egnatia.web.intel.remembered import MOST, remembered


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as made:
        yield made


def counted(node: Node, clearance: Clearance, value: int, question: str = "q", *, large: bool = True) -> int:
    """What a reader is told, where counting would give `value`."""
    return remembered(node.store, clearance, question, lambda: value, is_large=lambda _: large)


def test_what_is_large_is_told_again_for_a_minute(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [counted(node, PUBLIC, value) for value in (1, 2, 3)] == [1, 1, 1]
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert counted(node, PUBLIC, 4) == 4


def test_what_is_small_is_always_of_this_moment(node: Node) -> None:
    assert [counted(node, PUBLIC, value, large=False) for value in (1, 2)] == [1, 2]


def test_nobody_is_told_what_was_counted_for_another(node: Node) -> None:
    assert counted(node, Clearance((Standing(gate.ME),)), 1) == 1
    assert counted(node, PUBLIC, 2) == 2
    assert counted(node, Clearance((Standing(gate.ME, exercise="x"),)), 3) == 3
    assert counted(node, PUBLIC, 4, "another question") == 4


def test_only_so_many_answers_are_kept(node: Node) -> None:
    for number in range(MOST + 1):
        counted(node, PUBLIC, number, f"question {number}")
    assert counted(node, PUBLIC, -1, "question 0") == -1
    assert counted(node, PUBLIC, -1, f"question {MOST}") == MOST
