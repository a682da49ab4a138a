"""Playbooks in the browser: taken in, drawn, written strictly, followed in a case, and never done unapproved."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.cyber.test_playbook import END, START, action, official, playbook, real
from tests.web.cases.test_cases import BANK, LAW, opened, words
from tests.web.house import House, csrf_of, housed

from egnatia.web.permission import Role


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        found.node.host(LAW, "Prosecutor of a test", "ME")
        yield found


@pytest.fixture
def csirt(house: House) -> Iterator[httpx.Client]:
    with house.visitor(Role.PUBLISHER) as client:
        yield client


def taken(client: httpx.Client, body: bytes) -> httpx.Response:
    page = client.get("/incidents/playbooks")
    return client.post(
        "/incidents/playbooks", data={"csrf": csrf_of(page.text)}, files={"playbook": ("playbook.json", body)}
    )


def blocking(first: str = "on_completion") -> bytes:
    """Tell the provider by hand, then block at the firewall by machine."""
    one = action("two", name="Tell <b>the</b> provider")
    one[first] = one.pop("on_completion")
    return playbook(start=START, one=one, two=action("end", "http-api", name="Block at the firewall"), end=END)


def say(client: httpx.Client, path: str, word: str) -> httpx.Response:
    """Something said of the step that waits first."""
    page = client.get(path)
    task = page.text.partition('name="task" value="')[2].partition('"')[0]
    return client.post(path, data={"csrf": csrf_of(page.text), "task": task, "word": word})


def test_a_playbook_is_taken_in_drawn_and_written_as_the_schemas_want(csirt: httpx.Client) -> None:
    assert "No playbook is kept here" in words(csirt.get("/incidents/playbooks"))
    body = real("soarca-http")
    answer = taken(csirt, body)
    assert answer.status_code == 303, answer.text
    there = answer.headers["location"]
    page = csirt.get(there)
    assert 'class="workflow playbook"' in page.text
    assert "approved first" in words(page)
    assert "left out or read otherwise" in words(page)
    official().validate(csirt.get(f"{there}/playbook.json").json())


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"type": "playbook"}', "не".encode()])
def test_what_is_no_playbook_is_refused_in_words(csirt: httpx.Client, body: bytes) -> None:
    answer = taken(csirt, body)
    assert answer.status_code == 422
    assert "The form is not complete yet" in words(answer)


def test_a_command_for_a_machine_is_done_only_after_somebody_in_an_authorised_role_approved_it(
    house: House, csirt: httpx.Client
) -> None:
    case = opened(csirt)
    there = taken(csirt, blocking()).headers["location"]
    page = csirt.get(there)
    assert "<b>the</b>" not in page.text
    started = csirt.post(f"{there}/start", data={"csrf": csrf_of(page.text), "case": case.rpartition("/")[2]})
    assert started.status_code == 303, started.text
    run = started.headers["location"]
    assert "Tell <b>the</b> provider" in words(csirt.get(case))
    assert say(csirt, run, "done").status_code == 303
    assert "to be approved first" in words(csirt.get(run))
    early = say(csirt, run, "done")
    assert early.status_code == 400
    assert "is approved first" in early.text
    assert say(csirt, run, "approve").status_code == 303
    assert "approved by CSIRT of a test" in words(csirt.get(run))
    assert 'value="done"' not in csirt.get(run).text
    alone = say(csirt, run, "done")
    assert alone.status_code == 400
    assert "somebody else does it" in alone.text
    with house.visitor(Role.PUBLISHER) as colleague:
        assert say(colleague, run, "done").status_code == 303
    assert "The playbook is done" in words(csirt.get(run))
    with house.visitor(Role.PUBLISHER, organisation=BANK) as bank:
        assert "Block at the firewall" in words(bank.get(case))


def test_a_step_that_failed_stands_still_and_says_so(csirt: httpx.Client) -> None:
    case = opened(csirt)
    there = taken(csirt, blocking("on_success")).headers["location"]
    form = {"csrf": csrf_of(csirt.get(there).text), "case": case.rpartition("/")[2]}
    run = csirt.post(f"{there}/start", data=form).headers["location"]
    assert say(csirt, run, "failed").status_code == 303
    assert "It stands still" in words(csirt.get(run))


def test_playbooks_are_their_organisations_own(house: House, csirt: httpx.Client) -> None:
    there = taken(csirt, blocking()).headers["location"]
    case = opened(csirt)
    with house.visitor(Role.PUBLISHER, organisation=LAW) as law:
        assert law.get(there).status_code == 404
        assert law.get(f"{there}/playbook.json").status_code == 404
        assert "No playbook is kept here" in words(law.get("/incidents/playbooks"))
        mine = taken(law, blocking()).headers["location"]
        form = {"csrf": csrf_of(law.get(mine).text), "case": case.rpartition("/")[2]}
        assert law.post(f"{mine}/start", data=form).status_code == 404
    with house.visitor(Role.READER) as reader:
        assert taken(reader, blocking()).status_code == 403
    page = csirt.get(there)
    assert csirt.post(f"{there}/remove", data={"csrf": csrf_of(page.text)}).status_code == 303
    assert csirt.get(there).status_code == 404
