"""An output gives each reader what they may see and what their device may do, of enough worth, and nothing benign."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.exchange import gate

from egnatia.cyber.intel.output import Made, Output, make
from egnatia.cyber.intel.warning_index import WarningLists
from egnatia.node import Node
from egnatia.record.marking import PAP_IDS

NOW = datetime(2026, 1, 10, tzinfo=UTC)
PAP = {name: marking for marking, name in PAP_IDS.items()}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def domain(name: str, *markings: str, **more: Any) -> dict[str, Any]:
    return gate.indicator(
        *(markings or (gate.CLEAR,)), pattern=f"[domain-name:value = '{name}']", confidence=90, **more
    )


def given(node: Node, reader: str | None, form: str = "plain", **how: Any) -> Made:
    output = Output(name="feed", form=form, **how)
    output.check()
    return make(output, node.store, node.clearance_of(reader), NOW, warnings=WarningLists())


def lines(made: Made) -> list[str]:
    return [line for line in made.content.decode().splitlines() if not line.startswith("#")]


def test_each_reader_gets_what_they_may_see(node: Node) -> None:
    gate.hand_in(node, domain("open.example"), domain("members.example", gate.GREEN), domain("own.example", gate.RED))
    assert lines(given(node, None)) == ["open.example"]
    assert lines(given(node, gate.AL)) == ["members.example", "open.example"]
    assert lines(given(node, gate.ME)) == ["members.example", "open.example", "own.example"]


def test_what_may_not_be_noticed_is_detected_and_not_blocked(node: Node) -> None:
    gate.hand_in(
        node,
        domain("red.example", gate.CLEAR, PAP["red"]),
        domain("amber.example", gate.CLEAR, PAP["amber"]),
        domain("green.example", gate.CLEAR, PAP["green"]),
    )
    for form in ("plain", "hosts", "rpz"):
        text = given(node, gate.AL, form).content.decode()
        assert "green.example" in text
        assert "red.example" not in text
        assert "amber.example" not in text
    assert "red.example" in given(node, gate.AL, "suricata").content.decode()


def test_a_value_that_an_open_source_names_too_may_be_blocked(node: Node) -> None:
    gate.hand_in(node, domain("both.example", gate.CLEAR, PAP["red"]), domain("both.example"))
    assert lines(given(node, gate.AL)) == ["both.example"]


def test_benign_allowed_weak_and_revoked_values_are_left_out_and_counted(node: Node) -> None:
    gate.hand_in(
        node,
        domain("evil.example"),
        domain("www.gov.me"),
        domain("mail.partner.example"),
        domain("gone.example", revoked=True),
        domain("over.example", valid_until="2026-01-09T00:00:00Z"),
        gate.indicator(gate.CLEAR, pattern="[domain-name:value = 'a.example' AND url:value = 'b']"),
    )
    made = given(node, gate.AL, allow=("partner.example", "198.51.100.0/24"))
    assert lines(made) == ["evil.example"]
    assert made.left_out == {"score": 1, "allowed": 1, "warning list: Institutions of the region": 1}


def test_what_is_above_an_allowed_name_and_what_stands_there_is_never_given(node: Node) -> None:
    gate.hand_in(
        node,
        domain("partner.example"),
        domain("com.mk"),
        gate.indicator(gate.CLEAR, pattern="[url:value = 'https://www.partner.example/a']", confidence=90),
    )
    made = given(node, gate.AL, allow=("www.partner.example",))
    assert made.entries == 0
    assert made.left_out == {"allowed": 2, "warning list: Names under which anybody registers": 1}


def test_what_would_block_strangers_or_break_the_file_is_left_out_and_counted(node: Node) -> None:
    patterns = (
        "[ipv4-addr:value = '5.0.0.0/8']",
        "[ipv6-addr:value = '2a00::/16']",
        "[ipv6-addr:value = '2001:db8::7%eth0']",
        "[domain-name:value = '*.wild.example']",
        "[ipv4-addr:value = '198.51.100.0/24']",
    )
    gate.hand_in(node, *(gate.indicator(gate.CLEAR, pattern=each, confidence=90) for each in patterns))
    for form in ("plain", "rpz", "suricata"):
        made = given(node, gate.AL, form)
        assert (made.entries, dict(made.left_out)) == (1, {"wide": 2, "unwritable": 2})


def test_the_best_stay_where_a_device_can_hold_no_more(node: Node) -> None:
    weak = gate.indicator(gate.CLEAR, pattern="[domain-name:value = 'weak.example']", confidence=60)
    gate.hand_in(node, weak, domain("strong.example"))
    made = given(node, gate.AL, limit=1)
    assert lines(made) == ["strong.example"]
    assert made.left_out == {"size": 1}


def test_a_search_narrows_and_doubt_counts(node: Node) -> None:
    phish, other = domain("phish.example", labels=["phishing"]), domain("other.example")
    gate.hand_in(node, phish, other)
    assert lines(given(node, gate.AL, search="tag:phishing")) == ["phish.example"]
    opinion = {
        "type": "opinion", "spec_version": "2.1", "id": gate.new_id("opinion"), "opinion": "strongly-disagree",
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "object_refs": [phish["id"]],
        "created_by_ref": gate.RS, "object_marking_refs": [gate.GREEN],
    }  # fmt: skip
    gate.hand_in(node, opinion, owner=gate.RS)
    assert lines(given(node, gate.AL)) == ["other.example"]
    assert lines(given(node, None)) == ["other.example", "phish.example"]


def test_the_tag_changes_with_the_entries_alone(node: Node) -> None:
    gate.hand_in(node, domain("evil.example"))
    output = Output(name="feed", form="plain")
    first = make(output, node.store, node.clearance_of(None), NOW, warnings=WarningLists())
    later = make(output, node.store, node.clearance_of(None), NOW.replace(hour=5), warnings=WarningLists())
    assert first.tag == later.tag
    assert first.content != later.content
    gate.hand_in(node, domain("more.example"))
    assert make(output, node.store, node.clearance_of(None), NOW, warnings=WarningLists()).tag != first.tag
