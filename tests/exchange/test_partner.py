"""Peers and the provider of sign-in are called through the proxy of the house; what is of the house never is."""

import asyncio
from pathlib import Path

import httpx
import pytest
from tests.exchange.house_proxy import house_proxy

from egnatia.exchange.outward import is_named_inside
from egnatia.exchange.partner import partner_transport, partner_transport_async
from egnatia.settings import Network, Settings, Webhooks


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("https://node.csirt.example/peer", False), ("https://193.0.6.139/", False),
        ("http://node.csirt.example/peer", True), ("https://127.0.0.1:8443/", True), ("https://[::1]/", True),
        ("https://localhost/", True), ("https://idp/", True), ("https://idp.internal/", True),
        ("https://idp.bank.example/", True), ("https://10.1.2.3/", True), ("https://10.9.2.3/", False),
    ],
)  # fmt: skip
def test_what_is_of_the_house_is_known_by_its_name(url: str, inside: bool) -> None:
    assert is_named_inside(url, ("idp.bank.example", "10.1.0.0/16")) is inside


def test_partners_are_called_through_the_proxy_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with house_proxy(tmp_path, monkeypatch, "node.csirt.example") as proxy:
        proxy.answer = b"told"
        settings = Settings(network=Network(proxy=proxy.url), webhooks=Webhooks(allow=("idp.bank.example",)))
        with httpx.Client(transport=partner_transport(settings)) as client:
            assert client.get("https://node.csirt.example/one").content == b"told"
            with pytest.raises(httpx.ConnectError):
                client.get("https://idp.bank.example/")

        async def ask() -> bytes:
            async with httpx.AsyncClient(transport=partner_transport_async(settings)) as client:
                return (await client.get("https://node.csirt.example/two")).content

        assert asyncio.run(ask()) == b"told"
    assert proxy.connected == ["node.csirt.example:443"] * 2
    assert [url for _, url, _ in proxy.told] == ["node.csirt.example/one", "node.csirt.example/two"]


def test_without_a_proxy_nothing_is_put_between() -> None:
    assert partner_transport(Settings()) is None
    assert partner_transport_async(Settings()) is None
