"""One peer's feed, pulled: drives `subscribing` with the network, the store and the clock.

Frames are verified and stored in the order in which they came, a few at a time: while one page is being committed the
next is being read, and a third waits; what comes faster than it can be stored stays on the wire.
"""

import asyncio
import math
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import assert_never

import httpx
import msgspec

from egnatia.exchange.peer import subscribing
from egnatia.exchange.peer.arrival import Arrival, Taken
from egnatia.exchange.peer.contact import Contact, Kind
from egnatia.exchange.peer.errand import Errand
from egnatia.exchange.peer.frame import (
    Acknowledgement,
    Misbehaved,
    Subscription,
    Word,
    decode,
    encode_subscription,
)
from egnatia.exchange.peer.target import Target
from egnatia.record import Record
from egnatia.store.entry import Appended, Cursor
from egnatia.trust.channel import Channel, Initiator
from egnatia.trust.errors import Forged, Truncated, Unopenable
from egnatia.trust.frame import END
from egnatia.trust.party import Local

SILENCE_SECONDS = 35.0  # three heartbeats that did not come
REFUSED_SECONDS = 5.0  # who refuses to answer is not asked more often
WELCOME_LIMIT = 64 << 10
LAST_WORDS_SECONDS = 2.0  # what a link that stops has begun to say may take so long
AHEAD = 2  # frames that wait to be stored

FEED, POST, CARD = "peer/feed", "peer/post", "peer/card"


class End(msgspec.Struct, frozen=True):
    """Why a stream is over."""

    reason: str
    lied: bool = False
    again_after: float = 0.0
    kind: Kind = Kind.BROKEN

    @property
    def trouble(self) -> Kind:
        """What an operator is told."""
        return Kind.DISBELIEVED if self.lied else self.kind


class Means(msgspec.Struct, frozen=True):
    """What all of a node's links share; `answer` takes recalls that were obeyed, with their owners; `renew` asks a
    peer that could not prove itself, or would not believe us, whether its card is a newer one; `countersign` a head of
    its audit log."""

    local: Local
    arrival: Arrival
    client: httpx.AsyncClient
    answer: Callable[[Sequence[tuple[Record, str]]], Coroutine[None, None, None]]
    renew: Callable[[Target], Coroutine[None, None, None]]
    countersign: Callable[[Target, bytes], Coroutine[None, None, None]]


