"""A stream is cut into exactly its records, however it comes and however large it is."""

import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from egnatia.record.record import Invalid
from egnatia.record.split import Envelope, split

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(st.sampled_from(["id", "name", "x", "type", "a]b", 'q"{', "\\"]), json_values)
layouts = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}])
limits = st.sampled_from([16 << 20, 2_000])


class Dribble(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self.data = io.BytesIO(data)
        self.step = step

    def read(self, size: int = -1, /) -> bytes:
        """At most `step` bytes."""
        return self.data.read(min(size, self.step))


def cut(data: bytes, *, step: int = 1 << 20, limit_bytes: int = 16 << 20) -> list[bytes]:
    """All that `split` gives of `data`."""
    return list(split(cast(BinaryIO, Dribble(data, step)), limit_bytes=limit_bytes))


def refusal(data: bytes, **settings: int) -> str:
    """Why `data` is refused."""
    with pytest.raises(Invalid) as refused:
        cut(data, **settings)
    return str(refused.value)


@given(st.lists(records, max_size=30), layouts, st.integers(1, 500), limits)
def test_a_bundle_gives_its_objects_to_the_byte(found: list[Any], layout: Any, step: int, limit: int) -> None:
    bodies = [json.dumps(one, **layout).encode() for one in found]
    bodies = [body for body in bodies if len(body) <= limit]
    for start, end in [
        (b'{"type":"bundle","id":"bundle--1","objects":[', b"]}"),
        (b'\xef\xbb\xbf {\n "objects" : [ ', b' ] , "x": {"objects": [1]}, "type": "bundle" }\n\n'),
        (b" [", b"] "),
    ]:
        data = start + b" ,\n ".join(bodies) + end
        assert cut(data, step=step, limit_bytes=limit) == bodies


@given(
    st.lists(records, min_size=1, max_size=30), st.sampled_from([b"\n", b"\r\n", b"\n\n"]), st.integers(1, 500), limits
)
def test_json_lines_give_their_objects_to_the_byte(found: list[Any], between: bytes, step: int, limit: int) -> None:
    bodies = [json.dumps(one | {"type": "x"}).encode() for one in found]
    assume(all(len(body) <= limit for body in bodies))
    assert cut(between.join(bodies), step=step, limit_bytes=limit) == bodies
    assert cut(between.join(bodies) + between, step=step, limit_bytes=limit) == bodies


def many(count: int, layout: Callable[[Any], str]) -> list[bytes]:
    """Records enough for several windows, with lists inside whose borders look like those between records."""
    return [
        layout({"type": "x", "id": i, "of": [{"type": "y"}, {"type": "y"}], "text": "},{[" * (i % 50)}).encode()
        for i in range(count)
    ]


@pytest.mark.parametrize(
    "layout",
    [json.dumps, lambda found: json.dumps(found, indent=2), lambda found: json.dumps(found, separators=(",", ":"))],
)
@pytest.mark.parametrize("comma", [b",", b", ", b",\n"])
def test_borders_inside_of_records_mislead_nobody(layout: Callable[[Any], str], comma: bytes) -> None:
    bodies = many(30_000, layout)
    assert cut(b"[" + comma.join(bodies) + b"]") == bodies


def test_lines_over_several_windows_are_all_there() -> None:
    bodies = many(30_000, json.dumps)
    assert cut(b"\n".join(bodies)) == bodies


def test_lists_objects_and_what_is_no_object_are_given_for_the_reader_to_refuse() -> None:
    data = b'[ 1, -2.5e3,null ,"a,\\"]", [2, {"a": []}], {}, true]'
    assert cut(data) == [b"1", b"-2.5e3", b"null", b'"a,\\"]"', b'[2, {"a": []}]', b"{}", b"true"]
    assert cut(data, step=1) == cut(data)


def test_one_bad_object_spoils_no_other() -> None:
    bad = b'{"type": tru, "a" "b",}'
    bodies = [b'{"id": 1}'] * 10 + [bad] + [b'{"id": 2}'] * 10
    assert cut(b'{"objects": [' + b",".join(bodies) + b"]}") == bodies


def test_one_object_alone_is_itself() -> None:
    body = b'{"type": "observed-data", "objects": {"0": {"type": "file"}}, "id": "x"}'
    assert cut(b"\n" + body + b"\n") == [body]
    assert cut(body, step=1) == [body]
    assert cut(b"{}") == [b"{}"]
    assert cut(b'{"type": "x-list", "objects": [1, 2]}') == [b'{"type": "x-list", "objects": [1, 2]}']


def test_an_empty_bundle_holds_nothing() -> None:
    assert cut(b'{"type": "bundle", "id": "bundle--1"}') == []
    assert cut(b'{"type": "bundle", "objects": []}') == []
    assert cut(b"[]") == []


def test_the_bundle_says_what_it_is() -> None:
    envelope = Envelope()
    data = b'{"id": "bundle--1", "objects": [{"id": "not this"}], "spec_version": "2.0", "type": "bundle"}'
    assert len(list(split(io.BytesIO(data), envelope=envelope))) == 1
    assert (envelope.type, envelope.id, envelope.spec_version) == ("bundle", "bundle--1", "2.0")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "byte 0: a bundle"),
        (b"  \n", "byte 3: a bundle"),
        (b"PK\x03\x04", "byte 0: a bundle"),
        (b"<stix/>", "byte 0: a bundle"),
        (b'{"objects": [{"a": 1}, {"b": ', "byte 23: the end of the value"),
        (b'{"objects": [{"a": 1}', "byte 21: a comma or ]"),
        (b'{"objects": [{"a": 1}]', "byte 22: a comma or }"),
        (b'{"objects": [{"a": 1} {"b": 2}]}', "byte 22: a comma or ]"),
        (b'{"objects": [{"a": 1},]}', "byte 22: a value after the comma"),
        (b'{"objects": [,{"a": 1}]}', "byte 13: a value"),
        (b'{"objects": [{"a": 1}], }', "byte 24: a value after the comma"),
        (b'{"objects": [{"a": [1}]}', "byte 21: brackets that close"),
        (b'{"objects": [{"a": 1}}', "byte 21: a comma or ]"),
        (b'{"objects": [{"a": "x}]}', "byte 13: the end of the value"),
        (b'{"objects": [] "type": "bundle"}', "byte 15: a comma or }"),
        (b'{"objects" []}', "byte 11: a colon"),
        (b"{objects: []}", "byte 1: the name"),
        (b'{"objects": [], "objects": []}', "byte 27: one list"),
        (b'{"objects": [], "type": "indicator"}', "byte 36: a bundle"),
        (b'{"objects": []} x', "byte 16: nothing after"),
        (b"[1, nul]", "byte 4: a value"),
        (b"[1, ;]", "byte 4: a value"),
        (b"[" * 20_000, "byte 1: at most 10000 brackets"),
        (b"[1] [2]", "byte 4: nothing after"),
        (b'{"a": 1}\n]', "byte 9: a value"),
        (b'{"a": 1}\n{"a"', "byte 9: the end of the value"),
        (b"[" * 1000, "byte 1: the end of the value"),
    ],
)
def test_what_is_malformed_is_refused_with_the_place(data: bytes, said: str) -> None:
    assert refusal(data).startswith(said)
    assert refusal(data, step=1).startswith(said)


