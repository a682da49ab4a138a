"""Devices fetch their outputs: each with a token that opens one thing, and only when there is something new."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.exchange.gate import CLEAR, GREEN
from tests.exchange.gate import indicator as made
from tests.exchange.served import MEMBER, OWN, STANDINGS, Node, serving

from egnatia.cyber.intel.consuming import Outputs
from egnatia.cyber.intel.delivery import routes
from egnatia.cyber.intel.output import Output
from egnatia.exchange.api.app import app
from egnatia.exchange.formats.conversion import instant
from egnatia.exchange.formats.misp import Terms
from egnatia.exchange.formats.misp.feed import read_feed
from egnatia.settings import Settings
from egnatia.store.store import Store


class Place:
    """A served node with an output for resolvers."""

    def __init__(self, node: Node, url: str) -> None:
        self.node, self.outputs = node, Outputs(node.store)
        self.client = httpx.Client(base_url=url, timeout=30)

    def add(self, name: str, marking: str) -> None:
        record = made(marking, pattern=f"[domain-name:value = '{name}']", confidence=90)
        record |= {"modified": instant(time.time() - 60), "created_by_ref": OWN}
        self.node.submit(msgspec.json.encode(record))

    def get(self, name: str, token: str | None = None, **headers: str) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.get(f"/outputs/{name}", headers=bearer | headers)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with Store.open(f"sqlite:///{tmp_path / 'egnatia.db'}") as store:
        node = Node(store, Settings(base=str(tmp_path)), STANDINGS)
        try:
            with serving(app(node, extra=routes(node))) as url:
                found = Place(node, url)
                with found.client:
                    yield found
        finally:
            node.admission.close()


def test_a_device_gets_what_its_organisation_may_see_and_nothing_else(place: Place) -> None:
    place.add("open.example", CLEAR)
    place.add("members.example", GREEN)
    place.outputs.save(Output(name="resolver", form="hosts", least=1))
    place.outputs.save(Output(name="other", form="hosts", least=1))
    minted = place.outputs.grant("resolver", MEMBER, "resolver 1")
    answer = place.get("resolver", minted.text)
    assert answer.status_code == 200
    assert "members.example" in answer.text
    public = place.get("resolver")
    assert "open.example" in public.text
    assert "members.example" not in public.text
    assert place.get("other", minted.text).status_code == 404
    assert place.client.get("/api/v1/me", headers={"Authorization": f"Bearer {minted.text}"}).status_code == 401
    assert place.outputs.consumers.all()[minted.id].last_use
    assert place.outputs.revoke(minted.id)
    assert place.get("resolver", minted.text).status_code == 401
    assert place.get("resolver", minted.text[:-1] + "_").status_code == 401


def test_a_token_is_refused_once_its_days_are_over(place: Place) -> None:
    place.outputs.save(Output(name="resolver", form="hosts"))
    minted = place.outputs.grant("resolver", MEMBER, "resolver 1", days=2)
    assert place.get("resolver", minted.text).status_code == 200
    held = place.outputs.consumers.all()[minted.id]
    assert held.expires is not None
    assert held.may_fetch(held.expires - 1)
    place.outputs.consumers.put(minted.id, msgspec.structs.replace(held, expires=held.created + 1))
    assert place.get("resolver", minted.text).status_code == 401


def test_what_a_device_has_is_not_sent_again(place: Place) -> None:
    place.add("open.example", CLEAR)
    place.outputs.save(Output(name="resolver", form="rpz", least=1))
    first = place.get("resolver")
    assert first.headers["content-type"].startswith("text/dns")
    again = place.get("resolver", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert place.get("resolver", **{"If-None-Match": '"other"'}).status_code == 200


def test_a_device_that_knows_only_the_time_is_told_as_well(place: Place) -> None:
    place.add("open.example", CLEAR)
    place.outputs.save(Output(name="resolver", form="rpz", least=1))
    since = place.get("resolver").headers["last-modified"]
    assert place.get("resolver", **{"If-Modified-Since": since}).status_code == 304
    for asked in ("Thu, 01 Jan 2026 00:00:00 GMT", "yesterday"):
        assert place.get("resolver", **{"If-Modified-Since": asked}).status_code == 200
    # A tag says more than a time (RFC 9110 section 13.1.3).
    assert place.get("resolver", **{"If-Modified-Since": since, "If-None-Match": '"other"'}).status_code == 200


def test_a_device_asks_how_large_it_is_and_takes_it_compressed(place: Place) -> None:
    place.outputs.save(Output(name="resolver", form="rpz", least=1))
    for number in range(20):
        place.add(f"evil{number}.example", CLEAR)
    plain = place.get("resolver", **{"Accept-Encoding": "identity"})
    packed = place.get("resolver", **{"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", plain.text)
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    head = place.client.head("/outputs/resolver", headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(plain.content))
    assert head.headers["etag"] == plain.headers["etag"]
    assert sum(row.action == "release" for row in place.node.store.audit_rows()) == 2


def test_a_token_of_the_node_reads_as_its_organisation(place: Place) -> None:
    place.add("members.example", GREEN)
    place.outputs.save(Output(name="list", form="plain", least=1))
    assert "members.example" in place.get("list", place.node.token(MEMBER)).text
    assert place.get("list", "egn_aaaaaaaaaaaa_" + "a" * 43).status_code == 401
    assert place.get("nothing", place.node.token(MEMBER)).status_code == 404


def test_every_release_is_noted(place: Place) -> None:
    place.add("open.example", CLEAR)
    place.outputs.save(Output(name="list", form="plain", least=1))
    place.get("list", place.node.token(MEMBER))
    notes = [row for row in place.node.store.audit_rows() if row.action == "release"]
    assert [(row.subject, row.detail.split()[0]) for row in notes] == [("output list", "1")]


def test_an_output_that_makes_no_sense_is_refused(place: Place) -> None:
    with pytest.raises(ValueError, match="no format"):
        place.outputs.save(Output(name="x", form="fax"))
    with pytest.raises(ValueError, match="parenthesis"):
        place.outputs.save(Output(name="x", form="plain", search="(a"))
    with pytest.raises(KeyError):
        place.outputs.grant("nothing", OWN, "x")


def test_a_misp_server_reads_an_output_as_a_feed(place: Place) -> None:
    place.add("open.example", CLEAR)
    place.add("members.example", GREEN)
    place.outputs.save(Output(name="feed", form="misp-feed", least=1))
    minted = place.outputs.grant("feed", MEMBER, "a MISP server")
    manifest = place.get("feed/manifest.json", minted.text).json()
    (uuid,) = manifest
    attributes = place.get(f"feed/{uuid}.json", minted.text).json()["Event"]["Attribute"]
    assert {each["value"] for each in attributes} == {"open.example", "members.example"}
    assert {tag["name"] for each in attributes for tag in each["Tag"]} == {"tlp:clear", "tlp:green"}
    assert len(place.get("feed/hashes.csv", minted.text).text.splitlines()) == 2
    assert list(place.get("feed/manifest.json").json()) == [uuid]
    assert "members.example" not in place.get(f"feed/{uuid}.json").text
    assert place.get("feed/other.json", minted.text).status_code == 404
    assert place.get("feed/manifest.json", "egn_wrong").status_code in {401, 404}

    def fetch(name: str) -> bytes:
        return place.get(f"feed/{name}", minted.text).content

    (conversion,) = read_feed(fetch, Terms())
    assert b"members.example" in b"".join(conversion.records)
