"""Every page of a node: those of the house in one list, each domain's as it declares them."""

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Request, Response, Router
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler

from egnatia.domain import parts
from egnatia.exchange.api.problem import NotFound, respond
from egnatia.exchange.api.surface import Surface
from egnatia.web import (
    about,
    agreements,
    audit,
    cases,
    feed,
    live,
    notices,
    organisations,
    peers,
    review,
    search,
    settings,
    shell,
    situation,
)
from egnatia.web.account import pages as account
from egnatia.web.account.door import Door
from egnatia.web.intake import pages as intake
from egnatia.web.once import Once
from egnatia.web.portal import reporting, subscribing
from egnatia.web.portal.pages import portal
from egnatia.web.premises import Premises
from egnatia.web.publish import pages as publish
from egnatia.web.recall import pages as recall
from egnatia.web.record import pages as record
from egnatia.web.refusal import Elsewhere, refused
from egnatia.web.visit import SESSION, Lobby, Visit, cookie_name

HOUSE_PAGES: Sequence[ControllerRouterHandler] = (
    *live.PAGES,
    *situation.PAGES,
    *feed.PAGES,
    *search.PAGES,
    *account.PAGES,
    *peers.PAGES,
    *organisations.PAGES,
    *agreements.PAGES,
    *cases.PAGES,
    *notices.PAGES,
    *audit.PAGES,
    *settings.PAGES,
    *record.PAGES,
    *about.PAGES,
    *publish.PAGES,
    *recall.PAGES,
    *review.PAGES,
    *intake.PAGES,
    *shell.PAGES,
)
"""Each folder of pages lists its own handlers."""


def is_front(premises: Premises, request: Request[Any, Any, Any]) -> bool:
    """Whether who comes to the node's address is led to the portal: without a session, where the operator wants it."""
    chosen = premises.settings.portal
    return chosen.open and chosen.front and cookie_name(SESSION, premises.settings) not in request.cookies


def lost(premises: Premises, entrance: Door) -> Callable[[Request[Any, Any, Any], Exception], Response[Any]]:
    """What answers for an address at which there is nothing: a page for who reads pages, wherever it would have been;
    problem details for programs."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        if "text/html" not in request.headers.get("accept", ""):
            return respond(request, error)
        lobby = Lobby(premises, request.app.state.surface, entrance)
        lobby.glance(request)
        return refused(lobby, request, NotFound())

    return answer


def pages(premises: Premises, *, entrance: Door | None = None, guest: str | None = None) -> tuple[Router, ...]:
    """The pages of a node, the public's and the house's; `guest` is the organisation as which visitors without an
    account read (a demonstration). `entrance` is the door through which people come in, a new one where none is given.

    Two parts and not one around both: what is put into another is copied handler by handler, which a start waits for.
    """
    entrance = entrance or Door(premises)

    def lobby_of(surface: Surface) -> Lobby:
        return Lobby(premises, surface, entrance, guest)

    async def visit(request: Request[Any, Any, Any], surface: NamedDependency[Surface]) -> Visit:
        if request.url.path == "/" and is_front(premises, request):
            raise Elsewhere("/public")
        if request.url.path == "/" and guest is None and await surface.ask(entrance.accounts.is_vacant):
            raise Elsewhere("/first")
        return await lobby_of(surface).visit(request)

    def refuse(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        return refused(lobby_of(request.app.state.surface), request, error)

    inside = Router(
        "/",
        route_handlers=[*HOUSE_PAGES, *parts("pages", HTTPRouteHandler)],
        dependencies={"visit": Provide(visit), "door": Provide(lambda: entrance, sync_to_thread=False)},
        exception_handlers={Exception: refuse},
        middleware=[Once],  # type: ignore[list-item]  # the same mappings
        include_in_schema=False,
    )
    return *portal(premises, (*subscribing.FORMS, *reporting.FORMS)), inside
