"""Adding and deleting through TAXII, and what the server says to those who attack it."""

import asyncio
import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from tests.exchange.served import ALL_RIGHTS, MEMBER, OWN, PARTNER, STRANGER, TAXII, Served, indicator, served, until

from egnatia.exchange.caller import Caller
from egnatia.exchange.submission import Right
from egnatia.exchange.taxii.status import KEPT, KEPT_SECONDS, Statuses
from egnatia.settings.declared import Limits
from egnatia.store.store import Store
from egnatia.trust.audit import AuditRow

ROOT = "/taxii2/exchange/"
OBJECTS = f"{ROOT}collections/all/objects/"
SENT = {"Content-Type": TAXII}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty node that takes bodies of 200,000 bytes."""
    with served(tmp_path_factory.mktemp("writing"), limits=Limits(body_bytes=200_000)) as running:
        yield running


def envelope(*bodies: bytes) -> bytes:
    """Objects as clients post them."""
    return b'{"objects":[' + b",".join(bodies) + b"]}"


def post(client: httpx.Client, *bodies: bytes, collection: str = "all") -> dict[str, Any]:
    """The status of an envelope that was taken."""
    answer = client.post(f"{ROOT}collections/{collection}/objects/", content=envelope(*bodies), headers=SENT)
    assert answer.status_code == 202, answer.text
    status: dict[str, Any] = answer.json()
    return status


def test_what_is_added_can_be_read_at_once_to_the_byte(exchange: Served) -> None:
    body = indicator(1, name="Ѓоко").replace(b'","', b'",  "')
    with exchange.client() as client:
        status = post(client, body)
        assert (status["status"], status["total_count"], status["success_count"]) == ("complete", 1, 1)
        assert status["successes"][0]["version"] == "2026-01-01T00:00:00.000Z"
        assert body in client.get(f"{OBJECTS}indicator--00000000-0000-4000-8000-{1:012x}/").content


def test_one_bad_object_does_not_sink_the_envelope(exchange: Served) -> None:
    bad = indicator(3).replace(b'"pattern_type"', b'"pattern_typo"')
    with exchange.client() as client:
        status = post(client, indicator(2), bad, b'"text"', b"17", b"{}", indicator(4))
        assert status["success_count"] == 2
        assert status["failure_count"] == 4
        assert status["total_count"] == 6
        assert "pattern_type" in status["failures"][0]["message"]
        assert client.get(f"{OBJECTS}indicator--00000000-0000-4000-8000-{4:012x}/").status_code == 200


def test_an_exact_duplicate_is_no_error(exchange: Served) -> None:
    with exchange.client() as client:
        post(client, indicator(5))
        assert post(client, indicator(5))["success_count"] == 1


def test_a_status_is_its_submitters_alone(exchange: Served) -> None:
    with exchange.client() as client:
        status = post(client, indicator(6))
        assert UUID(status["id"]).version == 4
        url = f"{ROOT}status/{status['id']}/"
        assert client.get(url).json() == status
    for other in (PARTNER, None):
        with exchange.client(other) as client:
            assert client.get(url).status_code == 404
            assert client.get(url).content == client.get(f"{ROOT}status/6e456e14-7f4c-4b0f-99ac-f440b6d83fc4/").content


def test_a_status_survives_a_restart_of_the_node_for_a_day(tmp_path: Path) -> None:
    statuses = []
    with served(tmp_path) as exchange, exchange.client() as client:
        statuses = [post(client, indicator(number), b"{}") for number in range(3)]
        token = exchange.token_of(OWN)
    with served(tmp_path) as again:
        headers = {"Authorization": f"Bearer {token}", "Accept": TAXII}
        for status in statuses:
            url = f"{again.url}{ROOT}status/{status['id']}/"
            assert httpx.get(url, headers=headers).json() == status
            with again.client(OWN) as other:  # another token of the same organisation is another submitter
                assert other.get(url).status_code == 404


def test_statuses_that_are_over_or_too_many_are_forgotten_for_good(tmp_path: Path) -> None:
    at = [1_000_000.0]
    caller = Caller(OWN, "test", ALL_RIGHTS)

    async def kept(store: Store, *ids: str) -> None:
        statuses = Statuses(store, lambda: at[0])
        for each in ids:
            at[0] += 0.001
            statuses.keep(caller, b"{}", each)
        await statuses.close()

    with Store.open(f"sqlite:///{tmp_path / 'egnatia.db'}") as store:
        asyncio.run(kept(store, "first"))
        at[0] += KEPT_SECONDS - 1
        assert Statuses(store, lambda: at[0]).get(caller, "first") == b"{}"
        at[0] += 2
        assert Statuses(store, lambda: at[0]).get(caller, "first") is None
        asyncio.run(kept(store, *map(str, range(KEPT + 5))))
        left = store.kept("taxii status until", str).all()
        assert set(left.values()) == set(map(str, range(5, KEPT + 5)))
        assert Statuses(store, lambda: at[0]).get(caller, "4") is None
        assert Statuses(store, lambda: at[0]).get(caller, "5") == b"{}"


@pytest.mark.parametrize("status_id", ["1", "x" * 2_000, "%00", "..%2f..", "00000000-0000-0000-0000-000000000000", "é"])
def test_a_status_that_is_not_there_is_not_found(exchange: Served, status_id: str) -> None:
    with exchange.client() as client:
        assert client.get(f"{ROOT}status/{status_id}/").status_code == 404


def test_a_collection_for_a_tlp_puts_what_it_takes_under_it(exchange: Served) -> None:
    with exchange.client() as client:
        post(client, indicator(7), collection="tlp-green")
    with exchange.client(MEMBER) as member, exchange.client(STRANGER) as stranger:
        url = f"{OBJECTS}indicator--00000000-0000-4000-8000-{7:012x}/"
        assert member.get(url).status_code == 200
        assert stranger.get(url).status_code == 404


def test_only_the_owner_deletes(exchange: Served) -> None:
    with exchange.client() as owner, exchange.client(PARTNER) as partner, exchange.client(STRANGER) as stranger:
        post(owner, indicator(8))
        url = f"{OBJECTS}indicator--00000000-0000-4000-8000-{8:012x}/"
        assert partner.get(url).status_code == 200
        assert partner.delete(url).status_code == 403
        assert stranger.delete(url).status_code == 404
        assert owner.delete(url, params={"match[version]": "first"}).status_code == 403
        assert partner.get(url).status_code == 200
        assert owner.delete(url).status_code == 200
        assert partner.get(url).status_code == 404


def test_the_public_and_readers_add_nothing(exchange: Served) -> None:
    with exchange.client(None) as client:
        answer = client.post(OBJECTS, content=envelope(indicator(9)), headers=SENT)
        assert answer.status_code == 401
        assert "Basic" in answer.headers["www-authenticate"]
    reader = exchange.node.token(OWN, frozenset({Right.READ}))
    with exchange.client(None) as client:
        headers = {**SENT, "Authorization": f"Bearer {reader}"}
        assert client.post(OBJECTS, content=envelope(indicator(9)), headers=headers).status_code == 403
        assert client.post(f"{ROOT}collections/indicators/objects/", content=b"", headers=headers).status_code == 403


def test_basic_is_taken_with_the_user_token(exchange: Served) -> None:
    token = exchange.token_of(OWN)
    with exchange.client(None) as client:

        def basic(user: str, password: str) -> int:
            credential = base64.b64encode(f"{user}:{password}".encode()).decode()
            return client.get(OBJECTS, headers={"Authorization": f"Basic {credential}"}).status_code

        assert basic("token", token) == 200
        assert basic("admin", token) == 401
        assert basic("token", token[:-1] + "x") == 401


def test_expired_and_revoked_tokens_are_refused(exchange: Served) -> None:
    expired = exchange.node.token(OWN, days=-1)
    revoked = exchange.node.token(OWN)
    exchange.node.store.tokens.revoke(revoked[4:16], time.time_ns() // 1_000)
    with exchange.client(None) as client:
        for token in (expired, revoked):
            answer = client.get(OBJECTS, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401
            assert token not in answer.text


def test_a_body_that_is_too_large_is_refused(exchange: Served) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(300):
            yield b" " * 1_000

    with exchange.client() as client:
        assert client.post(OBJECTS, content=b" " * 200_001, headers=SENT).status_code == 413
        assert client.post(OBJECTS, content=parts(), headers=SENT).status_code == 413


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"null", 422),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"objects":[]}', 422),
        (b'{"objects":{}}', 422),
        (b'{"objects":null}', 422),
        (b"[" * 100_000, 422),
        (b'{"objects":[{"id":"\\ud800"}]}', 400),
        (b'{"objects":[' + b"[" * 50_000 + b"]" * 50_000 + b"]}", 400),
    ],
)
def test_what_is_no_envelope_is_refused(exchange: Served, content: bytes, status: int) -> None:
    with exchange.client() as client:
        answer = client.post(OBJECTS, content=content, headers=SENT)
        assert answer.status_code in {status, 202}
        assert answer.status_code == status or answer.json()["success_count"] == 0


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"indicator","id":"indicator--\\u0000"}',
        b'{"type":[],"id":{},"created":1e999}',
        b'{"id":"' + b"a" * 100_000 + b'"}',
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"type":"indicator","type":"malware","id":"x--y"}',
    ],
)
def test_hostile_objects_fail_one_by_one(exchange: Served, body: bytes) -> None:
    with exchange.client() as client:
        status = post(client, body, indicator(10))
        assert (status["failure_count"], status["success_count"]) == (1, 1)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/taxii2/", {"Accept": "application/json"}, 406),
        ("GET", "/taxii2/", {"Accept": "application/taxii+json;version=2.0"}, 406),
        ("GET", OBJECTS, {"Accept": "text/html"}, 406),
        ("GET", "/taxii2", {}, 404),
        ("GET", OBJECTS.rstrip("/"), {}, 404),
        ("GET", f"{ROOT}collections/all/objects//", {}, 404),
        ("GET", f"{ROOT}collections/%2e%2e/objects/", {}, 404),
        ("GET", f"{ROOT}collections/all%00/objects/", {}, 404),
        ("GET", f"{ROOT}collections/6e456e14-7f4c-4b0f-99ac-f440b6d83fc4/objects/", {}, 404),
        ("GET", f"{OBJECTS}not-an-id/", {}, 404),
        ("GET", f"{OBJECTS}indicator--x'%20OR%201=1/", {}, 404),
        ("GET", f"{OBJECTS}{'x' * 5_000}/", {}, 404),
        ("GET", f"{ROOT}elsewhere/", {}, 404),
        ("PUT", OBJECTS, {}, 405),
        ("PATCH", "/taxii2/", {}, 405),
        ("DELETE", OBJECTS, {}, 405),
        ("POST", f"{ROOT}collections/all/manifest/", SENT, 405),
        ("HEAD", "/taxii2/", {}, 405),
        ("POST", OBJECTS, {}, 415),
        ("POST", OBJECTS, {"Content-Type": "application/json"}, 415),
        ("POST", OBJECTS, {"Content-Type": "application/taxii+json;version=2.0"}, 415),
        ("POST", OBJECTS, {**SENT, "Content-Encoding": "gzip"}, 415),
        ("GET", f"{OBJECTS}?limit=0", {}, 400),
        ("GET", f"{OBJECTS}?limit=-3", {}, 400),
        ("GET", f"{OBJECTS}?limit=1&limit=2", {}, 400),
        ("GET", f"{OBJECTS}?added_after=now", {}, 400),
        ("GET", f"{OBJECTS}?added_after=2016-11-01T03:04:05Z", {}, 200),
        ("GET", f"{OBJECTS}?match[version]=all,last", {}, 400),
        ("GET", f"{OBJECTS}?match%5Btype%5D=%00", {}, 400),
        ("GET", f"{OBJECTS}?next=%F0%9F%98%80", {}, 400),
        ("GET", f"{ROOT}collections/all/manifest/?limit=abc", {}, 400),
        ("GET", OBJECTS, {"Authorization": "Bearer nonsense"}, 401),
        ("GET", OBJECTS, {"Authorization": "Basic !!!"}, 401),
        ("GET", OBJECTS, {"Authorization": "Basic " + "Q" * 5_000}, 401),
        ("GET", OBJECTS, {"Authorization": "Digest x"}, 401),
        ("GET", OBJECTS, {"Authorization": ""}, 401),
    ],
)
def test_a_bad_request_is_told_so_in_taxii(
    exchange: Served, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    with exchange.client() as client:
        answer = client.request(method, path, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == TAXII
    if status != 200 and method != "HEAD":
        error = answer.json()
        assert error["title"]
        assert error["http_status"] == str(status)


def test_a_request_without_accept_is_not_acceptable(exchange: Served) -> None:
    with httpx.Client(base_url=exchange.url) as client:
        del client.headers["accept"]
        assert client.get("/taxii2/").status_code == 406


def test_who_guesses_is_slowed_down_and_noted_but_others_are_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    with served(tmp_path_factory.mktemp("guessing"), anonymous=False) as running, running.client() as good:
        assert good.get(OBJECTS).status_code == 200
        with httpx.Client(base_url=running.url, headers={"Accept": TAXII}) as client:
            assert client.get(OBJECTS).status_code == 401
            wrong = running.node.token(OWN)[:-4] + "xxxx"
            statuses = [
                client.get(OBJECTS, headers={"Authorization": f"Bearer {wrong}"}).status_code for _ in range(25)
            ]
            refused = client.get(OBJECTS, headers={"Authorization": f"Bearer {wrong}"})
        assert statuses[:20] == [401] * 20
        assert statuses[20:] == [429] * 5
        assert int(refused.headers["retry-after"]) > 0
        assert good.get(OBJECTS).status_code == 200


def test_releases_to_others_are_noted_and_ones_own_are_not(exchange: Served) -> None:
    with exchange.client() as owner, exchange.client(PARTNER) as partner:
        post(owner, indicator(11))
        owner.get(OBJECTS)
        released = msgspec.json.decode(partner.get(OBJECTS).content)["objects"]
    assert released

    def notes() -> list[AuditRow]:
        return [row for row in exchange.node.store.audit_rows() if row.action == "release"]

    until(lambda: any(PARTNER in note.actor and note.subject == "taxii" for note in notes()))
    assert not any(OWN in note.actor for note in notes()), "it was read before, and would be noted before"
