"""Reading: what is in order comes in untouched, what is not says where, which rule and what was found."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.record.builders import CREATED, OBSERVABLES, REQUIRED, body, properties, ref

from egnatia.record import Invalid, Reference, read, reading
from egnatia.record.catalog import STANDARD
from egnatia.record.meta import Custom

CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"


def problems(raw: bytes, *, tolerant: bool = False) -> list[tuple[str, str, str]]:
    """What a reading says against a record."""
    with pytest.raises(Invalid) as refused:
        read(raw, tolerant=tolerant)
    return [(one.path, one.rule, one.found) for one in refused.value.problems]


def paths(raw: bytes) -> list[str]:
    """Where a strict reading finds something."""
    return [path for path, _, _ in problems(raw)]


def test_every_standard_type_is_in_the_catalogue_and_has_a_builder() -> None:
    tags = {struct.__struct_config__.tag for struct in STANDARD}
    assert tags | {"x-thing"} == set(REQUIRED)
    assert len(STANDARD) == 19 + 2 + 18 + 3


@pytest.mark.parametrize("type_", REQUIRED)
def test_the_least_record_of_each_type_is_in_order_and_keeps_its_bytes(type_: str) -> None:
    raw = body(type_)
    record = read(raw)
    assert record.body is raw
    assert (record.head.type, record.head.id, record.deviations) == (type_, ref(type_), ())
    assert record.version == ("" if type_ in OBSERVABLES else "2024-02-29T10:00:00.000000000")
    assert reading(record).id == ref(type_)


@pytest.mark.parametrize("type_", REQUIRED)
def test_each_required_property_is_missed(type_: str) -> None:
    for name in properties(type_):
        if (type_, name) not in {("x-thing", "created"), ("x-thing", "modified"), ("x-thing", "spec_version")}:
            assert problems(body(type_, **{name: ...})), name


@pytest.mark.parametrize(
    ("type_", "changes", "path"),
    [
        ("identity", {"modified": "2024-02-28T10:00:00.000Z"}, "$.modified"),
        ("identity", {"created": "2024-02-29T10:00:00Z"}, "$.created"),
        ("identity", {"created": "2023-02-29T10:00:00.000Z"}, "$.created"),
        ("identity", {"modified": "2024-03-01T10:00:00.000+01:00"}, "$.modified"),
        ("identity", {"id": ref("tool")}, "$.id"),
        ("identity", {"id": "identity--7B9F8F0E-5F6E-4A58-9A3A-3A1B2C3D4E5F"}, "$.id"),
        ("identity", {"id": "identity--7b9f8f0e-5f6e-4a58-ca3a-3a1b2c3d4e5f"}, "$.id"),
        ("identity", {"spec_version": "2.0"}, "$.spec_version"),
        ("identity", {"labels": []}, "$.labels"),
        ("identity", {"labels": [7]}, "$.labels[0]"),
        ("identity", {"confidence": 101}, "$.confidence"),
        ("identity", {"lang": None}, "$.lang"),
        ("identity", {"created_by_ref": ref("tool")}, "$.created_by_ref"),
        ("identity", {"object_marking_refs": [ref("tool")]}, "$.object_marking_refs[0]"),
        ("identity", {"Name2": "x"}, "$.Name2"),
        ("identity", {"x y": 1}, "$['x y']"),
        ("identity", {"external_references": [{"source_name": "x"}]}, "$.external_references[0].description"),
        ("identity", {"external_references": [{"source_name": "x", "url": "no uri"}]}, "$.external_references[0].url"),
        (
            "identity",
            {"external_references": [{"source_name": "cve", "external_id": "24"}]},
            "$.external_references[0].external_id",
        ),
        ("identity", {"extensions": {"x-ext": {"a": 1}}}, "$.extensions['x-ext']"),
        ("identity", {"granular_markings": [{"selectors": ["nom"], "marking_ref": CLEAR}]}, "$.granular_markings"),
        ("identity", {"granular_markings": [{"selectors": ["name"]}]}, "$.granular_markings"),
        ("indicator", {"valid_until": CREATED}, "$.valid_until"),
        ("indicator", {"pattern": "[url:value = 'x'"}, "$.pattern"),
        ("campaign", {"first_seen": CREATED, "last_seen": "2024-01-01T00:00:00Z"}, "$.last_seen"),
        ("location", {"region": ...}, "$.region"),
        ("location", {"latitude": 41.9}, "$.latitude"),
        ("location", {"latitude": 91, "longitude": 0}, "$.latitude"),
        ("malware", {"is_family": True}, "$.name"),
        ("malware-analysis", {"result": ...}, "$.result"),
        ("observed-data", {"number_observed": 0}, "$.number_observed"),
        ("observed-data", {"objects": {"0": {"type": "url"}}}, "$.objects"),
        ("observed-data", {"object_refs": [ref("malware")]}, "$.object_refs[0]"),
        ("observed-data", {"object_refs": [ref("relationship")]}, "$.object_refs"),
        ("opinion", {"opinion": "maybe"}, "$.opinion"),
        ("relationship", {"target_ref": ref("sighting")}, "$.target_ref"),
        ("relationship", {"relationship_type": "Uses it"}, "$.relationship_type"),
        ("relationship", {"start_time": CREATED, "stop_time": CREATED}, "$.stop_time"),
        ("sighting", {"sighting_of_ref": ref("url")}, "$.sighting_of_ref"),
        ("sighting", {"where_sighted_refs": [ref("tool")]}, "$.where_sighted_refs[0]"),
        ("artifact", {"url": "https://x.example/a"}, "$.payload_bin"),
        ("artifact", {"payload_bin": "!"}, "$.payload_bin"),
        ("file", {"name": ...}, "$.hashes"),
        ("file", {"hashes": {"MD5": "abc"}}, "$.hashes"),
        ("file", {"hashes": {"sha256": "a" * 64}}, "$.hashes"),
        ("file", {"extensions": {"ntfs-ext": {"x": 1}}}, "$.extensions['ntfs-ext'].sid"),
        ("ipv4-addr", {"value": "300.1.1.1"}, "$.value"),
        ("mac-addr", {"value": "D2:FB:49:24:37:18"}, "$.value"),
        ("network-traffic", {"src_port": 65536}, "$.src_port"),
        ("network-traffic", {"end": CREATED, "is_active": True}, "$.is_active"),
        ("email-message", {"body_multipart": [{"body": "x"}]}, "$.is_multipart"),
        ("process", {"pid": ...}, "$.extensions"),
        ("url", {"created": CREATED}, "$.created"),
        ("url", {"id": "url--7b9f8f0e-5f6e-5a58-9a3a-3a1b2c3d4e5f"}, "$.id"),
        ("language-content", {"contents": {"x!": {"name": "y"}}}, "$.contents"),
        ("language-content", {"contents": {"sq": {}}}, "$.contents"),
        ("identity", {"lang": "!!"}, "$.lang"),
        ("domain-name", {"value": "two words"}, "$.value"),
        ("domain-name", {"value": "a" * 64 + ".example"}, "$.value"),
        ("url", {"value": "no url"}, "$.value"),
        ("windows-registry-key", {"key": "HKLM\\Software"}, "$.key"),
        ("x509-certificate", {"x509_v3_extensions": {}}, "$.x509_v3_extensions"),
        ("extension-definition", {"version": "one"}, "$.version"),
        ("extension-definition", {"extension_properties": ["a"]}, "$.extension_properties"),
        ("marking-definition", {"definition": ...}, "$.definition"),
        ("x-thing", {"id": ref("x-other")}, "$.id"),
        ("x-thing", {"modified": ...}, "$.created"),
    ],
)
def test_a_broken_rule_is_named_with_its_place(type_: str, changes: dict[str, Any], path: str) -> None:
    assert path in paths(body(type_, **changes))


def test_a_problem_says_where_which_rule_and_what_was_found() -> None:
    raw = body("indicator", valid_until="2020-01-01T00:00:00Z", confidence=-1)
    assert problems(raw) == [
        ("$.confidence", "a number from 0 to 100", "-1"),
        ("$.valid_until", "STIX 2.1 section 4.7: later than valid_from", '"2020-01-01T00:00:00Z"'),
    ]


@pytest.mark.parametrize("moment", ["2016-12-31T23:59:60Z", "2024-02-29T10:00:00.123456789Z", "2000-02-29T00:00:00Z"])
def test_leap_days_leap_seconds_and_long_fractions_are_moments(moment: str) -> None:
    assert read(body("campaign", first_seen=moment)).deviations == ()


@given(st.integers(0, 12), st.integers(0, 12))
def test_versions_order_as_text_whatever_their_precision(more: int, fewer: int) -> None:
    early = read(body("tool", modified=f"2024-03-01T00:00:00.{'1'.ljust(3 + more, '0')}Z")).version
    late = read(body("tool", modified=f"2024-03-01T00:00:00.{'2'.ljust(3 + fewer, '0')}Z")).version
    assert early < late


def test_equal_moments_are_one_version() -> None:
    spellings = ("2024-03-01T00:00:00.100Z", "2024-03-01T00:00:00.1000Z", "2024-03-01T00:00:00.100000000000Z")
    assert len({read(body("tool", modified=one)).version for one in spellings}) == 1


def test_references_are_found_wherever_they_are_and_provenance_is_not_among_them() -> None:
    raw = body(
        "x-thing",
        created_by_ref=ref("identity"),
        object_marking_refs=[CLEAR],
        x_mine_ref=ref("tool"),
        x_no_ref="none",
        x_list_refs=[ref("tool", 1), 7],
        x_deep=[{"inner_ref": ref("tool", 2), "more": [{"object_refs": [ref("tool", 3)]}]}, "text"],
    )
    assert read(raw).references == (
        Reference("x_mine_ref", ref("tool")),
        Reference("x_list_refs", ref("tool", 1)),
        Reference("x_deep.inner_ref", ref("tool", 2)),
        Reference("x_deep.more.object_refs", ref("tool", 3)),
    )


def test_references_within_extensions_and_parts_are_found() -> None:
    raw = body(
        "email-message", is_multipart=True, from_ref=ref("email-addr"), body_multipart=[{"body_raw_ref": ref("file")}]
    )
    assert read(raw).references == (
        Reference("from_ref", ref("email-addr")),
        Reference("body_multipart.body_raw_ref", ref("file")),
    )
    archive = body("file", extensions={"archive-ext": {"contains_refs": [ref("file", 1)]}})
    assert read(archive).references == (Reference("extensions.archive-ext.contains_refs", ref("file", 1)),)


def test_a_deterministic_identifier_matches_its_content() -> None:
    # As python-stix2 computes it; the examples in the standard's text do not follow its own algorithm.
    known = "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"
    assert read(body("ipv4-addr", id=known, value="198.51.100.3")).deviations == ()
    assert paths(body("ipv4-addr", id=known, value="198.51.100.4")) == ["$.id"]


def test_unknown_properties_and_types_are_carried_untouched() -> None:
    raw = body("x-thing", x_text="ë", x_list=[1, {"a": None}])
    record = read(raw)
    assert record.body == raw
    assert isinstance(reading(record), Custom)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"NaN",
        b'{"type": NaN}',
        b'{"type":"tool","x":1e400}',
        b'{"type":"tool","x":' + b"9" * 400 + b"}",
        b'{"type":"tool","x":' + b"9" * 5000 + b"}",
        b'{"type":"tool","x":"\\ud800"}',
        b'{"type":"tool","x":"\\udc00\\ud800"}',
        b'{"type":"tool","x":"\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"type":"tool"',
        b'{"type":"tool"}x',
        b'{"type":"tool","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"type":"tool","x":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
        b'{"type":7}',
        b'{"type":"a"}',
        b'{"type":"Tool"}',
        b'{"type":"bundle","id":"bundle--1"}',
    ],
    ids=range(21),
)
@pytest.mark.parametrize("tolerant", [False, True])
def test_hostile_bytes_are_invalid_and_nothing_else(raw: bytes, tolerant: bool) -> None:
    with pytest.raises(Invalid):
        read(raw, tolerant=tolerant)


@pytest.mark.parametrize(
    "twice",
    [
        b'{"type":"tool",%s,"name":"other"}',
        b'{"type":"tool",%s,"x":{"a":1,"a":2}}',
        b'{"type":"tool",%s,"x":[{"a":1,"b":[{"c":1,"c":1}]}]}',
        # The colon that the repeated name would lack comes back in an escape.
        b'{"type":"tool",%s,"x":1,"x":"\\u003a"}',
        b'{"type":"tool",%s,"x":1,"\\u0078":"\\u003A"}',
    ],
)
def test_a_name_given_twice_is_refused_even_when_disguised(twice: bytes) -> None:
    raw = twice % json.dumps(properties("tool", type=...)).encode()[1:-1]
    assert [rule for _, rule, _ in problems(raw, tolerant=True)] == [
        "RFC 7493 section 2.3: each name once in an object"
    ]


@given(st.binary(max_size=60))
def test_any_bytes_are_a_record_or_invalid(raw: bytes) -> None:
    try:
        found = read(raw, tolerant=True)
    except Invalid:
        return
    assert found.body == raw


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(REQUIRED)), st.data())
def test_any_change_is_read_refused_or_forgiven_with_a_reason(type_: str, data: st.DataObject) -> None:
    names = st.sampled_from(
        [*properties(type_), "object_marking_refs", "granular_markings", "extensions", "external_references",
         "labels", "hashes", "kill_chain_phases", "values", "created_by_ref", "body_multipart", "x_any"]
    )  # fmt: skip
    raw = json.dumps(properties(type_) | data.draw(st.dictionaries(names, _json, max_size=3))).encode()
    try:
        strict = read(raw)
    except Invalid:
        strict = None
    try:
        tolerant = read(raw, tolerant=True)
    except Invalid:
        refused = True
    else:
        refused = False
    if refused:
        assert strict is None
        return
    assert (strict is None) == bool(tolerant.deviations)
    assert reading(tolerant).id == tolerant.head.id
    assert strict is None or strict == tolerant
    msgspec.json.encode(reading(tolerant))
