"""The graph explorer: every step is a link, a stand is an address, and nobody sees more than they may."""

import csv
import html
import io
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import msgspec
import pytest
from PIL import Image
from tests.web.house import House, housed
from tests.web.telling import ALBANIA, GREEN, RED, neighbours, record

from egnatia.exchange.formats.conversion import instant
from egnatia.web.intel.canvas import Box, Canvas, Line
from egnatia.web.intel.painting import PIXELS, painted
from egnatia.web.permission import Role

ACTOR = "intrusion-set--11111111-1111-4111-8111-111111111111"
USED = "malware--22222222-2222-4222-8222-222222222222"
SECRET = "malware--33333333-3333-4333-8333-333333333333"
FAR = "tool--44444444-4444-4444-8444-444444444444"
NOW = instant(time.time() - 60)


def link(source: str, target: str, marking: str = GREEN) -> bytes:
    return record("relationship", marking, relationship_type="uses", source_ref=source, target_ref=target, modified=NOW)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)
        found.submit(
            record("intrusion-set", GREEN, id=ACTOR, name="Grey <b>Marten</b>", first_seen="2026-01-05T00:00:00Z"),
            record("malware", GREEN, id=USED, name="Лимес backdoor"),
            record("malware", RED, id=SECRET, name="A secret means"),
            record("tool", GREEN, id=FAR, name="A far tool"),
        )
        found.submit(link(ACTOR, USED), link(ACTOR, SECRET, RED), link(USED, FAR))
        assert found.node.store.indexer.wait_for(found.node.store.position())
        yield found


def ask(house: House, path: str, status: int = 200, organisation: str | None = None) -> str:
    with house.visitor(Role.ANALYST, organisation=organisation) as visitor:
        answer = visitor.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def test_one_begins_with_what_is_there_or_at_what_one_names(house: House) -> None:
    begun = ask(house, "/intel/graph")
    assert "Grey &lt;b&gt;Marten&lt;/b&gt;" in begun
    assert f"at={ACTOR}" in html.unescape(begun)
    assert f"at={USED}" in html.unescape(ask(house, f"/intel/graph?q={quote('лимес')}"))
    assert "Nothing that you may see is called so" in ask(house, "/intel/graph?q=secret", organisation=ALBANIA)


def test_a_step_is_a_link_and_what_is_hidden_is_in_no_part_of_the_page(house: House) -> None:
    page = ask(house, f"/intel/graph?at={ACTOR}", organisation=ALBANIA)
    assert "Лимес" not in page
    [step] = re.findall(r'<a href="([^"]+)" data-step data-node', page)
    opened = ask(house, html.unescape(step), organisation=ALBANIA)
    assert "Лимес backdoor" in opened
    assert "A secret means" not in opened
    assert SECRET not in opened
    assert re.search(r'uses · Malware</a> <span class="count">1<', opened)
    mine = ask(house, html.unescape(step))
    assert re.search(r'uses · Malware</a> <span class="count">2<', mine)
    for path in (SECRET, "malware--00000000-0000-4000-8000-000000000000"):
        ask(house, f"/intel/graph?at={path}", 404, ALBANIA)


def test_the_way_between_two_is_drawn_and_looked_for_by_words(house: House) -> None:
    assert "on-way" in ask(house, f"/intel/graph?at={ACTOR}&to={FAR}")
    assert "on-way" in ask(house, f"/intel/graph?at={ACTOR}&way={FAR}")
    offered = html.unescape(ask(house, f"/intel/graph?at={ACTOR}&way=far+tool"))
    assert f"to={FAR}" in offered
    assert "There is no way between the two" in ask(house, f"/intel/graph?at={ACTOR}&to={SECRET}", 200, ALBANIA)


def test_a_group_is_listed_and_filters_narrow_it(house: House) -> None:
    listed = ask(house, f"/intel/graph?at={ACTOR}&open={ACTOR}&look={ACTOR}&group=uses%3Emalware")
    assert 'id="listed"' in listed
    assert "is in the picture" in listed
    assert "Лимес backdoor" not in ask(house, f"/intel/graph?at={ACTOR}&open={ACTOR}&type=tool")
    assert "Лимес backdoor" in ask(house, f"/intel/graph?at={ACTOR}&open={ACTOR}&verb=uses&since=2026-01-01")


