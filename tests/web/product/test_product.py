"""Products are written in several languages, published as STIX, and read, printed and exported by whom they are for."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.record.builders import body, ref
from tests.web.house import OWN, House, csrf_of, housed

from egnatia.policy import PUBLIC
from egnatia.record.marking import TLP2_IDS
from egnatia.store import Known
from egnatia.web.permission import Role

PARTNER = "identity--00000000-0000-4000-8000-0000000000d1"
TLP = {name: marking for marking, name in TLP2_IDS.items()}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node that knows a partner."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        found.node.store.organisations.put(Known(PARTNER, "CSIRT of a partner", "MK"))
        found.node.forget_facts()
        yield found


def sent(visitor: httpx.Client, where: str, **fields: str) -> httpx.Response:
    """The form at a place, filled in and sent."""
    return visitor.post(where, data={"csrf": csrf_of(visitor.get(where).text), **fields})


def published(visitor: httpx.Client, kind: str, **fields: str) -> dict[str, Any]:
    """The report that a form makes."""
    given = {"do": "publish", "lang": "en", "tlp": "clear", "name_en": "Phishing", "text_en": "Do not click.", **fields}
    answer = sent(visitor, f"/publish/product/{kind}", **given)
    assert answer.status_code == 303, answer.text[:3_000]
    record: dict[str, Any] = visitor.get(f"{answer.headers['location']}/raw.json").json()
    return record


def test_an_alert_is_a_report_with_its_translations_in_one_record(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        report = published(
            visitor,
            "alert",
            severity="high",
            name_sq="Peshkim",
            text_sq="Mos klikoni.",
            name_sr_cyrl="Пецање",
            text_sr_cyrl="Не кликћите.",
        )
        assert report["report_types"] == ["alert"]
        assert report["labels"] == ["severity:high"]
        assert report["lang"] == "en"
        page = visitor.get("/products").text
        assert "Phishing" in page
    rows = house.node.store.neighbours(PUBLIC, report["id"], "in")
    content = json.loads(rows[0].body)
    assert content["type"] == "language-content"
    assert content["object_modified"] == report["modified"]
    assert set(content["contents"]) == {"sq", "sr-Cyrl"}
    with house.visitor(Role.READER, language="sr-Cyrl") as reader:
        assert "Пецање" in reader.get("/products").text


def test_a_newer_version_has_its_translations_anew_and_keeps_its_kind(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        report = published(visitor, "awareness", name_mk="Лозинки", text_mk="Користете долги.")
        assert visitor.get(f"/publish/edit/{report['id']}").headers["location"].endswith(report["id"])
        where = f"/publish/product/edit/{report['id']}"
        page = visitor.get(where).text
        assert "Лозинки" in page
        answer = sent(
            visitor,
            where,
            do="publish",
            lang="en",
            tlp="keep",
            name_en="Passwords",
            text_en="Long.",
            name_mk="Долги лозинки",
            text_mk="Долги.",
        )
        assert answer.status_code == 303, answer.text[:2_000]
        newer = visitor.get(f"/records/{report['id']}/raw.json").json()
        assert newer["report_types"] == ["awareness"]
        assert newer["name"] == "Passwords"
        assert newer["modified"] > report["modified"]
        assert newer["created"] == report["created"]
    (content,) = [
        row for row in house.node.store.neighbours(PUBLIC, report["id"], "in") if row.type == "language-content"
    ]
    assert json.loads(content.body)["contents"]["mk"]["name"] == "Долги лозинки"
    assert json.loads(content.body)["object_modified"] == newer["modified"]


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_an_advisory_names_its_vulnerabilities_and_goes_out_as_csaf(house: House, version: str) -> None:
    lines = "CVE-2026-1234 | Maker Gate 1.0 | Install 1.1 | exploited\nCVE-2026-1234 | Maker Gate 0.9"
    with house.visitor(Role.PUBLISHER) as visitor:
        wrong = sent(
            visitor,
            "/publish/product/advisory",
            do="publish",
            lang="en",
            tlp="clear",
            name_en="x",
            text_en="y",
            vulnerabilities="not a line",
        )
        assert wrong.status_code == 422
        assert 'id="vulnerabilities-error"' in wrong.text
        report = published(visitor, "advisory", vulnerabilities=lines)
        answer = visitor.get(f"/products/{report['id']}/csaf.json?version={version}")
        assert answer.status_code == 200, answer.text
        document = answer.json()
        assert "attachment" in answer.headers["content-disposition"]
        assert "CVE-2026-1234" in visitor.get("/products/exploited").text
        assert visitor.get("/products/exploited.json").json()["count"] == 1
        assert visitor.get("/products/exploited.csv").text.startswith("cveID,vendorProject,product")
    assert document["document"]["csaf_version"] == version
    assert document["document"]["category"] == "csaf_security_advisory"
    assert document["vulnerabilities"][0]["cve"] == "CVE-2026-1234"
    assert len(document["vulnerabilities"][0]["product_status"]["known_affected"]) == 2
    if version == "2.1":
        assert document["document"]["distribution"]["tlp"]["label"] == "CLEAR"


def test_a_product_is_printed_with_its_marking_in_the_readers_language(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as visitor:
        report = published(
            visitor, "alert", tlp="green", name_sr_cyrl="Опрез", text_sr_cyrl="Не отварајте.\n\n- једно\n- друго"
        )
    with house.visitor(Role.READER, language="sr-Cyrl") as reader:
        answer = reader.get(f"/products/{report['id']}/paper.pdf")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")
    with house.visitor() as public:
        assert public.get(f"/products/{report['id']}/paper.pdf").status_code == 404


def test_a_situation_report_counts_only_what_all_its_readers_may_know(house: House) -> None:
    house.submit(
        body("malware", id=ref("malware", 90), name="Secret worm", is_family=False, object_marking_refs=[TLP["amber"]]),
        body("malware", id=ref("malware", 91), name="Known worm", is_family=False, object_marking_refs=[TLP["clear"]]),
    )
    house.submit(
        body("malware", id=ref("malware", 92), name="Theirs", is_family=False, object_marking_refs=[TLP["amber"]]),
        owner=PARTNER,
    )
    with house.visitor(Role.PUBLISHER) as visitor:
        fields = {"do": "compose", "lang": "en", "period": "week", "name_en": "", "text_en": "What we think."}
        open_ = sent(visitor, "/publish/product/situation-report", tlp="clear", **fields).text
        own = sent(visitor, "/publish/product/situation-report", tlp="amber", **fields).text
        unsaid = sent(visitor, "/publish/product/situation-report", **fields).text
    assert "What we think." in open_
    assert "Known worm" in open_
    assert "Secret worm" not in open_
    assert "Secret worm" not in unsaid
    assert "Secret worm" in own
    assert "Theirs" not in own


def test_a_draft_of_a_product_is_gone_on_with(house: House) -> None:
    with house.visitor(Role.ANALYST) as visitor:
        kept = sent(visitor, "/publish/product/alert", do="draft", lang="sq", name_sq="Gjysmë", text_sq="")
        assert kept.status_code == 303
        href = visitor.get("/publish").text.partition('href="/publish/product/alert?draft=')[2].partition('"')[0]
        assert 'value="Gjysmë"' in visitor.get(f"/publish/product/alert?draft={href}").text


def test_hostile_text_and_others_products_get_nowhere(house: House) -> None:
    evil = '"><script>alert(1)</script>'
    theirs = body(
        "report",
        id=ref("report", 95),
        name="Theirs",
        report_types=["alert"],
        published="2026-11-01T00:00:00.000Z",
        object_refs=[PARTNER],
        object_marking_refs=[TLP["clear"]],
    )
    house.submit(theirs, owner=PARTNER)
    with house.visitor(Role.PUBLISHER) as visitor:
        page = sent(
            visitor, "/publish/product/alert", do="preview", lang=evil, tlp=evil, name_en=evil, text_en=evil, refs=evil
        )
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert visitor.get(f"/publish/product/edit/{ref('report', 95)}").status_code == 404
        assert visitor.get("/publish/product/nothing").status_code == 404
        assert visitor.get(f"/products/{OWN}/paper.pdf").status_code == 404
