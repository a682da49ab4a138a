"""Whoever changes how one signs in, the person hears of it: on their account's page and by e-mail, unasked."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.web.account.person import PASSWORD, Clock, Person, browser, notes, person
from tests.web.house import House, csrf_of, housed

from egnatia.exchange.letter import Mail as Letter
from egnatia.settings import Mail
from egnatia.web.account.keeping import Keeper
from egnatia.web.notices.alert import TOLD
from egnatia.web.notices.choices import Choices, Chosen
from egnatia.web.notices.words import SENTENCES
from egnatia.web.permission import Role

NEW = "eleven bridges over a river"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[House]:
    server = Mail(host="127.0.0.1", port=1, tls="none", sender="node@csirt.example")
    with housed(tmp_path_factory.mktemp("house"), clock=clock, mail=server) as found:
        yield found


@pytest.fixture
def ana(house: House, clock: Clock) -> Person:
    """Somebody who has chosen where letters go, wants them once a day, and none at all for most."""
    clock.pass_(seconds=3_600)
    found = person(house, Role.PUBLISHER, Role.ADMINISTRATOR)
    chosen = Choices(mail="ana@csirt.example", digest=True, ways={})
    Chosen(house.node.store).kept.put(found.account.id, chosen)
    letters(house, clock)
    return found


def letters(house: House, clock: Clock) -> list[Letter]:
    """What waits to be sent, which is taken."""
    found, now = list[Letter](), clock() + 10**15
    while claimed := house.node.outbox.mail.claim(now, now + 10**15):
        assert isinstance(claimed[1].content, Letter)
        found.append(claimed[1].content)
    return found


def send(client: httpx.Client, path: str, **fields: str | list[str]) -> httpx.Response:
    return client.post(path, data={"csrf": csrf_of(client.get("/profile").text), **fields})


def test_every_change_that_is_told_has_its_words() -> None:
    assert set(TOLD.values()) <= SENTENCES.keys()


def test_ones_own_changes_are_told_at_once_whatever_one_chose(house: House, ana: Person, clock: Clock) -> None:
    with browser(house) as client:
        ana.sign_in(client)
        assert send(client, "/profile/password", password=NEW, again=NEW).status_code == 303
        [letter] = letters(house, clock)
        assert letter.to == "ana@csirt.example"
        assert letter.subject == "[Egnatia] The password of your account was changed"
        assert "/profile" in letter.text
        assert NEW not in letter.text
        page = client.get("/profile").text
        assert "The password of your account was changed" in page.partition('id="changes"')[2]
        assert "The password of your account was changed" in client.get("/notices").text
        assert "account page" not in client.get("/notices/choices").text, "nobody switches it off"
        assert send(client, "/profile/recovery").status_code == 200
        assert [each.subject for each in letters(house, clock)] == [
            "[Egnatia] Your account has new recovery codes; those before are void"
        ]


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("roles", "The roles of your account were changed"),
        ("disable", "Your account was disabled"),
        ("reset", "Your account was reset: nothing that you signed in with counts any more"),
        ("end", "Sessions of your account were ended"),
    ],
)
def test_what_an_administrator_does_is_told_to_the_person(
    house: House, ana: Person, clock: Clock, does: str, said: str
) -> None:
    person(house, Role.ADMINISTRATOR)
    keeper = Keeper(house.door, "operator")
    with browser(house) as client:
        ana.sign_in(client)
        letters(house, clock)
        match does:
            case "roles":
                keeper.roles(ana.name, frozenset({Role.READER}))
            case "disable":
                keeper.disable(ana.name)
            case "reset":
                keeper.reset(ana.name)
            case _:
                keeper.end_sessions(ana.name)
    assert [each.subject for each in letters(house, clock)] == [f"[Egnatia] {said}"]


def test_wrong_tries_and_a_recovery_code_are_told(house: House, ana: Person, clock: Clock) -> None:
    with browser(house) as client:
        assert ana.sign_in(client, code=ana.codes[0]).status_code == 303
    assert [each.subject for each in letters(house, clock)] == ["[Egnatia] A recovery code of your account was used"]
    with browser(house) as client:
        for _ in range(5):
            ana.sign_in(client, password="a stranger's guess")
    assert [each.subject for each in letters(house, clock)] == [
        "[Egnatia] Your account was locked for a while after wrong tries"
    ]


def test_a_token_is_told_to_who_issued_it_when_it_is_issued_and_revoked(
    house: House, ana: Person, clock: Clock
) -> None:
    mira = person(house, Role.ADMINISTRATOR)
    with browser(house) as client, browser(house) as other:
        ana.sign_in(client)
        assert send(client, "/tokens", name="SIEM of the ministry", rights="read").status_code == 200
        assert [each.subject for each in letters(house, clock)] == [
            "[Egnatia] A token was issued in your name: SIEM of the ministry"
        ]
        mira.sign_in(other)
        [minted] = [each for each in house.node.store.tokens.all() if each.issued_by == ana.name]
        assert send(other, f"/tokens/{minted.id}/revoke").status_code == 303
    told = letters(house, clock)
    assert [(each.to, each.subject) for each in told] == [
        ("ana@csirt.example", "[Egnatia] A token that you issued was revoked: SIEM of the ministry")
    ]
    assert ("token revoked", minted.id) in notes(house)


def test_another_address_for_letters_is_told_to_the_one_before(house: House, ana: Person, clock: Clock) -> None:
    with browser(house) as client:
        ana.sign_in(client)
        assert send(client, "/notices/choices", mail="thief@evil.example").status_code == 303
        [asked] = letters(house, clock)
        assert asked.to == "thief@evil.example"
        [link] = re.findall(r"/notices/mailbox/\w+", asked.text)
        assert send(client, link).status_code == 200
        assert [(each.to, each.subject) for each in letters(house, clock)] == [
            ("ana@csirt.example", "[Egnatia] Letters about your account go to another address from now on")
        ]
        assert send(client, "/notices/choices", mail="thief@evil.example").status_code == 303
        assert letters(house, clock) == []
    assert ("letters go elsewhere", ana.account.id) in notes(house)


def test_a_node_without_a_mail_server_tells_on_the_page_alone(tmp_path: Path, clock: Clock) -> None:
    with housed(tmp_path, clock=clock) as house, browser(house) as client:
        mira = person(house, Role.READER)
        house.door.accounts.change(mira.name, lambda kept: msgspec.structs.replace(kept, language="mk"))
        mira.sign_in(client, password=PASSWORD)
        assert send(client, "/profile/password", password=NEW, again=NEW).status_code == 303
        assert "The password of your account" not in client.get("/profile").text, "it is in the person's language"
        assert "лозинка" in client.get("/profile").text.partition('id="changes"')[2].lower()
