"""The pages of incidents and exercises with something on them: nobody is shut out, in light, dark and on a phone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser
from tests.cyber.exercises.playing import SMALL, act, incident, who
from tests.cyber.test_playbook import END, START, action, playbook
from tests.web.browser.browsing import Tab, chromium, needs_chromium, opened
from tests.web.exercises.test_exercises import AL, RS
from tests.web.house import House, csrf_of, housed
from tests.web.incidents.test_playbooks import taken

from egnatia.casework.registry import Deed, Opening
from egnatia.cyber.exercises.conductor import conduct
from egnatia.cyber.exercises.exercises import Plan
from egnatia.record.case import CaseParty
from egnatia.web.permission import Role

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.xdist_group("browser")]

SMALL_TARGETS = """() => [...document.querySelectorAll("button, summary, select, input, nav a, .button")]
  .filter((each) => each.checkVisibility() && !each.closest("dialog") && !/checkbox|radio|hidden/.test(each.type))
  .map((each) => [each.outerHTML.slice(0, 90), each.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && box.height > 1 && (box.height < 24 || box.width < 24))
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("incidents")) as made:
        made.node.host(AL, "CSIRT of Albania", "AL")
        made.node.host(RS, "CSIRT of Serbia", "RS")
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def real(house: House) -> list[str]:
    """The pages of a real incident with a playbook that is followed in it."""
    roles = ("national-csirt", "single-point-of-contact", "competent-authority")
    parties = (
        CaseParty(party_ref=house.node.own, economy="ME", roles=roles),
        CaseParty(party_ref=RS, economy="RS", roles=("affected-entity",)),
    )
    opening = Opening(workflow="incident", title="Рансомвер у електропривреди", parties=parties)
    case = house.node.casework.open(who(house.node.own), opening)
    said = {"severity": "red", "kind": "incident", "sectors": ["energy"], "aware_at": "2026-11-01T08:00:00Z"}
    house.node.casework.act(who(RS), case, Deed(does="set", fields=said))
    warning = {"suspected_malicious": True, "cross_border": True}
    house.node.casework.act(who(RS), case, Deed(does="submit", about=("early-warning",), fields=warning))
    house.node.casework.catch_up()
    body = playbook(start=START, one=action("two", name="Tell the provider"),
                    two=action("end", "http-api", name="Block at the firewall"), end=END)  # fmt: skip
    with house.visitor(Role.PUBLISHER) as client:
        kept = taken(client, body).headers["location"]
        form = {"csrf": csrf_of(client.get(kept).text), "case": case}
        run = client.post(f"{kept}/start", data=form).headers["location"]
    whole = [
        f"/cases/{case}{each}" for each in ("", "/stages", "/findings", "/facts", "/forward", "/report/notification")
    ]
    parts = ("/incidents", "/incidents/protocol?economy=ME", "/incidents/playbooks", "/incidents/teams")
    return [*whole, *parts, "/incidents/summary", "/incidents/import", kept, run]


def played(house: House) -> tuple[str, str]:
    """An exercise that is going on, and a case in it."""
    exercises, leader = house.node.exercises, who(house.node.own)
    word = exercises.plan(leader, Plan(text=SMALL, cast={"albania": (AL,), "serbia": (RS,)}))
    exercises.do(leader, word, "begin")
    for _ in range(2):
        exercises.do(leader, word, "skip", minutes=30)
        conduct(exercises, datetime.now(UTC))
    exercises.do(leader, word, "hold")
    case = incident(house.node, word, RS, national_csirt=AL)
    act(house.node, word, case, RS, "submit", "early-warning", suspected_malicious=True, cross_border=True)
    exercises.note(leader, word, "They asked before they acted.", kind="score", expectation="calm", score=80)
    exercises.note(leader, word, "Nobody knew the number of the duty officer.", kind="finding", objective="together")
    return word, case


def examined(tab: Tab, paths: list[str]) -> dict[str, str]:
    """What is wrong with the pages, by axe, by the size of what can be pressed, and by scrolling sideways."""
    found = {}
    for path in paths:
        assert tab.open(path) == 200, path
        if said := tab.shuts_out():
            found[f"axe {path}"] = said
        if small := tab.page.evaluate(SMALL_TARGETS):
            found[f"small {path}"] = str(small)
        if tab.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found[f"sideways {path}"] = "it scrolls"
    return found


WIDTHS = pytest.mark.parametrize("width", [1280, 390])


@WIDTHS
def test_the_pages_of_an_incident_shut_nobody_out(house: House, browser: Browser, real: list[str], width: int) -> None:
    with opened(browser, house, width=width) as tab:
        assert examined(tab, real) == {}
        assert tab.wrong == []


@WIDTHS
def test_the_pages_of_an_exercise_shut_nobody_out(house: House, browser: Browser, width: int) -> None:
    word, case = played(house)
    outside = ["/exercises", "/exercises/new", "/exercises/new?scenario=hybrid-election"]
    there = f"/exercises/{word}"
    inside = [there, f"{there}/console", f"{there}/report", f"/cases/{case}", "/cases/due"]
    with opened(browser, house, width=width) as tab:
        assert examined(tab, outside) == {}
        tab.open("/exercises")
        tab.page.locator(f'form[action="{there}/enter"] button').click()
        tab.page.wait_for_url(re.compile(re.escape(there)))
        assert examined(tab, inside) == {}
        assert tab.wrong == []
