"""Signing in and out: a passkey, or a password with a code, on one page and with one answer to whatever is wrong."""

import asyncio
import time
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.surface import raw
from egnatia.exchange.caller import Throttled
from egnatia.web.account.door import Door, Offered, Refused, slowly
from egnatia.web.account.session import Origin
from egnatia.web.frame import HEADERS, Content
from egnatia.web.language.speech import N_
from egnatia.web.visit import DOORSTEP, SESSION, Here, Visit

To = Annotated[str, QueryParameter(name="to", required=False)]

NOT_RIGHT = N_("That was not right. Check the name, the password and the code; each code works once.")
NOT_THIS_PASSKEY = N_("This passkey is not known here, or it was not used in time. Try again.")
WAIT = N_("Too many attempts; wait a few minutes and try again")


class SignInPage(Content, frozen=True, kw_only=True):
    """The form, and what was wrong with the last try. `passkeys_at` is where passkeys work, where they do not here."""

    template: ClassVar[str] = "account/sign-in.html"
    script: ClassVar[str] = "passkey.js"
    to: str
    name: str = ""
    wrong: str = ""
    passkeys_at: str = ""
    provider: str = ""


class SignIn(msgspec.Struct, frozen=True):
    """The form."""

    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    password: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    code: Annotated[str, msgspec.Meta(max_length=60)] = ""
    to: Here = "/"


class PasskeyAnswer(msgspec.Struct, frozen=True):
    """What a passkey said to the question named `ceremony`."""

    ceremony: Annotated[str, msgspec.Meta(max_length=100)]
    answer: Annotated[str, msgspec.Meta(max_length=20_000)]
    to: Here = "/"


class Nothing(msgspec.Struct, frozen=True):
    """A form with a button only."""


def origin(visit: Visit) -> Origin:
    """Where the request comes from."""
    client = visit.request.client
    return Origin(client.host if client else "", visit.request.headers.get("user-agent", ""))


def bound(visit: Visit) -> str:
    """What a ceremony of this browser is bound to: its session, or where it stands at the door."""
    return visit.visitor.session or visit.doorstep


def at_the_door(visit: Visit, content: Content, *, status: int = 200) -> Response[str]:
    """A page with forms for somebody without a session."""
    visit.stand_at_the_door()
    answer = visit.page(content, status=status)
    visit.remember(answer, DOORSTEP, visit.doorstep)
    return answer


def admitted(visit: Visit, cookie: str, to: str) -> Response[str]:
    """On, with the new session's cookie."""
    answer = visit.go(to)
    visit.remember(answer, SESSION, cookie)
    visit.forget(answer, DOORSTEP)
    return answer


def passkeys_at(visit: Visit, door: Door) -> str:
    """Where passkeys work for a browser that asked for an address in numbers; empty where they work here.

    A passkey is bound to a name: on loopback to `localhost`, never to 127.0.0.1.
    """
    url = visit.request.url
    return "" if url.hostname == door.passkey_host else f"{url.scheme}://{door.passkey_host}:{url.port or 80}"


def provider_name(visit: Visit) -> str:
    """What the identity provider is called; empty where there is none."""
    oidc = visit.premises.settings.oidc
    return oidc.issuer and (oidc.name or urlsplit(oidc.issuer).hostname or oidc.issuer)


def safe(to: str) -> str:
    """Where to go on; the first page where a link was made by somebody else."""
    try:
        return msgspec.convert(to, Here)
    except msgspec.ValidationError:
        return "/"


@get("/sign-in")
async def sign_in_page(visit: NamedDependency[Visit], door: NamedDependency[Door], to: To = "/") -> Response[str]:
    """Who are you?"""
    if await visit.ask(door.accounts.is_vacant):
        return visit.go("/first")
    if visit.visitor.signed_in:
        return visit.go(safe(to))
    return door_page(visit, door, safe(to))


@post("/sign-in")
async def sign_in(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """A name, a password and a code."""
    form = await visit.form(SignIn, bound=True)
    began = time.monotonic()
    offered, came = Offered(form.name, form.password, form.code), origin(visit)
    try:
        async with door.hashing:
            cookie = await visit.ask(lambda: door.by_password(offered, came))
    except Refused:
        await asyncio.sleep(slowly(began))
        return door_page(visit, door, form.to, NOT_RIGHT, name=form.name, status=403)
    except Throttled:
        return door_page(visit, door, form.to, WAIT, name=form.name, status=429)
    return await instead(visit, door, cookie, form.to)


@post("/sign-in/passkey/question")
async def passkey_question(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[Any]:
    """What a passkey is to answer."""
    await visit.form(Nothing, bound=True)
    options, held = door.passkeys.ask()
    bind, came = bound(visit), origin(visit)
    name = await visit.ask(lambda: door.begin_ceremony("passkey", bind, held, came))
    return question(name, options)


@post("/sign-in/passkey")
async def sign_in_with_passkey(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """A passkey's answer."""
    form = await visit.form(PasskeyAnswer, bound=True)
    came, bind = origin(visit), bound(visit)
    try:
        cookie = await visit.ask(lambda: door.by_passkey(form.ceremony, form.answer, bound=bind, origin=came))
    except Refused:
        return door_page(visit, door, form.to, NOT_THIS_PASSKEY, status=403)
    except Throttled:
        return door_page(visit, door, form.to, WAIT, status=429)
    return await instead(visit, door, cookie, form.to)


@post("/sign-out")
async def sign_out(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """The session ends, here and at the node."""
    await visit.form(Nothing)
    if visit.visitor.signed_in:
        await visit.ask(lambda: door.leave(visit.visitor))
    answer = visit.go("/sign-in", visit.speech.gettext("You have signed out"))
    answer.headers["clear-site-data"] = '"cache", "storage"'
    visit.forget(answer, SESSION)
    return answer


def question(ceremony: str, options: dict[str, Any]) -> Response[Any]:
    """What the browser is to do with a passkey, for passkey.js."""
    answer = raw(msgspec.json.encode({"ceremony": ceremony, "options": options}))
    answer.headers.update(HEADERS)
    return answer


async def instead(visit: Visit, door: Door, cookie: str, to: str) -> Response[str]:
    """The new session takes the place of the one that the browser may have had."""
    if visit.visitor.signed_in:
        await visit.ask(lambda: door.leave(visit.visitor))
    return admitted(visit, cookie, to)


def door_page(
    visit: Visit, door: Door, to: str, wrong: str = "", *, name: str = "", status: int = 200
) -> Response[str]:
    """The sign-in page, with what was wrong."""
    return at_the_door(
        visit,
        SignInPage(
            title=visit.speech.gettext("Sign in"),
            to=to,
            name=name,
            wrong=wrong,
            passkeys_at=passkeys_at(visit, door),
            provider=provider_name(visit),
        ),
        status=status,
    )


PAGES: tuple[ControllerRouterHandler, ...] = (
    sign_in_page,
    sign_in,
    passkey_question,
    sign_in_with_passkey,
    sign_out,
)
