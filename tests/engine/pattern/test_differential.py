"""Patterns mean here what they mean to the matcher of the OASIS: generated patterns and observations, one answer."""

import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egnatia.engine.pattern import Matcher, compiled, observations_of
from egnatia.record.pattern import BadPattern

theirs = pytest.importorskip("stix2matcher.matcher", reason="stix2-matcher is a development dependency")

WORDS = ("a", "b", "ab", "evil.exe", "good.exe", "A", "x%y", "it's", "back\\slash")
TEXTS = st.sampled_from(WORDS)
NUMBERS = st.integers(0, 3)
ADDRESSES = st.sampled_from(("10.0.0.1", "10.0.0.2", "10.0.1.9", "192.0.2.7", "10.0.0.0/24", "10.0.0.0/30"))
NETWORKS = st.sampled_from(("10.0.0.0/24", "10.0.0.0/8", "192.0.2.0/25", "10.0.0.0/31"))


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


texts = TEXTS.map(quoted)
likes = st.sampled_from(("'%.exe'", "'e_il%'", "'%'", "'_'", "'good.exe'", "'%il.e%'", "'x%y'"))
regexes = st.sampled_from(("'^e'", "'exe$'", "'[ab]+'", "'evil|good'", "'.*'", "'^a?$'"))
nots = st.sampled_from(("", "NOT "))

tests = st.one_of(
    st.builds("file:name {}= {}".format, nots, texts),
    st.builds("file:name {}!= {}".format, nots, texts),
    st.builds("file:name {}IN ({}, {})".format, nots, texts, texts),
    st.builds("file:name {}LIKE {}".format, nots, likes),
    st.builds("file:name {}MATCHES {}".format, nots, regexes),
    st.builds("file:name {} {}".format, st.sampled_from(("<", "<=", ">", ">=")), texts),
    st.builds("file:size {} {}".format, st.sampled_from(("=", "!=", "<", "<=", ">", ">=")), NUMBERS),
    st.builds("file:size = {}.0".format, NUMBERS),
    st.builds("file:size IN ({}, {})".format, NUMBERS, NUMBERS),
    st.builds("file:parent_directory_ref.path = {}".format, texts),
    st.builds("file:contains_refs[*].name = {}".format, texts),
    st.builds("file:contains_refs[{}].name = {}".format, st.integers(0, 1), texts),
    st.builds("file:hashes.'SHA-256' = '{}'".format, st.sampled_from(("a" * 64, "b" * 64))),
    st.builds("file:x_seen {}= t'2026-01-0{}T00:00:00Z'".format, nots, st.integers(1, 3)),
    st.builds("file:x_hex = h'{}'".format, st.sampled_from(("00", "61", "ff"))),
    st.builds("file:x_hex = {}".format, texts),
)
addresses = st.one_of(
    st.builds("ipv4-addr:value {}= {}".format, nots, ADDRESSES.map(quoted)),
    st.builds("ipv4-addr:value {}ISSUBSET {}".format, nots, NETWORKS.map(quoted)),
)


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        parts,
        lambda inner: st.one_of(
            st.builds("({} AND {})".format, inner, inner),
            st.builds("{} OR {}".format, inner, inner),
            st.builds("{} AND {}".format, inner, parts),
        ),
        max_leaves=4,
    )


brackets = st.one_of(joined(tests), joined(addresses), st.builds("{} OR {}".format, tests, addresses)).map(
    "[{}]".format
)
times = st.integers(0, 9).map("2026-01-01T00:00:0{}Z".format)
qualifiers = st.one_of(
    st.builds(" WITHIN {} SECONDS".format, st.integers(1, 5)),
    st.builds(" REPEATS {} TIMES".format, st.integers(1, 3)),
    st.builds(" START t'{}' STOP t'{}'".format, times, times),
)
patterns = st.recursive(
    brackets,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(("AND", "OR", "FOLLOWEDBY")), inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(("AND", "OR", "FOLLOWEDBY")), inner),
        st.builds("({}){}".format, inner, qualifiers),
        st.builds("{}{}".format, inner, qualifiers),
    ),
    max_leaves=3,
)

