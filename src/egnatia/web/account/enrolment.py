"""How a person comes to have an account: by a code that works once, which an administrator or the operator hands over.

The person alone chooses the password and the second factor. The first code of a node makes its first administrator;
it is shown where only the operator looks: in the log and on the command line.
"""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec

from egnatia.web.account import password as passwords
from egnatia.web.account import recovery, totp
from egnatia.web.account.account import Account, Display, Name, Passkey, new_account, sign_in_name
from egnatia.web.account.door import Door, Refused
from egnatia.web.account.sealing import NotOurs
from egnatia.web.account.session import MICROSECOND
from egnatia.web.permission import Role

LASTS: Final = timedelta(days=3)
FIRST: Final = ""
"""In the place of a name: whoever has the code names themselves."""


class Enrolment(msgspec.Struct, frozen=True):
    """Whose it is, and until when, microseconds UTC."""

    account: str
    until: int


class Newcomer(msgspec.Struct, frozen=True):
    """How the first administrator is called, and what else they will do."""

    name: Name
    display: Display
    roles: tuple[Role, ...] = ()


class Enrolments:
    """The codes that are out."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._kept = door.premises.store.kept("enrolment", Enrolment)

    def invite(self, account: str) -> str:
        """A code for the account, in the place of any before."""
        for key, each in self._kept.all().items():
            if each.account == account or each.until <= self._door.clock():
                self._kept.remove(key)
        (code, *_) = recovery.new_codes()
        until = self._door.clock() + LASTS // MICROSECOND
        self._kept.put(recovery.digest(code).hex(), Enrolment(account, until))
        return code

    def invite_first(self) -> str:
        """The code that makes the first administrator; raises FileExistsError where somebody has an account."""
        if not self._door.accounts.is_vacant():
            raise FileExistsError("There are accounts already; an administrator adds people, or: egnatia user add")
        return self.invite(FIRST)

    def link(self, code: str) -> str:
        """Where the code leads."""
        return f"{self._door.premises.settings.public_url}/enrol/{code}"

    def find(self, code: str) -> Enrolment | None:
        """What the code is for; None where it is unknown, used, or too old."""
        return self._valid(self._kept.get(recovery.digest(code).hex()))

    def account(self, enrolment: Enrolment, newcomer: Newcomer | None) -> Account:
        """The account as it is before it is complete; raises Refused where there is none to be had."""
        if enrolment.account != FIRST:
            found = self._door.accounts.get(enrolment.account)
            if found is None or found.disabled is not None:
                raise Refused("There is no such account")
            return found
        if newcomer is None or not self._door.accounts.is_vacant():
            raise Refused("There is an administrator already")
        roles = frozenset({Role.ADMINISTRATOR, *newcomer.roles})
        return new_account(newcomer.name, newcomer.display, self._door.premises.own, roles)

    def complete(self, code: str, newcomer: Newcomer | None, change: Callable[[Account], Account]) -> Account:
        """The account with what it is signed in with, once; raises Refused where the code has been used."""
        with self._door.changing:
            enrolment = self._valid(self._kept.take(recovery.digest(code).hex()))
            if enrolment is None:
                raise Refused("This code has been used, or is too old")
            account = self.account(enrolment, newcomer)
            if enrolment.account == FIRST:
                account = change(account)
                self._door.accounts.add(account)
            else:
                account = self._door.accounts.change(account.name, change)
        self._door.tell(account.name, "enrolled", account, ", ".join(sorted(account.roles)))
        return account

    def _valid(self, enrolment: Enrolment | None) -> Enrolment | None:
        return enrolment if enrolment is not None and self._door.clock() < enrolment.until else None


class Codes(msgspec.Struct, frozen=True):
    """A new secret of an authenticator app on its way to the person: sealed for the form, drawn for the camera and
    written for the keyboard."""

    sealed: str
    picture: str
    written: str


def new_totp(door: Door, bound: str, name: str) -> Codes:
    """A fresh secret, for the form that `bound` names."""
    secret = totp.new_secret()
    sealed = base64.urlsafe_b64encode(door.seal.close(_form(bound), secret)).decode()
    return _shown(door, sealed, secret, name)


def totp_again(door: Door, sealed: str, bound: str, name: str) -> Codes:
    """The same secret once more, after a form that had something wrong; a fresh one where it is none of ours."""
    try:
        return _shown(door, sealed, opened_totp(door, sealed, bound), name)
    except NotOurs:
        return new_totp(door, bound, name)


def opened_totp(door: Door, sealed: str, bound: str) -> bytes:
    """The secret of a form; raises NotOurs."""
    try:
        return door.seal.open(_form(bound), base64.urlsafe_b64decode(sealed.encode()))
    except ValueError as error:
        raise NotOurs("this form was not made here") from error


def _form(bound: str) -> str:
    return f"new app {bound}"


def _shown(door: Door, sealed: str, secret: bytes, name: str) -> Codes:
    issuer = door.premises.settings.organisation.name
    return Codes(sealed, totp.picture(totp.uri(secret, name=name or "Egnatia", issuer=issuer)), totp.written(secret))


def with_app(door: Door, account: Account, secret: bytes, step: int, codes: tuple[str, ...]) -> Account:
    """The account with another authenticator app, whose code of `step` has been used, and with recovery codes."""
    return msgspec.structs.replace(
        account,
        totp=door.sealed_totp(account, secret),
        totp_step=step,
        recovery=tuple(recovery.digest(each) for each in codes),
        failures=0,
        locked_until=0,
    )


def with_passkey(account: Account, passkey: Passkey) -> Account:
    """The account with one more passkey."""
    return msgspec.structs.replace(account, passkeys=(*account.passkeys, passkey))


def own_words(door: Door, name: str, display: str) -> tuple[str, ...]:
    """What somebody who guesses the person's password would try first."""
    return (sign_in_name(name), display, door.premises.settings.organisation.name)


def is_guessable(door: Door, password: str, name: str, display: str) -> str:
    """What is wrong with a new password, as a message; empty where nothing is."""
    return passwords.weakness(password, own_words(door, name, display))
