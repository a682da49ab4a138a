"""Every page of a node, in one list."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, Router
from litestar.di import NamedDependency, Provide
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api.surface import Surface
from egnatia.web import live, settings, shell
from egnatia.web.premises import Premises
from egnatia.web.refusal import refused
from egnatia.web.visit import Lobby, Visit
from egnatia.web.visitor import Entrance

PAGES: Sequence[ControllerRouterHandler] = (
    *live.PAGES,
    *settings.PAGES,
    *shell.PAGES,
)
"""Each folder of pages lists its own handlers."""


def pages(premises: Premises, *, entrance: Entrance | None = None, guest: str | None = None) -> Router:
    """The pages of a node; `guest` is the organisation as which visitors without an account read (a demonstration)."""

    def lobby_of(surface: Surface) -> Lobby:
        return Lobby(premises, surface, entrance, guest)

    async def visit(request: Request[Any, Any, Any], surface: NamedDependency[Surface]) -> Visit:
        return await lobby_of(surface).visit(request)

    def refuse(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        return refused(lobby_of(request.app.state.surface), request, error)

    return Router(
        "/",
        route_handlers=PAGES,
        dependencies={"visit": Provide(visit)},
        exception_handlers={Exception: refuse},
        include_in_schema=False,
    )
