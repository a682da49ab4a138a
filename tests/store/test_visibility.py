"""Who sees what after narrowing, recalls, lifts, redaction and late markings: head, bounds and variants together."""

import pytest
from tests.store.building import (
    PODGORICA,
    SKOPJE,
    TIRANA,
    batch,
    clear,
    green,
    member,
    record,
    record_id,
    red,
    version,
)

from egnatia.policy import PUBLIC, Clearance, Label, Standing, Tlp
from egnatia.store import Batch, Lift, Query, Recall, Relabel, Store

WITHDRAWN = Label(TIRANA, Tlp.CLEAR, withdrawn=True)
ENDS = [("source_ref", record_id(1)), ("target_ref", record_id(2))]


def seen(store: Store, clearance: Clearance, after: int = 0, query: Query | None = None) -> list[tuple[str, str]]:
    rows = store.changes(clearance, after, 100, query or Query()).rows
    return [(row.id, row.version) for row in rows]


def test_a_narrower_version_hides_the_older_ones_at_once(store: Store) -> None:
    store.append(batch(record(1, at=1), label=clear(TIRANA))).result()
    assert seen(store, PUBLIC) == [(record_id(1), version(1))]
    store.append(batch(record(1, at=2), label=red(TIRANA))).result()
    assert seen(store, PUBLIC) == []
    assert len(seen(store, member(TIRANA))) == 2


def test_an_older_version_that_arrives_late_is_governed_by_the_newest(store: Store) -> None:
    store.append(batch(record(1, at=2), label=red(TIRANA))).result()
    store.append(batch(record(1, at=1), label=clear(TIRANA))).result()
    assert seen(store, PUBLIC) == []


def test_what_widens_comes_again_at_the_end_of_the_log(store: Store) -> None:
    store.append(batch(record(1, at=1), label=clear(TIRANA)))
    store.append(batch(record(1, at=2), label=red(TIRANA))).result()
    after = store.changes(PUBLIC, 0, 10).next
    store.append(batch(record(1, at=3), label=clear(TIRANA))).result()
    assert sorted(seen(store, PUBLIC, after)) == [(record_id(1), version(1)), (record_id(1), version(3))]
    times = [row.at for row in store.changes(member(TIRANA), 0, 10).rows]
    assert times == sorted(set(times))


def test_a_recall_hides_every_version_and_later_ones_until_it_is_lifted(store: Store) -> None:
    store.append(batch(record(1, at=1), label=clear(TIRANA))).result()
    store.append(Batch(recalls=(Recall(record_id(1), TIRANA, WITHDRAWN),))).result()
    store.append(batch(record(1, at=2), label=clear(TIRANA))).result()
    assert seen(store, PUBLIC) == []
    assert len(seen(store, member(TIRANA))) == 2
    after = store.position()
    store.append(Batch(lifts=(Lift(record_id(1), TIRANA),))).result()
    assert seen(store, PUBLIC, after) == [(record_id(1), version(1)), (record_id(1), version(2))]


def test_a_recall_that_arrives_first_holds_for_what_comes_after(store: Store) -> None:
    store.append(Batch(recalls=(Recall(record_id(1), TIRANA, WITHDRAWN),))).result()
    store.append(batch(record(1, at=1), label=clear(TIRANA))).result()
    assert seen(store, PUBLIC) == []


def test_nobody_can_recall_what_another_owns(store: Store) -> None:
    store.append(batch(record(1), label=clear(TIRANA))).result()
    theirs = Label(SKOPJE, Tlp.CLEAR, withdrawn=True)
    store.append(Batch(recalls=(Recall(record_id(1), SKOPJE, theirs),))).result()
    assert len(seen(store, PUBLIC)) == 1


def test_a_relationship_never_goes_where_its_ends_may_not(store: Store) -> None:
    store.append(batch(record(1), label=green(TIRANA)))
    store.append(batch(record(2), label=clear(TIRANA)))
    store.append(batch(record(3, kind="relationship", refs=ENDS), label=clear(SKOPJE))).result()
    assert [row.id for row in store.changes(PUBLIC, 0, 10).rows] == [record_id(2)]
    assert len(seen(store, member(PODGORICA))) == 3


def test_a_relationship_follows_its_ends_when_they_arrive_narrow_and_come_back(store: Store) -> None:
    relationship = record_id(3, "relationship")

    def visible() -> bool:
        return relationship in [row.id for row in store.changes(PUBLIC, 0, 100).rows]

    store.append(batch(record(3, kind="relationship", refs=ENDS), label=clear(TIRANA))).result()
    assert visible()
    store.append(batch(record(1, at=1), label=red(TIRANA))).result()
    assert not visible()
    store.append(batch(record(1, at=2), label=clear(TIRANA))).result()
    assert visible()
    store.append(Batch(recalls=(Recall(record_id(1), TIRANA, WITHDRAWN),))).result()
    assert not visible()
    store.append(Batch(lifts=(Lift(record_id(1), TIRANA),))).result()
    assert visible()
    assert store.neighbours(PUBLIC, record_id(1), "in")


