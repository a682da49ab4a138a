"""Administrators keep accounts: of their own organisation alone, never their own rights, and one always remains."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.web.account.person import Clock, Person, browser, is_in, notes, person
from tests.web.house import PASSPHRASE, House, csrf_of, housed

from egnatia.exchange.submission import Right
from egnatia.node import Node
from egnatia.web.account.door import Door
from egnatia.web.account.keeping import Cannot, Keeper
from egnatia.web.account.people import MEANS
from egnatia.web.account.session import Origin
from egnatia.web.permission import Permission, Role

ORIGIN = Origin("127.0.0.1", "a test")
BANK = "identity--00000000-0000-4000-8000-0000000000b1"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[House]:
    """A CSIRT's node that hosts a bank."""
    with housed(tmp_path_factory.mktemp("house"), clock=clock) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        yield found


@pytest.fixture(autouse=True)
def later(clock: Clock) -> None:
    clock.pass_(seconds=3_600)


@pytest.fixture
def mira(house: House) -> Person:
    """An administrator; a second one who could sign in is there as well."""
    person(house, Role.ADMINISTRATOR)
    return person(house, Role.ADMINISTRATOR)


def send(client: httpx.Client, path: str, **fields: str | list[str]) -> httpx.Response:
    return client.post(path, data={"csrf": csrf_of(client.get("/profile").text), **fields})


def test_an_administrator_adds_a_person_who_enrols_alone(house: House, mira: Person) -> None:
    with browser(house) as client, browser(house) as other:
        mira.sign_in(client)
        answer = send(client, "/accounts", name="Ivo@csirt.example", display="Ivo Test", roles=["reader", "analyst"])
        assert answer.status_code == 200
        link = re.search(r"/enrol/[A-Z2-7-]{29}", answer.text)
        assert link is not None
        assert other.get(link[0]).status_code == 200
        assert "Ivo Test" in client.get("/accounts").text
        assert send(client, "/accounts", name="ivo@csirt.example", display="X", roles="reader").status_code == 422
        assert send(client, "/accounts", name="no name!", display="X", roles="reader").status_code == 422
        assert send(client, "/accounts", name="operator", display="X", roles="reader").status_code == 422
        assert send(client, "/accounts", name="x.y", display="X").status_code == 422
    ivo = house.door.accounts.get("ivo@csirt.example")
    assert ivo is not None
    assert ivo.roles == {Role.READER, Role.ANALYST}
    assert ("account added", ivo.id) in notes(house)


@pytest.mark.parametrize("role", [Role.READER, Role.ANALYST, Role.PUBLISHER, Role.AUDITOR])
def test_nobody_else_keeps_accounts(house: House, role: Role) -> None:
    ivo = person(house, Role.READER)
    with house.visitor(role) as client:
        csrf = csrf_of(client.get("/profile").text)
        assert client.get("/accounts").status_code == 403
        assert client.get(f"/accounts/{ivo.name}").status_code == 403
        for path in ("roles", "disable", "enable", "reset", "sessions/end"):
            assert client.post(f"/accounts/{ivo.name}/{path}", data={"csrf": csrf}).status_code == 403
        assert client.post("/accounts", data={"csrf": csrf, "name": "x", "display": "x"}).status_code == 403


def test_nobody_raises_themselves(house: House, mira: Person) -> None:
    with browser(house) as client:
        mira.sign_in(client)
        for path in ("roles", "disable", "reset"):
            answer = send(client, f"/accounts/{mira.name}/{path}", roles=["administrator", "publisher", "auditor"])
            assert answer.status_code == 422
        assert is_in(client)
    assert mira.account.roles == {Role.ADMINISTRATOR}


def test_other_roles_end_the_sessions_with_the_old_ones(house: House, mira: Person) -> None:
    ivo = person(house, Role.PUBLISHER)
    with browser(house) as client, browser(house) as his:
        mira.sign_in(client)
        ivo.sign_in(his)
        visitor = house.door.visitor(next(each.value or "" for each in his.cookies.jar if each.name == house.cookie))
        assert visitor is not None
        assert house.door.still(visitor)
        assert send(client, f"/accounts/{ivo.name}/roles", roles="reader").status_code == 303
        assert not is_in(his)
        assert not house.door.still(visitor)
    assert ivo.account.roles == {Role.READER}


