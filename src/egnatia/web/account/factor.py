"""Changing what one signs in with: passkeys, the password, the authenticator app, the recovery codes."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import BadRequest
from egnatia.web.account import password as passwords
from egnatia.web.account import recovery, totp
from egnatia.web.account.account import Account
from egnatia.web.account.ceremony import NotProven
from egnatia.web.account.door import Door
from egnatia.web.account.enrolling import NO_PASSKEY, NOT_THE_APPS, NOT_THE_SAME, Code, RecoveryPage, Text
from egnatia.web.account.enrolment import (
    Codes,
    is_guessable,
    new_totp,
    opened_totp,
    totp_again,
    with_app,
    with_passkey,
)
from egnatia.web.account.profile import oneself, renew
from egnatia.web.account.proving import proven
from egnatia.web.account.sealing import NotOurs
from egnatia.web.account.signing_in import (
    Nothing,
    bound,
    origin,
    question,
)
from egnatia.web.frame import Content
from egnatia.web.refusal import Elsewhere
from egnatia.web.visit import SESSION, Visit


class PasswordPage(Content, frozen=True, kw_only=True):
    """A new password, and a new app for who has none: a password alone is nothing. `app` without `password` renews
    the app alone."""

    template: ClassVar[str] = "account/password.html"
    action: str
    name: str
    password: bool
    app: Codes | None
    wrong: str = ""


class NewPasskey(msgspec.Struct, frozen=True):
    """A new passkey's answer."""

    ceremony: Code = ""
    answer: Annotated[str, msgspec.Meta(max_length=40_000)] = ""
    label: Annotated[str, msgspec.Meta(max_length=60)] = ""


class Which(msgspec.Struct, frozen=True):
    """One passkey, and its new name."""

    id: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}){1,1024}\Z")]
    label: Annotated[str, msgspec.Meta(max_length=60)] = ""


class NewPassword(msgspec.Struct, frozen=True):
    """A new password, an app's secret with its code, or both."""

    password: Text = ""
    again: Text = ""
    app: Text = ""
    code: Code = ""


