"""Ransomware at a company in one economy, run to its final report by parties in four, on four real nodes."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.exchange.peer.region import Running, region, until

from egnatia.casework.clock import Timeliness, owed
from egnatia.casework.fold import Fold
from egnatia.casework.follower import Follower
from egnatia.casework.registry import Deed, Opening, Unknown
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.record.case import CaseParty

SECONDS = 60.0
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)
COMPANY = "identity--00000000-0000-4000-8000-00000000c0de"


def at(hours: float) -> datetime:
    return BEGAN + timedelta(hours=hours)


def text(hours: float) -> str:
    return at(hours).strftime("%Y-%m-%dT%H:%M:%SZ")


class Response:
    """The parties at work on one case; every step is taken at the node of who takes it, once it knows all before."""

    def __init__(self, nodes: dict[str, Running], case: str) -> None:
        self.nodes, self.case = nodes, case
        self.count = 0

    def fold(self, name: str) -> Fold:
        node = self.nodes[name]
        return node.node.casework.fold(node.node.clearance_of(node.own), self.case)

    def events(self, name: str) -> int:
        try:
            return len(self.fold(name).ordering.events)
        except Unknown:
            return 0

    async def do(self, name: str, does: str, hours: float, *about: str, by: str = "", **fields: Any) -> str:
        """`by` is the organisation, where it is not the node's own."""
        await until(lambda: self.events(name) >= self.count, seconds=SECONDS)
        node = self.nodes[name]
        deed = Deed(does=does, about=about, fields=fields, text=f"{does} at {hours} hours")
        who = Submitter(by or node.own, "officer", ALL_RIGHTS)
        made = await asyncio.to_thread(node.node.casework.act, who, self.case, deed, now=at(hours))
        self.count += 1
        return made.id


def test_four_economies_answer_one_incident(tmp_path: Path) -> None:
    async def run() -> None:
        async with region(tmp_path, "ME", "AL", "MK", "RS") as running, AsyncExitStack() as stack:
            nodes = dict(zip(("ME", "AL", "MK", "RS"), running, strict=True))
            nodes["ME"].node.host(COMPANY, "A power company", "ME")
            for each in running:
                follower = Follower(each.node.casework)
                stack.push_async_callback(asyncio.to_thread, follower.close)
            await story(nodes)

    asyncio.run(run())


async def story(nodes: dict[str, Running]) -> None:
    """From the first hour to the final report."""
    montenegro = nodes["ME"]
    opening = Opening(
        workflow="incident",
        title="Ransomware at a power company",
        parties=(
            CaseParty(party_ref=montenegro.own, economy="ME", roles=("national-csirt", "single-point-of-contact")),
            CaseParty(party_ref=COMPANY, economy="ME", roles=("affected-entity",)),
        ),
        facts={"kind": "incident", "severity": "yellow", "sectors": ["energy"]},
    )
    case = await asyncio.to_thread(
        montenegro.node.casework.open, Submitter(montenegro.own, "duty officer", ALL_RIGHTS), opening, now=at(0)
    )
    response = Response(nodes, case)
    do = response.do

    await do("ME", "set", 1, by=COMPANY, aware_at=text(1), malicious_access=True, malware_effects=["ransomware"])
    await do("ME", "triage", 2, kind="incident", severity="red")
    await do("ME", "declare", 3)
    warning = await do("ME", "submit", 9, "early-warning", by=COMPANY, suspected_malicious=True, cross_border=True)
    await do("ME", "reply", 12, feedback="cut the control network off; keep the memory images")
    await do("ME", "review", 13, warning, outcome="accepted")

    for hours, name in enumerate(("AL", "MK", "RS"), 14):
        join: dict[str, Any] = {"roles": ["national-csirt"], "economy": name, "whole": name != "RS"}
        await do("ME", "join", hours, nodes[name].own, **join)
    await do("AL", "set", 20, affected_economies=["ME", "AL", "MK"])
    await do("ME", "request-forwarding", 21)
    await do("ME", "forward", 22, affected_economies=["ME", "AL", "MK", "RS"])
    await do("ME", "call-for-assistance", 23)
    await do("RS", "offer-assistance", 24)
    await do("MK", "set", 30, significant_economies=["ME", "MK"])
    notice = {"suspected_malicious": True, "cross_border": True, "severity": "red", "initial_assessment": "3 economies"}
    first = await do("ME", "submit", 60, "notification", by=COMPANY, **notice)
    await do("ME", "review", 61, first, outcome="revision-required")
    second = await do("ME", "submit", 70, "notification", by=COMPANY, users=1_200_000, **notice)
    await do("ME", "review", 71, second, outcome="accepted")
    await do("AL", "contain", 80, mitigation="hunted with shared indicators")
    await do("ME", "eradicate", 200)
    await do("ME", "recover", 300, by=COMPANY)
    end = {"description": "entry by a supplier", "severity": "red", "cause": "a stolen password of a supplier",
           "mitigation": "keys on all remote access", "cross_border": True}  # fmt: skip
    final = await do("ME", "submit", 700, "final", by=COMPANY, **end)
    await do("ME", "review", 710, final, outcome="accepted")
    await do("ME", "look-back", 720)
    await do("ME", "close", 800, lessons="suppliers are part of the perimeter")

    await until(lambda: {response.events(name) for name in nodes} == {response.count}, seconds=SECONDS)
    folds = {name: response.fold(name) for name in nodes}
    assert all(fold.state == folds["ME"].state for fold in folds.values())
    state = folds["RS"].state
    assert (state.state, state.refused, state.conflicts, state.missing) == ("closed", {}, {}, set())
    assert folds["AL"].known()["level"] == "regional-operational"
    found = {each.deadline: each for each in owed(folds["MK"])}
    assert {name: each.timeliness(datetime.now(UTC)) for name, each in found.items()} == dict.fromkeys(
        ("early-warning", "notification", "reply", "final", "forwarding"), Timeliness.ON_TIME
    )
    assert found["final"].start == at(70)
    closed = {name: each.node.casework for name, each in nodes.items()}
    for name, cases in closed.items():
        clearance = nodes[name].node.clearance_of(nodes[name].own)
        await until(lambda c=cases, r=clearance: len(c.standings(r, is_open=False)) == 1, seconds=SECONDS)  # type: ignore[misc]
        assert cases.dues(clearance) == ()
