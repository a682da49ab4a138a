"""Each kind of device has lines to copy, and those of programs that are here are read by them."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from egnatia.cyber.intel.output import DEVICES
from egnatia.web.intel.setting_up import Place, settings_for

PLACE = Place("res-1", "https://node.example/outputs/res-1", "https://node.example/root/", "0f00")
CHECKCONF = shutil.which("named-checkconf")


def lines(form: str, title: str) -> list[str]:
    (found,) = (each.lines for each in settings_for(form, PLACE, "egn_x") if each.title == title)
    return found.splitlines()


@pytest.mark.parametrize("form", DEVICES)
def test_every_format_has_lines_with_the_address_and_the_token(form: str) -> None:
    found = settings_for(form, PLACE, "egn_x")
    assert found
    for each in found:
        assert "egn_x" in each.lines
        assert "$" not in each.lines
        assert PLACE.name in each.lines or PLACE.collection in each.lines


@pytest.mark.parametrize("form", DEVICES)
def test_what_a_shell_runs_is_one_command_without_the_token(form: str) -> None:
    for each in settings_for(form, PLACE, "egn_x"):
        for line in each.lines.splitlines():
            if line.startswith("*/15"):
                words = shlex.split(line.removeprefix("*/15 * * * * root "))
                assert PLACE.url in words
                assert "%" not in line, "cron would end the command there"
                assert "egn_x" not in line


@pytest.mark.skipif(CHECKCONF is None, reason="named-checkconf (bind9-utils) is not installed")
def test_bind_takes_the_lines(tmp_path: Path) -> None:
    found = lines("rpz", "BIND")
    within = found[found.index("// named.conf, within options { }") + 1]
    settings = tmp_path / "named.conf"
    settings.write_text(f"options {{ {within} }};\n{found[-1]}\n")
    done = subprocess.run([str(CHECKCONF), str(settings)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
