"""What keeps a node honest: keys that continue each other, and an account of events that its peers have signed."""

import pytest
from tests.network.conftest import Mesh
from tests.network.processes import GREEN, Member, indicator, until

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("network")]


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


def test_every_audit_log_is_whole_and_countersigned(mesh: Mesh) -> None:
    for member in mesh.members:
        until(lambda member=member: _countersigned(member))  # type: ignore[misc]  # bound at once
        found = member.command("audit", "verify")
        assert found["findings"] == []
        assert found["rows"] > 10


def _countersigned(member: Member) -> bool:
    with member.open() as node:
        return bool(node.store.witnesses.countersignatures)
