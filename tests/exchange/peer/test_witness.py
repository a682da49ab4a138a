"""An administrator who rewrites the audit log and leaves no trace of it at home is found by what the peers kept."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from tests.exchange.peer.region import Running, id_of, indicator, region, until

from egnatia.exchange.peer.witness import Heard
from egnatia.trust import Finding, PrivateKeys, audit
from egnatia.trust.audit_check import Wrong


def rewrite(node: Running, change: Callable[[list[audit.AuditRow]], list[audit.AuditRow]]) -> None:
    """As the administrator would: another log, chained and signed anew, and no word of the peers left."""
    rows = change(list(node.node.store.audit_rows()))
    chained: list[audit.AuditRow] = []
    for row in rows:
        chained.append(audit.chain(chained[-1] if chained else None, row, row.at))
    with closing(sqlite3.connect(node.settings.data / "egnatia.db")) as database, database:
        database.execute("DELETE FROM kept WHERE kind IN ('checkpoint', 'countersignature')")
        database.execute("DELETE FROM audit")
        database.executemany(
            "INSERT INTO audit (seq, at, actor, action, subject, detail, previous, digest) VALUES (?,?,?,?,?,?,?,?)",
            [(r.seq, r.at, r.actor, r.action, r.subject, r.detail, r.previous, r.digest) for r in chained],
        )


def without_the_third(rows: list[audit.AuditRow]) -> list[audit.AuditRow]:
    return rows[:2] + rows[3:]


def with_another_third(rows: list[audit.AuditRow]) -> list[audit.AuditRow]:
    return [*rows[:2], replace(rows[2], detail="nothing to see here"), *rows[3:]]


def cut_off(rows: list[audit.AuditRow]) -> list[audit.AuditRow]:
    return rows[:4]


async def heard(node: Running) -> tuple[Heard, ...]:
    return await asyncio.to_thread(node.node.hear_witnesses)


async def findings(node: Running) -> list[Finding]:
    return node.node.audit_findings(await heard(node))


async def countersigned(one: Running, *others: Running) -> None:
    """Every peer has signed the head of `one` and told it so."""
    peers = {other.node.node_id for other in others}
    await until(lambda: {each.peer for each in one.node.store.witnesses.countersignatures} == peers)


@pytest.mark.parametrize("change", [without_the_third, with_another_third, cut_off])
def test_a_log_rewritten_by_its_administrator_contradicts_what_its_peers_kept(
    tmp_path: Path, change: Callable[[list[audit.AuditRow]], list[audit.AuditRow]]
) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two", "three") as (one, two, three):
            await asyncio.to_thread(one.submit, indicator())
            await countersigned(one, two, three)
            assert await findings(one) == []
            await one.down()
            rewrite(one, change)
            assert one.node.audit_findings() == [], "at home nothing shows"
            found = await findings(one)
            assert {each.wrong for each in found} <= {Wrong.REWRITTEN, Wrong.TRUNCATED}
            assert all(any(peer.node.node_id in each.why for each in found) for peer in (two, three))

    asyncio.run(scenario())


def test_peers_that_have_signed_the_new_log_as_well_still_know_the_old_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            await countersigned(one, two)
            await one.down()
            rewrite(one, with_another_third)
            one.node.note("as if nothing had happened")
            await one.again()
            two.peers.poke()
            await countersigned(one, two)
            assert len(two.node.store.witnesses.given(one.node.node_id)) == 2
            assert one.node.audit_findings() == []
            assert [each.wrong for each in await findings(one)] == [Wrong.REWRITTEN]

    asyncio.run(scenario())


def test_a_peer_notices_by_itself_that_a_log_which_it_has_signed_was_rewritten(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            await countersigned(one, two)
            await one.down()
            rewrite(one, with_another_third)
            await one.again()
            two.peers.poke()
            await until(lambda: [r.actor for r in two.node.store.audit_rows() if r.action == "contradiction"])
            assert two.contact(one).contradicted
            assert not two.contact(one).lies
            body = indicator()
            await asyncio.to_thread(one.submit, body)
            await until(lambda: two.ids() == [id_of(body)])
            await two.peers._save()
            [status] = two.node.peers()
            assert "rewritten" in status.error

    asyncio.run(scenario())


def test_a_peer_that_hands_back_what_was_never_signed_accuses_nobody(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two") as (one, two):
            await countersigned(one, two)
            head = one.node.store.last_audit_row()
            assert head is not None
            slander = audit.checkpoint(
                replace(head, seq=2, digest=bytes(32)), PrivateKeys.generate().signing, node=one.node.node_id, at=1
            )
            witness = audit.countersign(slander, two.node.keys.signing, peer=two.node.node_id, at=1)
            two.node.store.witnesses.give(witness)
            (said,) = await heard(one)
            assert said.given == ()
            assert said.trouble
            assert one.node.audit_findings([said]) == []

    asyncio.run(scenario())


def test_a_peer_that_is_away_is_named(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two", "three") as (one, two, three):
            await countersigned(one, two, three)
            await two.down()
            said = {each.node: each for each in await heard(one)}
            assert "Connect" in said[two.node.node_id].trouble
            assert said[three.node.node_id].given

    asyncio.run(scenario())


def test_a_stranger_is_told_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with region(tmp_path, "one", "two", mesh=False) as (one, two):
            two.peers.pairings.accept(one.peers.pairings.invite())
            two.peers.pairings.confirm(one.node.node_id)
            (said,) = await heard(two)
            assert "403" in said.trouble
            async with httpx.AsyncClient() as client:
                answered = await client.post(f"{one.settings.public_url}/peer/witness", content=b"\0" * 50)
            assert answered.status_code == 403

    asyncio.run(scenario())
