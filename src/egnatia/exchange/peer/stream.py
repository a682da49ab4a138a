"""One stream to one subscriber: drives `publishing` with the store, the clock and the wire.

Everything happens one after the other in one task. What comes from outside meanwhile (a longer log, a beat, a
checkpoint) is a note of one value each, never a queue, so a stream that stands still costs nothing.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import assert_never

from egnatia.exchange.peer import publishing
from egnatia.exchange.peer.contact import Contact
from egnatia.exchange.peer.feed import Feed
from egnatia.exchange.peer.frame import Frame, Page, Subscription, encode
from egnatia.trust.frame import Sender

BEAT_SECONDS = 10.0
LOOK_SECONDS = 1.0  # time alone can change a clearance: an agreement begins or ends
STUCK_SECONDS = 60.0  # a subscriber that takes nothing for so long is let go; it resumes when it can

Write = Callable[[bytes], Awaitable[None]]


class Stream:
    """A subscriber that is being served."""

    def __init__(self, feed: Feed, subscriber: str, asked: Subscription, *, sender: Sender, write: Write) -> None:
        self._feed, self._sender, self._write = feed, sender, write
        self._subscriber, self._scope, self._packed = subscriber, asked.scope, asked.packed
        self._stirred = asyncio.Event()
        self._checkpoint: bytes | None = None
        self._ending: publishing.Ended | None = None
        self._cards: set[str] = set()
        self._leaving: tuple[int, ...] = ()
        self._state, commands = publishing.opened(
            subscriber, asked, head=feed.head(), view=feed.reader(subscriber, asked.scope).view
        )
        self._todo = deque(commands)

    def stir(self) -> None:
        """The log, a clearance or something else may have changed: look again."""
        self._stirred.set()

    def countersign(self, checkpoint: bytes) -> None:
        """Ask the subscriber to countersign this checkpoint; a newer one replaces an older one that still waits."""
        self._checkpoint = checkpoint
        self._stirred.set()

    def end(self, reason: str, again_after: int) -> None:
        """Say goodbye after what is on its way."""
        self._ending = publishing.Ended(reason, again_after)
        self._stirred.set()

    async def run(self, contact: Contact) -> None:
        """Serve until the stream ends; the caller cancels it when the subscriber has gone."""
        quiet = 0.0
        while True:
            while self._todo:
                if not await self._do(self._todo.popleft(), contact):
                    return
                self._look()
            if not await self._stirring():
                quiet += LOOK_SECONDS
                if quiet >= BEAT_SECONDS:
                    quiet = 0.0
                    self._tell(publishing.Beat())
            self._look()

    async def _stirring(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._stirred.wait()
        except TimeoutError:
            return False
        return True

    def _look(self) -> None:
        """Take in what happened outside."""
        self._stirred.clear()
        if self._checkpoint is not None:
            checkpoint, self._checkpoint = self._checkpoint, None
            self._tell(publishing.Checkpointed(checkpoint))
        if self._ending is not None:
            ending, self._ending = self._ending, None
            self._tell(ending)
        self._tell(publishing.Viewed(self._feed.reader(self._subscriber, self._scope).view))
        self._tell(publishing.Woken(self._feed.head()))

    def _tell(self, event: publishing.Event) -> None:
        self._state, commands = publishing.step(self._state, event)
        self._todo.extend(commands)

    async def _do(self, command: publishing.Command, contact: Contact) -> bool:
        """Whether the stream goes on."""
        match command:
            case publishing.Load():
                await self._load(command)
            case publishing.Send():
                await self._send(command.frame, contact)
                self._tell(publishing.Sent())
            case publishing.Close():
                async with asyncio.timeout(STUCK_SECONDS):
                    await self._write(self._sender.end())
                return False
            case _:
                assert_never(command)
        return True

    async def _load(self, load: publishing.Load) -> None:
        """The clearance is looked up for every page; another one than before drops this reading."""
        reader = self._feed.reader(self._subscriber, self._scope)
        if reader.view != self._state.sent.view:
            self._tell(publishing.Viewed(reader.view))
            return
        loaded, self._leaving = await self._feed.load(reader, load, told=self._cards)
        self._tell(loaded)

    async def _send(self, frame: Frame, contact: Contact) -> None:
        if isinstance(frame, Page) and frame.items:
            await self._feed.released(self._subscriber, self._leaving)
            contact.sent += len(frame.items)
        packed = self._packed and isinstance(frame, Page) and frame.lane == "backlog"
        async with asyncio.timeout(STUCK_SECONDS):
            await self._write(self._sender.frame(*encode(frame, packed=packed)))
