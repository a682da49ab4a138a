"""The TAXII client that everybody uses, with the whole of ATT&CK: in by envelopes, back to the byte, exactly once."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from taxii2client.v21 import ApiRoot, Collection, Server, as_pages  # type: ignore[import-untyped]  # it has none
from tests.exchange.served import OWN, PARTNER, TAXII, Served, complete, indicator, served

BUNDLE = Path(os.environ.get("EGNATIA_TEST_DATA", "../shared/data")) / "attack/enterprise-attack-18.1-stix21.json.gz"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty node."""
    with served(tmp_path_factory.mktemp("client")) as running:
        yield running


def everything(exchange: Served, organisation: str) -> tuple[Server, Collection]:
    """The server as its client finds it, and the collection of everything."""
    server = Server(f"{exchange.url}/taxii2/", user="token", password=exchange.token_of(organisation))
    root: ApiRoot = server.default
    collection = next(each for each in root.collections if each.title == "Everything you may see")
    return server, collection


def test_a_client_discovers_adds_pages_and_deletes(exchange: Served) -> None:
    server, collection = everything(exchange, OWN)
    partners, theirs = everything(exchange, PARTNER)
    with server, partners:
        bodies = b",".join(indicator(number) for number in range(7))
        status = collection.add_objects(b'{"objects":[%b]}' % bodies)
        assert (status.status, status.success_count, status.failure_count) == ("complete", 7, 0)
        pages = list(as_pages(theirs.get_objects, per_request=3))
        assert [len(page["objects"]) for page in pages] == [3, 3, 1]
        entry = collection.get_manifest(limit=1)["objects"][0]
        assert theirs.object_versions(entry["id"])["versions"] == [entry["version"]]
        collection.delete_object(entry["id"])
        left = [each["id"] for page in as_pages(theirs.get_objects, per_request=3) for each in page["objects"]]
        assert entry["id"] not in left


def test_a_client_posts_a_large_envelope_and_waits_for_its_completion(exchange: Served) -> None:
    server, collection = everything(exchange, OWN)
    with server:
        bodies = b",".join(indicator(number) for number in range(1_000, 1_030))
        status = collection.add_objects(b'{"objects":[%b]}' % bodies, wait_for_completion=False)
        assert (status.status, status.total_count, status.pending_count) == ("pending", 30, 30)
        status.wait_until_final(poll_interval=0.02)
        assert (status.status, status.success_count, status.pending_count) == ("complete", 30, 0)


@pytest.mark.skipif(not BUNDLE.exists(), reason=f"the ATT&CK bundle is not at {BUNDLE} (EGNATIA_TEST_DATA)")
def test_the_whole_of_attack_comes_back_to_the_byte_exactly_once(tmp_path: Path) -> None:
    outer = msgspec.json.decode(gzip.decompress(BUNDLE.read_bytes()), type=dict[str, msgspec.Raw])
    sent = [bytes(each) for each in msgspec.json.decode(outer["objects"], type=list[msgspec.Raw])]
    headers = {"Content-Type": TAXII}
    with served(tmp_path) as exchange:
        _, collection = everything(exchange, OWN)
        url = f"/taxii2/exchange/collections/{collection.id}/objects/"
        collection.close()
        with exchange.client() as client:
            statuses = []
            for start in range(0, len(sent), 500):
                envelope = b'{"objects":[' + b",".join(sent[start : start + 500]) + b"]}"
                statuses.append(client.post(url, content=envelope, headers=headers).json())
            for status in statuses:
                done = complete(client, status)
                assert done["failure_count"] == 0, done["failures"][:3]
            received: list[bytes] = []
            following: dict[str, str] = {}
            while True:
                answer = client.get(url, params={"limit": "1000", "match[version]": "all", **following})
                page = msgspec.json.decode(answer.content, type=dict[str, msgspec.Raw])
                received += [bytes(each) for each in msgspec.json.decode(page["objects"], type=list[msgspec.Raw])]
                if b"next" not in answer.content[:40]:
                    break
                following = {"next": msgspec.json.decode(page["next"], type=str)}
    assert sorted(received) == sorted(sent)
