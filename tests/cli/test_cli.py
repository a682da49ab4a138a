"""The command line does what it says, answers in JSON where asked, and never shows a person a stack trace."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from egnatia.cli.main import commands, main
from egnatia.demo.cast import actor
from egnatia.demo.pen import Object, Pen, encoded, indicator
from egnatia.node import Node
from egnatia.settings import load

PASSPHRASE = {"EGNATIA_PASSPHRASE": "for tests", "COLUMNS": "200"}


class Place:
    """A node in a folder, and the way to type at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "egnatia.toml"

    def run(self, *words: str, stdin: str = "", ok: int = 0) -> Result:
        """Types a command; fails the test where its exit code is another than `ok`."""
        done = CliRunner().invoke(main, [*words, "--config", str(self.config)], env=PASSPHRASE, input=stdin)
        assert done.exit_code == ok, f"{words}: exit code {done.exit_code}, said {done.output!r}, {done.exception!r}"
        return done

    def ask(self, *words: str, **how: Any) -> Any:
        """Types a command with --json and reads the answer."""
        return json.loads(self.run(*words, "--json", **how).stdout)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("cli") / "node"
    made = ["init", str(folder), "--name", "CSIRT [test]", "--economy", "ME"]
    done = CliRunner().invoke(main, made, env=PASSPHRASE)
    assert done.exit_code == 0, done.output
    return Place(folder)


def told(name: str, **more: Any) -> Object:
    by = actor("me")
    written = Pen(by, "green", datetime.now(UTC), name).sdo("malware", name, name=name, is_family=False)
    return {key: value for key, value in {**written, **more}.items() if key != "created_by_ref"}