files = st.fixed_dictionaries(
    {"type": st.just("file"), "name": TEXTS},
    optional={
        "size": NUMBERS,
        "hashes": st.fixed_dictionaries({"SHA-256": st.sampled_from(("a" * 64, "b" * 64))}),
        "parent_directory_ref": st.sampled_from(("0", "1", "directory", "nowhere")),
        "contains_refs": st.lists(st.sampled_from(("0", "1", "nowhere")), max_size=2),
        "x_seen": st.integers(1, 3).map("2026-01-0{}T00:00:00Z".format),
        "x_hex": st.sampled_from(("00", "61", "ff")),
    },
)
networks = st.fixed_dictionaries({"type": st.just("ipv4-addr"), "value": ADDRESSES})
directories = st.fixed_dictionaries({"type": st.just("directory"), "path": TEXTS})


@st.composite
def observed(draw: st.DrawFn) -> dict[str, Any]:
    objects = {str(at): each for at, each in enumerate(draw(st.lists(files | networks, min_size=1, max_size=3)))}
    if draw(st.booleans()):
        objects["directory"] = draw(directories)
    first, last = sorted((draw(times), draw(times)))
    return {
        "type": "observed-data",
        "first_observed": first,
        "last_observed": last,
        "number_observed": draw(st.sampled_from((1, 1, 1, 2))),
        "objects": objects,
    }


def bundle(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with objects beside observed-data, as STIX 2.1 has them."""
    records: list[dict[str, Any]] = []
    for number, each in enumerate(data):
        names = {name: f"{one['type']}--{number}-{name}" for name, one in each["objects"].items()}
        for name, one in each["objects"].items():
            meant = {
                key: named(value, names) if key.endswith(("_ref", "_refs")) else value for key, value in one.items()
            }
            records.append({**meant, "id": names[name]})
        plain = {key: value for key, value in each.items() if key != "objects"}
        records.append({**plain, "id": f"observed-data--{number}", "object_refs": list(names.values())})
    return records


def named(value: Any, names: dict[str, str]) -> Any:
    return [names.get(each, each) for each in value] if isinstance(value, list) else names.get(value, value)


def their_answer(pattern: str, records: list[dict[str, Any]]) -> bool | None:
    """What the other matcher says; None where it fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(theirs.match(pattern, [{"type": "bundle", "objects": records}], False, "2.1"))
        except (theirs.MatcherException, theirs.NotEnoughValues):
            return None


def ours(pattern: str, data: list[dict[str, Any]]) -> bool:
    matcher: Matcher[str] = Matcher()
    matcher.add("it", compiled(pattern))
    found = list(matcher.match(observations_of(data)))
    assert not matcher.undecided
    return bool(found)


@settings(max_examples=400, deadline=None)
@given(patterns, st.lists(observed(), min_size=1, max_size=4))
def test_a_pattern_is_satisfied_exactly_where_the_other_matcher_says_so(
    pattern: str, data: list[dict[str, Any]]
) -> None:
    try:
        compiled(pattern)
    except BadPattern:
        return
    said = their_answer(pattern, bundle(data))
    if said is not None:
        assert ours(pattern, data) == said
        assert ours(pattern, bundle(data)) == said


@settings(max_examples=150, deadline=None)
@given(st.lists(patterns, min_size=1, max_size=8), st.lists(observed(), min_size=1, max_size=4))
def test_many_patterns_together_say_what_each_says_alone(many: list[str], data: list[dict[str, Any]]) -> None:
    matcher: Matcher[int] = Matcher()
    known = []
    for number, pattern in enumerate(many):
        try:
            matcher.add(number, compiled(pattern))
        except BadPattern:
            continue
        known.append(number)
    together = {match.key for match in matcher.match(observations_of(data))}
    assert together == {number for number in known if ours(many[number], data)}
