"""The graph explorer: every step is a link, a stand is an address, and nobody sees more than they may."""

import html
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from tests.web.house import House, housed
from tests.web.telling import ALBANIA, GREEN, RED, neighbours, record

from egnatia.exchange.formats.conversion import instant
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
    ask(house, "/intel/graph/bundle.json", 404)
