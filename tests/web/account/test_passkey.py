"""Passkeys in a real browser with a virtual authenticator (WebAuthn section 11), and what forged answers are worth."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import CDPSession, Page, sync_playwright
from tests.web.account.person import PASSWORD, browser, is_in, notes, person
from tests.web.house import House, csrf_of, housed

from egnatia.web.account.account import Passkey
from egnatia.web.account.enrolment import Enrolments
from egnatia.web.account.passkey import RelyingParty
from egnatia.web.account.session import Origin
from egnatia.web.permission import Role

CHROMIUM = shutil.which("chromium")

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        yield found


class Authenticator:
    """A page in Chromium, and the authenticator that it asks."""

    def __init__(self, page: Page, cdp: CDPSession) -> None:
        self.page, self.cdp = page, cdp
        cdp.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        more = {"isUserVerified": True, "automaticPresenceSimulation": True}
        self.id = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, **more}})["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        """What it holds."""
        found: list[dict[str, Any]] = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return found

    def verifies(self, yes: bool) -> None:
        """Whether the person it asks is the right one."""
        self.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": yes})

    def put_back(self, credential: dict[str, Any], count: int) -> None:
        """The same passkey with an older counter: a copy."""
        self.cdp.send(
            "WebAuthn.removeCredential", {"authenticatorId": self.id, "credentialId": credential["credentialId"]}
        )
        self.cdp.send(
            "WebAuthn.addCredential", {"authenticatorId": self.id, "credential": {**credential, "signCount": count}}
        )


@contextmanager
def chromium(house: House) -> Iterator[Authenticator]:
    """A browser with an authenticator of its own, which knows the node as localhost."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = running.new_context(base_url=house.url.replace("127.0.0.1", "localhost"), locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(30_000)
        yield Authenticator(page, context.new_cdp_session(page))
        running.close()


@pytest.mark.browser
@needs_chromium
def test_the_first_administrator_needs_no_password(house: House) -> None:
    code = Enrolments(house.door).invite_first()
    with chromium(house) as it:
        page = it.page
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        page.goto("/first")
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Go on").click()
        page.locator("#passkey-name").fill("mira")
        page.locator("#passkey-display").fill("Mira Test")
        page.get_by_role("button", name="Make a passkey").click()
        page.get_by_text("Mira Test").first.wait_for()
        assert len(it.credentials()) == 1

        page.get_by_label("Your account: Mira Test").click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_text("You have signed out").wait_for()
        page.goto("/sign-in?to=/profile")
        it.verifies(False)
        page.get_by_role("button", name="Use a passkey").click()
        page.get_by_text("The browser gave no passkey").wait_for()
        it.verifies(True)
        page.get_by_role("button", name="Use a passkey").click()
        page.get_by_label("Your account: Mira Test").wait_for()

        mira = house.door.accounts.get("mira")
        assert mira is not None
        assert not mira.password
        assert ("sign-in", mira.id) in notes(house)

        (credential,) = it.credentials()
        it.put_back(credential, 1)
        page.context.clear_cookies()
        page.goto("/sign-in")
        page.get_by_role("button", name="Use a passkey").click()
        page.get_by_text("This passkey is not known here").wait_for()
        assert wrong == []


@pytest.mark.browser
@needs_chromium
def test_passkeys_are_added_named_and_removed_in_the_profile(house: House) -> None:
    ana = person(house, Role.ANALYST)
    with chromium(house) as it:
        page = it.page
        page.goto("/sign-in?to=/profile")
        page.locator("#name").fill(ana.name)
        page.locator("#password").fill(PASSWORD)
        page.locator("#code").fill(ana.code())
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.locator("#new-label").fill("Laptop")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_text("You are signed in here alone now").wait_for()
        page.get_by_label("New name of Laptop").fill("Old laptop")
        page.get_by_role("button", name="Rename").click()
        page.get_by_label("New name of Old laptop").wait_for()
        assert [each.name for each in ana.account.passkeys] == ["Old laptop"]

        page.goto("/profile/prove?to=/profile")
        page.get_by_role("button", name="Use a passkey").click()
        page.get_by_text("Remove", exact=True).click()
        page.get_by_role("button", name="Remove Old laptop").click()
        page.get_by_text("You have none").wait_for()
    assert ana.account.passkeys == ()


def test_the_last_way_in_is_not_removed(house: House) -> None:
    keys = tuple(Passkey(id=bytes([each]), public=b"", name=f"key {each}", created=1) for each in (1, 2))
    account = house.account(Role.READER)
    house.door.accounts.change(account.name, lambda kept: msgspec.structs.replace(kept, passkeys=keys))
    with browser(house) as client:
        client.cookies.set(house.cookie, house.door.sessions.begin(account.name, "passkey", Origin("127.0.0.1")))

        def remove(key: str) -> int:
            csrf = csrf_of(client.get("/profile").text)
            return client.post("/profile/passkeys/remove", data={"csrf": csrf, "id": key}).status_code

        assert remove("01") == 303
        assert remove("02") == 400
        assert remove("not hex") == 400
    left = house.door.accounts.get(account.name)
    assert left is not None
    assert [each.name for each in left.passkeys] == ["key 2"]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"id":"AA","rawId":"AA","type":"public-key","response":{}}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}',
    ],
)
def test_what_is_no_answer_of_a_passkey_proves_nothing(house: House, answer: str) -> None:
    person(house, Role.READER)
    with browser(house) as client:
        csrf = csrf_of(client.get("/sign-in").text)
        asked = client.post("/sign-in/passkey/question", data={"csrf": csrf}).json()
        form = {"csrf": csrf, "ceremony": asked["ceremony"], "answer": answer}
        assert client.post("/sign-in/passkey", data=form).status_code in {400, 403}
        assert not is_in(client)


def test_a_question_is_answered_once_and_by_who_was_asked(house: House) -> None:
    door = house.door
    name = door.ceremonies.begin("passkey", "one browser", {"challenge": "x"})
    assert door.ceremonies.end("passkey", "another browser", name) is None
    again = door.ceremonies.begin("passkey", "one browser", {"challenge": "x"})
    assert door.ceremonies.end("oidc", "one browser", again) is None
    third = door.ceremonies.begin("passkey", "one browser", {"challenge": "x"})
    assert door.ceremonies.end("passkey", "one browser", third) == {"challenge": "x"}
    assert door.ceremonies.end("passkey", "one browser", third) is None


def test_a_passkey_is_for_this_node_alone(house: House) -> None:
    node = RelyingParty("https://exchange.csirt.example", "CSIRT")
    options, _ = node.ask()
    assert options["rpId"] == "exchange.csirt.example"
    assert options["userVerification"] == "required"
    for origin in (
        "https://exchange.csirt.example",
        "https://exchange.csirt.example.evil.example",
        "http://exchange.csirt.example",
        "https://csirt.example",
        "https://exchange.csirt.example:8443",
    ):
        assert node._is_ours(origin) is (origin == "https://exchange.csirt.example")
    assert msgspec.json.encode(options)
