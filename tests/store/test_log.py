"""What goes into the log comes out of it, once, in order, durable."""

import threading

import msgspec
import pytest
from tests.store.building import (
    SKOPJE,
    TIRANA,
    attested,
    batch,
    being_signed,
    clear,
    green,
    keys,
    member,
    record,
    record_id,
    red,
)

from egnatia.policy import PUBLIC
from egnatia.store import Query, Store
from egnatia.trust import check_proof, digest, leaf
from egnatia.trust.attesting import sign


def test_what_is_appended_is_read_in_the_order_of_its_positions(store: Store) -> None:
    appended = store.append(batch(record(1), record(2), record(3), label=clear(TIRANA))).result()
    page = store.changes(PUBLIC, 0, 10)
    assert appended.positions == (1, 2, 3)
    assert [row.id for row in page.rows] == [record_id(1), record_id(2), record_id(3)]
    assert (page.next, page.more) == (3, False)


def test_a_row_carries_its_bytes_and_the_proof_of_where_it_came_from(store: Store) -> None:
    given = batch(record(1), record(2), label=clear(TIRANA), applied=("marking-definition--x",))
    store.append(given).result()
    for row, entry in zip(store.changes(PUBLIC, 0, 10).rows, given.entries, strict=True):
        assert (row.body, row.proof, row.applied) == (entry.record.body, entry.proof, entry.applied)
        assert (row.type, row.owner, row.version) == ("malware", TIRANA, entry.record.version)


def test_the_same_record_again_is_no_news(store: Store) -> None:
    store.append(batch(record(1))).result()
    again = store.append(batch(record(1), record(2))).result()
    assert again.positions == (0, 2)
    assert again.conflicts == ()


def test_other_bytes_under_a_known_version_are_a_conflict_and_change_nothing(store: Store) -> None:
    store.append(batch(record(1, name="first"), label=clear(TIRANA))).result()
    forged = store.append(batch(record(2), record(1, name="second"), label=clear(TIRANA))).result()
    assert forged.positions == (2, 0)
    assert forged.conflicts == (1,)
    assert b"first" in store.changes(PUBLIC, 0, 10).rows[0].body


def test_two_owners_may_have_a_record_of_one_id(store: Store) -> None:
    store.append(batch(record(1), label=clear(TIRANA))).result()
    store.append(batch(record(1), label=clear(SKOPJE))).result()
    assert [row.owner for row in store.changes(PUBLIC, 0, 10).rows] == [TIRANA, SKOPJE]


def test_time_grows_with_every_row(store: Store) -> None:
    for start in range(0, 30, 10):
        store.append(batch(*(record(start + i) for i in range(10)), label=clear(TIRANA)))
    store.append(batch(record(99))).result()
    times = [row.at for row in store.changes(member(TIRANA), 0, 100).rows]
    assert len(times) == 31
    assert times == sorted(set(times))


def test_what_a_reader_may_not_see_is_skipped_and_the_next_page_begins_behind_it(store: Store) -> None:
    store.append(batch(record(1), label=green(TIRANA)))
    store.append(batch(record(2), label=red(TIRANA))).result()
    assert store.changes(PUBLIC, 0, 10).rows == ()
    assert store.changes(PUBLIC, 0, 10).next == 2
    assert [row.id for row in store.changes(member(SKOPJE), 0, 10).rows] == [record_id(1)]
    assert len(store.changes(member(TIRANA), 0, 10).rows) == 2


def test_pages_follow_each_other_without_a_gap_in_both_directions(store: Store) -> None:
    store.append(batch(*(record(i) for i in range(25)), label=clear(TIRANA))).result()
    for newest_first in (False, True):
        query, after, read = Query(newest_first=newest_first), 0, []
        while True:
            page = store.changes(PUBLIC, after, 7, query)
            read += [row.position for row in page.rows]
            after = page.next
            if not page.more:
                break
        assert read == sorted(range(1, 26), reverse=newest_first)


def test_a_batch_that_cannot_be_kept_fails_alone(store: Store) -> None:
    good = [store.append(batch(record(i), label=clear(TIRANA))) for i in range(5)]
    bad = store.append(batch(record(50, refs=[("source_ref", "malware--\0")]), label=clear(TIRANA)))
    good += [store.append(batch(record(i), label=clear(TIRANA))) for i in range(5, 10)]
    with pytest.raises(ValueError, match="identifier"):
        bad.result()
    assert all(future.result().positions for future in good)
    assert len(store.changes(PUBLIC, 0, 100).rows) == 10


def test_an_entry_without_its_attestation_is_refused(store: Store) -> None:
    given = batch(record(1))
    with pytest.raises(ValueError, match="attestation"):
        store.append(type(given)(given.entries)).result()


def test_a_batch_is_stored_with_the_attestation_that_is_signed_meanwhile(store: Store) -> None:
    given, done = being_signed(record(1), record(2), label=clear(TIRANA))
    stored = store.append(given)
    attestation = sign(attested(given), keys())
    done.set_result(attestation)
    assert stored.result().positions == (1, 2)
    for row in store.changes(PUBLIC, 0, 10).rows:
        assert row.proof is not None
        check_proof(leaf(TIRANA, (), row.body), row.proof, attestation)
        assert store.attestations([row.proof.attestation]) == {digest(attestation): attestation}


def test_batches_that_are_attested_together_may_be_committed_one_after_the_other(store: Store) -> None:
    label = clear(TIRANA)
    both, signed = being_signed(record(1), record(2), label=label)
    signed.set_result(sign(attested(both), keys()))
    for entry in both.entries:
        store.append(msgspec.structs.replace(both, entries=(entry,))).result()
    rows = store.changes(PUBLIC, 0, 10).rows
    assert [row.id for row in rows] == [record_id(1), record_id(2)]
    names = {row.proof.attestation for row in rows if row.proof}
    assert set(store.attestations(names)) == names
    assert len(names) == 1


def test_what_cannot_be_signed_is_not_stored_and_fails_alone(store: Store) -> None:
    given, done = being_signed(record(1), label=clear(TIRANA))
    done.set_exception(OSError("the keys are gone"))
    unsigned, other = store.append(given), store.append(batch(record(2), label=clear(TIRANA)))
    with pytest.raises(OSError, match="keys"):
        unsigned.result()
    assert other.result().conflicts == ()
    assert [row.id for row in store.changes(PUBLIC, 0, 10).rows] == [record_id(2)]


def test_a_subscriber_is_woken_by_a_commit_of_another_process(store: Store, url: str, tmp_path: object) -> None:
    woken = threading.Event()
    unsubscribe = store.subscribe(lambda position: woken.set() if position == 1 else None)
    with Store.open(url, ledger=store.ledger) as other:
        other.append(batch(record(1), label=clear(TIRANA))).result()
        assert woken.wait(2)
        unsubscribe()
    assert [row.id for row in store.changes(PUBLIC, 0, 10).rows] == [record_id(1)]


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(store: Store, limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        store.changes(PUBLIC, 0, limit)


def test_a_limit_beyond_all_bounds_is_cut(store: Store) -> None:
    store.append(batch(record(1), label=clear(TIRANA))).result()
    assert len(store.changes(PUBLIC, 0, 1 << 70).rows) == 1
