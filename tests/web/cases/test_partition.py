"""Two real nodes are cut off from each other, both work on one case; joined again, each page shows the conflict."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.web.cases.test_cases import send, words
from tests.web.house import House
from tests.web.neighbour import neighbour, until

from egnatia.casework.follower import Follower
from egnatia.store import Known
from egnatia.web.permission import Role

NAMES = {"ME": "CSIRT of Montenegro", "AL": "CSIRT of Albania"}


@contextmanager
def pair(folder: Path) -> Iterator[tuple[House, House]]:
    """Two nodes that exchange, each with its pages and the thread that keeps its cases."""
    with ExitStack() as stack:
        here, there = (stack.enter_context(neighbour(folder / code, name, code)) for code, name in NAMES.items())
        for each in (here, there):
            for code, other in (("ME", here), ("AL", there)):
                each.node.store.organisations.put(Known(other.node.own, NAMES[code], code))
            each.node.forget_facts()
        here.node.pairings.accept(there.node.pairings.invite(), scope="own")
        there.node.pairings.accept(here.node.pairings.invite(), scope="own")
        here.node.pairings.confirm(there.node.node_id)
        there.node.pairings.confirm(here.node.node_id)
        for each in (here, there):
            stack.callback(Follower(each.node.casework).close)
        yield here, there


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[House, House]]:
    with pair(tmp_path) as found:
        yield found


def cut(here: House, there: House) -> None:
    """Neither answers the other any more."""
    here.node.pairings.pause(there.node.node_id)
    there.node.pairings.pause(here.node.node_id)


def join(here: House, there: House) -> None:
    here.node.pairings.resume(there.node.node_id)
    there.node.pairings.resume(here.node.node_id)


def says(client: httpx.Client, case: str, said: str) -> bool:
    answer = client.get(case)
    return answer.status_code == 200 and said in words(answer)


def test_what_both_said_while_they_were_cut_off_is_shown_to_both_once_they_are_joined(
    nodes: tuple[House, House],
) -> None:
    here, there = nodes
    with here.visitor(Role.PUBLISHER) as one, there.visitor(Role.PUBLISHER) as other:
        answer = send(
            one, "/cases/new", workflow="incident", name="Ransomware in two economies",
            roles=["national-csirt", "competent-authority"], parties=[f"{there.node.own} affected-entity"],
        )  # fmt: skip
        case = answer.headers["location"]
        assert send(one, f"{case}/step/triage", kind="incident", severity="red").status_code == 303
        assert send(one, f"{case}/step/declare").status_code == 303
        until(lambda: says(other, case, "Declared"))

        cut(here, there)
        for number, (client, far) in enumerate(((one, other), (other, one))):
            until(lambda client=client, far=far, number=number: is_cut(client, far, case, f"is anybody there {number}"))  # type: ignore[misc]
        for client, users, measure in ((one, "10", "cut off"), (other, "99", "unplugged")):
            assert send(client, f"{case}/facts", users=users).status_code == 303
            done = send(client, f"{case}/step/contain", mitigation=measure)
            assert done.status_code == 303, words(done)
            assert send(client, f"{case}/comment", text=f"written while {users} were hit").status_code == 303
        assert not says(one, case, "written while 99"), "they are cut off"
        assert not says(other, case, "written while 10 ")
        join(here, there)

        until(lambda: says(one, case, "written while 99") and says(other, case, "written while 10 "))
        for client in (one, other):
            page = words(client.get(case))
            assert "Two parties said different things: Users affected" in page, page[:2000]
            assert "CSIRT of Montenegro: 10" in page
            assert "CSIRT of Albania: 99" in page
            assert "Another party had moved the case on before." in page, "the second to contain it is told why"
            assert page.count("without effect") == 1
        assert timeline(one, case) == timeline(other, case), "both tell it in one order"

        assert send(one, f"{case}/facts", users="42").status_code == 303
        until(lambda: "Two parties said different things" not in words(other.get(case)))
        assert "42" in words(other.get(case))


def is_cut(client: httpx.Client, far: httpx.Client, case: str, said: str) -> bool:
    """Whether what one says does not reach the other: the nodes look at their pairings every two seconds."""
    words_ = f"{said}, {time.monotonic_ns()}?"
    assert send(client, f"{case}/comment", text=words_).status_code == 303
    time.sleep(1.5)
    return not says(far, case, words_)


def timeline(client: httpx.Client, case: str) -> list[str]:
    """The moments of a case as its page tells them."""
    return re.findall(r'<time[^>]*datetime="([^"]+)"', client.get(case).text.partition('id="moments"')[2])
