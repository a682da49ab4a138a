"""Documents are fetched only from where a node may call: each address on the way is checked, those that an answer
redirects to as well, and what was checked is what is called (`egnatia.exchange.outward`)."""

from collections.abc import Iterable

import httpx

from egnatia.exchange.outward import Barred, is_outside, way
from egnatia.settings import Settings


class Guarded(httpx.BaseTransport):
    """Calls public addresses over TLS, what the operator allows, and `trusted`: one URL whose scheme, host and port the
    operator named on the machine itself. A client that has it follows no redirect to anywhere else. With `outer`, the
    way through the house's proxy, what is outside is called by its name through that; what is inside never is."""

    def __init__(
        self,
        allow: Iterable[str],
        trusted: str = "",
        inner: httpx.BaseTransport | None = None,
        outer: httpx.BaseTransport | None = None,
    ) -> None:
        self._allow = tuple(allow)
        self._trusted = _origin(httpx.URL(trusted)) if trusted else None
        self._inner = inner or httpx.HTTPTransport()
        self._outer = outer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer. Raises httpx.ConnectError where the node does not call there, or nobody answers."""
        if _origin(request.url) == self._trusted:
            return self._inner.handle_request(request)
        try:
            if self._outer is not None and is_outside(str(request.url), self._allow):
                return self._outer.handle_request(request)
            there = way(str(request.url), self._allow)
        except (Barred, OSError) as error:
            raise httpx.ConnectError(str(error), request=request) from error
        for address in there.addresses[:-1]:
            try:
                return self._inner.handle_request(_at(request, there.host, address))
            except httpx.ConnectError:
                continue
        return self._inner.handle_request(_at(request, there.host, there.addresses[-1]))

    def close(self) -> None:
        """No more calls."""
        self._inner.close()
        if self._outer is not None:
            self._outer.close()


def guarded(settings: Settings, trusted: str = "") -> Guarded:
    """How this node calls: what its settings allow, through its proxy if it has one."""
    proxy = settings.network.proxy
    return Guarded(settings.webhooks.allow, trusted, outer=httpx.HTTPTransport(proxy=proxy) if proxy else None)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host.lower(), url.port


def _at(request: httpx.Request, host: str, address: str) -> httpx.Request:
    """The request at an address; its Host header and the certificate are still those of the name."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
