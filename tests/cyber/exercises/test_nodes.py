"""An exercise over several real nodes: led at a hub, played at two economies' nodes, and unknown to a fourth."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest
from tests.cyber.exercises.playing import SMALL
from tests.exchange.peer.region import CLEAR, Running, indicator, pair, region, until

from egnatia.casework.follower import Follower
from egnatia.casework.registry import Deed, Opening, Unknown
from egnatia.cyber.exercises.conductor import conduct
from egnatia.cyber.exercises.exercises import Plan, within
from egnatia.cyber.exercises.game import Game
from egnatia.cyber.exercises.score import Status, scores
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.policy import EVERY, clearance_within
from egnatia.record.case import CaseParty

SECONDS = 60.0


@asynccontextmanager
async def stage(folder: Path, *, star: bool = False) -> AsyncIterator[list[Running]]:
    """A hub, two economies and a bystander; in a star the hub alone is paired, and passes on."""
    names = ("hub", "albania", "serbia", "bystander")
    async with region(folder, *names, mesh=not star) as nodes, AsyncExitStack() as stack:
        if star:
            for each in nodes[1:]:
                pair(nodes[0], each, scope="all", back="all")
        for each in nodes:
            follower = Follower(each.node.casework)
            stack.push_async_callback(asyncio.to_thread, follower.close)
        yield nodes


def who(at: Running, name: str = "officer") -> Submitter:
    return Submitter(at.own, name, ALL_RIGHTS)


def planned(hub: Running, albania: Running, serbia: Running) -> str:
    plan = Plan(text=SMALL, cast={"albania": (albania.own,), "serbia": (serbia.own,)})
    word = hub.node.exercises.plan(who(hub), plan)
    hub.node.exercises.do(who(hub), word, "begin")
    return word


def seen(at: Running, word: str) -> Game | None:
    return at.node.exercises.game(at.own, word)


def is_running(at: Running, word: str) -> bool:
    game = seen(at, word)
    return game is not None and game.state == "running"


def holds(at: Running, ident: str) -> bool:
    return ident in everything(at)


def received(at: Running, word: str) -> set[str]:
    game = seen(at, word)
    return {each.name for each in game.received} if game is not None else set()


def everything(at: Running) -> set[str]:
    """The ids of all that a node holds of any exercise for its organisation."""
    clearance = clearance_within(at.node.clearance_of(at.own), EVERY)
    return {row.id for row in at.node.store.changes(clearance, 0, 1_000).rows}


@pytest.mark.parametrize("star", [False, True], ids=["mesh", "star"])
def test_an_exercise_is_played_over_three_nodes(tmp_path: Path, star: bool) -> None:
    asyncio.run(_played(tmp_path, star=star))


async def _played(tmp_path: Path, *, star: bool) -> None:
    async with stage(tmp_path, star=star) as (hub, albania, serbia, bystander):
        word = planned(hub, albania, serbia)
        for each in (albania, serbia):
            await until(partial(is_running, each, word), seconds=SECONDS)
        hub.node.exercises.do(who(hub), word, "skip", minutes=40)
        assert conduct(hub.node.exercises, datetime.now(UTC)) == 1
        await until(lambda: received(serbia, word) == {"call"}, seconds=SECONDS)
        assert received(albania, word) == set()
        hub.node.exercises.do(who(hub), word, "skip", minutes=25)
        assert conduct(hub.node.exercises, datetime.now(UTC)) == 1
        await until(lambda: received(albania, word) == {"finding"}, seconds=SECONDS)
        # Every node folds the same time from the same steps.
        now = datetime.now(UTC) + timedelta(minutes=1)
        await until(lambda: len({game.clock for each in (hub, albania, serbia) if (game := seen(each, word))}) == 1)
        clocks = [game.clock.at(now) for each in (hub, albania, serbia) if (game := seen(each, word))]
        assert len(set(clocks)) == 1

        opening = Opening(
            workflow="incident",
            title="The file server stands still",
            parties=(
                CaseParty(party_ref=serbia.own, economy="RS", roles=("affected-entity",)),
                CaseParty(party_ref=albania.own, economy="AL", roles=("national-csirt",)),
            ),
            exercise=word,
        )
        case = serbia.node.casework.open(within(who(serbia), word), opening)
        fields = {"suspected_malicious": True, "cross_border": True}
        deed = Deed(does="submit", about=("early-warning",), fields=fields)
        serbia.node.casework.act(within(who(serbia), word), case, deed)
        inside = albania.node.exercises.clearance(albania.own, word)
        await until(lambda: albania.node.store.get(inside, [case]), seconds=SECONDS)
        await until(lambda: albania.node.casework.fold(inside, case).state.submissions, seconds=SECONDS)
        reply = Deed(does="comment", text="Received")
        albania.node.casework.act(within(who(albania), word), case, reply)

        def standing() -> dict[str, Status]:
            game = seen(hub, word)
            assert game is not None
            evidence = hub.node.exercises.evidence(hub.own, game)
            found = scores(game, evidence, game.clock.at(datetime.now(UTC)) or datetime.now(UTC))
            by_name = {each.expectation.name: each.status for each in found.results}
            return by_name | {each.handover.name: each.status for each in found.handovers}

        await until(lambda: standing()["to-albania"] is Status.MET, seconds=SECONDS)
        assert standing()["warning"] is Status.MET

        # Nothing of it is anywhere at the bystander's, nor in what is real at anybody's.
        bystander.submit(indicator("a real one", marking=CLEAR))
        await until(hub.ids, seconds=SECONDS)
        assert everything(bystander) == set()
        with pytest.raises(Unknown):
            bystander.node.casework.fold(clearance_within(bystander.node.clearance_of(bystander.own), EVERY), case)
        for each in (hub, albania, serbia, bystander):
            assert not [row for row in each.rows() if row.label.exercise or row.type in {"case", "case-event"}]
            assert each.node.casework.standings(each.node.clearance_of(each.own)) == ()


def test_what_a_player_shares_reaches_the_players_alone(tmp_path: Path) -> None:
    asyncio.run(_shared(tmp_path))


async def _shared(tmp_path: Path) -> None:
    async with stage(tmp_path) as (hub, albania, serbia, bystander):
        word = planned(hub, albania, serbia)
        await until(lambda: seen(albania, word), seconds=SECONDS)
        marking = albania.node.exercises.marking(word)
        player = msgspec.structs.replace(within(who(albania), word), marking=marking)
        made = indicator("played", marking=CLEAR, created_by_ref=albania.own)
        assert not albania.node.admission.submit([made], player).result(30).refused
        real = indicator("real", marking=CLEAR, created_by_ref=albania.own)
        albania.submit(real)
        for each in (hub, serbia, bystander):
            await until(each.ids, seconds=SECONDS)
        ident = msgspec.json.decode(made)["id"]
        for each in (hub, serbia):
            await until(partial(holds, each, ident), seconds=SECONDS)
        assert ident not in everything(bystander)
        for each in (hub, serbia, bystander):
            assert ident not in each.ids()
