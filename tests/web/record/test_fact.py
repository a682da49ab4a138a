"""Whatever a record holds can be said, and nothing that it holds is more than text."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.record.builders import REQUIRED, properties

from egnatia.exchange.formats.fang import refang
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.record.fact import ELSEWHERE, Fact, facts
from egnatia.web.record.name import Named, name_of
from egnatia.web.record.properties import PROPERTIES
from egnatia.web.record.spans import spans
from egnatia.web.record.text import defanged, visible

ENGLISH = speech(LANGUAGES["en"])

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
NAMES = st.sampled_from(sorted(set(PROPERTIES) - {"id", "type"})) | st.from_regex(
    r"[a-z][a-z0-9_]{2,12}", fullmatch=True
)


def named(identifier: str) -> Named:
    return Named(identifier, "a name", "a kind", "tool")


def texts(fact: Fact) -> list[str]:
    """Every text of a fact, at any depth."""
    own = [fact.text, *fact.items, *(each for pair in fact.pairs for each in pair), *(span.text for span in fact.spans)]
    return own + [text for part in fact.parts for inner in part for text in texts(inner)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(REQUIRED)), st.dictionaries(NAMES, JSON, max_size=6))
def test_every_property_of_every_record_is_said_or_shown_elsewhere(type_: str, changes: dict[str, Any]) -> None:
    stix = json.loads(json.dumps({**properties(type_), **changes}))
    told = facts(stix, ENGLISH, named)
    said = {each.name for each in told}
    assert set(stix) - ELSEWHERE - {"extensions"} <= said
    assert all(each.words for each in told)
    for fact in told:
        for text in texts(fact):
            assert visible(text) == text
    assert name_of(stix, ENGLISH)


@given(st.text())
def test_nothing_invisible_is_left_and_nothing_else_is_changed(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff\x00\x1b"
    )


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs"])), st.sampled_from(["stix", "yara"]))
def test_a_pattern_in_its_parts_is_the_pattern(pattern: str, kind: str) -> None:
    assert "".join(span.text for span in spans(pattern, kind)) == visible(pattern)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("bad.example", "bad[.]example"),
        ("198.51.100.7", "198[.]51[.]100[.]7"),
        ("https://bad.example/a.b?c=d.e", "hxxps://bad[.]example/a.b?c=d.e"),
        ("HTTP://bad.example", "Hxxp://bad[.]example"),
        ("2001:db8::1", "2001[:]db8::1"),
        ("someone@bad.example", "someone[@]bad[.]example"),
        ("not a value.", "not a value."),
    ],
)
def test_a_value_is_shown_so_that_nobody_follows_it(value: str, shown: str) -> None:
    assert defanged(value).lower() == shown.lower()
    assert refang(defanged(value)).lower() == value.lower()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("hxxp://bad[.]example", "http://bad.example"),
        ("hXXps://bad(dot)example/x", "https://bad.example/x"),
        ("bad {.} example", "bad.example"),
        ("a[at]bad[dot]example", "a@bad.example"),
        ("198[.]51[.]100[.]7", "198.51.100.7"),
        ("http[:]//bad.example", "http://bad.example"),
        ("fxp://bad.example", "ftp://bad.example"),
        ("h**p://bad.example", "http://bad.example"),
    ],
)
def test_what_others_wrote_harmlessly_is_understood(written: str, meant: str) -> None:
    assert refang(written) == meant


def test_lines_end_as_they_do_in_windows_and_a_single_return_is_shown() -> None:
    assert visible("one\r\ntwo") == "one\ntwo"
    assert visible("one\rtwo") == "one⟦U+000D⟧two"
