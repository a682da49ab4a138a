"""The workbench: questions, what records have in common, techniques, outputs and sources, for whom they are."""

import re
import time
from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace
from tests.cyber.intel.file_server import served
from tests.exchange.formats.events import attribute, event
from tests.web.house import House, csrf_of, housed
from tests.web.telling import ALBANIA, GREEN, RED, neighbours, record

from egnatia.cyber.intel.consuming import Outputs
from egnatia.cyber.intel.feed_sync import Broken
from egnatia.cyber.intel.language import FIELDS
from egnatia.cyber.intel.leaving import Gone
from egnatia.cyber.intel.output import DEVICES, Output
from egnatia.cyber.intel.overlap import Overlap
from egnatia.cyber.intel.source import Health, Source, Sources
from egnatia.cyber.intel.tapping import run
from egnatia.exchange.formats.conversion import instant
from egnatia.exchange.formats.misp.feed import write_feed
from egnatia.settings.people import Webhooks
from egnatia.web.intel.asking import WORDS
from egnatia.web.intel.supply import FORMATS
from egnatia.web.permission import Role

TECHNIQUE = "attack-pattern--44444444-4444-4444-8444-444444444444"
ONE = "indicator--11111111-1111-4111-8111-111111111111"
NOW = instant(time.time() - 60)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)
        number = [{"source_name": "mitre-attack", "external_id": "T1566"}]
        phase = [{"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}]
        pattern = {"pattern": "[domain-name:value = 'evil.example']", "modified": NOW, "confidence": 90}
        found.submit(
            record("attack-pattern", GREEN, id=TECHNIQUE, name="Phishing", external_references=number,
                   kill_chain_phases=phase),
            record("indicator", GREEN, id=ONE, name="A sign of evil", **pattern),
            record("indicator", RED, name="A secret sign", **pattern),
            record("report", GREEN, name="A wave of phishing", object_refs=[TECHNIQUE]),
        )  # fmt: skip
        found.submit(record("indicator", GREEN, name="The same elsewhere", **pattern), owner=ALBANIA)
        assert found.node.store.indexer.wait_for(found.node.store.position())
        yield found


def page(
    house: House, path: str, *roles: Role, status: int = 200, organisation: str | None = None, **asked: str
) -> str:
    with house.visitor(*(roles or (Role.ANALYST,)), organisation=organisation) as visitor:
        answer = visitor.get(path, params=asked)
    assert answer.status_code == status, answer.text
    return answer.text


def test_a_question_that_cannot_be_read_is_shown_with_its_place_however_long(house: House) -> None:
    found = page(house, "/intel", q="evil tpye:<b>", status=422)
    assert "instead of tpye:" in found
    assert "<code>evil <mark>tpye:&lt;b&gt;</mark></code>" in found
    assert "<mark>…</mark>" in page(house, "/intel", q="(evil OR", status=422)
    assert "at most 1000 characters" in page(house, "/intel", q="скопје" * 1_500, status=422)


def test_a_question_finds_what_it_asks_for(house: House) -> None:
    found = page(house, "/intel", q='type:indicator "sign of evil"')
    assert "A sign of evil" in found
    assert "A wave of phishing" not in found
    assert "A secret sign" not in page(house, "/intel", q="type:indicator evil.example", organisation=ALBANIA)
    assert "Nothing that you may see matches" in page(house, "/intel", q="type:malware")


def test_the_same_from_several_is_shown_as_one_with_all_its_voices(house: House) -> None:
    for path in ("/intel", "/search"):
        found = page(house, path, q="evil.example", organisation=ALBANIA)
        assert "2 sources say so" in found
        assert ("A sign of evil" in found) is not ("The same elsewhere" in found)
        assert "A secret sign" not in found


def test_a_benign_value_is_told_on_its_page_and_grades_of_sources_to_the_house_alone(house: House) -> None:
    told = {"pattern": "[ipv4-addr:value = '8.8.8.8']", "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z"}
    body = record("indicator", GREEN, name="A resolver", **told)
    house.submit(body)
    address = f"/records/{msgspec.json.decode(body)['id']}"
    ours, theirs = page(house, address), page(house, address, organisation=ALBANIA)
    for text in (ours, theirs):
        assert "8[.]8[.]8[.]8 is well known and harmless" in text
        assert "Public resolvers of names" in text
    assert "F: cannot be judged" in ours
    assert "F: cannot be judged" not in theirs


def test_one_press_calls_it_a_false_positive_and_everybody_who_sees_it_learns_so(house: House) -> None:
    def worth(organisation: str | None = None) -> tuple[int, str]:
        text = page(house, f"/records/{ONE}", organisation=organisation)
        found = re.search(r"<strong>(\d+) of 100", text)
        assert found is not None
        return int(found[1]), text

    before, text = worth(ALBANIA)
    assert "Who says so" in text
    assert "A secret sign" not in text
    assert text.count("?owner=identity--") == 1  # the other voice; this record itself is no link
    page(house, f"/records/{ONE}", Role.READER)
    with house.visitor(Role.ANALYST, organisation=ALBANIA) as visitor:
        token = csrf_of(visitor.get("/intel").text) or csrf_of(visitor.get("/feed").text)
        assert visitor.post(f"/intel/judge/{ONE}", data={"csrf": token, "said": "confirmed"}).status_code == 403
    with house.visitor(Role.PUBLISHER, organisation=ALBANIA) as visitor:
        token = csrf_of(visitor.get(f"/records/{ONE}").text)
        form = {"csrf": token, "said": "false-positive", "because": "our <b>scanner</b>"}
        assert visitor.post(f"/intel/judge/{ONE}", data=form | {"csrf": "x"}).status_code == 403
        assert visitor.post(f"/intel/judge/{ONE}", data=form | {"said": "x"}).status_code == 400
        assert visitor.post(f"/intel/judge/{TECHNIQUE}", data=form).status_code == 400
        assert visitor.post(f"/intel/judge/{ONE}", data=form).status_code == 303
    assert worth(ALBANIA)[0] < before
    _, text = worth()
    assert "according to CSIRT of Albania" in text
    assert "our &lt;b&gt;scanner&lt;/b&gt;" in text
    with house.visitor(Role.PUBLISHER, organisation=ALBANIA) as visitor:
        text = visitor.get(f"/records/{ONE}").text
        assert "Take our word back" in text
        visitor.post(f"/intel/judge/{ONE}", data={"csrf": csrf_of(text), "said": "neutral"})
    assert worth(ALBANIA)[0] == before


def test_how_a_worth_went_is_drawn_with_a_mark_for_each_who_says_it(house: House) -> None:
    text = page(house, f"/records/{ONE}", organisation=ALBANIA)
    assert "What it is worth over time" in text
    assert "Domain name: worth nothing 180 days after the last confirmation." in text
    assert text.count('<path class="sign-mark said"') == 3  # two organisations, and the key
    assert "What it is worth over time" not in page(house, f"/records/{TECHNIQUE}")


def test_a_question_that_cannot_be_read_is_told_where(house: House) -> None:
    assert set(WORDS) == set(FIELDS)
    assert "At character 1 there should be: after tlp: one of clear" in page(house, "/intel", q="tlp:pink", status=422)
    assert "<script>" not in page(house, "/intel", q='"><script>alert(1)</script>', status=422)


def test_a_question_is_completed(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        assert visitor.get("/intel/suggest", params={"q": "evil -tlp:am"}).json() == [
            "evil -tlp:amber",
            "evil -tlp:amber+strict",
        ]
        assert "evil type:indicator" in visitor.get("/intel/suggest", params={"q": "evil type:ind"}).json()


def test_a_question_is_completed_with_words_that_the_reader_may_see_in_use(house: House) -> None:
    house.submit(record("note", GREEN, content="x", labels=["phishing-kit"], object_refs=[ONE]))
    house.submit(record("note", RED, content="x", labels=["phishing-secret"], object_refs=[ONE]))
    with house.visitor(Role.READER, organisation=ALBANIA) as visitor:

        def offered(q: str) -> list[str]:
            return list(visitor.get("/intel/suggest", params={"q": q}).json())

        assert offered("tag:phish") == ["tag:phishing-kit"]
        assert offered("x technique:t1") == ["x technique:T1566"]
        assert offered("sector:ener") == ["sector:energy"]
        assert offered("since:7") == ["since:7d"]
        assert offered("economy:m") == ["economy:me", "economy:mk"]
        house.submit(
            record("tool", GREEN, name="Лимес \u043a\u0459\u0443\u0447"), record("tool", RED, name="Лимес тајни")
        )
        assert house.node.store.indexer.wait_for(house.node.store.position())
        assert offered("type:tool лиме") == ['type:tool "Лимес кључ"']
        assert offered("ли") == []


def test_a_kept_question_tells_its_owner_what_is_new_and_nobody_else(house: House) -> None:
    with house.visitor(Role.ANALYST, organisation=ALBANIA) as visitor:
        found = visitor.get("/intel", params={"q": "type:tool"}).text
        form = {"csrf": csrf_of(found), "name": "Tools <b>", "question": "type:tool", "tells": "true"}
        assert visitor.post("/saved", data=form | {"question": "("}).status_code == 400
        assert visitor.post("/saved", data=form).headers["location"] == "/intel?q=type%3Atool"
        house.submit(record("tool", GREEN, name="A new tool"), record("tool", RED, name="A secret tool"))
        told = visitor.get("/intel").text
        assert "Tools &lt;b&gt;" in told
        assert "1 new" in told
        assert "Tools &lt;b&gt;" in visitor.get("/").text
        kept = re.search(r'href="(/saved/[a-z0-9]+)"', told)
        assert kept is not None
        opened = visitor.get(kept[1], follow_redirects=True).text
        assert "New since you looked" in opened
        assert "A new tool" in opened
        assert "A secret tool" not in opened
        assert "1 new" not in visitor.get("/intel").text
    with house.visitor(Role.ANALYST, organisation=ALBANIA) as visitor:
        assert "Tools" not in visitor.get("/intel").text
        assert visitor.get(kept[1]).status_code == 404


def test_what_records_have_in_common_is_told(house: House) -> None:
    found = page(house, f"/intel/common/{ONE}", organisation=ALBANIA)
    assert "The same elsewhere" in found
    assert "evil.example" in found
    assert "A secret sign" not in found
    page(house, "/intel/common/indicator--00000000-0000-4000-8000-000000000000", status=404)
    page(house, "/intel/common/nothing", status=404)


def test_the_matrix_goes_to_the_navigator_and_is_held_against_a_layer_of_ones_own(house: House) -> None:
    with house.visitor(Role.ANALYST, organisation=ALBANIA) as visitor:
        answer = visitor.get("/intel/matrix/layer.json", params={"q": "type:report"})
        told = answer.json()
        assert [(each["techniqueID"], each["score"]) for each in told["techniques"]] == [("T1566", 1)]
        assert "attachment" in answer.headers["content-disposition"]
        assert visitor.get("/intel/matrix/layer.json", params={"q": "type:"}).status_code == 400
        form = {"csrf": csrf_of(visitor.get("/intel/matrix").text), "q": "type:report"}
        for document, said in (
            (answer.content, "covers 1 of the 1 techniques"),
            (b'{"techniques": [], "name": "<b>ours"}', "Told of, and not covered"),
        ):
            page_ = visitor.post("/intel/matrix/layer", data=form, files={"layer": ("l.json", document)})
            assert (page_.status_code, said in page_.text, "<b>ours" in page_.text) == (200, True, False)
        wrong = visitor.post("/intel/matrix/layer", data=form, files={"layer": ("l.json", b"<xml/>")})
        assert (wrong.status_code, "no layer of the ATT&CK Navigator" in wrong.text) == (422, True)
        refused = visitor.post("/intel/matrix/layer", data=form | {"csrf": "x"}, files={"layer": ("l.json", b"{}")})
        assert refused.status_code == 403


def test_techniques_are_counted(house: House) -> None:
    found = page(house, "/intel/matrix")
    assert re.search(r"heat-1\".*?T1566</span> Phishing <span class=\"mark-count\"[^>]*>1</span>", found)
    assert re.search(r"T1566</a> <span class=\"soft\">Phishing</span></th><td class=\"number heat-1\">1</td>", found)
    assert "Montenegro" in found
    assert "T1566" not in page(house, "/intel/matrix", order="disarm", whole="true")
    assert "heat-0" in page(house, "/intel/matrix", whole="true", economy="rs")
    page(house, "/intel/matrix", by="planet", status=400)
    assert "No record tells of a technique" not in found
    assert "Phishing" not in page(house, "/intel/matrix", q="type:malware")
    page(house, "/intel/matrix", q="(", status=422)


def test_a_kept_question_becomes_a_collection_for_defences(house: House) -> None:
    with house.visitor(Role.ANALYST, Role.ADMINISTRATOR) as visitor:
        asked = "тајна OR type:indicator"
        form = {"csrf": csrf_of(visitor.get("/intel/outputs").text), "name": "Прашање", "question": asked}
        assert visitor.post("/saved", data=form).status_code == 303
        kept = re.search(r'href="(/intel/outputs\?question=\w+)#search">Прашање<', visitor.get("/intel/outputs").text)
        assert kept is not None
        text = visitor.get(kept[1]).text
        assert f'value="{asked}"' in text
        assert '<option value="taxii" selected>' in text
        form = {
            "csrf": csrf_of(text),
            "name": "siem",
            "form": "taxii",
            "search": asked,
            "least": "1",
            "allow": "a.example",
        }
        assert visitor.post("/intel/outputs", data=form).status_code == 303
        text = visitor.get("/intel/outputs/siem").text
        assert f"{house.node.settings.public_url}/outputs/siem/taxii2/exchange/" in text
        assert "<code>a.example</code>" in text
    with house.visitor(Role.ADMINISTRATOR) as another:
        assert "Прашање" not in another.get(kept[1]).text


def test_an_administrator_keeps_outputs_and_lets_devices_fetch_them(house: House) -> None:
    page(house, "/intel/outputs", Role.ANALYST, status=403)
    with house.visitor(Role.ADMINISTRATOR) as visitor:
        token = csrf_of(visitor.get("/intel/outputs").text)
        form = {"csrf": token, "name": "resolver", "form": "hosts", "least": "1", "allow": "a.example\nb.example"}
        assert visitor.post("/intel/outputs", data=form).status_code == 303
        assert visitor.post("/intel/outputs", data=form | {"name": "Bad Name"}).status_code == 422
        assert visitor.post("/intel/outputs", data=form | {"search": "("}).status_code == 422
        assert visitor.post("/intel/outputs", data=form | {"csrf": "x"}).status_code == 403
        granted = visitor.post("/intel/outputs/resolver/grant", data={"csrf": token, "name": "r 1", "days": "30"})
        shown = re.search(r"egn_[a-z2-7]{12}_[\w-]{43}", granted.text)
        assert shown is not None
        assert f"Authorization: Bearer {shown[0]}" in granted.text
        assert shown[0] not in visitor.get("/intel/outputs/resolver").text
        assert visitor.post("/intel/outputs/nothing/grant", data={"csrf": token, "name": "x"}).status_code == 404
        (device,) = Outputs(house.node.store).consumers.all()
        assert visitor.post(f"/intel/devices/{device}/revoke", data={"csrf": token}).status_code == 303
    kept = Outputs(house.node.store)
    assert kept.consumers.all()[device].revoked
    assert kept.outputs.all()["resolver"].allow == ("a.example", "b.example")
    with house.visitor(Role.ADMINISTRATOR, organisation=ALBANIA) as visitor:
        token = csrf_of(visitor.get("/intel/outputs").text)
        assert visitor.post("/intel/outputs", data=form | {"csrf": token}).status_code == 403
        assert visitor.post(f"/intel/devices/{device}/revoke", data={"csrf": token}).status_code == 404


def test_an_output_tells_what_is_in_it_and_what_was_left_out(house: House) -> None:
    page(house, "/intel/outputs/resolver", Role.ANALYST, status=403)
    house.submit(record("indicator", GREEN, pattern="[domain-name:value = 'com.mk']", modified=NOW, confidence=90))
    Outputs(house.node.store).save(Output(name="resolver", form="hosts", least=1, search="economy:me"))
    Outputs(house.node.store).save(Output(name="list", form="plain", least=1, limit=7))
    with house.visitor(Role.ADMINISTRATOR) as visitor:
        assert visitor.get("/intel/outputs/nothing").status_code == 404
        text = visitor.get("/intel/outputs/list").text
        assert re.search(r"\d of at most 7", text)
        assert "on the warning list Names under which anybody registers" in text
        saved = visitor.get("/intel/outputs/list/file")
        assert saved.headers["content-disposition"] == 'attachment; filename="list.txt"'
        assert "evil.example" in saved.text.splitlines()
        assert 'value="economy:me"' in visitor.get("/intel/outputs?change=resolver").text


def test_how_sources_go_is_shown_to_those_who_see_the_settings(house: House) -> None:
    page(house, "/intel/sources", Role.READER, status=403)
    kept = Sources(house.node.store)
    kept.save(Source(name="regional", kind="misp-server", url="https://misp.example", licence="TLP:GREEN"))
    kept.healths.put("regional", Health(tried=1, failures=2, error="answered 403"))
    found = page(house, "/intel/sources", Role.ADMINISTRATOR)
    assert "regional" in found
    assert "answered 403" in found


def test_a_list_is_tried_and_kept_by_the_operator(house: House) -> None:
    document = b"ioc,kind,tlp\nhxxp://evil[.]example/x,url,Level 3\nnothing here,\n"
    with served(document) as url, house.visitor(Role.ADMINISTRATOR) as visitor:
        csrf = csrf_of(visitor.get("/intel/sources/new").text)
        form = {"csrf": csrf, "name": "phish", "kind": "list", "url": url, "list_value": "ioc", "list_heading": "yes"}
        form["list_tlp"] = "tlp"
        barred = visitor.post("/intel/sources", data=form)
        assert barred.status_code == 422
        assert "The node does not call there" in barred.text
        assert Sources(house.node.store).sources.get("phish") is None
        house.node.settings = replace(house.node.settings, webhooks=Webhooks(allow=("127.0.0.1",)))
        tried = visitor.post("/intel/sources", data={**form, "do": "try"})
        assert "[url:value = &#39;http://evil.example/x&#39;]" in tried.text
        assert "left out:" in tried.text
        assert visitor.post("/intel/sources", data={**form, "name": "Phish!"}).status_code == 422
        assert visitor.post("/intel/sources", data={**form, "kind": "misp-server"}).status_code == 422
        assert visitor.post("/intel/sources", data={**form, "url": "file:///etc/passwd"}).status_code == 422
        assert visitor.post("/intel/sources", data=form).status_code == 303
        kept = Sources(house.node.store)
        run(house.node, kept.sources.all()["phish"])
        assert kept.health("phish").added == 1
        assert [each.words[0].word for each in kept.waiting.held.all().values()] == ["Level 3"]
        assert "goes well" in visitor.get("/intel/sources").text
        assert visitor.post("/intel/sources/phish/read", data={"csrf": csrf}).status_code == 303
        assert kept.health("phish").tried == 0
        assert visitor.post("/intel/sources/phish/pause", data={"csrf": csrf}).status_code == 303
        assert "phish" not in {each.name for each in kept.due(time.time_ns() // 1_000)}
        assert 'value="ioc"' in visitor.get("/intel/sources/phish").text
        assert 'value="tlp"' in visitor.get("/intel/sources/phish").text
        assert visitor.post("/intel/sources/phish/remove", data={"csrf": csrf}).status_code == 303
        assert visitor.get("/intel/sources/phish").status_code == 404


def test_who_judges_what_comes_sees_how_sources_go_without_the_keys_in_their_addresses(house: House) -> None:
    kept = Sources(house.node.store)
    kept.save(Source(name="osint", kind="misp-feed", url="https://me:pass@feed.example/osint?key=abc"))
    why = "https://me:pass@feed.example/osint?key=abc: answered 500"
    broken = Broken("bbbbbbbb-bbbb-4bbb-8bbb-000000000001", "Кампања\u202e", "answered 404", 1, 3)
    kept.healths.put("osint", Health(tried=1, failures=1, error=why, broken=(broken,), broken_in_all=1))
    kept.overlaps.put("osint", Overlap(1_000, 400, 250, exact=False, broken=2, examples=("7: rubbish",)))
    found = page(house, "/intel/sources", Role.ANALYST)
    assert "abc" not in found
    assert "pass@" not in found
    assert "answered 500" in found
    assert "key=abc" in page(house, "/intel/sources", Role.ADMINISTRATOR)
    for said in (
        "1 event could not be read",
        "Кампања",
        "answered 404",
        "about 1,000",
        "250 (about 25%)",
        "7: rubbish",
    ):
        assert said in found, said
    assert "\u202e" not in found


def test_who_may_publish_says_what_becomes_of_what_a_source_has_no_longer(house: House) -> None:
    kept = Sources(house.node.store)
    kept.save(Source(name="osint", kind="misp-feed", url="https://feed.example/osint"))
    with house.visitor(Role.PUBLISHER) as visitor:
        data = {"csrf": csrf_of(visitor.get("/intel/sources").text), "do": "withdraw"}
        assert visitor.post("/intel/sources/osint/gone", data=data).status_code == 404
        kept.leavings.gone.put("osint", Gone(("a", "b", "c"), 4))
        shown = visitor.get("/intel/sources").text
        assert "3 of 4 events are gone" in shown
        assert "goes, but not all of it" in shown
        assert visitor.post("/intel/sources/osint/gone", data={**data, "do": "what"}).status_code == 400
        assert visitor.post("/intel/sources/osint/gone", data=data).status_code == 303
        assert "It is decided" in visitor.get("/intel/sources").text
    assert kept.leavings.gone.all()["osint"].decided == "withdraw"
    assert [each.name for each in kept.due(0)] == ["osint"]
    with house.visitor(Role.ANALYST) as visitor:
        data["csrf"] = csrf_of(visitor.get("/intel/sources").text)
        assert visitor.post("/intel/sources/osint/gone", data=data).status_code == 403


def test_a_feed_is_looked_at_before_it_is_kept(house: House) -> None:
    house.node.settings = replace(house.node.settings, webhooks=Webhooks(allow=("127.0.0.1",)))
    one = {"analysis": "2", "threat_level_id": "1", **event(attribute("domain", "evil.example"), info="Phishing wave")}
    files = dict(write_feed([one]))
    with served(files) as url, house.visitor(Role.ADMINISTRATOR) as visitor:
        base = url.rpartition("/")[0]
        form = {"csrf": csrf_of(visitor.get("/intel/sources/new").text), "name": "looked-at", "kind": "misp-feed"}
        tried = visitor.post("/intel/sources", data={**form, "url": base, "do": "try"})
        assert tried.status_code == 200
        assert "Phishing wave" in tried.text
        assert "Of these known here already" in tried.text
        del files["hashes.csv"]
        assert "cannot be told" in visitor.post("/intel/sources", data={**form, "url": base, "do": "try"}).text
    assert Sources(house.node.store).sources.get("looked-at") is None


def test_a_secret_does_not_follow_a_source_to_another_address(house: House) -> None:
    house.node.settings = replace(house.node.settings, webhooks=Webhooks(allow=("127.0.0.1",)))
    kept = Sources(house.node.store)
    kept.save(Source(name="closed", kind="stix", url="https://127.0.0.1/a", secret="/etc/egnatia/key"))
    with house.visitor(Role.ADMINISTRATOR) as visitor:
        form = {"csrf": csrf_of(visitor.get("/intel/sources/closed").text), "name": "closed", "kind": "stix"}
        assert visitor.post("/intel/sources", data={**form, "url": "https://127.0.0.1/a"}).status_code == 303
        assert kept.sources.all()["closed"].secret == "/etc/egnatia/key"
        assert visitor.post("/intel/sources", data={**form, "url": "https://127.0.0.1/b"}).status_code == 303
        assert kept.sources.all()["closed"].secret == ""


def test_sources_are_changed_by_nobody_else(house: House) -> None:
    for role, organisation in ((Role.PUBLISHER, None), (Role.AUDITOR, None), (Role.ADMINISTRATOR, ALBANIA)):
        with house.visitor(role, organisation=organisation) as visitor:
            assert visitor.get("/intel/sources/new").status_code == 403
            csrf = csrf_of(visitor.get("/intel").text)
            data = {"csrf": csrf, "name": "x", "kind": "stix", "url": "https://x.example"}
            assert visitor.post("/intel/sources", data=data).status_code == 403


def test_each_format_of_an_output_is_offered_in_words(house: House) -> None:
    assert FORMATS.keys() == DEVICES.keys()
    with house.visitor(Role.ADMINISTRATOR) as visitor:
        assert "rpz · a zone for resolvers (RPZ)" in visitor.get("/intel/outputs").text
