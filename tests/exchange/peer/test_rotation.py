"""New keys: a peer believes them when the old ones signed them, and nobody else's."""

import asyncio
from pathlib import Path

from tests.exchange.peer.region import PASSPHRASE, Running, id_of, indicator, region, until

from egnatia.exchange.peer.peers import Peers
from egnatia.exchange.submission import Right, Submitter
from egnatia.node import Node
from egnatia.trust import PrivateKeys


async def restarted(one: Running) -> None:
    """Comes back with what is in its data directory."""
    await one.down()
    one.node.close()
    one.node = Node.open(one.settings, PASSPHRASE)
    one.peers = Peers(one.node)
    await one.up()


def test_a_node_with_new_keys_that_its_old_ones_signed_goes_on_exchanging(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            before, after, back = indicator(), indicator(), indicator()
            await asyncio.to_thread(one.submit, before)
            await until(lambda: two.ids() == [id_of(before)])
            one.node.residence.rotate()
            await restarted(one)
            await asyncio.to_thread(one.submit, after)
            await asyncio.to_thread(two.submit, back)
            await until(lambda: id_of(after) in two.ids() and id_of(back) in one.ids(), seconds=30)
            assert len(two.node.cards.card(one.node.node_id).keys.all) == 2

    asyncio.run(scenario())


def test_a_node_whose_keys_were_exchanged_is_not_believed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            await until(lambda: two.contact(one).connected_since)
            await one.down()
            one.node.residence._keystore.add(one.node.node_id, PrivateKeys.generate())
            await one.again()
            await asyncio.to_thread(one.submit, indicator())
            await until(lambda: two.contact(one).troubles and not two.contact(one).connected_since, seconds=30)
            assert two.ids() == []

    asyncio.run(scenario())


def test_a_running_node_takes_up_what_the_command_line_changed_and_its_peers_see_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            await until(lambda: two.contact(one).connected_since)
            first = one.node.card.keys.current
            with Node.open(one.settings, PASSPHRASE) as beside:
                beside.residence.rotate()
                beside.residence.revoke(first.id, "a laptop was stolen")
            assert one.node.notice()
            assert not one.node.notice(), "once is enough"
            await one.peers.renewed()
            await until(lambda: first.id in two.node.cards.card(one.node.node_id).keys.revoked)
            body, back = indicator(), indicator()
            await asyncio.to_thread(one.submit, body)
            await asyncio.to_thread(two.submit, back)
            await until(lambda: id_of(body) in two.ids() and id_of(back) in one.ids())
            [row] = [row for row in two.rows() if row.id == id_of(body)]
            assert row.proof is not None
            [attestation] = two.node.store.attestations([row.proof.attestation]).values()
            assert attestation.signature.key == one.node.card.keys.current.verifying.id != first.verifying.id

    asyncio.run(scenario())


def test_an_organisation_that_the_command_line_added_is_on_the_card_before_its_records_travel(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            await until(lambda: two.contact(one).connected_since)
            ministry = "identity--00000000-0000-4000-8000-0000000000dd"
            with Node.open(one.settings, PASSPHRASE) as beside:
                beside.host(ministry, "A ministry", "AL")
            body = indicator()
            submitter = Submitter(ministry, "test", frozenset(Right))
            await asyncio.to_thread(one.node.admission.submit([body], submitter).result, 30)
            await until(lambda: id_of(body) in two.ids())
            assert not two.contact(one).refused
            assert not two.contact(one).lies

    asyncio.run(scenario())
