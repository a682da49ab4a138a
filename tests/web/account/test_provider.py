"""Sign-in with an identity provider: with a real one, and against one that lies in every way that a token can lie."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from tests.web.account.person import browser, is_in, notes
from tests.web.account.providers import CLIENT, Strict, real_provider, strict_provider
from tests.web.house import House, housed

from egnatia.settings import FILE, SettingsError, load
from egnatia.settings.people import Oidc
from egnatia.web.account.keeping import Keeper
from egnatia.web.account.oidc import has_second_factor
from egnatia.web.permission import Role


def settings_of(issuer: str, **more: Any) -> Oidc:
    return Oidc(issuer=issuer, name="Ministry account", client_id=CLIENT, required_amr=("mfa", "hwk"), **more)


@contextmanager
def joined(folder: Path, **more: Any) -> Iterator[tuple[House, Strict]]:
    """A node and the strict provider, at which Ana has an account."""
    with strict_provider() as provider, housed(folder, oidc=settings_of(provider.issuer, **more)) as house:
        yield house, provider


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[House, Strict]]:
    with joined(tmp_path) as (house, provider):
        link(house, provider)
        yield house, provider


def link(house: House, provider: Strict, *roles: Role) -> None:
    subject = f"{provider.issuer} {provider.claims['sub']}"
    Keeper(house.door, "a test").add("ana", "Ana Test", frozenset(roles or {Role.ANALYST}), subject=subject)


def there_and_back(client: httpx.Client, provider: Strict, to: str = "/feed") -> httpx.Response:
    """The whole journey."""
    return client.get(provider.authorize(client.get("/sign-in/provider", params={"to": to}).headers["location"]))


def test_with_a_real_provider_groups_become_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EGNATIA_OIDC_SECRET", "known to both: 100%")
    with real_provider(tmp_path) as issuer:
        oidc = settings_of(issuer, create="with a role", roles=("soc=analyst", "leads=publisher"))
        with housed(tmp_path, oidc=oidc) as house, browser(house) as client:
            house.account(Role.ADMINISTRATOR)

            def journey(sub: str, **claims: object) -> httpx.Response:
                httpx.put(f"{issuer}/users/{sub}", json=claims, timeout=20).raise_for_status()
                there = client.get("/sign-in/provider", params={"to": "/feed?type=indicator"}).headers["location"]
                back = httpx.post(there, data={"sub": sub}, timeout=20).headers["location"]
                assert back.startswith(house.node.settings.public_url)
                parts = urlsplit(back)
                return client.get(f"{parts.path}?{parts.query}")

            mira = {
                "preferred_username": "Mira",
                "name": "Mira Test",
                "groups": ["soc", "cooks"],
                "amr": ["pwd", "mfa"],
            }
            answer = journey("mira-sub", **mira)
            assert answer.headers["location"] == "/feed?type=indicator"
            assert is_in(client)
            account = house.door.accounts.get("mira")
            assert account is not None
            assert account.roles == {Role.ANALYST}
            assert ("sign-in", account.id) in notes(house)
            client.cookies.clear()
            assert journey("mira-sub", **{**mira, "amr": ["pwd"]}).status_code == 403
            assert journey("cook-sub", **{**mira, "preferred_username": "cook", "groups": ["cooks"]}).status_code == 403
            assert journey("other-sub", **mira).status_code == 403
            assert not is_in(client)
            assert journey("mira-sub", **{**mira, "groups": ["leads"]}).status_code == 303
            account = house.door.accounts.get("mira")
            assert account is not None
            assert account.roles == {Role.PUBLISHER}
            assert len(house.door.accounts.all()) == 2


def test_a_linked_account_comes_in_with_pkce(both: tuple[House, Strict]) -> None:
    house, provider = both
    with browser(house) as client:
        assert "Ministry account" in client.get("/sign-in").text
        answer = there_and_back(client, provider)
        assert answer.headers["location"] == "/feed"
        assert is_in(client)
    assert provider.asked["code_challenge_method"] == "S256"
    assert len(provider.asked["state"]) >= 32
    assert len(provider.asked["nonce"]) >= 32
    assert not provider.pkce_failed


def signed_by_another(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048, {"kid": "one"}))


def unsigned(claims: dict[str, Any]) -> str:
    parts = (msgspec.json.encode({"alg": "none"}), msgspec.json.encode(claims), b"")
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def mac_under_the_client_id(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("egnatia-egnatia-egnatia-egnatia-egnatia"))


@pytest.mark.parametrize("sign", [signed_by_another, unsigned, mac_under_the_client_id, lambda _: "not.a.token"])
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    both: tuple[House, Strict], sign: Callable[[dict[str, Any]], str]
) -> None:
    house, provider = both
    provider.sign = sign
    with browser(house) as client:
        assert there_and_back(client, provider).status_code == 403
        assert not is_in(client)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("nonce", "of another journey"),
        ("nonce", None),
        ("iss", "https://evil.example"),
        ("aud", "another client"),
        ("aud", ["egnatia", "another client"]),
        ("azp", "another client"),
        ("exp", lambda now: now - 120),
        ("exp", None),
        ("iat", lambda now: now + 120),
        ("nbf", lambda now: now + 120),
        ("sub", ""),
        ("sub", None),
        ("sub", "somebody-else"),
        ("amr", ["pwd"]),
        ("amr", None),
    ],
)
def test_a_token_that_lies_lets_nobody_in(both: tuple[House, Strict], claim: str, value: Any) -> None:
    house, provider = both

    def lie(true: dict[str, Any]) -> dict[str, Any]:
        told = value(true["iat"]) if callable(value) else value
        return {name: each for name, each in {**true, claim: told}.items() if each is not None}

    provider.lie = lie
    with browser(house) as client:
        assert there_and_back(client, provider).status_code == 403
        assert not is_in(client)
    assert ("sign-in refused", "") in notes(house)


@pytest.mark.parametrize("kind", ["at+jwt", "application/AT+JWT", "logout+jwt"])
def test_a_token_of_another_kind_is_no_id_token(both: tuple[House, Strict], kind: str) -> None:
    house, provider = both
    signed = provider.sign
    header = {"alg": "RS256", "kid": provider.key.kid or "", "typ": kind}
    provider.sign = lambda claims: jwt.encode(header, claims, provider.key)
    try:
        with browser(house) as client:
            assert there_and_back(client, provider).status_code == 403
            assert not is_in(client)
    finally:
        provider.sign = signed


@pytest.mark.parametrize("seconds", [-50, 50])
def test_the_providers_clock_may_differ_a_little(both: tuple[House, Strict], seconds: int) -> None:
    house, provider = both
    provider.lie = lambda true: {**true, "iat": true["iat"] + seconds, "exp": true["iat"] + max(seconds, -50)}
    with browser(house) as client:
        assert there_and_back(client, provider).status_code == 303


def test_a_journey_is_ended_once_and_in_the_browser_that_began_it(both: tuple[House, Strict]) -> None:
    house, provider = both
    with browser(house) as client, browser(house) as victim:
        back = provider.authorize(client.get("/sign-in/provider").headers["location"])
        assert victim.get(back).status_code == 403
        assert client.get(back).status_code == 403
        back = provider.authorize(client.get("/sign-in/provider").headers["location"])
        assert client.get(back).status_code == 303
        with browser(house) as again:
            assert again.get(back).status_code == 403
        assert client.get("/sign-in/provider/back?code=x&state=forged").status_code == 403
        refused = client.get("/sign-in/provider").headers["location"]
        state = provider.authorize(refused).partition("state=")[2]
        answer = client.get(f"/sign-in/provider/back?error=<script>&state={state}")
        assert answer.status_code == 403
        assert "<script>" not in answer.text


def test_who_is_signed_in_shows_afresh_who_they_are(both: tuple[House, Strict]) -> None:
    house, provider = both
    with browser(house) as client:
        there_and_back(client, provider)
        stale = there_and_back(client, provider, "/profile")
        assert provider.asked["prompt"] == "login"
        assert stale.status_code == 403
        provider.lie = lambda true: {**true, "auth_time": true["iat"]}
        assert there_and_back(client, provider, "/profile").headers["location"] == "/profile"


def test_another_site_sends_nobody_on_a_journey(both: tuple[House, Strict]) -> None:
    house, _ = both
    with browser(house) as client:
        answer = client.get("/sign-in/provider", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert "location" not in answer.headers


def test_keys_that_the_provider_has_changed_are_learnt(both: tuple[House, Strict]) -> None:
    house, provider = both
    with browser(house) as client:
        assert there_and_back(client, provider).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    with browser(house) as client:
        assert there_and_back(client, provider).status_code == 303


def test_a_provider_that_calls_itself_another_is_not_asked(both: tuple[House, Strict]) -> None:
    house, provider = both
    provider.described_as = "https://evil.example"
    with browser(house) as client:
        answer = client.get("/sign-in/provider")
    assert answer.status_code == 502
    assert "did not let you in" in answer.text


def test_a_name_alone_links_no_account(tmp_path: Path) -> None:
    with joined(tmp_path, create="with a role", roles=("soc=administrator",)) as (house, provider):
        Keeper(house.door, "a test").add("mira", "Mira", frozenset({Role.ADMINISTRATOR}))
        provider.claims |= {"preferred_username": "mira", "groups": ["soc"]}
        with browser(house) as client:
            assert there_and_back(client, provider).status_code == 403
        provider.claims["preferred_username"] = "operator"
        with browser(house) as client:
            assert there_and_back(client, provider).status_code == 403
        assert len(house.door.accounts.all()) == 1


def test_a_disabled_account_does_not_come_in_by_the_provider(both: tuple[House, Strict]) -> None:
    house, provider = both
    house.door.accounts.change("ana", lambda kept: msgspec.structs.replace(kept, disabled=1))
    with browser(house) as client:
        assert there_and_back(client, provider).status_code == 403


def test_no_provider_is_there_where_none_is_set(tmp_path: Path) -> None:
    with housed(tmp_path) as house, browser(house) as client:
        assert client.get("/sign-in/provider").status_code == 404
        assert client.get("/sign-in/provider/back?code=x&state=y").status_code == 404


@pytest.mark.parametrize(
    ("acr", "amr", "demands", "enough"),
    [
        ("", (), {}, False),
        ("phr", (), {"required_acr": ("phr",)}, True),
        ("low", (), {"required_acr": ("phr",)}, False),
        ("", ("pwd", "otp"), {"required_amr": ("otp",)}, True),
        ("phr", ("pwd",), {"required_acr": ("phr",), "required_amr": ("otp",)}, False),
    ],
)
def test_the_second_factor_is_what_the_settings_demand(
    acr: str, amr: tuple[str, ...], demands: dict[str, Any], enough: bool
) -> None:
    assert has_second_factor(Oidc(**demands), acr, amr) is enough


def test_a_provider_that_states_no_second_factor_is_no_setting(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[oidc]\nissuer = "https://login.example"\nclient_id = "egnatia"\n')
    with pytest.raises(SettingsError, match="second factor is never optional"):
        load(tmp_path / FILE, {})


def leave(house: House, token: str) -> int:
    """The provider tells the node, as a program does."""
    return httpx.post(f"{house.url}/sign-in/provider/logout", data={"logout_token": token}, timeout=30).status_code


def test_who_signs_out_at_the_provider_is_signed_out_here(both: tuple[House, Strict]) -> None:
    house, provider = both
    with browser(house) as client, browser(house) as other, house.visitor(Role.READER) as mira:
        there_and_back(client, provider)
        there_and_back(other, provider)
        told = provider.logout()
        assert leave(house, told) == 200
        assert not is_in(client)
        assert not is_in(other)
        assert is_in(mira), "it is somebody else's logout"
        there_and_back(client, provider)
        assert leave(house, told) == 400, "a token counts once"
        assert is_in(client)
    ana = house.door.accounts.get("ana")
    assert ana is not None
    assert ("sessions ended", ana.id) in notes(house)


def test_a_logout_of_one_session_at_the_provider_ends_no_other(both: tuple[House, Strict]) -> None:
    house, provider = both
    with browser(house) as client, browser(house) as other:
        for each, sid in ((client, "phone"), (other, "desk")):
            provider.claims = {**provider.claims, "sid": sid}
            there_and_back(each, provider)
        assert leave(house, provider.logout(sub=None, sid="phone")) == 200
        assert not is_in(client)
        assert is_in(other)
        assert leave(house, provider.logout(sid="desk")) == 200
        assert not is_in(other)


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://evil.example"},
        {"aud": "another client"},
        {"exp": 1},
        {"iat": 1},
        {"jti": None},
        {"events": {"http://schemas.openid.net/event/other": {}}},
        {"events": None},
        {"sub": None},
        {"nonce": "as an ID token has one"},
        {"typ": "JWT"},
    ],
)
def test_a_logout_that_lies_ends_nothing(both: tuple[House, Strict], lie: dict[str, Any]) -> None:
    house, provider = both
    with browser(house) as client:
        there_and_back(client, provider)
        assert leave(house, provider.logout(**lie)) == 400
        assert is_in(client)


def test_a_logout_that_the_provider_did_not_sign_ends_nothing(both: tuple[House, Strict]) -> None:
    house, provider = both
    with browser(house) as client:
        there_and_back(client, provider)
        claims = msgspec.json.decode(base64.urlsafe_b64decode(provider.logout().split(".")[1] + "=="))
        for forged in (signed_by_another(claims), unsigned(claims), mac_under_the_client_id(claims), "", "x.y.z"):
            assert leave(house, forged) == 400
        assert is_in(client)


def test_an_id_token_is_no_logout_token(both: tuple[House, Strict]) -> None:
    house, provider = both
    seen: list[str] = []
    signed = provider.sign

    def sign(claims: dict[str, Any]) -> str:
        seen.append(signed(claims))
        return seen[-1]

    provider.sign = sign
    with browser(house) as client:
        there_and_back(client, provider)
        assert leave(house, seen[0]) == 400
        assert is_in(client)


def test_without_a_provider_there_is_no_logout_by_one(tmp_path: Path) -> None:
    with housed(tmp_path) as house:
        house.account(Role.READER)
        assert leave(house, "x.y.z") == 400
