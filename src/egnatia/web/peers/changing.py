"""What an administrator changes about a peer: paused, resumed, asked for more or less, removed."""

import time
from typing import Annotated, ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.exchange.api.problem import BadRequest, NotFound
from egnatia.exchange.peer.pairing import State
from egnatia.store import Query
from egnatia.store.query import LAST
from egnatia.web.frame import Content
from egnatia.web.peers.book import PeerDetail
from egnatia.web.peers.listing import detail_at
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit, found

COUNTED = 10_000
"""Records are counted no further on a page."""


class Nothing(msgspec.Struct, frozen=True):
    """A form without fields."""


class Rescope(msgspec.Struct, frozen=True):
    """What is to be asked of a peer."""

    scope: Literal["own", "all"]


class Removal(msgspec.Struct, frozen=True):
    """The name of the peer, typed by who removes it."""

    name: Annotated[str, msgspec.Meta(max_length=500)] = ""


class RemovalPage(Content, frozen=True, kw_only=True):
    """What removing a peer means, before it is done. `counted` is how far records were counted."""

    template: ClassVar[str] = "peers/remove.html"
    peer: PeerDetail
    records: int
    counted: int = COUNTED
    wrong: bool = False


@post("/peers/{node:str}/pause")
async def pause(visit: NamedDependency[Visit], node: FromPath[str]) -> Response[str]:
    """Neither send nor ask until resumed."""
    await visit.form(Nothing)
    await _known(visit, node, State.CONFIRMED)
    await visit.ask(lambda: visit.premises.pairings.pause(node, actor=visit.actor))
    visit.premises.forget_facts()
    return visit.go(f"/peers/{node}", visit.speech.gettext("Paused: nothing is sent and nothing is asked."))


@post("/peers/{node:str}/resume")
async def resume(visit: NamedDependency[Visit], node: FromPath[str]) -> Response[str]:
    """Go on where the pause began."""
    await visit.form(Nothing)
    await _known(visit, node, State.PAUSED)
    await visit.ask(lambda: visit.premises.pairings.resume(node, actor=visit.actor))
    visit.premises.forget_facts()
    return visit.go(f"/peers/{node}", visit.speech.gettext("Resumed: the exchange goes on where it stopped."))


@post("/peers/{node:str}/scope")
async def rescope(visit: NamedDependency[Visit], node: FromPath[str]) -> Response[str]:
    """Ask for its own records, or for what it relays too."""
    form = await visit.form(Rescope)
    await _known(visit, node)
    await visit.ask(lambda: visit.premises.pairings.rescope(node, form.scope, actor=visit.actor))
    return visit.go(f"/peers/{node}", visit.speech.gettext("From now on it is asked for this."))


@get("/peers/{node:str}/remove")
async def removal(visit: NamedDependency[Visit], node: FromPath[str]) -> Response[str]:
    """What removing a peer means."""
    return await _removal(visit, node)


@post("/peers/{node:str}/remove")
async def remove(visit: NamedDependency[Visit], node: FromPath[str]) -> Response[str]:
    """End the exchange with a peer whose name was typed."""
    form = await visit.form(Removal)
    detail = await _known(visit, node)
    if form.name.strip().casefold() != detail.row.name.strip().casefold():
        return await _removal(visit, node, wrong=True)
    await visit.ask(lambda: visit.premises.pairings.remove(node, actor=visit.actor))
    visit.premises.forget_facts()
    return visit.go("/peers", visit.speech.gettext("%(name)s is no peer any more.", name=detail.row.name))


async def _removal(visit: Visit, node: str, *, wrong: bool = False) -> Response[str]:
    detail = await _known(visit, node)
    clearance = visit.clearance()
    query = Query(source=node, versions=(LAST,))
    records = await visit.ask(lambda: visit.store.count(clearance, query, COUNTED))
    title = visit.speech.gettext("Remove %(name)s", name=detail.row.name)
    content = RemovalPage(title=title, peer=detail, records=records, wrong=wrong)
    return visit.page(content, status=422 if wrong else 200)


async def _known(visit: Visit, node: str, *states: State) -> PeerDetail:
    """The peer, for somebody who may change it. Raises NotFound, or BadRequest where it is in none of the states."""
    visit.require(Permission.MANAGE_PEERS)
    pairing = await visit.ask(lambda: visit.premises.pairings.find(node))
    if pairing is None:
        raise NotFound
    if states and pairing.state not in states:
        raise BadRequest(visit.speech.gettext("Somebody else has changed this peer meanwhile; look at it again."))
    now = time.time_ns() // 1_000
    return found(await visit.ask(lambda: detail_at(visit.premises, node, now)))
