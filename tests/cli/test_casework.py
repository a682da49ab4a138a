"""Files, merging, reports and letters at the command line."""

from pathlib import Path

import pytest
from tests.cli.test_case import Typed, opened


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    return Typed(tmp_path_factory.mktemp("casework") / "node")


def test_a_file_goes_into_a_case_and_comes_out_as_it_was(node: Typed, tmp_path: Path) -> None:
    case, file = opened(node), tmp_path / "hashes.txt"
    assert "no files" in node.say("case", "files", case)
    file.write_bytes(b"\x00\x01" * 1_000)
    made = node.ask("case", "attach", case, str(file), "--text", "hashes of the images")
    (listed,) = node.ask("case", "files", case)
    assert (listed["name"], listed["size"], listed["known"]) == ("hashes.txt", 2_000, 0)
    node.say("case", "fetch", case, made["file"], str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == file.read_bytes()
    node.say("case", "fetch", case, made["file"], str(tmp_path / "copy"), ok=1)
    node.say("case", "fetch", case, "case-attachment--x", str(tmp_path / "other"), ok=1)


def test_a_case_is_merged_and_that_is_taken_back(node: Typed) -> None:
    one, two = opened(node, "Number one"), opened(node, "Number two")
    node.say("case", "merge", one, two, "--text", "the same")
    assert "Number one" not in node.say("case", "list")
    node.say("case", "merge", one, two, "--text", "again", ok=1)
    node.say("case", "merge", one, two, "--text", "not the same", "--undo")
    assert "Number one" in node.say("case", "list")
    node.say("case", "merge", one, "case--00000000-0000-8000-8000-000000000000", "--text", "x", ok=1)


@pytest.mark.parametrize("form", ["pdf", "html", "json"])
def test_a_report_is_written_and_verified_and_an_altered_one_is_not(node: Typed, tmp_path: Path, form: str) -> None:
    case, report = opened(node), tmp_path / f"report.{form}"
    node.say("case", "event", case, "triage", "--field", "kind=incident", "--field", "severity=red")
    node.say("case", "report", case, str(report))
    assert node.ask("case", "verify", str(report))["holds"] is True
    if form == "json":
        report.write_text(report.read_text(encoding="utf-8").replace('"state":"triaged"', '"state":"closed"'))
        assert "closed" in node.say("case", "verify", str(report), ok=1)
    node.say("case", "report", case, str(tmp_path / "report.doc"), ok=2)


def test_without_a_mail_server_nothing_is_sent(node: Typed) -> None:
    assert "sends no mail" in node.say("mail", "test", "ana@csirt.example", ok=1)
    assert "None was given up" in node.say("mail", "dead")
    node.say("mail", "again", "nothing", ok=1)
    node.say("mail", "again", "--all")
