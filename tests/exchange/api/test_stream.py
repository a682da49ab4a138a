"""The live feed: everything that one may see, once, in order, resumable; nothing else."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from tests.exchange.served import MEMBER, OWN, PARTNER, STRANGER, Served, indicator, served, serving

from egnatia.exchange.api.app import app
from egnatia.record.marking import TLP2_IDS

STREAM = "/api/v1/changes/stream"
MARKING: dict[str, str] = {name: marking for marking, name in TLP2_IDS.items()}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty node."""
    with served(tmp_path_factory.mktemp("stream")) as running:
        yield running


class Listener:
    """Collects events in a thread."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.ended = ""
        self._lines = lines
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        event, data = "", []
        try:
            for line in self._lines:
                field, _, value = line.partition(": ")
                match field:
                    case "event":
                        event = value
                    case "id":
                        self.ids.append(value)
                    case "data":
                        data.append(value)
                    case "" if data:
                        if event == "record":
                            self.events.append(json.loads("\n".join(data)))
                        else:
                            self.ended = data[0]
                        event, data = "", []
        except (httpx.ReadError, httpx.RemoteProtocolError, httpx.StreamClosed):
            return

    def names(self, count: int, seconds: float = 5) -> list[str]:
        """The names of what came, once `count` came or time is up."""
        until = time.monotonic() + seconds
        while len(self.events) < count and time.monotonic() < until:
            time.sleep(0.005)
        return [each["record"]["name"] for each in self.events]


@contextmanager
def listening(exchange: Served, reader: str | None, **parameters: str) -> Iterator[Listener]:
    """A listener that has been welcomed."""
    with (
        exchange.client(reader, accept="text/event-stream") as client,
        client.stream("GET", STREAM, params=parameters) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Listener(answer.iter_lines())


def test_a_record_reaches_those_who_may_see_it_within_a_second_and_nobody_else(exchange: Served) -> None:
    with (
        listening(exchange, OWN) as own,
        listening(exchange, PARTNER) as partner,
        listening(exchange, MEMBER) as member,
        listening(exchange, STRANGER) as stranger,
        listening(exchange, None) as nobody,
    ):
        time.sleep(0.1)
        exchange.node.submit(indicator(1, name="amber"))
        exchange.node.submit(indicator(2, name="green"), applied=[MARKING["green"]])
        exchange.node.submit(indicator(3, name="clear"), applied=[MARKING["clear"]])
        assert own.names(3, 1) == ["amber", "green", "clear"]
        assert partner.names(3, 1) == ["amber", "green", "clear"]
        assert member.names(2, 1) == ["green", "clear"]
        assert stranger.names(1, 1) == ["clear"]
        assert nobody.names(1, 1) == ["clear"]
        time.sleep(0.1)
        assert (len(member.events), len(stranger.events), len(nobody.events)) == (2, 1, 1)


def test_a_listener_resumes_where_it_was(exchange: Served) -> None:
    with listening(exchange, OWN) as first:
        time.sleep(0.1)
        exchange.node.submit(*(indicator(number, name=str(number)) for number in range(10, 15)))
        assert first.names(5) == ["10", "11", "12", "13", "14"]
        place = first.ids[2]
    exchange.node.submit(indicator(15, name="15"))
    with listening(exchange, OWN, after=place) as second:
        assert second.names(3) == ["13", "14", "15"]


def test_the_whole_feed_comes_from_the_start_once_and_in_order(exchange: Served) -> None:
    exchange.node.submit(*(indicator(number, name=str(number)) for number in range(1_000, 1_500)))
    with listening(exchange, OWN, after="start") as listener:
        threading.Thread(
            target=lambda: [exchange.node.submit(indicator(n, name=str(n))) for n in range(1_500, 1_520)]
        ).start()
        names = [name for name in listener.names(10_000, 3) if name.isdecimal() and int(name) >= 1_000]
        assert names == [str(number) for number in range(1_000, 1_520)]


def test_filters_narrow_the_feed(exchange: Served) -> None:
    with listening(exchange, OWN, tlp="green") as listener, listening(exchange, OWN, type="malware") as none:
        time.sleep(0.1)
        exchange.node.submit(indicator(20, name="unmarked"))
        exchange.node.submit(indicator(21, name="marked"), applied=[MARKING["green"]])
        assert listener.names(1) == ["marked"]
        assert none.events == []


def test_lines_inside_a_record_stay_inside_its_event(exchange: Served) -> None:
    with listening(exchange, OWN) as listener:
        time.sleep(0.1)
        exchange.node.submit(indicator(22, name="spread").replace(b",", b",\n\n\r\n", 3))
        assert listener.names(1) == ["spread"]


def test_a_revoked_token_ends_its_feed(exchange: Served) -> None:
    token = exchange.node.token(PARTNER)
    headers = {"Authorization": f"Bearer {token}"}
    with (
        served_anew(exchange) as running,
        httpx.stream("GET", running + STREAM, headers=headers, timeout=10) as answer,
    ):
        listener = Listener(answer.iter_lines())
        time.sleep(0.3)
        exchange.node.store.tokens.revoke(token[4:16], time.time_ns() // 1_000)
        until = time.monotonic() + 5
        while not listener.ended and time.monotonic() < until:
            time.sleep(0.02)
        assert listener.ended == "the credential is no longer valid"


@contextmanager
def served_anew(exchange: Served) -> Iterator[str]:
    """The same node on a second port, with a beat every 0.1 seconds."""
    with serving(app(exchange.node, beat_seconds=0.1)) as url:
        yield url


def test_a_slow_listener_holds_nobody_up_and_loses_nothing(exchange: Served) -> None:
    with (
        exchange.client(OWN, accept="text/event-stream") as client,
        client.stream("GET", STREAM) as slow,
        listening(exchange, OWN) as quick,
    ):
        time.sleep(0.1)
        large = "x" * 20_000
        for start in range(2_000, 2_400, 100):
            exchange.node.submit(*(indicator(n, name=str(n), description=large) for n in range(start, start + 100)))
        assert quick.names(400, 5)[-1] == "2399"
        late = Listener(slow.iter_lines())
        assert late.names(400, 5) == [str(number) for number in range(2_000, 2_400)]


def test_the_node_stops_with_listeners_connected(tmp_path_factory: pytest.TempPathFactory) -> None:
    with served(tmp_path_factory.mktemp("stopping")) as running:
        client = httpx.Client(base_url=running.url)
        answer = client.send(client.build_request("GET", STREAM), stream=True)
        listener = Listener(answer.iter_lines())
        time.sleep(0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert listener.ended == "the node is stopping"
    answer.close()
    client.close()
