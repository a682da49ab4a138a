"""A person's own account: where they are signed in, and what they sign in with.

Whatever changes how one signs in wants a proof that is a few minutes old at most, ends all other sessions, and gives
this one a new cookie.
"""

from typing import ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.types import ControllerRouterHandler

from egnatia.exchange.caller import Unauthorized
from egnatia.web.account.account import Account
from egnatia.web.account.agent import browser_words
from egnatia.web.account.door import Door
from egnatia.web.account.session import Session
from egnatia.web.account.signing_in import passkeys_at
from egnatia.web.frame import Content
from egnatia.web.language import LANGUAGES
from egnatia.web.language.speech import N_
from egnatia.web.notices.words import sentence
from egnatia.web.permission import MEANING, Permission, Role
from egnatia.web.visit import LANGUAGE, Visit
from egnatia.web.visitor import Visitor

HANDLE = 16
"""How much of a session's key names it in a form: it is no secret, and finds one of a person's own."""

CHANGES = 10
"""How many of the latest changes of an account are shown."""

ROLES: dict[Role, str] = {
    Role.READER: N_("reader"),
    Role.ANALYST: N_("analyst"),
    Role.PUBLISHER: N_("publisher"),
    Role.ADMINISTRATOR: N_("administrator"),
    Role.AUDITOR: N_("auditor"),
}
"""What the roles are called."""

WAYS = {
    "passkey": N_("a passkey"),
    "password": N_("a password and a code"),
    "provider": N_("the organisation's account"),
}
"""How somebody signed in, in words."""


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One browser in which the person is signed in."""

    handle: str
    way: str
    began: int
    seen: int
    address: str
    browser: str
    agent: str
    here: bool


class PasskeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One passkey; `id` names it in a form."""

    id: str
    name: str
    created: int
    used: int | None


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that changed about the account, in words."""

    at: int
    words: str


class ProfilePage(Content, frozen=True, kw_only=True):
    """Everything about oneself. `proven`: what one signs in with can be changed now."""

    template: ClassVar[str] = "account/profile.html"
    script: ClassVar[str] = "passkey.js"
    name: str
    organisation: str
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    language: str
    sessions: tuple[SessionRow, ...]
    passkeys: tuple[PasskeyRow, ...]
    passkeys_at: str
    has_code: bool
    recovery: int
    removable: bool
    proven: bool
    changes: tuple[ChangeRow, ...]


class Spoken(msgspec.Struct, frozen=True):
    """The language of one's pages; none is the browser's."""

    language: str = ""


async def oneself(visit: Visit, door: Door) -> Account:
    """The visitor's account; raises Unauthorized for who has not signed in."""
    if not visit.visitor.signed_in:
        raise Unauthorized(N_("Sign in to go on"))
    try:
        return await visit.ask(lambda: door.account_of(visit.visitor))
    except LookupError as error:
        raise Unauthorized(N_("Sign in to go on")) from error


@get("/profile")
async def profile(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """One's own account."""
    account = await oneself(visit, door)
    own = visit.visitor.session
    sessions = await visit.ask(lambda: door.sessions.of(account.name))
    names = {each.id: each.name for each in (await visit.ask(lambda: visit.premises.card)).organisations}
    say = visit.speech.gettext
    allowed = account.permissions(visit.premises.own)
    content = ProfilePage(
        title=account.display,
        name=account.name,
        organisation=names.get(account.organisation, account.organisation),
        roles=tuple(say(ROLES[role]) for role in Role if role in account.roles),
        permissions=tuple(say(MEANING[each]) for each in Permission if each in allowed),
        language=account.language,
        sessions=tuple(_row(key, each, here=key == own) for key, each in sessions.items()),
        passkeys=tuple(
            PasskeyRow(id=each.id.hex(), name=each.name, created=each.created, used=each.used)
            for each in account.passkeys
        ),
        passkeys_at=passkeys_at(visit, door),
        has_code=account.has_code,
        recovery=len(account.recovery),
        removable=account.has_code or len(account.passkeys) > 1 or bool(account.subject),
        proven=await visit.ask(lambda: door.sessions.is_proven(own)),
        changes=tuple(
            ChangeRow(at=each.at, words=sentence(each, visit.speech, {}))
            for each in await visit.ask(lambda: door.alerts.latest(account.id, CHANGES))
        ),
    )
    return visit.page(content)


@post("/profile/language")
async def language(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """The language of the account's pages, on every device."""
    form = await visit.form(Spoken)
    account = await oneself(visit, door)
    chosen = form.language if form.language in LANGUAGES else ""
    await visit.ask(
        lambda: door.accounts.change(account.name, lambda kept: msgspec.structs.replace(kept, language=chosen))
    )
    answer = visit.go("/profile")
    visit.forget(answer, LANGUAGE)
    return answer


async def renew(visit: Visit, door: Door, account: Account, *, proven: bool) -> str:
    """A new cookie for this session, to `remember` with the answer, whose forms are of the session as it is then. All
    others end, unless this was no more than a proof."""

    def work() -> tuple[str, Visitor | None]:
        if not proven:
            door.sessions.end_all(account.name, but=visit.visitor.session)
        cookie = door.sessions.renew(visit.visitor.session, proven=proven)
        return cookie, door.visitor(cookie)

    cookie, visitor = await visit.ask(work)
    visit.visitor = visitor or visit.visitor
    return cookie


def _row(key: str, session: Session, *, here: bool) -> SessionRow:
    return SessionRow(
        handle=key[:HANDLE],
        way=WAYS.get(session.way, session.way),
        began=session.created,
        seen=session.seen,
        address=session.origin.address,
        browser=browser_words(session.origin.agent),
        agent=session.origin.agent,
        here=here,
    )


PAGES: tuple[ControllerRouterHandler, ...] = (profile, language)
