"""Pages go compressed to whom nobody can have made ask, and their secret looks different each time."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.house import House, csrf_of, housed

from egnatia.exchange.asgi import takes_gzip
from egnatia.web.asset import PAGE_SHEET, PRINT_SHEET, SHEETS, asset, script, settled, sheet, slim
from egnatia.web.packing import masked, unmasked
from egnatia.web.permission import Role


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    with housed(folder) as made:
        yield made


def coding(client: httpx.Client, path: str, **headers: str) -> str:
    """How the answer is coded."""
    answer = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return str(answer.headers.get("content-encoding", ""))


def test_a_page_that_the_reader_asked_for_is_compressed(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        assert coding(visitor, "/feed", sec_fetch_site="none") == "gzip"
        assert coding(visitor, "/feed", sec_fetch_site="same-origin") == "gzip"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "evil"])
def test_a_page_that_another_site_may_have_asked_for_keeps_its_length(house: House, site: str) -> None:
    with house.visitor(Role.READER) as visitor:
        assert coding(visitor, "/search?q=guess", sec_fetch_site=site) == ""


def test_who_cannot_read_gzip_is_not_given_it(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        assert coding(visitor, "/feed", sec_fetch_site="none", accept_encoding="gzip;q=0, br") == ""
        assert coding(visitor, sheet(*PAGE_SHEET), accept_encoding="identity") == ""
    assert takes_gzip({"accept-encoding": "br, gzip;q=0.5"})


def test_the_secret_of_forms_looks_different_in_each_answer_and_is_accepted(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        first, second = (csrf_of(visitor.get("/feed").text) for _ in range(2))
        assert first != second
        assert unmasked(first) == unmasked(second)
        for secret in (first, second):
            answer = visitor.post("/choose", data={"language": "mk", "csrf": secret})
            assert answer.status_code == 303


@given(st.binary(min_size=1, max_size=64))
def test_what_is_masked_can_be_unmasked(secret: bytes) -> None:
    assert unmasked(masked(secret.hex())) == secret.hex()


@pytest.mark.parametrize("written", ["", "x", "forged", "é", "====", "AAA", "a" * 43, "\x00"])
def test_what_was_not_masked_is_no_secret_of_ours(house: House, written: str) -> None:
    with house.visitor(Role.READER) as visitor:
        assert visitor.post("/choose", data={"language": "mk", "csrf": written}).status_code == 403


def test_a_page_has_one_sheet_and_that_of_paper_below_its_title(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        page = visitor.get("/feed").text
    head, _, body = page.partition("</head>")
    assert head.count('rel="stylesheet"') == 1
    before, link, after = body.partition(f'<link rel="stylesheet" href="{sheet(*PRINT_SHEET)}">')
    assert "</header>" in before
    assert link
    assert "</li>" not in before.partition("<main")[2]
    assert "</li>" in after
    assert page.count('rel="stylesheet"') == 2


def test_a_browser_keeps_the_sheet_of_pages(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        page = visitor.get("/feed").text
        assert re.findall(r'rel="stylesheet" href="([^"]+)"', page)[0] == sheet(*PAGE_SHEET)
        answer = visitor.get(sheet(*PAGE_SHEET))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == asset(sheet(*PAGE_SHEET).rpartition("/")[2]).content
    assert len(asset(sheet(*PAGE_SHEET).rpartition("/")[2]).packed) < 15_000


def test_a_sheet_loses_its_comments_and_nothing_that_counts() -> None:
    assert slim('a { content: "x;  } y" ; color : red; }\n/* why */\nb > c , d + e { margin: calc(1px + 2px) }') == (
        'a{content: "x;  } y";color : red}b > c,d + e{margin: calc(1px + 2px)}'
    )


def test_values_with_a_name_stand_where_they_are_used() -> None:
    given = ":root{color-scheme: light;--a: 1px;--b: var(--a) solid;--c: red}p{border: var(--b);color: var(--c)}"
    assert settled(given) == ":root{color-scheme: light;}p{border: 1px solid;color: red}"


def test_a_value_that_differs_by_place_keeps_its_name() -> None:
    given = ":root{--a: 1px}.wide{--a: 2px;--d: 3px}p{margin: var(--a);padding: var(--d,var(--a))}"
    assert settled(given) == given


@pytest.mark.parametrize("names", SHEETS)
def test_no_sheet_asks_for_a_value_that_it_does_not_give(names: tuple[str, ...]) -> None:
    content = asset(sheet(*names).rpartition("/")[2]).content.decode()
    given = set(re.findall(r"(--[\w-]+):", content))
    assert set(re.findall(r"var\((--[\w-]+)", content)) <= given


def test_a_page_loads_one_module_which_a_browser_keeps(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        page = visitor.get("/feed").text
        assert re.findall(r'<script type="module" src="([^"]+)"', page) == [script("live.js")]
        assert page.count("<script") == 1
        answer = visitor.get(script("live.js"))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "EventSource" in answer.text
    assert "shortcuts" in answer.text


def test_a_pages_own_module_sees_no_name_of_the_shells() -> None:
    content = asset(script("live.js").rpartition("/")[2]).content.decode()
    assert content.startswith("{const dialog")
    assert content.count("\n}\n{") == 1
    assert "\n//" not in content
    assert script("") == script("shell.js") != script("live.js")
