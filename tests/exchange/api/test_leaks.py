"""No surface tells a reader of a record that policy denies it: not its content, not its count, not that it is there."""

import re
import threading
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx
import msgspec
import pytest
from tests.exchange.served import Served, indicator, served

from egnatia.exchange import caller
from egnatia.exchange.submission import Right, Submitter
from egnatia.policy import AgreementInForce, Clearance, Standing, decide
from egnatia.record.marking import AUDIENCE_EXTENSION, TLP2_IDS
from egnatia.store.database import Database
from egnatia.store.indexer import THREAD as INDEXER
from egnatia.store.link import Link

COUNT = 120
ORGANISATIONS = [f"identity--00000000-0000-4000-8000-{number:012x}" for number in range(1, 7)]
GROUPS = [f"identity--00000000-0000-4000-8000-{number:012x}" for number in (0xA1, 0xA2)]
ABSENT = "indicator--00000000-0000-4000-8000-ffffffffffff"
IDS = re.compile(rb"(?:indicator|relationship)--[0-9a-f-]{36}")
ROOT = "/taxii2/exchange/collections/all"
ONE_RECORD = (
    "/api/v1/records/{}",
    "/api/v1/records/{}/versions",
    "/api/v1/records/{}/neighbours",
    "/api/v1/records/{}/explain",
    "/api/v1/records/{}/receipts",
    f"{ROOT}/objects/{{}}/",
    f"{ROOT}/objects/{{}}/versions/",
    f"{ROOT}/objects/?match[id]={{}}",
    f"{ROOT}/manifest/?match[id]={{}}&match[version]=all",
)
"""The addresses that name one record."""


def _standings(random: Random) -> dict[str, Standing]:
    """Organisations that are members or not, in groups or not, with agreements between some."""
    agreements = [
        AgreementInForce(
            f"sharing-agreement--00000000-0000-4000-8000-{number:012x}", frozenset(random.sample(ORGANISATIONS, 2))
        )
        for number in range(6)
    ]
    return {
        organisation: Standing(
            organisation,
            member=random.random() < 0.6,
            groups=frozenset(group for group in GROUPS if random.random() < 0.4),
            agreements=tuple(each for each in agreements if organisation in each.parties),
        )
        for organisation in ORGANISATIONS
    }


def _audience(owner: str, number: int, recipients: list[str]) -> bytes:
    """A marking of the owner that names recipients; none of them for an empty audience."""
    named = {"recipient_refs": recipients} if recipients else {}
    return msgspec.json.encode(
        {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": f"marking-definition--00000000-0000-4000-8000-{number:012x}",
            "created": "2026-01-01T00:00:00.000Z",
            "created_by_ref": owner,
            "extensions": {AUDIENCE_EXTENSION: {"extension_type": "property-extension", **named}},
        }
    )


