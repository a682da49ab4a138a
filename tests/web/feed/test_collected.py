"""What a person keeps as a search, the programs of their organisation fetch as a TAXII collection; nobody else's do."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec
import pytest
from taxii2client.v21 import Collection, Server, as_pages  # type: ignore[import-untyped]  # it has none
from tests.exchange.served import TAXII
from tests.web.house import House, housed
from tests.web.telling import ALBANIA, GREEN, RED, SERBIA, STRANGER, neighbours, record

from egnatia.exchange import token
from egnatia.exchange.submission import Right
from egnatia.web.account.account import now
from egnatia.web.feed.saved import Saved, Saves
from egnatia.web.permission import Role
from egnatia.web.sieve import Sieve

URL = "/taxii2/exchange/collections/"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node with what two organisations published, and one record that only its own organisation sees."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)
        for number in range(5):
            found.submit(record("report", GREEN, name=f"Напад врз Скопје {number}"), owner=ALBANIA)
        found.submit(record("report", GREEN, name="Something else"), owner=SERBIA)
        found.submit(record("report", RED, name="Skopje, for ourselves"))
        assert found.node.store.indexer.wait_for(found.node.store.position())
        yield found


def token_of(house: House, organisation: str, *rights: Right) -> str:
    minted = token.mint()
    house.node.store.tokens.add(
        token.Token(
            id=minted.id,
            digest=minted.digest,
            organisation=organisation,
            name="a program",
            rights=frozenset(rights or {Right.READ}),
            created=now(),
            expires=now() + 3_600_000_000,
        )
    )
    return minted.text


def keep(house: House, name: str, sieve: Sieve, organisation: str | None = None) -> Saved:
    account = house.account(Role.ANALYST, organisation=organisation)
    saved = Saved(secrets.token_hex(8), account.name, name, sieve, tells=False, opened=0)
    Saves(house.node.store).put(saved)
    return saved


@contextmanager
def program(house: House, organisation: str | None, *rights: Right) -> Iterator[httpx.Client]:
    headers = {"Accept": TAXII}
    if organisation is not None:
        headers["Authorization"] = f"Bearer {token_of(house, organisation, *rights)}"
    with httpx.Client(base_url=house.url, headers=headers, timeout=30) as client:
        yield client


def names(client: httpx.Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    return [each["name"] for each in answer.json().get("objects", [])]


def test_the_client_that_everybody_uses_reads_a_saved_search(house: House) -> None:
    keep(house, "Скопје", Sieve(q="skopje"))
    server = Server(f"{house.url}/taxii2/", user="token", password=token_of(house, house.node.own))
    with server:
        found: Collection = next(each for each in server.default.collections if each.title == "Скопје")
        assert (found.can_read, found.can_write) == (True, False)
        pages = [page["objects"] for page in as_pages(found.get_objects, per_request=4)]
        assert [len(page) for page in pages] == [4, 2]
        assert {each["name"] for page in pages for each in page} == {
            *(f"Напад врз Скопје {number}" for number in range(5)),
            "Skopje, for ourselves",
        }
        entries = found.get_manifest()["objects"]
        assert [each["id"] for each in entries] == [each["id"] for page in pages for each in page]
        entry = entries[0]
        assert found.object_versions(entry["id"])["versions"] == [entry["version"]]
        later = found.get_objects(added_after=entries[2]["date_added"])["objects"]
        assert [each["id"] for each in later] == [each["id"] for each in entries[3:]]
        assert len(found.get_objects(type="indicator").get("objects", [])) == 0
        assert len(found.get_objects(id=entry["id"], version="all")["objects"]) == 1


def test_every_filter_of_a_saved_search_narrows_its_collection(house: House) -> None:
    for sieve, expected in (
        (Sieve(owner=SERBIA), ["Something else"]),
        (Sieve(economy="RS"), ["Something else"]),
        (Sieve(tlp="red"), ["Skopje, for ourselves"]),
        (Sieve(type="indicator"), []),
        (Sieve(economy="XK"), []),
        (Sieve(q="something", type="report", days=1), ["Something else"]),
    ):
        saved = keep(house, "narrow", sieve)
        with program(house, house.node.own) as client:
            assert names(client, f"{URL}saved-{saved.id}/objects/") == expected


def test_another_organisation_finds_no_trace_of_it(house: House) -> None:
    saved = keep(house, "our own question", Sieve(q="skopje"))
    with program(house, house.node.own) as client:
        ours = {each["title"]: each["id"] for each in client.get(URL).json()["collections"]}
    for other in (ALBANIA, STRANGER, None):
        with program(house, other) as client:
            assert "our own question" not in client.get(URL).text
            for name in (f"saved-{saved.id}", ours["our own question"]):
                absent = client.get(f"{URL}saved-0000000000000000/")
                for rest in ("", "objects/", "manifest/"):
                    refused = client.get(f"{URL}{name}/{rest}")
                    assert (refused.status_code, refused.content) == (404, absent.content)


def test_a_reader_of_a_saved_search_sees_only_what_its_organisation_may(house: House) -> None:
    saved = keep(house, "theirs", Sieve(q="skopje"), organisation=ALBANIA)
    with program(house, ALBANIA) as client:
        assert len(names(client, f"{URL}saved-{saved.id}/objects/")) == 5
        hidden = next(row.id for row in house.node.store.search(house.node.clearance_of(house.node.own), "ourselves"))
        assert client.get(f"{URL}saved-{saved.id}/objects/{hidden}/").status_code == 404
    with program(house, ALBANIA, Right.SUBMIT) as client:
        assert client.get(f"{URL}saved-{saved.id}/objects/").status_code == 404


def test_nothing_is_added_to_a_saved_search_nor_deleted_by_way_of_it(house: House) -> None:
    saved = keep(house, "read only", Sieve(q="skopje"))
    with program(house, house.node.own, *Right) as client:
        body = msgspec.json.encode({"objects": [{"type": "report"}]})
        answer = client.post(f"{URL}saved-{saved.id}/objects/", content=body, headers={"Content-Type": TAXII})
        assert answer.status_code == 403
        own = next(row.id for row in house.node.store.search(house.node.clearance_of(house.node.own), "ourselves"))
        assert client.delete(f"{URL}saved-{saved.id}/objects/{own}/").status_code == 403


def test_it_is_gone_when_forgotten_and_when_its_keeper_is_disabled(house: House) -> None:
    saves, first, second = Saves(house.node.store), keep(house, "one", Sieve()), keep(house, "two", Sieve())
    with program(house, house.node.own) as client:
        for each in (first, second):
            assert client.get(f"{URL}saved-{each.id}/").status_code == 200
        saves.remove(first.account, first.id)
        house.door.accounts.change(second.account, lambda each: msgspec.structs.replace(each, disabled=time.time_ns()))
        for each in (first, second):
            assert client.get(f"{URL}saved-{each.id}/").status_code == 404
