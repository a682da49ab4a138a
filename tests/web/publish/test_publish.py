"""People publish with forms: they see who will read it before, and what is wrong beside the field."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from tests.record.builders import body, ref
from tests.web.house import OWN, House, csrf_of, housed

from egnatia.paper import Document, Paragraph, pdf
from egnatia.record.marking import TLP2_IDS
from egnatia.record.schemas import SHARING_AGREEMENT
from egnatia.store import Known
from egnatia.web.permission import Role
from egnatia.web.publish.form import offered
from egnatia.web.record.faces import FACES

PARTNER = "identity--00000000-0000-4000-8000-0000000000d1"
OTHER = "identity--00000000-0000-4000-8000-0000000000d2"
CREATED = "2024-02-29T10:00:00.000Z"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node that knows two other organisations, of which one has an agreement with its own."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        for identity, name in ((PARTNER, "CSIRT of a partner"), (OTHER, "CSIRT of another")):
            found.node.store.organisations.put(Known(identity, name, "MK"))
        agreement = json.dumps(
            {
                "type": "sharing-agreement",
                "spec_version": "2.1",
                "id": ref("sharing-agreement", 1),
                "created": CREATED,
                "modified": CREATED,
                "name": "Our exchange",
                "parties": [OWN, PARTNER],
                "purposes": ["incident-response"],
                "legal_basis": "A memorandum",
                "valid_from": CREATED,
                "extensions": {SHARING_AGREEMENT.extension_id: {"extension_type": "new-sdo"}},
            }
        ).encode()
        found.submit(agreement)
        found.submit(agreement, owner=PARTNER)
        found.node.forget_facts()
        yield found


def filled(visitor: httpx.Client, where: str, **fields: str | list[str]) -> httpx.Response:
    """The form at a place, filled in and sent."""
    csrf = csrf_of(visitor.get(where.partition("?")[0]).text)
    return visitor.post(where, data={"csrf": csrf, **fields})


def published(visitor: httpx.Client, where: str, **fields: str | list[str]) -> dict[str, object]:
    """The record that a form makes."""
    answer = filled(visitor, where, do="publish", **fields)
    assert answer.status_code == 303, answer.text[:3_000]
    record: dict[str, object] = visitor.get(f"{answer.headers['location']}/raw.json").json()
    return record


@pytest.mark.parametrize("type_", [each for each in FACES if offered(each)])
def test_there_is_a_form_for_every_type_and_an_empty_one_says_what_is_missing(house: House, type_: str) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        assert visitor.get(f"/publish/new/{type_}").status_code == 200
        answer = filled(visitor, f"/publish/new/{type_}", do="publish", tlp="amber")
        assert answer.status_code == 422, type_
        assert "The form is not complete yet" in answer.text


def test_the_preview_names_every_organisation_and_the_rule_before_anything_is_stored(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        before = house.node.store.position()
        answer = filled(visitor, "/publish/new/campaign", do="preview", p_name="Autumn", tlp="amber")
        assert house.node.store.position() == before
    assert "1 organisation besides yours will see it" in answer.text
    assert "CSIRT of a partner may see it: an agreement in force" in answer.text
    assert "CSIRT of another may not see it: no agreement in force" in answer.text


def test_the_preview_is_what_happens_for_every_choice(house: House) -> None:
    cases: list[tuple[str, list[str]]] = [
        ("clear", []), ("green", []), ("amber", []), ("amber", [OTHER]), ("amber+strict", []), ("red", [PARTNER]),
        ("red", [PARTNER, OTHER]),
    ]  # fmt: skip
    with house.visitor(Role.PUBLISHER) as visitor:
        for number, (tlp, audience) in enumerate(cases):
            fields: dict[str, str | list[str]] = {"p_name": f"Case {number}", "tlp": tlp, "audience": audience}
            page = filled(visitor, "/publish/new/tool", do="preview", **fields).text
            record = published(visitor, "/publish/new/tool", **fields)
            for organisation, name in ((PARTNER, "CSIRT of a partner"), (OTHER, "CSIRT of another")):
                clearance = house.node.clearance_of(organisation)
                seen = bool(house.node.store.get(clearance, [str(record["id"])]))
                assert (f"{name} may see it" in page) == seen, (tlp, audience, name)


def test_what_is_published_says_what_was_filled_in(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        record = published(
            visitor, "/publish/new/malware", tlp="green", pap="amber", p_name="Worm", p_is_family="yes",
            p_malware_types=["worm"], p_malware_types__other="cryptojacker, x", p_aliases="One\nTwo\n",
            p_first_seen="2026-11-01 10:30", p_kill_chain_phases="mitre-attack / initial-access", p_confidence="80",
            p_external_references="cve | CVE-2026-1234\nA blog | https://blog.example/a | About it",
        )  # fmt: skip
    assert record["malware_types"] == ["worm", "cryptojacker", "x"]
    assert record["is_family"] is True
    assert record["aliases"] == ["One", "Two"]
    assert record["first_seen"] == "2026-11-01T10:30:00.000Z"
    assert record["kill_chain_phases"] == [{"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}]
    assert record["external_references"] == [
        {"source_name": "cve", "external_id": "CVE-2026-1234"},
        {"source_name": "A blog", "url": "https://blog.example/a", "description": "About it"},
    ]
    assert record["created_by_ref"] == OWN
    markings = record["object_marking_refs"]
    assert isinstance(markings, list)
    assert {TLP2_IDS.get(each) for each in markings} >= {"green"}


def test_what_is_wrong_stands_beside_its_field(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        answer = filled(
            visitor, "/publish/new/indicator", do="publish", tlp="amber", p_pattern="[url:value =",
            p_pattern_type="stix", p_valid_from="yesterday",
        )  # fmt: skip
    assert answer.status_code == 422
    assert 'id="p_pattern-error"' in answer.text
    assert "STIX 2.1 section 4.7" in answer.text
    assert 'id="p_valid_from-error"' in answer.text
    assert "[url:value =" in answer.text


def test_red_needs_recipients_and_personal_data_needs_a_ground(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        red = filled(visitor, "/publish/new/tool", do="publish", p_name="x", tlp="red")
        assert red.status_code == 422
        assert "TLP:RED is for named recipients" in red.text
        ground = filled(visitor, "/publish/new/tool", do="publish", p_name="x", tlp="amber", personal="yes")
        assert ground.status_code == 422
        assert "Personal data needs named recipients" in ground.text
        covered = filled(
            visitor, "/publish/new/tool", do="preview", p_name="x", tlp="amber", personal="yes", audience=[PARTNER]
        )
        assert "Nobody else will see it" in covered.text


def test_benign_values_and_personal_data_are_pointed_out(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        benign = filled(visitor, "/publish/new/ipv4-addr", do="preview", p_value="8.8.8.8", tlp="green")
        assert "8[.]8[.]8[.]8 is well known and harmless" in benign.text
        person = filled(
            visitor,
            "/publish/new/campaign",
            do="preview",
            p_name="x",
            p_description="Ask ana@bank.example",
            tlp="green",
        )
        assert "It may hold personal data" in person.text


def test_an_indicator_of_what_is_benign_is_published_only_where_somebody_insists(house: House) -> None:
    pattern = {"p_pattern": "[ipv4-addr:value = '8.8.8.8']", "p_pattern_type": "stix", "p_valid_from": "2026-11-24"}
    with house.visitor(Role.PUBLISHER) as visitor:
        held = filled(visitor, "/publish/new/indicator", do="publish", tlp="green", **pattern)
        assert held.status_code == 422
        assert 'name="insist"' in held.text
        text = "Resolver 9.9.9.9"
        page = filled(visitor, "/publish/quick", do="recognise", text=text).text
        key = page.partition('name="value" value="')[2].partition('"')[0]
        quick = filled(visitor, "/publish/quick", do="publish", text=text, name="x", value=[key], tlp="green")
        assert quick.status_code == 422
        assert 'name="insist"' in quick.text
        record = published(visitor, "/publish/new/indicator", tlp="green", insist="yes", **pattern)
        assert record["valid_from"] == "2026-11-24T00:00:00.000Z"


def test_a_draft_is_its_authors_alone_and_can_be_gone_on_with(house: House) -> None:
    with house.visitor(Role.ANALYST) as author, house.visitor(Role.ANALYST) as other:
        kept = filled(
            author, "/publish/new/campaign", do="draft", p_name="Half a thought", tlp="red", p_first_seen="??"
        )
        assert kept.status_code == 303
        start = author.get("/publish").text
        assert "Half a thought" in start
        assert "Half a thought" not in other.get("/publish").text
        draft = start.partition("?draft=")[2].partition('"')[0]
        page = author.get(f"/publish/new/campaign?draft={draft}").text
        assert "Half a thought" in page
        assert "??" in page
        assert other.get(f"/publish/new/campaign?draft={draft}").status_code == 404
        filled(other, "/publish", draft=draft)
        other.post("/publish/drafts/drop", data={"csrf": csrf_of(other.get("/publish").text), "draft": draft})
        assert "Half a thought" in author.get("/publish").text
        author.post("/publish/drafts/drop", data={"csrf": csrf_of(start), "draft": draft})
        assert "Half a thought" not in author.get("/publish").text


def test_an_analyst_may_look_and_draft_but_not_publish(house: House) -> None:
    with house.visitor(Role.ANALYST) as analyst:
        assert 'value="publish"' not in analyst.get("/publish/new/tool").text
        before = house.node.store.position()
        assert filled(analyst, "/publish/new/tool", do="publish", p_name="x", tlp="green").status_code == 403
        assert house.node.store.position() == before
    with house.visitor(Role.READER) as reader:
        assert reader.get("/publish").status_code == 403
    with house.visitor() as public:
        assert public.get("/publish").status_code == 303


def test_a_newer_version_keeps_all_that_the_form_did_not_ask_for(house: House) -> None:
    tool = ref("tool", 5)
    house.submit(body("tool", id=tool, name="scan", x_ours={"a": [1, 2.50]}, object_marking_refs=[_tlp("green")]))
    with house.visitor(Role.PUBLISHER) as visitor:
        page = visitor.get(f"/publish/edit/{tool}").text
        assert 'value="scan"' in page
        record = published(visitor, f"/publish/edit/{tool}", p_name="scan 2", tlp="keep")
        assert record["x_ours"] == {"a": [1, 2.5]}
        assert record["created"] == CREATED
        assert str(record["modified"]) > CREATED
        assert record["object_marking_refs"] == [_tlp("green")]
        narrowed = published(visitor, f"/publish/edit/{tool}", p_name="scan 3", tlp="amber+strict")
        assert narrowed["object_marking_refs"] == [_tlp("amber+strict")]
        assert "3 versions" in visitor.get(f"/records/{tool}/history").text


def test_nobody_edits_what_is_not_theirs(house: House) -> None:
    tool = ref("tool", 6)
    house.submit(body("tool", id=tool, name="theirs", object_marking_refs=[_tlp("clear")]), owner=PARTNER)
    with house.visitor(Role.PUBLISHER) as visitor:
        assert visitor.get(f"/publish/edit/{tool}").status_code == 404
        csrf = csrf_of(visitor.get("/publish/new/tool").text)
        answer = visitor.post(
            f"/publish/edit/{tool}", data={"csrf": csrf, "do": "publish", "p_name": "x", "tlp": "clear"}
        )
        assert answer.status_code == 404


def test_a_form_from_elsewhere_publishes_nothing(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        before = house.node.store.position()
        data = {"csrf": "forged", "do": "publish", "p_name": "x", "tlp": "clear"}
        assert visitor.post("/publish/new/tool", data=data).status_code == 403
        assert visitor.post("/publish/quick", data={**data, "text": "x"}).status_code == 403
        assert house.node.store.position() == before


def test_a_pasted_text_becomes_a_report_with_its_indicators(house: House) -> None:
    text = "Phishing at hxxps://bad-bank[.]example/login from 198.51.100[.]77\nCVE-2026-4321, resolver 8.8.8.8"
    with house.visitor(Role.PUBLISHER) as visitor:
        page = filled(visitor, "/publish/quick", do="recognise", text=text)
        assert "4 things were recognised" in page.text
        assert "hxxps://bad-bank[.]example/login" in page.text
        assert "harmless: Public resolvers of names" in page.text
        keys = [
            part.partition('"')[0]
            for part in page.text.split('name="value" value="')[1:]
            if " checked" in part.partition(">")[0]
        ]
        assert len(keys) == 3
        record = published(visitor, "/publish/quick", text=text, name="Phishing", value=keys, tlp="green")
        assert record["type"] == "report"
        refs = record["object_refs"]
        assert isinstance(refs, list)
        made = [visitor.get(f"/records/{each}/raw.json").json() for each in refs]
    patterns = {each.get("pattern", each["name"]) for each in made}
    assert patterns == {
        "[url:value = 'https://bad-bank.example/login']", "[ipv4-addr:value = '198.51.100.77']", "CVE-2026-4321",
    }  # fmt: skip


def test_a_report_in_a_file_is_read_and_looked_through(house: House) -> None:
    made = datetime(2026, 6, 1, tzinfo=UTC)
    printed = pdf(Document(title="Wave", language="en", made_at=made, blocks=[Paragraph("evil-bank[.]example")]))
    with house.visitor(Role.PUBLISHER) as visitor:
        csrf = csrf_of(visitor.get("/publish/quick").text)

        def sent(name: str, content: bytes) -> httpx.Response:
            return visitor.post(
                "/publish/quick", data={"csrf": csrf, "do": "recognise"}, files={"file": (name, content)}
            )

        page = sent("wave.pdf", printed)
        assert page.status_code == 200
        assert "evil-bank[.]example" in page.text
        mail = sent("a.eml", b"From: a@b.example\r\nSubject: x\r\n\r\nsee hxxp://evil-bank[.]example/login")
        assert "hxxp://evil-bank[.]example/login" in mail.text
        broken = sent("x.pdf", b"%PDF-1.7 nothing")
        assert broken.status_code == 422
        assert "holds no text that can be read" in broken.text
        assert visitor.post("/publish/quick", data={"do": "recognise"}, files={"file": ("a", b"x")}).status_code == 403
        huge = sent("huge.txt", b"x" * 17_000_000)
        assert huge.status_code in {400, 413}


def test_hostile_text_in_a_form_comes_back_as_text(house: House) -> None:
    evil = '"><script>alert(1)</script>'
    with house.visitor(Role.PUBLISHER) as visitor:
        for where, fields in (
            ("/publish/new/campaign", {"p_name": evil, "p_aliases": evil, "tlp": evil, "draft": evil}),
            ("/publish/quick", {"text": evil, "name": evil, "value": [evil]}),
            ("/publish/new/indicator", {"p_pattern": evil, "p_indicator_types": [evil]}),
        ):
            page = filled(visitor, where, do="preview", **fields)
            assert page.status_code in {200, 422}
            assert "<script>alert" not in page.text


def test_records_to_refer_to_are_found_as_far_as_the_reader_may_see_them(house: House) -> None:
    house.submit(body("malware", id=ref("malware", 70), name="Findable worm", object_marking_refs=[_tlp("clear")]))
    house.submit(
        body("malware", id=ref("malware", 71), name="Findable secret", object_marking_refs=[_tlp("amber")]), owner=OTHER
    )
    with house.visitor(Role.ANALYST) as visitor:
        found: list[dict[str, str]] = []
        until = time.monotonic() + 30
        while not found and time.monotonic() < until:  # words are indexed a moment after they are stored
            found = visitor.get("/publish/find", params={"words": "findable"}).json()
        assert [each["name"] for each in found] == ["Findable worm"]
        assert visitor.get("/publish/find", params={"words": "\x00"}).json() == []


def _tlp(name: str) -> str:
    return next(marking for marking, each in TLP2_IDS.items() if each == name)
