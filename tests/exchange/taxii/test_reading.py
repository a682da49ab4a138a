"""Reading through TAXII: whole requests in, whole answers out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.exchange.served import MEMBER, OWN, PARTNER, STRANGER, TAXII, Served, indicator, served

from egnatia.record.marking import TLP2_IDS
from egnatia.settings.declared import Limits

ROOT = "/taxii2/exchange/"
MARKING: dict[str, str] = {name: marking for marking, name in TLP2_IDS.items()}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Ten clear indicators, two of them in two versions, and one each of the other TLPs, all of Own."""
    with served(tmp_path_factory.mktemp("reading")) as running:
        for number in range(10):
            running.node.submit(indicator(number), applied=[MARKING["clear"]])
        for number in (3, 7):
            newer = indicator(number, modified="2026-02-01T00:00:00.000Z", name="Newer")
            running.node.submit(newer, applied=[MARKING["clear"]])
        for number, tlp in enumerate(("green", "amber", "amber+strict", "red"), start=20):
            running.node.submit(indicator(number), applied=[MARKING[tlp]])
        yield running


def objects(client: httpx.Client, collection: str = "all", **parameters: str) -> list[dict[str, Any]]:
    """Every object of a collection, following `next`."""
    found: list[dict[str, Any]] = []
    following: dict[str, str] = {}
    while True:
        answer = client.get(f"{ROOT}collections/{collection}/objects/", params={**parameters, **following})
        assert answer.status_code == 200, answer.text
        envelope = answer.json()
        found += envelope.get("objects", [])
        if not envelope.get("more"):
            return found
        following = {"next": envelope["next"]}


def numbers(found: list[dict[str, Any]]) -> list[int]:
    """The numbers of the indicators, in their order."""
    return [int(each["id"][-12:], 16) for each in found]


def test_discovery_leads_to_the_objects(exchange: Served) -> None:
    with exchange.client() as client:
        discovery = client.get("/taxii2/").json()
        root = client.get(discovery["default"]).json()
        assert root["versions"] == [TAXII]
        assert root["max_content_length"] > 0
        collections = client.get(discovery["default"] + "collections/").json()["collections"]
        assert len({each["id"] for each in collections}) == len(collections)
        everything = next(each for each in collections if each["alias"] == "all")
        assert everything["can_read"]
        assert everything["can_write"]
        assert client.get(f"{ROOT}collections/{everything['id']}/").json() == everything
        assert len(objects(client, everything["id"])) == 14


def test_every_answer_is_taxii_and_safe(exchange: Served) -> None:
    with exchange.client() as client:
        for path in ("/taxii2/", ROOT, f"{ROOT}collections/", f"{ROOT}collections/all/objects/", f"{ROOT}nothing/"):
            headers = client.get(path).headers
            assert headers["content-type"] == TAXII
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        (OWN, {*range(10), 20, 21, 22, 23}),
        (PARTNER, {*range(10), 20, 21, 22}),
        (MEMBER, {*range(10), 20}),
        (STRANGER, {*range(10)}),
        (None, {*range(10)}),
    ],
)
def test_readers_see_what_policy_lets_them(exchange: Served, reader: str | None, expected: set[int]) -> None:
    with exchange.client(reader) as client:
        assert set(numbers(objects(client))) == expected


def test_objects_are_returned_to_the_byte(exchange: Served) -> None:
    spaced = indicator(99).replace(b'","', b'" ,\n\t"').replace(b"Indicator", "Скопје \\u0041".encode())
    exchange.node.submit(spaced)
    with exchange.client() as client:
        url = f"{ROOT}collections/all/objects/indicator--00000000-0000-4000-8000-{99:012x}/"
        assert spaced in client.get(url).content
        outer = msgspec.json.decode(client.get(url).content, type=dict[str, msgspec.Raw])
        assert bytes(msgspec.json.decode(outer["objects"], type=list[msgspec.Raw])[0]) == spaced


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 100])
def test_paging_gives_everything_once_and_in_order(exchange: Served, limit: int) -> None:
    with exchange.client(STRANGER) as client:
        found = numbers(objects(client, limit=str(limit)))
        assert found == [0, 1, 2, 4, 5, 6, 8, 9, 3, 7]


@pytest.mark.parametrize("limit", [1, 3, 4])
def test_paging_by_time_gives_everything_once_too(exchange: Served, limit: int) -> None:
    found: list[int] = []
    parameters: dict[str, str] = {"limit": str(limit)}
    with exchange.client(STRANGER) as client:
        while True:
            answer = client.get(f"{ROOT}collections/all/objects/", params=parameters)
            found += numbers(answer.json().get("objects", []))
            if not answer.json().get("more"):
                break
            parameters["added_after"] = answer.headers["x-taxii-date-added-last"]
    assert found == [0, 1, 2, 4, 5, 6, 8, 9, 3, 7]


