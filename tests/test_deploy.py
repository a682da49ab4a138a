"""What deploy/ names exists: commands, options, settings, pages; and what a node does is let through."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from egnatia.cli.main import main
from egnatia.cyber.intel.errand import NICE
from egnatia.settings import Settings

DEPLOY = Path(__file__).parents[1] / "deploy"
UNIT = (DEPLOY / "egnatia.service").read_text(encoding="utf-8")
CONTAINER = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
ANALYZE = shutil.which("systemd-analyze")


def understood(words: list[str]) -> click.Context:
    """The command, read and not done; click.UsageError where there is no such command or option."""
    command = main.get_command(click.Context(main), words[0])
    assert command is not None, words[0]
    return command.make_context(words[0], words[1:])


def set_to(name: str) -> list[str]:
    """What the unit gives a setting, in order."""
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


def test_what_systemd_starts_is_a_command_of_ours() -> None:
    (start,) = set_to("ExecStart")
    program, *words = shlex.split(start)
    assert Path(program).name == "egnatia"
    assert understood(words).params["config"] == Path("/etc/egnatia/egnatia.toml")


def test_the_settings_that_the_unit_wants_are_settings() -> None:
    named = re.findall(r"^#   \[(\w+)\] (\w+) = ", UNIT, re.MULTILINE)
    assert len(named) == 2
    for section, name in named:
        assert hasattr(getattr(Settings(), section), name)
    assert "passphrase:/etc/egnatia/passphrase.cred" in set_to("LoadCredentialEncrypted")


def test_work_that_stands_back_behind_the_node_is_not_killed_for_it() -> None:
    assert NICE > 0, "it calls setpriority(2)"
    *_, refused, allowed = set_to("SystemCallFilter")
    assert "@resources" in refused, "setpriority is in it"
    assert allowed == "setpriority"
    assert set_to("SystemCallErrorNumber") == ["EPERM"], "what is not let through is refused; else it kills"


def test_what_a_container_runs_is_a_command_of_ours() -> None:
    told = re.findall(r"^#   podman run .*? egnatia( .*)?$", CONTAINER, re.MULTILINE)
    assert [understood(shlex.split(each)).info_name for each in told if each] == ["init"]
    assert 'ENTRYPOINT ["/opt/egnatia/bin/egnatia"]\nCMD ["serve"]' in CONTAINER
    assert understood(["serve"]).info_name == "serve"


def test_a_container_holds_what_matching_needs_and_is_asked_where_a_node_answers() -> None:
    assert "ARG EXTRAS=[engine]" in CONTAINER
    project = (DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert "\nengine = [" in project
    routes = (DEPLOY.parent / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    assert "/health/ready" in CONTAINER
    assert "/health/ready" in routes


@pytest.mark.skipif(ANALYZE is None, reason="there is no systemd on this machine")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "egnatia.service"
    unit.write_text(UNIT.replace("/opt/egnatia/bin/egnatia", sys.executable), encoding="utf-8")
    done = subprocess.run([str(ANALYZE), "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "egnatia" in line] == []
