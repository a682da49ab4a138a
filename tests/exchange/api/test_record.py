"""The API: hand in, look up, take back; whole requests in, whole answers out."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from tests.exchange.served import MEMBER, OWN, PARTNER, STRANGER, Served, indicator, served, until

from egnatia.exchange.submission import Right
from egnatia.record.marking import TLP2_IDS

JSON = "application/json"
API = "/api/v1"
MARKING: dict[str, str] = {name: marking for marking, name in TLP2_IDS.items()}
SENT = {"Content-Type": JSON}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty node."""
    with served(tmp_path_factory.mktemp("api")) as running:
        yield running


def url(number: int, rest: str = "") -> str:
    """Where the indicator with the number is."""
    return f"{API}/records/indicator--00000000-0000-4000-8000-{number:012x}{rest}"


def submit(client: httpx.Client, body: bytes, **parameters: str) -> dict[str, Any]:
    """The outcome of what was taken."""
    answer = client.post(f"{API}/records", content=body, params=parameters, headers=SENT)
    assert answer.status_code in {201, 207}, answer.text
    outcome: dict[str, Any] = answer.json()
    return outcome


def test_one_object_an_array_and_a_bundle_are_taken(exchange: Served) -> None:
    with exchange.client() as client:
        assert submit(client, indicator(1))["accepted"][0]["new"]
        assert not submit(client, indicator(1))["accepted"][0]["new"]
        assert len(submit(client, b"[%b,%b]" % (indicator(2), indicator(3)))["accepted"]) == 2
        bundle = b'{"type":"bundle","id":"bundle--1","objects":[%b]}' % indicator(4)
        assert submit(client, bundle)["accepted"][0]["id"].endswith("4")
        assert indicator(4) in client.get(url(4)).content


def test_a_broken_record_is_refused_with_the_path_of_every_break(exchange: Served) -> None:
    broken = indicator(5, created="yesterday").replace(b'"pattern_type"', b'"pattern_typo"')
    with exchange.client() as client:
        answer = client.post(f"{API}/records", content=broken, headers=SENT)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        problems = answer.json()["refused"][0]["problems"]
        assert {"$.created", "$.pattern_type"} <= {problem["path"] for problem in problems}
        assert all(problem["rule"] for problem in problems)
        mixed = client.post(f"{API}/records", content=b"[%b,%b]" % (broken, indicator(6)), headers=SENT)
        assert mixed.status_code == 207
        assert len(mixed.json()["accepted"]) == len(mixed.json()["refused"]) == 1
        atomic = client.post(
            f"{API}/records", params={"atomic": "true"}, content=b"[%b,%b]" % (broken, indicator(7)), headers=SENT
        )
        assert atomic.status_code == 422
        assert client.get(url(7)).status_code == 404


def test_a_marking_in_the_url_is_put_on_every_record(exchange: Served) -> None:
    with exchange.client() as client:
        submit(client, indicator(8), marking=MARKING["green"])
        shown = client.get(url(8)).json()["records"][0]
        assert (shown["tlp"], shown["applied"], shown["owner"]) == ("green", [MARKING["green"]], OWN)
    with exchange.client(MEMBER) as member, exchange.client(STRANGER) as stranger:
        assert member.get(url(8)).status_code == 200
        assert stranger.get(url(8)).status_code == 404


def test_versions_and_neighbours(exchange: Served) -> None:
    with exchange.client() as client:
        submit(client, indicator(10))
        submit(client, indicator(10, modified="2026-03-01T00:00:00.000Z"))
        versions = client.get(url(10, "/versions")).json()["records"]
        assert [each["record"]["modified"][:7] for each in versions] == ["2026-01", "2026-03"]
        submit(client, indicator(11, object_marking_refs=[MARKING["green"]]))
        link = msgspec.json.encode(
            {
                "type": "relationship",
                "spec_version": "2.1",
                "id": "relationship--00000000-0000-4000-8000-000000000001",
                "created": "2026-01-01T00:00:00.000Z",
                "modified": "2026-01-01T00:00:00.000Z",
                "relationship_type": "related-to",
                "source_ref": "indicator--00000000-0000-4000-8000-00000000000a",
                "target_ref": "indicator--00000000-0000-4000-8000-00000000000b",
            }
        )
        submit(client, link)
        found = client.get(url(10, "/neighbours")).json()["records"]
        assert "relationship" in {each["record"]["type"] for each in found}
        assert client.get(url(4_000, "/neighbours")).status_code == 404


def test_search_and_values_find_what_the_reader_may_see(exchange: Served) -> None:
    with exchange.client() as client, exchange.client(STRANGER) as stranger:
        submit(client, indicator(12, name="Напад на Скопје"))
        until(lambda: client.get(f"{API}/search", params={"q": "skopje"}).json()["records"])
        assert stranger.get(f"{API}/search", params={"q": "skopje"}).json() == {"records": []}
        found = client.get(f"{API}/values", params={"value": "host12.example"}).json()["records"]
        assert [each["record"]["name"] for each in found] == ["Напад на Скопје"]
        assert stranger.get(f"{API}/values", params={"value": "host12.example"}).json() == {"records": []}


def test_preview_tells_who_would_see_it_and_stores_nothing(exchange: Served) -> None:
    with exchange.client() as client:
        answer = client.post(
            f"{API}/preview", content=indicator(13), params={"marking": MARKING["green"]}, headers=SENT
        )
        seen = {each["organisation"]: each for each in answer.json()["records"][0]}
        assert seen[MEMBER]["allowed"]
        assert not seen[STRANGER]["allowed"]
        assert seen[STRANGER]["rule"] == "not-member"
        assert client.get(url(13)).status_code == 404


