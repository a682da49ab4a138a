"""Showing once more who one is, before what one signs in with is changed, or sessions are ended."""

import asyncio
import time
from typing import Annotated, ClassVar
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.types import ControllerRouterHandler

from egnatia.exchange.caller import Throttled
from egnatia.web.account.account import Account
from egnatia.web.account.door import Door, Offered, Refused, slowly
from egnatia.web.account.enrolling import Code, Text
from egnatia.web.account.profile import HANDLE, oneself, renew
from egnatia.web.account.signing_in import (
    NOT_RIGHT,
    NOT_THIS_PASSKEY,
    WAIT,
    PasskeyAnswer,
    To,
    bound,
    origin,
    passkeys_at,
    provider_name,
    safe,
)
from egnatia.web.frame import Content
from egnatia.web.refusal import Elsewhere
from egnatia.web.visit import SESSION, Here, Visit


class ProvePage(Content, frozen=True, kw_only=True):
    """Show once more who you are."""

    template: ClassVar[str] = "account/prove.html"
    script: ClassVar[str] = "passkey.js"
    to: str
    has_code: bool
    has_passkey: bool
    passkeys_at: str
    provider: str
    wrong: str = ""


class Proof(msgspec.Struct, frozen=True):
    """A password and a code."""

    password: Text = ""
    code: Code = ""
    to: Here = "/profile"


class Handle(msgspec.Struct, frozen=True):
    """Which session, or all others."""

    session: Annotated[str, msgspec.Meta(max_length=HANDLE)] = ""


async def proven(visit: Visit, door: Door, to: str = "/profile") -> Account:
    """The visitor's account, if they have just proved who they are; else raises Elsewhere."""
    account = await oneself(visit, door)
    if not await visit.ask(lambda: door.sessions.is_proven(visit.visitor.session)):
        raise Elsewhere(f"/profile/prove?to={quote(to)}")
    return account


@get("/profile/prove")
async def prove_page(visit: NamedDependency[Visit], door: NamedDependency[Door], to: To = "/profile") -> Response[str]:
    """Who are you, once more?"""
    return _prove_page(visit, door, await oneself(visit, door), safe(to))


@post("/profile/prove")
async def prove(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """With a password and a code."""
    form = await visit.form(Proof)
    account = await oneself(visit, door)
    began = time.monotonic()
    offered, came = Offered(account.name, form.password, form.code), origin(visit)
    try:
        async with door.hashing:
            await visit.ask(lambda: door.prove(offered, came))
    except Refused:
        await asyncio.sleep(slowly(began))
        return _prove_page(visit, door, account, form.to, NOT_RIGHT, status=403)
    except Throttled:
        return _prove_page(visit, door, account, form.to, WAIT, status=429)
    return await _proved(visit, door, account, form.to)


@post("/profile/prove/passkey")
async def prove_with_passkey(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """With a passkey, which must be one's own."""
    form = await visit.form(PasskeyAnswer)
    account = await oneself(visit, door)
    came, bind = origin(visit), bound(visit)

    def check() -> None:
        shown = door.prove_passkey(form.ceremony, form.answer, bound=bind, origin=came)
        if shown.id != account.id:
            raise door.refused(None, came, "the passkey of another account")

    try:
        await visit.ask(check)
    except Refused:
        return _prove_page(visit, door, account, form.to, NOT_THIS_PASSKEY, status=403)
    except Throttled:
        return _prove_page(visit, door, account, form.to, WAIT, status=429)
    return await _proved(visit, door, account, form.to)


async def _proved(visit: Visit, door: Door, account: Account, to: str) -> Response[str]:
    """On, in a session that has just been proven."""
    cookie = await renew(visit, door, account, proven=True)
    answer = visit.go(to)
    visit.remember(answer, SESSION, cookie)
    return answer


@post("/profile/sessions/end")
async def end_session(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """One of one's own sessions ends, or all but this one."""
    form = await visit.form(Handle)
    account = await proven(visit, door)

    def end() -> int:
        keys = [key for key in door.sessions.of(account.name) if key != visit.visitor.session]
        ended = [key for key in keys if key[:HANDLE] == form.session or not form.session]
        count = sum(door.sessions.end(key) for key in ended)
        if count:
            door.tell(account.name, "sessions ended", account, str(count))
        return count

    count = await visit.ask(end)
    words = visit.speech.ngettext("%(count)s session has ended", "%(count)s sessions have ended", count)
    return visit.go("/profile", words)


def _prove_page(
    visit: Visit, door: Door, account: Account, to: str, wrong: str = "", *, status: int = 200
) -> Response[str]:
    content = ProvePage(
        title=visit.speech.gettext("Show once more that it is you"),
        to=to,
        has_code=account.has_code,
        has_passkey=bool(account.passkeys),
        passkeys_at=passkeys_at(visit, door),
        provider=provider_name(visit) if account.subject else "",
        wrong=wrong,
    )
    return visit.page(content, status=status)


PAGES: tuple[ControllerRouterHandler, ...] = (prove_page, prove, prove_with_passkey, end_session)
