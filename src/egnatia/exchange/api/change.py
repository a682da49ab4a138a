"""The feed: what is new since a bookmark, page by page or live."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.types import ASGIApp, Receive, Scope, Send

from egnatia.exchange.api.documented import problems
from egnatia.exchange.api.problem import BadRequest
from egnatia.exchange.api.surface import Desk, RecordPage, raw
from egnatia.exchange.shown import TLP_NAMES, shown_list
from egnatia.exchange.taxii.filter import is_identifier
from egnatia.store.entry import Row
from egnatia.store.query import Query

SEND_SECONDS = 60
"""How long a listener may take to accept an event before it is let go; it resumes where it was."""

_TLPS = {name: tlp for tlp, name in TLP_NAMES.items()}

After = Annotated[
    str | None,
    QueryParameter(description="A bookmark: `next` of the page before, an event's id, or `start`", max_length=64),
]
Types = Annotated[
    list[str] | None, QueryParameter(name="type", description="Record types; all when absent", max_items=64)
]
Owners = Annotated[list[str] | None, QueryParameter(name="owner", description="Identity ids of owners", max_items=64)]
Tlps = Annotated[
    list[str] | None, QueryParameter(name="tlp", description="clear, green, amber, amber+strict, red", max_items=5)
]
Limit = Annotated[int, QueryParameter(ge=1, le=10_000, description="The most records in the answer")]


async def query_of(types: Types = None, owners: Owners = None, tlps: Tlps = None) -> Query:
    """The question in the URL's filters; raises BadRequest."""
    for owner in owners or ():
        if not is_identifier(owner):
            raise BadRequest(f"owner: {owner[:60]!r} is no STIX identifier")
    for tlp in tlps or ():
        if tlp not in _TLPS:
            raise BadRequest(f"tlp: {tlp[:20]!r} is none of {', '.join(_TLPS)}")
    if any("\x00" in each for each in types or ()):
        raise BadRequest("type: a NUL is in no type")
    return Query(
        types=tuple(sorted(set(types or ()))),
        owners=tuple(sorted(set(owners or ()))),
        tlps=tuple(sorted({_TLPS[tlp] for tlp in tlps or ()})),
    )


@get("/changes", responses=problems(), summary="What is new since a bookmark")
async def changes(
    desk: NamedDependency[Desk],
    asked: NamedDependency[Query],
    after: After = None,
    limit: Limit = 100,
) -> Response[RecordPage]:
    """The records that you may see and that came after the bookmark, oldest first; from the start without one."""
    position = desk.surface.resume(after or "start")
    clearance = desk.clearance()
    limit = min(limit, desk.host.settings.limits.page_records)
    page = await desk.ask(lambda: desk.store.changes(clearance, position, limit, asked))
    await desk.surface.releases.note(desk.caller, "api", page.rows)
    more = b"true" if page.more else b"false"
    following = desk.surface.mark(page.next).encode()
    return raw(b'{"records":%b,"next":"%b","more":%b}' % (shown_list(page.rows), following, more))


class EventStream(Response[bytes]):
    """A live feed as an answer: headers at once, then events for as long as the listener stays. `stays` says whether
    who has no token may: whether their session lasts. It asks the store."""

    def __init__(self, desk: Desk, query: Query, after: int, *, stays: Callable[[], bool] = lambda: True) -> None:
        super().__init__(b"", media_type="text/event-stream")
        self._desk, self._query, self._after, self._stays = desk, query, after, stays

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]  # more than it need be
        """The stream itself is the ASGI application."""
        return self._stream

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        listening = asyncio.ensure_future(self._listen(Ear(self._desk, send, self._stays)))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({listening, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            listening.cancel()
            await asyncio.gather(gone, listening, return_exceptions=True)

    async def _listen(self, ear: "Ear") -> None:
        try:
            await ear.hear(b": welcome\n\n")
            why = await self._desk.surface.live.listen(ear, self._query, self._after)
            await ear.hear(b"event: end\ndata: %b\n\n" % why.encode(), last=True)
        except TimeoutError:
            return


class Ear:
    """The listener at the other end of one connection."""

    def __init__(self, desk: Desk, send: Send, stays: Callable[[], bool]) -> None:
        self._desk, self._send, self._stays = desk, send, stays
        self.organisation, self.exercise = desk.caller.organisation, desk.caller.exercise

    async def hear(self, data: bytes, *, last: bool = False) -> None:
        """Send events; raises TimeoutError where the listener does not take them."""
        async with asyncio.timeout(SEND_SECONDS):
            await self._send({"type": "http.response.body", "body": data, "more_body": not last})

    async def released(self, rows: Sequence[Row]) -> None:
        """Note that rows are about to be sent."""
        await self._desk.surface.releases.note(self._desk.caller, "stream", rows)

    async def may_stay(self) -> bool:
        """Whether the credential is still good."""
        surface, caller = self._desk.surface, self._desk.caller
        return await surface.ask(lambda: surface.gate.still(caller) if caller.token_id else self._stays())


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@get(
    "/changes/stream",
    responses={
        200: ResponseSpec(str, description="Server-sent events", media_type="text/event-stream"),
        **problems(503),
    },
    summary="The live feed",
)
async def stream(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    asked: NamedDependency[Query],
    after: After = None,
) -> Response[Any]:
    """Server-sent events: one `record` event for each record that you may see, as it comes. The event's id is a
    bookmark; send it as Last-Event-ID (or `after`) to resume where you were. Without one the feed begins now."""
    desk.clearance()
    bookmark = request.headers.get("last-event-id") or after
    position = desk.surface.live.position if bookmark is None else desk.surface.resume(bookmark)
    live = desk.surface.live
    if live.closing or live.listeners >= desk.host.settings.limits.listeners:
        raise HTTPException(status_code=503, headers={"Retry-After": "30"})
    return EventStream(desk, asked, position)
