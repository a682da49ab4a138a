"""A second person reads exactly what is published, and nobody approves their own."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from tests.record.builders import body, ref
from tests.web.house import OWN, House, csrf_of, housed

from egnatia.exchange import token
from egnatia.exchange.four_eyes import FourEyes, Rule
from egnatia.exchange.review import DAY, SETTLED_DAYS, Review, Reviews
from egnatia.exchange.submission import Right
from egnatia.store import Known
from egnatia.web.account.account import now
from egnatia.web.notices.telling import SAVED_EVERY, Teller
from egnatia.web.permission import Role

PARTNER = "identity--00000000-0000-4000-8000-0000000000d1"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node whose organisation wants everything read by a second person."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        found.node.store.organisations.put(Known(PARTNER, "CSIRT of a partner", "MK"))
        FourEyes(found.node.store).set(OWN, Rule.ALWAYS)
        found.node.forget_facts()
        yield found


def sent(visitor: httpx.Client, where: str, **fields: str | list[str]) -> httpx.Response:
    """The form at a place, filled in and sent."""
    csrf = csrf_of(visitor.get(where).text)
    return visitor.post(where, data={"csrf": csrf, **fields})


def asked(visitor: httpx.Client, name: str = "Autumn", **fields: str) -> str:
    """A record handed in for review; where the review is."""
    answer = sent(visitor, "/publish/new/campaign", **{"do": "publish", "p_name": name, "tlp": "clear", **fields})
    assert answer.status_code == 303, answer.text[:2_000]
    assert answer.headers["location"].startswith("/publish/reviews/")
    return str(answer.headers["location"])


def digest_in(page: str) -> str:
    """What the page says that would be published."""
    return page.partition('name="digest" value="')[2].partition('"')[0]


@contextmanager
def two(house: House) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Two people who may publish."""
    with house.visitor(Role.PUBLISHER) as ana, house.visitor(Role.PUBLISHER) as boris:
        yield ana, boris


def kept(house: House, where: str) -> Review:
    """The review as it is kept."""
    found = Reviews(house.node.store, OWN).get(where.rpartition("/")[2])
    assert found is not None
    return found


def test_what_one_person_hands_in_another_publishes_to_the_byte(house: House) -> None:
    with two(house) as (ana, boris):
        where = asked(ana)
        waiting = kept(house, where)
        assert not house.node.store.get(house.node.clearance_of(OWN), waiting.records)
        assert "To review (1)" in boris.get("/publish").text
        page = boris.get(where).text
        assert "CSIRT of a partner may see it" in page
        answer = sent(boris, where, do="approve", digest=digest_in(page))
        assert answer.status_code == 303, answer.text[:2_000]
        row = house.node.store.get(house.node.clearance_of(None), waiting.records)[0]
        assert row.body == waiting.bodies[-1]
        done = kept(house, where)
        assert (done.state, done.bodies, done.digest) == ("approved", (), waiting.digest)
        assert "Approved and published" in boris.get(where).text
        assert "To review (0)" in ana.get("/publish").text
    notes = [(note.action, note.detail) for note in house.node.store.audit_rows()]
    assert any(action == "review approved" and waiting.digest in detail for action, detail in notes)


def test_nobody_approves_their_own(house: House) -> None:
    with two(house) as (ana, _):
        where = asked(ana)
        page = ana.get(where).text
        assert 'value="approve"' not in page
        csrf = csrf_of(page)
        data = {"csrf": csrf, "do": "approve", "digest": kept(house, where).digest}
        answer = ana.post(where, data=data)
        assert answer.status_code == 422
        assert "Nobody approves what they wrote themselves" in answer.text
        assert ana.post(where, data={**data, "do": "return", "reason": "x"}).status_code == 422
        assert kept(house, where).state == "waiting"


def test_what_is_returned_with_a_reason_is_its_authors_draft_again(house: House) -> None:
    with two(house) as (ana, boris):
        where = asked(ana, "Half a thought")
        assert sent(boris, where, do="return").status_code == 422
        assert sent(boris, where, do="return", reason="Who was it?").status_code == 303
        page = ana.get(where).text
        assert "Who was it?" in page
        draft = page.partition('href="/publish/new/campaign?draft=')[2].partition('"')[0]
        assert 'value="Half a thought"' in ana.get(f"/publish/new/campaign?draft={draft}").text
        assert boris.get(f"/publish/new/campaign?draft={draft}").status_code == 404
        assert sent(boris, where, do="approve", digest=kept(house, where).digest).status_code in {404, 422}
        assert house.node.store.get(house.node.clearance_of(OWN), kept(house, where).records) == ()


