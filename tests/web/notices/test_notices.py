"""People are told what concerns them: once, by the ways that they chose, and never more than they may see."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.web.cases.test_cases import BANK, LAW, opened, send, words
from tests.web.house import House, csrf_of, housed
from tests.web.telling import GREEN, record

from egnatia.casework.notice import mentioned
from egnatia.exchange.formats.conversion import instant
from egnatia.exchange.letter import Call, Letter
from egnatia.exchange.letter import Mail as Sent
from egnatia.exchange.notice import Kind, Notices
from egnatia.settings import Mail
from egnatia.web.account.account import Account
from egnatia.web.account.session import Origin
from egnatia.web.notices.choices import Choices, Chosen
from egnatia.web.notices.telling import Teller
from egnatia.web.permission import Role


class Watch:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self.further = timedelta()

    def __call__(self) -> int:
        return int((datetime.now(UTC) + self.further).timestamp() * 1_000_000)


class Told:
    """A CSIRT that hosts a bank and a prosecutor, with a person each."""

    def __init__(self, house: House) -> None:
        self.house, self.watch = house, Watch()
        self.csirt = house.account(Role.PUBLISHER)
        self.bank = house.account(Role.PUBLISHER, organisation=BANK, language="sr")
        self.law = house.account(Role.PUBLISHER, organisation=LAW)
        self.teller().once()

    def teller(self) -> Teller:
        return Teller(self.house.node, clock=self.watch)

    def client(self, account: Account) -> httpx.Client:
        cookie = self.house.door.sessions.begin(account.name, "a test", Origin("127.0.0.1", "test"))
        return httpx.Client(
            base_url=self.house.url, cookies={self.house.cookie: cookie}, headers={"Accept-Language": "en"}, timeout=30
        )

    def of(self, account: Account) -> list[tuple[Kind, str]]:
        return [(each.kind, each.what) for each in Notices(self.house.node.store).of(account.id, 100)]

    def letters(self) -> list[Letter]:
        """Everything that waits to be sent."""
        now, found = self.watch() + 1, []
        for queue in (self.house.node.outbox.mail, self.house.node.outbox.calls):
            while claimed := queue.claim(now, now + 10**15):
                found.append(claimed[1])
        return found

    def chose(self, account: Account, **more: Any) -> None:
        Chosen(self.house.node.store).kept.put(account.id, Choices(**more))


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with housed(tmp_path, mail=Mail(host="127.0.0.1", port=1, tls="none", sender="node@csirt.example")) as house:
        house.node.host(BANK, "Bank of a test", "ME")
        house.node.host(LAW, "Prosecutor of a test", "ME")
        yield Told(house)


def aware(client: httpx.Client, case: str, hours: float = 0) -> None:
    at = (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")
    triage = send(client, f"{case}/step/triage", kind="incident", severity="red", rsit=["availability:outage"])
    assert triage.status_code == 303
    assert send(client, f"{case}/facts", aware_at=at, users="120000").status_code == 303


def test_each_event_is_told_to_whom_it_concerns_and_never_to_who_did_it(told: Told) -> None:
    with told.client(told.csirt) as csirt, told.client(told.bank) as bank:
        case = opened(csirt)
        aware(csirt, case)
        assert (
            send(
                bank, f"{case}/report/early-warning", suspected_malicious="yes", cross_border="no", text_="x"
            ).status_code
            == 303
        )
        assert send(bank, f"{case}/comment", text=f"@{told.csirt.name} please look").status_code == 303
        told.teller().once()
        told.teller().once()
    assert (Kind.PARTY, "opened") in told.of(told.bank)
    assert told.of(told.csirt).count((Kind.REVIEW, "filed")) == 1
    assert told.of(told.csirt).count((Kind.MENTIONED, "mention")) == 1
    assert (Kind.MENTIONED, "mention") not in told.of(told.bank)
    assert told.of(told.law) == [], "who takes no part is told nothing"


def test_what_is_for_some_roles_alone_is_told_to_no_other(told: Told) -> None:
    with told.client(told.csirt) as csirt:
        case = opened(csirt)
        assert (
            send(csirt, f"{case}/comment", text=f"not for @{told.bank.name}", only=["competent-authority"]).status_code
            == 303
        )
        told.teller().once()
    assert (Kind.MENTIONED, "mention") not in told.of(told.bank)


def test_who_joins_is_told_that_and_nothing_of_what_was_before(told: Told) -> None:
    with told.client(told.csirt) as csirt:
        case = opened(csirt)
        assert send(csirt, f"{case}/comment", text=f"@{told.law.name} should know").status_code == 303
        assert send(csirt, f"{case}/join", organisation=LAW, roles=["law-enforcement"], talk="yes").status_code == 303
        told.teller().once()
    assert told.of(told.law) == [(Kind.PARTY, "joined")]


def test_reminders_come_before_and_after_what_is_due_once_each_also_over_a_restart(told: Told) -> None:
    with told.client(told.csirt) as csirt:
        case = opened(csirt)
        aware(csirt, case)
    told.teller().once()
    before = [each for each in told.of(told.bank) if each[0] is Kind.BEFORE]
    seen = []
    for _ in range(40):
        told.watch.further += timedelta(hours=1)
        told.teller().once()
        told.teller().once()
        seen.append([each for each in told.of(told.bank) if each[0] in {Kind.BEFORE, Kind.AFTER}])
    assert before == []
    kinds = {kind for kind, _ in seen[-1]}
    assert kinds == {Kind.BEFORE, Kind.AFTER}
    warning = [
        each
        for each in Notices(told.house.node.store).of(told.bank.id, 100)
        if each.values.get("what") == "Early warning"
    ]
    assert len({(each.what, each.at) for each in warning}) == len(warning)
    assert [each.kind for each in warning].count(Kind.BEFORE) >= 1
    assert [each.kind for each in warning].count(Kind.AFTER) >= 1
    assert any(kind is Kind.AFTER for kind, _ in told.of(told.csirt)), "whom it is owed to learns that it is late"


def test_a_letter_says_no_more_than_its_mailbox_may_hold(told: Told) -> None:
    told.chose(told.bank, mail="bank@example.org", ways=dict.fromkeys(Kind, ("mail",)))
    with told.client(told.csirt) as csirt:
        case = opened(csirt)
        told.teller().once()
    (letter,) = [each for each in told.letters() if isinstance(each.content, Sent)]
    assert isinstance(letter.content, Sent)
    assert letter.content.to == "bank@example.org"
    assert "Ransomware" not in letter.content.text + letter.content.subject
    assert case in letter.content.text


def test_an_address_gets_one_letter_that_asks_and_nothing_else_until_its_reader_says_so(told: Told) -> None:
    def choose(client: httpx.Client, mail: str) -> str:
        form = {
            "csrf": csrf_of(client.get("/notices/choices").text),
            "mail": mail,
            "ways": [f"{k.value} mail" for k in Kind],
        }
        assert client.post("/notices/choices", data=form).status_code == 303
        return client.get("/notices/choices").text

    def press(client: httpx.Client, path: str) -> int:
        return client.post(path, data={"csrf": csrf_of(client.get("/notices/choices").text)}).status_code

    with told.client(told.bank) as bank, told.client(told.csirt) as csirt:
        assert "bank@example.org is not confirmed yet" in choose(bank, "bank@example.org")
        choose(bank, "bank@example.org")
        (asked,) = told.letters()
        assert isinstance(asked.content, Sent)
        assert asked.content.to == "bank@example.org"
        (path,) = re.findall(r"/notices/mailbox/[0-9a-f]+", asked.content.text)
        opened(csirt)
        told.teller().once()
        assert told.letters() == []
        assert bank.get(path).status_code == 200
        told.teller().once()
        assert told.letters() == [], "what only opens the link confirms nothing"
        assert press(csirt, path) == 404, "another account confirms nothing for this one"
        assert press(bank, path[:-1] + ("0" if path[-1] != "0" else "1")) == 404
        assert press(bank, path) == 200
        assert press(bank, path) == 404
        assert "not confirmed yet" not in bank.get("/notices/choices").text
        case = opened(csirt)
        told.teller().once()
        (letter,) = told.letters()
        assert isinstance(letter.content, Sent)
        assert case in letter.content.text
        assert "other@example.org is not confirmed yet" in choose(bank, "other@example.org")
        case = opened(csirt)
        told.teller().once()
        assert {each.content.to for each in told.letters() if isinstance(each.content, Sent)} >= {"bank@example.org"}
        told.watch.further += timedelta(days=3)
        told.teller().once()
        assert Chosen(told.house.node.store).of(told.bank.id).asked == ""
        choose(bank, "")
        assert Chosen(told.house.node.store).of(told.bank.id).mail == ""


def test_a_letter_under_a_tlp_that_the_operator_allows_says_what_it_is_about(told: Told) -> None:
    told.chose(told.bank, mail="bank@example.org", ways=dict.fromkeys(Kind, ("mail", "page")))
    with told.client(told.csirt) as csirt:
        answer = send(
            csirt, "/cases/new", workflow="incident", name="An open one", roles=["national-csirt"],
            parties=[f"{BANK} affected-entity"], tlp="green",
        )  # fmt: skip
        assert answer.status_code == 303
        told.teller().once()
    (letter,) = [each for each in told.letters() if isinstance(each.content, Sent)]
    assert isinstance(letter.content, Sent)
    assert "An open one" in letter.content.text
    assert letter.content.subject.startswith("[Egnatia]")


def test_a_digest_is_one_letter_a_day(told: Told) -> None:
    told.chose(
        told.bank,
        mail="bank@example.org",
        digest=True,
        digested=told.watch(),
        ways=dict.fromkeys(Kind, ("mail", "page")),
    )
    with told.client(told.csirt) as csirt:
        case = opened(csirt)
        assert send(csirt, f"{case}/comment", text=f"@{told.bank.name} one").status_code == 303
        assert send(csirt, f"{case}/comment", text=f"@{told.bank.name} two").status_code == 303
    told.teller().once()
    assert told.letters() == []
    told.watch.further += timedelta(days=1)
    told.teller().once()
    letters = told.letters()
    told.watch.further += timedelta(minutes=2)
    told.teller().once()
    letters += told.letters()
    assert len(letters) == 1
    assert isinstance(letters[0].content, Sent)
    assert letters[0].content.text.count("\n") >= 4


def test_a_webhook_is_told_what_its_person_chose_signed_and_without_what_it_may_not_hold(told: Told) -> None:
    told.chose(told.bank, ways=dict.fromkeys(Kind, ("webhook",)))
    told.house.node.hooks.add("mine", "https://siem.example/told", BANK, told.bank.id)
    told.house.node.hooks.add("another's", "https://siem.example/other", LAW, told.law.id)
    with told.client(told.csirt) as csirt:
        opened(csirt)
        told.teller().once()
    (letter,) = told.letters()
    assert isinstance(letter.content, Call)
    data = msgspec.json.decode(letter.content.data)
    assert data["kind"] == "party"
    assert "title" not in data


def test_the_page_shows_what_is_unread_and_hides_the_words_of_what_one_may_no_longer_see(told: Told) -> None:
    with told.client(told.csirt) as csirt, told.client(told.bank) as bank, told.client(told.law) as law:
        case = opened(csirt)
        told.teller().once()
        page = words(bank.get("/notices"))
        assert "Ransomware <at> the bank" in page
        assert bank.get("/notices/count").json()["unread"] == 1
        assert law.get("/notices/count").json()["unread"] == 0
        (notice,) = Notices(told.house.node.store).of(told.bank.id, 10)
        assert law.get("/notices/open", params={"place": notice.place}).status_code == 404
        assert bank.get("/notices/open", params={"place": notice.place}).headers["location"] == case
        assert bank.get("/notices/count").json()["unread"] == 0
        assert csirt.get("/notices").status_code == 200


def test_choices_are_kept_and_bad_ones_refused(told: Told) -> None:
    with told.client(told.bank) as bank:
        page = bank.get("/notices/choices")
        assert page.status_code == 200
        csrf = csrf_of(page.text)
        form = {"csrf": csrf, "ways": ["assigned mail", "magic mail"], "mail": "ana@bank.example", "digest": "yes"}
        assert bank.post("/notices/choices", data=form).status_code == 303
        kept = Chosen(told.house.node.store).of(told.bank.id)
        assert kept.by(Kind.ASSIGNED) == ("mail",)
        assert kept.by(Kind.PARTY) == ()
        assert kept.digest
        for wrong in ("ana", "ana@bank.example\r\nBcc: x@y.example", "a@b.example,c@d.example"):
            assert bank.post("/notices/choices", data={"csrf": csrf, "mail": wrong}).status_code == 400
        made = bank.post("/notices/webhooks", data={"csrf": csrf, "name": "SIEM", "url": "https://siem.example/x"})
        assert "whsec_" in made.text
        assert "whsec_" not in bank.get("/notices/choices").text
        barred = bank.post("/notices/webhooks", data={"csrf": csrf, "name": "x", "url": "file:///etc/passwd"})
        assert barred.status_code == 422
        (hook,) = told.house.node.hooks.all()
        with told.client(told.law) as law:
            other = csrf_of(law.get("/notices/choices").text)
            form = {"csrf": other, "hook": hook.id, "what": "remove"}
            assert law.post("/notices/webhooks/change", data=form).status_code == 404
        assert (
            bank.post("/notices/webhooks/change", data={"csrf": csrf, "hook": hook.id, "what": "remove"}).status_code
            == 303
        )
        assert told.house.node.hooks.all() == ()


def test_a_kept_search_tells_once_that_it_has_something_new(told: Told) -> None:
    with told.client(told.csirt) as client:
        csrf = csrf_of(client.get("/feed").text)
        kept = client.post("/saved", data={"csrf": csrf, "name": "Evil names", "question": "evil", "tells": "true"})
        assert kept.status_code == 303, kept.text
    told.house.submit(record("indicator", GREEN, name="An evil name", modified=instant(time.time())))
    assert told.house.node.store.indexer.wait_for(told.house.node.store.position())
    for _ in range(2):
        told.teller().once()
    assert [each for each in told.of(told.csirt) if each[0] is Kind.SAVED] == [(Kind.SAVED, "saved")]
    assert [each for each in told.of(told.bank) if each[0] is Kind.SAVED] == []


def test_what_another_takes_back_is_told_and_what_one_took_back_oneself_is_not(told: Told) -> None:
    shared = record("indicator", GREEN, name="A mistake")
    told.house.submit(shared, owner=BANK)
    with told.client(told.bank) as client:
        page = f"/recall/{msgspec.json.decode(shared)['id']}"
        data = {"csrf": csrf_of(client.get(page).text), "action": "withdraw", "reason": "Wrong", "do": "recall"}
        assert client.post(page, data=data).status_code == 303
    told.teller().once()
    assert [each for each in told.of(told.csirt) if each[0] is Kind.RECALL] == [(Kind.RECALL, "recall")]
    assert [each for each in told.of(told.bank) if each[0] is Kind.RECALL] == []


def test_asking_for_the_count_keeps_no_session_alive(told: Told) -> None:
    sessions = told.house.door.sessions
    with told.client(told.bank) as bank:
        before = [each.seen for each in sessions.of(told.bank.name).values()]
        bank.get("/notices/count")
        assert [each.seen for each in sessions.of(told.bank.name).values()] == before


def test_the_public_has_no_notices(told: Told) -> None:
    with told.house.visitor() as public:
        for path in ("/notices", "/notices/count", "/notices/choices"):
            assert public.get(path).status_code in {303, 401}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ana please", {"ana"}),
        ("mail ana@bank.example", set()),
        ("(@Ana.Kovac), @ana@bank.example.", {"ana.kovac", "ana@bank.example"}),
        ("@", set()),
        ("@@ana", set()),
    ],
)
def test_a_mention_is_a_name_after_an_at_sign(text: str, names: set[str]) -> None:
    assert mentioned(text) == names
