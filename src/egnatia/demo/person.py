"""The person of the demonstration: one account at each node, with every role, whose codes are shown to everyone.

A real node shows nobody's codes. Here the regional view stands in for the authenticator app.
"""

import time
from typing import ClassVar, Final

import msgspec

from egnatia.demo.cast import Actor
from egnatia.node import Node
from egnatia.web.account import password as passwords
from egnatia.web.account import totp
from egnatia.web.account.account import new_account
from egnatia.web.account.door import Door
from egnatia.web.frame import Content
from egnatia.web.permission import Role

NAME: Final = "demo"
PASSWORD: Final = "seven points on one road"  # noqa: S105  it is shown to everyone


class Key(msgspec.Struct, frozen=True):
    """What one signs in with at one node: the name there, and the secret of the authenticator app."""

    name: str
    secret: bytes

    def code(self, at: int) -> str:
        """What the app would show, `at` in microseconds UTC."""
        return totp.code(self.secret, totp.step_at(at))


def settle(node: Node, actor: Actor, password: str) -> Key:
    """An account of the actor's organisation at the node, with every role; `password` is the hash."""
    door = Door(node)
    key = Key(NAME if actor.runs_node else f"{NAME}.{actor.key}", totp.new_secret())
    account = new_account(key.name, "Demo", actor.id, frozenset(Role))
    door.accounts.add(msgspec.structs.replace(account, password=password, totp=door.sealed_totp(account, key.secret)))
    return key


def hashed() -> str:
    """The password as it is kept; made once, because making it is slow on purpose."""
    return passwords.hashed(PASSWORD)


class Shown(msgspec.Struct, frozen=True):
    """How to sign in at one node, now."""

    organisation: str
    url: str
    name: str
    code: str


class CodesPage(Content, frozen=True, kw_only=True):
    """Every account with its current code; `seconds` until the codes change."""

    template: ClassVar[str] = "region-codes.html"
    rows: tuple[Shown, ...]
    password: str
    seconds: int


def codes(keys: tuple[tuple[Actor, str, Key], ...]) -> CodesPage:
    """The page, as things stand: whose, at which address, and with what one signs in."""
    now = time.time_ns() // 1_000
    rows = (Shown(actor.name, url, key.name, key.code(now)) for actor, url, key in keys)
    left = (totp.STEP - now % totp.STEP) // 1_000_000 + 1
    return CodesPage(title="Sign in at a node", rows=tuple(rows), password=PASSWORD, seconds=left)
