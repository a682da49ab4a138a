"""The regional view: what each organisation sees, side by side, from their own feeds under their own tokens.

The server holds one token for each organisation and one listening connection to its node. It knows no more than they
do: a panel shows what its organisation's node sent, and when.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.response import Stream

from egnatia.demo.cast import ACTORS, Actor, actor
from egnatia.demo.person import Key, codes
from egnatia.demo.picture import HANDLINGS, RegionPage, edges, panel
from egnatia.demo.reporting import Report, submit
from egnatia.exchange.shown import Shown
from egnatia.store.keeping import Known
from egnatia.web.card import Card, card
from egnatia.web.frame import HEADERS, Content, Frame, fragment, rendered
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.live import assets
from egnatia.web.visitor import Visitor

KEPT = 40
"""How many cards of each organisation a fresh page begins with."""

RETRY_SECONDS = 0.5

ENGLISH = speech(LANGUAGES["en"])


class Seat(msgspec.Struct, frozen=True):
    """Where one organisation reads and writes: its node's address, its token there, and what its person signs in
    with."""

    actor: Actor
    url: str
    token: str
    key: Key

    @property
    def headers(self) -> dict[str, str]:
        """What its requests carry."""
        return {"authorization": f"Bearer {self.token}"}


class Arrival(msgspec.Struct, frozen=True):
    """One record that one organisation has just seen, as HTML; `target` is what a recall takes back, `took` is how many
    milliseconds after the record was reported here, null where it was not."""

    panel: str
    id: str
    target: str
    html: str
    count: int
    took: int | None = None


class Watch:
    """Listens at every seat and passes on what arrives to every open page."""

    def __init__(self, seats: tuple[Seat, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self.seats = seats
        self.cards: dict[str, deque[Card]] = {seat.actor.key: deque(maxlen=KEPT * 4) for seat in seats}
        self.counts: dict[str, int] = {seat.actor.key: 0 for seat in seats}
        self.places = {seat.actor.key: seat.url for seat in seats}
        self.reported: dict[str, float] = {}
        self.pages: set[asyncio.Queue[Arrival]] = set()
        self.known = {each.id: Known(each.id, each.name, each.economy) for each in ACTORS}
        self.client = httpx.AsyncClient(timeout=httpx.Timeout(10, read=60))
        self._clock = clock

    def began(self, ids: tuple[str, ...]) -> None:
        """From now on the arrival of these records is timed."""
        now = self._clock()
        self.reported.update(dict.fromkeys(ids, now))

    def arrived(self, key: str, shown: Shown) -> None:
        """One organisation has seen one record."""
        seen = card(shown, self.known, ENGLISH)
        self.counts[key] += 1
        self.cards[key].append(seen)
        began = self.reported.get(seen.id)
        took = None if began is None else round((self._clock() - began) * 1_000)
        if not self.pages:
            return
        html = fragment("region-card.html", card=seen, base=self.places[key])
        arrival = Arrival(key, seen.id, seen.target, html, self.counts[key], took)
        for page in self.pages:
            if page.full():
                page.get_nowait()
            page.put_nowait(arrival)

    async def listen(self, seat: Seat) -> None:
        """Follows one organisation's feed from its start, and again from where it broke off, for ever."""
        bookmark = "start"
        while True:
            with contextlib.suppress(httpx.HTTPError):
                async for mark, shown in events(self.client, seat, bookmark):
                    self.arrived(seat.actor.key, shown)
                    bookmark = mark
            await asyncio.sleep(RETRY_SECONDS)

    @contextlib.asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """Listens for as long as the server runs."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.listen(seat)) for seat in self.seats]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await self.client.aclose()


async def events(client: httpx.AsyncClient, seat: Seat, after: str) -> AsyncIterator[tuple[str, Shown]]:
    """The records of a feed with their bookmarks, from `after` on (server-sent events, WHATWG HTML section 9.2)."""
    url = f"{seat.url}/api/v1/changes/stream"
    async with client.stream("GET", url, params={"after": after}, headers=seat.headers) as answer:
        answer.raise_for_status()
        mark, data = "", []
        async for line in _lines(answer):
            field, _, value = line.partition(": ")
            match field:
                case "id":
                    mark = value
                case "data":
                    data.append(value)
                case "" if data:
                    if mark:
                        yield mark, msgspec.json.decode("\n".join(data), type=Shown)
                    mark, data = "", []


async def _lines(answer: httpx.Response) -> AsyncIterator[str]:
    """The lines of an answer, which only a line feed ends: a record may hold U+2028, at which httpx would break it."""
    rest = b""
    async for part in answer.aiter_bytes():
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line.decode().removesuffix("\r")


@get("/", include_in_schema=False)
async def region(state: State) -> Response[str]:
    """The page, as things stand."""
    return _html(_page(state.watch))


@get("/events", include_in_schema=False)
async def stream(state: State) -> Stream:
    """What arrives where, as it arrives."""
    return Stream(_told(state.watch), media_type="text/event-stream", headers={"cache-control": "no-store"})


async def _told(watch: Watch) -> AsyncIterator[bytes]:
    queue: asyncio.Queue[Arrival] = asyncio.Queue(maxsize=1_000)
    watch.pages.add(queue)
    try:
        yield b": welcome\n\n"
        while True:
            try:
                arrival = await asyncio.wait_for(queue.get(), timeout=15)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            yield b"event: card\ndata: %b\n\n" % msgspec.json.encode(arrival)
    finally:
        watch.pages.discard(queue)


@post("/report", include_in_schema=False, status_code=200)
async def report(request: Request[Any, Any, Any], state: State) -> Response[Any]:
    """Hands a report in at one of the nodes, as its organisation; answers with JSON to scripts, else with the page."""
    watch: Watch = state.watch
    form = await request.form()
    wanted = Report(
        at=str(form.get("at", "")),
        title=str(form.get("title", "")).strip(),
        value=str(form.get("value", "")).strip(),
        tlp=str(form.get("tlp", "amber")),
        audience=tuple(map(str, form.getall("audience", []))),
    )
    seat = next((each for each in watch.seats if each.actor.key == wanted.at), None)
    if seat is None:
        return _said(request, watch, "Choose a node of the list.", ())
    try:
        ids, bodies = wanted.written(actor(seat.actor.key))
    except ValueError as error:
        return _said(request, watch, str(error), ())
    watch.began(ids)
    return _said(request, watch, await submit(watch.client, seat.url, seat.headers, bodies), ids)


def _said(request: Request[Any, Any, Any], watch: Watch, words: str, ids: tuple[str, ...]) -> Response[Any]:
    """The answer to a report: `words` are what went wrong, empty where nothing did."""
    if "application/json" in request.headers.get("accept", ""):
        status = 422 if words else 200
        return Response({"ids": ids, "detail": words}, status_code=status, media_type="application/json")
    return _html(msgspec.structs.replace(_page(watch), outcome=words or "Reported."), 422 if words else 200)


@get("/codes", include_in_schema=False)
async def shown_codes(state: State) -> Response[str]:
    """How to sign in at each node, now."""
    return _html(codes(tuple((seat.actor, seat.url, seat.key) for seat in state.watch.seats)))


def _html(page: Content, status: int = 200) -> Response[str]:
    nobody = Visitor(permissions=frozenset())
    frame = Frame(
        visitor=nobody,
        language=ENGLISH.language,
        organisation="Western Balkans (demonstration)",
        path="/",
        here="/",
        now=time.time_ns() // 1_000,
        entries=(),
        shortcuts=False,
    )
    return Response(rendered(page, frame), status_code=status, media_type="text/html", headers=HEADERS)


def _page(watch: Watch) -> RegionPage:
    panels = tuple(
        msgspec.structs.replace(
            panel(seat.actor, seat.url),
            count=watch.counts[seat.actor.key],
            cards=_newest(watch.cards[seat.actor.key]),
        )
        for seat in watch.seats
    )
    return RegionPage(
        title="The region, live",
        panels=panels,
        edges=edges(),
        handlings=HANDLINGS,
        first="me",
        stream="/events",
        report_at="/report",
    )


def _newest(cards: "deque[Card]") -> tuple[Card, ...]:
    """The newest first, each record once."""
    last = {each.id: each for each in cards}
    return tuple(reversed(list(last.values())))[:KEPT]


def application(seats: tuple[Seat, ...]) -> Litestar:
    """The regional view as an application."""
    watch = Watch(seats)
    return Litestar(
        [region, stream, report, shown_codes, assets],
        state=State({"watch": watch}),
        lifespan=[watch.running],
        openapi_config=None,
        logging_config=None,
    )
