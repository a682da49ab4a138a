"""A source that goes wrong says so in words that help, harms nothing, and goes on by itself once it is well again."""

import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import get_args

import httpx
import pytest
from tests.cyber.intel.bad_server import address, bad_server
from tests.exchange import gate

from egnatia.cyber.intel.source import Health, Kind, Source
from egnatia.cyber.intel.tapping import run
from egnatia.exchange.formats import fetching
from egnatia.exchange.formats.listing import ListMapping
from egnatia.exchange.trouble import Trouble
from egnatia.node import Node
from egnatia.web.intel.troubles import ADVICE

MAPPING = ListMapping(name="a list", form="csv", heading=True, value="ioc", kind_column="kind", tlp="green")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with gate.node(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with bad_server() as running:
        yield running


def read(node: Node, server: ThreadingHTTPServer, path: str, kind: Kind = "list") -> Health:
    mapping = MAPPING if kind == "list" else None
    source = Source(name="bad", kind=kind, url=address(server, path), mapping=mapping, inside=True)
    return run(node, source)


def names(node: Node) -> list[str]:
    rows = node.store.changes(node.clearance_of(gate.ME), 0, 100).rows
    return [row.type for row in rows if row.type == "indicator"]


@pytest.mark.parametrize(
    ("path", "trouble", "words"),
    [
        ("page", Trouble.PAGE, "a page of the web"),
        ("renamed", Trouble.COLUMN, "found indicator, kind"),
        ("other", Trouble.ROWS, "not a domain at all!"),
        ("empty", Trouble.EMPTY, "0 bytes"),
        ("large", Trouble.LARGE, "more than 128 MB"),
        ("bomb", Trouble.LARGE, "more than 128 MB"),
        ("packed", Trouble.LARGE, "more than 128 MB"),
        ("broken", Trouble.PACKED, "gzip that is broken"),
        ("loop", Trouble.REDIRECTS, "redirects"),
        ("inside", Trouble.BARRED, "only https is called"),
        ("401", Trouble.KEY, "401"),
        ("403", Trouble.FORBIDDEN, "403"),
        ("404", Trouble.MISSING, "404"),
        ("410", Trouble.MISSING, "410"),
    ],
)
def test_what_is_wrong_is_said_and_what_came_before_stays(
    node: Node, server: ThreadingHTTPServer, path: str, trouble: Trouble, words: str
) -> None:
    assert read(node, server, "good").added == 1
    health = read(node, server, path)
    assert (health.trouble, health.failures) == (trouble.value, 1)
    assert words in health.error
    assert names(node) == ["indicator"]
    well = read(node, server, "good")
    assert (well.error, well.trouble, well.failures) == ("", "", 0)


@pytest.mark.parametrize("kind", ["taxii21", "taxii20", "misp-server"])
@pytest.mark.parametrize("path", ["large", "bomb"])
def test_no_kind_takes_more_than_a_node_reads_at_once(
    node: Node, server: ThreadingHTTPServer, kind: Kind, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SOURCE_BYTES", 3_000_000)
    health = read(node, server, path, kind)
    assert health.trouble == Trouble.LARGE
    assert "more than 3 MB" in health.error


@pytest.mark.parametrize("kind", [each for each in get_args(Kind) if each != "list"])
def test_a_sign_in_page_is_recognised_by_every_kind(node: Node, server: ThreadingHTTPServer, kind: Kind) -> None:
    health = read(node, server, "page", kind)
    assert health.trouble in {Trouble.PAGE, Trouble.FORM}
    assert health.failures == 1


def test_a_server_that_answers_drop_by_drop_is_left(
    node: Node, server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SECONDS_IN_ALL", 0.5)
    begun = time.monotonic()
    health = read(node, server, "slow")
    assert time.monotonic() - begun < 5
    assert health.trouble == Trouble.SLOW


def test_nobody_there_a_name_nobody_knows_and_a_wrong_certificate(node: Node, server: ThreadingHTTPServer) -> None:
    def of(url: str) -> Health:
        return run(node, Source(name="bad", kind="list", url=url, mapping=MAPPING, inside=True))

    assert of("http://127.0.0.1:9/x").trouble == Trouble.UNREACHED
    assert of("https://nobody.invalid/x").trouble == Trouble.UNKNOWN_NAME
    assert of(address(server, "good").replace("http:", "https:")).trouble == Trouble.CERTIFICATE


def test_a_list_in_another_encoding_is_read(node: Node, server: ThreadingHTTPServer) -> None:
    assert read(node, server, "windows").added == 1


def test_there_is_advice_for_everything_that_can_be_wrong() -> None:
    assert set(ADVICE) == set(Trouble)


@pytest.mark.parametrize("kind", ["taxii21", "taxii20"])
def test_a_page_in_the_place_of_a_collection_is_told_as_one(node: Node, kind: Kind) -> None:
    source = Source(name="bad", kind=kind, url="https://taxii.example/collections/1")
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>Sign in</html>"))
    with httpx.Client(transport=page) as client:
        assert run(node, source, client=client).trouble == Trouble.PAGE
