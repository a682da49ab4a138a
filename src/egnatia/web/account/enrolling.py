"""Pages of those who have a code and no account yet: the first administrator, and whoever was added or reset."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.web.account import password as passwords
from egnatia.web.account import recovery, totp
from egnatia.web.account.account import Account, sign_in_name
from egnatia.web.account.ceremony import NotProven
from egnatia.web.account.door import Door, Refused
from egnatia.web.account.enrolment import (
    FIRST,
    Codes,
    Enrolment,
    Enrolments,
    Newcomer,
    is_guessable,
    new_totp,
    opened_totp,
    totp_again,
    with_app,
    with_passkey,
)
from egnatia.web.account.sealing import NotOurs
from egnatia.web.account.signing_in import at_the_door, bound, origin, passkeys_at, question
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.permission import Role
from egnatia.web.visit import DOORSTEP, SESSION, Visit

Code = Annotated[str, msgspec.Meta(max_length=60)]
Text = Annotated[str, msgspec.Meta(max_length=1_000)]

NOT_THIS_CODE = N_("This code is unknown, has been used, or is too old. Ask for a new one.")
NOT_THE_APPS = N_("The code from the app is not right; it changes every 30 seconds")
NO_NAME = N_("A sign-in name has small letters, digits, dots, dashes, or is an e-mail address; your name is not empty")
NO_PASSKEY = N_("This passkey could not be taken. Try again.")
NOT_THE_SAME = N_("The two passwords differ")

ALSO = (
    (Role.ANALYST, N_("analyse and draft")),
    (Role.PUBLISHER, N_("publish for the organisation")),
    (Role.AUDITOR, N_("audit")),
)
"""What the first administrator may do besides."""


class FirstPage(Content, frozen=True, kw_only=True):
    """Asks for the first code."""

    template: ClassVar[str] = "account/first.html"
    wrong: str = ""


class EnrolPage(Content, frozen=True, kw_only=True):
    """How will you sign in? `names` is whether the person names themselves."""

    template: ClassVar[str] = "account/enrol.html"
    script: ClassVar[str] = "passkey.js"
    code: str
    names: bool
    name: str
    display: str
    app: Codes
    roles: tuple[Role, ...] = ()
    offered: tuple[tuple[Role, str], ...] = ALSO
    wrong: str = ""
    passkeys_at: str = ""


class RecoveryPage(Content, frozen=True, kw_only=True):
    """The recovery codes, this once."""

    template: ClassVar[str] = "account/recovery.html"
    codes: tuple[str, ...]
    to: str


class FirstForm(msgspec.Struct, frozen=True):
    """The first code, as somebody typed it."""

    code: Code = ""


class EnrolForm(msgspec.Struct, frozen=True):
    """A password with an authenticator app, or a passkey's answer (then `way` says so)."""

    way: Literal["password", "passkey"]
    name: Text = ""
    display: Text = ""
    roles: tuple[Role, ...] = ()
    password: Text = ""
    again: Text = ""
    app: Text = ""
    code: Code = ""
    label: Annotated[str, msgspec.Meta(max_length=60)] = ""
    ceremony: Code = ""
    answer: Annotated[str, msgspec.Meta(max_length=40_000)] = ""


