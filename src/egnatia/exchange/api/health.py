"""Whether the node runs, and its figures. No label names a record, an organisation or a person."""

import time
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from egnatia.exchange.api.problem import NotFound
from egnatia.exchange.api.surface import Surface, encoded, require
from egnatia.exchange.asgi import App, Message, Receive, Scope, Send
from egnatia.exchange.caller import Caller
from egnatia.exchange.submission import Right
from egnatia.exchange.taxii.intake import Intake

LOOPBACK = ("127.0.0.1", "::1")


class Health(msgspec.Struct, frozen=True):
    """`status` is `ok`; anything else comes with a status code that says so."""

    status: str


class Measures:
    """The figures of one node: its own registry, so that several nodes can live in one process (tests do that)."""

    def __init__(self, surface: Surface, intake: Intake) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "egnatia_requests", "Requests answered", ["surface", "method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "egnatia_request_seconds",
            "Seconds until the answer began",
            ["surface"],
            buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
            registry=self.registry,
        )
        listeners = Gauge("egnatia_listeners", "Live listeners", registry=self.registry)
        listeners.set_function(lambda: surface.live.listeners)
        position = Gauge("egnatia_log_position", "The end of the log", registry=self.registry)
        position.set_function(surface.host.store.position)
        arrived = Gauge("egnatia_arrivals", "Objects that were taken and are not stored yet", registry=self.registry)
        arrived.set_function(lambda: intake.waiting)
        oldest = Gauge("egnatia_arrivals_seconds", "How long the oldest of them has waited", registry=self.registry)
        oldest.set_function(lambda: intake.waiting_seconds)

    def around(self, app: App) -> App:
        """The application, measured."""

        async def measured(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            began = time.perf_counter()
            surface = _surface(scope["path"])

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self.seconds.labels(surface).observe(time.perf_counter() - began)
                    self.requests.labels(surface, _method(scope["method"]), str(message["status"])).inc()
                await send(message)

            await app(scope, receive, noted)

        return measured


@get("/health/live", summary="Whether the process answers", tags=["operation"])
async def live() -> Response[Health]:
    """Always `ok`: an answer is all it takes."""
    return encoded(Health("ok"))


@get("/health/ready", summary="Whether the node can work", tags=["operation"])
async def ready(surface: NamedDependency[Surface]) -> Response[Health]:
    """`ok` where the store answers and the node is not stopping, else 503."""
    if surface.live.closing:
        return encoded(Health("stopping"), 503)
    await surface.ask(surface.host.store.position)
    return encoded(Health("ok"))


@get("/metrics", summary="Figures for Prometheus", media_type=MediaType.TEXT, include_in_schema=False)
async def metrics(
    request: Request[Any, Any, Any], surface: NamedDependency[Surface], measures: NamedDependency[Measures]
) -> Response[bytes]:
    """Figures in the text format of Prometheus, for those whom the settings let read them."""
    match surface.host.settings.metrics.access:
        case "off":
            raise NotFound
        case "loopback":
            forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
            if forwarded or request.client is None or request.client.host not in LOOPBACK:
                raise NotFound
        case "token":
            caller: Caller = await surface.caller(request)
            require(caller, Right.ADMINISTER, Right.AUDIT)
    content = generate_latest(measures.registry)
    return Response(content, media_type="text/plain; version=0.0.4")


def _surface(path: str) -> str:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in {"taxii2", "api", "health", "metrics", "peer"} else "web"


def _method(method: str) -> str:
    return method if method in {"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"} else "other"
