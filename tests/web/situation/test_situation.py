"""The situation counts what the reader may see, by economy, type and handling, and says what waits for them."""

import re
from collections.abc import Iterator

import pytest
from tests.web.house import House, housed
from tests.web.telling import ALBANIA, CLEAR, GREEN, RED, SERBIA, STRANGER, neighbours, record

from egnatia.policy.label import Tlp
from egnatia.store.tally import HOUR, Pile, Tallied
from egnatia.web.permission import Role
from egnatia.web.situation.figures import SPANS, figures
from egnatia.web.situation.picture import PLACES, ROAD

BANK = "identity--55555555-5555-4555-8555-555555555555"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node with records of two neighbours and its own."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)
        found.submit(*(record("report", GREEN, name=f"Report {n}") for n in range(3)), owner=ALBANIA)
        victim = record("identity", GREEN, name="A bank", sectors=["financial-services"], id=BANK)
        sighting = record("sighting", GREEN, sighting_of_ref=f"malware--{BANK[10:]}", where_sighted_refs=[BANK])
        found.submit(victim, sighting, owner=SERBIA)
        found.submit(record("report", CLEAR, name="Ours for everyone"))
        found.submit(record("report", RED, name="Ours alone"))
        yield found


def counted(page: str) -> dict[str, int]:
    rows = re.findall(r'<a href="/feed\?economy=(\w+)[^"]*">[^<]*</a></th><td class="number">([\d,]+)', page)
    return {code: int(count) for code, count in rows}


def test_every_economy_has_its_number(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        page = visitor.get("/").text
    # The node's own identity is among its economy's.
    assert counted(page) == {"AL": 3, "BA": 0, "XK": 0, "ME": 3, "MK": 0, "RS": 2, "regional": 0}
    assert "Kosovo*" in page
    assert "Financial services" in page


def test_nobody_learns_the_number_of_what_they_may_not_see(house: House) -> None:
    with house.visitor(Role.READER, organisation=STRANGER) as visitor:
        page = visitor.get("/").text
    assert counted(page) == {"AL": 0, "BA": 0, "XK": 0, "ME": 2, "MK": 0, "RS": 0, "regional": 0}
    assert "Financial services" not in page
    assert "Ours alone" not in page


def test_a_node_without_records_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        housed(tmp_path_factory.mktemp("empty")) as empty,
        empty.visitor(Role.READER, organisation=STRANGER) as visitor,
    ):
        for span in ("day", "week", "month"):
            page = visitor.get(f"/?span={span}")
            assert page.status_code == 200
        assert visitor.get("/?span=year").status_code == 400


def test_peers_are_shown_to_those_who_may_see_them(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        assert "/peers" not in visitor.get("/").text


def test_figures_fall_into_their_steps_and_the_time_before() -> None:
    now = 1_000 * HOUR + HOUR // 2
    hours = {1_000: 5, 977: 1, 976: 2, 953: 3, 952: 7}
    tallied = Tallied((Pile("report", ALBANIA, Tlp.GREEN, hours), Pile("url", ALBANIA, Tlp.GREEN, {1_000: 9})), 0)
    found = figures(tallied, SPANS["day"], now, {})
    assert (found.total, found.before, found.minor) == (6, 5, 9)
    assert found.steps[0] == 1
    assert found.steps[-1] == 5
    assert found.kinds == (("report", 6, found.steps),)
    assert found.economies == {"other": 6}
    assert figures(Tallied((), 990 * HOUR), SPANS["day"], now, {}).before is None


def test_the_picture_has_a_place_for_everyone_on_the_road() -> None:
    assert {*ROAD, "regional"} == set(PLACES)
