"""Pages of adversaries: what is known of them for this reader, found by any of their names."""

import time
from collections.abc import Iterator

import pytest
from tests.web.house import House, housed
from tests.web.telling import ALBANIA, GREEN, RED, neighbours, record

from egnatia.exchange.formats.conversion import instant
from egnatia.web.permission import Role

ACTOR = "intrusion-set--11111111-1111-4111-8111-111111111111"
CAMPAIGN = "campaign--22222222-2222-4222-8222-222222222222"
TECHNIQUE = "attack-pattern--33333333-3333-4333-8333-333333333333"
SIGN = "indicator--44444444-4444-4444-8444-444444444444"
SECRET = "threat-actor--55555555-5555-4555-8555-555555555555"
NOW = instant(time.time() - 60)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)
        phase = [{"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}]
        number = [{"source_name": "mitre-attack", "external_id": "T1566"}]
        found.submit(
            record("intrusion-set", GREEN, id=ACTOR, name="Stone <i>Marten</i>", aliases=["Куна белица"],
                   primary_motivation="ideology"),
            record("threat-actor", RED, id=SECRET, name="A secret actor"),
            record("campaign", GREEN, id=CAMPAIGN, name="Winter road"),
            record("attack-pattern", GREEN, id=TECHNIQUE, name="Phishing", kill_chain_phases=phase,
                   external_references=number),
            record("indicator", GREEN, id=SIGN, modified=NOW, confidence=90,
                   pattern="[domain-name:value = 'evil.example']"),
        )  # fmt: skip

        def link(source: str, verb: str, target: str, marking: str = GREEN) -> bytes:
            ends = {"relationship_type": verb, "source_ref": source, "target_ref": target}
            return record("relationship", marking, **ends)

        found.submit(
            link(CAMPAIGN, "attributed-to", ACTOR),
            link(CAMPAIGN, "uses", TECHNIQUE),
            link(SIGN, "indicates", CAMPAIGN),
            link(CAMPAIGN, "attributed-to", SECRET, RED),
        )
        assert found.node.store.indexer.wait_for(found.node.store.position())
        yield found


def ask(house: House, path: str, status: int = 200, organisation: str | None = None) -> str:
    with house.visitor(Role.READER, organisation=organisation) as visitor:
        answer = visitor.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def test_adversaries_are_listed_and_found_by_any_name(house: House) -> None:
    listed = ask(house, "/intel/actors", organisation=ALBANIA)
    assert "Stone &lt;i&gt;Marten&lt;/i&gt;" in listed
    assert "A secret actor" not in listed
    assert "Winter road" not in ask(house, "/intel/actors?kind=intrusion-set")
    assert "Marten" in ask(house, "/intel/actors?q=kuna+belica")
    assert "Nothing that you may see is called so" in ask(house, "/intel/actors?q=secret", organisation=ALBANIA)


def test_a_page_holds_what_is_known_and_nothing_hidden(house: House) -> None:
    page = ask(house, f"/intel/actors/{ACTOR}", organisation=ALBANIA)
    for words in ("Куна белица", "Winter road", "T1566", "Ideology", "evil[.]example"):
        assert words in page, words
    campaign = ask(house, f"/intel/actors/{CAMPAIGN}", organisation=ALBANIA)
    assert "Marten" in campaign
    assert "A secret actor" not in campaign
    assert "A secret actor" in ask(house, f"/intel/actors/{CAMPAIGN}")
    for nothing in (SECRET, TECHNIQUE, "nothing", "intrusion-set--00000000-0000-4000-8000-000000000000"):
        ask(house, f"/intel/actors/{nothing}", 404, ALBANIA)
