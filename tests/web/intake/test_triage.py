"""What the public and members report reaches the operator's people alone, becomes records or cases, and is erased."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.web.house import OWN, House, csrf_of, housed
from tests.web.intake.test_message import phishing

from egnatia.exchange import token
from egnatia.exchange.submission import Right
from egnatia.policy import PUBLIC
from egnatia.settings.people import Portal
from egnatia.store import Known
from egnatia.web.intake import member
from egnatia.web.intake.tip import DAY, Tip, Tips
from egnatia.web.permission import Role
from egnatia.web.portal import reporting
from egnatia.web.portal.form import Limit

PARTNER = "identity--00000000-0000-4000-8000-0000000000d1"


@pytest.fixture(autouse=True)
def fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test counts by itself, and nobody waits two seconds."""
    monkeypatch.setattr(reporting, "LIMIT", Limit(10, 3_600))
    monkeypatch.setattr(reporting, "LOOKUPS", Limit(30, 3_600))
    monkeypatch.setattr(member, "PROGRAMS", Limit(300, 3_600))
    monkeypatch.setattr(member, "MEMBERS", Limit(60, 3_600))
    monkeypatch.setattr("egnatia.web.portal.form.LEAST_SECONDS", 0)


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node that hosts nobody and knows a partner."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        found.node.store.organisations.put(Known(PARTNER, "CSIRT of a partner", "MK"))
        found.node.forget_facts()
        yield found


def stamp_in(page: str) -> str:
    """The hidden moment of a public form."""
    return page.partition('name="stamp" value="')[2].partition('"')[0]


