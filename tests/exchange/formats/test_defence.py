"""What defences are given is in the grammar of the device, whatever the values hold."""

import csv
import io
import ipaddress
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yara  # type: ignore[import-not-found]  # a compiled module without types
from hypothesis import given
from hypothesis import strategies as st
from sigma.backends.test.backend import TextQueryTestBackend
from sigma.collection import SigmaCollection

from egnatia.exchange.formats.defence import FORMS, About, Entry
from egnatia.exchange.formats.defence.lists import ORIGIN

ABOUT = About("a feed", datetime(2026, 6, 1, tzinfo=UTC), 3)
VALUES = {
    "ipv4-addr:value": "198.51.100.7",
    "ipv6-addr:value": "2001:db8::/32",
    "domain-name:value": "evil.example",
    "url:value": 'http://evil.example/a;b?c="d"|e',
    "file:hashes.'SHA-256'": "f" * 64,
    "email-addr:value": "who@evil.example",
    "yara": "rule one { condition: true }",
    "sigma": "title: x\ndetection: {}",
}
SIGMA = Entry(
    "sigma",
    "title: x\nid: 7b1c1f0e-0000-4000-8000-000000000001\nlogsource:\n    category: dns\n"
    "detection:\n    s:\n        query: a\n    condition: s",
    90,
    "indicator--sigma",
)
ENTRIES = [Entry(kind, value, 90, f"indicator--{kind}", "a name") for kind, value in VALUES.items()]


def made(form: str, *entries: Entry) -> list[str]:
    return FORMS[form].write(entries or ENTRIES, ABOUT).decode().splitlines()


def data(lines: list[str], mark: str = "#") -> list[str]:
    return [line for line in lines if not line.startswith(mark)]


def test_each_format_holds_its_kinds() -> None:
    assert data(made("hosts")) == ["0.0.0.0 evil.example"]
    assert data(made("addresses")) == ["198.51.100.7", "2001:db8::/32"]
    assert "3 entries of lower score left out" in "\n".join(made("addresses"))
    rpz = data(made("rpz"), ";")
    assert rpz[2].split()[1:3] == ["IN", "SOA"]
    assert rpz[4:] == [
        "evil.example IN CNAME .",
        "*.evil.example IN CNAME .",
        "32.7.100.51.198.rpz-ip IN CNAME .",
        "32.0.0.0.0.0.0.db8.2001.rpz-ip IN CNAME .",
    ]
    zeek = [line.split("\t") for line in made("zeek")]
    assert zeek[0] == ["#fields", "indicator", "indicator_type", "meta.source", "meta.desc"]
    assert {row[1] for row in zeek[1:]} == {
        "Intel::ADDR", "Intel::SUBNET", "Intel::DOMAIN", "Intel::URL", "Intel::FILE_HASH", "Intel::EMAIL",
    }  # fmt: skip
    assert 'add list="a-feed" address=198.51.100.7' in made("mikrotik")
    assert "rule one { condition: true }" in made("yara")
    assert "title: x" in made("sigma")


def test_two_yara_rules_of_one_name_are_one() -> None:
    other = Entry("yara", "rule one { condition: false }", 80, "indicator--2")
    assert "\n".join(made("yara", ENTRIES[6], other)).count("rule one") == 1


RULE = re.compile(
    r"alert [a-z]+(?: \S+ any -> \S+ any)? \(msg:\"[^\";\\]*\";"
    r"(?: [a-z_.:]+(?: [a-z]+)?;| content:\"[^\";\\]*\"(?:,nocase)?;| classtype:[a-z-]+;)*"
    r" sid:\d+; rev:1;\)"
)
hostile = st.text(st.characters(codec="utf-8"), max_size=30)
anything = st.builds(
    Entry, st.sampled_from(list(VALUES)), hostile, st.integers(0, 100), st.just("indicator--x"), hostile
)


@given(st.lists(anything, max_size=5))
def test_no_value_breaks_out_of_its_line(entries: list[Entry]) -> None:
    values = [entry for entry in entries if ":" in entry.kind]
    for line in data(made("suricata", *values, ENTRIES[0])) + data(made("snort", *values, ENTRIES[0])):
        assert RULE.fullmatch(line), line
    for line in data(made("rpz", *values, ENTRIES[2]), ";")[4:]:
        assert re.fullmatch(r"[*a-z0-9_.-]+ IN CNAME \.", line)
        assert len(line.split()[0]) + len(ORIGIN) <= 254
    for line in data(made("hosts", *values)):
        assert re.fullmatch(r"0\.0\.0\.0 [a-z0-9_.-]+", line)
    for line in data(made("addresses", *values)):
        ipaddress.ip_network(line)
    for line in made("zeek", *values)[1:]:
        assert line.count("\t") == 3
    rows = list(csv.reader(io.StringIO("\n".join(made("csv", *values, ENTRIES[0])))))
    assert all(len(row) == 6 for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_rule_numbers_stay_the_same_and_differ() -> None:
    names = [Entry("domain-name:value", f"evil{number}.example", 90, "indicator--x") for number in range(2_000)]
    numbers = re.findall(r"sid:(\d+);", "\n".join(made("suricata", *names)))
    assert len(set(numbers)) == len(numbers) == 4_000
    assert set(re.findall(r"sid:(\d+);", "\n".join(made("suricata", names[7])))) <= set(numbers)


@given(st.lists(anything, max_size=5))
def test_sigma_takes_the_rules(entries: list[Entry]) -> None:
    values = [entry for entry in entries if ":" in entry.kind]
    rules = SigmaCollection.from_yaml(FORMS["sigma"].write([*values, *ENTRIES[:5], SIGMA], ABOUT))
    assert not rules.errors
    assert len(rules.rules) == 5
    assert len(TextQueryTestBackend().convert(rules)) == 5


def test_a_sigma_rule_finds_what_is_under_a_name() -> None:
    rules = SigmaCollection.from_yaml(FORMS["sigma"].write([ENTRIES[2]], ABOUT))
    (query,) = TextQueryTestBackend().convert(rules)
    assert query == 'query in ("evil.example", "*.evil.example")'


def test_yara_takes_the_rules() -> None:
    other = Entry("yara", 'rule two { strings: $a = "x" condition: $a }', 80, "indicator--2")
    assert {rule.identifier for rule in yara.compile(source="\n".join(made("yara", ENTRIES[6], other)))} == {
        "one",
        "two",
    }


CHECKZONE = shutil.which("named-checkzone")


@pytest.mark.skipif(CHECKZONE is None, reason="named-checkzone (bind9-utils) is not installed")
def test_bind_takes_the_zone(tmp_path: Path) -> None:
    zone = tmp_path / "rpz"
    names = [Entry("domain-name:value", f"evil{number}.example", 90, "indicator--x") for number in range(500)]
    zone.write_bytes(FORMS["rpz"].write([*ENTRIES, *names], ABOUT))
    done = subprocess.run([str(CHECKZONE), ORIGIN, str(zone)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


SURICATA = shutil.which("suricata")


@pytest.mark.skipif(SURICATA is None, reason="suricata is not installed")
def test_suricata_takes_the_rules(tmp_path: Path) -> None:
    rules = tmp_path / "egnatia.rules"
    rules.write_bytes(FORMS["suricata"].write(ENTRIES, ABOUT))
    done = subprocess.run(
        [str(SURICATA), "-T", "-S", str(rules), "-l", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
