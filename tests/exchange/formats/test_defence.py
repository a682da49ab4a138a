"""What defences are given is in the grammar of the device, whatever the values hold."""

import csv
import io
import ipaddress
import json
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
from sigma.types import SigmaString

from egnatia.exchange.formats.defence import FORMS, About, Entry
from egnatia.exchange.formats.defence.lists import ORIGIN
from egnatia.record.values import normalised

ABOUT = About("a feed", datetime(2026, 6, 1, tzinfo=UTC), 3)
VALUES = {
    "ipv4-addr:value": "198.51.100.7",
    "ipv6-addr:value": "2001:db8::/32",
    "domain-name:value": "evil.example",
    "url:value": 'http://evil.example/a;b?c="d"|e',
    "file:hashes.'SHA-256'": "f" * 64,
    "email-addr:value": "who@evil.example",
    "yara": "rule one { condition: true }",
    "sigma": "title: x\nlogsource: {category: dns}\ndetection: {s: {query: a}, condition: s}",
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
        "32.zz.db8.2001.rpz-ip IN CNAME .",
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
    r"alert [a-z]+(?: \S+ any -> \S+ (?:any|53))? \(msg:\"[^\";\\]*\";"
    r"(?: [a-z_.:]+(?: [a-z]+)?;| content:\"[^\";\\]*\"(?:,nocase)?(?:,fast_pattern|,depth \d+)?;"
    r"| isdataat:!1,relative;| classtype:[a-z-]+;)*"
    r" sid:\d+; rev:1;\)"
)
hostile = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.text(st.sampled_from("a.*?\\\"';#|(){}[]:,-=+@/%\t\r\n\u2028\x85\x0b "), max_size=20),
)
"""Any text, and texts of what has a meaning somewhere."""

spoilt = st.builds(
    lambda kind, text, at: (
        kind,
        VALUES[kind][: at % len(VALUES[kind])] + text + VALUES[kind][at % len(VALUES[kind]) :],
    ),
    st.sampled_from([kind for kind in VALUES if ":" in kind]),
    hostile,
    st.integers(0, 100),
)
"""A true value with something put into it."""

