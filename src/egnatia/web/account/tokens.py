"""Tokens for programs: shown once, listed, revoked; never with more rights than who issues them has."""

import time
from collections.abc import Mapping
from typing import Annotated, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from egnatia.exchange import token
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.submission import NotAllowed, Right
from egnatia.web.account.account import Account
from egnatia.web.account.door import Door
from egnatia.web.account.profile import oneself
from egnatia.web.account.proving import proven
from egnatia.web.account.signing_in import Nothing
from egnatia.web.frame import Content
from egnatia.web.language.speech import N_
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

DAY = 86_400_000_000

NEEDS: Mapping[Right, Permission] = {
    Right.READ: Permission.READ,
    Right.SUBMIT: Permission.PUBLISH,
    Right.RECALL: Permission.RECALL,
    Right.RELEASE: Permission.MANAGE_TOKENS,
    Right.AUDIT: Permission.SEE_AUDIT,
    Right.ADMINISTER: Permission.MANAGE_TOKENS,
}
"""What a person must be allowed to do, to give a program each right."""

RIGHTS: Mapping[Right, str] = {
    Right.READ: N_("read what the organisation may see"),
    Right.SUBMIT: N_("publish records for the organisation"),
    Right.RECALL: N_("withdraw what the organisation published"),
    Right.RELEASE: N_("publish without a second person, where the organisation asks for one"),
    Right.AUDIT: N_("read the audit log"),
    Right.ADMINISTER: N_("issue and revoke tokens, see peers and measures"),
}

NO_NAME = N_("Say what the token is for")
NO_RIGHT = N_("Choose what the program may do")


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret."""

    id: str
    name: str
    rights: tuple[str, ...]
    created: int
    expires: int | None
    last_use: int | None
    revoked: int | None
    over: bool


class TokensPage(Content, frozen=True, kw_only=True):
    """The organisation's tokens, and the form for a new one; `issued` is shown this once."""

    template: ClassVar[str] = "account/tokens.html"
    script: ClassVar[str] = "copy.js"
    rows: tuple[TokenRow, ...]
    rights: tuple[tuple[str, str], ...]
    given: "Wanted"
    issued: str = ""
    wrong: str = ""


class Wanted(msgspec.Struct, frozen=True):
    """A new token: what it is for, what it may do, for how many days."""

    name: Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""
    rights: tuple[Right, ...] = ()
    days: Annotated[int, msgspec.Meta(ge=1, le=730)] = 90


@get("/tokens")
async def tokens(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """The organisation's tokens."""
    visit.require(Permission.MANAGE_TOKENS)
    return await _page(visit, await oneself(visit, door), Wanted(rights=(Right.READ,)))


@post("/tokens")
async def issue(visit: NamedDependency[Visit], door: NamedDependency[Door]) -> Response[str]:
    """A new one."""
    form = await visit.form(Wanted)
    visit.require(Permission.MANAGE_TOKENS)
    account = await proven(visit, door, "/tokens")
    if any(not visit.visitor.may(NEEDS[right]) for right in form.rights):
        raise NotAllowed(visit.speech.gettext("You cannot give what you do not have"))
    if wrong := (NO_NAME if not form.name else NO_RIGHT if not form.rights else ""):
        return await _page(visit, account, form, wrong=wrong)
    minted, now = token.mint(), time.time_ns() // 1_000
    stored = token.Token(
        id=minted.id,
        digest=minted.digest,
        organisation=account.organisation,
        name=form.name,
        rights=frozenset(form.rights),
        created=now,
        expires=now + form.days * DAY,
        issued_by=account.name,
    )

    def keep() -> None:
        visit.store.tokens.add(stored)
        rights = " ".join(sorted(form.rights))
        door.tell(account.name, "token issued", account, rights, subject=minted.id, name=form.name)

    await visit.ask(keep)
    return await _page(visit, account, Wanted(rights=(Right.READ,)), issued=minted.text)


@post("/tokens/{token_id:str}/revoke")
async def revoke(visit: NamedDependency[Visit], door: NamedDependency[Door], token_id: FromPath[str]) -> Response[str]:
    """It is good for nothing from now on."""
    await visit.form(Nothing)
    visit.require(Permission.MANAGE_TOKENS)
    account = await oneself(visit, door)
    found = await visit.ask(lambda: visit.store.tokens.get(token_id))
    if found is None or found.organisation != account.organisation:
        raise NotFound

    def work() -> None:
        visit.store.tokens.revoke(token_id, time.time_ns() // 1_000)
        issuer = door.accounts.get(found.issued_by)
        if issuer is None:
            door.note(account.name, "token revoked", token_id)
        else:
            door.tell(account.name, "token revoked", issuer, subject=token_id, name=found.name)

    await visit.ask(work)
    visit.surface.gate.forget(token_id)
    return visit.go("/tokens", visit.speech.gettext("The token is revoked."))


async def _page(visit: Visit, account: Account, given: Wanted, *, issued: str = "", wrong: str = "") -> Response[str]:
    found = await visit.ask(visit.store.tokens.all)
    now = time.time_ns() // 1_000
    rows = [_row(each, now) for each in reversed(found) if each.organisation == account.organisation]
    say = visit.speech.gettext
    content = TokensPage(
        title=say("Tokens"),
        rows=tuple(sorted(rows, key=lambda row: row.over)),
        rights=tuple((right.value, say(RIGHTS[right])) for right in Right if visit.visitor.may(NEEDS[right])),
        given=given,
        issued=issued,
        wrong=wrong,
    )
    return visit.page(content, status=422 if wrong else 200)


def _row(stored: token.Token, now: int) -> TokenRow:
    known = {right.value: RIGHTS[right] for right in Right}
    return TokenRow(
        id=stored.id,
        name=stored.name,
        rights=tuple(known.get(right, right) for right in sorted(stored.rights)),
        created=stored.created,
        expires=stored.expires,
        last_use=stored.last_use,
        revoked=stored.revoked,
        over=stored.revoked is not None or (stored.expires is not None and stored.expires <= now),
    )


PAGES: tuple[ControllerRouterHandler, ...] = (tokens, issue, revoke)
