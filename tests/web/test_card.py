"""A card says of any record what a duty officer needs, whatever the record holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.shown import Shown
from egnatia.web.card import LONGEST, UNKNOWN, Card, card, clock

OWNER = "identity--11111111-1111-4111-8111-111111111111"


def made(stix: dict[str, Any], **more: Any) -> Card:
    known: dict[str, Any] = {
        "owner": OWNER,
        "tlp": "amber",
        "pap": "clear",
        "audiences": (),
        "agreements": (),
        "personal": False,
        "withdrawn": False,
        "added": "2026-11-20T09:41:07.123456Z",
        "applied": (),
        "redacted": False,
    }
    return card(Shown(record=stix, **{**known, **more}), {OWNER: "CSIRT"})


@pytest.mark.parametrize(
    ("stix", "title"),
    [
        ({"type": "report", "name": "Лажни рачуни"}, "Лажни рачуни"),
        ({"type": "indicator", "pattern": "[a:b = 'c']"}, "[a:b = 'c']"),
        ({"type": "ipv4-addr", "value": "192.0.2.1"}, "192.0.2.1"),
        ({"type": "sighting", "sighting_of_ref": "indicator--x", "count": 3}, "Indicator seen 3 times"),
        ({"type": "sighting", "sighting_of_ref": "malware--x"}, "Malware seen once"),
        (
            {"type": "relationship", "relationship_type": "uses", "source_ref": "campaign--x", "target_ref": "tool--y"},
            "campaign uses tool",
        ),
        ({"type": "file", "hashes": {"SHA-256": "ab"}}, "ab"),
        ({"type": "x-unknown", "id": "x-unknown--1"}, "x-unknown--1"),
    ],
)
def test_a_record_without_a_name_is_called_by_what_it_says(stix: dict[str, Any], title: str) -> None:
    assert made(stix).title == title


def test_the_owner_is_named_by_its_own_word_or_not_at_all() -> None:
    assert made({"type": "note"}).owner == "CSIRT"
    assert made({"type": "note"}, owner="identity--2").owner == UNKNOWN


def test_a_recall_names_what_it_takes_back() -> None:
    assert made({"type": "recall", "object_ref": "report--1"}).target == "report--1"
    assert made({"type": "sighting", "object_ref": "report--1"}).target == ""


def test_long_texts_are_one_short_line() -> None:
    shown = made({"type": "report", "name": "a\n  b " * 200}).title
    assert shown.startswith("a b a b")
    assert len(shown) <= LONGEST
    assert "\n" not in shown


def test_what_links_others_is_shown_on_demand() -> None:
    assert made({"type": "relationship"}).minor
    assert not made({"type": "report"}).minor


def test_the_time_of_day_is_utc() -> None:
    assert clock("2026-11-20T09:41:07.123456Z") == "09:41:07"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["name", "value", "pattern", "description", "count", "hashes", "lang", "source_ref", "modified"])
TYPES = st.sampled_from(["sighting", "relationship", "file", "observed-data", "report", "recall", "x-thing", ""])


@given(TYPES, st.dictionaries(KEYS, JSON))
def test_no_record_is_too_odd_for_a_card(kind: str, more: dict[str, Any]) -> None:
    shown = made({**more, "type": kind, "id": "x"})
    assert len(shown.title) <= LONGEST
