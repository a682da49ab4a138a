"""What is known anyway is loaded once and brought up to date with one command."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.cli.test_cli import PASSPHRASE, Place
from tests.cyber.intel.bad_server import address, bad_server

from egnatia.cli.main import main

DISARM: dict[str, Any] = {
    "type": "disarm-techniques",
    "name": "DISARM techniques",
    "version": 2,
    "values": [
        {
            "value": "Create fake experts",
            "uuid": "e3cbbc7a-da73-50fb-9893-4ce88edb211f",
            "description": "A person who does not exist speaks.",
            "meta": {"external_id": "T0009", "kill_chain": ["tactics:Establish Assets"]},
        },
        {"value": " "},
    ],
}
ATTACK = {
    "type": "attack-pattern",
    "spec_version": "2.1",
    "id": "attack-pattern--a62a8db3-f23a-4d8f-afd6-9dbc77e7813b",
    "created": "2020-03-02T18:45:07.892Z",
    "modified": "2024-10-07T15:00:19.668Z",
    "name": "Phishing",
    "kill_chain_phases": [{"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}],
    "external_references": [{"source_name": "mitre-attack", "external_id": "T1566"}],
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    folder = tmp_path / "node"
    done = CliRunner().invoke(main, ["init", str(folder), "--name", "CSIRT", "--economy", "MK"], env=PASSPHRASE)
    assert done.exit_code == 0, done.output
    return Place(folder)


def test_knowledge_is_loaded_and_updated_from_where_it_came(place: Place, tmp_path: Path) -> None:
    galaxies, lists, attack = tmp_path / "clusters", tmp_path / "lists", tmp_path / "attack.json"
    galaxies.mkdir()
    (galaxies / "disarm-techniques.json").write_text(json.dumps(DISARM))
    (galaxies / "rsit.json").write_text(json.dumps({"type": "rsit", "name": "RSIT", "values": [{"value": "spam"}]}))
    (lists / "own").mkdir(parents=True)
    (lists / "own" / "list.json").write_text('{"name":"Own","type":"hostname","list":["cdn.example"]}')
    attack.write_text(json.dumps({"type": "bundle", "id": f"bundle--{ATTACK['id'][16:]}", "objects": [ATTACK]}))
    assert place.ask("knowledge", "load", "galaxies", str(galaxies))["added"] == 1
    assert place.ask("knowledge", "load", "warning-lists", str(lists))["added"] == 1
    assert place.ask("knowledge", "load", "attack", str(attack))["added"] == 1
    disarm = place.ask("matrix", "--disarm", "--all")
    assert (disarm["tactics"], disarm["known"]) == (["establish-assets"], 1)
    assert place.ask("matrix", "--all")["tactics"] == ["initial-access"]
    assert place.ask("find", "fake experts")[0]["record"]["type"] == "attack-pattern"

    changed = {**DISARM["values"][0], "description": "Somebody who does not exist speaks."}
    (galaxies / "disarm-techniques.json").write_text(json.dumps({**DISARM, "values": [changed]}))
    again = {each["name"]: (each["added"], each["present"]) for each in place.ask("knowledge", "update")}
    assert again == {"galaxies": (1, 0), "warning-lists": (0, 1), "attack": (0, 1)}
    assert {each["name"] for each in place.ask("knowledge", "list")} == set(again)

    bundle = {"type": "bundle", "id": f"bundle--{ATTACK['id'][16:]}", "objects": [dict(reversed(ATTACK.items()))]}
    attack.write_text(json.dumps(bundle, indent=4))
    rewritten = place.ask("knowledge", "load", "attack", str(attack))
    assert (rewritten["added"], rewritten["present"], rewritten["refused"]) == (0, 1, 0)
    bundle["objects"] = [ATTACK | {"modified": "2026-10-28T00:00:00.000Z", "revoked": True}]
    attack.write_text(json.dumps(bundle))
    assert place.ask("knowledge", "load", "attack", str(attack))["added"] == 1
    assert place.ask("find", "type:attack-pattern is:revoked")[0]["record"]["name"] == "Phishing"


def test_what_is_no_knowledge_is_told(place: Place, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")
    assert "galaxy" in place.run("knowledge", "load", "galaxies", str(tmp_path / "x.json"), ok=1).output
    assert "warning list" in place.run("knowledge", "load", "warning-lists", str(tmp_path / "x.json"), ok=1).output
    assert "no JSON file" in place.run("knowledge", "load", "galaxies", str(tmp_path / "nowhere"), ok=3).output
    assert "Name a file" in place.run("knowledge", "load", "attack", ok=1).output
    assert place.ask("knowledge", "list") == []


@pytest.mark.skipif(find_spec("pymispgalaxies") is None, reason="pymispgalaxies is not installed")
def test_the_package_of_galaxies_is_read(place: Place) -> None:
    assert place.ask("knowledge", "load", "galaxies")["added"] > 10_000


def test_a_redirect_to_inside_is_followed_neither_by_knowledge_nor_by_an_import(place: Place) -> None:
    with bad_server() as server:
        url = address(server, "inside")
        for words in (("knowledge", "load", "attack", url), ("import", url, "--format", "misp")):
            refused = place.run(*words, ok=3)
            assert "only https is called" in refused.output


def test_what_cannot_be_had_stays_and_stops_no_other(place: Place, tmp_path: Path) -> None:
    lists, attack = tmp_path / "lists", tmp_path / "attack.json"
    (lists / "own").mkdir(parents=True)
    (lists / "own" / "list.json").write_text('{"name":"Own","type":"hostname","list":["cdn.example"]}')
    attack.write_text(json.dumps(ATTACK))
    place.ask("knowledge", "load", "attack", str(attack))
    place.ask("knowledge", "load", "warning-lists", str(lists))
    attack.unlink()
    said = place.run("knowledge", "update", "--json", ok=3)
    assert [each["name"] for each in json.loads(said.stdout)] == ["warning-lists"]
    assert "Not updated, what was loaded before stays: attack:" in said.stderr
    assert "load from a file or a package" in said.stderr
    assert place.ask("matrix", "--all")["tactics"] == ["initial-access"]