def test_what_came_before_the_fault_is_given() -> None:
    given_ = split(io.BytesIO(b'[{"a": 1}, {"b": 2}, ;'))
    assert [next(given_), next(given_)] == [b'{"a": 1}', b'{"b": 2}']
    with pytest.raises(Invalid, match="byte 21"):
        next(given_)


@pytest.mark.parametrize("start", [b"", b"[", b'{"objects": [', b'{"x": '])
def test_an_object_over_the_limit_is_refused(start: bytes) -> None:
    large = b'{"a": "' + b"x" * 1_000 + b'"}'
    assert "at most 500 bytes" in refusal(start + large + b" ", limit_bytes=500)
    assert "at most 500 bytes" in refusal(start + large + b" ", limit_bytes=500, step=7)


@pytest.mark.parametrize("start", [b"", b"{", b'{"a": 1,', b'{"type": "x"', b'{"objects": [1'])
def test_space_without_end_does_not_fill_the_memory(start: bytes) -> None:
    class Space(io.RawIOBase):
        given = 0

        def read(self, size: int = -1, /) -> bytes:
            self.given += size
            return start if self.given == size else b"" if self.given > 200_000_000 else b" " * size

    tracemalloc.start()
    with pytest.raises(Invalid):
        list(split(cast(BinaryIO, Space()), limit_bytes=1 << 20))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 << 20


@pytest.mark.parametrize("endless", [b"{", b"[", b'{"a":"', b"1", b'"\\', b" "])
def test_an_endless_value_is_refused_before_it_fills_the_memory(endless: bytes) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1, /) -> bytes:
            self.given += size
            return b"" if self.given > 200_000_000 else endless[:1] * size

    stream = Endless()
    tracemalloc.start()
    with pytest.raises(Invalid):
        list(split(cast(BinaryIO, stream), limit_bytes=1 << 20))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 << 20


def test_a_large_bundle_takes_little_memory() -> None:
    body = b'{"type": "x", "text": "' + b"y" * 3_000 + b'"}'

    class Large(io.RawIOBase):
        parts: Iterator[bytes] = iter([b"[" + body, *[b"," + b",".join([body] * 300)] * 100, b"]"])

        def read(self, size: int = -1, /) -> bytes:
            return next(self.parts, b"")

    tracemalloc.start()
    count = sum(1 for _ in split(cast(BinaryIO, Large())))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 30_001
    assert peak < 20 << 20


@given(st.binary(max_size=60) | st.text('{}[]",:\\ \n1ae', max_size=60).map(str.encode), st.integers(1, 60))
def test_any_bytes_are_cut_or_refused_alike_however_they_come(data: bytes, step: int) -> None:
    def outcome(step: int) -> tuple[list[bytes], str]:
        given_: list[bytes] = []
        try:
            given_.extend(split(cast(BinaryIO, Dribble(data, step)), limit_bytes=40))
        except Invalid as refused:
            return given_, refused.problems[0].path
        return given_, ""

    assert outcome(step) == outcome(1 << 20)


@given(st.text('{}[]",:\\ \n1ae', max_size=40))
def test_nothing_but_the_records_is_left_out(text: str) -> None:
    data = f"[{text}]".encode()
    try:
        expected = json.loads(data)
    except ValueError:
        return
    assert [json.loads(body) for body in cut(data)] == expected
