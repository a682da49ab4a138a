"""Who sees what in a network of processes, one of them on PostgreSQL and one behind another."""

import sqlite3
from contextlib import closing

import pytest
from tests.network.conftest import Mesh
from tests.network.processes import AMBER, CLEAR, GREEN, RED, STRICT, audience, indicator, until

from egnatia.trust.merkle import check_path, leaf

pytestmark = pytest.mark.network


def test_a_record_reaches_those_who_may_see_it_and_nobody_else(mesh: Mesh) -> None:
    to_rs, rs_only = audience(mesh.me, mesh.rs)
    to_al, al_only = audience(mesh.me, mesh.al)
    clear, green = indicator(CLEAR), indicator(GREEN)
    amber, red = indicator(AMBER, to_rs), indicator(RED, to_al)
    last = indicator(GREEN)
    mesh.me.submit(rs_only, al_only, clear[1], green[1], amber[1], red[1], last[1])
    expected = {
        mesh.me: {clear[0], green[0], amber[0], red[0], last[0]},
        mesh.rs: {clear[0], green[0], amber[0], last[0]},
        mesh.al: {clear[0], green[0], red[0], last[0]},
        mesh.bank: {clear[0], green[0], last[0]},
    }
    for member, wanted in expected.items():
        until(lambda member=member: member.sees(last[0]))  # type: ignore[misc]  # bound at once
        shown = {each for each, _ in (clear, green, amber, red, last) if member.record(each) is not None}
        assert shown == wanted, member.name
        public = {each for each, _ in (clear, green, amber, red, last) if member.record(each, anonymous=True)}
        assert public == {clear[0]}, member.name


def test_what_a_hub_relays_proves_its_origin_and_keeps_its_marking(mesh: Mesh) -> None:
    strict, amber, green = indicator(STRICT), indicator(AMBER), indicator(GREEN)
    mesh.rs.submit(strict[1], amber[1], green[1])
    until(lambda: mesh.bank.sees(amber[0], green[0]))
    assert mesh.me.sees(strict[0])
    assert not mesh.bank.sees(strict[0])
    with mesh.bank.open() as node:
        [row] = node.store.get(node.clearance_of(node.own), [green[0]])
        assert row.proof is not None
        [attestation] = node.store.attestations([row.proof.attestation]).values()
    assert (row.owner, attestation.node) == (mesh.rs.own, mesh.rs.node_id)
    found = leaf(row.owner, row.applied, row.body)
    assert check_path(found, row.proof.index, attestation.count, row.proof.path, attestation.root)
    with closing(sqlite3.connect(mesh.bank.home / "egnatia.db")) as database:
        [held] = database.execute("SELECT count(*) FROM names WHERE name = ?", (strict[0],)).fetchone()
    assert held == 0, "what the bank may not see has not even reached its disk"
