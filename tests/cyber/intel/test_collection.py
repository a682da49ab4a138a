"""An output as a TAXII collection: programs read it with the client that everybody uses, and nothing else with its
token."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from taxii2client.v21 import Collection, Server, as_pages  # type: ignore[import-untyped]  # it has none
from tests.exchange.gate import CLEAR, GREEN
from tests.exchange.gate import indicator as made
from tests.exchange.served import MEMBER, OWN, STANDINGS, TAXII, Node, serving

from egnatia.cyber.intel.collecting import NOBODY, Roll, enrolled
from egnatia.cyber.intel.consuming import Outputs
from egnatia.cyber.intel.delivery import routes
from egnatia.cyber.intel.making import Maker
from egnatia.cyber.intel.output import Output, allowing
from egnatia.exchange.api.app import app
from egnatia.exchange.formats.conversion import instant
from egnatia.settings import Settings
from egnatia.store.store import Store


class Place:
    """A served node with an output for programs that speak TAXII."""

    def __init__(self, node: Node, url: str) -> None:
        self.node, self.outputs, self.url = node, Outputs(node.store), url
        self.client = httpx.Client(base_url=url, timeout=30)

    def add(self, pattern: str, marking: str = CLEAR, **properties: Any) -> dict[str, Any]:
        pattern = pattern if pattern.startswith("[") else f"[domain-name:value = '{pattern}']"
        record = made(marking, pattern=pattern, confidence=90, labels=["phishing"])
        record |= {"modified": instant(time.time() - 60), "created_by_ref": OWN} | properties
        self.node.submit(msgspec.json.encode(record))
        return record

    def save(self, **properties: Any) -> None:
        self.outputs.save(msgspec.convert({"name": "siem", "form": "taxii", "least": 1} | properties, Output))

    def get(self, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.get(f"/outputs/siem/taxii2/{path}", headers={"Accept": TAXII} | bearer | headers)

    def roll(self, before: Roll = NOBODY, *, now: int = 1, allow: tuple[str, ...] = ()) -> Roll:
        store, clearance = self.node.store, self.node.clearance_of(MEMBER)
        names = [row.id for row in store.changes(clearance, 0, 100).rows if row.type == "indicator"]
        return enrolled(before, store, clearance, names, now, (allowing(allow),))


OBJECTS = "exchange/collections/output-siem/objects/"


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


def values(objects: list[dict[str, Any]]) -> list[str]:
    return [each["pattern"].split("'")[1] for each in objects]


def test_the_client_that_everybody_uses_reads_it_page_by_page(place: Place) -> None:
    for number in range(5):
        place.add(f"evil{number}.example", GREEN)
    place.add("other.example", labels=["scan"])
    place.save(search="tag:phishing")
    minted = place.outputs.grant("siem", MEMBER, "a SIEM")
    with Server(f"{place.url}/outputs/siem/taxii2/", user="token", password=minted.text) as server:
        (found,) = server.default.collections
        assert (found.title, found.can_read, found.can_write) == ("siem", True, False)
        pages = [page["objects"] for page in as_pages(found.get_objects, per_request=3)]
        assert [len(page) for page in pages] == [3, 2]
        objects = [each for page in pages for each in page]
        assert sorted(values(objects)) == [f"evil{number}.example" for number in range(5)]
        entries = found.get_manifest()["objects"]
        assert [each["id"] for each in entries] == [each["id"] for each in objects]
        later = found.get_objects(added_after=entries[3]["date_added"])["objects"]
        assert [each["id"] for each in later] == [entries[4]["id"]]
        assert found.get_objects(added_after=entries[4]["date_added"]) == {}
        assert found.object_versions(entries[0]["id"])["versions"] == [entries[0]["version"]]
        assert found.get_object(entries[0]["id"])["objects"] == objects[:1]
        assert found.get_objects(type="report") == {}


def test_a_reader_gets_only_what_its_organisation_may_see(place: Place) -> None:
    place.add("open.example")
    place.add("members.example", GREEN)
    place.save()
    minted = place.outputs.grant("siem", MEMBER, "a SIEM")
    assert sorted(values(place.get(OBJECTS, minted.text).json()["objects"])) == ["members.example", "open.example"]
    assert values(place.get(OBJECTS).json()["objects"]) == ["open.example"]


def test_its_token_opens_nothing_else_and_is_ended_at_once(place: Place) -> None:
    place.save()
    place.outputs.save(Output(name="list", form="plain"))
    minted = place.outputs.grant("siem", MEMBER, "a SIEM")
    bearer = {"Authorization": f"Bearer {minted.text}", "Accept": TAXII}
    assert place.get("", minted.text).status_code == 200
    for path in ("/taxii2/exchange/collections/", "/api/v1/me"):
        assert place.client.get(path, headers=bearer).status_code == 401
    for path in ("/outputs/list", "/outputs/list/taxii2/", "/outputs/none/taxii2/", "/outputs/siem/other"):
        assert place.client.get(path, headers=bearer).status_code == 404
    assert place.client.get("/outputs/list/taxii2/", headers={"Accept": TAXII}).status_code == 404
    assert place.outputs.revoke(minted.id)
    refused = place.get(OBJECTS, minted.text)
    assert (refused.status_code, refused.headers["content-type"]) == (401, TAXII)


def test_what_a_program_has_is_not_sent_again(place: Place) -> None:
    place.add("open.example")
    place.save()
    first = place.get(OBJECTS)
    again = place.get(OBJECTS, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    notes = [row for row in place.node.store.audit_rows() if row.action == "release"]
    assert [(row.subject, row.detail.split()[0]) for row in notes] == [("output siem", "1")]


def test_threshold_size_and_lists_hold_as_in_every_output(place: Place) -> None:
    for number, confidence in enumerate((90, 80, 10)):
        place.add(f"evil{number}.example", confidence=confidence)
    place.add("ours.example")
    place.save(allow=("ours.example",), least=20)
    assert sorted(values(place.get(OBJECTS).json()["objects"])) == ["evil0.example", "evil1.example"]
    place.save(allow=("ours.example",), least=20, limit=1)
    assert values(place.get(OBJECTS).json()["objects"]) == ["evil0.example"]


def test_an_indicator_that_names_an_allowed_value_besides_is_not_given(place: Place) -> None:
    place.add("[domain-name:value = 'evil.example' OR domain-name:value = 'ours.example']")
    place.add("[domain-name:value = 'ours.example' AND file:name = 'evil-thing.exe']")
    both = place.add("[domain-name:value = 'evil.example' AND file:name = 'evil-thing.exe']")
    assert len(place.roll().members) == 3
    assert [each.id for each in place.roll(allow=("ours.example",)).members] == [both["id"]]


def test_each_is_added_when_it_begins_to_pass_and_a_revocation_is_told(place: Place) -> None:
    first = place.add("first.example")
    before = place.roll(now=1_000_000)
    assert place.roll(before, now=2_000_000) == before
    second = place.add("second.example")
    after = place.roll(before, now=3_000_000)
    assert [(each.id, each.added) for each in after.members] == [(first["id"], 1_000_000), (second["id"], 3_000_000)]
    place.node.submit(msgspec.json.encode(first | {"modified": instant(time.time()), "revoked": True}))
    told = place.roll(after, now=4_000_000)
    assert [(each.id, each.added, each.revoked) for each in told.members] == [
        (second["id"], 3_000_000, False),
        (first["id"], 4_000_000, True),
    ]
    assert first["id"] not in {each.id for each in place.roll(now=5_000_000).members}, "who never had it is not told"
    assert len(place.roll(told, now=91 * 86_400_000_000).members) == 1


def test_what_is_taken_back_is_not_given_though_the_output_is_not_made_anew(place: Place) -> None:
    record = place.add("open.example")
    place.save()
    assert place.get(OBJECTS).json()["objects"]
    place.node.submit(msgspec.json.encode(record | {"modified": instant(time.time()), "object_marking_refs": [GREEN]}))
    assert place.get(OBJECTS).json() == {}
    assert place.get(f"{OBJECTS}{record['id']}/").status_code == 404


def test_odd_requests_are_refused_in_words_of_taxii(place: Place) -> None:
    place.save()
    for path, status in (
        (f"{OBJECTS}?limit=0", 400),
        (f"{OBJECTS}?next=abc", 400),
        (f"{OBJECTS}?match[kind]=x", 400),
        ("exchange/collections/all/", 404),
        ("exchange/status/1/", 404),
        (f"{OBJECTS}indicator--1/", 404),
    ):
        answer = place.get(path)
        assert (answer.status_code, answer.json()["http_status"]) == (status, str(status))
    assert place.get(OBJECTS, Accept="text/html").status_code == 406
    assert place.get(OBJECTS, "egn_aaaaaaaaaaaa_" + "a" * 43).status_code == 401
    assert place.client.post(f"/outputs/siem/taxii2/{OBJECTS}", json={"objects": [{}]}).status_code == 405


def test_a_collection_survives_the_process_and_goes_with_its_output(place: Place) -> None:
    place.add("open.example")
    place.save()
    first = place.get(f"{OBJECTS}".replace("objects", "manifest")).json()
    output = place.outputs.outputs.get("siem")
    assert output is not None
    again = asyncio.run(Maker(place.node).make(output, None))
    assert [each.id for each in again.roll.members] == [each["id"] for each in first["objects"]]
    assert list(place.outputs.rolls.all()) == ["siem public"]
    place.outputs.remove("siem")
    assert place.outputs.rolls.all() == {}


def test_the_collection_has_one_name_wherever_it_is_asked(place: Place) -> None:
    place.save()
    (found,) = place.get("exchange/collections/").json()["collections"]
    client = Collection(f"{place.url}/outputs/siem/taxii2/exchange/collections/{found['id']}/")
    assert client.get_objects() == {}
    client.close()