@pytest.mark.parametrize(
    "hostile",
    [
        '&open=<script>alert(1)</script>&type="><script>',
        "&look=x&group=%22%3E%3Cscript%3E&page=99999999999",
        "&since=1e9&until=' OR 1=1&to=nothing&page=-1",
        f"&open={ACTOR}&look={ACTOR}&group=<script>",
    ],
)
def test_hostile_addresses_are_taken_as_nothing(house: House, hostile: str) -> None:
    page = ask(house, f"/intel/graph?at={ACTOR}{hostile}")
    assert "<script>" not in page


def test_what_is_shown_is_exported_as_stored_for_this_reader_alone(house: House) -> None:
    for organisation, secret in ((None, True), (ALBANIA, False)):
        with house.visitor(Role.ANALYST, organisation=organisation) as visitor:
            bundle = visitor.get(f"/intel/graph/bundle.json?at={ACTOR}&open={ACTOR}")
            picture = visitor.get(f"/intel/graph/picture.svg?at={ACTOR}&open={ACTOR}")
        found: dict[str, Any] = msgspec.json.decode(bundle.content)
        held = {each["id"] for each in found["objects"]}
        assert {ACTOR, USED} <= held
        assert (SECRET in held) is secret
        assert [each["type"] for each in found["objects"]].count("relationship") == (2 if secret else 1)
        assert picture.headers["content-type"].startswith("image/svg+xml")
        assert ("A secret means" in picture.text) is secret
        assert "<b>" not in picture.text
    ask(house, f"/intel/graph/bundle.json?at={SECRET}", 404, ALBANIA)
    for name in ("picture.png", "graph.graphml", "ties.csv"):
        ask(house, f"/intel/graph/{name}?at={SECRET}", 404, ALBANIA)
    ask(house, f"/intel/graph/graph.exe?at={ACTOR}", 404)
    ask(house, "/intel/graph/bundle.json", 404)


def test_other_programs_take_what_is_in_the_picture_and_no_more(house: House) -> None:
    stand = f"at={ACTOR}&open={ACTOR}"
    for organisation, secret in ((None, True), (ALBANIA, False)):
        with house.visitor(Role.ANALYST, organisation=organisation) as visitor:
            told, ties = (visitor.get(f"/intel/graph/{name}?{stand}") for name in ("graph.graphml", "ties.csv"))
            drawn = visitor.get(f"/intel/graph/picture.png?{stand}")
        tree = ElementTree.fromstring(told.content)  # noqa: S314  our own
        space = "{http://graphml.graphdrawing.org/xmlns}"
        nodes = {each.get("id") for each in tree.iter(f"{space}node")}
        edges = [(each.get("source"), each.get("target")) for each in tree.iter(f"{space}edge")]
        assert (SECRET in nodes) is secret
        assert (ACTOR, USED) in edges
        assert all(end in nodes for edge in edges for end in edge)
        assert "Grey <b>Marten</b>" in {each.text for each in tree.iter(f"{space}data")}
        rows = list(csv.DictReader(io.StringIO(ties.text)))
        assert {(row["source id"], row["target id"]) for row in rows} == set(edges)
        assert ("A secret means" in ties.text + told.text) is secret
        image = Image.open(io.BytesIO(drawn.content))
        assert (image.format, drawn.headers["content-type"]) == ("PNG", "image/png")
        assert image.width > 500
        assert len(image.getcolors(1 << 20) or ()) > 10, "there is something on it"


def test_a_picture_of_any_size_and_in_any_script_stays_within_its_pixels() -> None:
    box = Box(id="a", x=0, y=0, label="\u041f\n\u0158 \u6f22", name="", title="", kind="", family="actor",
              tlp="clear", href="", is_open=False, start=True, on_way=False)  # fmt: skip
    line = Line("M0 0C10 0 10 200000 20 200000", "", on_way=True)
    canvas = Canvas(width=4_000, height=200_000, boxes=(box,), captions=(), mores=(), lines=(line,))
    image = Image.open(io.BytesIO(painted(canvas, "told")))
    assert image.width * image.height <= PIXELS
