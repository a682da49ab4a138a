"""The live view of a node: what one reader may see, newest first, and new records as they come.

It is a list without JavaScript, and moves with it. What it shows is what the feed gives the same reader.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.api.surface import Desk, Surface, raw
from egnatia.exchange.shown import Shown, shown
from egnatia.policy.clearance import Clearance
from egnatia.store.entry import Row
from egnatia.store.query import LAST, Query
from egnatia.store.store import Store
from egnatia.web.card import UNKNOWN, Card, card
from egnatia.web.page import HEADERS, LivePage, asset, now_words, rendered

NEWEST = 100
"""How many records the page begins with."""

STREAM = "/api/v1/changes/stream"

Ids = Annotated[list[str], QueryParameter(name="id", max_items=50, description="Ids of records")]


@get("/live", include_in_schema=False)
async def live(request: Request[Any, Any, Any], surface: NamedDependency[Surface]) -> Response[str]:
    """The page, with the newest records in it."""
    caller = await surface.caller(request)
    desk = Desk(surface, caller)
    clearance, store = desk.clearance(), desk.store
    names = await surface.ask(lambda: known_names(store, clearance))
    query = Query(versions=(LAST,), newest_first=True)
    page = await surface.ask(lambda: store.changes(clearance, 0, NEWEST, query))
    await surface.releases.note(caller, "page", page.rows)
    settings = surface.host.settings
    content = rendered(
        LivePage(
            title=settings.organisation.name,
            script="live.js",
            assets="/assets",
            at=now_words(),
            reader=names.get(caller.organisation, UNKNOWN) if caller.organisation else "everyone",
            cards=tuple(card_of(row, names) for row in page.rows),
            stream=STREAM,
            cards_at="/live/cards",
        )
    )
    return Response(content, media_type="text/html; charset=utf-8", headers=HEADERS)


@get("/live/cards", include_in_schema=False)
async def cards(request: Request[Any, Any, Any], surface: NamedDependency[Surface], ids: Ids) -> Response[bytes]:
    """The cards of records that the feed has just told of."""
    caller = await surface.caller(request)
    desk = Desk(surface, caller)
    clearance, store = desk.clearance(), desk.store
    names = await surface.ask(lambda: known_names(store, clearance))
    rows = await surface.ask(lambda: store.get(clearance, ids))
    await surface.releases.note(caller, "page", rows)
    return raw(msgspec.json.encode([card_of(row, names) for row in rows]))


@get("/assets/{name:str}", include_in_schema=False)
async def assets(name: FromPath[str]) -> Response[bytes]:
    """The style, the scripts and the mark."""
    try:
        content, kind = asset(name)
    except FileNotFoundError as error:
        raise NotFound from error
    return Response(content, media_type=kind, headers={**HEADERS, "cache-control": "max-age=300"})


PAGES: tuple[ControllerRouterHandler, ...] = (live, cards, assets)
"""Every route of the pages: what a node mounts beside its API."""


def card_of(row: Row, names: Mapping[str, str]) -> Card:
    """The card of a row."""
    return card(msgspec.json.decode(shown(row), type=Shown), names)


class _Named(msgspec.Struct):
    id: str
    name: str


def known_names(store: Store, clearance: Clearance) -> dict[str, str]:
    """The names of organisations as far as the reader may see their identities: each by its own word for itself."""
    query = Query(types=("identity",), versions=(LAST,))
    found = store.changes(clearance, 0, 1_000, query).rows
    return {row.id: msgspec.json.decode(row.body, type=_Named).name for row in found if row.owner == row.id}
