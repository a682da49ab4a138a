"""The same thing has one value, wherever and however it was written down."""

import ipaddress
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from egnatia.record.record import Value
from egnatia.record.values import LENGTH_LIMIT, guessed, normalised, values_of

SHA256 = "aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f"


def of(type_: str, **properties: Any) -> list[tuple[str, str]]:
    """The values of a record as pairs."""
    return [(value.kind, value.value) for value in values_of(type_, {"type": type_, **properties})]


@pytest.mark.parametrize(
    ("type_", "properties", "expected"),
    [
        ("ipv4-addr", {"value": "198.51.100.0/24"}, [("ipv4-addr:value", "198.51.100.0/24")]),
        ("domain-name", {"value": "Evil.Example."}, [("domain-name:value", "evil.example")]),
        ("autonomous-system", {"number": 15139}, [("autonomous-system:number", "15139")]),
        ("mutex", {"name": "Global\\A"}, [("mutex:name", "Global\\A")]),
        (
            "user-account",
            {"user_id": "1001", "account_login": "jd"},
            [("user-account:user_id", "1001"), ("user-account:account_login", "jd")],
        ),
        ("x509-certificate", {"serial_number": "36:F7:D4"}, [("x509-certificate:serial_number", "36f7d4")]),
        ("windows-registry-key", {"key": "HKLM\\Soft\\"}, [("windows-registry-key:key", "hkey_local_machine\\soft")]),
        (
            "vulnerability",
            {"name": "CVE-2024-1234 in X"},
            [("vulnerability:external_references.external_id", "CVE-2024-1234")],
        ),
        ("x-phone", {"value": "+383 44"}, [("x-phone:value", "+383 44")]),
        ("network-traffic", {"src_port": 5}, []),
        ("identity", {"name": "Somebody"}, []),
        ("campaign", {"name": "CVE-2024-1234"}, []),
    ],
)
def test_each_type_has_its_values(type_: str, properties: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert of(type_, **properties) == expected


def test_hashes_are_values_under_the_name_of_the_vocabulary() -> None:
    hashes = {"sha256": SHA256.upper(), "MD5": "8665C8D477534008B3058B72E2DAE8AE", "SSDEEP": "3:aB:c"}
    assert of("file", name="A.EXE", hashes=hashes) == [
        ("file:name", "a.exe"),
        ("file:hashes.'SHA-256'", SHA256),
        ("file:hashes.MD5", "8665c8d477534008b3058b72e2dae8ae"),
        ("file:hashes.SSDEEP", "3:aB:c"),
    ]


def test_a_vulnerability_is_found_by_the_number_in_its_references() -> None:
    references = [{"source_name": "cve", "external_id": "cve-2021-44228"}, {"source_name": "x"}]
    assert of("vulnerability", name="Log4Shell", external_references=references) == [
        ("vulnerability:external_references.external_id", "CVE-2021-44228")
    ]


def test_observables_inside_an_observed_data_count_as_its_values() -> None:
    objects = {"0": {"type": "ipv4-addr", "value": "198.51.100.3"}, "1": {"type": "file", "name": "a"}, "2": 5}
    assert of("observed-data", objects=objects) == [("ipv4-addr:value", "198.51.100.3"), ("file:name", "a")]


def test_a_pattern_has_the_values_that_an_observable_would_have() -> None:
    pattern = (
        f"[file:hashes.sha256 = '{SHA256.upper()}' OR domain-name:value IN ('A.example', 'b.example.')]"
        " AND [ipv4-addr:value ISSUBSET '10.0.0.0/8' AND file:name NOT = 'x' AND file:size > 5 AND file:size = 7]"
    )
    assert of("indicator", pattern=pattern, pattern_type="stix") == [
        ("file:hashes.'SHA-256'", SHA256),
        ("domain-name:value", "a.example"),
        ("domain-name:value", "b.example"),
        ("ipv4-addr:value", "10.0.0.0/8"),
        ("file:size", "7"),
    ]


def test_a_value_behind_a_reference_is_found_as_itself_too() -> None:
    pattern = "[network-traffic:dst_ref.value = '198.51.100.3' AND email-message:from_ref.value = 'A@b.example']"
    assert of("indicator", pattern=pattern, pattern_type="stix") == [
        ("network-traffic:dst_ref.value", "198.51.100.3"),
        ("ipv4-addr:value", "198.51.100.3"),
        ("email-message:from_ref.value", "A@b.example"),
        ("email-addr:value", "a@b.example"),
    ]


@pytest.mark.parametrize("pattern_type", ["sigma", "yara"])
def test_patterns_of_other_languages_have_no_values(pattern_type: str) -> None:
    assert of("indicator", pattern="[a:b = 'x']", pattern_type=pattern_type) == []


def test_a_wrong_pattern_has_no_values() -> None:
    assert of("indicator", pattern="[a:b = ", pattern_type="stix") == []


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        (
            "domain-name:value",
            ["bücher.example", "BÜCHER.example.", "xn--bcher-kva.example", " Xn--Bcher-Kva.Example "],
        ),
        ("domain-name:value", ["црна.мкд", "Црна.МКД"]),
        ("ipv6-addr:value", ["2001:DB8::1", "2001:db8:0:0:0:0:0:1", "2001:db8::1/128"]),
        ("ipv4-addr:value", ["198.51.100.3", "198.51.100.3/32", " 198.51.100.3"]),
        ("ipv4-addr:value", ["10.1.2.3/8", "10.0.0.0/8"]),
        ("url:value", ["HTTP://Evil.Example:80", "http://evil.example/"]),
        ("url:value", ["https://[2001:DB8::1]:443/A?b#c", "https://[2001:db8::1]/A?b#c"]),
        ("email-addr:value", ["Jane@Bücher.example", "jane@xn--bcher-kva.example"]),
        ("mac-addr:value", ["00-00-5E-00-53-AF", "00:00:5e:00:53:af", "0000.5e00.53af"]),
        ("x509-certificate:serial_number", ["36:F7:D4", "36f7d4", "36 F7 D4"]),
    ],
)
def test_all_spellings_of_a_value_are_one(kind: str, spellings: list[str]) -> None:
    assert len({normalised(kind, spelling) for spelling in spellings}) == 1, [normalised(kind, s) for s in spellings]