def test_a_disabled_person_is_out_at_once_and_may_come_back(house: House, mira: Person, clock: Clock) -> None:
    ivo = person(house, Role.READER)
    with browser(house) as client, browser(house) as his:
        mira.sign_in(client)
        ivo.sign_in(his)
        assert send(client, f"/accounts/{ivo.name}/disable").status_code == 303
        assert not is_in(his)
        clock.pass_(seconds=60)
        assert ivo.sign_in(his).status_code == 403
        assert send(client, f"/accounts/{ivo.name}/enable").status_code == 303
        assert ivo.sign_in(his).status_code == 303
        assert send(client, f"/accounts/{ivo.name}/sessions/end").status_code == 303
        assert not is_in(his)


def test_a_name_with_line_ends_splits_no_answer(house: House, mira: Person) -> None:
    ivo = person(house, Role.READER)
    with browser(house) as client:
        mira.sign_in(client)
        answer = send(client, f"/accounts/{ivo.name}%0d%0a%0d%0a/enable")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/accounts/{ivo.name}%0D%0A%0D%0A"


def test_everybody_is_signed_out_at_once_but_who_says_so(house: House, mira: Person) -> None:
    ivo, theirs = person(house, Role.READER), person(house, Role.ADMINISTRATOR, organisation=BANK)
    with browser(house) as client, browser(house) as his, browser(house) as bank:
        for who, where in ((mira, client), (ivo, his), (theirs, bank)):
            who.sign_in(where)
            assert is_in(where)
        assert send(his, "/accounts/sessions/end").status_code == 403
        assert is_in(client)
        assert send(bank, "/accounts/sessions/end").status_code == 303
        assert is_in(his), "a hosted organisation ends the sessions of its own people alone"
        assert send(client, "/accounts/sessions/end").headers["location"] == "/accounts"
        assert is_in(client)
        assert not is_in(his)
        assert not is_in(bank)
    assert ("sessions ended", ivo.account.id) in notes(house)


def test_a_reset_voids_all_that_one_signed_in_with(house: House, mira: Person, clock: Clock) -> None:
    ivo = person(house, Role.READER)
    with browser(house) as client, browser(house) as his:
        mira.sign_in(client)
        answer = send(client, f"/accounts/{ivo.name}/reset")
        assert re.search(r"/enrol/[A-Z2-7-]{29}", answer.text)
        assert ivo.sign_in(his).status_code == 403
        assert ivo.sign_in(his, code=ivo.codes[0]).status_code == 403
    assert not ivo.account.can_sign_in


def test_the_last_administrator_stays(house: House, mira: Person) -> None:
    others = [each for each in house.door.accounts.all() if Role.ADMINISTRATOR in each.roles and each.name != mira.name]
    ivo = person(house, Role.ADMINISTRATOR)
    for each in others:
        house.door.accounts.change(each.name, lambda kept: msgspec.structs.replace(kept, disabled=1))
    with browser(house) as client, browser(house) as his:
        mira.sign_in(client)
        ivo.sign_in(his)
        assert send(client, f"/accounts/{ivo.name}/disable").status_code == 303
        house.door.accounts.change(ivo.name, lambda kept: msgspec.structs.replace(kept, disabled=None))
        house.door.accounts.change(mira.name, lambda kept: msgspec.structs.replace(kept, password=""))
        for path, fields in (("disable", {}), ("reset", {}), ("roles", {"roles": "reader"})):
            answer = send(client, f"/accounts/{ivo.name}/{path}", **fields)
            assert answer.status_code == 422
            assert "administrator who can sign in" in answer.text
    assert ivo.account.can_sign_in


def test_a_change_to_others_wants_a_fresh_proof(house: House, mira: Person, clock: Clock) -> None:
    ivo = person(house, Role.READER)
    with browser(house) as client:
        mira.sign_in(client)
        clock.pass_(seconds=301)
        answer = send(client, f"/accounts/{ivo.name}/reset")
        assert answer.headers["location"] == f"/profile/prove?to=/accounts/{ivo.name}"
    assert ivo.account.can_sign_in