def _relationship(number: int, source: int, target: int) -> bytes:
    return msgspec.json.encode(
        {
            "type": "relationship",
            "spec_version": "2.1",
            "id": f"relationship--00000000-0000-4000-8000-{number:012x}",
            "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z",
            "relationship_type": "related-to",
            "source_ref": f"indicator--00000000-0000-4000-8000-{source:012x}",
            "target_ref": f"indicator--00000000-0000-4000-8000-{target:012x}",
        }
    )


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Records of six organisations under random markings and audiences, joined by relationships."""
    random = Random(20261123)  # noqa: S311  the same records in every run
    with served(tmp_path_factory.mktemp("leaks"), standings=_standings(random)) as running:
        tlps = list(TLP2_IDS)
        for number in range(COUNT):
            owner = random.choice(ORGANISATIONS)
            applied = random.sample(tlps, random.choice((0, 1, 1, 1, 2)))
            if random.random() < 0.4:
                recipients = random.sample([*ORGANISATIONS, *GROUPS], random.choice((0, 1, 2, 3)))
                running.node.submit(_audience(owner, number, recipients), owner=owner)
                applied.append(f"marking-definition--00000000-0000-4000-8000-{number:012x}")
            body = indicator(number, name=f"common word {number}", pattern="[domain-name:value = 'same.example']")
            running.node.submit(body, owner=owner, applied=applied)
        for number in range(COUNT // 2):
            owner = random.choice(ORGANISATIONS)
            body = _relationship(number, *random.sample(range(COUNT), 2))
            running.node.admission.submit([body], _submitter(owner)).result(30)
        assert running.node.store.indexer.wait_for(running.node.store.position())
        yield running


def _submitter(owner: str) -> Submitter:
    return Submitter(owner, "test", frozenset(Right))


def truth(exchange: Served, reader: str | None) -> tuple[set[bytes], set[bytes]]:
    """The ids that the rule allows the reader, and those that it denies."""
    allowed, every = set(), set()
    for owner in ORGANISATIONS:
        page = exchange.node.store.changes(Clearance((Standing(owner),)), 0, 10_000)
        for row in page.rows:
            if row.owner == owner and row.type != "marking-definition":
                every.add(row.id.encode())
                if decide(row.label, exchange.node.clearance_of(reader)).allowed:
                    allowed.add(row.id.encode())
    return allowed, every - allowed


def owns(content: bytes) -> set[bytes]:
    """The ids of the objects in an answer (not those that its objects refer to)."""
    return set(re.findall(rb'"id":"((?:indicator|relationship)--[0-9a-f-]{36})"', content))


@pytest.mark.parametrize("reader", [*ORGANISATIONS, None])
def test_every_list_agrees_with_the_rule(exchange: Served, reader: str | None) -> None:
    allowed, denied = truth(exchange, reader)
    assert denied
    everything = {"limit": "1000", "match[version]": "all", "match[type]": "indicator,relationship"}
    with exchange.client(reader) as client:
        assert owns(client.get(f"{ROOT}/objects/", params=everything).content) == allowed
        assert owns(client.get(f"{ROOT}/manifest/", params=everything).content) == allowed
        pages = _paged(client, f"{ROOT}/objects/", everything)
        assert [len(page) for page in pages[:-1]] == [7] * (len(pages) - 1)
        assert set().union(*pages) == allowed
        assert owns(client.get("/api/v1/changes?limit=1000&type=indicator&type=relationship").content) == allowed
        found = client.get("/api/v1/search", params={"q": "common word", "limit": 1000}).content
        assert owns(found) == {each for each in allowed if each.startswith(b"indicator")}
        valued = client.get("/api/v1/values", params={"value": "same.example", "limit": 1000}).content
        assert owns(valued) == {each for each in allowed if each.startswith(b"indicator")}


def _paged(client: httpx.Client, url: str, parameters: dict[str, str]) -> list[set[bytes]]:
    pages: list[set[bytes]] = []
    following: dict[str, str] = {}
    while True:
        answer = client.get(url, params={**parameters, "limit": "7", **following})
        pages.append(owns(answer.content))
        envelope = answer.json()
        if not envelope.get("more"):
            return pages
        following = {"next": envelope["next"]}


@pytest.mark.parametrize("reader", [*ORGANISATIONS[:3], None])
def test_a_denied_record_is_answered_exactly_as_one_that_is_not_there(exchange: Served, reader: str | None) -> None:
    allowed, denied = truth(exchange, reader)
    with exchange.client(reader) as client:
        for path in ONE_RECORD:
            absent = client.get(path.format(ABSENT))
            for record in sorted(denied)[::5]:
                answer = client.get(path.format(record.decode()))
                assert (answer.status_code, answer.content) == (absent.status_code, absent.content), path
                assert _comparable(answer) == _comparable(absent)
        for record in sorted(allowed)[::5]:
            answer = client.get(f"/api/v1/records/{record.decode()}/neighbours")
            assert owns(answer.content) <= allowed
            others = [each["record"] for each in answer.json()["records"] if each["owner"] != reader]
            named = set(IDS.findall(msgspec.json.encode(others)))
            assert not named & denied, "a relationship goes where both its ends may go"


def _comparable(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


@pytest.mark.parametrize("reader", [ORGANISATIONS[1], None])
def test_a_denied_record_takes_no_other_work_than_one_that_is_not_there(
    exchange: Served, reader: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked of the database is the same to the statement, so that the time of an answer tells nothing."""
    _, denied = truth(exchange, reader)
    asked: list[str] = []
    rows = Database.rows

    def noting(self: Database, link: Link, template: str, **values: Any) -> list[Any]:
        indexing = threading.current_thread().name == INDEXER  # it looks at the log once a second, whoever asks what
        if not indexing and "data_version" not in template and "FROM state" not in template:  # whether another wrote
            asked.append(template)
        return rows(self, link, template, **values)

    monkeypatch.setattr(Database, "rows", noting)
    monkeypatch.setattr(caller, "FRESH_SECONDS", 3_600)  # the token is not asked for once more between two answers
    with exchange.client(reader) as client:
        client.get("/api/v1/me")
        for path in ONE_RECORD:
            client.get(path.format(ABSENT))
            asked.clear()
            client.get(path.format(ABSENT))
            absent = list(asked)
            for record in sorted(denied)[::20]:
                asked.clear()
                client.get(path.format(record.decode()))
                assert asked == absent, path