def test_the_case_of_a_path_matters() -> None:
    assert normalised("url:value", "http://a.example/A") != normalised("url:value", "http://a.example/a")


KINDS = st.sampled_from(
    [f"{type_}:value" for type_ in ("domain-name", "ipv4-addr", "ipv6-addr", "url", "email-addr", "mac-addr")]
    + ["file:hashes.MD5", "file:name", "windows-registry-key:key", "x509-certificate:serial_number", "mutex:name"]
)
pieces = st.lists(
    st.sampled_from([".", ":", "//", "@", "[", "]", "http", " ", "\\", "%", "ß", "İ", "1", "a", "-", "/", "\u3002"])
)


@given(KINDS, st.text(max_size=100) | pieces.map("".join))
@example("domain-name:value", "a. .")
@example("url:value", "http://a.:80")
@example("file:name", "x" * 5_000)
@example("ipv6-addr:value", "fe80::1%Eth0")
def test_a_normal_form_is_its_own_normal_form(kind: str, value: str) -> None:
    once = normalised(kind, value)
    assert normalised(kind, once) == once
    assert len(once.encode()) <= LENGTH_LIMIT
    assert "\0" not in once


@given(st.ip_addresses())
def test_every_address_has_one_form_and_is_guessed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    kind = f"ipv{address.version}-addr:value"
    exploded = normalised(kind, address.exploded)
    assert exploded == normalised(kind, str(address)) == str(address)
    assert guessed(str(address))[0] == Value(kind, exploded)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("evil.example", "domain-name:value"),
        ("http://evil.example", "url:value"),
        ("a@evil.example", "email-addr:value"),
        ("198.51.100.0/24", "ipv4-addr:value"),
        (SHA256, "file:hashes.'SHA-256'"),
        ("8665c8d477534008b3058b72e2dae8ae", "file:hashes.MD5"),
        ("cve-2024-1234", "vulnerability:external_references.external_id"),
        ("AS15139", "autonomous-system:number"),
        ("00:00:5e:00:53:af", "mac-addr:value"),
        ("HKLM\\Software", "windows-registry-key:key"),
        ("abba", "file:name"),
    ],
)
def test_the_kind_of_a_bare_text_is_guessed(text: str, kind: str) -> None:
    assert guessed(text)[0].kind == kind


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("[a:b = 'x']"),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["value", "hashes", "type", "name"]) | st.text(), inner)
    ),
    max_leaves=10,
)
properties = st.sampled_from(
    ["value", "hashes", "name", "extensions", "objects", "pattern", "external_references", "key"]
)
types = st.sampled_from(
    ["file", "indicator", "observed-data", "vulnerability", "domain-name", "network-traffic", "x-y"]
)


@given(types, st.dictionaries(properties, json_values))
def test_any_decoded_record_has_values_or_none(type_: str, decoded: dict[str, Any]) -> None:
    for value in values_of(type_, decoded):
        assert value.value == normalised(value.kind, value.value)
        json.dumps([value.kind, value.value]).encode()


@given(st.text())
def test_any_text_may_be_looked_up(text: str) -> None:
    assert all(len(value.value.encode()) <= LENGTH_LIMIT for value in guessed(text))
