"""What keeps a node honest: keys that continue each other, and an account of events that its peers have signed."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.network.conftest import Mesh
from tests.network.processes import GREEN, Member, indicator, until

from egnatia.trust import Card, audit

pytestmark = pytest.mark.network


def test_peer_status_tells_how_the_exchange_stands(mesh: Mesh) -> None:
    record, body = indicator(GREEN)
    mesh.me.submit(body)
    until(lambda: mesh.rs.sees(record) and mesh.bank.sees(record))

    def stands() -> bool:
        shown = mesh.rs.command("peer", "status")
        assert [each["state"] for each in shown] == ["confirmed"] * 2
        [me] = [each for each in shown if each["name"] == "me"]
        return me["lag"] == 0 and me["received"] > 0 and bool(me["last_contact"]) and not me["error"]

    until(stands)
    [me] = mesh.bank.command("peer", "status")
    assert me["received"] > 0


def test_new_keys_are_taken_up_by_a_running_node_and_believed_by_its_peers(mesh: Mesh) -> None:
    before, body = indicator(GREEN)
    mesh.rs.submit(body)
    until(lambda: mesh.bank.sees(before))
    rotated = mesh.rs.command("key", "rotate")
    assert rotated["replaced"] == 1
    until(lambda: _keys_shown(mesh.me, mesh.rs) == _keys_shown(mesh.al, mesh.rs) == 2)
    until(lambda: _attesting(mesh.rs) == _current(mesh.rs))
    after, body = indicator(GREEN)
    mesh.rs.submit(body)
    back, body = indicator(GREEN)
    mesh.me.submit(body)
    until(lambda: mesh.me.sees(after) and mesh.al.sees(after) and mesh.bank.sees(after) and mesh.rs.sees(back))
    until(lambda: not any(each["error"] for each in mesh.al.command("peer", "status")))


def _keys_shown(at: Member, of: Member) -> int:
    """How many keys a node is known by elsewhere."""
    with at.open() as node:
        [card] = [each.card for each in node.pairings.all() if each.node == of.node_id]
    return len(msgspec.msgpack.decode(card.body, type=Card).keys.all)


def _current(member: Member) -> str:
    with member.open() as node:
        return node.card.keys.current.verifying.id


def _attesting(member: Member) -> str:
    """The key with which the running node attests now."""
    record, body = indicator(GREEN)
    member.submit(body)
    with member.open() as node:
        [row] = node.store.get(node.clearance_of(node.own), [record])
        assert row.proof is not None
        [attestation] = node.store.attestations([row.proof.attestation]).values()
    return attestation.signature.key


def test_an_organisation_added_to_a_running_node_publishes_at_once(mesh: Mesh) -> None:
    added = mesh.al.command("org", "add", "--name", "A ministry", "--economy", "AL", "--account")["id"]
    issued = mesh.al.command("token", "create", "desk", "--right", "submit", "--right", "read", "--for", added)
    ministry = replace(mesh.al, own=added, token=issued["token"])
    record, body = indicator(GREEN)
    ministry.submit(body)
    until(lambda: mesh.me.sees(record) and mesh.rs.sees(record))
    shown = mesh.me.record(record)
    assert shown is not None
    assert shown["owner"] == added


def test_audit_logs_are_whole_and_every_peer_agrees(mesh: Mesh) -> None:
    for member, peers in ((mesh.al, 2), (mesh.bank, 1)):
        until(lambda member=member, peers=peers: len(_agreeing(member)) == peers)  # type: ignore[misc]  # bound at once
        found = member.command("audit", "verify")
        assert found["findings"] == []
        assert found["rows"] > 5
        assert [each["trouble"] for each in found["peers"]] == [""] * peers


def _agreeing(member: Member) -> set[str]:
    with member.open() as node:
        return {each.peer for each in node.store.witnesses.countersignatures}


def test_a_log_rewritten_by_its_administrator_is_found_by_what_the_peers_keep(mesh: Mesh, tmp_path: Path) -> None:
    """All rows chained anew, no checkpoint and no countersignature left; done to a copy of the stopped node."""
    until(lambda: len(_agreeing(mesh.rs)) == 2)
    mesh.rs.stop()
    copy = replace(mesh.rs, home=tmp_path / "rs", client=httpx.Client())
    copy.client.close()
    shutil.copytree(mesh.rs.home, copy.home)
    mesh.rs.start()
    with copy.open() as node:
        rows = list(node.store.audit_rows())
    rewritten: list[audit.AuditRow] = []
    for row in rows:
        told = msgspec.structs.replace(row, detail="nothing") if row.seq == 5 else row
        rewritten.append(audit.chain(rewritten[-1] if rewritten else None, told, row.at))
    with closing(sqlite3.connect(copy.home / "egnatia.db")) as database, database:
        database.executemany(
            "UPDATE audit SET detail = ?, previous = ?, digest = ? WHERE seq = ?",
            [(row.detail, row.previous, row.digest, row.seq) for row in rewritten],
        )
        database.execute("DELETE FROM kept WHERE kind IN ('checkpoint', 'countersignature')")
    assert copy.command("audit", "verify", "--offline")["findings"] == [], "at home nothing shows"
    found = copy.command("audit", "verify", ok=1)["findings"]
    assert {each["wrong"] for each in found} == {"rewritten"}
    for peer in (mesh.me, mesh.al):
        assert any(peer.node_id in each["why"] for each in found)
    until(mesh.rs.ready)
