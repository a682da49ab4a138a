"""Other formats than STIX come in and go out at the command line."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.cli.test_cli import PASSPHRASE, Place
from tests.cyber.intel.file_server import served
from tests.exchange import gate
from tests.exchange.formats.events import attribute, event

from egnatia.cli.main import main
from egnatia.exchange.formats.conversion import instant
from egnatia.exchange.formats.misp.feed import write_feed


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("foreign") / "node"
    done = CliRunner().invoke(main, ["init", str(folder), "--name", "CSIRT", "--economy", "AL"], env=PASSPHRASE)
    assert done.exit_code == 0, done.output
    return Place(folder)


def test_an_event_comes_in_and_goes_out_as_a_feed(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"Event": event(attribute("domain", "evil.example"), tags=("tlp:clear", "Intern"))}))
    undecided = place.ask("import", str(file), "--format", "misp")
    assert undecided["added"] > 0
    assert any("not understood" in each["rule"] for each in undecided["rules"])
    place.ask("export", str(tmp_path / "public"), "--public", "--format", "misp-feed")
    assert json.loads((tmp_path / "public" / "manifest.json").read_text()) == {}
    place.ask("export", str(tmp_path / "feed"), "--format", "misp-feed")
    (name,) = json.loads((tmp_path / "feed" / "manifest.json").read_text())
    assert (tmp_path / "feed" / f"{name}.json").exists()
    assert place.ask("import", str(tmp_path / "feed"), "--format", "misp-feed")["added"] == 0


def test_a_list_is_shown_and_taken(place: Place, tmp_path: Path) -> None:
    mapping = tmp_path / "feed.toml"
    mapping.write_text('name = "feed"\nform = "text"\n')
    file = tmp_path / "feed.txt"
    file.write_text("hxxp://evil[.]example/x\n198.51.100.7\nnothing\n")
    shown = place.ask("preview-list", str(file), "--mapping", str(mapping))
    assert [each["kind"] for each in shown] == ["url", "address", ""]
    taken = place.ask("import", str(file), "--format", "list", "--mapping", str(mapping), "--tlp", "clear")
    assert (taken["added"], taken["rules"][0]["count"]) == (2, 1)
    place.run("import", str(file), "--format", "list", ok=2)


def test_what_is_well_known_and_benign_is_not_published_unless_somebody_insists(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "indicator.json"
    now = instant(time.time())
    fields = {"pattern": "[ipv4-addr:value = '8.8.8.8']", "created": now, "modified": now}
    made = gate.indicator(gate.CLEAR) | fields
    del made["created_by_ref"]
    file.write_text(json.dumps(made))
    assert "Public resolvers" in place.run("submit", str(file), ok=1).output
    assert len(place.ask("submit", str(file), "--insist")["accepted"]) == 1
    listed = tmp_path / "feed.txt"
    listed.write_text("8.8.8.8\n198.51.100.9\n")
    mapping = tmp_path / "feed.toml"
    mapping.write_text('name = "resolvers"\nform = "text"\n')
    taken = place.ask("import", str(listed), "--format", "list", "--mapping", str(mapping))
    assert (taken["added"], [each["count"] for each in taken["rules"]]) == (1, [1])
    place.run("output", "save", "fw", "--format", "addresses", "--least", "1")
    assert place.run("output", "show", "fw").output.splitlines()[-1] == "198.51.100.9"
    assert place.ask("output", "show", "fw", "--summary")["left_out"] == {"warning list: Public resolvers of names": 1}
    assert place.ask("find", "value:198.51.100.9 type:indicator")
    place.run("find", "tlp:pink", ok=2)


def test_a_feed_is_looked_at_read_and_what_was_brought_in_by_hand_stays(place: Place, tmp_path: Path) -> None:
    def made(number: int) -> dict[str, Any]:
        one = attribute("domain", f"handed{number}.example", uuid=f"aaaaaaaa-aaaa-4aaa-8aaa-00000000010{number}")
        number_ = f"bbbbbbbb-bbbb-4bbb-8bbb-00000000010{number}"
        return {"analysis": "2", "threat_level_id": "1", **event(one), "uuid": number_}

    files = dict(write_feed([made(0), made(1)]))
    with served(files) as url:
        described = tmp_path / "osint.json"
        where = url.rpartition("/")[0]
        described.write_text(json.dumps({"name": "osint", "kind": "misp-feed", "url": where, "tlp": "clear"}))
        assert "2 events, 2 of them not here yet" in place.run("source", "preview", str(described)).output
        place.run("source", "save", str(described))
        place.run("source", "run", "osint")
        (tmp_path / "by-hand.json").write_text(json.dumps({"Event": made(1)}))
        place.run("import", str(tmp_path / "by-hand.json"), "--format", "misp")
        files.clear()
        files.update({**dict(write_feed([made(2)])), f"{made(2)['uuid']}.json": b"{"})
        place.run("source", "run", "osint")
        assert "1 event could not be read" in place.run("source", "list").output
        assert "Nothing of this source waits" in place.run("source", "settle", "osint", "keep", ok=1).output
    found = place.run("find", "type:indicator is:live handed*").output
    assert "handed1.example" in found
    assert "handed0.example" not in found
