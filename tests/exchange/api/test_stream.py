"""The live feed: everything that one may see, once, in order, resumable; nothing else."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

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
    """Collects the events of one answer in a thread."""

    def __init__(self, answer: httpx.Response) -> None:
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.ended = ""
        self._answer = answer
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        event, data = "", []
        try:
            for line in self._answer.iter_lines():
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
        except (httpx.ReadError, httpx.RemoteProtocolError):
            return

    def names(self, count: int) -> list[str]:
        """The names of what came, once `count` came."""
        until(lambda: len(self.events) >= count)
        return [each["record"]["name"] for each in self.events]

    def leave(self) -> None:
        """Hang up. A socket that another thread reads must be shut down before it is closed: only that wakes it."""
        if self._thread.is_alive():
            with contextlib.suppress(OSError):  # the node hung up first
                self._answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(30)
        assert not self._thread.is_alive()


def until(true: Callable[[], bool]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.005)


@contextmanager
def hearing(answer: httpx.Response) -> Iterator[Listener]:
    """Somebody who reads the answer until the end of the block."""
    listener = Listener(answer)
    try:
        yield listener
    finally:
        listener.leave()


@contextmanager
def listening(exchange: Served, reader: str | None, **parameters: str) -> Iterator[Listener]:
    """A listener that has been welcomed: what comes from now on comes to it."""
    with (
        exchange.client(reader, accept="text/event-stream") as client,
        client.stream("GET", STREAM, params=parameters) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        with hearing(answer) as listener:
            yield listener


def test_a_record_reaches_those_who_may_see_it_and_nobody_else(exchange: Served) -> None:
    with (
        listening(exchange, OWN) as own,
        listening(exchange, PARTNER) as partner,
        listening(exchange, MEMBER) as member,
        listening(exchange, STRANGER) as stranger,
        listening(exchange, None) as nobody,
    ):
        exchange.node.submit(indicator(1, name="amber"))
        exchange.node.submit(indicator(2, name="green"), applied=[MARKING["green"]])
        exchange.node.submit(indicator(3, name="clear"), applied=[MARKING["clear"]])
        assert own.names(3) == ["amber", "green", "clear"]
        assert partner.names(3) == ["amber", "green", "clear"]
        assert member.names(2) == ["green", "clear"]
        assert stranger.names(1) == ["clear"]
        assert nobody.names(1) == ["clear"]


def test_a_listener_resumes_where_it_was(exchange: Served) -> None:
    with listening(exchange, OWN) as first:
        exchange.node.submit(*(indicator(number, name=str(number)) for number in range(10, 15)))
        assert first.names(5) == ["10", "11", "12", "13", "14"]
        place = first.ids[2]
    exchange.node.submit(indicator(15, name="15"))
    with listening(exchange, OWN, after=place) as second:
        assert second.names(3) == ["13", "14", "15"]


def test_the_whole_feed_comes_from_the_start_once_and_in_order(exchange: Served) -> None:
    exchange.node.submit(*(indicator(number, name=str(number)) for number in range(1_000, 1_500)))
    with listening(exchange, OWN, after="start") as listener:
        for number in range(1_500, 1_520):
            exchange.node.submit(indicator(number, name=str(number)))
        until(lambda: listener.names(1)[-1] == "1519")
        names = [name for name in listener.names(520) if name.isdecimal() and int(name) >= 1_000]
        assert names == [str(number) for number in range(1_000, 1_520)]


def malware(name: str) -> bytes:
    """A record of another type."""
    return indicator(30, id=f"malware--{uuid4()}", type="malware", is_family=False, name=name)


def test_filters_narrow_the_feed(exchange: Served) -> None:
    with listening(exchange, OWN, tlp="green") as listener, listening(exchange, OWN, type="malware") as malicious:
        exchange.node.submit(indicator(20, name="unmarked"))
        exchange.node.submit(indicator(21, name="marked"), applied=[MARKING["green"]])
        exchange.node.submit(malware("last"), applied=[MARKING["green"]])
        assert listener.names(2) == ["marked", "last"]
        assert malicious.names(1) == ["last"]


def test_lines_inside_a_record_stay_inside_its_event(exchange: Served) -> None:
    with listening(exchange, OWN) as listener:
        exchange.node.submit(indicator(22, name="spread").replace(b",", b",\n\n\r\n", 3))
        assert listener.names(1) == ["spread"]


def test_a_revoked_token_ends_its_feed(exchange: Served) -> None:
    token = exchange.node.token(PARTNER)
    headers = {"Authorization": f"Bearer {token}"}
    with (
        served_anew(exchange) as running,
        httpx.stream("GET", running + STREAM, headers=headers, timeout=30) as answer,
        hearing(answer) as listener,
    ):
        exchange.node.store.tokens.revoke(token[4:16], time.time_ns() // 1_000)
        until(lambda: bool(listener.ended))
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
        large = "x" * 20_000
        for start in range(2_000, 2_400, 100):
            exchange.node.submit(*(indicator(n, name=str(n), description=large) for n in range(start, start + 100)))
        assert quick.names(400)[-1] == "2399"
        with hearing(slow) as late:
            assert late.names(400) == [str(number) for number in range(2_000, 2_400)]


def test_the_node_stops_with_listeners_connected(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        with served(tmp_path) as running:
            client = stack.enter_context(running.client(None))
            answer = stack.enter_context(client.stream("GET", STREAM))
            listener = stack.enter_context(hearing(answer))
        until(lambda: bool(listener.ended))
        assert listener.ended == "the node is stopping"


def test_the_node_stops_with_a_listener_that_takes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    large = "x" * 20_000
    with socket.socket() as deaf:
        with served(tmp_path) as running:
            live = running.application.state.surface.live
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            deaf.connect(("127.0.0.1", httpx.URL(running.url).port or 0))
            deaf.sendall(f"GET {STREAM} HTTP/1.1\r\nHost: node\r\n\r\n".encode())
            until(lambda: live.listeners == 1)
            for start in range(0, 800, 100):  # 16 MB: more than the buffers of both ends hold
                records = (indicator(n, description=large) for n in range(start, start + 100))
                running.node.submit(*records, applied=[MARKING["clear"]])
            began = time.monotonic()
        assert time.monotonic() - began < 20  # it takes two seconds; without an end it would take sixty
    assert live.listeners == 0
    assert caplog.messages == []
