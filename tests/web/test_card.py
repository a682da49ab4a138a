"""A card says of any record what a duty officer needs, whatever the record holds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.shown import Shown
from egnatia.store.keeping import Known
from egnatia.web.card import LONGEST, UNKNOWN, Card, card
from egnatia.web.language import LANGUAGES, speech

OWNER = "identity--11111111-1111-4111-8111-111111111111"


def made(stix: dict[str, Any], language: str = "en", **more: Any) -> Card:
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
    organisations = {OWNER: Known(OWNER, "CSIRT", "ME")}
    return card(Shown(record=stix, **{**known, **more}), organisations, speech(LANGUAGES[language]))


def test_the_owner_is_named_as_this_node_knows_it_or_not_at_all() -> None:
    assert made({"type": "note"}).owner == "CSIRT"
    assert made({"type": "note"}).economy == "ME"
    assert made({"type": "note"}, owner="identity--2").owner == UNKNOWN


def test_a_recall_names_what_it_takes_back() -> None:
    assert made({"type": "recall", "object_ref": "report--1"}).target == "report--1"
    assert made({"type": "sighting", "object_ref": "report--1"}).target == ""


def test_long_texts_are_one_short_line() -> None:
    shown = made({"type": "report", "description": "a\n  b " * 200}).detail
    assert shown.startswith("a b a b")
    assert len(shown) <= LONGEST
    assert "\n" not in shown


def test_what_links_others_is_shown_on_demand() -> None:
    assert made({"type": "relationship"}).minor
    assert made({"type": "ipv4-addr"}).minor
    assert not made({"type": "report"}).minor
    assert not made({"type": "x-somebody-elses"}).minor


def test_a_card_says_the_kind_in_the_readers_language_and_leads_to_the_record() -> None:
    shown = made({"type": "report", "id": "report--1"}, language="mk")
    assert shown.href == "/records/report--1"
    assert shown.added == 1_795_167_667_123_456


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
