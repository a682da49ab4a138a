"""What holds for every answer, whoever gives it."""

import asyncio
from collections.abc import Sequence

import pytest

from egnatia.exchange.api.front import OVER_TLS, SAFE, front
from egnatia.exchange.asgi import Message, Receive, Scope, Send


def headers(*given: tuple[bytes, bytes], over_tls: bool = False) -> dict[bytes, bytes]:
    """The headers of an answer that says these itself."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(given)})

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def ask() -> None:
        await front(app, over_tls=over_tls)({"type": "http"}, receive, send)

    asyncio.run(ask())
    found: Sequence[tuple[bytes, bytes]] = sent[0]["headers"]
    return dict(found)


def test_every_answer_bears_the_safe_headers() -> None:
    assert headers() == dict(SAFE)


def test_what_an_answer_says_itself_stays() -> None:
    assert headers((b"Cache-Control", b"max-age=60"))[b"cache-control"] == b"max-age=60"


@pytest.mark.parametrize("over_tls", [True, False])
def test_a_node_behind_tls_is_never_visited_in_another_way_again(over_tls: bool) -> None:
    assert (OVER_TLS in headers(over_tls=over_tls).items()) is over_tls
