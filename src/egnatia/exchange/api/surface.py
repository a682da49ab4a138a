"""What every handler of the API works with: the node, who is asking, and the way to ask the store without
standing in the way of others."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response

from egnatia.exchange.allowance import Allowance
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.asgi import header
from egnatia.exchange.bookmark import Bookmarks
from egnatia.exchange.caller import Caller, Gate, Unauthorized
from egnatia.exchange.host import Host
from egnatia.exchange.release import Releases
from egnatia.exchange.shown import Shown, shown_list
from egnatia.exchange.sse import QUESTION, Live
from egnatia.exchange.submission import NotAllowed, Right
from egnatia.policy import Clearance, clearance_within
from egnatia.store.entry import Row

T = TypeVar("T")


class Records(msgspec.Struct, frozen=True):
    """Records that the caller may see."""

    records: list[Shown]


class RecordPage(msgspec.Struct, frozen=True):
    """A stretch of the feed. Ask again with `after` = `next`, at once while there is `more`, later for what is new."""

    records: list[Shown]
    next: str
    more: bool


class Surface:
    """The parts that the surfaces of one node share. `pool` is where the store is asked."""

    def __init__(
        self, host: Host, *, anonymous: bool = True, guest: str | None = None, beat_seconds: float = 15
    ) -> None:
        self.host = host
        self.pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="egnatia-read")
        self.gate = Gate(host, anonymous=anonymous, guest=guest)
        limits = host.settings.limits
        self.account_reads, self.token_reads = Allowance(limits.account_reads), Allowance(limits.token_reads)
        self.releases = Releases(host.store)
        self.bookmarks = Bookmarks(host.secret)
        self.live = Live(host, self.bookmarks, self.pool, beat_seconds=beat_seconds)

    async def ask(self, ask: Callable[[], T]) -> T:
        """The store's answer, from a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, ask)

    async def caller(self, request: Request[Any, Any, Any]) -> Caller:
        """Who is asking; raises Unauthorized, Throttled, or TooOften where a program has read enough for now."""
        authorization = header(request.scope, b"authorization")  # type: ignore[arg-type]  # the same mapping
        caller = self.gate.recall_fresh(authorization)
        if caller is None:
            address = request.client.host if request.client else ""
            caller = await self.ask(lambda: self.gate.admit(authorization, address))
        if caller.token_id and request.method == "GET":
            self.token_reads.take(caller.token_id)
        return caller

    def mark(self, position: int) -> str:
        """The bookmark of a place in the feed."""
        return self.bookmarks.mark(position, QUESTION)

    def resume(self, bookmark: str) -> int:
        """The place that a bookmark stands for; raises NotABookmark."""
        return 0 if bookmark == "start" else self.bookmarks.read(bookmark, QUESTION)

    async def open(self) -> None:
        """Begin to hear of new records."""
        self.live.open()

    async def close(self) -> None:
        """Let listeners go and write down what was released."""
        self.live.close()
        await self.releases.close()
        self.pool.shutdown(wait=False)


class Desk:
    """Where one request is served: the surface, and who is asking."""

    def __init__(self, surface: Surface, caller: Caller) -> None:
        self.surface, self.caller = surface, caller
        self.host, self.store = surface.host, surface.host.store
        self.ask = surface.ask

    def require(self, *rights: Right) -> None:
        """Raises Unauthorized for the public and NotAllowed for others where the caller has none of `rights`."""
        require(self.caller, *rights)

    def clearance(self) -> Clearance:
        """What the caller may see now; raises NotAllowed for one that may not read at all."""
        self.require(Right.READ)
        return clearance_within(self.host.clearance_of(self.caller.organisation), self.caller.exercise)

    async def records(self, rows: tuple[Row, ...]) -> Response[Records]:
        """Rows as an answer; raises NotFound where there are none."""
        if not rows:
            raise NotFound
        return await self.found(rows)

    async def found(self, rows: tuple[Row, ...]) -> Response[Records]:
        """Rows that were looked for, as an answer; none is an answer too."""
        await self.surface.releases.note(self.caller, "api", rows)
        return raw(b'{"records":' + shown_list(rows) + b"}")


def require(caller: Caller, *rights: Right) -> None:
    """Raises Unauthorized for the public and NotAllowed for others where the caller has none of `rights`."""
    if any(caller.may(right) for right in rights):
        return
    if caller.organisation is None:
        raise Unauthorized("This needs a token")
    raise NotAllowed(f"This needs the right to {' or to '.join(rights)}")


def raw(content: bytes, status: int = 200, media_type: str = "application/json") -> Response[Any]:
    """JSON that is encoded already."""
    return Response(content, status_code=status, media_type=media_type)


def encoded(content: msgspec.Struct, status: int = 200) -> Response[Any]:
    """A struct as a JSON response."""
    return raw(msgspec.json.encode(content), status)
