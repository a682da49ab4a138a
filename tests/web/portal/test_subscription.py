"""Letters come to who confirmed from the address itself, and end with one press; nobody learns who is subscribed."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import httpx
import pytest
from tests.exchange.test_outbox import Postbox, mail_server
from tests.record.builders import body, ref
from tests.web.house import OWN, House, housed
from tests.web.portal.test_portal import TLP, product, translation

from egnatia.exchange.delivering import MailSender
from egnatia.exchange.takeback import ERASE, recalling
from egnatia.settings.people import Mail
from egnatia.web.portal import subscribing
from egnatia.web.portal.form import Limit
from egnatia.web.portal.mailing import QUIET, Mailing, Told
from egnatia.web.portal.subscription import PATIENCE, Subscriber, is_address

ADDRESS = "ana.petrovic@example.org"


@pytest.fixture(autouse=True)
def fresh_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test counts by itself, and nobody waits two seconds."""
    monkeypatch.setattr(subscribing, "LIMIT", Limit(5, 3_600))
    monkeypatch.setattr("egnatia.web.portal.form.LEAST_SECONDS", 0)


@contextmanager
def posted(folder: Path) -> Iterator[tuple[House, Postbox, "Post"]]:
    """A node with a mail server beside it."""
    with mail_server() as (postbox, port):
        settings = Mail(host="127.0.0.1", port=port, tls="none", sender="node@csirt.example")
        with housed(folder, mail=settings) as house:
            yield house, postbox, Post(house, postbox)


class Post:
    """What the node has sent."""

    def __init__(self, house: House, postbox: Postbox) -> None:
        self._house, self._postbox = house, postbox
        self.ahead = 0
        """How far the clock of the round is ahead, microseconds."""

    def now(self) -> int:
        """By its clock."""
        return time.time_ns() // 1_000 + self.ahead

    def letters(self) -> list[EmailMessage]:
        """Everything that was taken so far, after what is due was sent."""
        Mailing(self._house.node).round(self.now())
        MailSender(self._house.node.outbox, self._house.node.settings, self.now).round()
        taken = [message_from_bytes(each.original_content or b"", policy=default) for each in self._postbox.taken]
        return [each for each in taken if each["To"]]


def asked(visitor: httpx.Client, address: str = ADDRESS, lang: str = "sq", **more: str) -> httpx.Response:
    """The form, filled in and sent."""
    page = visitor.get(f"/public/{lang}/subscribe").text
    stamp = page.partition('name="stamp" value="')[2].partition('"')[0]
    return visitor.post(f"/public/{lang}/subscribe", data={"stamp": stamp, "address": address, **more})


def link_in(letter: EmailMessage, what: str) -> str:
    """The path of a link in a letter."""
    found = re.search(rf"http://[^/]+(/public/\S+/subscribe/{what}/\S+)", letter.get_content())
    assert found is not None, letter.get_content()
    return found[1]