def test_a_remark_stands_wherever_its_author_goes_on_and_before_whoever_reads_it_again(house: House) -> None:
    with two(house) as (ana, boris):
        where = asked(ana, "Half a thought")
        sent(boris, where, do="return", reason="Who was it?")
        assert "Who was it?" in ana.get("/publish").text
        draft = ana.get(where).text.partition('href="/publish/new/campaign?draft=')[2].partition('"')[0]
        form = f"/publish/new/campaign?draft={draft}"
        assert "Who was it?" in ana.get(form).text
        fields = {"p_name": "A whole thought", "tlp": "clear", "draft": draft}
        assert "Who was it?" in sent(ana, form, do="preview", **fields).text
        again = str(sent(ana, form, do="review", **fields).headers["location"])
        assert "Who was it?" in boris.get(again).text
        assert sent(boris, again, do="approve", digest=kept(house, again).digest).status_code == 303


def test_who_may_approve_is_told_and_the_author_what_became_of_it(house: House) -> None:
    teller = Teller(house.node)
    teller.once()
    with two(house) as (ana, boris), house.visitor(Role.READER) as reader:
        for looked in range(2):
            where = asked(ana, f"Thought {looked}")
            if looked == 0:
                sent(boris, where, do="return", reason="Who was it?")
        Teller(house.node, clock=lambda: now() + SAVED_EVERY).once()
        assert "Thought 1” waits for a second person" in boris.get("/notices").text
        assert "Thought 0” was returned to you" in ana.get("/notices").text
        assert "waits for a second person" not in ana.get("/notices").text
        assert "Thought" not in reader.get("/notices").text


