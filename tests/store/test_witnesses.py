"""Signed heads of logs are kept by whose log they are of, and thinned by age."""

from egnatia.store import Store
from egnatia.trust import SigningKeys
from egnatia.trust.audit import DAY, AuditRow, Countersignature, checkpoint, countersign

KEYS = SigningKeys.generate()


def signed(node: str, seq: int, at: int) -> Countersignature:
    row = AuditRow(seq, at, "", "", "", "", b"", bytes(32))
    return countersign(checkpoint(row, KEYS, node=node, at=at), KEYS, peer="node--witness", at=at)


def test_what_was_signed_for_one_peer_is_apart_from_what_was_for_another(store: Store) -> None:
    for node, seq in (("node--a", 9), ("node--b", 3), ("node--a", 10), ("node--a", 100)):
        store.witnesses.give(signed(node, seq, seq))
    assert [each.checkpoint.seq for each in store.witnesses.given("node--a")] == [9, 10, 100]
    assert [each.checkpoint.seq for each in store.witnesses.given("node--b")] == [3]
    assert store.witnesses.given("node--") == ()


def test_of_the_past_one_a_day_is_kept_of_each_series(store: Store) -> None:
    now = 100 * DAY
    for seq, at in enumerate((now - 3 * DAY, now - 3 * DAY + 1, now - 2 * DAY, now - 1, now), 1):
        one = signed("node--a", seq, at)
        store.witnesses.give(one)
        store.witnesses.countersign(one)
        store.witnesses.checkpoint(one.checkpoint)
    store.witnesses.give(signed("node--b", 1, now - 3 * DAY))
    store.witnesses.thin(now)
    assert [each.checkpoint.seq for each in store.witnesses.given("node--a")] == [2, 3, 4, 5]
    assert [each.checkpoint.seq for each in store.witnesses.given("node--b")] == [1]
    assert [each.checkpoint.seq for each in store.witnesses.countersignatures] == [2, 3, 4, 5]
    assert [each.seq for each in store.witnesses.checkpoints] == [2, 3, 4, 5]