@pytest.mark.parametrize("together", [False, True], ids=["one after the other", "in one transaction"])
def test_the_copy_of_the_same_owner_bounds_a_relationship(store: Store, *, together: bool) -> None:
    if together:
        one, other = batch(record(1), label=red(SKOPJE)), batch(record(1), label=clear(TIRANA))
        attestations = one.attestations + other.attestations
        store.append(Batch(entries=one.entries + other.entries, attestations=attestations)).result()
    else:
        store.append(batch(record(1), label=red(SKOPJE))).result()
        store.append(batch(record(1), label=clear(TIRANA))).result()
    store.append(batch(record(3, kind="relationship", refs=ENDS), label=clear(TIRANA)))
    store.append(batch(record(4, kind="relationship", refs=ENDS), label=clear(PODGORICA))).result()
    found = [row.id for row in store.changes(PUBLIC, 0, 10).rows]
    assert record_id(3, "relationship") in found
    assert record_id(4, "relationship") not in found


def test_an_end_that_another_process_narrowed_bounds_the_next_relationship(store: Store, url: str) -> None:
    def related(number: int) -> str:
        store.append(batch(record(number, kind="relationship", refs=ENDS), label=clear(TIRANA))).result()
        return record_id(number, "relationship")

    store.append(batch(record(1, at=1), label=clear(TIRANA))).result()
    expected = [related(3), related(4)]  # the second finds the ends in memory
    assert [row.id for row in store.changes(PUBLIC, 0, 10).rows] == [record_id(1), *expected]
    with Store.open(url, ledger=store.ledger) as other:
        other.append(batch(record(1, at=2), label=red(TIRANA))).result()
    related(5)
    assert seen(store, PUBLIC) == []
    store.append(batch(record(1, at=3), label=clear(TIRANA))).result()
    related(6)
    assert len([row for row in store.changes(PUBLIC, 0, 20).rows if row.type == "relationship"]) == 4


def test_relationships_and_ends_in_one_batch_are_bound_too(store: Store) -> None:
    both = batch(record(3, kind="relationship", refs=ENDS), record(1), label=green(TIRANA))
    entries = (both.entries[0].__class__(both.entries[0].record, clear(TIRANA), both.entries[0].proof), both.entries[1])
    store.append(Batch(entries, both.attestations)).result()
    assert seen(store, PUBLIC) == []


def test_each_reader_gets_the_whole_record_or_its_redacted_variant(store: Store) -> None:
    store.append(batch(record(1, name="whole"), label=red(TIRANA, SKOPJE)))
    store.append(batch(record(1, name="variant"), label=clear(TIRANA), unless=red(TIRANA, SKOPJE))).result()
    assert [row.redacted for row in store.changes(PUBLIC, 0, 10).rows] == [True]
    assert [row.redacted for row in store.changes(member(SKOPJE), 0, 10).rows] == [False]
    assert len(store.changes(member(SKOPJE), 0, 10, Query(variants=True)).rows) == 2
    assert [row.redacted for row in store.get(PUBLIC, [record_id(1)])] == [True]


def test_a_variant_is_held_back_as_soon_as_the_whole_record_arrives(store: Store) -> None:
    alone = batch(record(1, name="variant"), label=clear(TIRANA))
    entry = alone.entries[0]
    unknowing = entry.__class__(entry.record, entry.label, entry.proof, redacted=True)
    store.append(Batch((unknowing,), alone.attestations)).result()
    assert [row.redacted for row in store.changes(member(SKOPJE), 0, 10).rows] == [True]
    store.append(batch(record(1, name="whole"), label=green(TIRANA))).result()
    assert [row.redacted for row in store.changes(member(SKOPJE), 0, 10).rows] == [False]
    assert [row.redacted for row in store.changes(PUBLIC, 0, 10).rows] == [True]


def test_the_older_versions_of_a_record_that_is_marked_in_part_need_the_whole_mark(store: Store) -> None:
    store.append(batch(record(1, at=1, name="old"), label=clear(TIRANA)))
    store.append(batch(record(1, at=2, name="whole"), label=red(TIRANA)))
    store.append(batch(record(1, at=2, name="variant"), label=clear(TIRANA), unless=red(TIRANA))).result()
    assert seen(store, PUBLIC) == [(record_id(1), version(2))]


def test_a_marking_that_becomes_known_brings_its_records_anew(store: Store) -> None:
    unknown = Label(TIRANA, Tlp.CLEAR, unresolved=("marking-definition--1",))
    store.append(batch(record(1), record(2), label=unknown)).result()
    assert seen(store, PUBLIC) == []
    after = store.position()
    store.append(Batch(relabels=(Relabel(unknown, clear(TIRANA)),))).result()
    assert len(seen(store, PUBLIC, after)) == 2
    assert all(row.label == clear(TIRANA) for row in store.changes(PUBLIC, 0, 10).rows)


def test_two_standings_of_one_reader_never_add_up_to_a_right(store: Store) -> None:
    store.append(batch(record(1, at=1), label=red(TIRANA, SKOPJE)))
    store.append(batch(record(1, at=2), label=red(TIRANA, PODGORICA))).result()
    both = Clearance((Standing(SKOPJE), Standing(PODGORICA)))
    assert seen(store, both) == [(record_id(1), version(2))]
