"""The demonstration as people run it: eight processes, and a report that reaches those who may see it, within a second.

What each organisation sees is read at its own node, not from the page that the demonstration shows.
"""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import sync_playwright

from egnatia.demo.cast import ACTORS, BANK, actor
from egnatia.demo.network import NotPossible, fresh, ports
from egnatia.demo.person import PASSWORD

pytestmark = [pytest.mark.network]

START_SECONDS = 180
CHROMIUM = shutil.which("chromium")
EVERYONE = {each.key for each in ACTORS}


class Running:
    """A demonstration that runs: the regional view's address, and each node's."""

    def __init__(self, view: str, nodes: dict[str, str]) -> None:
        self.view, self.nodes = view, nodes
        self.client = httpx.Client(timeout=20)

    def report(self, **form: Any) -> list[str]:
        """Reports at Montenegro's node through the form."""
        given = {"at": "me", "title": "Lažna stranica", "value": "prijava.example", **form}
        answer = self.client.post(f"{self.view}report", data=given, headers={"accept": "application/json"})
        assert answer.status_code == 200, answer.text
        ids: list[str] = answer.json()["ids"]
        return ids

    def sees(self, key: str, record: str) -> bool:
        """Whether a node gives the record to its own organisation."""
        return self.client.get(f"{self.nodes[key]}/api/v1/records/{record}").status_code == 200

    def seen_by(self, record: str, expected: set[str]) -> float:
        """Waits until all of `expected` see the record; how many seconds that took."""
        began = time.monotonic()
        while not all(self.sees(key, record) for key in expected):
            assert time.monotonic() - began < 15, f"{record} has not reached {expected}"
            time.sleep(0.02)
        return time.monotonic() - began


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("region") / "demo"
    command = [sys.executable, "-m", "egnatia", "demo", "--folder", str(folder), "--port", "7400", "--json"]
    process = subprocess.Popen(
        [*command, "--no-open", "--trickle", "0"], stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    with process, contextlib.ExitStack() as stack:
        stack.callback(process.send_signal, signal.SIGINT)
        ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
        assert ready, "the demonstration did not come up"
        said = json.loads(process.stdout.readline())
        made = Running(said["view"], said["nodes"])
        stack.enter_context(made.client)
        _settled(made)
        yield made
    assert process.returncode == 0


def _settled(made: Running) -> None:
    """Waits until every node has caught up: Albania's first report has come to the bank through its CSIRT."""
    for key in made.nodes:
        made.seen_by(actor("al").id, {key})
    made.seen_by(actor("hub").id, set(made.nodes))


@pytest.mark.parametrize(
    ("form", "may"),
    [
        ({"tlp": "green"}, {"al", "ba", "xk", "mk", "rs", "hub", "bank"}),
        ({"tlp": "amber"}, {"al", "ba", "xk", "mk", "rs", "hub", "bank"}),
        ({"tlp": "amber+strict"}, {"al", "ba", "xk", "mk", "rs", "hub", "bank"}),
        ({"tlp": "red", "audience": [BANK.id, actor("rs").id]}, {"bank", "rs"}),
        ({"tlp": "amber", "audience": [actor("al").id]}, {"al"}),
    ],
    ids=["green", "amber", "amber+strict", "red, two named", "amber, one named"],
)
def test_a_report_reaches_those_who_may_see_it_and_nobody_else(
    region: Running, form: dict[str, Any], may: set[str]
) -> None:
    ids = region.report(**form)
    region.seen_by(ids[0], may | {"me"})
    # What would reach the others has had the time to: a later record for everyone is there.
    later = region.report(tlp="clear")[0]
    region.seen_by(later, set(region.nodes))
    for key in set(region.nodes) - may - {"me"}:
        for each in ids:
            assert not region.sees(key, each), f"{key} sees {each}"


def test_a_report_is_everywhere_within_a_second(region: Running) -> None:
    took = sorted(region.seen_by(region.report(tlp="green", title=f"Test {n}")[0], set(region.nodes)) for n in range(5))
    assert took[2] < 1.0


def test_the_view_shows_what_the_feeds_show(region: Running) -> None:
    ids = region.report(tlp="red", audience=[BANK.id])
    region.seen_by(ids[0], {"bank"})
    time.sleep(0.5)
    page = httpx.get(region.view, timeout=20).text
    panels = {part.split('"', 1)[0]: part for part in page.split('<article class="panel" data-key="')[1:]}
    assert {key for key, panel in panels.items() if ids[0] in panel} == {"me", "bank"}
    assert set(panels) == EVERYONE


def test_the_feed_of_a_node_is_whole_without_a_script(region: Running) -> None:
    answer = httpx.get(f"{region.nodes['me']}/feed?all=true", timeout=20)
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.text.count('class="card') > 20


def test_the_person_of_the_demonstration_comes_in_everywhere_with_the_code_shown(region: Running) -> None:
    shown = httpx.get(f"{region.view}codes", timeout=20).text
    rows = re.findall(r'href="(http://[^"]+)/sign-in".*?<code>([a-z.]+)</code></td><td><code>(\d{6})</code>', shown)
    assert {url for url, _, _ in rows} == set(region.nodes.values())
    assert {name for _, name, _ in rows} == {"demo", "demo.telecom"}
    for url, name, code in rows:
        with httpx.Client(base_url=url, timeout=20) as client:
            csrf = client.get("/sign-in").text.partition('name="csrf" value="')[2].partition('"')[0]
            form = {"name": name, "password": PASSWORD, "code": code, "csrf": csrf}
            assert client.post("/sign-in", data=form).status_code == 303, (url, name)
            assert client.get("/settings").status_code == (200 if name == "demo" else 403)
            if url == region.nodes["me"]:
                assert "resolver of the government network" in client.get("/intel/outputs/resolvers").text


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_in_a_browser_a_report_lights_up_those_who_receive_it(region: Running) -> None:
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        page = browser.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(region.view)
        page.wait_for_selector("#state[data-live-state=live]")
        page.fill("#title", "Samo za banku")
        page.check('input[name=tlp][value="red"]')
        page.check(f'input[name=audience][value="{BANK.id}"]')
        page.focus("#report button")
        page.keyboard.press("Enter")
        page.wait_for_selector('.node[data-key="bank"].lit', timeout=10_000)
        assert "Not by Albania" in page.inner_text("#outcome")
        page.wait_for_timeout(500)
        assert {each.get_attribute("data-key") for each in page.query_selector_all(".node.lit")} == {"bank"}
        assert "Samo za banku" in page.inner_text('.panel[data-key="bank"] .card')
        page.goto(f"{region.nodes['me']}/feed")
        page.wait_for_selector("[data-live-state=live]")
        region.report(tlp="green", title="Stiže samo od sebe")
        page.locator("[data-news] a").click(timeout=30_000)
        page.get_by_text("Stiže samo od sebe").first.wait_for(timeout=30_000)
        browser.close()
    assert wrong == []


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    with fresh(tmp_path / "demo"), pytest.raises(NotPossible, match="is running"), fresh(tmp_path / "demo"):
        pass


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(NotPossible, match="something else"), fresh(tmp_path):
        pass
    assert (tmp_path / "thesis.txt").exists()


def test_ports_in_use_are_passed_over() -> None:

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        base = taken.getsockname()[1]
        if base < 65_000:
            assert base not in ports(base, 3)
