"""The feed shows a reader what it may see, narrowed as asked, page by page, and keeps searches by name."""

import re
from collections.abc import Iterator
from html import unescape

import msgspec
import pytest
from tests.exchange.gate import audience
from tests.web.house import House, csrf_of, housed
from tests.web.telling import ALBANIA, GREEN, RED, SERBIA, STRANGER, neighbours, record

from egnatia.web.feed.page import PAGE
from egnatia.web.permission import Role


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node that holds what three organisations published."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)
        found.submit(record("report", GREEN, name="Green report of Albania"), owner=ALBANIA)
        found.submit(record("indicator", GREEN, name="Green sign of Serbia"), owner=SERBIA)
        found.submit(record("report", RED, name="Red report of our own"))
        found.submit(record("domain-name", GREEN, value="x.example"), owner=SERBIA)
        yield found


def titles(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r"data-open>([^<]*)</a>", page)]


def test_a_reader_sees_what_it_may_see_newest_first(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        assert titles(visitor.get("/feed").text)[:3] == [
            "Red report of our own",
            "Green sign of Serbia",
            "Green report of Albania",
        ]
    with house.visitor(Role.READER, organisation=STRANGER) as visitor:
        page = visitor.get("/feed").text
        assert "Green" not in page
        assert "Red report" not in page
    with house.visitor() as visitor:
        assert "Red report" not in visitor.get("/feed").text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("type=indicator", ["Green sign of Serbia"]),
        ("tlp=red", ["Red report of our own"]),
        ("economy=AL", ["Green report of Albania"]),
        (f"owner={SERBIA}", ["Green sign of Serbia"]),
        (f"owner={SERBIA}&economy=AL", []),
        (f"owner={SERBIA}&all=true", ["x[.]example", "Green sign of Serbia"]),
        ("type=report&days=1", ["Red report of our own", "Green report of Albania"]),
        ("type=campaign", []),
    ],
)
def test_every_filter_narrows(house: House, asked: str, found: list[str]) -> None:
    with house.visitor(Role.READER) as visitor:
        page = visitor.get(f"/feed?{asked}")
    assert page.status_code == 200
    assert titles(page.text) == found
    assert bool(found) or "Nothing passes these filters" in page.text


@pytest.mark.parametrize("asked", ["tlp=purple", "days=3", "type=%00", "owner=<script>", "before=nonsense"])
def test_what_is_no_filter_is_refused_in_words(house: House, asked: str) -> None:
    with house.visitor(Role.READER) as visitor:
        answer = visitor.get(f"/feed?{asked}")
    assert answer.status_code == 400
    assert "<script>" not in answer.text.partition("<main")[2]


def test_older_pages_follow_without_gap_or_repetition(house: House) -> None:
    house.submit(*(record("campaign", GREEN, name=f"Campaign {n}") for n in range(2 * PAGE + 5)))
    with house.visitor(Role.READER) as visitor:
        found, at = [], "/feed?type=campaign"
        while at:
            page = visitor.get(at).text
            found += titles(page)
            older = re.search(r'rel="next" href="([^"]*)"', page)
            at = unescape(older[1]) if older else ""
            assert ("To the newest" in page) == (len(found) > PAGE)
    assert found == [f"Campaign {n}" for n in reversed(range(2 * PAGE + 5))]


def test_a_search_is_kept_by_name_tells_what_is_new_and_is_forgotten(house: House) -> None:
    with house.visitor(Role.ANALYST) as visitor, house.visitor(Role.ANALYST) as other:
        csrf = csrf_of(visitor.get("/feed?type=tool").text)
        form = {"csrf": csrf, "name": "Алатке <b>", "sieve": '{"type":"tool"}', "tells": "true"}
        assert visitor.post("/saved", data=form).headers["location"] == "/feed?type=tool"
        house.submit(record("tool", GREEN, name="A new tool"), owner=SERBIA)
        page = visitor.get("/feed").text
        assert "Алатке &lt;b&gt;" in page
        assert "1 new" in page
        assert "Алатке" in visitor.get("/").text
        assert "Алатке" not in other.get("/feed").text
        kept = re.search(r'href="(/saved/[a-z0-9]+)"', page)
        assert kept
        assert other.get(kept[1]).status_code == 404
        assert visitor.get(kept[1]).headers["location"] == "/feed?type=tool"
        assert "1 new" not in visitor.get("/feed").text
        gone = visitor.post("/saved/forget", data={"csrf": csrf, "id": kept[1].rpartition("/")[2]})
        assert gone.status_code == 303
        assert visitor.get(kept[1]).status_code == 404


@pytest.mark.parametrize("sieve", ["{", '{"tlp":"purple"}', "[]"])
def test_a_forged_search_is_not_kept(house: House, sieve: str) -> None:
    with house.visitor(Role.ANALYST) as visitor:
        csrf = csrf_of(visitor.get("/feed").text)
        assert visitor.post("/saved", data={"csrf": csrf, "name": "x", "sieve": sieve}).status_code == 400


def test_a_reader_keeps_no_searches(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        page = visitor.get("/feed").text
        assert "Keep this search as" not in page
        assert visitor.post("/saved", data={"csrf": csrf_of(page), "name": "x"}).status_code == 403


def test_what_a_page_showed_of_another_is_noted_before_it_leaves(house: House) -> None:
    named = {**audience(house.node.own), "created_by_ref": SERBIA}
    house.submit(msgspec.json.encode(named), owner=SERBIA)
    secret = record("report", RED, name="Red report of Serbia", object_marking_refs=[RED, named["id"]])
    house.submit(secret, owner=SERBIA)
    with house.visitor(Role.READER) as visitor:
        assert "Red report of Serbia" in visitor.get("/feed").text
    rows = list(house.node.store.audit_rows())
    assert any((row.action, row.subject) == ("release", "page") for row in rows[-3:]), rows[-3:]
