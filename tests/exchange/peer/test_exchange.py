"""Real nodes on loopback, in one process: what one publishes, those who may see it have, and nobody else."""

import asyncio
import time
from pathlib import Path

import pytest
from tests.exchange.peer.region import (
    CLEAR,
    RED,
    Running,
    acquaint,
    audience,
    id_of,
    indicator,
    make,
    pair,
    recall,
    region,
    until,
)

from egnatia.exchange.peer import publishing
from egnatia.exchange.peer.feed import Feed, Reader
from egnatia.exchange.peer.publishing import Load, Loaded
from egnatia.store import Known


def test_a_record_reaches_every_peer_who_may_see_it_and_nobody_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two", "three") as (one, two, three):
            shared, kept = indicator("for all"), indicator("for nobody else", marking=RED)
            await asyncio.to_thread(one.submit, shared, kept)
            await until(lambda: id_of(shared) in two.ids() and id_of(shared) in three.ids())
            later = indicator("after both")
            await asyncio.to_thread(one.submit, later)
            await until(lambda: id_of(later) in two.ids() and id_of(later) in three.ids())
            assert two.ids() == three.ids() == [id_of(shared), id_of(later)], "what came before the last has not come"
            assert one.ids() == [id_of(shared), id_of(kept), id_of(later)]
            row = next(row for row in two.rows() if row.id == id_of(shared))
            assert row.body == shared
            assert row.owner == one.own

    asyncio.run(scenario())


class SlowFeed(Feed):
    """Takes its time over what is old, so that there is time for something new to come meanwhile."""

    async def load(self, reader: Reader, load: Load, *, told: set[str]) -> tuple[Loaded, tuple[int, ...]]:
        if load.lane == "backlog":
            await asyncio.sleep(0.1)
        return await super().load(reader, load, told=told)


def test_what_was_published_before_a_peer_came_arrives_and_live_records_overtake_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "JUMP", 300)

    async def scenario() -> None:
        async with region(tmp_path, "one", "two", mesh=False) as (one, two):
            one.peers._feed.__class__ = SlowFeed
            await asyncio.to_thread(one.submit, *(indicator(marking=CLEAR) for _ in range(3_000)))
            pair(one, two)
            await until(two.ids)
            late = indicator("late")
            await asyncio.to_thread(one.submit, late)
            await until(lambda: id_of(late) in two.ids())
            await until(lambda: len(two.ids()) == 3_001)
            assert two.ids().index(id_of(late)) < 3_000
            assert sorted(two.ids()) == sorted(one.ids())
            assert two.node.store.cursor(one.node.node_id).gaps == ()

    asyncio.run(scenario())