@get("/first")
async def first_page(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """The code of the first administrator, please."""
    if not await visit.ask(door.accounts.is_vacant):
        raise NotFound
    return at_the_door(visit, FirstPage(title=visit.speech.gettext("The first administrator")))


@post("/first")
async def first(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """On to the form, with a code that is right."""
    form = await visit.form(FirstForm, bound=True)
    if not await visit.ask(door.accounts.is_vacant):
        raise NotFound
    try:
        await visit.ask(lambda: _found(visit, door, form.code))
    except Refused:
        page = FirstPage(title=visit.speech.gettext("The first administrator"), wrong=NOT_THIS_CODE)
        return at_the_door(visit, page, status=403)
    return visit.go(f"/enrol/{form.code}")


@get("/enrol/{code:str}")
async def enrol_page(visit: NamedDependency[Visit], door: NamedDependency[Door], code: FromPath[str]) -> Response[str]:
    """How will you sign in?"""
    try:
        enrolment = await visit.ask(lambda: _found(visit, door, code))
    except Refused:
        raise NotFound from None
    visit.stand_at_the_door()
    account = None if enrolment.account == FIRST else await visit.ask(lambda: door.accounts.get(enrolment.account))
    app = new_totp(door, _seal(code), account.name if account else "")
    return at_the_door(visit, _page(visit, door, code, account, app))


@post("/enrol/{code:str}/question")
async def enrol_question(
    visit: NamedDependency[Visit], door: NamedDependency[Door], code: FromPath[str]
) -> Response[Any]:
    """What the new passkey is made from."""
    form = await visit.form(EnrolForm, bound=True)
    try:
        enrolment = await visit.ask(lambda: _found(visit, door, code))
        account = await visit.ask(lambda: Enrolments(door).account(enrolment, _newcomer(form, enrolment)))
    except Refused:
        raise NotFound from None
    options, held = door.passkeys.enrol(account)
    name = await visit.ask(lambda: door.begin_ceremony(f"enrol {_seal(code)}", bound(visit), held, origin(visit)))
    return question(name, options)


@post("/enrol/{code:str}")
async def enrol(visit: NamedDependency[Visit], door: NamedDependency[Door], code: FromPath[str]) -> Response[str]:
    """The account is complete, and the person is in."""
    form = await visit.form(EnrolForm, bound=True)
    try:
        enrolment = await visit.ask(lambda: _found(visit, door, code))
    except Refused:
        raise NotFound from None
    account = None if enrolment.account == FIRST else await visit.ask(lambda: door.accounts.get(enrolment.account))
    work = _by_password if form.way == "password" else _by_passkey
    bind = bound(visit)
    try:
        complete, codes = await visit.ask(lambda: work(door, code, form, enrolment, bind))
    except Refused:
        raise NotFound from None
    except (BadRequest, FileExistsError) as error:
        app = totp_again(door, form.app, _seal(code), account.name if account else form.name)
        page = _page(visit, door, code, account, app, form=form, wrong=str(error))
        return at_the_door(visit, page, status=422)
    cookie = await visit.ask(lambda: door.begin(complete, form.way, origin(visit)))
    visitor = await visit.ask(lambda: door.visitor(cookie))
    visit.visitor = visitor or visit.visitor
    title = visit.speech.gettext("Your recovery codes")
    answer = visit.page(RecoveryPage(title=title, codes=codes, to="/")) if codes else visit.go("/profile")
    visit.remember(answer, SESSION, cookie)
    visit.forget(answer, DOORSTEP)
    return answer


def _found(visit: Visit, door: Door, code: str) -> Enrolment:
    """What the code is for; raises Refused, and counts."""
    came = origin(visit)
    door.wait(came)
    found = Enrolments(door).find(code)
    if found is None:
        raise door.refused(None, came, "a code to enrol with")
    return found


def _by_password(
    door: Door, code: str, form: EnrolForm, enrolment: Enrolment, bind: str
) -> tuple[Account, tuple[str, ...]]:
    """Completed with a password and an authenticator app; raises BadRequest with what is wrong."""
    enrolments, newcomer = Enrolments(door), _newcomer(form, enrolment)
    account = enrolments.account(enrolment, newcomer)
    if form.password != form.again:
        raise BadRequest(NOT_THE_SAME)
    if weak := is_guessable(door, form.password, account.name, account.display):
        raise BadRequest(weak)
    try:
        secret = opened_totp(door, form.app, _seal(code))
    except NotOurs:
        raise BadRequest(NOT_THE_APPS) from None
    step = totp.accepted_step(secret, form.code.replace(" ", ""), at=door.clock(), after=0)
    if step is None:
        raise BadRequest(NOT_THE_APPS)
    kept, codes = passwords.hashed(form.password), recovery.new_codes()

    def change(one: Account) -> Account:
        return msgspec.structs.replace(with_app(door, one, secret, step, codes), password=kept)

    return enrolments.complete(code, newcomer, change), codes


def _by_passkey(
    door: Door, code: str, form: EnrolForm, enrolment: Enrolment, bind: str
) -> tuple[Account, tuple[str, ...]]:
    """Completed with a passkey; raises BadRequest with what is wrong."""
    newcomer = _newcomer(form, enrolment)
    held = door.ceremonies.end(f"enrol {_seal(code)}", bind, form.ceremony)
    if held is None:
        raise BadRequest(NO_PASSKEY)
    try:
        passkey = door.passkeys.enrolled(held, form.answer, name=form.label or "1", at=door.clock())
    except NotProven:
        raise BadRequest(NO_PASSKEY) from None
    return Enrolments(door).complete(code, newcomer, lambda one: with_passkey(one, passkey)), ()


def _newcomer(form: EnrolForm, enrolment: Enrolment) -> Newcomer | None:
    """How the first administrator is called; raises BadRequest."""
    if enrolment.account != FIRST:
        return None
    try:
        roles = tuple(role.value for role in form.roles)
        return msgspec.convert({"name": sign_in_name(form.name), "display": form.display, "roles": roles}, Newcomer)
    except msgspec.ValidationError:
        raise BadRequest(NO_NAME) from None


def _seal(code: str) -> str:
    """What the forms of one code are bound to."""
    return recovery.digest(code).hex()


def _page(
    visit: Visit,
    door: Door,
    code: str,
    account: Account | None,
    app: Codes,
    *,
    form: EnrolForm | None = None,
    wrong: str = "",
) -> EnrolPage:
    say = visit.speech.gettext
    return EnrolPage(
        title=say("The first administrator") if account is None else say("How will you sign in?"),
        code=code,
        names=account is None,
        name=account.name if account else (form.name if form else ""),
        display=account.display if account else (form.display if form else ""),
        roles=tuple(form.roles) if form else (),
        app=app,
        wrong=wrong,
        passkeys_at=passkeys_at(visit, door),
    )


PAGES: tuple[ControllerRouterHandler, ...] = (first_page, first, enrol_page, enrol_question, enrol)
