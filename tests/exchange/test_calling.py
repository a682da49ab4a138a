"""What a node fetches comes from where it may call, whatever an answer redirects to."""

import socket
from typing import Any

import httpx
import pytest

from egnatia.exchange.calling import Guarded

PUBLIC = "193.0.6.139"
NAMES = {"feed.example": PUBLIC, "inside.example": "10.0.0.5", "misp.example": "10.0.0.7"}


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are looked up here; an address is itself."""

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        address = NAMES.get(host, host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


class Wire:
    """What reached the wire; the first call is answered with a redirect."""

    def __init__(self, location: str) -> None:
        self.location = location
        self.called: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.called.append(request)
        if len(self.called) == 1 and self.location:
            return httpx.Response(302, headers={"Location": self.location})
        return httpx.Response(200, content=b"evil.example\n")


def fetch(wire: Wire, url: str, *, allow: tuple[str, ...] = (), trusted: str = "") -> httpx.Response:
    transport = Guarded(allow, trusted, httpx.MockTransport(wire))
    with httpx.Client(transport=transport, follow_redirects=True, headers={"Authorization": "Bearer key"}) as client:
        return client.get(url)


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/admin", "https://127.0.0.1/admin", "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/", "https://inside.example/", "https://[::ffff:127.0.0.1]/", "https://[::1]/",
        "https://[64:ff9b::a00:1]/", "http://feed.example/plain",
    ],
)  # fmt: skip
@pytest.mark.parametrize("trusted", ["", "http://misp.example/list.txt"])
def test_a_redirect_to_inside_is_not_followed(location: str, trusted: str) -> None:
    wire = Wire(location)
    with pytest.raises(httpx.ConnectError, match=r"only https is called|not a public address"):
        fetch(wire, trusted or "https://feed.example/list.txt", trusted=trusted)
    assert len(wire.called) == 1


def test_what_is_checked_is_what_is_called_under_its_own_name() -> None:
    wire = Wire("/other.txt")
    assert fetch(wire, "https://feed.example/list.txt").content == b"evil.example\n"
    for request in wire.called:
        assert request.url.host == PUBLIC
        assert request.headers["Host"] == "feed.example"
        assert request.extensions["sni_hostname"] == "feed.example"
    assert [request.url.path for request in wire.called] == ["/list.txt", "/other.txt"]


def test_a_name_that_leads_inside_is_not_called_at_all() -> None:
    wire = Wire("")
    with pytest.raises(httpx.ConnectError):
        fetch(wire, "https://inside.example/list.txt")
    assert not wire.called


def test_only_the_host_that_the_operator_named_may_be_inside() -> None:
    wire = Wire("")
    assert fetch(wire, "http://misp.example/list.txt", trusted="http://misp.example/x").status_code == 200
    with pytest.raises(httpx.ConnectError):
        fetch(wire, "http://misp.example:9200/_cat", trusted="http://misp.example/x")
    assert fetch(wire, "http://inside.example/", allow=("10.0.0.0/24",)).status_code == 200


def test_a_key_does_not_go_along_to_another_host() -> None:
    NAMES["mirror.example"] = PUBLIC
    wire = Wire("https://mirror.example/list.txt")
    fetch(wire, "https://feed.example/list.txt")
    assert ["Authorization" in request.headers for request in wire.called] == [True, False]


class Proxy:
    """What reached the proxy of the house, by name."""

    def __init__(self, location: str = "") -> None:
        self.location, self.called = location, list[str]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.called.append(str(request.url))
        if self.location and len(self.called) == 1:
            return httpx.Response(302, headers={"Location": self.location})
        return httpx.Response(200, content=b"through the proxy")


def through(proxy: Proxy, url: str, wire: Wire, *, allow: tuple[str, ...] = (), trusted: str = "") -> str:
    transport = Guarded(allow, trusted, httpx.MockTransport(wire), httpx.MockTransport(proxy))
    with httpx.Client(transport=transport, follow_redirects=True) as client:
        return client.get(url).text


def test_what_is_outside_is_called_by_its_name_through_the_proxy_and_what_is_inside_never() -> None:
    proxy, wire = Proxy(), Wire("")
    assert through(proxy, "https://feed.example/x", wire) == "through the proxy"
    assert proxy.called == ["https://feed.example/x"]
    through(proxy, "http://inside.example/x", wire, allow=("inside.example",))
    through(proxy, "http://misp.example/x", wire, trusted="http://misp.example/")
    assert [each.url.host for each in wire.called] == ["10.0.0.5", "misp.example"]
    assert len(proxy.called) == 1


@pytest.mark.parametrize(
    "location", ["http://feed.example/plain", "https://inside.example/", "https://127.0.0.1/", "https://[::1]/"]
)
def test_the_proxy_is_not_sent_inside_where_that_can_be_seen(location: str) -> None:
    proxy = Proxy(location)
    with pytest.raises(httpx.ConnectError, match=r"only https is called|not a public address"):
        through(proxy, "https://feed.example/x", Wire(""))
    assert len(proxy.called) == 1


def test_a_name_that_only_the_proxy_knows_is_called_unless_it_is_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    proxy = Proxy()
    assert through(proxy, "https://elsewhere.example/x", Wire("")) == "through the proxy"
    for house in ("siem", "siem.local", "siem.corp", "router.home.arpa", "localhost", "2130706433"):
        with pytest.raises(httpx.ConnectError, match="not a public address"):
            through(proxy, f"https://{house}/x", Wire(""))
