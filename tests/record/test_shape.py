"""The quick look at a record never admits what the slow look would not, and misses no name that stands twice."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.record.builders import CREATED, REQUIRED, UUID4, ref

from egnatia.record import Invalid, read
from egnatia.record.examination import GONE, Log
from egnatia.record.schemas import BUILT_IN

USUAL = "2024-02-28T10:00:00.000Z"
"""A time that needs no closer look, as that of a leap day does."""

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8) | st.sampled_from([USUAL, ref("identity"), ref("malware"), "2.1", "agree", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
_REFERENCE = {"source_name": "a", "description": 'of "b": c\\', "url": "https://b.example/"}


def _content(type_: str) -> dict[str, Any]:
    common = {"type": type_, "spec_version": "2.1", "id": f"{type_}--{UUID4}", "x_more": {"a": ["b", {"c": 1}]}}
    dates = {"created": USUAL, "modified": USUAL, "external_references": [_REFERENCE], "labels": ["x"]}
    known = {name: value for name, value in dates.items() if name in BUILT_IN.kind(type_).fields}
    own = {name: USUAL if value == CREATED else value for name, value in REQUIRED[type_].items()}
    return {**common, **known, **own}


@pytest.mark.parametrize("type_", sorted(REQUIRED))
def test_an_ordinary_record_passes_the_quick_look(type_: str) -> None:
    content, kind = _content(type_), BUILT_IN.kind(type_)
    shape = kind.shape(content)
    assert shape.fit
    assert kind.is_typed(content)
    assert shape.count(content) > 0


@given(type_=st.sampled_from(sorted(REQUIRED)), data=st.data())
def test_what_the_quick_look_admits_the_slow_look_admits(type_: str, data: st.DataObject) -> None:
    content, kind = _content(type_), BUILT_IN.kind(type_)
    name = data.draw(st.sampled_from(sorted(kind.fields.keys() - {"type"})))
    content[name] = data.draw(_JSON)
    shape = kind.shape(content)
    try:
        admitted = kind.count(content, shape) > 0
    except OverflowError:
        admitted = False
    if admitted:
        log = Log()
        assert kind.examine(content, "$", log) is not GONE
        assert log.problems == []
        msgspec.convert(content, kind.struct)


@pytest.mark.parametrize(
    "inside",
    [
        '"x_more":{"a":1,"a":2}',
        '"x_more":[{"a":"b","a":"b"}]',
        '"x_more":{"a":"\\"","b":{"c":"\\\\","c":"\\\\"}}',
        '"x_more":"\\\\","x_more":"\\""',
        '"external_references":[{"source_name":"a","url":"b:c","url":"b:c"}]',
        '"external_references":[{"source_name":"a","description":"\\"\\\\","description":"\\"\\\\"}]',
        '"object_marking_refs":["%s"],"object_marking_refs":["%s"]' % ((ref("marking-definition"),) * 2),
    ],
)
def test_a_name_that_stands_twice_anywhere_is_refused(inside: str) -> None:
    body = json.dumps(_content("tool") | {"external_references": None}).replace('"external_references": null', inside)
    with pytest.raises(Invalid, match=r"RFC 7493 section 2\.3"):
        read(body.replace('"x_more": {"a": ["b", {"c": 1}]}', '"x_rest": 1').encode(), tolerant=True)


@pytest.mark.parametrize("text", ['"', "\\", '\\"', '":', '\\\\":"', "\u2028", "\x1f", "č", "\\u0022"])
def test_quotes_and_backslashes_in_texts_are_no_names(text: str) -> None:
    content = _content("tool") | {"name": text, "x_texts": [text, {text: text}]}
    for body in (json.dumps(content).encode(), json.dumps(content, ensure_ascii=False, indent=2).encode()):
        assert read(body).body == body


@pytest.mark.parametrize("deep", [2**64, -(2**63) - 1, [2**64], {"a": [{"b": 2**64}]}])
def test_a_number_beyond_64_bits_is_refused_at_any_depth(deep: Any) -> None:
    with pytest.raises(Invalid, match=r"RFC 7493 section 2\.2"):
        read(json.dumps(_content("tool") | {"x_more": deep}).encode(), tolerant=True)


@pytest.mark.parametrize("part", [None, "a", 1, [], {}, {"source_name": None, "url": "b:c"}, {"source_name": 1}])
def test_a_part_of_another_type_is_found(part: Any) -> None:
    with pytest.raises(Invalid):
        read(json.dumps(_content("tool") | {"external_references": [_REFERENCE, part]}).encode())
