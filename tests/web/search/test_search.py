"""The search finds in any script what the reader may see, the exact match first, and says why by marking it."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.house import House, housed
from tests.web.telling import ALBANIA, GREEN, RED, SERBIA, STRANGER, neighbours, record

from egnatia.record.words import query_terms
from egnatia.web.permission import Role
from egnatia.web.search.highlight import Looked

DIGEST = "27f98757a927a057" * 4
MALWARE = "malware--77777777-7777-4777-8777-777777777777"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node whose records are indexed."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)
        found.submit(
            record("report", GREEN, name="Лажне странице из града Скопје", lang="sr"),
            record("indicator", GREEN, name="A sign", pattern="[domain-name:value = 'prijava.example']"),
            record("domain-name", GREEN, value="prijava.example"),
            record("ipv4-addr", GREEN, value="192.0.2.17"),
            record("file", GREEN, hashes={"SHA-256": DIGEST}),
            owner=SERBIA,
        )
        found.submit(
            record("vulnerability", GREEN, name="CVE-2026-12345"),
            record("malware", GREEN, name="Gërvishtja", id=MALWARE),
            record("tool", GREEN, name="long", description=f"{'padding ' * 90} needle {'more ' * 50}"),
            owner=ALBANIA,
        )
        found.submit(record("report", RED, name="Скопје за нас"))
        assert found.node.store.indexer.wait_for(found.node.store.position())
        yield found


def titles(page: str) -> list[str]:
    return [re.sub("<[^>]*>", "", unescape(each)) for each in re.findall(r"data-open>(.*?)</a>", page)]


def asked(house: House, q: str, *, organisation: str | None = None, **more: str) -> str:
    with house.visitor(Role.ANALYST, organisation=organisation) as visitor:
        answer = visitor.get("/search", params={"q": q, **more})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("words", ["skopje", "СКОПЈЕ", "Skopj*", '"grada skopje"'])
def test_every_script_finds_the_same_and_is_marked(house: House, words: str) -> None:
    page = asked(house, words)
    assert "Лажне странице из града Скопје" in titles(page)
    assert "<mark>Скопје</mark>" in page
    assert 'lang="sr"' in page


def test_nobody_finds_or_is_offered_what_they_may_not_see(house: House) -> None:
    assert "Скопје за нас" in titles(asked(house, "skopje"))
    page = asked(house, "skopje", organisation=STRANGER)
    assert titles(page) == []
    assert "Nothing that you may see matches" in page
    with house.visitor(Role.READER, organisation=STRANGER) as visitor:
        assert visitor.get("/search/suggest?q=skop").json() == []
    with house.visitor(Role.READER) as visitor:
        assert len(visitor.get("/search/suggest?q=skop").json()) == 2
        assert visitor.get("/search/suggest?q=s").json() == []
        assert visitor.get("/search/suggest?q=%00%00%00").json() == []


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("192.0.2.17", "192[.]0[.]2[.]17"),
        ("192[.]0[.]2[.]17", "192[.]0[.]2[.]17"),
        ("  PRIJAVA[.]example ", "prijava[.]example"),
        (DIGEST.upper(), DIGEST),
        ("cve-2026-12345", "CVE-2026-12345"),
        (MALWARE, "Gërvishtja"),
    ],
)
def test_a_value_or_an_id_comes_first_however_it_is_written(house: House, written: str, first: str) -> None:
    page = asked(house, written)
    assert "Exactly this" in page
    assert first in titles(page)[:2]


def test_an_indicator_is_found_by_the_value_in_its_pattern(house: House) -> None:
    assert "A sign" in titles(asked(house, "hxxp://prijava[.]example".removeprefix("hxxp://")))


def test_facets_narrow_and_can_be_taken_away(house: House) -> None:
    page = asked(house, "example")
    assert "Narrow" in page
    narrowed = asked(house, "example", type="indicator")
    assert titles(narrowed) == ["A sign"]
    assert 'href="/search?q=example"' in narrowed


def test_the_place_of_a_match_far_down_is_shown(house: House) -> None:
    page = asked(house, "needle")
    assert "<mark>needle</mark>" in page
    assert "…" in page


def test_newest_first_goes_on_from_page_to_page(house: House) -> None:
    house.submit(*(record("campaign", GREEN, name=f"Repetition {n}") for n in range(120)))
    assert house.node.store.indexer.wait_for(house.node.store.position())
    found, at = [], "/search?q=repetition&newest=true"
    with house.visitor(Role.READER) as visitor:
        while at:
            page = visitor.get(at).text
            found += titles(page)
            older = re.search(r'rel="next" href="([^"]*)"', page)
            at = unescape(older[1]) if older else ""
    assert found == [f"Repetition {n}" for n in reversed(range(120))]


@pytest.mark.parametrize("q", ["<script>alert(1)</script>", '"', "*", "OR AND NOT ( NEAR", "'; DROP x", "a" * 400])
def test_whatever_is_asked_stays_text(house: House, q: str) -> None:
    assert "<script>alert" not in asked(house, q)


@pytest.mark.parametrize("q", ["a" * 401, "\0"])
def test_what_cannot_be_asked_is_refused_in_words(house: House, q: str) -> None:
    with house.visitor(Role.READER) as visitor:
        assert visitor.get("/search", params={"q": q}).status_code == 400


@given(st.text(max_size=60).filter(lambda text: "&" not in text), st.text(max_size=60))
def test_marking_changes_nothing_but_the_marks(text: str, query: str) -> None:
    marked = str(Looked(query_terms(query)).marked(text))
    assert unescape(marked.replace("<mark>", "").replace("</mark>", "")) == text
