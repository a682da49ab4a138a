"""What a node says to its peers and asks of them besides their feeds: words, their cards, heads of their audit logs."""

import asyncio
import time
from collections.abc import Mapping

import httpx

from egnatia.exchange.peer.contact import Contact, Kind
from egnatia.exchange.peer.endpoint import WORD
from egnatia.exchange.peer.frame import Countersigned, Word, encode_word
from egnatia.exchange.peer.link import CARD, POST
from egnatia.exchange.peer.pairing import Pairings
from egnatia.exchange.peer.target import Target
from egnatia.exchange.peer.witnessing import Witnessing
from egnatia.trust import wire
from egnatia.trust.card import SignedCard
from egnatia.trust.cards import Cards
from egnatia.trust.errors import Forged, Unopenable
from egnatia.trust.party import Local
from egnatia.trust.post import post

CARD_LIMIT = 1 << 20


class Asking:
    """Requests to peers, one after the other; what goes wrong with one is written to its contact."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        local: Local,
        *,
        contacts: Mapping[str, Contact],
        cards: Cards,
        pairings: Pairings,
        witnessing: Witnessing,
    ) -> None:
        self._client, self._local, self._contacts = client, local, contacts
        self._cards, self._pairings, self._witnessing = cards, pairings, witnessing

    async def countersign(self, target: Target, checkpoint: bytes) -> None:
        """Sign a head of a peer's audit log, after asking whether the last one that was signed still stands there."""
        node, contact = target.peer.node, self._contacts[target.peer.node]
        try:
            await self._witnessing.recount(target, contact, self._client)
            ours = await asyncio.to_thread(self._witnessing.countersign, node, checkpoint)
        except (Forged, Unopenable) as error:
            contact.troubled(_now(), f"the head of its audit log is not countersigned: {error}", Kind.DISBELIEVED)
        else:
            await self.say(target, Countersigned(ours))

    async def renew(self, target: Target) -> None:
        """Take the card that a peer shows now, where it continues the one that was believed (new keys, addresses)."""
        node, contact = target.peer.node, self._contacts[target.peer.node]
        try:
            async with self._client.stream("GET", f"{target.endpoint.rstrip('/')}/{CARD}", timeout=10.0) as answered:
                shown = await _at_most(answered, CARD_LIMIT) if answered.status_code == 200 else b""
            signed = wire.decode(shown, SignedCard, "card")
            if signed.body != self._cards.signed(node).body:
                card = self._cards.update(signed, now=_now())
                await asyncio.to_thread(self._pairings.introduced, signed, card.node, node)
        except httpx.HTTPError as error:
            contact.troubled(_now(), f"{type(error).__name__} when asking for the card of {node}", Kind.UNREACHABLE)
        except Forged as error:
            contact.troubled(_now(), f"the card that {node} shows is not believed: {error}", Kind.DISBELIEVED)

    async def say(self, target: Target, word: Word) -> None:
        """Post a word to a peer; what does not arrive is said again with the next one."""
        message = await asyncio.to_thread(post, self._local, target.peer, kind=WORD, body=encode_word(word), at=_now())
        url = f"{target.endpoint.rstrip('/')}/{POST}"
        contact = self._contacts[target.peer.node]
        if self._client.is_closed:
            return
        try:
            answered = await self._client.post(url, content=message, timeout=10.0)
        except httpx.HTTPError as error:
            contact.troubled(_now(), f"{type(error).__name__} when posting to {url}", Kind.UNREACHABLE)
            return
        if answered.status_code != 204:
            contact.troubled(_now(), f"{url} answered {answered.status_code}: {answered.text[:200]}", Kind.REFUSED)


async def _at_most(answered: httpx.Response, limit: int) -> bytes:
    """The body; `Forged` for one of more than `limit` bytes."""
    body = bytearray()
    async for chunk in answered.aiter_raw():
        body += chunk
        if len(body) > limit:
            raise Forged("card", f"it has more than {limit} bytes")
    return bytes(body)


def _now() -> int:
    return time.time_ns() // 1_000
