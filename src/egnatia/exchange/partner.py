"""How those are called whom the operator named (peers, the provider of sign-in): through the proxy of the house where
there is one, unless they are of the house itself.

What anybody else may name is called as `egnatia.exchange.calling` and `egnatia.exchange.outward` say.
"""

import httpx

from egnatia.exchange.outward import is_named_inside
from egnatia.settings import Settings

UNBOUNDED = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class Proxied(httpx.BaseTransport):
    """Calls through the proxy, and directly what is of the house."""

    def __init__(self, settings: Settings) -> None:
        self._allow = settings.webhooks.allow
        self._inner, self._outer = httpx.HTTPTransport(), httpx.HTTPTransport(proxy=settings.network.proxy)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of whichever way leads there."""
        inside = is_named_inside(str(request.url), self._allow)
        return (self._inner if inside else self._outer).handle_request(request)

    def close(self) -> None:
        """No more calls."""
        self._inner.close()
        self._outer.close()


class ProxiedAsync(httpx.AsyncBaseTransport):
    """The same for whoever waits for many at once."""

    def __init__(self, settings: Settings) -> None:
        self._allow = settings.webhooks.allow
        self._inner = httpx.AsyncHTTPTransport(limits=UNBOUNDED)
        self._outer = httpx.AsyncHTTPTransport(limits=UNBOUNDED, proxy=settings.network.proxy)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of whichever way leads there."""
        inside = is_named_inside(str(request.url), self._allow)
        return await (self._inner if inside else self._outer).handle_async_request(request)

    async def aclose(self) -> None:
        """No more calls."""
        await self._inner.aclose()
        await self._outer.aclose()


def partner_transport(settings: Settings) -> httpx.BaseTransport | None:
    """The way to partners; None where no proxy is declared: then the environment may name one, as ever."""
    return Proxied(settings) if settings.network.proxy else None


def partner_transport_async(settings: Settings) -> httpx.AsyncBaseTransport | None:
    """The same for whoever waits for many at once."""
    return ProxiedAsync(settings) if settings.network.proxy else None
