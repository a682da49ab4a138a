"""Two nodes that are cut off both work on one case; joined again they show the same, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from tests.exchange.peer.region import Running, region, until

from egnatia.casework.fold import Fold
from egnatia.casework.follower import Follower
from egnatia.casework.registry import Deed, Opening, Unknown
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.record.case import CaseParty

SECONDS = 60.0


def act(at: Running, case: str, does: str, *about: str, text: str = "because", **fields: Any) -> str:
    """What a node's organisation does, as it sees the case."""
    who = Submitter(at.own, "officer", ALL_RIGHTS)
    return at.node.casework.act(who, case, Deed(does=does, about=about, text=text, fields=fields)).id


def fold(at: Running, case: str) -> Fold:
    return at.node.casework.fold(at.node.clearance_of(at.own), case)


def events(at: Running, case: str) -> set[str]:
    """The events that a node's organisation sees; none where it sees no case."""
    try:
        return set(fold(at, case).ordering.events)
    except Unknown:
        return set()


@asynccontextmanager
async def offices(folder: Path, *names: str) -> AsyncIterator[list[Running]]:
    """Nodes that exchange, each with the thread that keeps its cases."""
    async with region(folder, *names) as nodes, AsyncExitStack() as stack:
        for each in nodes:
            follower = Follower(each.node.casework)
            stack.push_async_callback(asyncio.to_thread, follower.close)
        yield nodes


def opened(by: Running, *others: Running) -> str:
    parties = [CaseParty(party_ref=by.own, economy="ME", roles=("national-csirt",))]
    parties += [CaseParty(party_ref=each.own, economy="AL", roles=("affected-entity",)) for each in others]
    opening = Opening(
        workflow="incident",
        title="Ransomware in two economies",
        parties=tuple(parties),
        facts={"kind": "incident", "severity": "red"},
    )
    return by.node.casework.open(Submitter(by.own, "officer", ALL_RIGHTS), opening)


def test_both_sides_of_a_partition_agree_once_they_are_joined(tmp_path: Path) -> None:
    async def run() -> None:
        async with offices(tmp_path, "here", "there") as (here, there):
            case = opened(here, there)
            await asyncio.to_thread(act, here, case, "triage", kind="incident", severity="red")
            await asyncio.to_thread(act, here, case, "declare")
            await until(lambda: len(events(there, case)) == 2, seconds=SECONDS)

            await there.down()
            await here.down()
            await asyncio.to_thread(act, here, case, "set", users=10)
            await asyncio.to_thread(act, here, case, "contain", mitigation="cut off")
            await asyncio.to_thread(act, here, case, "comment", text="written here")
            await asyncio.to_thread(act, there, case, "set", users=99)
            await asyncio.to_thread(act, there, case, "contain", mitigation="unplugged")
            await asyncio.to_thread(act, there, case, "comment", text="written there")
            assert len(events(here, case)) == len(events(there, case)) == 5
            await here.again()
            await there.again()

            await until(lambda: len(events(here, case)) == len(events(there, case)) == 8, seconds=SECONDS)
            one, other = fold(here, case), fold(there, case)
            assert one.state == other.state
            assert list(one.ordering) == list(other.ordering)
            assert one.state.state == "contained"
            (refused,) = one.state.refused.values()
            assert (refused.rule, refused.event in events(here, case)) == ("overtaken", True)
            assert "users" in one.state.conflicts
            assert {each.text for each in one.ordering if each.does == "comment"} == {"written here", "written there"}

            await asyncio.to_thread(act, here, case, "set", users=42)
            await until(lambda: fold(there, case).state.facts.get("users") == 42, seconds=SECONDS)
            assert fold(there, case).state.conflicts == {}

    asyncio.run(run())


def test_who_joins_at_another_node_is_given_the_case_by_those_who_wrote_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with offices(tmp_path, "here", "there", "third") as (here, there, third):
            case = opened(here, there)
            await asyncio.to_thread(act, here, case, "triage", kind="incident", severity="red")
            await until(lambda: len(events(there, case)) == 1, seconds=SECONDS)
            await asyncio.to_thread(act, there, case, "comment", text="nine servers")
            await until(lambda: len(events(here, case)) == 2, seconds=SECONDS)
            assert events(third, case) == set()
            assert third.node.casework.standings(third.node.clearance_of(third.own)) == ()

            join: dict[str, Any] = {"roles": ["national-csirt"], "economy": "RS"}
            await asyncio.to_thread(act, here, case, "join", third.own, **join)
            await until(lambda: len(events(third, case)) == 3, seconds=SECONDS)
            assert fold(third, case).state == fold(here, case).state
            clearance = third.node.clearance_of(third.own)
            await until(
                lambda: [each.id for each in third.node.casework.standings(clearance)] == [case], seconds=SECONDS
            )

            await asyncio.to_thread(act, third, case, "comment", text="the same here")
            await until(lambda: len(events(there, case)) == 4, seconds=SECONDS)

    asyncio.run(run())