anything = st.one_of(
    st.builds(Entry, st.sampled_from(list(VALUES)), hostile, st.integers(0, 100), st.just("indicator--x"), hostile),
    spoilt.map(lambda made: Entry(made[0], made[1], 50, "indicator--y", made[1])),
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
    for line in made("zeek", *values, ENTRIES[2])[1:]:
        assert line.count("\t") == 3
        assert not line.startswith("#")
        assert line.split("\t")[1].startswith("Intel::")
    for line in data(made("mikrotik", *values)):
        assert re.fullmatch(
            r"/(?:ip|ipv6) firewall address-list|remove \[find list=\"a-feed\"\]"
            r"|add list=\"a-feed\" address=[0-9a-f.:]+(?:/\d+)?",
            line,
        )
    whole = FORMS["plain"].write([*values, ENTRIES[2]], ABOUT).decode()
    assert whole.split("\n")[:-1] == whole.splitlines()
    assert len(data(made("plain", *values, ENTRIES[2]))) <= len(values) + 1
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


RULES = {
    "suricata": 'alert dns any any -> any any (msg:"theirs"; dns.query; content:"a"; sid:77; rev:1;)',
    "snort": 'alert tcp any any -> any 80 (msg:"theirs"; content:"a|3B|"; sid:77; rev:1;)',
    "yara": 'rule theirs : tag { meta: a = "}" strings: $a = /x\\/{2}/ $b = { 6A ?? } condition: any of them }',
    "sigma": SIGMA.value,
}
ATTACKS = {
    "suricata": [
        'pass ip any any -> any any (msg:"off"; sid:1;)',
        "drop ip any any -> any any (sid:1;)",
        RULES["suricata"] + "\npass ip any any -> any any (sid:2;)",
        'alert ip any any -> any any (msg:"x"; lua:evil.lua; sid:3;)',
        'alert ip any any -> any any (msg:"x"; dns.query; dataset:set,a,type string,state /etc/a; sid:3;)',
        'alert ip any any -> any any (msg:"never ends; sid:4;)',
        'alert ip any any -> any any (msg:"no number";)',
        "include /etc/passwd",
    ],
    "yara": [
        "global rule off { condition: false }",
        "private global rule off { condition: false }",
        'include "/etc/passwd"',
        "rule open { condition: true",
        "rule open { condition: true /* }",
        'rule open { strings: $a = "x condition: $a }',
        "rule open { condition: true } /*",
        "rule shut { condition: true } }",
    ],
    "sigma": [
        "action: global\nlogsource: {category: dns}\ndetection: {condition: x}\ntitle: x",
        '"\\x61ction": global\ntitle: x\nlogsource: {}\ndetection: {condition: x}',
        "a: &a {action: global}\n<<: *a\ntitle: x\nlogsource: {}\ndetection: {condition: x}",
        SIGMA.value + "\n---\naction: global",
        SIGMA.value + "\n...\n---\naction: global",
        "title: [",
        "!!python/object/apply:os.system ['true']",
        "[" * 20_000,
    ],
}
ATTACKS["snort"] = ATTACKS["suricata"][:3]


@pytest.mark.parametrize(("language", "attack"), [(each, attack) for each in ATTACKS for attack in ATTACKS[each]])
def test_a_rule_that_would_change_those_beside_it_is_left_out(language: str, attack: str) -> None:
    entries = [Entry(language, attack, 90, "indicator--1"), Entry(language, RULES[language], 80, "indicator--2")]
    alone = made(language, entries[1])
    assert "theirs" in "\n".join(alone) or language == "sigma"
    assert made(language, *entries) == alone


def test_a_foreign_rule_with_a_number_that_is_taken_is_left_out() -> None:
    ours = re.search(r"sid:(\d+);", "\n".join(made("suricata", ENTRIES[2])))
    assert ours is not None
    other = RULES["suricata"].replace("sid:77", f"sid:{ours[1]}")
    lines = data(made("suricata", ENTRIES[2], Entry("suricata", other, 90, "indicator--1")))
    assert not any("theirs" in line for line in lines)


def test_international_names_and_addresses_of_version_6_are_given_in_the_form_that_devices_take() -> None:
    values = {kind: normalised(kind, text) for kind, text in {
        "domain-name:value": "Пример.МК", "url:value": "http://пример.мк/пат?a=1", "ipv6-addr:value": "2001:DB8:0::7",
    }.items()}  # fmt: skip
    entries = [Entry(kind, value, 90, "indicator--x") for kind, value in values.items()]
    assert data(made("hosts", *entries)) == ["0.0.0.0 xn--e1afmkfd.xn--j1ad"]
    assert data(made("addresses", *entries)) == ["2001:db8::7"]
    assert "128.7.zz.db8.2001.rpz-ip IN CNAME ." in made("rpz", *entries)
    assert any("[2001:db8::7/128]" in line for line in made("suricata", *entries))
    assert "http://xn--e1afmkfd.xn--j1ad/пат?a=1" in made("plain", *entries)
    assert sum("|D0|" in line.replace(" ", "|") for line in made("suricata", *entries)) == 1


def test_an_address_of_one_machine_s_interface_breaks_no_file() -> None:
    local = Entry("ipv6-addr:value", "2001:db8::7%eth0", 90, "indicator--x")
    for form in FORMS:
        assert "eth0" not in "\n".join(made(form, local)) or form == "csv"


@pytest.mark.parametrize(
    ("address", "trigger"),
    [
        ("::", "128.zz"),
        ("::1", "128.1.zz"),
        ("2001:db8:0:1:2:3:4:5", "128.5.4.3.2.1.0.db8.2001"),
        ("2001:db8:0:0:1:0:0:2", "128.2.0.0.1.zz.db8.2001"),
        ("2001:0:0:1:0:0:0:2", "128.2.zz.1.0.0.2001"),
        ("::ffff:192.0.2.1", "128.201.c000.ffff.zz"),
        ("2001:db8:1::/48", "48.zz.1.db8.2001"),
    ],
)
def test_an_address_of_version_6_is_spelled_as_resolvers_look_it_up(address: str, trigger: str) -> None:
    zone = made("rpz", Entry("ipv6-addr:value", address, 90, "indicator--x"))
    assert zone[-1] == f"{trigger}.rpz-ip IN CNAME ."


def test_a_url_is_given_as_it_goes_over_the_wire() -> None:
    entries = [
        Entry("url:value", url, 90, "indicator--x")
        for url in ("http://who:pass@evil.example/in?a=1#top", "http://evil.example?b=2", "http://[2001:db8::9]:8080/x")
    ]
    assert data(made("plain", *entries)) == [
        "http://evil.example/in?a=1", "http://evil.example?b=2", "http://[2001:db8::9]:8080/x",
    ]  # fmt: skip
    assert [line.split("\t")[0] for line in made("zeek", *entries)[1:]] == [
        "evil.example/in?a=1", "evil.example/?b=2", "[2001:db8::9]:8080/x",
    ]  # fmt: skip
    suricata, snort = "\n".join(made("suricata", *entries)), "\n".join(made("snort", *entries))
    for sought in ("/in|3F|a|3D|1", "/|3F|b|3D|2"):
        assert f'http.uri; content:"{sought}"; startswith;' in suricata
        assert f'http_uri; content:"{sought}",depth' in snort
    assert "top" not in suricata + snort
    assert 'http.host; content:"|5B|2001|3A|db8|3A 3A|9|5D|"; startswith; endswith;' in suricata
    assert 'content:"|5B|2001|3A|db8|3A 3A|9|5D 3A|8080",nocase,depth 18; isdataat:!1,relative;' in snort


def test_a_front_page_is_not_everything_that_begins_like_it() -> None:
    page = Entry("url:value", "http://evil.example/", 90, "indicator--x")
    assert 'http.uri; content:"/"; startswith; endswith;' in "\n".join(made("suricata", page))
    assert 'http_uri; content:"/",depth 1; isdataat:!1,relative;' in "\n".join(made("snort", page))


def test_snort_looks_for_a_name_label_by_label() -> None:
    rules = data(made("snort", ENTRIES[2]))
    assert [rule.split(" (")[0] for rule in rules] == [
        "alert udp $HOME_NET any -> any 53", "alert tcp $HOME_NET any -> any 53",
    ]  # fmt: skip
    assert all('content:"|04|evil|07|example|00|",nocase,fast_pattern;' in rule for rule in rules)


def test_wildcards_in_a_value_stand_for_themselves_in_sigma() -> None:
    url = "http://evil.example/*?a=\\x"
    (text,) = re.findall(r'- (".*")', "\n".join(made("sigma", Entry("url:value", url, 90, "indicator--x"))))
    assert SigmaString(json.loads(text)).s == [url]


def test_a_sigma_rule_finds_what_is_under_a_name() -> None:
    rules = SigmaCollection.from_yaml(FORMS["sigma"].write([ENTRIES[2]], ABOUT))
    (query,) = TextQueryTestBackend().convert(rules)
    assert query == 'query in ("evil.example", "*.evil.example")'


def test_yara_takes_the_rules() -> None:
    two = Entry("yara", 'rule two { strings: $a = "x" condition: $a }', 80, "indicator--2")
    three = Entry("yara", RULES["yara"], 80, "indicator--3")
    compiled = yara.compile(source="\n".join(made("yara", ENTRIES[6], two, three)))
    assert {rule.identifier for rule in compiled} == {"one", "two", "theirs"}


CHECKZONE = shutil.which("named-checkzone")


@pytest.mark.skipif(CHECKZONE is None, reason="named-checkzone (bind9-utils) is not installed")
def test_bind_takes_the_zone(tmp_path: Path) -> None:
    zone = tmp_path / "rpz"
    names = [Entry("domain-name:value", f"evil{number}.example", 90, "indicator--x") for number in range(500)]
    zone.write_bytes(FORMS["rpz"].write([*ENTRIES, *names], ABOUT))
    done = subprocess.run([str(CHECKZONE), ORIGIN, str(zone)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


NAMED = shutil.which("named")


@pytest.mark.skipif(NAMED is None, reason="named (bind9) is not installed")
def test_bind_takes_every_trigger_of_the_zone(tmp_path: Path) -> None:
    addresses = (
        "::1",
        "2001:db8::/32",
        "2001:db8:0:0:1:0:0:2",
        "2001:0:0:1::2",
        "2001:db8:0:1:2:3:4:5",
        "192.0.2.0/28",
    )
    entries = [Entry(f"ipv{6 if ':' in each else 4}-addr:value", each, 90, "indicator--x") for each in addresses]
    (tmp_path / "zone").write_bytes(FORMS["rpz"].write([ENTRIES[2], *entries], ABOUT))
    settings = tmp_path / "named.conf"
    settings.write_text(
        f'options {{ directory "{tmp_path}"; listen-on {{ none; }}; listen-on-v6 {{ none; }}; pid-file none;'
        f' session-keyfile none; response-policy {{ zone "{ORIGIN}"; }}; }}; controls {{ }};'
        f' zone "{ORIGIN}" {{ type primary; file "zone"; }};'
    )
    with subprocess.Popen(
        [str(NAMED), "-g", "-n", "1", "-c", str(settings)], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        told = []
        for line in process.stderr:
            told.append(line)
            if "reload done" in line or "exiting" in line:
                break
        process.kill()
    assert "reload done: success" in told[-1], told
    assert not [line for line in told if "rpz" in line and ("canonical" in line or "invalid rpz" in line)]


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
