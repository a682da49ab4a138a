"""Another implementation, made from the documents alone, pairs with a node and is served by it."""

import asyncio
import time
import uuid
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

from tests.exchange.peer.region import RED, id_of, indicator, region, until
from tests.exchange.peer.second import Refused, Subscriber

from egnatia.store import Known


def test_what_is_written_about_the_protocol_is_enough_to_take_part(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", mesh=False) as (one,):
            organisation = f"identity--{uuid.uuid4()}"
            one.node.store.organisations.put(Known(organisation, "Another maker's", "AL"))
            one.node.facts.forget()
            other = Subscriber(organisation, "Another maker's")
            pairing = one.peers.pairings.accept(other.invitation())
            other.accept(one.peers.pairings.invite())
            one.peers.pairings.confirm(other.node)
            shared, kept = indicator("for all"), indicator("for nobody else", marking=RED)
            await asyncio.to_thread(one.submit, shared, kept)
            url = f"http://127.0.0.1:{one.settings.port}"
            live, found = await asyncio.to_thread(read_until, other, url, id_of(shared))
            assert shared in found
            assert kept not in found
            assert other.words() == pairing.words
            await asyncio.to_thread(other.acknowledge, url, live)
            await until(lambda: [each.node for each in one.peers.acknowledgements.of(live)] == [other.node])

    asyncio.run(scenario())


def read_until(other: Subscriber, url: str, record: str) -> tuple[int, list[bytes]]:
    """Reads the feed until a record comes: how far that is, and all bodies until there. It tries again while it is
    refused, for a node takes up a new pairing within two seconds."""
    found: list[bytes] = []
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(Refused):
            for frame in takewhile(lambda _: time.monotonic() < deadline, other.frames(url)):
                found += other.records(frame) if frame[0] == 1 else ()
                if any(id_of(body) == record for body in found):
                    return frame[3], found
        time.sleep(0.2)
    raise AssertionError(found)