@post("/profile/passkeys/question")
async def passkey_question(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[Any]:
    """What a further passkey is made from."""
    await visit.form(NewPasskey)
    account = await proven(visit, door)
    options, held = door.passkeys.enrol(account)
    name = await visit.ask(lambda: door.begin_ceremony(f"passkey of {account.id}", bound(visit), held, origin(visit)))
    return question(name, options)


@post("/profile/passkeys")
async def add_passkey(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """A further passkey."""
    form = await visit.form(NewPasskey)
    account = await proven(visit, door)
    held = await visit.ask(lambda: door.ceremonies.end(f"passkey of {account.id}", bound(visit), form.ceremony))
    try:
        if held is None:
            raise NotProven("this was not asked here, or too long ago")
        label = form.label or f"{len(account.passkeys) + 1}"
        passkey = door.passkeys.enrolled(held, form.answer, name=label, at=door.clock())
    except NotProven as error:
        raise BadRequest(visit.speech.gettext(NO_PASSKEY)) from error
    return await _changed(visit, door, account, "passkey added", lambda kept: with_passkey(kept, passkey))


@post("/profile/passkeys/name")
async def name_passkey(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """A passkey is called something else."""
    form = await visit.form(Which)
    account = await oneself(visit, door)

    def change(kept: Account) -> Account:
        named = tuple(
            msgspec.structs.replace(each, name=form.label or each.name) if each.id.hex() == form.id else each
            for each in kept.passkeys
        )
        return msgspec.structs.replace(kept, passkeys=named)

    await visit.ask(lambda: door.accounts.change(account.name, change))
    return visit.go("/profile")


@post("/profile/passkeys/remove")
async def remove_passkey(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """A passkey is worth nothing any more; the last way in stays."""
    form = await visit.form(Which)
    account = await proven(visit, door)

    def change(kept: Account) -> Account:
        left = msgspec.structs.replace(kept, passkeys=tuple(each for each in kept.passkeys if each.id.hex() != form.id))
        if not left.can_sign_in:
            raise BadRequest(visit.speech.gettext("This is your only way in; add another one first"))
        return left

    return await _changed(visit, door, account, "passkey removed", change)


@get("/profile/password")
async def password_page(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """A new password; with a new app for who has none."""
    account = await proven(visit, door, "/profile/password")
    app = None if account.totp else new_totp(door, account.id, account.name)
    return _password_page(visit, account, "/profile/password", app)


@get("/profile/app")
async def app_page(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """A new authenticator app in the place of the one before."""
    account = await proven(visit, door, "/profile/app")
    if not account.password:
        raise Elsewhere("/profile/password")
    return _password_page(visit, account, "/profile/app", new_totp(door, account.id, account.name))


@post("/profile/password")
async def password(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """The new password counts."""
    form = await visit.form(NewPassword)
    account = await proven(visit, door, "/profile/password")
    weak = await visit.ask(lambda: is_guessable(door, form.password, account.name, account.display))
    if wrong := NOT_THE_SAME if form.password != form.again else weak:
        app = None if account.totp else totp_again(door, form.app, account.id, account.name)
        return _password_page(visit, account, "/profile/password", app, wrong)
    kept = await visit.ask(lambda: passwords.hashed(form.password))
    if account.totp:
        return await _changed(
            visit, door, account, "password changed", lambda one: msgspec.structs.replace(one, password=kept)
        )
    return await _new_app(visit, door, account, form, password=kept)


@post("/profile/app")
async def app(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """The new app counts, and the one before no more."""
    form = await visit.form(NewPassword)
    account = await proven(visit, door, "/profile/app")
    if not account.password:
        raise Elsewhere("/profile/password")
    return await _new_app(visit, door, account, form, password=account.password)


@post("/profile/recovery")
async def new_recovery(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """New recovery codes; those before are void."""
    await visit.form(Nothing)
    account = await proven(visit, door)
    if not account.has_code:
        raise Elsewhere("/profile")
    codes = recovery.new_codes()
    digests = tuple(recovery.digest(each) for each in codes)
    return await _changed(
        visit,
        door,
        account,
        "recovery codes renewed",
        lambda one: msgspec.structs.replace(one, recovery=digests),
        codes,
    )


async def _new_app(visit: Visit, door: Door, account: Account, form: NewPassword, *, password: str) -> Response[str]:
    """The account with another app and new recovery codes, once the app's code is right."""
    try:
        secret = opened_totp(door, form.app, account.id)
        step = totp.accepted_step(secret, form.code.replace(" ", ""), at=door.clock(), after=0)
    except NotOurs:
        step = None
    if step is None:
        codes = totp_again(door, form.app, account.id, account.name)
        action = "/profile/app" if account.totp else "/profile/password"
        return _password_page(visit, account, action, codes, NOT_THE_APPS)
    shown = recovery.new_codes()

    def change(one: Account) -> Account:
        return msgspec.structs.replace(with_app(door, one, secret, step, shown), password=password)

    return await _changed(visit, door, account, "authenticator app renewed", change, shown)


async def _changed(
    visit: Visit,
    door: Door,
    account: Account,
    action: str,
    change: Callable[[Account], Account],
    codes: tuple[str, ...] = (),
) -> Response[str]:
    """The change is kept and noted; this session goes on under a new cookie, and all others end. `codes` are new
    recovery codes to show."""

    def keep() -> None:
        door.accounts.change(account.name, change)
        door.tell(account.name, action, account)

    await visit.ask(keep)
    cookie = await renew(visit, door, account, proven=False)
    say = visit.speech.gettext
    if codes:
        answer = visit.page(RecoveryPage(title=say("Your recovery codes"), codes=codes, to="/profile"))
    else:
        answer = visit.go("/profile", say("Changed. You are signed in here alone now."))
    visit.remember(answer, SESSION, cookie)
    return answer


def _password_page(visit: Visit, account: Account, action: str, app: Codes | None, wrong: str = "") -> Response[str]:
    is_password = action == "/profile/password"
    say = visit.speech.gettext
    content = PasswordPage(
        title=say("New password") if is_password else say("New authenticator app"),
        action=action,
        name=account.name,
        password=is_password,
        app=app,
        wrong=wrong,
    )
    return visit.page(content, status=422 if wrong else 200)


PAGES: tuple[ControllerRouterHandler, ...] = (
    passkey_question,
    add_passkey,
    name_passkey,
    remove_passkey,
    password_page,
    password,
    app_page,
    app,
    new_recovery,
)
