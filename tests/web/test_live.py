"""A page hears of what its reader may see, as long as the session lasts, and a lost connection goes on where it was."""

from collections.abc import Iterator

import httpx
import pytest
from tests.web.house import House, housed
from tests.web.telling import GREEN, RED, SERBIA, STRANGER, neighbours, record

from egnatia.web.permission import Role


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node that asks every half second whether who listens may stay."""
    with housed(tmp_path_factory.mktemp("house"), beat_seconds=0.5) as found:
        neighbours(found)
        yield found


def stream_of(client: httpx.Client, path: str = "/feed") -> str:
    """Where the page hears of news."""
    found = client.get(path).text.partition('data-stream="')[2].partition('"')[0]
    assert found
    return found.replace("&amp;", "&")


def lines_until(answer: httpx.Response, wanted: str) -> list[str]:
    """What is heard, up to the first line with this in it."""
    heard = []
    for line in answer.iter_lines():
        heard.append(line)
        if wanted in line:
            break
    return heard


def test_a_page_hears_what_its_reader_may_see_and_nothing_else(house: House) -> None:
    with house.visitor(Role.READER, organisation=SERBIA) as visitor:
        where = stream_of(visitor)
        house.submit(record("report", RED, name="Not for Serbia"))
        house.submit(record("domain-name", GREEN, value="not-in-this-list.example"))
        house.submit(record("report", GREEN, name="For Serbia"))
        with visitor.stream("GET", where) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            heard = "\n".join(lines_until(answer, "For Serbia"))
    assert "Not for Serbia" not in heard
    assert "not-in-this-list" not in heard


def test_who_lost_the_connection_goes_on_where_it_was(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        where = stream_of(visitor)
        house.submit(record("report", GREEN, name="The first"))
        with visitor.stream("GET", where) as answer:
            heard = lines_until(answer, "The first")
        mark = next(line.removeprefix("id: ") for line in reversed(heard) if line.startswith("id: "))
        house.submit(record("report", GREEN, name="The second"))
        with visitor.stream("GET", where, headers={"last-event-id": mark}) as answer:
            again = "\n".join(lines_until(answer, "The second"))
    assert "The first" not in again


def test_a_page_stops_hearing_when_the_session_ends(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        where = stream_of(visitor)
        with visitor.stream("GET", where) as answer:
            name = house.door.sessions.find(visitor.cookies[house.cookie])
            assert name is not None
            house.door.sessions.end(name[0])
            heard = lines_until(answer, "event: end")
        assert heard[-1] == "event: end"
        assert visitor.get(where).status_code == 204, "the browser is told to ask no more"


def test_the_public_hears_the_publics_feed_only(house: House) -> None:
    with house.visitor() as visitor:
        assert "of=public" in stream_of(visitor)
    with house.visitor(Role.READER, organisation=STRANGER) as visitor:
        where = stream_of(visitor)
    with house.visitor() as visitor:
        assert visitor.get(where).status_code == 204


@pytest.mark.parametrize("where", ["/live", "/live?after=nonsense", "/live?after=&tlp=purple"])
def test_what_is_no_place_in_the_feed_is_refused(house: House, where: str) -> None:
    with house.visitor() as visitor:
        assert visitor.get(where).status_code == 400
