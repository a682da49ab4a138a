"""Enrichers know things without asking anybody, take hostile values, and one that fails ends nothing."""

import struct
import subprocess
import sys
import types
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange import gate

from egnatia.cyber.intel.enrichment import Fact, Surroundings, Tie, enriched, enrichers, resemblance, values_in
from egnatia.cyber.intel.enrichment import enricher as plug
from egnatia.cyber.intel.enrichment.confusable import skeleton
from egnatia.cyber.intel.enrichment.lookalike import BUILT_IN, twists
from egnatia.cyber.intel.enrichment.network import FOLDER


def facts(record: dict[str, Any], folder: Path, *protected: str) -> dict[str, str]:
    found = enriched(record, enrichers(Surroundings(folder, protected)))
    return {fact.words: fact.value for each in found for fact in each.facts}


def domain(value: str) -> dict[str, Any]:
    return {"type": "domain-name", "id": "domain-name--1", "value": value}


def test_a_name_has_its_registered_domain_and_what_it_looks_like(tmp_path: Path) -> None:
    assert facts(domain("www.posta-paket.co.uk"), tmp_path) == {
        "Registered domain": "posta-paket.co.uk",
        "Public suffix": "co.uk",
        "Looks like": "posta.rs",
        "How": "the name with something added",
    }
    url = {"type": "url", "id": "url--1", "value": "https://xn--80ak6aa92e.com/x"}
    found = facts(url, tmp_path, "apple.com")
    assert (found["Written as"], found["Reads like"]) == ("аррӏе.com", "apple.com")
    assert found["How"] == "the same at a glance"
    assert facts({"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "192.0.2.1"}, tmp_path) == {}


@pytest.mark.parametrize(
    "protected", ["euprava.gov.rs", "bankofalbania.org", "skupstina.me", "posta.rs", "e-albania.al"]
)
def test_every_twist_of_a_protected_name_is_noticed_and_the_name_itself_is_not(protected: str) -> None:
    own = protected.partition(".")[0]
    missed = [each for each in twists(protected) if each != protected and not resemblance(each, (protected,))]
    assert [each for each in missed if not each.startswith(f"{own}.")] == []
    assert resemblance(protected, BUILT_IN) is None
    assert resemblance(f"login.{protected}", BUILT_IN) is None
    assert resemblance(f"{protected}.evil.example", (protected,)) is not None


@pytest.mark.parametrize("harmless", ["imposta.it", "bank.example", "example.org", "com", "", "a.b.c.d", "post.ch"])
def test_what_only_shares_letters_is_left_alone(harmless: str) -> None:
    assert resemblance(harmless, BUILT_IN) is None


@given(st.text(max_size=80), st.sampled_from(["domain-name", "url", "email-addr", "ipv4-addr", "ipv6-addr"]))
def test_any_text_is_taken(text: str, kind: str) -> None:
    found = enriched({"type": kind, "id": f"{kind}--1", "value": text}, enrichers(Surroundings(Path("/nowhere"))))
    assert all(fact.words for each in found for fact in each.facts)
    assert isinstance(skeleton(text), str)


def test_an_indicator_is_enriched_by_what_it_detects() -> None:
    both = gate.indicator(pattern="[domain-name:value = 'a.example' OR url:value = 'http://b.example/']")
    assert values_in(both) == (("domain-name", "a.example"), ("url", "http://b.example/"))
    assert values_in(gate.indicator(pattern="[file:name = 'x']")) == ()


def test_addresses_are_looked_up_in_the_files_of_the_operator(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "asn.mmdb").write_bytes(database())
    (tmp_path / FOLDER / "broken.mmdb").write_bytes(b"nothing")
    address = {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "192.0.2.1"}
    assert facts(address, tmp_path) == {"Autonomous system": "AS64500 Example Telecom", "Economy": "ME"}


def database() -> bytes:
    """A database of networks (MaxMind DB 2.0) with one answer for half of all addresses."""

    def text(said: str) -> bytes:
        size = bytes([0x40 | len(said)]) if len(said) < 29 else bytes([0x40 | 29, len(said) - 29])
        return size + said.encode()

    def number(value: int, kind: int) -> bytes:
        raw = struct.pack(">I", value).lstrip(b"\0")
        return (bytes([kind << 5 | len(raw)]) if kind < 8 else bytes([len(raw), kind - 7])) + raw

    answer = bytes([0xE3]) + text("autonomous_system_number") + number(64_500, 6)
    answer += text("autonomous_system_organization") + text("Example Telecom")
    answer += text("country") + bytes([0xE1]) + text("iso_code") + text("ME")
    # One node: addresses with a first bit of 0 are nowhere, all others have the answer.
    tree = (1).to_bytes(3, "big") + (1 + 16).to_bytes(3, "big")
    meta = (
        bytes([0xE9])
        + text("description")
        + bytes([0xE0])
        + text("node_count")
        + number(1, 6)
        + text("record_size")
        + number(24, 5)
    )
    meta += text("ip_version") + number(4, 5) + text("database_type") + text("Test")
    meta += text("binary_format_major_version") + number(2, 5) + text("binary_format_minor_version") + number(0, 5)
    meta += text("build_epoch") + number(1, 9) + text("languages") + bytes([0x00, 0x04])
    return tree + bytes(16) + answer + b"\xab\xcd\xefMaxMind.com" + meta


class Loud:
    """Somebody else's."""

    name, about, kinds = "loud", "says it loud", frozenset({"domain-name"})

    def facts(self, kind: str, value: str) -> Sequence[Fact]:
        if "fail" in value:
            raise RuntimeError("broken")
        return (Fact("Loud", value.upper()),)


def loud(around: Surroundings) -> Loud:
    return Loud()


def broken(around: Surroundings) -> Loud:
    raise RuntimeError("cannot be made")


def test_others_are_plugged_in_and_their_failures_end_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("an_installed_plugin")
    module.__dict__.update(loud=loud, broken=broken)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    points = [EntryPoint(name, f"{module.__name__}:{name}", plug.GROUP) for name in ("loud", "broken", "missing")]
    monkeypatch.setattr(plug, "entry_points", lambda group: points if group == plug.GROUP else [])
    assert facts(domain("x.example"), tmp_path)["Loud"] == "X.EXAMPLE"
    assert "Loud" not in facts(domain("fail.example"), tmp_path)


PLUGIN = """
from egnatia.cyber.intel.enrichment import Fact, Tie

class Passive:
    name, about, kinds = "passive-dns", "what a name resolved to", frozenset({"domain-name"})

    def facts(self, kind, value):
        return (Fact("Resolved to", "192.0.2.7", tie=Tie("resolves-to", "ipv4-addr", "192.0.2.7")),)

def make(around):
    return Passive()
"""
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "egnatia-passive-dns"
version = "1.0"
[project.entry-points."egnatia.enrichers"]
passive = "egnatia_passive_dns:make"
"""


def test_a_distribution_that_is_installed_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, home = tmp_path / "project", tmp_path / "home"
    (project / "egnatia_passive_dns").mkdir(parents=True)
    (project / "egnatia_passive_dns" / "__init__.py").write_text(PLUGIN)
    (project / "pyproject.toml").write_text(PROJECT)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run([*pip, "--target", str(home), str(project)], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    monkeypatch.syspath_prepend(str(home))
    (found,) = (
        each
        for each in enriched(domain("x.example"), enrichers(Surroundings(tmp_path)))
        if each.enricher == "passive-dns"
    )
    assert found.facts == (Fact("Resolved to", "192.0.2.7", tie=Tie("resolves-to", "ipv4-addr", "192.0.2.7")),)