def report(visitor: httpx.Client, file: bytes = b"", **fields: str) -> str:
    """A report from the public; its reference."""
    stamp = stamp_in(visitor.get("/public/en/report").text)
    files = {"file": ("mail.eml", file, "message/rfc822")} if file else {"file": ("", b"", "application/octet-stream")}
    answer = visitor.post("/public/en/report", data={"stamp": stamp, "kind": "mail", **fields}, files=files)
    assert answer.status_code == 200, answer.text[:3_000]
    assert "set-cookie" not in answer.headers
    return str(re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", answer.text)[0])


def state(visitor: httpx.Client, reference: str, **fields: str) -> httpx.Response:
    """How a report stands."""
    stamp = stamp_in(visitor.get("/public/en/report/state").text)
    return visitor.post("/public/en/report/state", data={"stamp": stamp, "reference": reference, **fields})


def sent(visitor: httpx.Client, where: str, **fields: str) -> httpx.Response:
    """A form of a page, filled in and sent."""
    return visitor.post(where, data={"csrf": csrf_of(visitor.get(where).text), **fields})


def only(house: House) -> Tip:
    """The one report that is there."""
    (tip,) = Tips(house.node.store, house.node.secret).latest()
    return tip


def test_a_phishing_mail_goes_from_the_public_form_to_a_draft_with_its_values_defanged(house: House) -> None:
    with house.visitor() as public, house.visitor(Role.ANALYST) as analyst:
        reference = report(public, phishing(), title="Strange mail", text="I clicked <b>nothing</b>")
        assert "Strange mail" in analyst.get("/triage").text
        where = f"/triage/{only(house).id}"
        page = analyst.get(where).text
        assert "hxxps://bank-secure[.]example/login" in page
        assert "hxxps://hidden[.]example/x" in page
        assert "https://bank-secure.example" not in page
        assert "service[@]bank-secure[.]example" in page
        assert "invoice.exe" in page
        assert "<b>nothing</b>" not in page
        answer = sent(analyst, where, do="record")
        assert answer.headers["location"].startswith("/publish/quick?draft=")
        draft = analyst.get(answer.headers["location"]).text
        assert "bank-secure[.]example" in draft
        assert "A warning for others is made of it" in state(public, reference).text


def test_a_link_that_came_harmless_is_shown_harmless_once(house: House) -> None:
    with house.visitor() as public, house.visitor(Role.ANALYST) as analyst:
        report(public, text="Look", link="hxxp://banka-lazna[.]example/najava")
        page = analyst.get(f"/triage/{only(house).id}").text
    assert "hxxp://banka-lazna[.]example/najava" in page
    assert "[[.]]" not in page


def test_nobody_but_the_operators_people_sees_a_report(house: House) -> None:
    with house.visitor() as public:
        report(public, text="Zakopano")
        where = f"/triage/{only(house).id}"
        for path in ("/triage", where, f"{where}/file"):
            assert public.get(path).status_code == 303, path
        for path in ("/public/en", "/public/en/alerts", "/public/stix.json", "/feed", "/api/v1/changes"):
            assert "Zakopano" not in public.get(path).text
        assert house.node.store.search(PUBLIC, "Zakopano") == ()
    for role, organisation in (
        (Role.READER, OWN),
        (Role.AUDITOR, OWN),
        (Role.PUBLISHER, PARTNER),
        (Role.ANALYST, PARTNER),
    ):
        with house.visitor(role, organisation=organisation) as other:
            assert other.get(where).status_code in {403, 404}, (role, organisation)
            assert other.get("/triage").status_code in {403, 404}
    rest = "\n".join(f"{row.actor} {row.action} {row.subject} {row.detail}" for row in house.node.store.audit_rows())
    assert "report received" in rest
    assert "Zakopano" not in rest


def test_what_is_kept_is_sealed_and_the_address_apart(house: House) -> None:
    with house.visitor() as public:
        report(public, text="Zakopano", contact="ana@company.example")
    database = house.node.settings.data / "egnatia.db"
    whole = b"".join(each.read_bytes() for each in database.parent.glob("egnatia.db*"))
    assert b"report received" in whole
    assert b"Zakopano" not in whole
    assert b"ana@company.example" not in whole


def test_a_question_is_asked_and_answered_with_the_reference_alone(house: House) -> None:
    with house.visitor() as public, house.visitor(Role.ANALYST) as analyst:
        reference = report(public, text="Something")
        assert "nobody has looked" in state(public, reference).text
        where = f"/triage/{only(house).id}"
        assert sent(analyst, where, do="take").status_code == 303
        assert "Somebody is looking" in state(public, reference.lower().replace("-", " ")).text
        assert sent(analyst, where, do="ask").status_code == 422
        assert sent(analyst, where, do="ask", answer="Which bank was it?").status_code == 303
        assert "Which bank was it?" in state(public, reference).text
        state(public, reference, answer="The first one")
        assert "The first one" in analyst.get(where).text
        assert only(house).state == "taken"
        assert sent(analyst, where, do="dismiss").status_code == 422
        assert sent(analyst, where, do="dismiss", reason="Spam", answer="It was harmless.").status_code == 303
        told = state(public, reference).text
        assert "It was harmless." in told
        assert "Spam" not in told


def test_a_reference_cannot_be_guessed_and_guessing_is_slowed(house: House) -> None:
    with house.visitor() as public:
        report(public, text="Something")
        statuses = [state(public, "AAAA-AAAA-AAAA-AAAA").status_code for _ in range(31)]
        assert statuses == [404] * 30 + [429]


def test_a_file_is_only_ever_saved(house: House) -> None:
    with house.visitor() as public, house.visitor(Role.ANALYST) as analyst:
        report(public, b"<html><script>alert(1)</script></html>", text="x")
        answer = analyst.get(f"/triage/{only(house).id}/file")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "alert(1)" not in analyst.get(f"/triage/{only(house).id}").text


def test_programs_floods_and_what_is_too_large_are_held_off(house: House) -> None:
    with house.visitor() as public:
        stamp = stamp_in(public.get("/public/en/report").text)
        bot = public.post("/public/en/report", data={"stamp": stamp, "text": "x", "website": "https://buy.example"})
        assert bot.status_code == 200
        assert public.post("/public/en/report", data={"stamp": "1.x", "text": "x"}).status_code == 422
        assert public.post("/public/en/report", data={"stamp": stamp}).status_code == 422
        assert (
            public.post("/public/en/report", data={"stamp": stamp, "text": "x", "contact": "nobody"}).status_code == 422
        )
        large = public.post("/public/en/report", data={"stamp": stamp}, files={"file": ("x", bytes(4_100_000))})
        assert large.status_code == 400
        larger = public.post("/public/en/report", data={"stamp": stamp}, files={"file": ("x", bytes(6_000_000))})
        assert larger.status_code == 400
        site = {"sec-fetch-site": "cross-site"}
        assert public.post("/public/en/report", data={"stamp": stamp, "text": "x"}, headers=site).status_code == 403
        assert Tips(house.node.store, house.node.secret).latest() == ()
        statuses = [public.post("/public/en/report", data={"stamp": stamp, "text": "x"}).status_code for _ in range(11)]
        assert statuses == [200] * 10 + [429]


def test_a_member_reports_as_who_they_are_and_a_program_with_its_token(house: House) -> None:
    with house.visitor(Role.READER) as reader, house.visitor(Role.ANALYST) as analyst:
        assert "Your reference" in sent(reader, "/report", kind="incident", text="We are down").text
        assert only(house).by == OWN
        assert "Ana Test" in analyst.get("/triage").text
    minted = token.mint()
    stored = token.Token(minted.id, minted.digest, PARTNER, "their SIEM", frozenset({Right.READ}), 0)
    house.node.store.tokens.add(stored)
    program = {"authorization": f"Bearer {minted.text}"}
    url = f"{house.url}/api/v1/tips"
    answer = httpx.post(url, json={"kind": "link", "link": "https://bad.example"}, headers=program)
    assert answer.status_code == 201, answer.text
    reference = answer.json()["reference"]
    assert httpx.get(f"{url}/{reference}", headers=program).json()["state"] == "new"
    assert httpx.get(f"{url}/{reference}").status_code == 404
    assert httpx.get(f"{url}/{reference}", headers={"authorization": "Bearer egn_nothing"}).status_code == 401
    assert httpx.post(url, json={"kind": "nothing"}, headers=program).status_code == 400
    assert httpx.post(url, json={"kind": "link"}, headers=program).status_code == 400


def test_addresses_and_settled_reports_are_erased_when_their_time_is_over(house: House) -> None:
    with house.visitor() as public, house.visitor(Role.ANALYST) as analyst:
        reference = report(public, phishing(), text="x", contact="ana@company.example")
        tips = Tips(house.node.store, house.node.secret)
        assert tips.contact(only(house)) == "ana@company.example"
        now = time.time_ns() // 1_000
        assert tips.purge(now + 31 * DAY, contact_days=30, report_days=180) == 0
        assert tips.contact(only(house)) == ""
        assert tips.file(only(house)) is not None
        sent(analyst, f"/triage/{only(house).id}", do="dismiss", reason="Done")
        settled = only(house)
        assert tips.purge(now + 179 * DAY, contact_days=30, report_days=180) == 0
        assert tips.purge(now + 182 * DAY, contact_days=30, report_days=180) == 1
        assert tips.latest() == ()
        assert tips.file(settled) is None
        assert state(public, reference).status_code == 404


def opening(publisher: httpx.Client, report: str) -> httpx.Response:
    return sent(publisher, "/cases/new", workflow="incident", name="Down", roles="national-csirt", report=report)


def test_an_incident_becomes_a_case(house: House) -> None:
    with house.visitor() as public, house.visitor(Role.PUBLISHER) as publisher:
        report(public, kind="incident", title="We & they are down", text="x")
        answer = sent(publisher, f"/triage/{only(house).id}", do="case")
        page = publisher.get(answer.headers["location"]).text
        assert 'value="We &amp; they are down"' in page
        assert only(house).state == "taken", "there is no case yet"
        opened = sent(
            publisher, "/cases/new", workflow="incident", name="Down", roles="national-csirt", report=only(house).id
        )
        case = opened.headers["location"].split("?")[0]
        assert only(house).state == "case"
        assert f'href="{case}"' in publisher.get(f"/triage/{only(house).id}").text
        assert f'href="/triage/{only(house).id}"' in publisher.get(case).text
    with house.visitor(Role.READER) as reader:
        assert "/triage/" not in reader.get(case).text


def test_a_case_settles_no_report_that_is_not_there(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as publisher:
        opened = sent(
            publisher, "/cases/new", workflow="incident", name="Down", roles="national-csirt", report="nothing"
        )
        assert opened.status_code == 303
        assert "/triage/" not in publisher.get(opened.headers["location"]).text


def test_reports_can_be_switched_off(tmp_path_factory: pytest.TempPathFactory) -> None:
    with housed(tmp_path_factory.mktemp("off"), portal=Portal(reports=False)) as house, house.visitor() as public:
        assert public.get("/public/en/report").status_code == 404
        assert "/report" not in public.get("/public/en").text.replace("/public/en/reports", "")


def two_of_the_same(house: House, public: httpx.Client) -> tuple[str, str, Tip, Tip]:
    """Two reports of one link: their references, and themselves."""
    first = report(public, text="It took my card", link="https://bank-lazna.example/x", contact="ana@company.example")
    second = report(public, text="Same here", link="https://bank-lazna.example/x")
    found = sorted(Tips(house.node.store, house.node.secret).all(), key=lambda each: each.at)
    return first, second, found[-2], found[-1]


def test_reports_of_the_same_thing_are_found_merged_and_answered_together(house: House) -> None:
    with house.visitor() as public, house.visitor(Role.ANALYST) as analyst:
        report(public, text="Something else")
        first, second, older, newer = two_of_the_same(house, public)
        page = analyst.get(f"/triage/{newer.id}").text
        offered = re.findall(r'<option value="(\w+)"[^>]*>([^<]+)', page.partition('name="same"')[2])
        assert offered[0][0] == older.id
        assert "in common" in offered[0][1]
        assert "in common" not in offered[1][1]
        assert sent(analyst, f"/triage/{newer.id}", do="merge", same=newer.id).status_code == 422
        merged = sent(analyst, f"/triage/{newer.id}", do="merge", same=older.id)
        assert merged.headers["location"].startswith(f"/triage/{older.id}")
        assert f"/triage/{newer.id}" in analyst.get(f"/triage/{older.id}").text
        sent(analyst, f"/triage/{older.id}", do="ask", answer="Which bank?")
        assert "Somebody is looking at it" in state(public, second).text
        sent(analyst, f"/triage/{older.id}", do="dismiss", reason="Known", answer="The page is gone.")
        for reference in (first, second):
            assert "The page is gone." in state(public, reference).text
            assert "Closed; thank you" in state(public, reference).text
        assert sent(analyst, f"/triage/{newer.id}", do="reopen").status_code == 303
        assert "Somebody is looking at it" in state(public, second).text


def test_a_report_is_given_to_a_colleague_who_may_have_it(house: House) -> None:
    with house.visitor() as public, house.visitor(Role.ANALYST) as analyst, house.visitor(Role.PUBLISHER) as boris:
        report(public, text="Something")
        where = f"/triage/{only(house).id}"
        logins = re.findall(r'<option value="([^"]+)"', analyst.get(where).text.partition('name="to"')[2])
        assert len(logins) == 2
        assert sent(analyst, where, do="give", to="nobody").status_code == 404
        for login in logins:
            assert sent(analyst, where, do="give", to=login).status_code == 303
            assert only(house).taken_by == login
        assert "The last thirty days" in boris.get("/triage").text
        assert "1 minute" in boris.get("/triage").text


def test_a_program_of_the_public_hands_in_a_mail_as_it_is(house: House) -> None:
    url = f"{house.url}/api/v1/tips"
    mail = {"content-type": "message/rfc822"}
    answer = httpx.post(url, content=phishing(), headers=mail)
    assert answer.status_code == 201, answer.text
    with house.visitor(Role.ANALYST) as analyst:
        assert "bank-secure[.]example" in analyst.get(f"/triage/{only(house).id}").text
    assert (only(house).kind, only(house).by) == ("mail", "")
    assert httpx.post(url, content=b"no mail", headers=mail).status_code == 400
    assert httpx.post(url, content=bytes(4_000_001), headers=mail).status_code == 413
    assert httpx.post(url, content=b"kind=link", headers={"content-type": "text/plain"}).status_code == 400
    told = {"kind": "link", "link": "https://bad.example", "contact": "no address"}
    assert httpx.post(url, json=told).status_code == 400
    statuses = [httpx.post(url, json={**told, "contact": "ana@x.example"}).status_code for _ in range(9)]
    assert statuses.count(429) > 0
    assert statuses[-1] == 429


def test_who_sends_too_much_is_told_so_in_their_language(house: House) -> None:
    with house.visitor() as public:
        stamp = stamp_in(public.get("/public/en/report").text)
        answers = [public.post("/public/sq/report", data={"stamp": stamp, "text": "x"}) for _ in range(11)]
        assert answers[-1].status_code == 429
        assert "sign-ins" not in answers[-1].text
        assert 'lang="sq"' in answers[-1].text


def test_without_reports_from_the_public_a_program_needs_a_token(tmp_path: Path) -> None:
    with housed(tmp_path, portal=Portal(reports=False)) as found:
        answer = httpx.post(f"{found.url}/api/v1/tips", json={"kind": "link", "link": "x"})
        assert answer.status_code == 401
