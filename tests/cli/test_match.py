"""`egnatia match`: own logs, all live indicators, sightings."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.cli.test_cli import PASSPHRASE, Place
from tests.exchange import gate

from egnatia.cli.main import main
from egnatia.exchange.formats.conversion import instant

pytest.importorskip("duckdb", reason="the optional part 'engine' is not installed")

DIGEST = "0123456789abcdef" * 4
ZEEK = (
    "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tanswers\n"
    "1767225600.5\tC1\t10.0.0.1\t5353\t10.0.0.53\t53\tudp\ta.EVIL.example.\t192.0.2.1\n"
    "1767225601.5\tC2\t10.0.0.1\t5353\t10.0.0.53\t53\tudp\tnotevil.example\t192.0.2.1\n"
    "1767312000.5\tC3\t10.0.0.2\t5353\t10.0.0.53\t53\tudp\tfine.example\tcname.evil.example,198.51.100.77\n"
    "broken line\n"
)


def indicator(pattern: str, *markings: str, **more: Any) -> dict[str, Any]:
    now = instant(time.time())
    made = gate.indicator(*(markings or (gate.GREEN,)), pattern=pattern, created=now, modified=now, **more)
    del made["created_by_ref"]
    return made


EVIL = indicator("[domain-name:value = 'evil.example']", name="evil")
NETWORK = indicator("[ipv4-addr:value = '198.51.100.0/24']")
URL = indicator("[url:value = 'http://bad.example/kit/']")
PHISH = indicator("[url:value = 'http://who:pass@phish.example/in?a=1#victim']")
FILE = indicator(f"[file:hashes.'SHA-256' = '{DIGEST}']", gate.AMBER)
TOGETHER = indicator("[network-traffic:dst_ref.value = '203.0.113.9' AND network-traffic:dst_port = 4444]")
COMMON = indicator("[file:name = 'setup.exe']")
ORDERED = indicator(
    "([domain-name:value = 'first.example'] FOLLOWEDBY [domain-name:value = 'second.example']) WITHIN 60 SECONDS"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("match")
    done = CliRunner().invoke(
        main, ["init", str(folder / "node"), "--name", "CSIRT", "--economy", "ME"], env=PASSPHRASE
    )
    assert done.exit_code == 0, done.output
    made = Place(folder / "node")
    file = folder / "bundle.jsonl"
    every = (EVIL, NETWORK, URL, PHISH, FILE, TOGETHER, COMMON, ORDERED)
    file.write_text("\n".join(json.dumps(each) for each in every))
    assert made.ask("import", str(file))["added"] == len(every)
    return made


def hits(place: Place, *words: str, ok: int = 1, stdin: str = "") -> tuple[list[dict[str, Any]], dict[str, Any]]:
    done = place.run("match", *words, "--json", ok=ok, stdin=stdin)
    assert done.stdout, (done.output, done.exception)
    said = done.stdout.splitlines()
    return [json.loads(line) for line in said[:-1]], json.loads(said[-1])["summary"]


def test_a_zeek_log_is_matched_on_label_boundaries_and_networks(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "dns.log"
    log.write_text(ZEEK)
    found, summary = hits(place, str(log))
    assert {(each["indicator"], each["number"]) for each in found} == {
        (EVIL["id"], 3), (EVIL["id"], 5), (NETWORK["id"], 5),
    }  # fmt: skip
    assert found[0]["at"].startswith("2026-01-01T00:00:00.500")
    assert (summary["lines"], summary["malformed"], summary["lines_hit"], summary["hits"]) == (6, 1, 2, 3)
    assert summary["left_out"] == {"a file name that is everywhere": 1}
    assert "2 lines" in place.run("match", str(log), ok=1).output


@pytest.mark.parametrize("pack", ["gz", "zst"])
def test_a_packed_log_says_the_same_whatever_its_name(place: Place, tmp_path: Path, pack: str) -> None:
    log = tmp_path / "dns.txt"
    if pack == "gz":
        log.write_bytes(gzip.compress(ZEEK.encode()))
    else:
        import pyarrow  # noqa: PLC0415  (only where it is there)

        with pyarrow.CompressedOutputStream(str(log), "zstd") as out:
            out.write(ZEEK.encode())
    assert len(hits(place, str(log))[0]) == 3


def test_a_log_that_ends_before_its_end_is_read_as_far_as_it_goes(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "dns.gz"
    log.write_bytes(gzip.compress(ZEEK.encode() * 50)[:-10])
    _, summary = hits(place, str(log))
    assert summary["logs"][0]["truncated"]


OTHERS = {
    "zeek-json": '{"ts":1767225600.1,"uid":"C1","id.orig_h":"10.0.0.1","id.resp_h":"198.51.100.3","proto":"tcp"}',
    "suricata": '{"timestamp":"2026-01-01T00:00:00.1+0100","event_type":"http","src_ip":"10.0.0.1",'
    '"http":{"hostname":"bad.example","url":"/kit/"}}',
    "bind": "01-Jan-2026 00:00:00.100 queries: info: client @0x7f1 10.0.0.1#53124 (x.evil.example): "
    "query: x.evil.example IN A +E(0)K (10.0.0.53)",
    "squid": "1767225600.123    345 10.0.0.1 TCP_MISS/200 4512 GET http://bad.example/kit/ - HIER_DIRECT/192.0.2.9 -",
    "combined": '10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 12 "http://bad.example/kit/" "curl"',
    "table": "ts,te,sa,da,sp,dp,pr\n2026-01-01 00:00:00,2026-01-01 00:00:01,10.0.0.1,203.0.113.9,5000,4444,TCP",
    "sysmon": '{"EventData":{"UtcTime":"2026-01-01 00:00:00.100","Image":"C:\\\\x\\\\y.exe","Hashes":'
    f'"MD5=00,SHA256={DIGEST.upper()}"}}}}',
    "json": '{"when":"2026-01-01","note":{"seen":["sub.evil.example"]}}',
}


@pytest.mark.parametrize("form", OTHERS)
def test_logs_of_others_are_recognised_and_matched(place: Place, tmp_path: Path, form: str) -> None:
    log = tmp_path / "some.log"
    log.write_text(OTHERS[form] + "\n")
    found, summary = hits(place, str(log))
    assert summary["logs"][0]["form"] == form
    assert len(found) == 1


def test_a_url_is_found_by_what_of_it_goes_over_the_wire(place: Place) -> None:
    urls = ("http://phish.example/in?a=1", "http://phish.example/in?a=2", "http://who:pass@phish.example/in?a=1#victim")
    line = "1767225600.123 1 10.0.0.1 TCP_MISS/200 1 GET {} - HIER_DIRECT/192.0.2.1 text/html\n"
    lines = "".join(map(line.format, urls))
    found, _ = hits(place, "-", stdin=lines)
    assert [(each["number"], each["indicator"]) for each in found] == [(1, PHISH["id"]), (3, PHISH["id"])]


def test_a_port_alone_is_no_hit_where_the_pattern_wants_the_address_too(place: Place) -> None:
    line = "ts,sa,da,dp\n2026-01-01 00:00:00,10.0.0.1,203.0.113.10,4444\n"
    assert hits(place, "-", stdin=line, ok=0)[0] == []


def test_a_pattern_of_several_observations_is_found_over_a_whole_folder(place: Place, tmp_path: Path) -> None:
    head = "ts,query\n"
    (tmp_path / "a.csv").write_text(head + "2026-01-01 00:00:00,first.example\n")
    (tmp_path / "b.csv").write_text(head + "2026-01-01 00:00:30,second.example\n")
    found, summary = hits(place, str(tmp_path))
    assert [each["log"].rpartition("/")[2] for each in found] == ["a.csv", "b.csv"]
    assert summary["hits"] == 1
    (tmp_path / "b.csv").write_text(head + "2026-01-01 00:02:00,second.example\n")
    assert hits(place, str(tmp_path), ok=0)[0] == []


def test_what_is_no_log_gets_a_clear_word_and_stops_no_other(place: Place, tmp_path: Path) -> None:
    (tmp_path / "picture.log").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    (tmp_path / "prose.log").write_text("Dear colleague,\nnothing happened.\n")
    (tmp_path / "dns.log").write_text(ZEEK)
    said = place.run("match", str(tmp_path), ok=1).output
    assert "is binary" in said
    assert "in no form that is known" in said
    assert "2 lines" in said
    assert "is binary" in place.run("match", str(tmp_path / "picture.log"), ok=3).output
    assert "not there" in place.run("match", str(tmp_path / "nothing"), ok=3).output
    assert "not in the form 'squid'" in place.run("match", str(tmp_path / "dns.log"), "--format", "squid", ok=3).output


def test_what_is_allowed_or_worth_little_is_not_looked_for(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "dns.log"
    log.write_text(ZEEK)
    found, summary = hits(place, str(log), "--allow", "evil.example")
    assert {each["indicator"] for each in found} == {NETWORK["id"]}
    assert summary["left_out"]["allowed"] == 1
    assert hits(place, str(log), "--allow", "first.example")[1]["left_out"]["allowed"] == 1  # all of FOLLOWEDBY
    assert hits(place, str(log), "--least", "100", ok=0)[1]["left_out"]["score"] > 1


def test_a_pattern_that_makes_a_run_slow_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["init", str(tmp_path / "n"), "--name", "C", "--economy", "ME"], env=PASSPHRASE)
    assert done.exit_code == 0, done.output
    place = Place(tmp_path / "n")
    slow = indicator("[domain-name:value MATCHES '^[a-z]{4}[0-9]{2}']")
    public = indicator("[network-traffic:dst_ref.value = '127.0.0.1' AND network-traffic:dst_port = 53]")
    file = tmp_path / "bundle.jsonl"
    file.write_text("\n".join(json.dumps(each) for each in (slow, public, EVIL)))
    place.ask("import", str(file))
    log = tmp_path / "dns.json"
    log.write_text('{"query":"evil99.example","id.resp_h":"127.0.0.1","id.resp_p":53}\n{"query":"fine.example"}\n')
    said = place.run("match", str(log), ok=1)
    assert "1 pattern can only be tried on every line" in said.stderr
    assert slow["id"] in said.stderr
    found, summary = hits(place, str(log))
    assert [each["indicator"] for each in found] == [slow["id"]]
    assert any(reason.startswith("warning list") for reason in summary["left_out"])


def test_hits_become_one_sighting_for_each_indicator_and_day(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "dns.log"
    log.write_text(ZEEK + ZEEK.splitlines(keepends=True)[2].replace("00.5", "09.5"))
    assert hits(place, str(log), "--sightings", "--counts-only")[1]["sightings"] == 3
    told = place.ask("find", "type:sighting", "--limit", "50")
    assert len(told) == 3
    assert not [each for each in told if "observed_data_refs" in json.dumps(each)]
    assert "10.0.0.1" not in json.dumps(told)
    assert hits(place, str(log), "--sightings", "--counts-only")[1]["sightings"] == 0
    place.run("match", str(log), "--counts-only", ok=2)


def test_what_was_observed_stays_with_us_unless_we_say_otherwise(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "dns.log"
    log.write_text(ZEEK.replace("17672", "17682").replace("17673", "17683"))
    assert hits(place, str(log), "--sightings", "--observed")[1]["sightings"] == 3
    observed = place.ask("find", "type:observed-data")
    assert observed
    assert {each["label"]["tlp"] if "label" in each else each.get("tlp") for each in observed}
    public = tmp_path / "public.json"
    place.run("export", str(public), "--public")
    assert "observed-data" not in public.read_text()
    assert "10.0.0.1" not in public.read_text()


def test_a_sighting_is_for_no_more_readers_than_its_indicator(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "sysmon.json"
    log.write_text(OTHERS["sysmon"] + "\n")
    assert hits(place, str(log), "--sightings", "--counts-only")[1]["sightings"] == 1
    (told,) = place.ask("find", "type:sighting tlp:amber")
    assert FILE["id"] in json.dumps(told)
    assert not hits(place, str(log), "--for", "identity--22222222-2222-4222-8222-222222222222", ok=0)[0]


def test_a_line_cannot_command_the_terminal(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "dns.log"
    log.write_text(ZEEK.replace("192.0.2.1", "\x1b[2Jgone", 1))
    assert "\x1b" not in place.run("match", str(log), ok=1).output
