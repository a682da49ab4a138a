"""Who comes in, and who does not: two factors always, one answer to whatever is wrong, and codes that work once."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.web.account.person import PASSWORD, Clock, browser, is_in, notes, person
from tests.web.house import House, csrf_of, housed

from egnatia.settings import Network
from egnatia.web.account.session import MOST, Origin
from egnatia.web.permission import HOUSE, Role


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[House]:
    """A new node, whose door goes by the test's clock."""
    with housed(tmp_path_factory.mktemp("house"), clock=clock) as found:
        yield found


@pytest.fixture(autouse=True)
def later(clock: Clock) -> None:
    """Nothing that another test did to the address counts any more."""
    clock.pass_(seconds=3_600)


def test_a_password_and_a_code_let_one_in(house: House) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        answer = ana.sign_in(client, to="/feed?type=indicator")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/feed?type=indicator"
        cookie = next(each for each in answer.headers.get_list("set-cookie") if house.cookie in each)
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert is_in(client)
    assert ("sign-in", ana.account.id) in notes(house)


@pytest.mark.parametrize("missing", ["password", "code", "both"])
def test_one_factor_is_never_enough(house: House, missing: str) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        password = "not the password" if missing in {"password", "both"} else PASSWORD
        code = "000000" if missing in {"code", "both"} else ana.code()
        assert ana.sign_in(client, password=password, code=code).status_code == 403
        assert not is_in(client)


def test_somebody_without_a_second_factor_does_not_come_in(house: House) -> None:
    ana = person(house, Role.ANALYST)
    house.door.accounts.change(ana.name, lambda kept: msgspec.structs.replace(kept, totp=b"", recovery=()))
    with browser(house) as client:
        for code in ("000000", "", ana.code(), ana.codes[0]):
            assert ana.sign_in(client, code=code).status_code == 403


def test_a_code_works_once(house: House) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as first, browser(house) as second:
        code = ana.code()
        assert ana.sign_in(first, code=code).status_code == 303
        assert ana.sign_in(second, code=code).status_code == 403
        assert ana.sign_in(second, code=ana.code(steps=-1)).status_code == 403
        assert ana.sign_in(second, code=ana.code(steps=1)).status_code == 303


def test_a_recovery_code_stands_in_for_the_app_once(house: House) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as first, browser(house) as second:
        assert ana.sign_in(first, code=ana.codes[3].lower().replace("-", " ")).status_code == 303
        assert ana.sign_in(second, code=ana.codes[3]).status_code == 403
        assert ana.sign_in(second, code=ana.codes[4]).status_code == 303
    assert len(ana.account.recovery) == 8


@pytest.mark.parametrize(("seconds", "status"), [(-45, 403), (-30, 303), (30, 303), (75, 403)])
def test_clocks_may_differ_by_one_step(house: House, clock: Clock, seconds: int, status: int) -> None:
    clock.pass_(seconds=30 - clock.at / 1_000_000 % 30)
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        csrf = csrf_of(client.get("/sign-in").text)
        here = clock.at
        clock.at = here + seconds * 1_000_000
        code = ana.code()
        clock.at = here
        form = {"name": ana.name, "password": PASSWORD, "code": code, "csrf": csrf}
        assert client.post("/sign-in", data=form).status_code == status


def test_nobody_learns_who_has_an_account(house: House) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        form = {"password": "not the password", "code": "123456", "csrf": csrf_of(client.get("/sign-in").text)}
        known = client.post("/sign-in", data={**form, "name": ana.name})
        unknown = client.post("/sign-in", data={**form, "name": "nobody"})
    assert (known.status_code, unknown.status_code) == (403, 403)
    same, other = (re.sub(r'name="csrf" value="[^"]+"', "", each.text) for each in (known, unknown))
    assert same.replace(ana.name, "nobody") == other


def test_wrong_tries_lock_the_account_for_longer_and_longer(house: House, clock: Clock) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        for _ in range(5):
            assert ana.sign_in(client, code="000000").status_code == 403
        assert ana.sign_in(client).status_code == 403
        clock.pass_(seconds=61)
        assert ana.sign_in(client, code="000000").status_code == 403
        clock.pass_(seconds=61)
        assert ana.sign_in(client).status_code == 403
        clock.pass_(seconds=61)
        assert ana.sign_in(client).status_code == 303
    assert ana.account.failures == 0
    assert ("account locked", ana.account.id) in notes(house)


def test_an_address_with_many_wrong_tries_has_to_wait(house: House, clock: Clock) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        csrf = csrf_of(client.get("/sign-in").text)
        form = {"password": "x", "code": "000000", "csrf": csrf}
        tries = [client.post("/sign-in", data={**form, "name": f"nobody{each}"}).status_code for each in range(20)]
        assert tries == [403] * 20
        assert ana.sign_in(client).status_code == 429
        clock.pass_(seconds=301)
        assert ana.sign_in(client).status_code == 303