def test_the_preview_says_that_everyone_can_read_what_is_clear(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as ana:
        fields = {"do": "preview", "p_name": "Autumn"}
        assert "Everyone can read it" in sent(ana, "/publish/new/campaign", tlp="clear", **fields).text
        assert "Everyone can read it" not in sent(ana, "/publish/new/campaign", tlp="green", **fields).text


def test_an_author_takes_it_back(house: House) -> None:
    with two(house) as (ana, boris):
        where = asked(ana, "Too early")
        assert sent(boris, where, do="withdraw").status_code == 404
        assert sent(ana, where, do="withdraw").status_code == 303
        assert "Too early" in ana.get("/publish").text
        assert kept(house, where).state == "withdrawn"


def test_another_digest_than_that_of_what_was_read_publishes_nothing(house: House) -> None:
    with two(house) as (ana, boris):
        where = asked(ana)
        answer = sent(boris, where, do="approve", digest=hashlib.sha256(b"another").hexdigest())
        assert answer.status_code == 422
        assert "It is not what you looked at" in answer.text
        assert kept(house, where).state == "waiting"


def test_a_newer_version_that_was_overtaken_is_not_published(house: House) -> None:
    with two(house) as (ana, boris):
        first = asked(ana)
        sent(boris, first, do="approve", digest=digest_in(boris.get(first).text))
        record = kept(house, first).main
        older, newer = (
            sent(ana, f"/publish/edit/{record}", do="publish", p_name=name, tlp="keep").headers["location"]
            for name in ("Older", "Newer")
        )
        page = boris.get(newer).text
        assert "What is new against the published version" in page
        assert sent(boris, newer, do="approve", digest=digest_in(page)).status_code == 303
        late = sent(boris, older, do="approve", digest=digest_in(boris.get(older).text))
        assert late.status_code == 422
        assert "A newer version was published" in late.text


def test_an_analyst_hands_in_and_sees_their_own_alone(house: House) -> None:
    with house.visitor(Role.ANALYST) as analyst, house.visitor(Role.ANALYST) as other:
        answer = sent(analyst, "/publish/new/campaign", do="review", p_name="Mine", tlp="clear")
        where = answer.headers["location"]
        assert analyst.get(where).status_code == 200
        assert 'value="approve"' not in analyst.get(where).text
        assert other.get(where).status_code == 404
        assert where not in other.get("/publish/reviews").text
        assert sent(other, "/publish/new/campaign", do="publish", p_name="x", tlp="clear").status_code == 403


def test_a_review_of_another_organisation_is_not_there(house: House) -> None:
    with two(house) as (ana, _), house.visitor(Role.PUBLISHER, organisation=PARTNER) as eve:
        where = asked(ana)
        assert eve.get(where).status_code == 404
        assert where not in eve.get("/publish/reviews").text
        csrf = csrf_of(eve.get("/publish/new/campaign").text)
        data = {"csrf": csrf, "do": "approve", "digest": kept(house, where).digest}
        assert eve.post(where, data=data).status_code == 404
    with house.visitor() as public:
        assert public.get(where).status_code == 303


def test_an_administrator_sets_the_rule_and_no_other(house: House) -> None:
    with house.visitor(Role.ADMINISTRATOR) as administrator, house.visitor(Role.PUBLISHER) as publisher:
        assert "Set the rule" in administrator.get("/publish/reviews").text
        assert "Set the rule" not in publisher.get("/publish/reviews").text
        csrf = csrf_of(publisher.get("/publish/new/campaign").text)
        assert publisher.post("/publish/reviews", data={"csrf": csrf, "rule": "never"}).status_code == 403
        assert sent(administrator, "/publish/reviews", rule="never").status_code == 303
        assert FourEyes(house.node.store).rule(OWN) is Rule.NEVER
        record = sent(publisher, "/publish/new/campaign", do="publish", p_name="x", tlp="clear")
        assert record.headers["location"].startswith("/records/")


def test_a_quick_report_waits_as_well_and_comes_back_whole(house: House) -> None:
    text = "Phishing at hxxps://bad-bank[.]example/login"
    with two(house) as (ana, boris):
        page = sent(ana, "/publish/quick", do="recognise", text=text).text
        key = page.partition('name="value" value="')[2].partition('"')[0]
        answer = sent(ana, "/publish/quick", do="publish", text=text, name="Phishing", value=[key], tlp="green")
        where = answer.headers["location"]
        assert where.startswith("/publish/reviews/")
        shown = boris.get(where).text
        assert "bad-bank" in shown
        sent(boris, where, do="return", reason="Which bank?")
        draft = ana.get(where).text.partition('href="/publish/quick?draft=')[2].partition('"')[0]
        again = ana.get(f"/publish/quick?draft={draft}").text
        assert text in again
        assert key in again


def test_who_issued_a_token_does_not_approve_what_it_handed_in(house: House) -> None:
    minted = token.mint()
    with two(house) as (ana, boris):
        login = kept(house, asked(ana)).author
        rights = frozenset({Right.SUBMIT, Right.ADMINISTER})
        stored = token.Token(minted.id, minted.digest, OWN, "sensor", rights, 0, issued_by=login)
        house.node.store.tokens.add(stored)
        first = {"authorization": f"Bearer {minted.text}"}
        wanted = {"name": "child", "rights": ["submit"]}
        child = httpx.post(f"{house.url}/api/v1/tokens", json=wanted, headers=first).json()["token"]
        campaign = body("campaign", id=ref("campaign", 1), name="By a program")
        for bearer in (minted.text, child):
            answer = httpx.post(
                f"{house.url}/api/v1/reviews", content=campaign, headers={"authorization": f"Bearer {bearer}"}
            )
            where = f"/publish/reviews/{answer.json()['id']}"
            digest = answer.json()["digest"]
            csrf = csrf_of(ana.get(where).text)
            own = ana.post(where, data={"csrf": csrf, "do": "approve", "digest": digest})
            assert own.status_code == 422
            assert kept(house, where).state == "waiting"
        assert sent(boris, where, do="approve", digest=digest).status_code == 303


def test_a_settled_review_is_forgotten_after_its_time_and_a_waiting_one_never(house: House) -> None:
    with two(house) as (ana, boris):
        settled, waiting = asked(ana), asked(ana, "Winter")
        sent(boris, settled, do="return", reason="Name the sector")
    reviews = Reviews(house.node.store, OWN)
    at = kept(house, settled).steps[-1].at
    assert reviews.purge(at + SETTLED_DAYS * DAY, days=SETTLED_DAYS) == 0
    assert kept(house, settled).state == "returned"
    assert reviews.purge(at + SETTLED_DAYS * DAY + 1, days=SETTLED_DAYS) == 1
    assert reviews.get(settled.rpartition("/")[2]) is None
    assert kept(house, waiting).state == "waiting"