def test_explain_tells_readers_of_their_own_and_owners_of_others(exchange: Served) -> None:
    with exchange.client() as owner, exchange.client(PARTNER) as partner, exchange.client(STRANGER) as stranger:
        submit(owner, indicator(14))
        assert partner.get(url(14, "/explain")).json()["rulings"][0]["rule"] == "agreement"
        assert stranger.get(url(14, "/explain")).status_code == 404
        other = owner.get(url(14, "/explain"), params={"organisation": STRANGER}).json()["rulings"][0]
        assert (other["allowed"], other["rule"]) == (False, "no-agreement")
        assert partner.get(url(14, "/explain"), params={"organisation": STRANGER}).status_code == 404


def test_the_owner_takes_a_record_back(exchange: Served) -> None:
    with exchange.client() as owner, exchange.client(PARTNER) as partner:
        submit(owner, indicator(15))
        assert partner.post(url(15, "/recall"), json={}).status_code == 404
        assert partner.get(url(15)).status_code == 200
        assert owner.post(url(15, "/recall"), json={"reason": "mistake"}).status_code == 202
        assert partner.get(url(15)).status_code == 404
        assert partner.get(url(15, "/versions")).status_code == 404
        assert owner.get(url(15, "/receipts")).status_code == 200
        assert partner.get(url(15, "/receipts")).status_code == 404


def test_changes_are_paged_by_bookmarks_that_tell_nothing(exchange: Served) -> None:
    with exchange.client() as client, exchange.client(STRANGER) as stranger:
        submit(client, b"[%b]" % b",".join(indicator(number) for number in range(100, 110)))
        found, after = [], "start"
        while True:
            page = client.get(f"{API}/changes", params={"after": after, "limit": 3, "type": "indicator"}).json()
            found += [(each["record"]["id"], each["record"]["modified"]) for each in page["records"]]
            after = page["next"]
            assert not after.isdecimal()
            if not page["more"]:
                break
        assert len(found) == len(set(found)) >= 10
        assert stranger.get(f"{API}/changes").json()["records"] == []
        submit(client, indicator(110))
        following = client.get(f"{API}/changes", params={"after": after}).json()["records"]
        assert [each["record"]["id"][-2:] for each in following] == ["6e"]
        assert client.get(f"{API}/changes", params={"after": after[:-1] + "!"}).status_code == 400


def test_me_tells_who_the_token_is(exchange: Served) -> None:
    with exchange.client() as client, exchange.client(None) as nobody:
        me = client.get(f"{API}/me").json()
        assert (me["organisation"], me["name"]) == (OWN, "test")
        assert nobody.get(f"{API}/me").json()["organisation"] is None


def test_tokens_are_issued_used_and_revoked(exchange: Served) -> None:
    with exchange.client() as client, exchange.client(PARTNER) as partner, exchange.client(None) as nobody:
        issued = client.post(f"{API}/tokens", json={"name": "sensor", "rights": ["read"], "days": 1}).json()
        program = {"Authorization": f"Bearer {issued['token']}"}
        assert nobody.get(f"{API}/me", headers=program).json()["rights"] == ["read"]
        listed = client.get(f"{API}/tokens").text
        assert issued["id"] in listed
        assert issued["token"] not in listed
        assert issued["id"] not in partner.get(f"{API}/tokens").text
        assert partner.delete(f"{API}/tokens/{issued['id']}").status_code == 404
        assert nobody.post(f"{API}/records", content=indicator(16), headers=program).status_code == 403
        assert nobody.get(f"{API}/tokens", headers=program).status_code == 403
        assert client.delete(f"{API}/tokens/{issued['id']}").status_code == 204
        assert nobody.get(f"{API}/me", headers=program).status_code == 401


def test_nobody_gives_rights_that_they_lack(exchange: Served) -> None:
    token = exchange.node.token(OWN, frozenset({Right.ADMINISTER, Right.READ}))
    with exchange.client(None) as client:
        headers = {"Authorization": f"Bearer {token}"}
        wanted = {"name": "more", "rights": ["submit"]}
        assert client.post(f"{API}/tokens", json=wanted, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", f"{API}/records", 401),
        ("POST", f"{API}/preview", 401),
        ("GET", f"{API}/peers", 401),
        ("GET", f"{API}/tokens", 401),
        ("GET", f"{API}/nothing", 404),
        ("GET", "/nothing", 404),
        ("DELETE", f"{API}/records", 405),
        ("GET", url(1, "x"), 404),
        ("GET", f"{API}/records/%00", 404),
        ("GET", f"{API}/records/..%2f..%2fetc", 404),
        ("GET", f"{API}/changes?limit=0", 400),
        ("GET", f"{API}/changes?limit=x", 400),
        ("GET", f"{API}/changes?tlp=pink", 400),
        ("GET", f"{API}/changes?owner=me", 400),
        ("GET", f"{API}/changes?after=1", 400),
        ("GET", f"{API}/search", 400),
        ("GET", f"{API}/search?q=%00", 400),
        ("GET", f"{API}/values?value=%00", 400),
    ],
)
def test_errors_are_problems(exchange: Served, method: str, path: str, status: int) -> None:
    with exchange.client(None, accept="*/*") as client:
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert ("www-authenticate" in answer.headers) == (status == 401)


def test_health_and_metrics(exchange: Served) -> None:
    with exchange.client(None, accept="*/*") as client:
        assert client.get("/health/live").json() == {"status": "ok"}
        assert client.get("/health/ready").json() == {"status": "ok"}
        figures = client.get("/metrics").text
        assert 'egnatia_requests_total{method="GET",status="200",surface="health"}' in figures
        assert "identity--" not in figures
        assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
