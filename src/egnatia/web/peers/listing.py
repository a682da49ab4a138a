"""The pages that show peers: all of them, and each by itself."""

import time
from typing import ClassVar

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.exchange.peer.contact import Contact
from egnatia.exchange.peer.pairing import State
from egnatia.exchange.peer.status import contacts
from egnatia.web.frame import Content
from egnatia.web.peers.book import PeerDetail, PeerRow, detail_of, row_of
from egnatia.web.permission import Permission
from egnatia.web.premises import Premises
from egnatia.web.visit import Visit, found


class PeersPage(Content, frozen=True, kw_only=True):
    """Every peer, those that need somebody first."""

    template: ClassVar[str] = "peers/list.html"
    script: ClassVar[str] = "refresh.js"
    rows: tuple[PeerRow, ...]
    now: int
    may_manage: bool


class PeerPage(Content, frozen=True, kw_only=True):
    """One peer."""

    template: ClassVar[str] = "peers/peer.html"
    script: ClassVar[str] = "refresh.js"
    peer: PeerDetail
    now: int
    may_manage: bool
    sees_audit: bool


@get("/peers")
async def peers(visit: NamedDependency[Visit]) -> Response[str]:
    """The list of peers."""
    visit.require(Permission.SEE_PEERS)
    now = time.time_ns() // 1_000
    rows = await visit.ask(lambda: _rows(visit.premises, now))
    return visit.page(
        PeersPage(
            title=visit.speech.gettext("Peers"),
            rows=rows,
            now=now,
            may_manage=visit.visitor.may(Permission.MANAGE_PEERS),
        )
    )


@get("/peers/{node:str}")
async def peer(visit: NamedDependency[Visit], node: FromPath[str]) -> Response[str]:
    """One peer."""
    visit.require(Permission.SEE_PEERS)
    now = time.time_ns() // 1_000
    detail = found(await visit.ask(lambda: detail_at(visit.premises, node, now)))
    return visit.page(
        PeerPage(
            title=detail.row.name,
            peer=detail,
            now=now,
            may_manage=visit.visitor.may(Permission.MANAGE_PEERS),
            sees_audit=visit.visitor.may(Permission.SEE_AUDIT),
        )
    )


def _rows(premises: Premises, now: int) -> tuple[PeerRow, ...]:
    saved = contacts(premises.store)
    rows = [
        row_of(pairing, saved.get(pairing.node) or Contact(pairing.node), now)
        for pairing in premises.pairings.all()
        if pairing.state is not State.INTRODUCED
    ]
    return tuple(sorted(rows, key=lambda row: (not row.rewritten, row.trouble is None, row.name.casefold(), row.node)))


def rewritten(premises: Premises) -> tuple[PeerRow, ...]:
    """The peers whose audit log is not what this node has signed."""
    return tuple(row for row in _rows(premises, time.time_ns() // 1_000) if row.rewritten)


def detail_at(premises: Premises, node: str, now: int) -> PeerDetail | None:
    """All that is known of a peer; None for a node that is none."""
    pairings = {each.node: each for each in premises.pairings.all()}
    pairing = pairings.get(node)
    if pairing is None or pairing.state is State.INTRODUCED:
        return None
    contact = contacts(premises.store).get(node) or Contact(node)
    introduced = sum(each.by == node for each in pairings.values() if each.state is State.INTRODUCED)
    return detail_of(row_of(pairing, contact, now), pairing, premises.store.cursor(node), introduced)
