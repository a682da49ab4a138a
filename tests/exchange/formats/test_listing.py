"""Lists come in by a declared mapping, are shown first, and renew what they still hold."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange import gate

from egnatia.exchange.formats.bringing import Bringing
from egnatia.exchange.formats.conversion import TLP_IDS
from egnatia.exchange.formats.listing import ListMapping, mapping_of, preview, read_list
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.record import Invalid, read

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)

CSV = b"""# a feed
first,ioc,kind,marking,note
2026-10-01 10:00:00,hxxp://evil[.]example/a,url,tlp:green,phishing
2026-10-02 10:00:00,198.51.100[.]7:8080,ip,TLP:RED,c2
,not a digest,sha256,,
,evil.example,domain,Internal only,
"""
TABLE = ListMapping(
    name="feed",
    form="csv",
    heading=True,
    value="ioc",
    kind_column="kind",
    kinds={"ip": "address"},
    since="first",
    tlp_column="marking",
    tlp="clear",
    description="note",
)


def read_all(document: bytes, mapping: ListMapping, now: datetime = NOW) -> list[dict[str, Any]]:
    conversion = read_list(document, mapping, now)
    assert all(not read(body, tolerant=False).deviations for body in conversion.records)
    return [json.loads(body) for body in conversion.records]


def test_a_table_is_read_as_its_mapping_says() -> None:
    url, address, name = read_all(CSV, TABLE)
    assert url["pattern"] == "[url:value = 'http://evil.example/a']"
    assert url["valid_from"] == "2026-10-01T10:00:00Z"
    assert url["valid_until"] == "2026-12-01T12:00:00.000Z"
    assert url["description"] == "phishing"
    assert url["object_marking_refs"] == [TLP_IDS["green"]]
    assert address["pattern"] == "[ipv4-addr:value = '198.51.100.7']"
    assert address["object_marking_refs"] == [TLP_IDS["red"]]
    assert name["object_marking_refs"] == [TLP_IDS["red"]]
    made = read_list(CSV, TABLE, NOW)
    assert [told.path for told in made.remarks] == ["row 5", "row 6"]
    assert [(each.word, each.about) for each in made.strange] == [("Internal only", "evil.example")]
    understood = read_list(CSV, TABLE, NOW, {"internal ONLY": "tlp:amber"})
    assert json.loads(understood.records[2])["object_marking_refs"] == [TLP_IDS["amber"]]
    assert not understood.strange


def test_a_preview_shows_what_comes_of_each_row() -> None:
    shown = preview(CSV, TABLE)
    assert [each.row for each in shown] == [3, 4, 5, 6]
    assert [each.tlp for each in shown] == ["green", "red", "clear", "red"]
    assert [bool(each.problem) for each in shown] == [False, False, True, False]


@pytest.mark.parametrize(
    ("form", "document", "more"),
    [
        ("text", b"\xef\xbb\xbf# hosts\n0.0.0.0 evil.example\nbad[.]example # since May\n\n", {}),
        ("json", b'{"data":{"iocs":[{"v":{"x":"evil.example"}},{"v":{"x":"bad.example"}}]}}',
         {"items": "data.iocs", "value": "v.x"}),
        ("json", b'["evil.example","bad.example"]', {}),
        ("lines", b'{"x":"evil.example"}\n\n{"x":"bad.example"}\n', {"value": "x"}),
        ("rss", b"<rss><item><title>evil.example</title></item><item><title>bad.example</title></item></rss>",
         {"value": "title"}),
        ("rss", b'<feed xmlns="urn:x"><entry><id>evil.example</id></entry><entry><id>bad.example</id></entry></feed>',
         {"value": "id"}),
    ],
)  # fmt: skip
def test_every_form_gives_the_same_indicators(form: Any, document: bytes, more: dict[str, Any]) -> None:
    found = read_all(document, ListMapping(name="x", form=form, **more))
    assert [each["pattern"] for each in found] == [
        "[domain-name:value = 'evil.example']",
        "[domain-name:value = 'bad.example']",
    ]


def test_entities_in_a_feed_are_refused() -> None:
    with pytest.raises(Invalid):
        read_list(b'<!DOCTYPE a [<!ENTITY b "c">]><rss><item/></rss>', ListMapping(name="x", form="rss"), NOW)


@given(st.sampled_from(["csv", "text", "json", "lines", "rss"]), st.binary(max_size=60))
def test_a_hostile_list_is_read_or_refused(form: Any, document: bytes) -> None:
    try:
        found = read_all(document, ListMapping(name="x", form=form))
    except Invalid:
        return
    assert all(each["type"] == "indicator" for each in found)


def test_a_mapping_is_read_from_its_file_and_names_what_is_wrong() -> None:
    made = mapping_of(b'name = "feed"\nform = "text"\nkind = "domain"\n', toml=True)
    assert (made.kind, made.valid_days) == ("domain", 30)
    with pytest.raises(Invalid, match="colour"):
        mapping_of(b'{"name":"feed","form":"text","colour":1}')


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


def bring(node: Node, document: bytes, now: datetime) -> int:
    submitter = Submitter(gate.ME, "test", ALL_RIGHTS)
    bringing = Bringing(
        node.store, node.clearance_of(gate.ME), gate.ME, lambda bodies: node.admission.submit(bodies, submitter)
    )
    mapping = ListMapping(name="x", form="text")
    return bringing.bring([read_list(document, mapping, now)]).added


def test_a_list_renews_what_it_still_holds_when_half_its_time_is_over(node: Node) -> None:
    document = b"evil.example\nbad.example\n"
    assert bring(node, document, NOW) == 2
    assert bring(node, document, NOW + timedelta(days=1)) == 0
    assert bring(node, b"evil.example\n", NOW + timedelta(days=16)) == 1
    assert bring(node, b"evil.example\n", NOW + timedelta(days=17)) == 0


@pytest.mark.parametrize(
    ("cell", "tlp", "strange"),
    [
        ("RED", gate.RED, 0),
        ("Amber + Strict", TLP_IDS["amber+strict"], 0),
        ("tlp:amber", gate.AMBER, 0),
        ("", gate.CLEAR, 0),
        ("Level 3", gate.RED, 1),
        ("rouge", gate.RED, 1),
    ],
)
def test_a_column_of_levels_is_never_passed_over(cell: str, tlp: str, strange: int) -> None:
    mapping = ListMapping(name="x", form="csv", value="1", tlp_column="2", tlp="clear")
    found = read_list(f"evil.example,{cell}\n".encode(), mapping, NOW)
    assert json.loads(found.records[0])["object_marking_refs"] == [tlp]
    assert len(found.strange) == strange


def test_of_several_rows_of_one_value_the_strictest_counts() -> None:
    mapping = ListMapping(name="x", form="csv", value="1", tlp_column="2")
    for rows in (b"evil.example,green\nevil.example,red\n", b"evil.example,red\nevil.example,green\n"):
        (record,) = read_list(rows, mapping, NOW).records
        assert json.loads(record)["object_marking_refs"] == [gate.RED]


@pytest.mark.parametrize(
    "document",
    [
        "домен,опис\nevil.example,Пријава налога\n".encode("cp1251"),
        "домен,опис\nevil.example,Пријава\n".encode("utf-16"),
        "домен,опис\revil.example,Пријава\r".encode(),
    ],
    ids=["Cyrillic of Windows", "UTF-16", "line ends of old machines"],
)
def test_lists_of_older_programs_are_read_with_their_headings(document: bytes) -> None:
    mapping = ListMapping(name="x", form="csv", heading=True, value="домен", description="опис")
    (row,) = read_list(document, mapping, NOW).records
    assert json.loads(row)["description"].startswith("Пријава")


def test_a_list_in_the_latin_script_of_windows_keeps_its_letters() -> None:
    mapping = ListMapping(name="x", form="csv", value="1", description="2")
    (row,) = read_list("evil.example,Lažna pošta iz Đakova\n".encode("cp1250"), mapping, NOW).records
    assert json.loads(row)["description"] == "Lažna pošta iz Đakova"


def test_a_preview_tells_the_label_that_the_source_puts_on_everything() -> None:
    mapping = ListMapping(name="x", form="csv", value="1", tlp_column="2")
    shown = preview(b"one.example,\ntwo.example,red\n", mapping, applied="green")
    assert [each.tlp for each in shown] == ["green", "red"]
