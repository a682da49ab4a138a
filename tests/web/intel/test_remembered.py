"""What is large is counted once a minute, for each clearance apart."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.exchange import gate

from egnatia.node import Node
from egnatia.policy import PUBLIC, Clearance, Standing
from egnatia.web.intel.remembered import MOST, OLDEST, SECONDS, THREAD, remembered


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as made:
        yield made


def counted(node: Node, clearance: Clearance, value: int, question: str = "q", *, large: bool = True) -> int:
    """What a reader is told, where counting would give `value`."""
    return remembered(node.store, clearance, question, lambda: value, is_large=lambda _: large).made


def test_what_is_large_is_told_again_for_a_minute_and_then_once_more_while_it_is_counted_anew(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [counted(node, PUBLIC, value) for value in (1, 2, 3)] == [1, 1, 1]
    later = time.monotonic() + SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert counted(node, PUBLIC, 4) == 1
    _wait()
    assert counted(node, PUBLIC, 5) == 4


def test_what_is_told_again_says_when_it_was_counted(node: Node) -> None:
    first, again = (remembered(node.store, PUBLIC, "q", lambda: 1, is_large=lambda _: True) for _ in range(2))
    assert first.at == 0
    assert 0 < again.at <= time.time_ns() // 1_000


def test_nobody_is_told_what_is_older_than_minutes(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    assert counted(node, PUBLIC, 1) == 1
    later = time.monotonic() + OLDEST + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert counted(node, PUBLIC, 2) == 2


def test_what_could_not_be_counted_anew_is_tried_again(
    node: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> int:
        raise RuntimeError("the store is closed")

    assert counted(node, PUBLIC, 1) == 1
    later = time.monotonic() + SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert remembered(node.store, PUBLIC, "q", fails, is_large=lambda _: True).made == 1
    _wait()
    assert "the store is closed" in caplog.text
    assert counted(node, PUBLIC, 2) == 1
    _wait()
    assert counted(node, PUBLIC, 3) == 2


def _wait() -> None:
    """Until nothing is counted beside."""
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join()


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