def test_a_hosted_organisation_keeps_its_own_people_alone(house: House, mira: Person) -> None:
    boss, teller = person(house, Role.ADMINISTRATOR, organisation=BANK), person(house, Role.READER, organisation=BANK)
    with browser(house) as client:
        boss.sign_in(client)
        page = client.get("/accounts").text
        assert teller.name in page
        assert mira.name not in page
        assert client.get(f"/accounts/{mira.name}").status_code == 404
        assert send(client, f"/accounts/{mira.name}/disable").status_code == 404
        own = house.node.own
        outside = send(client, "/accounts", name="spy", display="Spy", roles="administrator", organisation=own)
        assert outside.status_code == 422
        assert send(client, f"/accounts/{teller.name}/roles", roles=["reader", "publisher"]).status_code == 303
        assert client.get("/settings").status_code == 403
    assert house.door.accounts.get("spy") is None
    visitor = house.door.visitor(house.door.sessions.begin(teller.name, "a test", ORIGIN))
    assert visitor is not None
    assert visitor.organisation == BANK


def test_a_token_is_shown_once_and_may_no_more_than_its_issuer(house: House) -> None:
    keeper = person(house, Role.ADMINISTRATOR)
    with browser(house) as client:
        keeper.sign_in(client)
        assert "publish records" not in client.get("/tokens").text
        assert send(client, "/tokens", name="siem", rights=["read", "submit"]).status_code == 403
        answer = send(client, "/tokens", name="siem", rights="read", days="30")
        found = re.search(r"egn_[a-z2-7]{12}_[A-Za-z0-9_-]{43}", answer.text)
        assert found is not None
        assert found[0] not in client.get("/tokens").text
        bearer = {"Authorization": f"Bearer {found[0]}"}
        me = client.get("/api/v1/me", headers=bearer).json()
        assert (me["organisation"], me["rights"]) == (house.node.own, ["read"])
        token_id = found[0].split("_")[1]
        assert send(client, f"/tokens/{token_id}/revoke").status_code == 303
        assert client.get("/api/v1/me", headers=bearer).status_code == 401
        assert send(client, "/tokens", name="", rights="read").status_code == 422
        assert send(client, "/tokens", name="x").status_code == 422
        assert send(client, "/tokens", name="x", rights="read", days="9999").status_code == 400
    assert ("token issued", token_id) in notes(house)


def test_tokens_of_another_organisation_are_not_there(house: House) -> None:
    boss = person(house, *Role, organisation=BANK)
    with house.visitor(*Role) as own, browser(house) as client:
        made = send(own, "/tokens", name="ours", rights="read")
        token_id = (re.search(r"egn_([a-z2-7]{12})_", made.text) or ["", ""])[1]
        boss.sign_in(client)
        assert token_id not in client.get("/tokens").text
        assert send(client, f"/tokens/{token_id}/revoke").status_code == 404
        answer = send(client, "/tokens", name="theirs", rights=[Right.READ.value, Right.SUBMIT.value])
        found = re.search(r"egn_[a-z2-7]{12}_[A-Za-z0-9_-]{43}", answer.text)
        assert found is not None
        me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {found[0]}"}).json()
        assert me["organisation"] == BANK
        assert send(client, "/tokens", name="eyes", rights="audit").status_code == 403


def test_every_permission_has_its_few_words() -> None:
    assert set(MEANS) == set(Permission)


def test_an_administrator_remains_though_the_command_line_and_the_server_decide_at_once(tmp_path: Path) -> None:
    with housed(tmp_path) as house, Node.open(house.node.settings, PASSPHRASE) as beside:
        doors = (house.door, Door(beside))
        for _ in range(5):
            names = [person(house, Role.ADMINISTRATOR).name for _ in doors]

            def disable(door: Door, name: str) -> bool:
                try:
                    Keeper(door, "operator").disable(name)
                except Cannot:
                    return False
                return True

            with ThreadPoolExecutor(2) as pool:
                done = list(pool.map(disable, doors, names))
            assert sorted(done) == [False, True]
            assert sum(house.door.accounts.get(name).disabled is None for name in names) == 1  # type: ignore[union-attr]  # they are there
            # The one that is left leaves the room for the next two.
            for name in names:
                house.door.accounts.change(name, lambda kept: msgspec.structs.replace(kept, disabled=1))
