"""URL filters: every well-formed one is understood, every malformed one refused by name."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.taxii.filter import Filter, Malformed, Versions, read, timestamp

INDICATOR = "indicator--c410e480-e42b-47d1-9476-85307c12bcbf"


def test_no_parameters_ask_for_the_latest_version_of_everything() -> None:
    assert read(b"") == Filter()
    assert read(b"").versions == Versions(last=True)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("2016-11-01T03:04:05Z", 1_477_969_445_000_000),
        ("2016-11-01T03:04:05.1Z", 1_477_969_445_100_000),
        ("2016-11-01T03:04:05.123456Z", 1_477_969_445_123_456),
        ("2016-11-01T03:04:05.1234569Z", 1_477_969_445_123_456),
    ],
)
def test_added_after_is_taken_with_or_without_a_fraction(text: str, microseconds: int) -> None:
    assert read(f"added_after={text}".encode()).added_after == microseconds


@given(st.integers(min_value=0, max_value=253_402_300_799_999_999))
def test_a_timestamp_that_was_given_out_is_understood_to_the_microsecond(moment: int) -> None:
    assert read(f"added_after={quote(timestamp(moment))}".encode()).added_after == moment


def test_every_match_field_is_read() -> None:
    found = read(f"match[id]={INDICATOR}&match[type]=indicator,malware&match[spec_version]=2.0,2.1&limit=5".encode())
    assert found.ids == frozenset({INDICATOR})
    assert found.types == frozenset({"indicator", "malware"})
    assert found.spec_versions == frozenset({"2.0", "2.1"})
    assert found.limit == 5


def test_brackets_may_be_percent_encoded() -> None:
    assert read(b"match%5Btype%5D=indicator").types == frozenset({"indicator"})


def test_versions_are_keywords_and_exact_ones_as_the_log_spells_them() -> None:
    assert read(b"match[version]=all").versions == Versions(last=False, every=True)
    found = read(b"match[version]=first,2018-03-02T01:01:01.123Z").versions
    assert found == Versions(last=False, first=True, exact=frozenset({"2018-03-02T01:01:01.123000000"}))


def test_another_spec_version_matches_nothing() -> None:
    assert read(b"match[spec_version]=2.0").impossible
    assert not read(b"match[spec_version]=2.0,2.1").impossible


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-3",
        "limit=+3",
        "limit=1.5",
        "limit=",
        "limit=abc",
        "limit=%D9%A3",
        "limit=1&limit=2",
        "limit=" + "9" * 5_000,
        "added_after=yesterday",
        "added_after=2016-11-01",
        "added_after=2016-11-01T03:04:05",
        "added_after=2016-13-01T03:04:05Z",
        "added_after=2016-11-01T25:04:05Z",
        "added_after=0000-01-01T00:00:00Z",
        "added_after=2016-11-01T03:04:05+01:00",
        "added_after=2016-11-01T03:04:05Z&added_after=2016-11-01T03:04:05Z",
        "added_after=2016-11-01T03:04:05Z,2016-11-01T03:04:06Z",
        "match[version]=all,last",
        "match[version]=last,last",
        "match[version]=2016",
        "match[version]=",
        "match[id]=not-an-id",
        "match[id]=",
        f"match[id]={INDICATOR},",
        f"match[id]={INDICATOR}&match[id]={INDICATOR}",
        "match[type]=INDICATOR",
        "match[type]=a b",
        "match[type]=%27%20OR%201=1",
        "match[type]=%00",
        "match[type]=%ff%fe",
        "match[spec_version]=two",
        "match[unknown]=1",
        "match=indicator",
        "match[]=indicator",
        "next=a&next=b",
        "&".join(f"p{i}=1" for i in range(200)),
    ],
)
def test_malformed_parameters_are_refused(query: str) -> None:
    with pytest.raises(Malformed):
        read(query.encode())


def test_what_is_refused_is_named_and_shortened() -> None:
    with pytest.raises(Malformed, match=r"limit takes .* found 'x{60}\.\.\.'"):
        read(b"limit=" + b"x" * 10_000)


@given(st.binary(max_size=200))
def test_no_query_does_anything_but_be_read_or_refused(query: bytes) -> None:
    try:
        found = read(query)
    except Malformed:
        return
    assert read(query) == found
