"""What is well known and benign is stopped: addresses by network, names by what they are under."""

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.cyber.intel.warning_index import INDEX, WarningLists, warning_lists
from egnatia.cyber.intel.warning_list import BUILT_IN, FOLDER, WarningList, lists_in
from egnatia.record import Invalid
from egnatia.record.values import normalised

LISTS = WarningLists()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ipv4-addr:value", "10.1.2.3"),
        ("ipv4-addr:value", "8.8.8.8"),
        ("ipv4-addr:value", "8.8.8.0/24"),
        ("ipv4-addr:value", "0.0.0.0/0"),
        ("ipv6-addr:value", "fe80::1"),
        ("ipv6-addr:value", "2620:00FE::FE"),
        ("domain-name:value", "GOV.ME."),
        ("domain-name:value", "portal.gov.rs"),
        ("domain-name:value", "printer.local"),
        ("domain-name:value", "com.mk"),
        ("domain-name:value", "me"),
        ("domain-name:value", "xn--90a3ac"),
        ("url:value", "https://gov.al/"),
        ("url:value", "http://192.168.1.1/login"),
        ("file:hashes.MD5", "D41D8CD98F00B204E9800998ECF8427E"),
    ],
)
def test_benign_values_are_stopped(kind: str, value: str) -> None:
    assert LISTS.warned(kind, value) is not None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ipv4-addr:value", "8.8.9.8"),
        ("ipv4-addr:value", "198.51.100.7"),
        ("ipv6-addr:value", "2001:db8::1"),
        ("domain-name:value", "notgov.me"),
        ("domain-name:value", "evil.com.mk"),
        ("domain-name:value", "gov.me.evil.example"),
        ("url:value", "https://portal.gov.al/uploads/evil.exe"),
        ("file:hashes.MD5", "0" * 32),
        ("mutex:name", "10.0.0.1 lock"),
    ],
)
def test_others_are_not(kind: str, value: str) -> None:
    assert LISTS.warned(kind, value) is None


def test_what_covers_something_benign_is_stopped_as_well() -> None:
    lists = WarningLists([WarningList(name="x", form="hostname", values=("cdn.partner.example",))])
    stopped = [lists.warned("domain-name:value", name) is not None for name in ("partner.example", "example", "a.b")]
    assert stopped == [True, True, False]
    for near in ("artner.example", "xpartner.example", "dn.partner.example", "partner.example.org"):
        assert lists.warned("domain-name:value", near) is None


def test_a_strict_list_stops_urls_and_mail_addresses_by_their_host() -> None:
    hosts = WarningList(name="x", form="hostname", values=("partner.example",))
    for kind, value in (("url:value", "https://www.partner.example/a"), ("email-addr:value", "who@partner.example")):
        assert WarningLists([hosts], strict=True).warned(kind, value) is not None
        assert WarningLists([hosts]).warned(kind, value) is None


def test_what_is_in_the_data_directory_counts_from_the_next_question_on(tmp_path: Path) -> None:
    assert warning_lists(tmp_path).warned("domain-name:value", "cdn.example") is None
    file = tmp_path / FOLDER / "own" / "list.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"name":"Own","type":"hostname","list":["cdn.example"]}')
    lists = warning_lists(tmp_path)
    found = [lists.warned("domain-name:value", name) for name in ("a.cdn.example", "gov.me", "acdn.example")]
    assert [each.list if each else None for each in found] == ["Own", "Institutions of the region", None]
    file.write_text('{"name":"Own","type":"string","list":["evil.example", "x"]}')
    again = warning_lists(tmp_path)
    assert again.warned("domain-name:value", "a.cdn.example") is None
    assert again.warned("domain-name:value", "EVIL.example") is not None
    file.write_text('{"name":"Own","type":"regex","list":["("]}')
    with pytest.raises(Invalid, match="regular expression"):
        warning_lists(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {FOLDER, INDEX}


def test_a_broken_index_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / FOLDER / "list.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"name":"Own","list":["evil.example"]}')
    (tmp_path / INDEX).write_bytes(b"no index at all" * 100)
    assert warning_lists(tmp_path).warned("domain-name:value", "evil.example") is not None


@given(st.lists(st.text("abc.", min_size=1, max_size=6), max_size=8), st.text("abc.", max_size=12))
def test_parts_are_found_wherever_they_stand(parts: list[str], asked: str) -> None:
    lists = WarningLists([WarningList(name="x", form="substring", values=tuple(parts))])
    expected = any(part.strip().lower() in normalised("mutex:name", asked).lower() for part in parts)
    assert (lists.warned("mutex:name", asked) is not None) == expected


networks = st.builds(
    lambda number, size: ipaddress.ip_network((number, size), strict=False),
    st.integers(0, 2**32 - 1).map(lambda number: number & 0xFFFF0FFF),
    st.integers(8, 32),
)


@given(st.lists(networks, min_size=1, max_size=6), networks)
def test_networks_are_compared_in_both_directions(
    listed: list[ipaddress.IPv4Network], asked: ipaddress.IPv4Network
) -> None:
    lists = WarningLists([WarningList(name="x", form="cidr", values=tuple(map(str, listed)))])
    assert (lists.warned("ipv4-addr:value", str(asked)) is not None) == any(asked.overlaps(each) for each in listed)


def test_the_lists_of_the_misp_project_are_read(tmp_path: Path) -> None:
    for name, text in {
        "a": '{"name":"A","type":"hostname","version":3,"list":[".cdn.example"],"matching_attributes":["domain"]}',
        "b": '{"name":"B","type":"regex","version":1,"list":["/^evil[0-9]+$/i"]}',
        "c": '{"name":"C","type":"substring","version":1,"list":["microsoft"]}',
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "list.json").write_text(text)
    lists = WarningLists([*BUILT_IN, *lists_in(tmp_path)])
    found = [lists.warned("domain-name:value", name) for name in ("x.cdn.example", "EVIL7", "update.microsoft.com")]
    assert [each.list if each else None for each in found] == ["A", "B", "C"]
    (tmp_path / "a" / "list.json").write_text("{}")
    with pytest.raises(Invalid, match=r"list\.json"):
        list(lists_in(tmp_path))
