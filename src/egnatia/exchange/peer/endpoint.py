"""The paths that peers call, as raw ASGI: /peer/feed streams, /peer/post takes a sealed message, /peer/witness answers
one, /peer/card shows this node's card, which is public.

Who does not prove to be a confirmed peer learns nothing but that the door is shut.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Set

from egnatia.exchange.asgi import (
    Answer,
    App,
    BodyTooLarge,
    BodyTooSlow,
    ClientGone,
    Receive,
    Scope,
    Send,
    read_body,
    respond,
)
from egnatia.exchange.peer.contact import Contact
from egnatia.exchange.peer.feed import Feed
from egnatia.exchange.peer.frame import VERSION, Misbehaved, Word, decode_subscription, decode_word
from egnatia.exchange.peer.stream import Stream
from egnatia.exchange.peer.witness import ASKED, RECOUNT, WITNESS
from egnatia.trust import channel
from egnatia.trust.errors import Forged, Unopenable
from egnatia.trust.party import Local
from egnatia.trust.post import Post
from egnatia.trust.post import receive as receive_post

BODY_LIMIT = 64 << 10
POST_LIMIT = 1 << 20
BODY_SECONDS = 15.0
AGAIN_SECONDS = 3  # longer than a peer takes to believe a new card
WORD = "word"
HEADERS = (
    (b"content-type", b"application/vnd.egnatia.peer"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy must not gather what is live
)


class Endpoint:
    """Answers peers. `contact_of` raises `Forged` for who is no confirmed peer; `hear` takes what they say; `card` is
    this node's signed card, encoded; `testify` the answer to a peer that asks about audit logs."""

    def __init__(
        self,
        feed: Feed,
        *,
        local: Local,
        contact_of: Callable[[str], Contact],
        hear: Callable[[str, Word], Awaitable[None]],
        card: Callable[[], bytes],
        testify: Callable[[Post], bytes],
    ) -> None:
        self._card, self._testify = card, testify
        self._feed, self._local, self._contact_of, self._hear = feed, local, contact_of, hear
        self._streams: dict[str, tuple[Stream, asyncio.Task[None]]] = {}
        self._checkpoint = b""
        self._paths: dict[str, App] = {
            "/peer/feed": self._serve,
            "/peer/post": self._listen,
            f"/{WITNESS}": self._bear_witness,
        }
        self.closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Any request under /peer/."""
        path, method = scope["path"], scope["method"]
        if path == "/peer/card" and method == "GET":
            await respond(send, Answer(200, self._card(), HEADERS))
        elif path not in self._paths:
            await respond(send, Answer(404))
        elif method != "POST":
            await respond(send, Answer(405, headers=((b"allow", b"POST"),)))
        elif self.closing:
            await respond(send, Answer(503, b"the node is stopping"))
        else:
            await self._answered(self._paths[path], scope, receive, send)

    async def _answered(self, serve: App, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await serve(scope, receive, send)
        except BodyTooLarge as error:
            await respond(send, Answer(413, str(error).encode()))
        except BodyTooSlow as error:
            await respond(send, Answer(408, str(error).encode()))
        except ClientGone:
            return
        except Misbehaved as error:
            await respond(send, Answer(409, f"{error} (version {VERSION})".encode()))
        except (Forged, Unopenable):
            await respond(send, Answer(403, b"not a peer of this node, or its clock or keys differ"))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        hello = await read_body(scope, receive, limit_bytes=BODY_LIMIT, seconds=BODY_SECONDS)
        accepted = await asyncio.to_thread(channel.accept, hello, self._local, now=_now())
        node = accepted.peer.node
        contact = self._contact_of(node)
        asked = decode_subscription(accepted.request)

        async def write(data: bytes) -> None:
            await send({"type": "http.response.body", "body": data, "more_body": True})

        stream = Stream(self._feed, node, asked, sender=accepted.channel.sender, write=write)
        if self._checkpoint:
            stream.countersign(self._checkpoint)
        await self._replace(node)
        await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
        await write(len(accepted.welcome).to_bytes(4, "big") + accepted.welcome)
        running = asyncio.create_task(stream.run(contact))
        self._streams[node] = (stream, running)
        contact.streaming_since = _now()
        try:
            await _until_gone(running, receive)
        finally:
            if self._streams.get(node, (None,))[0] is stream:
                del self._streams[node]
                contact.streaming_since = 0
        if running.done() and not running.cancelled() and running.exception() is None:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _replace(self, node: str) -> None:
        """A peer has one stream; a new one means that it has lost the old one."""
        old = self._streams.pop(node, None)
        if old is not None:
            old[1].cancel()
            await asyncio.gather(old[1], return_exceptions=True)

    async def _listen(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = await self._received({WORD}, scope, receive)
        await self._hear(said.sender, decode_word(said.body))
        await respond(send, Answer(204))

    async def _bear_witness(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = await self._received({ASKED, RECOUNT}, scope, receive)
        await respond(send, Answer(200, await asyncio.to_thread(self._testify, asked), HEADERS))

    async def _received(self, kinds: Set[str], scope: Scope, receive: Receive) -> Post:
        """One sealed message of a peer."""
        message = await read_body(scope, receive, limit_bytes=POST_LIMIT, seconds=BODY_SECONDS)
        received = await asyncio.to_thread(receive_post, message, self._local, now=_now())
        self._contact_of(received.sender)
        if received.kind not in kinds:
            raise Misbehaved(f"a post of kind {received.kind[:20]!r}")
        return received

    def stir(self) -> None:
        """The log or somebody's clearance may have changed."""
        for stream, _ in self._streams.values():
            stream.stir()

    def countersign(self, checkpoint: bytes) -> None:
        """Ask everybody who listens to countersign this checkpoint, and who begins to listen later."""
        self._checkpoint = checkpoint
        for stream, _ in self._streams.values():
            stream.countersign(checkpoint)

    def end(self, node: str, reason: str) -> None:
        """Say goodbye to one peer."""
        if node in self._streams:
            self._streams[node][0].end(reason, 60)

    def begin_again(self, reason: str) -> None:
        """Say goodbye to everybody, for a moment: who comes back looks at this node's card first."""
        for stream, _ in self._streams.values():
            stream.end(reason, AGAIN_SECONDS)

    def hang_up(self) -> None:
        """Say goodbye to everybody, and take no new call."""
        self.closing = True
        for stream, _ in self._streams.values():
            stream.end("the node is stopping", 1)

    async def close(self) -> None:
        """Say goodbye to everybody, and wait a moment for them to hear it."""
        self.hang_up()
        tasks = [task for _, task in self._streams.values()]
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=2.0)
            for task in left:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _until_gone(running: "asyncio.Task[None]", receive: Receive) -> None:
    """Until the stream ends or the subscriber has gone."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    leaving = asyncio.create_task(gone())
    try:
        await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        running.cancel()
        await asyncio.gather(running, leaving, return_exceptions=True)


def _now() -> int:
    return time.time_ns() // 1_000