def test_after_an_outage_the_feed_goes_on_where_it_was(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            first, second, third = indicator(), indicator(), indicator()
            await asyncio.to_thread(one.submit, first)
            await until(lambda: two.ids() == [id_of(first)])
            await two.down()
            await asyncio.to_thread(one.submit, second)
            await two.again()
            await until(lambda: two.ids() == [id_of(first), id_of(second)])
            await one.down()
            await asyncio.to_thread(one.submit, third)
            await one.again()
            two.peers.poke()
            await until(lambda: two.ids() == [id_of(first), id_of(second), id_of(third)])
            assert two.contact(one).duplicates == 0

    asyncio.run(scenario())


def test_the_owner_sees_who_has_received_what(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two", "three") as (one, two, three):
            await until(lambda: one.contact(three).acknowledged and one.contact(two).acknowledged)
            await three.down()
            body, before = indicator(), time.time()
            position = (await asyncio.to_thread(one.submit, body)).accepted[0].position
            await until(lambda: one.peers.acknowledgements.of(position))
            (received,) = one.peers.acknowledgements.of(position)
            assert received.node == two.node.node_id
            assert before <= received.at / 1e6 <= time.time()
            await three.again()
            await until(lambda: len(one.peers.acknowledgements.of(position)) == 2)

    asyncio.run(scenario())


def test_a_node_that_stops_has_said_what_it_has_stored(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            body = indicator()
            position = (await asyncio.to_thread(one.submit, body)).accepted[0].position
            await until(lambda: two.ids() == [id_of(body)])
            await two.down()
            assert [each.node for each in one.peers.acknowledgements.of(position)] == [two.node.node_id]

    asyncio.run(scenario())


def test_older_records_come_when_an_organisation_becomes_a_member(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two", mesh=False) as (one, two):
            one.node.store.organisations.put(Known(two.own, "two", "other", member=False))
            one.node.facts.forget()
            pair(one, two)
            body, public = indicator(), indicator(marking=CLEAR)
            await asyncio.to_thread(one.submit, body, public)
            await until(lambda: id_of(public) in two.ids())
            assert id_of(body) not in two.ids()
            acquaint(one, two)
            await until(lambda: id_of(body) in two.ids())

    asyncio.run(scenario())


def test_a_pairing_that_is_paused_stops_both_ways_and_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            await until(lambda: two.contact(one).connected_since and one.contact(two).connected_since)
            one.peers.pairings.pause(two.node.node_id)
            await until(lambda: not one.contact(two).connected_since and not two.contact(one).connected_since)
            body = indicator()
            await asyncio.to_thread(one.submit, body)
            troubles = two.contact(one).troubles
            two.peers.poke()
            await until(lambda: two.contact(one).troubles != troubles)
            assert two.ids() == [], "it has asked once more, in vain"
            one.peers.pairings.resume(two.node.node_id)

            def arrived() -> bool:
                two.peers.poke()  # it waits longer and longer by itself
                return two.ids() == [id_of(body)]

            await until(arrived)

    asyncio.run(scenario())


def test_who_is_not_confirmed_on_both_sides_gets_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two", mesh=False) as (one, two):
            two.peers.pairings.accept(one.peers.pairings.invite())
            two.peers.pairings.confirm(one.node.node_id)
            one.peers.pairings.accept(two.peers.pairings.invite())
            await asyncio.to_thread(one.submit, indicator(marking=CLEAR))
            await until(lambda: two.contact(one).troubles)
            assert "403" in two.contact(one).troubles[0].what
            assert two.ids() == []

    asyncio.run(scenario())


def test_a_recall_hides_at_every_peer_and_is_answered(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two", "three") as (one, two, three):
            body = indicator()
            await asyncio.to_thread(one.submit, body)
            await until(lambda: two.ids() and three.ids())
            await three.down()
            outcome = await asyncio.to_thread(one.submit, recall(one, id_of(body)))
            assert not outcome.refused
            await until(lambda: two.ids() == [])
            await until(lambda: len(one.ids("receipt")) == 1)
            assert three.ids() == [id_of(body)]
            await three.again()
            await until(lambda: three.ids() == [])
            await until(lambda: len(one.ids("receipt")) == 2)
            assert two.ids("receipt") != three.ids("receipt")

    asyncio.run(scenario())


def test_a_recall_that_was_obeyed_before_a_crash_is_answered_after_it(tmp_path: Path) -> None:
    async def nothing(_obeyed: object) -> None:
        """The node is gone before it can answer."""

    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            body = indicator()
            await asyncio.to_thread(one.submit, body)
            await until(two.ids)
            await two.down()
            two.peers._answer = nothing  # type: ignore[method-assign,assignment]  # for this life
            await two.up()
            await asyncio.to_thread(one.submit, recall(one, id_of(body)))
            await until(lambda: two.ids() == [])
            await two.down()
            await two.again()
            await until(lambda: len(one.ids("receipt")) == 1)
            await two.down()
            await two.again()
            await until(lambda: two.contact(one).connected_since)
            assert len(two.ids("receipt")) == 1

    asyncio.run(scenario())


def test_a_record_handed_in_with_its_recall_is_hidden_wherever_it_arrives(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            body, later = indicator(), indicator()
            outcome = await asyncio.to_thread(one.submit, body, recall(one, id_of(body)))
            assert not outcome.refused
            await asyncio.to_thread(one.submit, later)
            await until(lambda: id_of(later) in two.ids())
            assert two.ids() == [id_of(later)]
            await until(lambda: len(one.ids("receipt")) == 1)

    asyncio.run(scenario())


def test_a_member_behind_a_hub_receives_what_the_hub_relays_with_its_origin(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "origin", "hub", "bank", mesh=False) as (origin, hub, bank):
            pair(origin, hub)
            pair(bank, hub, scope="all")
            body = indicator()
            await asyncio.to_thread(origin.submit, body)
            await until(lambda: bank.ids() == [id_of(body)])
            row = next(row for row in bank.rows() if row.id == id_of(body))
            assert row.owner == origin.own
            assert origin.ids() == [id_of(body)]

    asyncio.run(scenario())


def test_audit_heads_are_countersigned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("egnatia.exchange.peer.peers.CHECKPOINT_SECONDS", 0.3)

    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            await asyncio.to_thread(one.submit, indicator())
            await until(lambda: one.contact(two).countersigned and two.contact(one).countersigned)
            assert all("Connect" in trouble.what for trouble in one.contact(two).troubles)

    asyncio.run(scenario())


def test_an_invitation_that_was_changed_on_its_way_is_refused(tmp_path: Path) -> None:
    one, two = make(tmp_path, "one"), make(tmp_path, "two")
    try:
        text = one.peers.pairings.invite()
        middle = len(text) // 2
        with pytest.raises(ValueError, match=r"checksum|characters"):
            two.peers.pairings.accept(text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :])
        with pytest.raises(KeyError):
            two.peers.pairings.confirm(one.node.node_id)
        assert two.peers.pairings.all() == ()
    finally:
        one.node.close()
        two.node.close()


def on_disk(node: Running) -> bytes:
    """Everything in a node's data directory: the database, its log, and whatever else."""
    return b"".join(path.read_bytes() for path in node.settings.data.rglob("*") if path.is_file())


def test_what_is_for_a_bank_alone_passes_its_hub_sealed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "origin", "hub", "bank", mesh=False) as (origin, hub, bank):
            pair(origin, hub, scope="all")
            pair(bank, hub, scope="all")
            marking, secret = audience(origin, bank.own), indicator("for the bank alone", marking=RED)
            await asyncio.to_thread(origin.submit, marking)
            body = indicator("for the bank alone", object_marking_refs=[RED, id_of(marking)])
            await asyncio.to_thread(origin.submit, body, secret)
            await until(lambda: bank.ids() == [id_of(body)], seconds=20)
            row = next(row for row in bank.rows() if row.id == id_of(body))
            assert (row.body, row.owner) == (body, origin.own)
            assert hub.ids() == []
            carried = [row for row in hub.rows() if row.type == "sealed-record"]
            assert carried
            assert not any(b"for the bank" in row.body for row in hub.rows())
            assert b"for the bank alone" in on_disk(bank), "the words stand on a disk as they are"
            for hidden in (b"for the bank alone", id_of(body).encode(), id_of(secret).encode()):
                assert hidden not in on_disk(hub)
            taken_back = await asyncio.to_thread(origin.submit, recall(origin, id_of(body)))
            assert not taken_back.refused
            await until(lambda: bank.ids() == [], seconds=20)
            assert not [row for row in hub.rows() if row.type == "recall"]

    asyncio.run(scenario())
