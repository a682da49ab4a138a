"""The regional view reads feeds as they are sent, whatever records hold."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import msgspec

from egnatia.demo.cast import ACTORS
from egnatia.demo.person import Key
from egnatia.demo.region import Seat, events
from egnatia.exchange.shown import Shown

SEAT = Seat(ACTORS[0], "http://127.0.0.1:1", "egn_token", Key("demo", b"secret"))


def test_a_record_with_a_line_separator_in_its_text_is_one_event_in_any_pieces() -> None:
    shown = Shown(
        owner="", tlp="clear", pap="clear", audiences=(), agreements=(), personal=False, withdrawn=False,
        added="", applied=(), redacted=False, record={"name": "one\u2028two\u0085three"},
    )  # fmt: skip
    sent = (
        b"id: a1\ndata: " + msgspec.json.encode(shown) + b"\n\nid: a2\r\ndata: " + msgspec.json.encode(shown) + b"\n\n"
    )

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(sent), 7):
            yield sent[start : start + 7]

    async def read() -> list[tuple[str, str]]:
        stream = httpx.MockTransport(lambda _: httpx.Response(200, content=pieces()))
        async with httpx.AsyncClient(transport=stream) as client:
            return [(mark, each.record["name"]) async for mark, each in events(client, SEAT, "start")]

    name = "one\u2028two\u0085three"
    assert asyncio.run(read()) == [("a1", name), ("a2", name)]
