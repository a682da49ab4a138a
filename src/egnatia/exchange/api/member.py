"""Who the caller is here, its tokens, and how the peers are doing."""

import time
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from egnatia.exchange import token
from egnatia.exchange.api.documented import problems
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.api.surface import Desk, encoded
from egnatia.exchange.host import PeerStatus
from egnatia.exchange.submission import NotAllowed, Right
from egnatia.exchange.taxii.filter import timestamp
from egnatia.store.entry import Batch, Note

DAY = 86_400_000_000


class Me(msgspec.Struct, frozen=True):
    """On whose behalf you are asking. `organisation` is null for the public."""

    organisation: str | None
    name: str
    rights: tuple[str, ...]
    node: str


class Peers(msgspec.Struct, frozen=True):
    """The nodes that this one exchanges with."""

    peers: tuple[PeerStatus, ...]


class TokenShown(msgspec.Struct, frozen=True):
    """A token without its secret."""

    id: str
    name: str
    organisation: str
    rights: tuple[str, ...]
    created: str
    expires: str | None
    revoked: str | None
    last_use: str | None


class Tokens(msgspec.Struct, frozen=True):
    """The tokens of your organisation."""

    tokens: tuple[TokenShown, ...]


class TokenWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token for a program: what it is called, what it may do, for how long."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
    rights: Annotated[tuple[Right, ...], msgspec.Meta(min_length=1, max_length=8)]
    days: Annotated[int, msgspec.Meta(ge=1, le=730)] = 90


class TokenIssued(msgspec.Struct, frozen=True):
    """A new token. It is shown this once and nowhere kept."""

    id: str
    token: str
    expires: str


@get("/me", responses=problems(), summary="Who you are here")
async def me(desk: NamedDependency[Desk]) -> Response[Me]:
    """Your organisation, your name and your rights, as your credential says."""
    rights = tuple(sorted(desk.caller.rights))
    return encoded(Me(desk.caller.organisation, desk.caller.name, rights, desk.host.node_id))


@get("/peers", responses=problems(), summary="How the peers are doing")
async def peers(desk: NamedDependency[Desk]) -> Response[Peers]:
    """Lag, last contact, counts and errors of every peer; for administrators and auditors."""
    desk.require(Right.ADMINISTER, Right.AUDIT)
    return encoded(Peers(tuple(await desk.ask(desk.host.peers))))


@get("/tokens", responses=problems(), summary="Your organisation's tokens")
async def tokens(desk: NamedDependency[Desk]) -> Response[Tokens]:
    """Every token of your organisation, without secrets; for its administrators."""
    desk.require(Right.ADMINISTER)
    found = await desk.ask(desk.store.tokens.all)
    return encoded(Tokens(tuple(_shown(each) for each in found if each.organisation == desk.caller.organisation)))


@post("/tokens", responses=problems(), summary="A new token")
async def issue(desk: NamedDependency[Desk], data: JSONBody[TokenWanted]) -> Response[TokenIssued]:
    """A token with at most the rights that you have yourself."""
    desk.require(Right.ADMINISTER)
    if lacking := set(data.rights) - desk.caller.rights:
        raise NotAllowed(f"You cannot give what you do not have: {', '.join(sorted(lacking))}")
    asking = await desk.ask(lambda: desk.store.tokens.get(desk.caller.token_id))
    minted = token.mint()
    now = time.time_ns() // 1_000
    stored = token.Token(
        id=minted.id,
        digest=minted.digest,
        organisation=desk.caller.submitter.organisation,
        name=data.name,
        rights=frozenset(data.rights),
        created=now,
        expires=now + data.days * DAY,
        issued_by=asking.issued_by if asking is not None else "",
    )
    await desk.ask(lambda: desk.store.tokens.add(stored))
    _note(desk, "token issued", minted.id)
    return encoded(TokenIssued(minted.id, minted.text, timestamp(now + data.days * DAY)), 201)


@delete("/tokens/{token_id:str}", status_code=204, responses=problems(404), summary="Revoke a token")
async def revoke(desk: NamedDependency[Desk], token_id: FromPath[str]) -> None:
    """From now on the token is not valid; live feeds that it opened end within seconds."""
    desk.require(Right.ADMINISTER)
    found = await desk.ask(lambda: desk.store.tokens.get(token_id))
    if found is None or found.organisation != desk.caller.organisation:
        raise NotFound
    await desk.ask(lambda: desk.store.tokens.revoke(token_id, time.time_ns() // 1_000))
    desk.surface.gate.forget(token_id)
    _note(desk, "token revoked", token_id)


def _note(desk: Desk, action: str, subject: str) -> None:
    actor = f"{desk.caller.organisation} {desk.caller.name}"
    desk.store.append(Batch(notes=(Note(actor=actor, action=action, subject=subject),)))


def _shown(stored: token.Token) -> TokenShown:
    return TokenShown(
        id=stored.id,
        name=stored.name,
        organisation=stored.organisation,
        rights=tuple(sorted(stored.rights)),
        created=timestamp(stored.created),
        expires=_moment(stored.expires),
        revoked=_moment(stored.revoked),
        last_use=_moment(stored.last_use),
    )


def _moment(microseconds: int | None) -> str | None:
    return None if microseconds is None else timestamp(microseconds)
