"""A person of a test, with what they know and hold, at a browser without JavaScript."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec
from tests.web.house import House, csrf_of

from egnatia.web.account import password, recovery, totp
from egnatia.web.account.account import Account
from egnatia.web.permission import Role

PASSWORD = "seven lanterns on a bridge"
_KEPT = password.hashed(PASSWORD)


class Clock:
    """A door's clock that a test can set forward."""

    def __init__(self, at: int = 1_790_000_000_000_000) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at

    def pass_(self, *, seconds: float) -> None:
        """Time goes on."""
        self.at += int(seconds * 1_000_000)


class Person:
    """Somebody with an account, a password, an authenticator app and recovery codes."""

    def __init__(self, house: House, account: Account, secret: bytes, codes: tuple[str, ...]) -> None:
        self.house, self.name, self.secret, self.codes = house, account.name, secret, codes

    @property
    def account(self) -> Account:
        """As it is kept now."""
        account = self.house.door.accounts.get(self.name)
        assert account is not None
        return account

    def code(self, *, steps: int = 0) -> str:
        """What the app shows; `steps` ahead of the node's clock."""
        return totp.code(self.secret, totp.step_at(self.house.door.clock()) + steps)

    def sign_in(
        self, browser: httpx.Client, *, password: str = PASSWORD, code: str | None = None, to: str = "/feed"
    ) -> httpx.Response:
        """The form, filled in and sent."""
        csrf = csrf_of(browser.get("/sign-in").text)
        form = {"name": self.name, "password": password, "code": self.code() if code is None else code}
        return browser.post("/sign-in", data={**form, "to": to, "csrf": csrf})


def person(house: House, *roles: Role, organisation: str | None = None) -> Person:
    """A new one, who has enrolled."""
    account, secret, codes = house.account(*roles, organisation=organisation), totp.new_secret(), recovery.new_codes()
    house.door.accounts.change(
        account.name,
        lambda kept: msgspec.structs.replace(
            kept,
            password=_KEPT,
            totp=house.door.sealed_totp(kept, secret),
            recovery=tuple(recovery.digest(each) for each in codes),
        ),
    )
    return Person(house, account, secret, codes)


@contextmanager
def browser(house: House) -> Iterator[httpx.Client]:
    """A browser that nobody has signed in with."""
    with httpx.Client(base_url=house.url, headers={"Accept-Language": "en"}, timeout=30) as client:
        yield client


def is_in(client: httpx.Client) -> bool:
    """Whether the browser is signed in: a page for people is not refused to it."""
    return client.get("/sign-in").status_code == 303


def notes(house: House) -> list[tuple[str, str]]:
    """What the audit log says: actions with their subjects."""
    return [(row.action, row.subject) for row in house.node.store.audit_rows()]
