"""From an event of a case to the open pages of its other parties: `python -m benchmarks.bench_open_pages`.

The demonstration's network, each node a process of its own. People of Albania, North Macedonia and Serbia have one case
open: what their browsers do is done here without painting, that is, the page's own live stream is heard and the page is
fetched anew. Montenegro's officer comments by the form. Each time ends when the last of the three pages has the words.
"""

import argparse
import asyncio
import re
import secrets
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from statistics import median, quantiles

import httpx
from benchmarks.bench_network import settled
from benchmarks.figure import Figure

from egnatia.demo.cast import MESH, NODES
from egnatia.demo.network import PASSPHRASE, fresh, make, ports, running
from egnatia.node import Node
from egnatia.settings import FILE, load
from egnatia.web.account.account import new_account
from egnatia.web.account.door import Door
from egnatia.web.account.session import Origin
from egnatia.web.permission import Role
from egnatia.web.visit import SESSION, cookie_name

FIRST_PORT = 17_300
PARTIES = ("me", "al", "mk", "rs")
WARM = 5


class Person:
    """Somebody of an organisation with a browser."""

    def __init__(self, home: Path) -> None:
        settings = load(home / FILE, {})
        with Node.open(settings, PASSPHRASE) as node:
            door = Door(node)
            account = new_account(f"p{secrets.token_hex(4)}", "Measured", node.own, frozenset({Role.PUBLISHER}))
            door.accounts.add(account)
            cookie = door.sessions.begin(account.name, "a benchmark", Origin("127.0.0.1", "benchmark"))
            self.own = node.own
        cookies = {cookie_name(SESSION, settings): cookie}
        self.client = httpx.AsyncClient(base_url=settings.public_url, cookies=cookies, timeout=30)

    async def post(self, at: str, path: str, **fields: str | list[str]) -> httpx.Response:
        """A form of the page `at`."""
        page = (await self.client.get(at)).text
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        return await self.client.post(path, data={"csrf": csrf, **fields})


async def stream_of(person: Person, case: str) -> str:
    """Where the person's open page of the case hears; the case has arrived then."""
    while True:
        page = await person.client.get(case)
        found = re.search(r'data-stream="([^"]+)"', page.text)
        if page.status_code == 200 and found is not None:
            return unescape(found[1])
        await asyncio.sleep(0.1)


class Eye:
    """An open page: it hears of each event and looks again until it has the words."""

    def __init__(self, person: Person, case: str) -> None:
        self._person, self._case = person, case
        self.wanted = ""
        self.seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.open = asyncio.Event()

    async def watch(self) -> None:
        """Until it is cancelled."""
        stream = await stream_of(self._person, self._case)
        async with self._person.client.stream("GET", stream, timeout=None) as answer:
            self.open.set()
            async for line in answer.aiter_lines():
                if line.startswith("data:") and self.wanted and not self.seen.done():
                    page = await self._person.client.get(self._case)
                    if self.wanted in page.text:
                        self.seen.set_result(time.perf_counter())


async def measured(folder: Path, events: int) -> list[Figure]:
    """The figures, once the network stands."""
    people = {key: Person(folder / key) for key in PARTIES}
    officer, others = people["me"], [people[key] for key in PARTIES[1:]]
    parties = [f"{each.own} affected-entity" for each in others]
    opened = await officer.post(
        "/cases/new?workflow=incident",
        "/cases/new",
        workflow="incident",
        name="Measured",
        roles=["national-csirt"],
        parties=parties,
    )
    case = opened.headers["location"]
    eyes = [Eye(each, case) for each in others]
    watching = [asyncio.create_task(each.watch()) for each in eyes]
    for each in eyes:
        await each.open.wait()
    page = (await officer.client.get(case)).text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    durable, visible = list[float](), list[float]()
    for number in range(events + WARM):
        words = f"measured {number} {secrets.token_hex(4)}"
        for each in eyes:
            each.wanted, each.seen = words, asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        answer = await officer.client.post(f"{case}/comment", data={"csrf": csrf, "text": words})
        assert answer.status_code == 303, answer.text[:300]
        acknowledged = time.perf_counter()
        last = max(await asyncio.gather(*(asyncio.wait_for(each.seen, 30) for each in eyes)))
        if number >= WARM:
            durable.append((acknowledged - began) * 1e3)
            visible.append((last - began) * 1e3)
        await asyncio.sleep(0.05)
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    for person in people.values():
        await person.client.aclose()
    return [
        Figure("an event of a case by its form, acknowledged, p50", median(durable), "ms"),
        Figure("to the last of three other parties' open pages, p50", median(visible), "ms"),
        Figure("to the last of three other parties' open pages, p95", quantiles(visible, n=20)[-1], "ms", 300),
    ]


def run(events: int = 60) -> list[Figure]:
    """Bring the network up, measure, take it down."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "network"
        with fresh(folder):
            made = make(folder, ports(FIRST_PORT, len(NODES)), datetime.now(UTC))
            seats = [seat for seat in made.seats if seat.actor in MESH]
            with running(made):
                asyncio.run(settled(seats))
                return asyncio.run(measured(folder, events))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=60)
    for figure in run(parser.parse_args(arguments).events):
        print(figure, flush=True)


if __name__ == "__main__":
    main()
