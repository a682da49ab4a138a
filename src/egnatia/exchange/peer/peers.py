"""All of a node's peers: whom it serves, whom it follows, what they say, and how it goes with each.

The book of pairings is read again every two seconds, so that what an operator changes from another process (confirm,
pause, remove) takes effect while the node runs.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import assert_never

import httpx

from egnatia.exchange.asgi import Receive, Scope, Send
from egnatia.exchange.partner import UNBOUNDED, partner_transport_async
from egnatia.exchange.peer.arrival import Arrival, Own
from egnatia.exchange.peer.asking import Asking
from egnatia.exchange.peer.carriage import Carriage
from egnatia.exchange.peer.contact import Contact
from egnatia.exchange.peer.endpoint import Endpoint
from egnatia.exchange.peer.feed import Feed
from egnatia.exchange.peer.frame import Acknowledgement, Countersigned, Word
from egnatia.exchange.peer.host import PeerHost
from egnatia.exchange.peer.link import Link, Means
from egnatia.exchange.peer.pairing import Pairing, Pairings, State, organisations
from egnatia.exchange.peer.receipt import Acknowledgements, answer, unanswered
from egnatia.exchange.peer.status import save
from egnatia.exchange.peer.target import LOOPBACK, Target, target_of
from egnatia.exchange.peer.unsealing import Unsealing
from egnatia.exchange.peer.witnessing import Witnessing
from egnatia.exchange.submission import Right, Submission, Submitter
from egnatia.policy import EVERY, PUBLIC, Clearance, clearance_within
from egnatia.record import Record
from egnatia.trust import wire
from egnatia.trust.card import SignedCard
from egnatia.trust.errors import Forged
from egnatia.trust.freshness import Freshness
from egnatia.trust.keys import PublicKeys
from egnatia.trust.party import Local

log = logging.getLogger(__name__)
REFRESH_SECONDS = 2.0
CHECKPOINT_SECONDS = 600.0
SAVE_SECONDS = 5.0
CARRY_SECONDS = 1.0


class Peers:
    """The node's side of every pairing, while it runs."""

    def __init__(self, host: PeerHost) -> None:
        self._host = host
        self._cards = host.cards
        self._contacts: dict[str, Contact] = {}
        self._book: dict[str, Pairing] = {}
        self._links: dict[str, tuple[Target, Link, asyncio.Task[None]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._pool = ThreadPoolExecutor(4, "peers")
        self._pairings = Pairings(host.store, lambda: host.signed_card, lambda: host.keys)
        self._acknowledgements = Acknowledgements(host.store, host.node_id)
        self._local = Local(
            host.node_id,
            host.keys,
            keys_of=self._keys_of,
            freshness=Freshness(since=_now()),
            replaced=host.replaced_keys,
        )
        self._arrival = Arrival(
            host.store,
            Own(host.node_id, lambda: host.organisation_openings),
            cards=self._cards,
            labelling=host.labelling,
            members=host.members,
            keep=self._pairings.introduced,
        )
        self._feed = Feed(
            host.store,
            node=host.node_id,
            clearance_of=self._clearance_of,
            card_of=lambda node: self._pairings.endorsed(self._signed(node), host.node_id),
            edition_of=self._edition,
            pool=self._pool,
        )
        self._carriage = Carriage(
            host.store,
            self._feed,
            self._cards,
            clearance_of=host.clearance_of,
            relay_clearance=self._clearance_of,
            publish=self._publish,
        )
        self._witnessing = Witnessing(host.store, self._local, self._cards)
        self._unsealing = Unsealing(host.store, self._arrival, clearance=lambda: host.clearance_of(host.own))
        self._endpoint = Endpoint(
            self._feed,
            local=self._local,
            contact_of=self._contact_of,
            hear=self._hear,
            card=self._own_card,
            testify=self._witnessing.answer,
        )
        self._out: tuple[httpx.AsyncClient, Asking] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def pairings(self) -> Pairings:
        """The book of peers."""
        return self._pairings

    @property
    def acknowledgements(self) -> Acknowledgements:
        """What peers have acknowledged of this node's log."""
        return self._acknowledgements

    async def start(self) -> None:
        """Begin to follow every confirmed peer, and to wake those that follow this node."""
        loop = asyncio.get_running_loop()
        mounts: dict[str, httpx.AsyncBaseTransport | None] = dict(LOOPBACK)
        transport = partner_transport_async(self._host.settings)
        client = httpx.AsyncClient(limits=UNBOUNDED, mounts=mounts, transport=transport)
        asking = Asking(
            client,
            self._local,
            contacts=self._contacts,
            cards=self._cards,
            pairings=self._pairings,
            witnessing=self._witnessing,
        )
        self._out = client, asking
        with contextlib.suppress(Forged):
            self._cards.pair(self._host.signed_card, now=_now())
        self._unsubscribe = self._host.store.subscribe(partial(self._woken, loop))
        await self._checkpoint()
        await self._answer(await asyncio.to_thread(unanswered, self._host.store, self._host.own))
        await self._refresh()
        self._tasks = [
            asyncio.create_task(self._keep(self._refresh, REFRESH_SECONDS)),
            asyncio.create_task(self._keep(self._checkpoint, CHECKPOINT_SECONDS)),
            asyncio.create_task(self._keep(self._save, SAVE_SECONDS)),
            asyncio.create_task(self._keep(self._carry, CARRY_SECONDS)),
            asyncio.create_task(self._keep(self._unseal, CARRY_SECONDS)),
        ]

    def hang_up(self) -> None:
        """Say goodbye to everybody who follows; to be called before the server waits for its connections."""
        self._endpoint.hang_up()

    async def stop(self) -> None:
        """Say goodbye, stop following, and let what was taken be stored."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        links = [task for _, _, task in self._links.values()]
        for task in (*self._tasks, *links):
            task.cancel()
        await self._endpoint.close()
        await asyncio.gather(*self._tasks, *links, return_exceptions=True)
        self._links.clear()
        await self._save()
        if self._out is not None:
            await self._out[0].aclose()
        self._pool.shutdown()

    async def renewed(self) -> None:
        """This node has another card (keys, organisations): speak with its keys, and have every peer look at it."""
        self._local.rekey(self._host.keys, self._host.replaced_keys)
        self._cards.pair(self._host.signed_card, now=_now())
        await self._checkpoint()
        self._endpoint.begin_again("this node has a new card")

    def _woken(self, loop: asyncio.AbstractEventLoop, position: int) -> None:
        """Runs on a thread of the store's."""
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(self._reached, position)

    def _reached(self, position: int) -> None:
        self._feed.reached(position)
        self._endpoint.stir()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Any request under /peer/."""
        await self._endpoint(scope, receive, send)

    def contact(self, node: str) -> Contact:
        """How it goes with a node, this very moment."""
        return self._contacts.setdefault(node, Contact(node))

    def poke(self) -> None:
        """Try all peers now that are waited for."""
        for _, link, _ in self._links.values():
            link.poke()

    async def _carry(self) -> None:
        """Seal what relays must not read for those whom only a relay reaches."""
        if any(pairing.state is State.INTRODUCED for pairing in self._book.values()):
            await asyncio.to_thread(self._carriage.carry, tuple(self._book.values()), self._host.own)

    async def _unseal(self) -> None:
        """Open carriers that were handed in here, and those that waited for somebody's card."""
        editions = [self._edition(node) for node in self._cards.nodes]
        obeyed = await asyncio.to_thread(self._unsealing.work, self._feed.head(), editions)
        await self._answer(obeyed)

    def _publish(self, *bodies: bytes) -> "Future[Submission]":
        """Hand in what the node itself says in its organisation's name."""
        return self._host.admission.submit(bodies, Submitter(self._host.own, "egnatia", frozenset({Right.SUBMIT})))

    async def _save(self) -> None:
        """Write down how it goes, for who looks from another process."""
        await asyncio.to_thread(save, self._host.store, tuple(self._contacts.values()))

    async def _keep(self, work: Callable[[], Coroutine[None, None, None]], every: float) -> None:
        while True:
            await asyncio.sleep(every)
            try:
                await work()
            except Exception:  # a peer's work must outlive one failure, such as of the database
                log.exception("%s failed; it is tried again in %g seconds", work.__name__, every)

    async def _refresh(self) -> None:
        """Follow who is confirmed now, let go who is not any more."""
        believed = await asyncio.to_thread(self._pairings.believed, self._cards)
        gone = self._book.keys() - {pairing.node for pairing in believed}
        self._book = {pairing.node: pairing for pairing in believed}
        for node in gone:
            self._cards.forget(node)
        wanted = {pairing.node: pairing for pairing in believed if pairing.state is State.CONFIRMED}
        targets = {node: target_of(pairing, self._cards) for node, pairing in wanted.items()}
        for node, (target, _, task) in tuple(self._links.items()):
            if targets.get(node) != target:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                del self._links[node]
                if node not in wanted:
                    self._endpoint.end(node, "the pairing was paused or ended")
        for node, target in targets.items():
            if node not in self._links and target.endpoint:
                self._follow(target)

    def _follow(self, target: Target) -> None:
        assert self._out is not None  # noqa: S101 it is there from start to stop
        node, (client, asking) = target.peer.node, self._out
        link = Link(
            target,
            lambda: self._host.store.cursor(node),
            means=Means(self._local, self._arrival, client, self._answer, asking.renew, asking.countersign),
            contact=self._contacts.setdefault(node, Contact(node)),
            say=lambda word: asking.say(target, word),
        )
        self._links[node] = (target, link, asyncio.create_task(link.run()))

    def _signed(self, node: str) -> SignedCard:
        return self._host.signed_card if node == self._host.node_id else self._cards.signed(node)

    def _edition(self, node: str) -> str:
        """A name of a node's card as it is now."""
        return sha256(self._signed(node).body).hexdigest()

    def _keys_of(self, node: str, verifying: str) -> PublicKeys:
        self._contact_of(node)
        return self._cards.keys_of(node, verifying)

    def _contact_of(self, node: str) -> Contact:
        """Raises `Forged` for who is no confirmed peer."""
        pairing = self._book.get(node)
        if pairing is None or pairing.state is not State.CONFIRMED:
            raise Forged("node", f"{node} is not a peer")
        return self._contacts.setdefault(node, Contact(node))

    def _clearance_of(self, node: str) -> Clearance:
        """A peer node reads for everyone that it hosts; for nobody once it is no peer any more."""
        if node not in self._cards.nodes:
            return PUBLIC
        hosted = organisations(self._cards.card(node))
        real = Clearance(tuple(one for each in hosted for one in self._host.clearance_of(each).standings))
        # Its node carries the exercises that its organisations take part in, and keeps them apart as this one does.
        return Clearance((*real.standings, *clearance_within(real, EVERY).standings))

    def _own_card(self) -> bytes:
        return wire.encode(self._host.signed_card)

    async def _hear(self, node: str, word: Word) -> None:
        contact = self._contact_of(node)
        match word:
            case Acknowledgement():
                at = _now()
                cursor = await asyncio.to_thread(self._acknowledgements.take, node, word, at=at)
                contact.acknowledged, contact.acknowledged_at = cursor.live, at
                contact.acknowledged_missing = sum(until - after for after, until in cursor.gaps)
            case Countersigned():
                said = await asyncio.to_thread(self._witnessing.take, node, word.checkpoint)
                contact.countersigned, contact.countersigned_at = said.checkpoint.seq, said.at
            case _:
                assert_never(word)

    async def _checkpoint(self) -> None:
        """Sign the head of the audit log and show it to everybody who listens."""
        encoded = await asyncio.to_thread(self._witnessing.head)
        if encoded:
            self._endpoint.countersign(encoded)

    async def _answer(self, obeyed: Sequence[tuple[Record, str]]) -> None:
        """Receipts for recalls that were obeyed, in the name of the node's organisation."""
        own = self._host.own
        now = datetime.now(UTC)
        bodies = [
            body
            for record, owner in obeyed
            if owner != own
            for body in answer(record, recipient=own, to=owner, now=now)
        ]
        if bodies:
            await asyncio.wrap_future(self._publish(*bodies))


def _now() -> int:
    return time.time_ns() // 1_000