class Link:
    """Keeps one peer's feed flowing until it is cancelled."""

    def __init__(
        self,
        target: Target,
        cursor: Callable[[], Cursor],
        *,
        means: Means,
        contact: Contact,
        say: Callable[[Word], Coroutine[None, None, None]],
    ) -> None:
        self._target, self._cursor = target, cursor
        self._local, self._arrival, self._client, self._answer = means.local, means.arrival, means.client, means.answer
        self._renew, self._countersign = means.renew, means.countersign
        self._contact, self._say = contact, say
        self._state = subscribing.begun(cursor(), target.scope)
        self._poked = asyncio.Event()
        self._words: set[Errand[None]] = set()
        self._takes: asyncio.Queue[subscribing.Take] = asyncio.Queue(AHEAD)
        self._permits = asyncio.Semaphore(AHEAD)
        self._over = asyncio.Event()
        self._hung_up: End | None = None
        self._tick: asyncio.TimerHandle | None = None
        self._silent = False

    def poke(self) -> None:
        """Try again now instead of when the back-off ends."""
        self._poked.set()

    async def run(self) -> None:
        """Pull until cancelled; whatever ends a stream is counted, shown, and tried again later."""
        try:
            await self._keep_pulling()
        finally:
            self._contact.connected_since = 0
            await self._fall_silent()

    async def _fall_silent(self) -> None:
        """Say what is still to be said, then nothing more: a word begun later would outlive the node's connections."""
        self._tell(subscribing.Ticked(math.inf))
        self._silent = True
        if self._tick is not None:
            self._tick.cancel()
        if self._words:
            await asyncio.wait({word.task for word in self._words}, timeout=LAST_WORDS_SECONDS)
        for word in self._words:
            word.call_off()
        await asyncio.gather(*(word.task for word in self._words), return_exceptions=True)

    async def _keep_pulling(self) -> None:
        while True:
            self._state = subscribing.begun_again(self._state, await asyncio.to_thread(self._cursor))
            self._state, (call,) = subscribing.step(self._state, subscribing.Due(time.monotonic()))
            assert isinstance(call, subscribing.Call)  # noqa: S101 the core answers Due with a call
            end = await self._stream(call.subscription)
            if end.lied or end.again_after:
                await Errand(self._renew(self._target)).done()
            await self._rest(end)

    async def _rest(self, end: End) -> None:
        now = time.monotonic()
        lost = subscribing.Lost(now, end.lied, random.random(), end.again_after)  # noqa: S311 spreads, no secret
        self._state, (rest,) = subscribing.step(self._state, lost)
        assert isinstance(rest, subscribing.Rest)  # noqa: S101 the core answers Lost with a rest
        contact, at = self._contact, _now()
        contact.connected_since = 0
        contact.outages, contact.lies = self._state.outages, self._state.lies
        contact.next_attempt = at + int((rest.until - now) * 1e6)
        contact.troubled(at, end.reason, end.trouble)
        self._poked.clear()
        try:
            async with asyncio.timeout(rest.until - now):
                await self._poked.wait()
        except TimeoutError:
            pass

    async def _stream(self, asked: Subscription) -> End:
        """One stream from the call to its end; what was taken is stored before it returns."""
        self._hung_up = None
        self._over.clear()
        self._takes = asyncio.Queue(AHEAD)
        reading = Errand(self._read(asked))
        pump, over = asyncio.create_task(self._pump()), asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait({reading.task, pump, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reading.call_off()
            (ended,) = await asyncio.gather(reading.task, return_exceptions=True)
            stored = asyncio.create_task(self._takes.join())
            await asyncio.wait({stored, pump}, return_when=asyncio.FIRST_COMPLETED)
            for task in (stored, pump, over):
                task.cancel()
            (failed, *_) = await asyncio.gather(pump, over, stored, return_exceptions=True)
        if self._hung_up is not None:
            return self._hung_up
        if isinstance(failed, Exception):
            return End(f"what arrived could not be taken: {failed!r}")
        return ended if isinstance(ended, End) else End(f"the stream broke: {ended!r}")

    async def _read(self, asked: Subscription) -> End:
        try:
            return await self._call(asked)
        except httpx.HTTPError as error:
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return End(reason, kind=Kind.UNREACHABLE)
        except Truncated as error:
            return End(str(error))
        except (Forged, Unopenable, Misbehaved) as lie:
            return End(str(lie), lied=True)

    async def _call(self, asked: Subscription) -> End:
        request = encode_subscription(asked)
        initiator = await asyncio.to_thread(Initiator, self._local, self._target.peer, request=request, at=_now())
        url = f"{self._target.endpoint.rstrip('/')}/{FEED}"
        timeout = httpx.Timeout(10.0, read=SILENCE_SECONDS)
        async with self._client.stream("POST", url, content=initiator.hello, timeout=timeout) as answer:
            if answer.status_code != 200:
                refused = answer.status_code < 500
                reason = f"{url} answered {answer.status_code}: {await _reason(answer)}"
                return End(reason, again_after=REFUSED_SECONDS if refused else 0.0, kind=Kind.REFUSED)
            opening = bytearray()
            channel: Channel | None = None
            async for chunk in answer.aiter_raw():
                self._contact.last_contact = _now()
                if channel is None:
                    opening += chunk
                    channel = _welcomed(opening, initiator)
                    if channel is None:
                        continue
                    chunk = bytes(opening)  # noqa: PLW2901 what followed the welcome
                for frame in channel.receiver.feed(chunk):
                    if frame.kind == END:
                        return End("the peer ended the stream", kind=Kind.ENDED)
                    await self._arrived(frame.kind, frame.payload)
                    if self._hung_up is not None:
                        return self._hung_up
            if channel is None:
                return End(f"{url} answered without a welcome")
            channel.receiver.finish()
        return End("the peer ended the stream", kind=Kind.ENDED)

    async def _arrived(self, kind: int, payload: bytes) -> None:
        self._state, commands = subscribing.step(
            self._state, subscribing.Arrived(decode(kind, payload), time.monotonic())
        )
        contact = self._contact
        contact.head = self._state.head
        if not contact.connected_since:
            contact.connected_since, contact.next_attempt = _now(), 0
        for command in commands:
            await self._do(command)

    async def _do(self, command: subscribing.Command) -> None:
        match command:
            case subscribing.Take():
                await self._takes.put(command)
            case subscribing.Acknowledge():
                self._acknowledge(command.cursor)
            case subscribing.Countersign(checkpoint):
                self._beside(self._countersign(self._target, checkpoint))
            case subscribing.HangUp():
                self._hang_up(End(command.reason, command.lied, command.again_after))
            case subscribing.Call() | subscribing.Rest():
                raise AssertionError(f"{command} while a stream is open")
            case _:
                assert_never(command)

    def _speak(self, word: Word) -> None:
        """Say it beside the stream; that it was not heard is no trouble: the next one says it too."""
        self._beside(self._say(word))

    def _beside(self, work: Coroutine[None, None, None]) -> None:
        if self._silent:
            work.close()
            return
        word = Errand(work)
        self._words.add(word)
        word.task.add_done_callback(lambda _: self._words.discard(word))

    async def _pump(self) -> None:
        """Verify and append what was taken, in order; the commits come back through `_committed`."""
        while True:
            take = await self._takes.get()
            await self._permits.acquire()
            taken = await asyncio.to_thread(self._take, take)
            appended = asyncio.wrap_future(self._arrival.append(taken))
            appended.add_done_callback(partial(self._committed, take.cursor, taken))
            if taken.lied:
                self._hang_up(End(taken.lied, lied=True))

    def _take(self, take: subscribing.Take) -> Taken:
        return self._arrival.take(self._target.peer.node, self._target.scope, take.frame, take.cursor)

    def _committed(self, cursor: Cursor, taken: Taken, appended: "asyncio.Future[Appended]") -> None:
        """The writer commits one after the other, so these come in the order of the takes."""
        self._permits.release()
        self._takes.task_done()
        if appended.cancelled() or (failure := appended.exception()) is not None:
            reason = "the node stops" if appended.cancelled() else f"what arrived could not be stored: {failure!r}"
            self._hang_up(End(reason))
            return
        self._counted(cursor, taken, appended.result())
        self._tell(subscribing.Stored(cursor, time.monotonic()))

    def _counted(self, cursor: Cursor, taken: Taken, appended: Appended) -> None:
        contact = self._contact
        fresh = sum(1 for position in appended.positions if position)
        contact.received += fresh
        contact.duplicates += len(appended.positions) - fresh
        contact.refused += len(taken.refused)
        for refusal in taken.refused[:5]:
            contact.troubled(_now(), refusal, Kind.NOT_TAKEN)
        contact.live = cursor.live
        contact.missing = sum(until - after for after, until in cursor.gaps)
        new = {id(entry.record) for entry, place in zip(taken.batch.entries, appended.positions, strict=True) if place}
        obeyed = tuple((record, owner) for record, owner in taken.obeyed if id(record) in new)
        if taken.waits or taken.unopened or appended.conflicts or obeyed:
            self._beside(self._follow_up(taken, appended, obeyed))

    async def _follow_up(self, taken: Taken, appended: Appended, obeyed: Sequence[tuple[Record, str]]) -> None:
        for conflict in await asyncio.to_thread(self._arrival.stored, taken, appended):
            self._contact.refused += 1
            self._contact.troubled(_now(), conflict, Kind.NOT_TAKEN)
        if obeyed:
            await self._answer(obeyed)

    def _hang_up(self, end: End) -> None:
        if self._hung_up is None:
            self._hung_up = end
        self._over.set()

    def _tell(self, event: subscribing.Stored | subscribing.Ticked) -> None:
        """Acknowledge what became durable, now or when it is due."""
        self._state, commands = subscribing.step(self._state, event)
        for command in commands:
            if isinstance(command, subscribing.Acknowledge):
                self._acknowledge(command.cursor)
        if self._state.tell_at is not None and self._tick is None:
            wait = max(0.01, self._state.tell_at - time.monotonic())
            self._tick = asyncio.get_running_loop().call_later(wait, self._ticked)

    def _acknowledge(self, cursor: Cursor) -> None:
        self._speak(Acknowledgement(self._target.peer.node, cursor.live, cursor.gaps, _now()))

    def _ticked(self) -> None:
        self._tick = None
        self._tell(subscribing.Ticked(time.monotonic()))


def _welcomed(opening: bytearray, initiator: Initiator) -> Channel | None:
    """The channel once the welcome (four bytes of length, then itself) is whole; what follows it is left."""
    if len(opening) < 4:
        return None
    end = 4 + int.from_bytes(opening[:4], "big")
    if end > WELCOME_LIMIT:
        raise Misbehaved(f"a welcome of {end} bytes; at most {WELCOME_LIMIT}")
    if len(opening) < end:
        return None
    channel = initiator.finish(bytes(opening[4:end]))
    del opening[:end]
    return channel


async def _reason(answer: httpx.Response) -> str:
    """The beginning of a refusal, for the operator."""
    text = bytearray()
    async for chunk in answer.aiter_raw():
        text += chunk
        if len(text) > 300:
            break
    return text[:300].decode("utf-8", "replace")


def _now() -> int:
    return time.time_ns() // 1_000
