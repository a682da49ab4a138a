"""One's own account: what changes how one signs in wants a fresh proof, and throws everybody else out."""

import base64
import re
from collections.abc import Iterator

import httpx
import pytest
from tests.web.account.person import PASSWORD, Clock, Person, browser, is_in, notes, person
from tests.web.house import House, csrf_of, housed

from egnatia.web.account import totp
from egnatia.web.permission import Role

OTHER = "nine boats under the moon"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("house"), clock=clock) as found:
        yield found


@pytest.fixture(autouse=True)
def later(clock: Clock) -> None:
    clock.pass_(seconds=3_600)


@pytest.fixture
def ana(house: House) -> Person:
    return person(house, Role.ANALYST)


def cookie_of(house: House, client: httpx.Client) -> str:
    return next(each.value or "" for each in client.cookies.jar if each.name == house.cookie)


def send(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """A form of the profile, with this session's token."""
    return client.post(path, data={"csrf": csrf_of(client.get("/profile").text), **fields})


def test_the_profile_is_for_people_who_have_signed_in(house: House) -> None:
    with browser(house) as client:
        answer = client.get("/profile")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?to=/profile"


def test_one_sees_and_ends_ones_own_sessions_alone(house: House, ana: Person, clock: Clock) -> None:
    ivo = person(house, Role.ANALYST)
    with browser(house) as here, browser(house) as there, browser(house) as stranger:
        ana.sign_in(here)
        clock.pass_(seconds=30)
        ana.sign_in(there)
        ivo.sign_in(stranger)
        handles = re.findall(r'name="session" value="([0-9a-f]{16})"', here.get("/profile").text)
        assert len(handles) == 1
        theirs = next(iter(house.door.sessions.of(ivo.name)))[:16]
        send(here, "/profile/sessions/end", session=theirs)
        assert is_in(stranger)
        send(here, "/profile/sessions/end", session=handles[0])
        assert not is_in(there)
        assert is_in(here)
        clock.pass_(seconds=30)
        ana.sign_in(there)
        send(here, "/profile/sessions/end")
        assert (is_in(here), is_in(there), is_in(stranger)) == (True, False, True)


def test_a_proof_is_wanted_once_it_is_five_minutes_old(house: House, ana: Person, clock: Clock) -> None:
    with browser(house) as client:
        ana.sign_in(client)
        assert client.get("/profile/password").status_code == 200
        clock.pass_(seconds=301)
        assert client.get("/profile/password").headers["location"] == "/profile/prove?to=/profile/password"
        asked = ("password", "app", "recovery", "passkeys/question", "sessions/end")
        for path in (f"/profile/{each}" for each in asked):
            answer = send(client, path, password=OTHER, again=OTHER)
            assert answer.headers["location"].startswith("/profile/prove")
        before = cookie_of(house, client)
        assert send(client, "/profile/prove", password="wrong", code=ana.code()).status_code == 403
        proof = {"password": PASSWORD, "code": ana.code(), "to": "/profile/password"}
        answer = send(client, "/profile/prove", **proof)
        assert answer.headers["location"] == "/profile/password"
        assert cookie_of(house, client) != before
        assert house.door.visitor(before) is None
        assert client.get("/profile/password").status_code == 200


def test_another_password_counts_at_once_and_ends_the_other_sessions(house: House, ana: Person, clock: Clock) -> None:
    with browser(house) as here, browser(house) as there:
        ana.sign_in(there)
        clock.pass_(seconds=30)
        ana.sign_in(here)
        weak = send(here, "/profile/password", password="password1234", again="password1234")
        assert weak.status_code == 422
        assert send(here, "/profile/password", password=OTHER, again=OTHER + "!").status_code == 422
        before = cookie_of(house, here)
        assert send(here, "/profile/password", password=OTHER, again=OTHER).status_code == 303
        assert (is_in(here), is_in(there)) == (True, False)
        assert house.door.visitor(before) is None
        clock.pass_(seconds=30)
        assert ana.sign_in(there).status_code == 403
        assert ana.sign_in(there, password=OTHER).status_code == 303
    assert ("password changed", ana.account.id) in notes(house)


def test_another_app_takes_the_place_of_the_one_before(house: House, ana: Person, clock: Clock) -> None:
    with browser(house) as client:
        ana.sign_in(client)
        page = client.get("/profile/app").text
        sealed = page.partition('name="app" value="')[2].partition('"')[0]
        secret = base64.b32decode(page.partition('<code class="key">')[2].partition("<")[0])
        wrong = send(client, "/profile/app", app=sealed, code="000000")
        assert wrong.status_code == 422
        assert sealed in wrong.text
        right = send(client, "/profile/app", app=sealed, code=totp.code(secret, totp.step_at(clock())))
        codes = re.findall(r"<li><code>([A-Z2-7-]{29})</code></li>", right.text)
        assert len(codes) == 10
        assert send(client, "/profile/language", language="mk").status_code == 303
        clock.pass_(seconds=60)
        with browser(house) as other:
            assert ana.sign_in(other).status_code == 403
            assert ana.sign_in(other, code=ana.codes[0]).status_code == 403
            assert ana.sign_in(other, code=totp.code(secret, totp.step_at(clock()))).status_code == 303


def test_the_app_of_somebody_elses_form_is_not_taken(house: House, ana: Person, clock: Clock) -> None:
    ivo = person(house, Role.ANALYST)
    with browser(house) as client, browser(house) as other:
        ana.sign_in(client)
        ivo.sign_in(other)
        page = other.get("/profile/app").text
        sealed = page.partition('name="app" value="')[2].partition('"')[0]
        secret = base64.b32decode(page.partition('<code class="key">')[2].partition("<")[0])
        answer = send(client, "/profile/app", app=sealed, code=totp.code(secret, totp.step_at(clock())))
        assert answer.status_code == 422


def test_new_recovery_codes_void_those_before(house: House, ana: Person, clock: Clock) -> None:
    with browser(house) as client:
        ana.sign_in(client)
        answer = send(client, "/profile/recovery")
        codes = re.findall(r"<li><code>([A-Z2-7-]{29})</code></li>", answer.text)
        assert len(codes) == 10
        with browser(house) as other:
            assert ana.sign_in(other, code=ana.codes[0]).status_code == 403
            assert ana.sign_in(other, code=codes[0]).status_code == 303


def test_the_language_of_the_account_speaks_on_every_device(house: House, ana: Person, clock: Clock) -> None:
    with browser(house) as here, browser(house) as there:
        ana.sign_in(here)
        send(here, "/profile/language", language="sr-Cyrl")
        clock.pass_(seconds=30)
        ana.sign_in(there)
        assert '<html lang="sr-Cyrl"' in there.get("/profile").text


def test_no_form_of_the_profile_takes_orders_from_elsewhere(house: House, ana: Person) -> None:
    with browser(house) as client:
        ana.sign_in(client)
        for path in (
            "/profile/language",
            "/profile/sessions/end",
            "/profile/prove",
            "/profile/passkeys",
            "/profile/passkeys/question",
            "/profile/passkeys/remove",
            "/profile/password",
            "/profile/app",
            "/profile/recovery",
        ):
            assert client.post(path, data={"password": OTHER, "again": OTHER}).status_code == 403
    assert ana.account.recovery
