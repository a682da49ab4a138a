"""What bears a word that seems to restrict stays at TLP:RED until a person of the house says what the word means."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.exchange import gate
from tests.exchange.formats.events import LATER, attribute, event
from tests.web.house import House, csrf_of, housed
from tests.web.telling import ALBANIA, neighbours

from egnatia.cyber.intel.giving import Conflicts
from egnatia.cyber.intel.held import Understood, Waiting, decide, settle
from egnatia.cyber.intel.source import Source, Sources
from egnatia.cyber.intel.tapping import run
from egnatia.exchange.formats.bringing import Bringing
from egnatia.exchange.formats.listing import ListMapping, read_list
from egnatia.exchange.formats.misp import Terms
from egnatia.exchange.formats.misp.server import Sent
from egnatia.exchange.four_eyes import FourEyes, Rule
from egnatia.exchange.notice import Kind, Notices
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.policy import Tlp
from egnatia.web.notices.telling import Teller
from egnatia.web.permission import Role

UUIDS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
SOURCE = Source(name="partner", kind="misp", url="https://partner.example/events.json")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        neighbours(found)
        Sources(found.node.store).save(SOURCE)
        yield found


def events(*tags: str, **more: Any) -> list[dict[str, Any]]:
    return [
        event(attribute("domain", f"evil{place}.example", place), tags=tags, uuid=uuid, info=f"Wave <{place}>", **more)
        for place, uuid in enumerate(UUIDS)
    ]


def read(house: House, content: object, source: Source = SOURCE) -> None:
    document = content if isinstance(content, bytes) else json.dumps(content).encode()
    handler = httpx.MockTransport(lambda _: httpx.Response(200, content=document))
    with httpx.Client(transport=handler, base_url=source.url) as client:
        assert run(house.node, source, client=client).error == ""


def tlps(house: House, kind: str = "indicator") -> list[Tlp]:
    rows = house.node.store.changes(house.node.clearance_of(house.node.own), 0, 1_000).rows
    newest = {row.id: row for row in rows if row.type == kind}
    return sorted(row.label.tlp for row in newest.values())


def seen_by_albania(house: House) -> str:
    return b" ".join(
        row.body for row in house.node.store.changes(house.node.clearance_of(ALBANIA), 0, 1_000).rows
    ).decode()


def page(house: House, *roles: Role, organisation: str | None = None, path: str = "/intel/held") -> httpx.Response:
    with house.visitor(*(roles or (Role.PUBLISHER,)), organisation=organisation) as visitor:
        return visitor.get(path)


def decided(house: House, word: str, meaning: str, key: str = "", role: Role = Role.PUBLISHER) -> httpx.Response:
    with house.visitor(role) as visitor:
        token = csrf_of(visitor.get("/intel/held").text) or csrf_of(visitor.get("/feed").text)
        form = {"csrf": token, "source": "partner", "word": word, "meaning": meaning or "nothing", "key": key}
        return visitor.post("/intel/held/decide", data=form)


def test_an_empty_queue_says_what_would_stand_there(house: House) -> None:
    assert "Nothing is held" in page(house).text


def test_a_decision_frees_everything_with_the_word_and_is_remembered_for_the_source(house: House) -> None:
    read(house, events("tlp:green", "Intern"))
    assert tlps(house) == [Tlp.RED, Tlp.RED]
    assert "evil" not in seen_by_albania(house)
    text = page(house).text
    assert "“Intern”" in text
    assert "Wave &lt;0&gt;" in text
    assert "evil0" not in page(house, Role.READER).text
    assert "2 documents are held at TLP:RED" in page(house, Role.ADMINISTRATOR, path="/intel/sources").text
    assert decided(house, "intern", "").status_code == 303
    assert tlps(house) == [Tlp.GREEN, Tlp.GREEN]
    assert seen_by_albania(house).count("evil0.example") >= 1
    assert "Nothing is held" in page(house).text
    assert "Remembered" in page(house).text
    read(house, events("tlp:green", "Intern", timestamp=LATER))
    assert set(tlps(house)) == {Tlp.GREEN}
    assert "restriction" in page(house, Role.AUDITOR, path="/audit").text
    before = house.node.store.position()
    read(house, events("tlp:green", "Intern", timestamp=LATER))
    assert house.node.store.position() == before, "what was decided is the same when it is read again"


def test_one_document_is_freed_alone(house: House) -> None:
    read(house, events("tlp:green", "Intern"))
    assert decided(house, "Intern", "tlp:amber", key=UUIDS[1]).status_code == 303
    assert tlps(house) == [Tlp.AMBER, Tlp.RED]
    assert "Wave &lt;0&gt;" in page(house).text
    read(house, events("tlp:green", "Intern", timestamp=LATER))
    assert tlps(house) == [Tlp.AMBER, Tlp.RED]


def test_the_strictest_counts_and_another_word_still_holds(house: House) -> None:
    read(house, events("tlp:amber", "Intern", "nato:restricted"))
    decided(house, "Intern", "tlp:clear")
    assert set(tlps(house)) == {Tlp.RED}
    assert "nato:restricted" in page(house).text
    assert "What “Intern” means" not in page(house).text
    decided(house, "nato:restricted", "pap:red")
    assert set(tlps(house)) == {Tlp.AMBER}


def test_a_word_never_opens_what_the_distribution_closes(house: House) -> None:
    read(house, events("tlp:clear", "Intern", distribution="0"))
    decided(house, "Intern", "tlp:clear")
    assert "evil" not in seen_by_albania(house)


def test_a_word_on_one_attribute_is_found_where_it_stands(house: House) -> None:
    one = attribute("domain", "quiet.example", 7, Tag=[{"name": "members only"}])
    read(house, event(attribute("domain", "loud.example", 8), one))
    assert tlps(house) == [Tlp.CLEAR, Tlp.RED]
    assert "domain: quiet.example" in page(house).text.replace("[.]", ".")
    decided(house, "members only", "tlp:green")
    assert tlps(house) == [Tlp.CLEAR, Tlp.GREEN]


def test_nobody_decides_who_may_not(house: House) -> None:
    read(house, events("Intern"))
    assert decided(house, "Intern", "tlp:clear", role=Role.ANALYST).status_code == 403
    assert decided(house, "Intern", "tlp:pink").status_code == 400
    assert decided(house, "unheard of", "tlp:clear").status_code == 404
    assert page(house, Role.PUBLISHER, organisation=ALBANIA).status_code == 403
    with house.visitor(Role.PUBLISHER) as visitor:
        form = {"csrf": "x", "source": "partner", "word": "Intern", "meaning": "nothing"}
        assert visitor.post("/intel/held/decide", data=form).status_code == 403
    assert set(tlps(house)) == {Tlp.RED}


def test_under_four_eyes_another_person_agrees(house: House) -> None:
    FourEyes(house.node.store).set(house.node.own, Rule.OTHERS)
    read(house, events("tlp:green", "Intern"))
    with house.visitor(Role.PUBLISHER) as first, house.visitor(Role.PUBLISHER) as second:
        token = csrf_of(first.get("/intel/held").text)
        form = {"csrf": token, "source": "partner", "word": "Intern", "meaning": "nothing"}
        first.post("/intel/held/decide", data=form)
        assert set(tlps(house)) == {Tlp.RED}
        place = re.search(r"/intel/held/agree/([0-9a-f]+)", second.get("/intel/held").text)
        assert place is not None
        assert place[0] not in first.get("/intel/held").text
        assert first.post(place[0], data={"csrf": token}).status_code == 400
        assert second.post(place[0], data={"csrf": csrf_of(second.get("/intel/held").text)}).status_code == 303
    assert set(tlps(house)) == {Tlp.GREEN}


def test_a_forgotten_decision_counts_no_more(house: House) -> None:
    read(house, events("tlp:green", "Intern"))
    decided(house, "Intern", "")
    with house.visitor(Role.PUBLISHER) as visitor:
        text = visitor.get("/intel/held").text
        place = re.search(r"/intel/held/forget/[0-9a-f]+", text)
        assert place is not None
        assert visitor.post(place[0], data={"csrf": csrf_of(text)}).status_code == 303
    read(house, events("tlp:green", "Intern", timestamp=LATER))
    assert set(tlps(house)) == {Tlp.RED}


def test_a_list_is_read_anew_once_somebody_has_decided(house: House) -> None:
    mapping = ListMapping(name="bank list", form="csv", value="1", tlp_column="2", tlp="green")
    source = Source(name="partner", kind="list", url="https://list.example/x.csv", mapping=mapping)
    Sources(house.node.store).save(source)
    read(house, b"evil.example,Samo za banke: interno\n", source)
    assert tlps(house) == [Tlp.RED]
    assert decided(house, "Samo za banke: interno", "tlp:amber").status_code == 303
    assert source in Sources(house.node.store).due(0)
    read(house, b"evil.example,Samo za banke: interno\n", source)
    assert tlps(house) == [Tlp.AMBER]
    assert not Waiting(house.node.store).held.all()


STIX = Source(name="partner", kind="stix", url="https://partner.example/bundle.json")
FOREIGN = "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37"


def bundle(*objects: dict[str, Any]) -> bytes:
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": list(objects)}).encode()


def labelled(*labels: str, marking: str = gate.GREEN, **more: Any) -> dict[str, Any]:
    made = gate.indicator(marking, labels=list(labels), name="Wave <1>", **more)
    del made["created_by_ref"]
    return made


def test_a_label_of_a_stix_object_is_held_and_freed_as_a_tag_is(house: House) -> None:
    one, two = labelled("Internal use only"), labelled("botnet")
    read(house, bundle(one, two), STIX)
    assert tlps(house) == [Tlp.GREEN, Tlp.RED]
    assert one["id"] not in seen_by_albania(house)
    text = page(house).text
    assert "“Internal use only”" in text
    assert "Wave &lt;1&gt;" in text
    assert f"/records/{one['id']}" in text
    assert decided(house, "internal use only", "tlp:amber").status_code == 303
    assert tlps(house) == [Tlp.GREEN, Tlp.AMBER]
    assert "Nothing is held" in page(house).text
    before = house.node.store.position()
    read(house, bundle(one, two), STIX)
    assert house.node.store.position() == before, "the same document says nothing new"
    assert Sources(house.node.store).health("partner").refused == 0
    read(house, bundle(one | {"modified": "2026-02-01T00:00:00.000Z", "revoked": True}), STIX)
    assert tlps(house) == [Tlp.GREEN, Tlp.AMBER], "what was decided counts for what comes later"


def test_what_a_stix_object_says_no_more_is_held_no_more(house: House) -> None:
    one = labelled("confidential")
    read(house, bundle(one), STIX)
    read(house, bundle(one | {"labels": ["botnet"], "modified": "2026-02-01T00:00:00.000Z"}), STIX)
    assert "Nothing is held" in page(house).text
    assert tlps(house) == [Tlp.GREEN]


def test_an_observable_comes_in_once_somebody_has_decided(house: House) -> None:
    value = {"type": "domain-name", "id": "domain-name--3c10e93f-798e-5a26-a0c1-08156efab7f5", "spec_version": "2.1",
             "value": "quiet.example", "x_opencti_labels": ["do not share"],
             "object_marking_refs": [gate.GREEN]}  # fmt: skip
    read(house, bundle(value), STIX)
    assert tlps(house, "domain-name") == []
    decided(house, "do not share", "tlp:amber+strict")
    assert tlps(house, "domain-name") == [Tlp.AMBER_STRICT]


def test_a_marking_of_another_program_is_understood_or_held(house: House) -> None:
    strict = {"type": "marking-definition", "spec_version": "2.1", "id": FOREIGN, "created": "2026-01-01T00:00:00.000Z",
              "definition_type": "tlp", "name": "TLP:AMBER+STRICT", "definition": {"tlp": "amber+strict"}}  # fmt: skip
    one = labelled(marking=FOREIGN)
    read(house, bundle(one), STIX)
    assert tlps(house) == [Tlp.RED]
    assert FOREIGN in page(house).text
    read(house, bundle(strict), STIX)
    assert tlps(house) == [Tlp.AMBER_STRICT], "once it is known what came before is read again"
    assert "Nothing is held" in page(house).text
    other = FOREIGN[:-1] + "8"
    said = strict | {"id": other, "definition_type": "statement"}
    said |= {"name": "Police", "definition": {"statement": "Law enforcement only"}}
    read(house, bundle(labelled(marking=other), said), STIX)
    assert tlps(house) == [Tlp.AMBER_STRICT, Tlp.RED]
    assert "Law enforcement only" in page(house).text


@pytest.mark.parametrize(("kind", "version"), [("taxii21", "2.1"), ("taxii20", "2.0")])
def test_what_a_taxii_collection_brings_is_held_too(house: House, kind: Any, version: str) -> None:
    one = labelled("TLP:Schwarz")
    if version == "2.0":
        del one["spec_version"]
    read(house, bundle(one), Source(name="partner", kind=kind, url="https://taxii.example/collections/1"))
    assert tlps(house) == [Tlp.RED]
    decided(house, "tlp:schwarz", "")
    assert tlps(house) == [Tlp.GREEN]


def test_a_list_that_was_imported_by_hand_is_read_again_from_what_was_held(house: House) -> None:
    mapping = ListMapping(name="bank list", form="csv", value="1", tlp_column="2", tlp="green")
    waiting = Waiting(house.node.store)
    submitter = Submitter(house.node.own, "command line", ALL_RIGHTS)
    bringing = Bringing(
        house.node.store, house.node.clearance_of(house.node.own), house.node.own,
        lambda bodies: house.node.admission.submit(bodies, submitter), doubt=waiting.doubt("", Terms()),
    )  # fmt: skip
    bringing.bring([read_list(b"evil.example,Level 3\ngood.example,GREEN\n", mapping, datetime.now(UTC))])
    assert tlps(house) == [Tlp.GREEN, Tlp.RED]
    decide(house.node, Understood(source="", key="", word="level 3", meaning="tlp:amber", by="ana", at=1))
    assert tlps(house) == [Tlp.GREEN, Tlp.AMBER]
    assert not waiting.held.all()


def test_many_documents_are_read_again_by_the_node_itself(house: House) -> None:
    many = [
        event(
            attribute("domain", f"e{n}.example", 1, uuid=f"aaaaaaaa-aaaa-4aaa-8aaa-{n:012}"),
            tags=("Intern", "tlp:green"),
            uuid=f"bbbbbbbb-bbbb-4bbb-8bbb-{n:012}",
        )
        for n in range(23)
    ]
    read(house, many)
    decided(house, "Intern", "")
    assert len(Waiting(house.node.store).held.all()) == 3
    assert settle(house.node) == 3
    assert set(tlps(house)) == {Tlp.GREEN}


def test_who_looks_through_reports_is_told_once(house: House) -> None:
    analyst, reader = house.account(Role.ANALYST), house.account(Role.READER)
    teller = Teller(house.node)
    teller.once()
    read(house, events("Intern"))
    for _ in range(2):
        Teller(house.node, clock=lambda: 1 << 55).once()
    notices = Notices(house.node.store)
    assert [each.what for each in notices.of(analyst.id, 10) if each.kind is Kind.HELD] == ["held"]
    assert notices.of(reader.id, 10) == []


def test_a_change_to_what_came_from_a_server_is_shown_with_both_labels(house: House) -> None:
    theirs = event(info="Theirs <b>") | {"uuid": UUIDS[0]}
    Conflicts(house.node.store).take("partner", theirs, 1_700_000_000, ("= indicator: evil.example (RED | GREEN)",))
    text = page(house, path="/intel/conflicts").text
    assert "Theirs &lt;b&gt;" in text
    assert "indicator: evil[.]example (RED | GREEN)" in text
    assert "Take their change" in text
    assert "Put ours there" not in text


def test_a_change_on_both_sides_is_shown_and_who_may_publish_takes_a_side(house: House) -> None:
    assert "Nothing was changed on both sides" in page(house, path="/intel/conflicts").text
    theirs = event(attribute("domain", "theirs.example"), info="Ours <b>") | {"uuid": UUIDS[0]}
    Conflicts(house.node.store).note("partner", theirs, Sent(attributes=("one",)))
    assert "1 report was changed here and on a server" in page(house, Role.ADMINISTRATOR, path="/intel/sources").text
    text = page(house, Role.ANALYST, path="/intel/conflicts").text
    assert "Ours &lt;b&gt;" in text
    assert "theirs[.]example" in text
    assert "Put ours there" not in text
    assert page(house, Role.PUBLISHER, organisation=ALBANIA, path="/intel/conflicts").status_code == 403
    with house.visitor(Role.PUBLISHER) as visitor:
        form = {"csrf": csrf_of(visitor.get("/intel/conflicts").text), "side": "ours"}
        assert visitor.post(f"/intel/conflicts/partner/{UUIDS[0]}", data=form | {"csrf": "x"}).status_code == 403
        assert visitor.post(f"/intel/conflicts/partner/{UUIDS[1]}", data=form).status_code == 404
        assert visitor.post(f"/intel/conflicts/partner/{UUIDS[0]}", data=form).status_code == 303
        assert "Ours is put there with the next reading" in visitor.get("/intel/conflicts").text
