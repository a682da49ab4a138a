"""A node answering on its address until it is told to stop."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

import uvicorn
import uvloop
from litestar import Litestar

from egnatia.casework.follower import Follower
from egnatia.exchange.api.app import app as api
from egnatia.exchange.asgi import App, Receive, Scope, Send
from egnatia.exchange.delivering import CallSender, MailSender, deliver
from egnatia.exchange.peer.peers import Peers
from egnatia.exchange.review import SETTLED_DAYS, Reviews
from egnatia.node.domains import Job, jobs, routes
from egnatia.node.node import Node
from egnatia.node.pace import give_back, set_pace
from egnatia.node.server import Server
from egnatia.store.following import Following
from egnatia.trust.errors import Forged, WrongPassphrase
from egnatia.web.account.door import Door
from egnatia.web.account.enrolment import Enrolments
from egnatia.web.feed.collected import searches
from egnatia.web.intake.tip import Tips
from egnatia.web.mount import lost, pages
from egnatia.web.notices.telling import LOOK_SECONDS, Teller
from egnatia.web.portal.subscribing import keep_mailing

log = logging.getLogger(__name__)
_LOOK_EVERY = 2.0
"""Seconds between two looks at whether this node was changed by another process."""
_REST_EVERY = 15.0
"""Seconds between two looks at whether there is memory to give back."""
_LITTLE = 500
"""Reads and rows that take no memory worth giving back: the node's own looks come to less between two."""
_RETENTION_EVERY = 600.0
"""Seconds between two looks for what may not be kept any longer."""


def application(rest: Litestar, peers: Peers) -> App:
    """Everything the node answers: peers (a stream of frames, so nothing in between), and the rest."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/peer/"):
            await peers.app(scope, receive, send)
        else:
            await rest(scope, receive, send)  # type: ignore[arg-type]  # the same mappings

    return answer


def run(node: Node) -> None:
    """Serves on a loop of its own: uvloop's, which halves what a frame on the wire costs."""
    set_pace()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(node))


async def serve(node: Node) -> None:
    """Answers until SIGTERM or SIGINT; what was begun is finished first."""
    peers = Peers(node)
    guest = node.own if node.settings.network.demo_open else None
    door = Door(node)
    rest = api(
        node,
        extra=(*pages(node, entrance=door, guest=guest), *routes(node)),
        guest=guest,
        searches=searches(node.store, node.organisations),
        lost=lost(node, door),
    )
    config = uvicorn.Config(
        application(rest, peers),
        host=node.settings.host,
        port=node.settings.port,
        http="httptools",
        loop="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
    )

    def hang_up() -> None:
        rest.state.surface.live.close()
        peers.hang_up()

    server = Server(config, hang_up)
    async with _working(node, peers):
        log.info("%s answers on %s", node.settings.organisation.name, node.settings.public_url)
        if door.accounts.is_vacant() and guest is None:
            # Where the operator alone looks: a stranger who finds the node first cannot take it.
            code = Enrolments(door).invite_first()
            log.warning("nobody has an account yet: open %s/first with the code %s", node.settings.public_url, code)
        await server.serve()


@contextlib.asynccontextmanager
async def _working(node: Node, peers: Peers) -> AsyncIterator[None]:
    """The node's own work beside answering: its subscriptions, its cases, and erasing what is due."""
    await peers.start()
    senders = (MailSender(node.outbox, node.settings), CallSender(node.outbox, node.hooks, node.settings))
    work = (_purge(node), _attend(node, peers), _rest(node), deliver(senders), keep_mailing(node))
    tasks = [asyncio.create_task(each) for each in (*work, *(_kept(each, node) for each in jobs()))]
    rest = LOOK_SECONDS / 4  # open pages come first
    teller = Following(node.store, "egnatia-teller", Teller(node).once, look_seconds=LOOK_SECONDS, rest_seconds=rest)
    follower = Follower(node.casework)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(follower.close)
        await asyncio.to_thread(teller.close)
        await peers.stop()


async def _kept(job: Job, node: Node) -> None:
    """A domain's job; what becomes of it is of no consequence to the rest of the node."""
    try:
        await job(node)
    except Exception:  # one domain must not end the others
        log.exception("%s.%s has ended", job.__module__, job.__qualname__)


async def _attend(node: Node, peers: Peers) -> None:
    """Notices what the command line has changed of this node, and tells its peers."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        try:
            if await asyncio.to_thread(node.notice):
                log.info("the node has a new card: new keys, or another organisation")
                await peers.renewed()
        except (Forged, WrongPassphrase, OSError) as error:
            log.error("the keys were changed and cannot be read: %s; restart the node", error)


def forget_reports(node: Node) -> None:
    """Erases what was reported, addresses of who did, and settled reviews, once their time is over."""
    terms, now = node.settings.portal, time.time_ns() // 1_000
    tips = Tips(node.store, node.secret)
    tips.purge(now, contact_days=terms.contact_days, report_days=terms.reports_days)
    for organisation in node.organisations():
        Reviews(node.store, organisation.id).purge(now, days=SETTLED_DAYS)


async def _rest(node: Node) -> None:
    """Gives memory back when the node has worked, or shown pages, and is quiet again."""
    rested_at = -_LITTLE
    while True:
        await asyncio.sleep(_REST_EVERY)
        done = await asyncio.to_thread(lambda: node.store.work_done)
        if done - rested_at >= _LITTLE and node.store.is_quiet:
            await asyncio.to_thread(node.store.rest)
            await asyncio.to_thread(give_back)
            rested_at = node.store.work_done


async def _purge(node: Node) -> None:
    while True:
        erased = await asyncio.to_thread(node.purge)
        await asyncio.to_thread(lambda: forget_reports(node))
        if erased:
            log.info("erased %d records that were not to be kept longer", erased)
        await asyncio.sleep(_RETENTION_EVERY)
