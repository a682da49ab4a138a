"""Exercises at the command line: checked, planned, led and shown."""

import json
from pathlib import Path

import pytest
from tests.cli.test_case import OTHER, Typed
from tests.cyber.exercises.playing import SMALL


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    return Typed(tmp_path_factory.mktemp("exercise") / "node")


def test_the_shipped_scenarios_are_listed_and_in_order(node: Typed, tmp_path: Path) -> None:
    found = {each["name"]: each["injects"] for each in node.ask("exercise", "scenarios")}
    assert found == {"ransomware-data-centre": 18, "hybrid-election": 17}
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    assert "in order" in node.say("exercise", "check", str(file))


def test_a_scenario_that_contradicts_itself_says_so(node: Typed, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(SMALL.replace('to = ["serbia"]', 'to = ["atlantis"]'))
    assert "there is no team 'atlantis'" in node.say("exercise", "check", str(file), ok=1)
    file.write_text("name = 7")
    node.say("exercise", "check", str(file), ok=1)
    file.write_bytes(b"\xff\xfe")
    node.say("exercise", "check", str(file), ok=1)


def test_an_exercise_is_planned_led_and_shown(node: Typed, tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    cast = ("--team", f"albania={OTHER}", "--team", f"serbia={OTHER}")
    word = node.ask("exercise", "plan", str(file), *cast)["exercise"]
    node.say("exercise", "do", word, "begin")
    node.say("exercise", "do", word, "hold")
    node.say("exercise", "do", word, "skip", "--minutes", "90")
    assert "no effect" in node.say("exercise", "do", word, "hold", ok=1)
    assert node.ask("exercise", "release", word, "by-hand", "--why", "now")["released"] is True
    assert node.ask("exercise", "release", word, "by-hand")["released"] is False
    node.say("exercise", "release", word, "nothing", ok=1)
    shown = node.ask("exercise", "show", word)
    assert shown["state"] == "paused"
    assert [each["inject"] for each in shown["happened"]] == ["by-hand"]
    assert "EXERCISE" in node.say("exercise", "show", word)
    assert [each["exercise"] for each in node.ask("exercise", "list")] == [word]
    follow = ("--finding", "x", "--action", "Print the list", "--owner", OTHER, "--until", "2027-06-01")
    case = node.ask("exercise", "follow-up", word, *follow)["case"]
    assert case in {each["case"] for each in json.loads(node.say("case", "due", "--json"))}
    node.say("exercise", "follow-up", word, *follow[:-1], "soon", ok=2)


def test_what_is_unknown_is_said(node: Typed) -> None:
    nowhere = node.say("exercise", "plan", "nowhere.toml", "--team", f"a={OTHER}", ok=2)
    assert "neither one of ransomware-data-centre, hybrid-election nor a file" in nowhere
    assert "TEAM=VALUE" in node.say("exercise", "plan", "hybrid-election", "--team", "electoral", ok=2)
    for words in (("show", "small-000000000000"), ("do", "small-000000000000", "begin")):
        assert "no exercise 'small-000000000000'" in node.say("exercise", *words, ok=1)