def test_nothing_new_is_an_empty_envelope(exchange: Served) -> None:
    with exchange.client() as client:
        answer = client.get(f"{ROOT}collections/all/objects/", params={"added_after": "2100-01-01T00:00:00Z"})
        assert answer.json() == {}
        assert "x-taxii-date-added-first" not in answer.headers
        assert client.get(f"{ROOT}collections/all/manifest/?match[type]=malware").json() == {}


def test_versions_are_chosen(exchange: Served) -> None:
    three = f"indicator--00000000-0000-4000-8000-{3:012x}"
    with exchange.client(None) as client:

        def modified(version: str) -> list[str]:
            return [each["modified"] for each in objects(client, **{"match[id]": three, "match[version]": version})]

        old, new = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"
        assert modified("last") == [new]
        assert modified("first") == [old]
        assert modified("all") == [old, new]
        assert modified(f"{old}") == [old]
        assert modified(f"first,{new}") == [old, new]
        assert modified("2030-01-01T00:00:00Z") == []
        listed = client.get(f"{ROOT}collections/all/objects/{three}/versions/").json()
        assert listed["versions"] == [old, new]
        one = client.get(f"{ROOT}collections/all/objects/{three}/", params={"match[version]": "first"}).json()
        assert [each["modified"] for each in one["objects"]] == [old]


def test_the_manifest_tells_what_the_objects_endpoint_gives(exchange: Served) -> None:
    with exchange.client() as client:
        parameters = {"match[version]": "all"}
        manifest = client.get(f"{ROOT}collections/all/manifest/", params=parameters).json()["objects"]
        found = objects(client, **parameters)
        assert [(each["id"], each["version"]) for each in manifest] == [
            (each["id"], each["modified"]) for each in found
        ]
        assert [each["date_added"] for each in manifest] == sorted(each["date_added"] for each in manifest)
        assert {each["media_type"] for each in manifest} == {"application/stix+json;version=2.1"}


def test_collections_by_tlp_hold_that_tlp(exchange: Served) -> None:
    with exchange.client() as client:
        assert numbers(objects(client, "tlp-green")) == [20]
        assert numbers(objects(client, "tlp-amber-strict")) == [22]
    with exchange.client(None) as client:
        assert objects(client, "tlp-red") == []


def test_other_spec_versions_are_not_here(exchange: Served) -> None:
    with exchange.client() as client:
        assert objects(client, **{"match[spec_version]": "2.0"}) == []
        assert len(objects(client, **{"match[spec_version]": "2.0,2.1", "match[id]": indicator_id(1)})) == 1


def indicator_id(number: int) -> str:
    """The id of the indicator with the number."""
    return f"indicator--00000000-0000-4000-8000-{number:012x}"


def test_what_may_not_be_seen_is_answered_as_what_is_not_there(exchange: Served) -> None:
    hidden, absent = indicator_id(23), indicator_id(4_000)
    with exchange.client(STRANGER) as client:
        for rest in ("", "versions/", "?match[version]=all", "?added_after=2020-01-01T00:00:00Z"):
            one = client.get(f"{ROOT}collections/all/objects/{hidden}/{rest}")
            other = client.get(f"{ROOT}collections/all/objects/{absent}/{rest}")
            assert one.status_code == other.status_code == 404
            assert one.content == other.content
        assert client.delete(f"{ROOT}collections/all/objects/{hidden}/").status_code == 404


def test_a_communitys_collection_is_found_by_its_members_only(exchange: Served) -> None:
    alias = "community-00000000-0000-4000-8000-0000000000aa"
    with exchange.client(PARTNER) as client:
        assert client.get(f"{ROOT}collections/{alias}/").status_code == 200
    with exchange.client(STRANGER) as client:
        assert client.get(f"{ROOT}collections/{alias}/").status_code == 404


def test_next_is_for_the_same_question_only(exchange: Served) -> None:
    with exchange.client() as client:
        url = f"{ROOT}collections/all/objects/"
        token = client.get(url, params={"limit": 2}).json()["next"]
        assert client.get(url, params={"limit": 5, "next": token}).status_code == 200
        for parameters in (
            {"next": token, "match[type]": "indicator"},
            {"next": token[:-1] + ("A" if token[-1] != "A" else "B")},
            {"next": token.upper()},
            {"next": "5"},
            {"next": ""},
        ):
            assert client.get(url, params=parameters).status_code == 400, parameters
        assert client.get(f"{ROOT}collections/indicators/objects/", params={"next": token}).status_code == 400
    with exchange.client(PARTNER) as client:
        assert client.get(url, params={"next": token}).status_code == 400


def test_the_limit_of_the_node_bounds_every_page(tmp_path: Path) -> None:
    with served(tmp_path, limits=Limits(page_records=3)) as running:
        running.node.submit(*(indicator(number) for number in range(7)))
        with running.client() as client:
            envelope = client.get(f"{ROOT}collections/all/objects/", params={"limit": 100}).json()
            assert len(envelope["objects"]) == 3
            assert envelope["more"]
            assert len(objects(client)) == 7
