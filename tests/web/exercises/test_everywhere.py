"""Every page, feed and answer that a node gives is asked from outside of an exercise, by those who play in it too:
nothing of what is played is in any of them, and nothing is counted otherwise than before."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import msgspec
import pytest
from litestar.routes import HTTPRoute
from tests.cyber.exercises.playing import SMALL, act, game, incident, who
from tests.exchange.gate import indicator
from tests.web.exercises.test_exercises import AL, CLEAR, OUT, RS, token_of
from tests.web.house import House, housed

from egnatia.cyber.exercises.conductor import conduct
from egnatia.cyber.exercises.exercises import Plan, within
from egnatia.exchange.api.app import app
from egnatia.exchange.formats.conversion import instant
from egnatia.web.mount import pages
from egnatia.web.notices.telling import Teller
from egnatia.web.permission import Role

SECRET: Final = re.compile(
    rb"harlekin|203\.0\.113\.7|file server (shows|stands)|proxy saw|0\.113%2E7|the team was calm", re.IGNORECASE
)
"""What only the exercise says."""

ASKED: Final = (
    "/feed?all=true", "/search?q=Zvekir", "/search?q=domain", "/search/suggest?q=zve", "/search/suggest?q=harl",
    "/intel?q=Zvekir", "/intel?q=type:indicator", "/intel/matrix?whole=true", "/intel/landscape?since=2020-01-01",
    "/intel/lookalikes", "/public/en/search?q=Zvekir", "/api/v1/search?q=Zvekir", "/api/v1/records?type=indicator",
    "/incidents/summary/csv", "/incidents/summary/json", "/cases?open=no", "/cases/due?days=9999",
)  # fmt: skip
COUNTED: Final = (
    "/search?q=Zvekir", "/intel?q=type:indicator", "/intel/matrix?whole=true", "/intel/landscape?since=2020-01-01",
    "/incidents", "/incidents/summary/csv", "/cases", "/cases/due", "/feed?all=true", "/notices",
    "/search/suggest?q=zve",
)  # fmt: skip
ENDLESS: Final = re.compile(r"stream|/events|/live")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("everywhere")) as made:
        for organisation, name, economy in (
            (AL, "CSIRT of Albania", "AL"),
            (RS, "CSIRT of Serbia", "RS"),
            (OUT, "A bank", "ME"),
        ):
            made.node.host(organisation, name, economy)
        real = indicator(CLEAR, name="Zvekir", pattern="[domain-name:value = 'zvekir.example']", labels=["T1486"])
        made.submit(msgspec.json.encode(real))
        yield made


def _settled(house: House) -> None:
    assert house.node.store.indexer.wait_for(house.node.store.position())
    house.node.casework.catch_up()


def counts(house: House, organisation: str) -> dict[str, list[str]]:
    """The words of the pages that count or list, without what passes by itself."""
    found = {}
    with house.visitor(*Role, organisation=organisation) as client:
        for path in COUNTED:
            text = re.sub(r"<(script|style).*?</\1>", "", client.get(path).text, flags=re.DOTALL)
            text = re.sub(r'name="csrf" value="[^"]*"|after=\d+|position=\d+|\d+ (second|minute)s? ago', "", text)
            found[path] = re.sub(r"<[^>]+>", " ", text).split()
    return found


def played(house: House) -> dict[str, str]:
    """An exercise with a case, findings, a shared indicator, a sighting, a report and a note; ids by kind."""
    node = house.node
    word = node.exercises.plan(who(node.own), Plan(text=SMALL, cast={"albania": (AL,), "serbia": (RS,)}))
    node.exercises.do(who(node.own), word, "begin")
    for _ in range(2):
        node.exercises.do(who(node.own), word, "skip", minutes=30)
        conduct(node.exercises, datetime.now(UTC))
    node.exercises.do(who(node.own), word, "hold")
    case = incident(node, word, RS, national_csirt=AL)
    act(
        node,
        word,
        case,
        RS,
        "set",
        aware_at="2027-03-04T08:10:00Z",
        severity="red",
        kind="incident",
        sectors=["energy"],
    )
    act(node, word, case, RS, "submit", "early-warning", suspected_malicious=True, cross_border=True)
    act(node, word, case, RS, "comment", node.own)
    at = instant(datetime.now(UTC).timestamp() - 60)
    pattern = "[domain-name:value = 'harlekin.example']"
    made = indicator(CLEAR, name="Zvekir harlekin", pattern=pattern, labels=["T1486"], valid_from=at, confidence=95)
    shared = {
        "spec_version": "2.1",
        "created": at,
        "modified": at,
        "created_by_ref": AL,
        "object_marking_refs": [CLEAR],
    }
    sighting = {
        **shared,
        "type": "sighting",
        "id": f"sighting{made['id'].removeprefix('indicator')}",
        "sighting_of_ref": made["id"],
        "count": 7,
    }
    report = {**shared, "type": "report", "id": f"report{made['id'].removeprefix('indicator')}", "name": "Harlekin",
              "published": at, "object_refs": [made["id"]]}  # fmt: skip
    player = msgspec.structs.replace(within(who(AL), word), marking=node.exercises.marking(word))
    bodies = [msgspec.json.encode({**each, "created_by_ref": AL}) for each in (made, sighting, report)]
    assert not node.admission.submit(bodies, player).result(20).refused
    node.exercises.note(who(node.own), word, "The team was calm.", kind="score", expectation="calm", score=80)
    given = [ref for each in game(node, word, node.own).received for ref in each.refs]
    return {"word": word, "case": case, "indicator": made["id"], "report": report["id"], "found": given[0]}


def routes(house: House) -> list[str]:
    """Every address that answers a GET, as its pattern."""
    whole = app(house.node, extra=pages(house.node, entrance=house.door))
    found = {each.path_format for each in whole.routes if isinstance(each, HTTPRoute) and "GET" in each.methods}
    return sorted(each for each in found if not ENDLESS.search(each))


def filled(pattern: str, ids: Mapping[str, str]) -> set[str]:
    """The addresses that a pattern leads to with what was played in the place of its names."""
    if "{" not in pattern:
        return {pattern}
    names: Mapping[str, Any] = {"word": ids["word"], "case": ids["case"], "lang": "en"}

    def address(id_: str) -> str:
        return re.sub(r"\{(\w+)[^}]*\}", lambda found: names.get(found[1], id_), pattern)

    return {address(each) for each in ids.values()}


def test_nothing_that_is_played_is_told_or_counted_outside(house: House) -> None:
    everybody = (house.node.own, AL, RS, OUT)
    teller = Teller(house.node)
    people = [house.account(*Role, organisation=each) for each in everybody]
    assert len(people) == len(everybody)
    teller.once()
    _settled(house)
    before = {each: counts(house, each) for each in everybody}
    ids = played(house)
    _settled(house)
    teller.once()
    found = routes(house)
    assert {"/feed", "/intel/matrix", "/notices"} <= set(found)
    assert any(each.startswith("/public") for each in found)
    paths = sorted({each for pattern in found for each in filled(pattern, ids)} | set(ASKED))
    leaks, reached = [], 0
    for organisation in (*everybody, None):
        with house.visitor(*(Role if organisation else ()), organisation=organisation) as client:
            token = token_of(house, organisation) if organisation else {}
            for path in paths:
                asked = {"headers": token} if path.startswith(("/api", "/taxii2")) else {}
                try:
                    answer = client.get(path, timeout=20, **asked)  # type: ignore[arg-type]  # what httpx takes
                except httpx.ReadTimeout:
                    pytest.fail(f"{path} does not end: it is a stream, and belongs among the endless ones")
                reached += answer.status_code == 200
                if SECRET.search(answer.content) and "harl" not in path.lower():
                    leaks.append(f"{organisation} {path} {SECRET.search(answer.content)}")
    assert leaks == []
    assert reached > 200, "the pages were really there"
    after = {each: counts(house, each) for each in everybody}
    for each in everybody:
        for path in COUNTED:
            assert after[each][path] == before[each][path], (each, path)


def test_nobody_is_written_to_of_what_is_played(house: House) -> None:
    teller = Teller(house.node)
    account = house.account(*Role, organisation=AL)
    teller.once()
    played(house)
    _settled(house)
    teller.once()
    now = int(datetime.now(UTC).timestamp() * 1_000_000) + 1
    for queue in (house.node.outbox.mail, house.node.outbox.calls):
        while claimed := queue.claim(now, now + 10**15):
            assert not SECRET.search(msgspec.json.encode(claimed[1])), account.name