def test_a_form_that_another_site_made_signs_nobody_in(house: House) -> None:
    ana = person(house, Role.ANALYST)
    form = {"name": ana.name, "password": PASSWORD, "code": ana.code()}
    with browser(house) as client, browser(house) as other:
        assert client.post("/sign-in", data=form).status_code == 403
        theirs = csrf_of(other.get("/sign-in").text)
        assert client.post("/sign-in", data={**form, "csrf": theirs}).status_code == 403
        client.get("/sign-in")
        assert client.post("/sign-in", data={**form, "csrf": theirs}).status_code == 403


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "/\n/evil.example", "evil"]
)
def test_nobody_is_sent_to_another_site_after_signing_in(house: House, to: str) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        page = client.get("/sign-in", params={"to": to}).text
        assert 'name="to" value="/"' in page
        assert ana.sign_in(client, to=to).status_code in {303, 400}
        if is_in(client):
            assert client.get("/sign-in", params={"to": to}).headers["location"] == "/"


def test_a_session_that_somebody_else_chose_is_worth_nothing(house: House) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        client.cookies.set(house.cookie, "chosen-by-somebody-else", domain="127.0.0.1")
        assert ana.sign_in(client).status_code == 303
        with browser(house) as other:
            other.cookies.set(house.cookie, "chosen-by-somebody-else")
            assert not is_in(other)


def test_signing_in_again_ends_the_session_before(house: House, clock: Clock) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        ana.sign_in(client)
        before = next(each.value for each in client.cookies.jar if each.name == house.cookie)
        csrf = csrf_of(client.get("/no-such-page").text)
        clock.pass_(seconds=60)
        form = {"name": ana.name, "password": PASSWORD, "code": ana.code(), "csrf": csrf}
        assert client.post("/sign-in", data=form).status_code == 303
        after = next(each.value for each in client.cookies.jar if each.name == house.cookie)
        assert before != after
        assert house.door.visitor(before or "") is None
        assert house.door.visitor(after or "") is not None


def test_a_session_ends_when_nobody_uses_it_and_after_a_day_of_work(house: House, clock: Clock) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        ana.sign_in(client)
        clock.pass_(seconds=3_599)
        assert is_in(client)
        clock.pass_(seconds=3_601)
        assert not is_in(client)
        ana.sign_in(client)
        for _ in range(14):
            clock.pass_(seconds=3_000)
            assert is_in(client)
        clock.pass_(seconds=1_800)
        assert not is_in(client)


def test_signing_out_ends_the_session_at_the_node(house: House) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        ana.sign_in(client)
        cookie = next(each.value for each in client.cookies.jar if each.name == house.cookie)
        csrf = csrf_of(client.get("/no-such-page").text)
        assert client.post("/sign-out").status_code == 403
        assert is_in(client)
        assert client.post("/sign-out", data={"csrf": csrf}).status_code == 303
        assert not is_in(client)
    assert house.door.visitor(cookie or "") is None


def test_a_disabled_account_is_out_at_once(house: House, clock: Clock) -> None:
    ana = person(house, Role.ANALYST)
    with browser(house) as client:
        ana.sign_in(client)
        house.door.accounts.change(ana.name, lambda kept: msgspec.structs.replace(kept, disabled=clock.at))
        assert not is_in(client)
        clock.pass_(seconds=60)
        assert ana.sign_in(client).status_code == 403


def test_an_account_of_a_hosted_organisation_keeps_no_house(house: House) -> None:
    bank = "identity--00000000-0000-4000-8000-0000000000b1"
    account = house.account(*Role, organisation=bank)
    assert not account.permissions(house.node.own) & HOUSE
    assert account.permissions(bank) >= HOUSE


def test_over_tls_cookies_are_this_hosts_alone(tmp_path: Path) -> None:
    network = Network(public_url="https://exchange.csirt.example")
    with housed(tmp_path, network=network) as house, browser(house) as client:
        ana = person(house, Role.ANALYST)
        page = client.get("/sign-in")
        (door,) = page.headers.get_list("set-cookie")
        assert door.startswith("__Host-egnatia_doorstep=")
        form = {"name": ana.name, "password": PASSWORD, "code": ana.code(), "csrf": csrf_of(page.text)}
        headers = {"cookie": door.partition(";")[0]}
        answer = client.post("/sign-in", data=form, headers=headers)
        cookies = [door, *answer.headers.get_list("set-cookie")]
        assert any(each.startswith("__Host-egnatia_session=") for each in cookies)
        for each in cookies:
            assert each.startswith("__Host-")
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in each.split(";")}


def test_the_oldest_of_too_many_sessions_ends(house: House, clock: Clock) -> None:
    ana = person(house, Role.ANALYST)
    cookies = []
    for _ in range(MOST + 1):
        cookies.append(house.door.sessions.begin(ana.name, "a test", Origin("127.0.0.1")))
        clock.pass_(seconds=1)
    assert [house.door.visitor(each) is not None for each in cookies] == [False] + [True] * MOST


def test_what_somebody_may_not_do_is_written_into_the_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with house.visitor(Role.READER) as client, caplog.at_level(logging.WARNING, "egnatia.web.refusal"):
        assert client.get("/accounts").status_code == 403
        assert client.post("/enrol/A-SECRET-CODE", data={"way": "password"}).status_code == 403
    assert "refused: GET '/accounts' for account--" in caplog.text
    assert "A-SECRET-CODE" not in caplog.text
