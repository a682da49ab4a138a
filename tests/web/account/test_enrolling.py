"""How people come to have an account: nobody takes a node that is not theirs, and only the person knows the secrets."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from tests.web.account.person import PASSWORD, Clock, browser, is_in, notes
from tests.web.house import House, csrf_of, housed

from egnatia.cli.main import main
from egnatia.settings import FILE, to_toml
from egnatia.web.account import totp
from egnatia.web.account.enrolment import Enrolments
from egnatia.web.account.keeping import Keeper
from egnatia.web.permission import Role


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[House]:
    """A node at which nobody has an account."""
    with housed(tmp_path, clock=clock) as found:
        yield found


def invited(house: House, name: str = "ana", *roles: Role) -> str:
    """The code of a new account."""
    Keeper(house.door, "a test").add(name, "Ana Test", frozenset(roles or {Role.READER}))
    return Enrolments(house.door).invite(name)


def enrol(client: httpx.Client, house: House, invitation: str, **fields: str) -> httpx.Response:
    """The form with a password and an app, filled in and sent."""
    page = client.get(f"/enrol/{invitation}").text
    given = {"way": "password", "csrf": csrf_of(page), "app": sealed_of(page), "password": PASSWORD, "again": PASSWORD}
    shown = totp.code(secret_of(page), totp.step_at(house.door.clock()))
    return client.post(f"/enrol/{invitation}", data={**given, "code": shown, **fields})


def sealed_of(page: str) -> str:
    return page.partition('name="app" value="')[2].partition('"')[0]


def secret_of(page: str) -> bytes:
    """What a person types into the app."""
    written = page.partition('<code class="key">')[2].partition("<")[0]
    return base64.b32decode(written)


def test_the_first_administrator_comes_in_with_the_operators_code_alone(house: House) -> None:
    code = Enrolments(house.door).invite_first()
    with browser(house) as client:
        assert client.get("/").headers["location"] == "/first"
        assert client.get("/sign-in").headers["location"] == "/first"
        csrf = csrf_of(client.get("/first").text)
        assert client.post("/first", data={"csrf": csrf, "code": "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"}).status_code == 403
        on = client.post("/first", data={"csrf": csrf, "code": code.lower()})
        assert on.status_code == 303
        answer = enrol(client, house, code, name="Mira", display="Mira Test", roles="publisher")
        assert answer.status_code == 200
        assert len(re.findall(r"<li><code>([A-Z2-7]{4}-){5}[A-Z2-7]{4}</code></li>", answer.text)) == 10
        assert is_in(client)
    mira = house.door.accounts.get("mira")
    assert mira is not None
    assert mira.roles == {Role.ADMINISTRATOR, Role.PUBLISHER}
    assert PASSWORD not in str(mira)
    assert ("enrolled", mira.id) in notes(house)
    with browser(house) as client:
        assert client.get("/first").status_code == 404
        assert client.get(f"/enrol/{code}").status_code == 404
        assert client.get("/").status_code == 200


def test_a_new_first_code_voids_the_one_before(house: House) -> None:
    enrolments = Enrolments(house.door)
    before, after = enrolments.invite_first(), enrolments.invite_first()
    with browser(house) as client:
        assert client.get(f"/enrol/{before}").status_code == 404
        assert client.get(f"/enrol/{after}").status_code == 200


def test_nobody_is_first_where_somebody_is_already(house: House) -> None:
    code = Enrolments(house.door).invite_first()
    house.account(Role.READER)
    with browser(house) as client:
        answer = enrol(client, house, code, name="mallory", display="Mallory")
    assert answer.status_code in {403, 404}
    assert house.door.accounts.get("mallory") is None


def test_a_link_works_once_and_not_for_ever(house: House, clock: Clock) -> None:
    code = invited(house)
    with browser(house) as client:
        assert enrol(client, house, code).status_code == 200
        assert client.get(f"/enrol/{code}").status_code == 404
    late = invited(house, "ivo")
    clock.pass_(seconds=3 * 86_400)
    with browser(house) as client:
        assert client.get(f"/enrol/{late}").status_code == 404


def test_who_enrols_chooses_no_role(house: House) -> None:
    code = invited(house, "ana", Role.READER)
    with browser(house) as client:
        enrol(client, house, code, roles="administrator", name="somebody")
    ana = house.door.accounts.get("ana")
    assert ana is not None
    assert ana.roles == {Role.READER}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"password": "password1234!", "again": "password1234!"}, "tried first"),
        ({"password": "CSIRT of a test 1", "again": "CSIRT of a test 1"}, "tried first"),
        ({"again": "another one entirely"}, "differ"),
        ({"code": "000000"}, "every 30 seconds"),
        ({"app": "Zm9yZ2Vk"}, "every 30 seconds"),
    ],
)
def test_what_is_wrong_is_said_and_the_link_still_works(house: House, wrong: dict[str, str], words: str) -> None:
    code = invited(house)
    with browser(house) as client:
        answer = enrol(client, house, code, **wrong)
        assert answer.status_code == 422
        assert words in answer.text
        assert not is_in(client)
        if "app" not in wrong:
            assert sealed_of(answer.text)
        assert enrol(client, house, code).status_code == 200


def test_the_code_that_completed_an_enrolment_signs_nobody_in(house: House) -> None:
    code = invited(house)
    with browser(house) as client:
        page = client.get(f"/enrol/{code}").text
        shown = totp.code(secret_of(page), totp.step_at(house.door.clock()))
        given = {"way": "password", "csrf": csrf_of(page), "app": sealed_of(page)}
        given |= {"password": PASSWORD, "again": PASSWORD, "code": shown}
        assert client.post(f"/enrol/{code}", data=given).status_code == 200
    with browser(house) as client:
        form = {"name": "ana", "password": PASSWORD, "code": shown, "csrf": csrf_of(client.get("/sign-in").text)}
        assert client.post("/sign-in", data=form).status_code == 403


def test_guessing_codes_to_enrol_with_is_slowed(house: House) -> None:
    with browser(house) as client:
        tries = [client.get(f"/enrol/{each:024}").status_code for each in range(21)]
    assert tries == [404] * 20 + [429]


def test_people_are_kept_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EGNATIA_PASSPHRASE", "for a test")
    with housed(tmp_path) as house:
        path = tmp_path / FILE
        path.write_text(to_toml(house.node.settings), encoding="utf-8")

        def egnatia(*words: str, code: int = 0) -> str:
            done = CliRunner().invoke(main, ["user", *words, "--config", str(path)])
            assert done.exit_code == code, done.output
            return done.output

        assert re.search(r"([A-Z2-7]{4}-){5}[A-Z2-7]{4}", egnatia("first"))
        link = egnatia("add", "mira", "--display", "Mira", "--role", "administrator").split()[0]
        assert "already" in egnatia("first", code=1)
        assert "already" in egnatia("add", "MIRA", code=1)
        with browser(house) as client:
            assert enrol(client, house, link.rpartition("/")[2]).status_code == 200
            assert is_in(client)
            assert "administrator" in egnatia("disable", "mira", code=1)
            assert "administrator" in egnatia("roles", "mira", "--role", "reader", code=1)
            assert is_in(client)
            second = egnatia("add", "ana", "--role", "administrator").split()[0]
            assert "administrator" in egnatia("disable", "mira", code=1)
        with browser(house) as client, browser(house) as other:
            assert enrol(client, house, second.rpartition("/")[2]).status_code == 200
            egnatia("disable", "mira")
            assert not is_in(other)
            assert "disabled" in egnatia("list")
            egnatia("disable", "mira", "--undo")
            anew = egnatia("reset", "mira").split()[0]
            assert enrol(other, house, anew.rpartition("/")[2]).status_code == 200
            egnatia("roles", "mira", "--role", "reader", "--role", "auditor")
            assert not is_in(other)
            assert "no account" in egnatia("reset", "nobody", code=1)