def test_a_subscription_from_the_form_to_the_last_letter(tmp_path: Path) -> None:
    with posted(tmp_path) as (house, _, post), house.visitor() as visitor:
        house.submit(product(1, "alert", "Before anybody listened"))
        answer = asked(visitor)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        (confirmation,) = post.letters()
        assert confirmation["To"] == ADDRESS
        path = link_in(confirmation, "confirm")
        assert visitor.get(path).status_code == 200
        house.submit(product(2, "alert", "Before it was confirmed"))
        assert len(post.letters()) == 1
        assert visitor.post(path).status_code == 200
        alert = product(3, "alert", "Phishing of banks")
        house.submit(alert, translation(3, alert, {"sq": {"name": "Peshkim i bankave", "description": "Mos klikoni."}}))
        house.submit(product(4, "alert", "For the community", "green"), product(5, "situation-report", "Week"))
        letters = post.letters()
        assert [each["Subject"].partition("] ")[2] for each in letters[1:]] == ["Peshkim i bankave"]
        letter = letters[1]
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        end = link_in(letter, "end")
        assert str(letter["List-Unsubscribe"]).strip("<>").endswith(end)
        assert len(post.letters()) == 2
        assert visitor.get(end).status_code == 200
        house.submit(product(6, "alert", "Still subscribed: opening a link ends nothing"))
        assert len(post.letters()) == 3
        assert visitor.post(end, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        house.submit(product(7, "alert", "Nobody listens"))
        assert len(post.letters()) == 3
        assert house.node.store.kept("subscriber", Subscriber).all() == {}


def test_an_address_is_kept_sealed_and_forgotten_where_it_is_not_confirmed(tmp_path: Path) -> None:
    with posted(tmp_path) as (house, _, post), house.visitor() as visitor:
        asked(visitor)
        kept = house.node.store.kept("subscriber", Subscriber)
        (subscriber,) = kept.all().values()
        assert ADDRESS.encode() not in subscriber.address
        assert ADDRESS not in subscriber.id
        path = link_in(post.letters()[0], "confirm")
        Mailing(house.node).round(time.time_ns() // 1_000 + PATIENCE + 1)
        assert kept.all() == {}
        assert visitor.post(path).status_code == 404


def test_who_is_subscribed_already_is_asked_like_everybody_and_may_choose_another_language(tmp_path: Path) -> None:
    with posted(tmp_path) as (house, _, post), house.visitor() as visitor:
        first = asked(visitor)
        visitor.post(link_in(post.letters()[0], "confirm"))
        again = asked(visitor, ADDRESS.upper())
        assert (again.status_code, len(again.content)) == (first.status_code, len(first.content))
        assert len(post.letters()) == 1  # the same question within the hour
        asked(visitor, lang="mk")
        path = link_in(post.letters()[1], "confirm")
        assert [each.language for each in house.node.store.kept("subscriber", Subscriber).all().values()] == ["sq"]
        visitor.post(path)
        (subscriber,) = house.node.store.kept("subscriber", Subscriber).all().values()
        assert (subscriber.language, subscriber.confirmed) == ("mk", True)


def subscribed(visitor: httpx.Client, post: Post, address: str = ADDRESS, lang: str = "en") -> None:
    """Somebody who has confirmed."""
    asked(visitor, address, lang)
    visitor.post(link_in(post.letters()[-1], "confirm"))


def told(post: Post) -> list[str]:
    """The subjects of all but the confirmations."""
    return [each["Subject"] for each in post.letters() if "Confirm" not in each["Subject"]]


def test_what_changes_is_told_again_once_it_rests_and_what_is_taken_back_is_told_to_who_got_it(tmp_path: Path) -> None:
    with posted(tmp_path) as (house, _, post), house.visitor() as visitor:
        subscribed(visitor, post)
        house.submit(product(1, "alert", "Phishing of banks"))
        assert told(post) == ["[Alert] Phishing of banks"]
        for number, name in enumerate(("Phishing of bank", "Phishing of all banks"), 1):
            house.submit(product(1, "alert", name, modified=f"2026-11-20T11:00:0{number}.000Z"))
        assert len(told(post)) == 1
        post.ahead = QUIET
        assert told(post)[1:] == ["[Alert] Changed: Phishing of all banks"]
        subscribed(visitor, post, "late@example.org")
        revoked = product(1, "alert", "Phishing of all banks", modified="2026-11-20T12:00:00.000Z", revoked=True)
        why = body(
            "note",
            id=ref("note", 1),
            content="The pages were those of the bank itself.",
            object_refs=[ref("report", 1)],
            created="2026-11-20T12:00:00.000Z",
            modified="2026-11-20T12:00:00.000Z",
            object_marking_refs=[TLP["clear"]],
        )
        house.submit(revoked, why)
        assert told(post)[2:] == ["Taken back: Phishing of all banks"]
        letter = post.letters()[-1]
        assert letter["To"] == ADDRESS
        assert "The pages were those of the bank itself." in letter.get_content()
        assert (
            letter["References"] == next(each for each in post.letters() if "[Alert]" in each["Subject"])["References"]
        )
        assert house.node.store.kept("subscriber-told", Told).all() == {}
        assert len(told(post)) == 3


def test_of_what_nobody_may_read_any_more_nothing_is_said_again(tmp_path: Path) -> None:
    with posted(tmp_path) as (house, _, post), house.visitor() as visitor:
        subscribed(visitor, post)
        house.submit(product(1, "alert", "Ana Petrovic, called a thief"))
        assert len(told(post)) == 1
        house.submit(recalling(ref("report", 1), ERASE, owner=OWN, reason="Ana Petrovic", now=datetime.now(UTC)))
        assert told(post)[1].startswith("Taken back: a warning of ")
        assert "Ana" not in post.letters()[-1].get_content()


def test_what_is_taken_back_while_the_mail_server_is_away_reaches_nobody(tmp_path: Path) -> None:
    with posted(tmp_path) as (house, _, post), house.visitor() as visitor:
        subscribed(visitor, post)
        house.submit(product(1, "alert", "Phishing of banks"), product(2, "alert", "Holds"))
        Mailing(house.node).round(time.time_ns() // 1_000)
        house.submit(product(1, "alert", "Phishing of banks", modified="2026-11-20T12:00:00.000Z", revoked=True))
        assert told(post) == ["[Alert] Holds"]
        assert told(post) == ["[Alert] Holds"]
        assert list(house.node.store.kept("subscriber-told", Told).all()) == [ref("report", 2)]


def test_links_that_are_not_ours_change_nothing(tmp_path: Path) -> None:
    with posted(tmp_path) as (house, _, post), house.visitor() as visitor:
        asked(visitor)
        path = link_in(post.letters()[0], "confirm")
        forged = f"{path[:-4]}0000"
        assert visitor.post(forged).status_code == 404
        assert visitor.post(path.replace("/confirm/", "/nothing/")).status_code == 404
        (subscriber,) = house.node.store.kept("subscriber", Subscriber).all().values()
        assert not subscriber.confirmed


def test_programs_and_floods_are_held_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with posted(tmp_path) as (house, _, post), house.visitor() as visitor:
        assert asked(visitor, website="https://buy.example").status_code == 200
        assert post.letters() == []
        assert asked(visitor, "no address").status_code == 422
        assert asked(visitor, "a@b.example\r\nBcc: x@y.example").status_code == 422
        assert visitor.post("/public/en/subscribe", data={"stamp": "1.forged", "address": ADDRESS}).status_code == 422
        elsewhere = {"origin": "https://evil.example"}
        assert visitor.post("/public/en/subscribe", data={"address": ADDRESS}, headers=elsewhere).status_code == 403
        monkeypatch.setattr("egnatia.web.portal.form.LEAST_SECONDS", 2)
        assert asked(visitor).status_code == 422
        monkeypatch.setattr("egnatia.web.portal.form.LEAST_SECONDS", 0)
        statuses = [asked(visitor, f"person{number}@example.org").status_code for number in range(6)]
        assert statuses == [200, 200, 200, 200, 200, 429]


def test_without_a_mail_server_there_is_no_such_page(tmp_path: Path) -> None:
    with housed(tmp_path) as house, house.visitor() as visitor:
        assert visitor.get("/public/en/subscribe").status_code == 404
        assert "/subscribe" not in visitor.get("/public/en").text
        house.submit(body("tool", id=ref("tool", 1), name="x", object_marking_refs=[TLP["clear"]]), owner=OWN)


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a b@c.example", "a@b..example", "<a@b.example>", f"{'a' * 65}@b.example"]
)
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)
