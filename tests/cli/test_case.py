"""Cases at the command line: opened, worked on, shown, listed and due."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from icalendar import Calendar
from tests.cyber.test_playbook import END, START, action, playbook

from egnatia.cli.main import main

PASSPHRASE = {"EGNATIA_PASSPHRASE": "for tests", "COLUMNS": "300"}
OTHER = "identity--22222222-2222-4222-8222-222222222222"


class Typed:
    """A node in a folder, and the way to type at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.say("init", str(folder), "--name", "CSIRT", "--economy", "ME", config=False)

    def say(self, *words: str, ok: int = 0, config: bool = True) -> str:
        more = ["--config", str(self.folder / "egnatia.toml")] if config else []
        done = CliRunner().invoke(main, [*words, *more], env=PASSPHRASE)
        assert done.exit_code == ok, f"{words}: {done.exit_code}, {done.output!r}, {done.exception!r}"
        return done.output

    def ask(self, *words: str) -> Any:
        return json.loads(self.say(*words, "--json"))


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    return Typed(tmp_path_factory.mktemp("case") / "node")


def opened(node: Typed, title: str = "Ransomware") -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = node.ask(
        "case", "open", "incident", "--title", title, "--role", "national-csirt",
        "--party", f"{OTHER}:AL:affected-entity", "--fact", "kind=incident", "--fact", "severity=red",
        "--fact", f"aware_at={now}", "--fact", "sectors=health,energy",
    )  # fmt: skip
    return str(answer["case"])


def test_a_case_is_worked_on_from_the_command_line(node: Typed, tmp_path: Path) -> None:
    case = opened(node)
    node.say("case", "event", case, "triage", "--field", "kind=incident", "--field", "severity=red")
    node.say("case", "event", case, "set", "--field", "users=1200", "--field", "cross_border=yes")
    shown = node.ask("case", "show", case)
    assert (shown["state"], shown["facts"]["users"], shown["facts"]["sectors"]) == (
        "triaged",
        1200,
        ["health", "energy"],
    )
    assert [each["does"] for each in shown["events"]] == ["triage", "set"]
    assert "declare" in shown["may"]
    assert "Early warning" in node.say("case", "show", case)
    dues = node.ask("case", "due", "--calendar", str(tmp_path / "due.ics"))
    assert {each["deadline"] for each in dues if each["case"] == case} == {"early-warning", "notification"}
    assert len(Calendar.from_ical((tmp_path / "due.ics").read_bytes()).walk("VEVENT")) >= 2
    assert [each for each in node.ask("case", "due", "--own") if each["case"] == case] == []
    assert case in [each["id"] for each in node.ask("case", "list")]
    assert case in [each["id"] for each in node.ask("case", "list", "--view", "incident:significant")]
    assert case not in [each["id"] for each in node.ask("case", "list", "--view", "incident:new")]


def test_a_playbook_becomes_tasks_one_after_the_other(node: Typed, tmp_path: Path) -> None:
    case, file = opened(node, "By the book"), tmp_path / "playbook.json"
    file.write_bytes(playbook(start=START, one=action("b"), b=action("end"), end=END))
    (first,) = node.ask("case", "playbook", case, str(file))["opened"]
    assert node.ask("case", "playbook", case, str(file))["opened"] == []
    node.say("case", "event", case, "progress", "--about", first, "--field", "status=done")
    answer = node.ask("case", "playbook", case, str(file))
    assert ([each["title"] for each in answer["waiting"]], answer["finished"]) == (["b"], False)
    file.write_text("{}")
    assert "not a CACAO playbook" in node.say("case", "playbook", case, str(file), ok=2)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["open", "magic", "--title", "x", "--role", "king"], 2, "there are information-request, incident"),
        (["open", "incident", "--title", "x", "--role", "king"], 2, "no such facts or roles: king"),
        (["open", "incident", "--title", "x", "--role", "observer", "--party", "someone"], 2, "ORGANISATION:ECONOMY"),
        (["open", "incident", "--title", "x", "--role", "observer", "--fact", "users=many"], 2, "is no number"),
        (["open", "incident", "--title", "x", "--role", "observer", "--tlp", "blue"], 2, "is none of"),
        (["show", "case--x"], 1, "no case"),
        (["event", "CASE", "close"], 1, "Refused (wrong-state)"),
        (["event", "CASE", "set", "--field", "users"], 2, "is not NAME=VALUE"),
        (["list", "--view", "incident:none"], 2, "there is no view"),
    ],
)
def test_what_a_person_gets_wrong_is_said_in_words(node: Typed, words: list[str], code: int, said: str) -> None:
    case = opened(node, " ".join(words)[:100]) if "CASE" in words else ""
    assert said in node.say("case", *[case if each == "CASE" else each for each in words], ok=code)


def test_a_case_goes_out_as_an_incident_bundle_and_comes_back_as_a_case(node: Typed, tmp_path: Path) -> None:
    case = opened(node, "Out and back")
    node.say("case", "event", case, "set", "--field", "availability_impact=70", "--field", "techniques=T1486")
    node.say("case", "event", case, "task", "--field", "title=Rebuild the servers")
    written = tmp_path / "incident.json"
    node.say("case", "export", case, "--output", str(written))
    (entered,) = node.ask("case", "import", str(written), "--role", "national-csirt")
    assert (entered["tasks"], entered["records"], entered["left_out"]) == (1, 3, [])
    there, back = node.ask("case", "show", case), node.ask("case", "show", entered["case"])
    assert back["title"] == "Out and back"
    for name in ("severity", "sectors", "availability_impact", "techniques", "kind"):
        assert back["facts"][name] == there["facts"][name]
    (again,) = node.ask("case", "import", str(written), "--into", case)
    assert again["facts"] == 1, again  # the determination, which the case had left open
    assert again["records"] == 0  # they are held under the label of the other case, and stay so
    assert node.ask("case", "show", entered["case"])["events"][-1]["does"] == "link"
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    node.say("case", "import", str(broken), ok=2)