def file_of(folder: Path, *objects: Object) -> str:
    path = folder / "bundle.json"
    head = {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000"}
    path.write_text(json.dumps({**head, "objects": objects}), encoding="utf-8")
    return str(path)


def test_init_does_not_replace_a_node(place: Place) -> None:
    done = CliRunner().invoke(main, ["init", str(place.folder), "--name", "x", "--economy", "ME"], env=PASSPHRASE)
    assert done.exit_code == 1
    assert "already" in done.output


@pytest.mark.parametrize("there", [True, False], ids=["in a folder with other things", "in a folder that is not there"])
def test_an_init_that_fails_leaves_nothing_behind_and_may_be_tried_again(tmp_path: Path, there: bool) -> None:
    folder, secret = tmp_path / "deep" / "n", tmp_path / "passphrase"
    if there:
        folder.mkdir(parents=True)
        (folder / "thesis.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    words = ["init", str(folder), "--name", "x", "--economy", "AL", "--passphrase-file", str(secret)]
    done = CliRunner().invoke(main, [*words, "--database", "postgresql://127.0.0.1:1/nothing"])
    assert done.exit_code == 3, done.output
    assert sorted(tmp_path.rglob("*")) == before
    assert CliRunner().invoke(main, words).exit_code == 0


def test_init_makes_a_passphrase_that_only_its_owner_can_read(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    words = ["init", str(tmp_path / "n"), "--name", "x", "--economy", "AL", "--passphrase-file", str(secret)]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert secret.stat().st_mode & 0o777 == 0o600
    assert len(secret.read_text()) > 30


def test_what_init_was_told_stands_in_the_settings_and_no_secret_does(place: Place) -> None:
    text = place.config.read_text(encoding="utf-8")
    assert 'name = "CSIRT [test]"' in text
    assert PASSPHRASE["EGNATIA_PASSPHRASE"] not in text


def test_an_import_can_be_repeated_and_exported(place: Place, tmp_path: Path) -> None:
    file = file_of(tmp_path, told("first"), told("second"))
    assert place.ask("import", file)["added"] == 2
    assert place.ask("import", file)["present"] == 2
    out = tmp_path / "out.json"
    place.run("export", str(out), "--type", "malware")
    names = {each["name"] for each in json.loads(out.read_text(encoding="utf-8"))["objects"]}
    assert {"first", "second"} <= names


def test_export_for_the_public_holds_nothing_but_clear(place: Place, tmp_path: Path) -> None:
    place.run("import", file_of(tmp_path, told("for the community")))
    done = place.run("export", "-", "--public", "--lines")
    assert b"for the community" not in done.stdout_bytes


def test_a_bad_record_is_refused_and_the_others_are_taken(place: Place, tmp_path: Path) -> None:
    file = file_of(tmp_path, told("good one"), told("bad one", id="malware--not-a-uuid"))
    report = tmp_path / "report.jsonl"
    done = place.ask("import", file, "--report", str(report), ok=1)
    assert (done["added"], done["refused"]) == (1, 1)
    assert json.loads(report.read_text(encoding="utf-8").splitlines()[0])["index"] == 1
    assert done["rules"][0]["example"].startswith("object 1: $.id: ")


def test_an_atomic_import_takes_all_or_nothing(place: Place, tmp_path: Path) -> None:
    file = file_of(tmp_path, told("good, in vain"), told("bad", id="malware--not-a-uuid"))
    done = place.ask("import", file, "--atomic", ok=1)
    assert done["added"] == 0
    assert done["refused"] >= 1


def test_submit_search_explain_and_recall_are_one_story(place: Place, tmp_path: Path) -> None:
    record = told("Рансомвер Скопје")
    assert len(place.ask("submit", file_of(tmp_path, record))["accepted"]) == 1
    found = place.ask("search", "skopje")
    assert [each["record"]["id"] for each in found] == [record["id"]]
    assert place.ask("explain", record["id"])[0]["allowed"]
    assert not place.ask("explain", record["id"], "--for", actor("bank").id, ok=1)[0]["allowed"]
    assert place.ask("receipts", record["id"]) == []
    done = place.run("recall", record["id"], "--reason", "a mistake").output
    next_step = done.partition("egnatia ")[2].split()
    assert next_step[0] == "receipts"
    assert "No other node" in place.run(*next_step).output
    assert "No other node" in place.run("receipts", record["id"]).output
    assert "There is no record" in place.run("receipts", "report--nothing", ok=1).output


def test_preview_stores_nothing(place: Place, tmp_path: Path) -> None:
    record = told("only looked at")
    place.run("preview", file_of(tmp_path, record))
    assert place.ask("search", "only", "looked") == []


def test_a_preview_names_the_record_that_breaks_a_rule(place: Place, tmp_path: Path) -> None:
    file = file_of(tmp_path, told("good"), told("bad", id="malware--not-a-uuid"))
    assert "malware--not-a-uuid: $.id: " in place.run("preview", file, ok=1).stderr


def test_a_value_is_found_by_itself(place: Place, tmp_path: Path) -> None:
    by = actor("me")
    pen = Pen(by, "green", datetime.now(UTC), "value")
    sign = indicator(pen, "[ipv4-addr:value = '198.51.100.77']", "198.51.100.77", datetime.now(UTC))
    del sign["created_by_ref"]
    path = tmp_path / "one.json"
    path.write_bytes(encoded(sign))
    place.run("submit", str(path))
    assert [each["record"]["id"] for each in place.ask("search", "--value", "198.51.100.77")] == [sign["id"]]


def test_tokens_are_made_listed_and_revoked_and_their_secret_is_kept_nowhere(place: Place) -> None:
    made = place.ask("token", "create", "sensor", "--right", "submit")
    listed = {each["id"]: each for each in place.ask("token", "list")}
    assert listed[made["id"]]["rights"] == ["submit"]
    assert made["token"] not in place.run("token", "list").stdout
    place.run("token", "revoke", made["id"])
    assert {each["id"]: each for each in place.ask("token", "list")}[made["id"]]["revoked"]
    assert "no token" in place.run("token", "revoke", "nothing", ok=1).output


def test_organisations_are_named_and_forgotten(place: Place) -> None:
    known = place.ask("org", "add", "--name", "Bank", "--economy", "ME", "--client-of", actor("me").id)
    assert known["id"] in [each["id"] for each in place.ask("org", "list")]
    place.run("org", "remove", known["id"])
    assert known["id"] not in [each["id"] for each in place.ask("org", "list")]
    assert "not known" in place.run("org", "remove", known["id"], ok=1).output


def test_two_nodes_show_the_same_five_words(place: Place, tmp_path: Path) -> None:
    other = Place(tmp_path / "other")
    made = ["init", str(other.folder), "--name", "Other", "--economy", "AL"]
    assert CliRunner().invoke(main, made, env=PASSPHRASE).exit_code == 0
    theirs = other.ask("peer", "invite")["invitation"]
    mine = place.ask("peer", "invite")["invitation"]
    here = place.ask("peer", "accept", "-", stdin=theirs)
    there = other.ask("peer", "accept", "-", stdin=mine)
    assert here["words"] == there["words"]
    for turn, state in (("confirm", "confirmed"), ("pause", "paused"), ("resume", "confirmed")):
        assert place.ask("peer", turn, here["node"])["state"] == state
    assert [each["name"] for each in place.ask("peer", "list")] == ["Other"]
    place.run("peer", "status")
    place.run("peer", "remove", here["node"])
    assert place.ask("peer", "list") == []


def test_a_forged_invitation_is_refused_in_words(place: Place) -> None:
    text = place.ask("peer", "invite")["invitation"]
    middle = len(text) // 2
    forged = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    done = place.run("peer", "accept", "-", stdin=forged, ok=1)
    assert "Traceback" not in done.output


def test_the_audit_log_is_whole_and_tells_what_was_done(place: Place) -> None:
    place.run("token", "create", "for the audit log")
    assert place.ask("audit", "verify")["findings"] == []
    assert "token issued" in [each["action"] for each in place.ask("audit", "show")]


def test_a_backup_is_restored(place: Place, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    place.run("import", file_of(tmp_path, told("before the backup")))
    place.run("backup", str(copy))
    assert "never replaces" in place.run("backup", str(copy), ok=1).output
    assert copy.stat().st_mode & 0o777 == 0o600
    place.run("restore", str(copy))
    assert len(place.ask("search", "before", "backup")) == 1


def test_nothing_is_put_back_under_a_node_that_runs(place: Place, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    place.run("backup", str(copy))
    with Node.open(load(place.config), PASSPHRASE["EGNATIA_PASSPHRASE"]):
        assert "is in use: the node runs" in place.run("restore", str(copy), ok=1).output
        place.run("search", "beside", "it")
    place.run("restore", str(copy))


def test_what_init_makes_is_for_its_owner_alone_wherever_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    done = CliRunner().invoke(main, ["init", str(tmp_path), "--name", "x", "--economy", "AL"], env=PASSPHRASE)
    assert done.exit_code == 0, done.output
    assert {
        each.name: oct(each.stat().st_mode & 0o077) for each in tmp_path.iterdir() if each.stat().st_mode & 0o077
    } == {}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["search", "x", "--config", "/nowhere/egnatia.toml"], 2, "egnatia init"),
        (["serch"], 2, "No such command"),
        (["import"], 2, "Missing argument"),
        (["token", "create", "x", "--right", "everything"], 2, "is not one of"),
        (["init", "/proc/nowhere", "--name", "x", "--economy", "ME"], 3, "/proc/nowhere"),
    ],
)
def test_what_a_person_gets_wrong_is_said_in_words(words: list[str], code: int, said: str) -> None:
    done = CliRunner().invoke(main, words, env=PASSPHRASE)
    assert (done.exit_code, "Traceback" in done.output) == (code, False), done.output
    assert said in done.output


def test_a_wrong_passphrase_is_said_in_words(place: Place) -> None:
    words = ["search", "x", "--config", str(place.config)]
    done = CliRunner().invoke(main, words, env={"EGNATIA_PASSPHRASE": "another"})
    assert done.exit_code in {1, 2}
    assert "passphrase" in done.output


@pytest.mark.parametrize("command", [each.name for each in commands()])
def test_every_command_explains_itself_by_an_example(command: str) -> None:
    done = CliRunner().invoke(main, [command, "--help"])
    assert done.exit_code == 0
    if command not in {"audit", "org", "token", "backup", "restore", "purge"}:
        assert "egnatia " in done.output.split("Options:")[0].split("\n", 1)[1]


def test_a_file_that_is_not_there_is_named_in_words(place: Place) -> None:
    for words in (("import", "nothere.json"), ("peer", "accept", "nothere.txt")):
        done = place.run(*words, "--json", ok=3)
        assert f"Error: {words[-1]}: No such file or directory" in done.output
        assert "Errno" not in done.output


def test_every_command_answers_in_json_and_explains_itself() -> None:
    def each(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
        if not isinstance(command, click.Group):
            yield context.command_path, command
            return
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from each(inner, click.Context(inner, parent=context, info_name=name))

    commands = dict(each(main, click.Context(main, info_name="egnatia")))
    assert len(commands) > 50
    mute = [name for name, one in commands.items() if not any("--json" in option.opts for option in one.params)]
    assert mute == []
    assert [name for name, one in commands.items() if not (one.help or "").strip()] == []
