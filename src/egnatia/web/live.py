"""Pages that move: one stream of events for whoever has a page open, as long as the session lasts, and the assets."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.change import EventStream
from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.asgi import takes_gzip
from egnatia.web.asset import asset
from egnatia.web.card import by_id
from egnatia.web.frame import HEADERS
from egnatia.web.sieve import Sieve, address, sieve_of
from egnatia.web.visit import Visit

PATH = "/live"

After = Annotated[str, QueryParameter(description="A bookmark: what came since follows", max_length=64)]
Of = Annotated[str, QueryParameter(description="What `stream_at` bound the stream to", max_length=20)]


def stream_at(visit: Visit, position: int, sieve: Sieve) -> str:
    """Where a page hears of what passes the sieve and came after `position`."""
    return address(PATH, sieve.but(q="", days=0), after=visit.surface.mark(position), of=_bound(visit))


def _bound(visit: Visit) -> str:
    """A page that somebody opened who had signed in does not become the public's when the session ends."""
    who = "session" if visit.visitor.signed_in else "public"
    return f"{who} {visit.visitor.exercise[-12:]}".rstrip()


@get(PATH)
async def live(visit: NamedDependency[Visit], after: After, of: Of = "public") -> Response[Any]:
    """Server-sent events, one `record` for each that the visitor may see. With 204 the browser asks no more."""
    if of != _bound(visit):
        return Response(None, status_code=204)
    visit.clearance()
    feed, entrance = visit.surface.live, visit.lobby.entrance
    if feed.closing or feed.listeners >= visit.premises.settings.limits.listeners:
        raise HTTPException(status_code=503, headers={"Retry-After": "30"})
    organisations = by_id(await visit.ask(visit.premises.organisations))
    asked = sieve_of(visit).query(organisations, visit.now)
    query = msgspec.structs.replace(asked, newest_first=False, since=None)
    position = visit.surface.resume(visit.request.headers.get("last-event-id") or after)

    def stays() -> bool:
        return entrance is None or entrance.still(visit.visitor)

    return EventStream(visit.desk, query, position, stays=stays)


@get("/assets/{name:str}")
async def assets(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """The style, the scripts and the mark."""
    try:
        found = asset(name)
    except FileNotFoundError as error:
        raise NotFound from error
    keeping = "public, max-age=31536000, immutable" if found.lasting else "max-age=300"
    headers = {**HEADERS, "cache-control": keeping, "vary": "accept-encoding"}
    if takes_gzip(request.headers):
        return Response(found.packed, media_type=found.kind, headers={**headers, "content-encoding": "gzip"})
    return Response(found.content, media_type=found.kind, headers=headers)


PAGES: tuple[ControllerRouterHandler, ...] = (live, assets)
"""What pages need besides themselves."""
