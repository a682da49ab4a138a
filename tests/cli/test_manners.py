"""Commands end quietly where their reader has enough, say so where a person stops them, and count as people do."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from egnatia.cli.desk import Desk, in_words
from egnatia.cli.main import main
from egnatia.cli.manners import HUNG_UP, STOPPED, hang_up, several

TOLD = """
from egnatia.cli.manners import manners
import click

with manners():
    for number in range(20_000):
        click.echo(f"{number} " * 20)
"""


def test_a_reader_that_has_enough_ends_a_command_without_a_word() -> None:
    mine, theirs = os.pipe()
    process = subprocess.Popen([sys.executable, "-c", TOLD], stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    assert os.read(mine, 10)
    os.close(mine)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (HUNG_UP, b"")


def test_words_for_people_and_lines_for_programs_end_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert vars(Desk(None, as_json=False).out)["on_broken_pipe"] is hang_up
    monkeypatch.setattr("egnatia.cli.desk.is_hung_up", lambda _: True)
    with pytest.raises(BrokenPipeError), in_words():
        raise BrokenPipeError


def test_another_pipe_that_breaks_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("egnatia.cli.desk.load", _raising(BrokenPipeError(32, "Broken pipe")))
    done = CliRunner().invoke(main, ["org", "list", "--config", str(tmp_path / "x.toml")])
    assert (done.exit_code, "Broken pipe" in done.output) == (3, True)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), click.Abort()])
def test_whoever_stops_a_command_is_told_so(
    monkeypatch: pytest.MonkeyPatch, stop: BaseException, tmp_path: Path
) -> None:
    monkeypatch.setattr("egnatia.cli.desk.load", _raising(stop))
    done = CliRunner().invoke(main, ["org", "list", "--config", str(tmp_path / "x.toml")])
    assert done.exit_code == STOPPED
    assert done.output.strip() == "Stopped. What was done before stays."


def _raising(error: BaseException) -> object:
    def load(_: Path) -> None:
        raise error

    return load


def test_one_is_one_and_many_are_many() -> None:
    assert [several(count, "pattern") for count in (0, 1, 2, 2_000)] == [
        "0 patterns", "1 pattern", "2 patterns", "2,000 patterns",
    ]  # fmt: skip
    assert several(1, "entry", "entries") + several(3, "entry", "entries") == "1 entry3 entries"
