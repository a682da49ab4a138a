"""The application of a node: the API, TAXII, health, and whatever pages are handed to it, behind one front."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.types import ControllerRouterHandler

from egnatia.exchange.api import change, health, member, problem, record, review, sharing
from egnatia.exchange.api.front import front
from egnatia.exchange.api.health import Measures
from egnatia.exchange.api.surface import Desk, Surface
from egnatia.exchange.asgi import App, Receive, Scope, Send
from egnatia.exchange.host import Host
from egnatia.exchange.taxii.collection import Searches, none_saved
from egnatia.exchange.taxii.server import Taxii

HANDLERS: Sequence[ControllerRouterHandler] = (
    change.changes,
    change.stream,
    record.submit,
    review.submit,
    review.review,
    record.record,
    record.versions,
    record.neighbours,
    record.recall,
    record.search,
    record.values,
    sharing.preview,
    sharing.explain,
    sharing.receipts,
    member.me,
    member.peers,
    member.tokens,
    member.issue,
    member.revoke,
)
"""Everything under /api/v1/."""


class Application(Litestar):
    """Litestar behind the front, so that its own errors pass it too."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        """Only what we use: Litestar would load pydantic and attrs where they happen to be installed."""
        return [*plugins, MsgspecDIPlugin()]

    def behind(self, wrap: Callable[[App], App]) -> "Application":
        """Put what `wrap` makes of the application before it."""
        self._front = wrap(super().__call__)  # type: ignore[arg-type]  # the same three arguments
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        await self._front(scope, receive, send)


def app(
    host: Host,
    *,
    extra: Sequence[ControllerRouterHandler] = (),
    anonymous: bool = True,
    guest: str | None = None,
    beat_seconds: float = 15,
    searches: Searches = none_saved,
    lost: Callable[[Request[Any, Any, Any], Exception], Response[Any]] = problem.respond,
) -> Application:
    """The application for `host`. `extra` are further routes (pages, the peers' entrance). Requests without a
    credential are the public's if `anonymous`, or read as the organisation `guest` (a demonstration only). Listeners
    are told every `beat_seconds` that they are still connected, and asked whether they may stay. `searches` are those
    that people have saved, as TAXII collections. `lost` answers for an address at which there is nothing.

    `app.state.surface.live.close()` must be called before the server waits for connections to end: listeners stay.
    """
    surface = Surface(host, anonymous=anonymous, guest=guest, beat_seconds=beat_seconds)
    taxii = Taxii(
        host, surface.gate, surface.releases, surface.bookmarks, surface.pool, searches, reads=surface.token_reads
    )
    measures = Measures(surface, taxii.intake)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await surface.open()
        await taxii.open()
        try:
            yield
        finally:
            await taxii.close()
            await surface.close()

    async def desk(request: Request[Any, Any, Any]) -> Desk:
        return Desk(surface, await surface.caller(request))

    application = Application(
        [
            Router(
                "/api/v1",
                route_handlers=HANDLERS,
                dependencies={
                    "desk": Provide(desk),
                    "asked": Provide(change.query_of),
                    "handling": Provide(record.handling_of),
                },
            ),
            health.live,
            health.ready,
            health.metrics,
            *extra,
        ],
        dependencies={
            "surface": Provide(lambda: surface, sync_to_thread=False),
            "measures": Provide(lambda: measures, sync_to_thread=False),
        },
        exception_handlers={Exception: problem.respond, NotFoundException: lost},
        lifespan=[lifespan],
        openapi_config=_openapi(),
        request_max_body_size=host.settings.limits.body_bytes,
        state=State({"surface": surface}),
        logging_config=None,
    )
    over_tls = host.settings.public_url.startswith("https://")
    return application.behind(lambda inner: front(measures.around(_beside(taxii, inner)), over_tls=over_tls))


def _beside(taxii: App, rest: App) -> App:
    """TAXII takes what is its own before the framework looks at it: a third of what a page costs would be routing."""

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        is_taxii = scope["type"] == "http" and f"{scope['path']}/".startswith("/taxii2/")
        await (taxii if is_taxii else rest)(scope, receive, send)

    return routed


def _openapi() -> OpenAPIConfig:
    schemes: dict[str, SecurityScheme | Reference] = {
        "token": SecurityScheme(type="http", scheme="bearer", description="An API token: egn_..."),
        "basic": SecurityScheme(type="http", scheme="basic", description="User `token`, the API token as password"),
    }
    return OpenAPIConfig(
        title="Egnatia",
        version=version("egnatia"),
        description="The security exchange of the Western Balkans: records in and out, under policy.",
        path="/api/v1/openapi",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(security_schemes=schemes),
        security=[{"token": []}, {"basic": []}, {}],
        use_handler_docstrings=True,
    )
